/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * The supervisor's side of a clear. See recorder.h.
 *
 * A clear that ended in a way that can go on (cancelled, unplugged, worker killed) keeps its row as it is, so
 * that the next attempt finds the plan. One that failed otherwise is closed: its plan is never used again.
 */

#include "wipe/recorder.h"

#include "base/fault.h"
#include "base/fd.h"
#include "base/utf8.h"
#include "state/clear.h"
#include "wipe/plan.h"
#include "wipe/proof.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>

struct wipe_recorder {
	struct state *state;
	struct session session;
	enum wipe_method method;
	uint32_t flags;
	uint64_t device_bytes;
	char insertion[SESSION_INSERTION_SIZE];

	bool has_row; /* clear_id names a row of this clear */
	bool resumes;
	char clear_id[SESSION_ID_SIZE];
	uint8_t *plan; /* being received, or recorded */
	size_t plan_have;
	size_t plan_size;
	bool recorded;
	bool reading_back;
	bool ended;

	struct wipe_progress progress;
	struct wipe_result result;
	char detail[WIPE_DETAIL_MAX * 3 + 1];
	bool proven;
	struct wipe_proof proof;
};

/* --- beginning
 * ---------------------------------------------------------------------------------------------- */

static int name_session_outcome(int r)
{
	switch (r) {
	case SESSION_OK:
		return 0;
	case SESSION_NONE:
		return WIPE_NO_SESSION;
	case SESSION_NOT_COMMITTED:
	case SESSION_INCOMPLETE:
		return WIPE_SESSION_NOT_COMMITTED;
	case SESSION_OTHER_INSERTION:
		return WIPE_OTHER_INSERTION;
	case SESSION_SUPERSEDED:
		return WIPE_SESSION_STALE;
	case SESSION_NOT_FILES:
		return WIPE_UNUSUAL;
	default:
		return r < 0 ? r : WIPE_NO_SESSION;
	}
}

static int visit_certificate(const struct clear *clear, const char *certificate, void *data)
{
	const struct wipe_recorder *recorder = data;

	return strcmp(clear->session_id, recorder->session.id) == 0 ? WIPE_SESSION_STALE : 0;
}

/* A recorded plan for exactly this session and card. */
static int find_unfinished(struct wipe_recorder *rec)
{
	struct clear clear;
	void *plan = NULL;
	int r;

	r = clear_find_unfinished_of_session(rec->state, rec->session.id, &clear);
	if (r != CLEAR_OK)
		return r < 0 ? r : 0;
	r = clear_load_plan(rec->state, clear.id, &plan, &rec->plan_size);
	if (r < 0)
		return r;
	if (r != CLEAR_OK || rec->plan_size < SHA512_SIZE || rec->plan_size > WIPE_PLAN_BYTES_MAX) {
		free(plan);
		return WIPE_PLAN_INVALID;
	}
	rec->plan = plan;
	rec->plan_have = rec->plan_size;
	memcpy(rec->clear_id, clear.id, sizeof rec->clear_id);
	rec->has_row = rec->resumes = true;
	return 0;
}

static int check_session(struct wipe_recorder *rec, const char *id)
{
	int r;

	r = session_load(rec->state, id, &rec->session);
	if (r != SESSION_OK)
		return name_session_outcome(r);
	if (rec->session.state != SESSION_COMMITTED)
		return WIPE_SESSION_NOT_COMMITTED;
	r = find_unfinished(rec);
	if (r != 0)
		return r;
	/* A cut is always followed by another plug-in; the plan's own marks then say whether it may go on. */
	if (!rec->resumes && strcmp(rec->insertion, rec->session.insertion) != 0)
		return WIPE_OTHER_INSERTION;
	r = session_may_clear(rec->state, id, NULL);
	/* Nor does a later offload of a card that the cut left empty matter: if it is not empty any more, the
	 * worker says so. */
	if (r == SESSION_SUPERSEDED && rec->resumes)
		r = SESSION_OK;
	if (r != SESSION_OK)
		return name_session_outcome(r);
	return clear_each_certificate(rec->state, rec->session.key, 0, visit_certificate, rec);
}

