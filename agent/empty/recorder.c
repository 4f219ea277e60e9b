/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Asking the journal, and the verdict. See recorder.h. */

#include "empty/recorder.h"

#include "base/fault.h"
#include "base/utf8.h"
#include "state/emptying.h"
#include "state/removal.h"

#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>

enum stage {
	STAGE_WAITING,  /* for the first scan */
	STAGE_SCANNING, /* between SCAN and LISTED */
	STAGE_ASKING,   /* after GO */
	STAGE_ENDING,   /* refused or cancelled: only a result is expected */
	STAGE_ENDED,
};

struct empty_recorder {
	struct state *state;
	struct session session;
	int64_t emptying; /* row in the state database; 0: none, it only looks */
	bool protected_too, look_only, format;
	enum stage stage;
	uint64_t found, again, unknown, problems; /* of this scan; again: with an intent already */
	uint64_t number;                          /* of the next question */
	bool allowed;                             /* the last one, and its outcome is not known yet */
	char path[EMPTY_PATH_MAX + 1];
	bool may_format;            /* the same of a store */
	uint64_t formatted;         /* stores */
	const char *not_formatted;  /* why, or NULL */
	char answer[PTP_NAME_SIZE]; /* the camera's own to that, or "" */
	const char *refused;        /* code of the verdict, once that is clear */
	bool have_result, lied;
	struct empty_result result;
	char detail[EMPTY_DETAIL_MAX * 3 + 1];
	struct empty_verdict verdict;
};

int empty_recorder_new(
	struct state *state, const struct empty_request *request, struct empty_recorder **ret_recorder)
{
	_cleanup_(empty_recorder_freep) struct empty_recorder *recorder = calloc(1, sizeof *recorder);
	int r;

	if (!recorder)
		return -ENOMEM;
	recorder->state = state;
	recorder->protected_too = request->protected_too;
	recorder->look_only = request->look_only;
	recorder->format = request->format && !request->look_only;
	r = session_may_clear(state, request->session, request->insertion);
	if (r == SESSION_OK)
		r = session_load(state, request->session, &recorder->session);
	if (r == SESSION_OK && !request->look_only)
		r = emptying_begin(state, request->session, &recorder->emptying);
	if (r != SESSION_OK)
		return r;
	recorder->verdict.files = recorder->session.set.files;
	*ret_recorder = TAKE_PTR(recorder);
	return 0;
}

struct empty_recorder *empty_recorder_free(struct empty_recorder *recorder)
{
	if (!recorder)
		return NULL;
	for (size_t i = 0; i < recorder->verdict.kept_count; i++)
		free(recorder->verdict.kept[i].path);
	free(recorder);
	return NULL;
}

int empty_recorder_start(struct empty_recorder *recorder, int socket, int usbfs_fd)
{
	const bool failed = usbfs_fd < 0 && usbfs_fd != PTP_USB_NONE;
	const struct empty_start start = {.protected_too = recorder->protected_too,
		.format = recorder->format,
		.error = failed ? (uint32_t)-usbfs_fd : 0};

	return wire_send_fds(socket, EMPTY_START, &start, sizeof start, &usbfs_fd, usbfs_fd >= 0 ? 1 : 0);
}

int empty_recorder_cancel(struct empty_recorder *recorder, int socket)
{
	return wire_send(socket, EMPTY_CANCEL, NULL, 0);
}

/* --- what stays --- */

static int keep(struct empty_recorder *recorder, const char *path, const char *reason, unsigned response)
{
	struct empty_verdict *verdict = &recorder->verdict;
	struct empty_kept *kept = &verdict->kept[verdict->kept_count];
	char buffer[PTP_NAME_SIZE];

	if (verdict->kept_count == EMPTY_KEPT_MAX)
		return 0;
	*kept = (struct empty_kept){.path = utf8_sanitize(path, strlen(path)), .reason = reason};
	if (!kept->path)
		return -ENOMEM;
	if (response != 0)
		(void)snprintf(kept->answer, sizeof kept->answer, "%s", ptp_response_name(response, buffer));
	verdict->kept_count++;
	return 0;
}