int wipe_recorder_new(
	struct state *state, const struct wipe_request *request, struct wipe_recorder **ret_recorder)
{
	_cleanup_(wipe_recorder_freep) struct wipe_recorder *rec = calloc(1, sizeof *rec);
	int r;

	if (!rec)
		return -ENOMEM;
	rec->state = state;
	rec->method = request->method;
	rec->flags = request->flags & (WIPE_FLAG_CONFIRM_PROTECTED | WIPE_FLAG_KEEP_FOLDERS);
	rec->device_bytes = request->device_bytes;
	(void)snprintf(
		rec->insertion, sizeof rec->insertion, "%s", request->insertion ? request->insertion : "");
	r = check_session(rec, request->session);
	if (r != 0)
		return r;
	if (strcmp(rec->insertion, rec->session.insertion) == 0)
		rec->flags |= WIPE_FLAG_SAME_INSERTION;
	if (rec->resumes)
		rec->flags |= WIPE_FLAG_RESUME;
	rec->result.outcome = WIPE_WORKER_DIED;
	*ret_recorder = TAKE_PTR(rec);
	return 0;
}

struct wipe_recorder *wipe_recorder_free(struct wipe_recorder *recorder)
{
	if (recorder)
		free(recorder->plan);
	free(recorder);
	return NULL;
}

/* The recorded plan as a sealed memory file. */
static int plan_file(const struct wipe_recorder *rec)
{
	_cleanup_close_ int fd = memfd_create("plan", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	int r;

	if (fd < 0)
		return -errno;
	r = fd_write_full(fd, rec->plan, rec->plan_size);
	if (r < 0)
		return r;
	if (fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) < 0)
		return -errno;
	return TAKE_FD(fd);
}

int wipe_recorder_start(struct wipe_recorder *recorder, int socket, int device_fd)
{
	struct wipe_start start = {.device_bytes = recorder->device_bytes,
		.expected = recorder->session.set,
		.method = recorder->method,
		.flags = recorder->flags};
	_cleanup_close_ int plan_fd = -1;
	unsigned count = 0;
	int fds[2];

	if (device_fd >= 0)
		fds[count++] = device_fd;
	if (recorder->resumes) {
		plan_fd = plan_file(recorder);
		if (plan_fd < 0)
			return plan_fd;
		fds[count++] = plan_fd;
		start.plan_bytes = recorder->plan_size;
	}
	return wire_send_fds(socket, WIPE_MESSAGE_START, &start, sizeof start, fds, count);
}

/* --- the plan
 * ----------------------------------------------------------------------------------------------- */

static int begin_plan(struct wipe_recorder *rec, uint64_t total)
{
	if (total < SHA512_SIZE || total > WIPE_PLAN_BYTES_MAX)
		return -EBADMSG;
	free(rec->plan);
	rec->plan = malloc((size_t)total);
	if (!rec->plan)
		return -ENOMEM;
	rec->plan_size = (size_t)total;
	rec->plan_have = 0;
	return 0;
}

/* A clear that was cut before its first write begins again with a new plan. */
static int close_old_row(struct wipe_recorder *rec)
{
	int r = 0;

	if (rec->has_row)
		r = clear_set_state(rec->state, rec->clear_id, CLEAR_CANCELLED, "begun again");
	rec->has_row = rec->resumes = false;
	return r < 0 ? r : 0;
}

static int record_plan(struct wipe_recorder *rec)
{
	struct clear wanted = {.total = rec->device_bytes}, clear;
	_cleanup_(plan_freep) struct plan *plan = NULL;
	int r;

	r = plan_parse(rec->plan, rec->plan_size, &plan);
	if (r < 0)
		return r;
	if (r > 0 || plan->device_bytes != rec->device_bytes)
		return -EBADMSG;
	r = close_old_row(rec);
	if (r < 0)
		return r;
	(void)snprintf(wanted.session_id, sizeof wanted.session_id, "%s", rec->session.id);
	(void)snprintf(wanted.insertion, sizeof wanted.insertion, "%s", rec->insertion);
	(void)snprintf(wanted.method, sizeof wanted.method, "%s", wipe_method_name(rec->method));
	fault_point("recorder-before-plan");
	r = clear_create(rec->state, &wanted, rec->plan, rec->plan_size, &clear);
	if (r != CLEAR_OK)
		return r < 0 ? r : -EPERM;
	memcpy(rec->clear_id, clear.id, sizeof rec->clear_id);
	rec->has_row = true;
	fault_point("recorder-planned");
	return 0;
}