static const char protected_reason[] = "it is protected on the camera, and nobody confirmed that it may go";

static const char *reason_of(enum ptp_removal removal)
{
	switch (removal) {
	case PTP_REMOVAL_DIFFERS:
		return "it is not what was copied any more";
	case PTP_REMOVAL_FOLDER:
		return "it is a folder";
	case PTP_REMOVAL_PROTECTED:
		return protected_reason;
	case PTP_REMOVAL_UNREADABLE:
		return "the camera does not describe it any more";
	case PTP_REMOVAL_REFUSED:
		return "the camera refused to delete it";
	case PTP_REMOVAL_IGNORED:
		return "the camera said that it deleted it, and still lists it";
	case PTP_REMOVAL_OTHERS:
		return "while it was deleted, other files on the camera changed";
	case PTP_REMOVAL_UNSURE:
		return "the camera contradicts itself about whether it is gone";
	case PTP_REMOVED:
	case PTP_REMOVAL_STALE:
	case PTP_REMOVAL_COUNT:
		break;
	}
	return "it changed on the camera meanwhile";
}

/* --- the scan --- */

static int on_scan(struct empty_recorder *recorder)
{
	if (recorder->stage == STAGE_SCANNING || recorder->allowed || recorder->may_format)
		return -EBADMSG;
	recorder->found = recorder->again = recorder->unknown = recorder->problems = 0;
	recorder->stage = STAGE_SCANNING;
	return EMPTY_EVENT_NONE;
}

static int on_found(struct empty_recorder *recorder, const struct wire_message *message)
{
	struct empty_object object;
	bool intended = false;
	const char *path;
	int r = empty_parse_object(message, EMPTY_FOUND, &object, &path);

	if (r < 0)
		return r;
	r = removal_check(recorder->state, recorder->session.id,
		&(struct removal_object){path, object.size, object.mtime}, &intended);
	if (r < 0)
		return r;
	recorder->found++;
	recorder->again += intended;
	recorder->unknown += r != REMOVAL_OK;
	return r == REMOVAL_OK ? 0 : keep(recorder, path, "it is not part of what was offloaded", 0);
}

static int on_problem(struct empty_recorder *recorder, const struct wire_message *message)
{
	struct empty_object object;
	const char *path;
	int r = empty_parse_object(message, EMPTY_PROBLEM, &object, &path);

	if (r < 0)
		return r;
	recorder->problems++;
	return keep(recorder, path, "the camera does not list it properly", object.response);
}

/* NULL when the scan is what the session holds, less what we removed before. */
static const char *scan_refusal(const struct empty_recorder *recorder, const struct removal_counts *counts)
{
	if (recorder->problems > 0)
		return "cannot-be-listed";
	if (recorder->unknown > 0)
		return "not-recorded";
	if (counts->intended < recorder->again ||
		recorder->found + (counts->intended - recorder->again) != recorder->session.set.files)
		return "not-equal";
	return NULL;
}

static int on_listed(struct empty_recorder *recorder, int socket, const struct wire_message *message)
{
	struct removal_counts counts = {0};
	struct empty_listed listed;
	int r = empty_parse_listed(message, &listed);

	if (r == 0 && (listed.files != recorder->found || listed.problems != recorder->problems))
		r = -EBADMSG;
	if (r == 0)
		r = removal_counts(recorder->state, recorder->session.id, &counts);
	if (r < 0)
		return r;
	recorder->verdict.found = recorder->found + recorder->problems;
	recorder->verdict.not_safe = recorder->unknown + recorder->problems;
	recorder->refused = recorder->look_only ? "looked" : scan_refusal(recorder, &counts);
	recorder->stage = recorder->refused ? STAGE_ENDING : STAGE_ASKING;
	fault_point("empty-judged");
	return wire_send(socket, recorder->refused ? EMPTY_CANCEL : EMPTY_GO, NULL, 0);
}

/* --- one object --- */

struct copy {
	const char *folder;
	uint64_t size;
	bool there;
};