static int begin_writing(struct wipe_recorder *rec)
{
	int r = clear_set_state(rec->state, rec->clear_id, CLEAR_WRITING, NULL);

	if (r != CLEAR_OK)
		return r < 0 ? r : -EPERM;
	rec->recorded = true;
	fault_point("recorder-writing");
	return 0;
}

static int take_plan(struct wipe_recorder *rec, int socket, const struct wire_message *message)
{
	struct wipe_plan_piece piece;
	size_t size;
	int r;

	if (rec->recorded || message->size <= sizeof piece)
		return -EBADMSG;
	memcpy(&piece, message->payload, sizeof piece);
	size = message->size - sizeof piece;
	if (piece.offset == 0) {
		r = begin_plan(rec, piece.total);
		if (r < 0)
			return r;
	}
	if (!rec->plan || piece.total != rec->plan_size || piece.offset != rec->plan_have ||
		size > rec->plan_size - rec->plan_have)
		return -EBADMSG;
	memcpy(rec->plan + rec->plan_have, message->payload + sizeof piece, size);
	rec->plan_have += size;
	if (rec->plan_have < rec->plan_size)
		return WIPE_EVENT_NONE;
	r = record_plan(rec);
	if (r == 0)
		r = begin_writing(rec);
	if (r == 0)
		r = wire_send(socket, WIPE_MESSAGE_PLAN_RECORDED, NULL, 0);
	return r < 0 ? r : WIPE_EVENT_RECORDED;
}

static int take_resumed(struct wipe_recorder *rec, const struct wire_message *message)
{
	int r;

	if (!rec->resumes || rec->recorded || message->size != 0)
		return -EBADMSG;
	r = begin_writing(rec);
	return r < 0 ? r : WIPE_EVENT_RECORDED;
}

/* --- progress and result
 * ------------------------------------------------------------------------------------ */

static int take_progress(struct wipe_recorder *rec, const struct wire_message *message)
{
	struct wipe_progress p;
	int r = 0;

	if (message->size != sizeof p)
		return -EBADMSG;
	memcpy(&p, message->payload, sizeof p);
	if (p.phase < WIPE_PHASE_SCAN || p.phase > WIPE_PHASE_READ_BACK || p.done > p.total ||
		p.total > rec->device_bytes || p.overall_done > p.overall_total)
		return -EBADMSG;
	if (p.phase != WIPE_PHASE_SCAN && !rec->recorded)
		return -EBADMSG;
	if (p.phase == WIPE_PHASE_READ_BACK && !rec->reading_back) {
		r = clear_set_state(rec->state, rec->clear_id, CLEAR_READING_BACK, NULL);
		if (r != CLEAR_OK)
			return r < 0 ? r : -EPERM;
		rec->reading_back = true;
		fault_point("recorder-reading-back");
	}
	rec->progress = p;
	return WIPE_EVENT_PROGRESS;
}

/* Done is believed only with a whole read-back of this size against the recorded plan. */
static bool is_proven(const struct wipe_recorder *rec)
{
	return rec->recorded && rec->reading_back &&
	       rec->result.figures.bytes_read_back == rec->device_bytes && rec->plan_size >= SHA512_SIZE &&
	       memcmp(rec->result.plan_sha512, rec->plan + rec->plan_size - SHA512_SIZE, SHA512_SIZE) == 0;
}

static bool may_go_on(enum wipe_outcome outcome)
{
	return outcome == WIPE_CANCELLED || outcome == WIPE_VANISHED || outcome == WIPE_WORKER_DIED ||
	       outcome == WIPE_INTERNAL;
}

static int record_end(struct wipe_recorder *rec)
{
	enum wipe_outcome outcome = (enum wipe_outcome)rec->result.outcome;
	int r = 0;

	rec->ended = true;
	if (outcome == WIPE_DONE) {
		rec->proof = (struct wipe_proof){.device_bytes = rec->device_bytes,
			.method = rec->method,
			.resumed = rec->resumes,
			.result = rec->result};
		rec->proven = true;
	} else if (rec->has_row && !may_go_on(outcome)) {
		r = clear_set_state(rec->state, rec->clear_id, CLEAR_FAILED, wipe_outcome_name(outcome));
	}
	fault_point("recorder-ended");
	return r < 0 ? r : WIPE_EVENT_ENDED;
}