static int look_at_copy(const struct session_object *object, void *data)
{
	struct copy *copy = data;
	_cleanup_free_ char *path = NULL;
	_cleanup_close_ int fd = -1;
	struct stat st;

	if (!object->stored || asprintf(&path, "%s/%s", copy->folder, object->stored) < 0)
		return 0;
	fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
	copy->there =
		fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && (uint64_t)st.st_size == copy->size;
	return 0;
}

/* Rule 1, for this object, now. 1: it may go. */
static int may_go(struct empty_recorder *recorder, const struct removal_object *object)
{
	struct copy copy = {.folder = recorder->session.vault_dir, .size = object->size};
	int r = session_object_find(recorder->state, recorder->session.id, object->path, look_at_copy, &copy);

	if (r < 0)
		return r;
	if (!copy.there) {
		r = keep(recorder, object->path, "its copy is not in the vault any more", 0);
		return r < 0 ? r : 0;
	}
	fault_point("empty-intend");
	r = removal_intend(recorder->state, recorder->session.id, object);
	fault_point("empty-intended");
	if (r < 0)
		return r;
	return r == REMOVAL_OK;
}

static int on_ask(struct empty_recorder *recorder, int socket, const struct wire_message *message)
{
	struct empty_object object;
	struct empty_answer answer;
	const char *path;
	int r = empty_parse_object(message, EMPTY_ASK, &object, &path);

	if (r == 0 && (object.number != recorder->number || recorder->allowed))
		r = -EBADMSG;
	if (r < 0)
		return r;
	r = may_go(recorder, &(struct removal_object){path, object.size, object.mtime});
	if (r < 0)
		return r;
	recorder->allowed = r == 1;
	recorder->number += !recorder->allowed;
	(void)snprintf(recorder->path, sizeof recorder->path, "%s", path);
	answer = (struct empty_answer){.number = object.number, .yes = recorder->allowed};
	r = wire_send(socket, EMPTY_ANSWER, &answer, sizeof answer);
	return r < 0 ? r : EMPTY_EVENT_PROGRESS;
}

static int on_outcome(struct empty_recorder *recorder, const struct wire_message *message)
{
	struct empty_outcome_of outcome;
	int r = empty_parse_outcome(message, &outcome);

	if (r == 0 && (!recorder->allowed || outcome.number != recorder->number))
		r = -EBADMSG;
	if (r < 0)
		return r;
	recorder->allowed = false;
	recorder->number++;
	if (outcome.removal == PTP_REMOVAL_STALE)
		return EMPTY_EVENT_NONE;
	if (outcome.removal != PTP_REMOVED)
		return keep(recorder, recorder->path, reason_of((enum ptp_removal)outcome.removal),
			outcome.response);
	recorder->verdict.gone++;
	fault_point("empty-gone");
	r = removal_gone(recorder->state, recorder->session.id, recorder->path);
	fault_point("empty-gone-recorded");
	return r < 0 ? r : EMPTY_EVENT_PROGRESS;
}

/* --- formatting --- */

static const char *format_reason(enum ptp_format format)
{
	switch (format) {
	case PTP_FORMAT_UNKNOWN:
		return "it cannot be told to";
	case PTP_FORMAT_NOT_EMPTY:
		return "there is a file on it by now, or something that it does not list properly";
	case PTP_FORMAT_REFUSED:
		return "it refused";
	case PTP_FORMAT_IGNORED:
		return "it said that it did, and there is a file on it or its memory is gone";
	case PTP_FORMAT_OTHERS:
		return "meanwhile something on another of its memories changed";
	case PTP_FORMAT_HOLDS_MORE:
		return "more of its memory is in use than it lists, so there may be files that were never "
		       "copied";
	case PTP_FORMAT_UNSEEN:
		return "it said that it did, and lists the same folders as before";
	case PTP_FORMATTED:
	case PTP_FORMAT_NOT_ORDERED:
	case PTP_FORMAT_STALE:
	case PTP_FORMAT_COUNT:
		break;
	}
	return "something changed on it meanwhile";
}

/* Every file of the session went by an order of ours, and none was kept. */
static int all_went(const struct empty_recorder *recorder)
{
	struct removal_counts counts = {0};
	int r = removal_counts(recorder->state, recorder->session.id, &counts);

	return r < 0 ? r
		     : recorder->verdict.kept_count == 0 && counts.intended == recorder->session.set.files;
}