static int keep_detail(struct wipe_recorder *rec, const struct wire_message *message)
{
	size_t size = message->size - sizeof rec->result;
	_cleanup_free_ char *text = utf8_sanitize((const char *)message->payload + sizeof rec->result, size);

	if (!text)
		return -ENOMEM;
	(void)snprintf(rec->detail, sizeof rec->detail, "%s", text);
	for (char *c = rec->detail; *c; c++)
		if ((unsigned char)*c < 0x20 || *c == 0x7F)
			*c = '?';
	return 0;
}

static int take_result(struct wipe_recorder *rec, const struct wire_message *message)
{
	enum wipe_outcome outcome;
	int r;

	if (message->size < sizeof rec->result || message->size - sizeof rec->result > WIPE_DETAIL_MAX)
		return -EBADMSG;
	memcpy(&rec->result, message->payload, sizeof rec->result);
	rec->result.figures.label[sizeof rec->result.figures.label - 1] = 0;
	if (!utf8_valid(rec->result.figures.label, strlen(rec->result.figures.label)))
		rec->result.figures.label[0] = 0;
	r = keep_detail(rec, message);
	if (r < 0)
		return r;
	if (!wipe_outcome_from_number(rec->result.outcome, &outcome) ||
		(outcome == WIPE_DONE && !is_proven(rec)))
		return -EBADMSG;
	return record_end(rec);
}

int wipe_recorder_message(struct wipe_recorder *recorder, int socket, const struct wire_message *message)
{
	if (recorder->ended)
		return -EBADMSG;
	switch (message->type) {
	case WIPE_MESSAGE_PLAN:
		return take_plan(recorder, socket, message);
	case WIPE_MESSAGE_RESUMED:
		return take_resumed(recorder, message);
	case WIPE_MESSAGE_PROGRESS:
		return take_progress(recorder, message);
	case WIPE_MESSAGE_RESULT:
		return take_result(recorder, message);
	default:
		return -EBADMSG;
	}
}

int wipe_recorder_cancel(struct wipe_recorder *recorder, int socket)
{
	return recorder->ended ? 0 : wire_send(socket, WIPE_MESSAGE_CANCEL, NULL, 0);
}

int wipe_recorder_worker_gone(struct wipe_recorder *recorder)
{
	if (recorder->ended)
		return WIPE_EVENT_ENDED;
	memset(&recorder->result, 0, sizeof recorder->result);
	recorder->result.outcome = WIPE_WORKER_DIED;
	recorder->detail[0] = 0;
	return record_end(recorder);
}

/* --- what was found
 * ----------------------------------------------------------------------------------------- */

bool wipe_recorder_resumes(const struct wipe_recorder *recorder)
{
	return recorder->resumes;
}

const struct wipe_progress *wipe_recorder_progress(const struct wipe_recorder *recorder)
{
	return &recorder->progress;
}

enum wipe_outcome wipe_recorder_outcome(const struct wipe_recorder *recorder)
{
	return (enum wipe_outcome)recorder->result.outcome;
}

const struct wipe_result *wipe_recorder_result(const struct wipe_recorder *recorder)
{
	return &recorder->result;
}

const char *wipe_recorder_detail(const struct wipe_recorder *recorder)
{
	return recorder->detail;
}

const struct wipe_proof *wipe_recorder_proof(const struct wipe_recorder *recorder)
{
	return recorder->proven ? &recorder->proof : NULL;
}

int wipe_recorder_certified(struct wipe_recorder *recorder, const struct js *certificate)
{
	_cleanup_free_ char *text = NULL;
	int r;

	if (!recorder->proven)
		return -EKEYREJECTED;
	r = js_text(certificate, false, &text);
	if (r < 0)
		return r;
	r = clear_finish(recorder->state, recorder->clear_id, text);
	fault_point("recorder-certified");
	return r > 0 ? -EPERM : r;
}