static int on_may_format(struct empty_recorder *recorder, int socket, const struct wire_message *message)
{
	struct empty_answer answer;
	struct empty_format format;
	int r = empty_parse_format(message, &format);

	if (r == 0 && (!recorder->format || format.number != recorder->number || recorder->allowed ||
			      recorder->may_format || recorder->not_formatted))
		r = -EBADMSG;
	if (r == 0)
		r = all_went(recorder);
	if (r < 0)
		return r;
	recorder->may_format = r == 1;
	if (!recorder->may_format)
		recorder->not_formatted = "not everything on it was removed";
	fault_point("empty-may-format");
	answer = (struct empty_answer){.number = format.number, .yes = recorder->may_format};
	return wire_send(socket, EMPTY_ANSWER, &answer, sizeof answer);
}

static int on_format_outcome(struct empty_recorder *recorder, const struct wire_message *message)
{
	struct empty_format_outcome outcome;
	char buffer[PTP_NAME_SIZE];
	int r = empty_parse_format_outcome(message, &outcome);

	if (r == 0 && (!recorder->may_format || outcome.number != recorder->number))
		r = -EBADMSG;
	if (r < 0)
		return r;
	recorder->may_format = false;
	recorder->number++;
	if (outcome.format == PTP_FORMATTED) {
		recorder->formatted++;
		return EMPTY_EVENT_PROGRESS;
	}
	recorder->not_formatted = format_reason((enum ptp_format)outcome.format);
	if (outcome.response != 0)
		(void)snprintf(recorder->answer, sizeof recorder->answer, "%s",
			ptp_response_name(outcome.response, buffer));
	return EMPTY_EVENT_NONE;
}

/* --- messages --- */

static int on_result(struct empty_recorder *recorder, const struct wire_message *message)
{
	_cleanup_free_ char *clean = NULL;
	const char *detail;
	int r = empty_parse_result(message, &recorder->result, &detail);

	if (r < 0)
		return r;
	clean = utf8_sanitize(detail, strlen(detail));
	(void)snprintf(recorder->detail, sizeof recorder->detail, "%s", clean ? clean : "");
	fault_point("empty-result");
	recorder->have_result = true;
	recorder->stage = STAGE_ENDED;
	return EMPTY_EVENT_ENDED;
}

static int dispatch(struct empty_recorder *recorder, int socket, const struct wire_message *message)
{
	if (recorder->stage == STAGE_ENDED)
		return -EBADMSG;
	if (message->type == EMPTY_ALIVE)
		return message->size == 0 && message->fd_count == 0 ? EMPTY_EVENT_NONE : -EBADMSG;
	if (message->type == EMPTY_RESULT)
		return on_result(recorder, message);
	if (message->type == EMPTY_SCAN && recorder->stage != STAGE_ENDING)
		return on_scan(recorder);
	if (message->type == EMPTY_FOUND && recorder->stage == STAGE_SCANNING)
		return on_found(recorder, message);
	if (message->type == EMPTY_PROBLEM && recorder->stage == STAGE_SCANNING)
		return on_problem(recorder, message);
	if (message->type == EMPTY_LISTED && recorder->stage == STAGE_SCANNING)
		return on_listed(recorder, socket, message);
	if (message->type == EMPTY_ASK && recorder->stage == STAGE_ASKING)
		return on_ask(recorder, socket, message);
	if (message->type == EMPTY_OUTCOME && recorder->stage == STAGE_ASKING)
		return on_outcome(recorder, message);
	if (message->type == EMPTY_MAY_FORMAT && recorder->stage == STAGE_ASKING)
		return on_may_format(recorder, socket, message);
	if (message->type == EMPTY_FORMAT_OUTCOME && recorder->stage == STAGE_ASKING)
		return on_format_outcome(recorder, message);
	return -EBADMSG;
}

int empty_recorder_message(struct empty_recorder *recorder, int socket, const struct wire_message *message)
{
	int r = dispatch(recorder, socket, message);

	recorder->lied |= r == -EBADMSG;
	return r;
}

/* --- the verdict --- */

/* A person's word is all that is missing. */
static bool only_protected(const struct empty_recorder *recorder)
{
	const struct empty_verdict *verdict = &recorder->verdict;

	for (size_t i = 0; i < verdict->kept_count; i++)
		if (verdict->kept[i].reason != protected_reason)
			return false;
	return verdict->kept_count > 0 && recorder->result.left == verdict->kept_count;
}

static const char *removed_code(const struct empty_recorder *recorder)
{
	if (!recorder->format)
		return "removed";
	return recorder->formatted > 0 && !recorder->not_formatted ? "formatted" : "not-formatted";
}

static const char *code_of(const struct empty_recorder *recorder)
{
	static const char *const codes[EMPTY_OUTCOME_COUNT] = {
		"removed", "changed", "gone", "refused", "cancelled", "no-sandbox", "broken", "locked"};

	if (recorder->lied)
		return "worker-broke-protocol";
	if (recorder->refused)
		return recorder->refused;
	if (!recorder->have_result)
		return "worker-died";
	if (recorder->result.outcome != EMPTY_DONE)
		return codes[recorder->result.outcome];
	if (recorder->result.left == 0 && recorder->verdict.kept_count == 0)
		return removed_code(recorder);
	/* More than was kept, on a camera from which all else went: that came meanwhile, and was not copied.
	 */
	if (recorder->verdict.kept_count < EMPTY_KEPT_MAX &&
		recorder->result.left > recorder->verdict.kept_count)
		return "changed";
	return only_protected(recorder) ? "protected-files" : "kept";
}

struct words {
	const char *code, *sentence;
};

/* Behind "NAME: ". Each says what happened, that nothing is lost, and what to do. */
static const struct words all_words[] = {
	{"removed", "everything that was copied is removed from it, and it lists no file any more. Removed "
		    "is not "
		    "wiped: for a full clear, put its card into a card reader."},
	{"formatted",
		"everything that was copied was removed from it, then the camera formatted its memory, and "
		"it lists no file any more. Formatted is not wiped: for a full clear, put its card into "
		"a card reader."},
	{"not-formatted",
		"everything that was copied is removed from it, and it lists no file any more, but its "
		"memory was not formatted for certain. Removed is not wiped: for a full clear, put its card "
		"into a card reader."},
	{"kept", "some files are still on it; the list says why. All of them are safe in the vault. Delete "
		 "them on "
		 "the camera itself, or put its card into a card reader."},
	{"protected-files",
		"what is left on it is protected in the camera. It is safe in the vault, too. Say that it "
		"may be deleted (outingctl wipe --confirm-protected), or take the protection away in the "
		"camera and start again."},
	{"looked", "it was looked at, and nothing was changed."},
	{"locked", "it shows no memory, as a locked phone does. Unlock it and start again. Nothing is lost."},
	{"not-recorded",
		"it holds files that were not offloaded, so nothing was deleted. Offload it again first."},
	{"not-equal",
		"files are missing on it that were there when it was offloaded, so nothing was deleted. "
		"Their copies are safe in the vault. Offload it again first."},
	{"cannot-be-listed",
		"it does not list all of its files properly, so nothing was deleted. Put its card into "
		"a card reader."},
	{"changed", "its content changed while it was being emptied, so that was stopped. Nothing is lost. "
		    "Offload "
		    "it again, then empty it."},
	{"gone", "it was unplugged or stopped answering before it was empty. Nothing is lost: plug it in and "
		 "start "
		 "again."},
	{"refused", "it cannot be talked to, so nothing was deleted. Switch it on, close other programs that "
		    "show "
		    "pictures, and try again."},
	{"cancelled", "emptying it was stopped. Nothing is lost: start again and it goes on."},
	{"no-sandbox", "the worker could not give up its rights, so nothing was deleted. Ask the technician "
		       "to check "
		       "the installation."},
	{"worker-died", "the program that was emptying it ended unexpectedly. Nothing is lost: start again."},
	{"worker-broke-protocol",
		"the program that was emptying it said something impossible and was ended. The "
		"camera may be hostile or damaged: keep it apart and ask the technician."},
};

static const char *words_of(const char *code)
{
	for (size_t i = 0; i < ELEMENTS(all_words); i++)
		if (strcmp(all_words[i].code, code) == 0)
			return all_words[i].sentence;
	return "emptying it ended by an error of this program. Nothing is lost: start again; if it stays "
	       "like this, "
	       "ask the technician.";
}

/* In brackets behind the sentence: what the camera did, or why it was not formatted. */
static void take_format_detail(struct empty_recorder *recorder)
{
	if (recorder->not_formatted && !*recorder->detail)
		(void)snprintf(recorder->detail, sizeof recorder->detail, "%s%s%s", recorder->not_formatted,
			*recorder->answer ? ": " : "", recorder->answer);
}

void empty_recorder_close(struct empty_recorder *recorder)
{
	struct empty_verdict *verdict = &recorder->verdict;

	verdict->code = code_of(recorder);
	take_format_detail(recorder);
	verdict->formatted = strcmp(verdict->code, "formatted") == 0;
	verdict->done = verdict->formatted || strcmp(verdict->code, "removed") == 0;
	verdict->removed = verdict->done || strcmp(verdict->code, "not-formatted") == 0;
	verdict->looked = strcmp(verdict->code, "looked") == 0;
	verdict->left = recorder->have_result && recorder->result.outcome == EMPTY_DONE
				? recorder->result.left
				: verdict->kept_count;
	(void)snprintf(verdict->sentence, sizeof verdict->sentence, "%s: %s%s%s%s",
		*recorder->session.device_name ? recorder->session.device_name : "The camera",
		words_of(verdict->code), *recorder->detail ? " (" : "", recorder->detail,
		*recorder->detail ? ")" : "");
}

bool empty_recorder_cut_off(const struct empty_recorder *recorder)
{
	static const char *const codes[] = {"gone", "locked", "refused", "worker-died"};

	for (size_t i = 0; i < ELEMENTS(codes); i++)
		if (strcmp(recorder->verdict.code, codes[i]) == 0)
			return true;
	return false;
}

int empty_recorder_settle(struct empty_recorder *recorder, const struct js *record, bool to_be_continued)
{
	_cleanup_free_ char *text = NULL;
	int r;

	if (recorder->emptying == 0)
		return 0;
	if (!recorder->verdict.removed)
		return to_be_continued || empty_recorder_cut_off(recorder)
			       ? 0
			       : emptying_end(recorder->state, recorder->emptying, recorder->verdict.code);
	r = record ? js_text(record, false, &text) : -ENOMEM;
	fault_point("removal-record");
	return r < 0 ? r : emptying_removed(recorder->state, recorder->emptying, text);
}

const struct empty_verdict *empty_recorder_verdict(const struct empty_recorder *recorder)
{
	return &recorder->verdict;
}

const struct session *empty_recorder_session(const struct empty_recorder *recorder)
{
	return &recorder->session;
}

struct js *empty_recorder_json(const struct empty_recorder *recorder)
{
	const struct empty_verdict *verdict = &recorder->verdict;
	struct js *json = js_object(), *list = js_array();

	js_set_string(json, "outcome", verdict->code);
	js_set_bool(json, "removed", verdict->removed);
	js_set_bool(json, "formatted", verdict->formatted);
	js_set_bool(json, "wiped", false);
	js_set_string(json, "session", recorder->session.id);
	js_set_string(json, "sentence", verdict->sentence);
	js_set_u64(json, "files", verdict->files);
	js_set_u64(json, "gone", verdict->gone);
	js_set_u64(json, "left", verdict->left);
	for (size_t i = 0; i < verdict->kept_count; i++) {
		struct js *kept = js_object();

		js_set_string(kept, "path", verdict->kept[i].path);
		js_set_string(kept, "reason", verdict->kept[i].reason);
		js_set_string(kept, "answer", *verdict->kept[i].answer ? verdict->kept[i].answer : NULL);
		js_append(list, kept);
	}
	js_set(json, "kept", list);
	return json;
}
