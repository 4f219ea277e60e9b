/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * A wipe of what speaks PTP or MTP: no disk that could be cleared, so what the offload of this plug-in has
 * proven is deleted, object by object, by outing-empty. Its end is called "removed, not wiped" everywhere,
 * and there is a record of it but no certificate.
 *
 * Without a committed offload of this plug-in, or when the device holds something else by now, that comes
 * first, once. One that was cut off is gone on with by itself at the next plug-in, but only if nothing new
 * was stored on the device since: new pictures were not part of what a person agreed to.
 *
 * Where a manager has ordered it, the camera formats its memory in the end; what is gone on with by itself
 * never does. That it did not format makes the job fail, and nothing less removed.
 *
 * Order at the end: verdict (recorder) > audit log > state database > signal.
 */

#include "base/clock.h"
#include "daemon/events.h"
#include "daemon/task.h"
#include "empty/record.h"
#include "policy/hint.h"
#include "state/emptying.h"

#include <string.h>

static struct js *common_fields(const struct task *task)
{
	struct js *fields = task_fields(task);

	js_set_string(fields, "session", *task->session ? task->session : NULL);
	js_set_bool(fields, "by_itself", task->job->by_itself);
	js_set_bool(fields, "format", task->job->format);
	return fields;
}

static int record_failure(struct task *task, const char *outcome, const char *sentence)
{
	struct js *fields = common_fields(task);
	struct hooks_event hook = task_hook(task, sentence);

	js_set_string(fields, "outcome", outcome);
	js_set_string(fields, "reason", sentence);
	if (task->empty) {
		const struct empty_verdict *verdict = empty_recorder_verdict(task->empty);

		js_set_u64(fields, "files", verdict->files);
		js_set_u64(fields, "gone", verdict->gone);
		js_set_u64(fields, "left", verdict->left);
	}
	return event_report(task->daemon, AUDIT_REMOVAL_FAILED, fields, &hook);
}

static void fail(struct task *task, enum job_state state, const char *outcome, const char *sentence)
{
	int r = record_failure(task, outcome, sentence);

	if (r < 0)
		task_end_errno(task, r, "The device was not emptied, and that could not be recorded");
	else
		task_end(task, state, outcome, sentence);
}

static void show_progress(struct task *task)
{
	const struct empty_verdict *verdict = empty_recorder_verdict(task->empty);
	struct job_progress progress = {
		.files_done = verdict->gone, .files_total = verdict->files, .seconds_left = JOB_UNKNOWN};

	task_set_progress(task, &progress, "removing");
}

static int take_message(struct task *task, const struct wire_message *message)
{
	int r = empty_recorder_message(task->empty, worker_socket(task->worker), message);

	if (r == EMPTY_EVENT_PROGRESS)
		show_progress(task);
	if (r == EMPTY_EVENT_ENDED) {
		task->empty_ended = true;
		if (worker_expect_end(task->worker, TASK_CANCEL_GRACE_MS) < 0)
			return -ENOMEM;
	}
	return r < 0 ? r : 0;
}

static int readable(struct worker *worker, void *data)
{
	struct task *task = data;

	return task_receive(task, take_message, &task->empty_ended, "the record of what is removed");
}

/* --- the end --- */

static int make_record(const struct task *task, struct js **ret_record, struct js **ret_copy)
{
	struct empty_record_facts facts = {.device_name = task->device.name,
		.device_id = task->device.id,
		.device_key = task->device.key,
		.vendor = task->device.vendor,
		.product = task->device.product,
		.serial = task->device.serial,
		.started = task->began_at,
		.ended = clock_now()};
	_cleanup_free_ char *text = NULL;
	int r = empty_record_make(task->empty, &facts, ret_record);

	if (r >= 0)
		r = js_text(*ret_record, false, &text);
	return r < 0 ? r : js_parse(text, strlen(text), ret_copy);
}

/* Record to the audit log, to the state database, then to everybody. */
static int settle_removed(struct task *task)
{
	const struct empty_verdict *verdict = empty_recorder_verdict(task->empty);
	_cleanup_js_ struct js *record = NULL;
	_cleanup_free_ char *event_text = NULL;
	struct js *fields, *copy = NULL;
	struct hooks_event hook = task_hook(task, verdict->sentence);
	int r = make_record(task, &record, &copy);

	if (r < 0)
		return r;
	fields = common_fields(task);
	js_set_string(fields, "outcome", verdict->code);
	js_set_u64(fields, "files", verdict->files);
	js_set_u64(fields, "gone", verdict->gone);
	js_set(fields, "record", copy);
	r = event_record(task->daemon, AUDIT_REMOVAL_DONE, fields, &event_text);
	if (r >= 0)
		r = empty_recorder_settle(task->empty, record, false);
	if (r != 0)
		return r < 0 ? r : -EPROTO;
	hook.has_counts = true;
	hook.files = verdict->files;
	hook.bytes = empty_recorder_session(task->empty)->set.bytes;
	event_tell(task->daemon, AUDIT_REMOVAL_DONE, event_text, &hook);
	return 0;
}

static void take_findings(struct task *task)
{
	const struct empty_verdict *verdict = empty_recorder_verdict(task->empty);
	char line[JOB_SENTENCE_SIZE];

	for (size_t i = 0; i < verdict->kept_count; i++) {
		const struct empty_kept *kept = &verdict->kept[i];

		(void)snprintf(line, sizeof line, "%s: %s%s%s", kept->path, kept->reason,
			*kept->answer ? ": " : "", kept->answer);
		job_add_finding(task->job, line);
	}
}

static bool is(const char *code, const char *word)
{
	return strcmp(code, word) == 0;
}

/* What is on the device now is not what was copied: copy it, once. */
static bool wants_offload(const struct task *task, const char *code)
{
	return (is(code, "not-recorded") || is(code, "not-equal")) && !task->job->by_itself &&
	       !task->job->cancel_asked && !task->offloaded_anew;
}

static int forget(struct task *task)
{
	int r = empty_recorder_settle(task->empty, NULL, false);

	task->empty = empty_recorder_free(task->empty);
	task->empty_ended = false;
	return r;
}

static void offload_first(struct task *task)
{
	task->offloaded_anew = true;
	task_offload_begin(task);
}

static const char *sentence_of(const struct task *task, enum worker_end end, const char **code,
	char buffer[static JOB_SENTENCE_SIZE])
{
	const struct empty_verdict *verdict = empty_recorder_verdict(task->empty);
	const char *strange = NULL;

	*code = verdict->code;
	if (is(verdict->code, "worker-died") && !task->job->cancel_asked)
		strange = tasks_end_sentence(end, code);
	if (strange)
		return strange;
	if (!is(verdict->code, "locked"))
		return verdict->sentence;
	(void)snprintf(buffer, JOB_SENTENCE_SIZE,
		"%s is plugged in, but shows no memory, so it cannot be emptied. %s Nothing is lost.",
		task->device.name, hint_unlock(task->device.device_role, task->device.vendor_id));
	return buffer;
}

static void settle_failed(struct task *task, enum worker_end end)
{
	char buffer[JOB_SENTENCE_SIZE];
	const char *code, *sentence = sentence_of(task, end, &code, buffer);
	bool cancelled = is(code, "cancelled") || task->job->cancel_asked;
	int r = record_failure(task, code, sentence);

	take_findings(task);
	/* What a person stopped is over; what the end of the agent stopped is not. */
	if (r >= 0)
		r = empty_recorder_settle(task->empty, NULL, task->daemon->stopping);
	if (r != 0)
		task_end_errno(task, r < 0 ? r : -EPROTO,
			"The device was not emptied, and that could not be recorded");
	else
		task_end(task, cancelled ? JOB_CANCELLED : JOB_FAILED, code, sentence);
}

static void settle(struct task *task, enum worker_end end)
{
	const struct empty_verdict *verdict = empty_recorder_verdict(task->empty);
	int r = 0;

	if (verdict->removed)
		r = settle_removed(task);
	if (r < 0)
		task_end_errno(task, r,
			"Everything was removed, but that could not be recorded, so it counts as not "
			"emptied");
	else if (verdict->removed)
		task_end(task, verdict->done ? JOB_DONE : JOB_FAILED, verdict->code, verdict->sentence);
	else if (!wants_offload(task, verdict->code))
		settle_failed(task, end);
	else if ((r = forget(task)) != 0)
		task_end_errno(task, r < 0 ? r : -EPROTO, "The device could not be offloaded first");
	else
		offload_first(task);
}

static void ended(struct worker *worker, enum worker_end end, int exit_status, void *data)
{
	struct task *task = data;

	task->node = node_free(task->node);
	task->worker = worker_free(task->worker);
	empty_recorder_close(task->empty);
	settle(task, end);
}

static const struct worker_events events = {.readable = readable, .ended = ended};

/* --- the beginning --- */

static void opened(int fd, void *data)
{
	struct task *task = data;

	task_opened(task, empty_recorder_start(task->empty, worker_socket(task->worker), fd));
}

static int start(struct task *task)
{
	const struct config *config = &task->daemon->config;
	struct empty_request request = {.session = task->session,
		.insertion = *task->device.insertion ? task->device.insertion : NULL,
		.protected_too = task->job->confirmed_protected ||
				 config->wipe.protected_files == CONFIG_PROTECTED_CLEAR,
		.format = task->job->format};
	static const char *const arguments[] = {"--worker", NULL};
	struct hooks_event hook = task_hook(task, NULL);
	int r = empty_recorder_new(task->daemon->state, &request, &task->empty);

	if (r != SESSION_OK)
		return r;
	r = event_report(task->daemon, AUDIT_REMOVAL_STARTED, common_fields(task), &hook);
	if (r >= 0)
		r = task_start_worker(task, "outing-empty", arguments,
			request.format ? TASK_MAKE_SILENCE_MS : TASK_SILENCE_MS, &events);
	return r < 0 ? r : task_open_node(task, opened);
}

static void empty(struct task *task)
{
	int r;

	job_set_session(task->job, task->session);
	job_set_phase(task->job, "looking");
	r = start(task);
	if (r > 0) {
		fail(task, JOB_FAILED, "not-allowed", session_outcome_sentence((enum session_outcome)r));
		return;
	}
	if (r >= 0) {
		task_show(task, true);
		return;
	}
	task->worker = worker_free(task->worker);
	if (task->empty)
		(void)forget(task);
	(void)record_failure(task, "internal", "Emptying it could not be started.");
	task_end_errno(task, r, "Emptying it could not be started");
}

/* The committed offload of this plug-in that the deleting rests on. What was emptied already is looked at
 * anew: never on the same session again. */
static int find_session(struct task *task)
{
	_cleanup_free_ struct session *session = calloc(1, sizeof *session);
	const struct medium *medium = task_medium(task);
	int r;

	if (!session)
		return -ENOMEM;
	if (!medium || medium->cleared || !*task->device.insertion)
		return SESSION_NONE;
	r = session_find_latest(task->daemon->state, task->device.key, task->device.insertion, session);
	if (r == SESSION_OK)
		r = session_may_clear(task->daemon->state, session->id, task->device.insertion);
	if (r == SESSION_OK)
		(void)snprintf(task->session, sizeof task->session, "%s", session->id);
	return r;
}

static void stop_at_new_pictures(struct task *task, int64_t emptying)
{
	int r = emptying_end(task->daemon->state, emptying, "new-pictures");

	if (r != EMPTYING_OK)
		task_end_errno(task, r < 0 ? r : -EPROTO, "The earlier emptying could not be ended");
	else
		fail(task, JOB_FAILED, "new-pictures",
			"Emptying it was cut short, and there are new pictures on it since then. All of them "
			"are "
			"safe in the vault, and nothing more was deleted. If they may go, too, empty it with "
			"\"outingctl wipe\".");
}

/* Nobody asked this time: only what belongs to the emptying that was cut off goes. */
static void empty_by_itself(struct task *task)
{
	struct emptying earlier;
	uint64_t fresh = 0;
	int r = emptying_find_latest(task->daemon->state, task->device.key, &earlier);

	if (r == EMPTYING_OK && earlier.state == EMPTYING_REMOVING)
		r = emptying_count_new(task->daemon->state, task->session, earlier.session, &fresh);
	else if (r >= 0)
		r = -ESTALE;
	if (r < 0)
		task_end_errno(task, r, "What was to be emptied could not be looked up");
	else if (fresh > 0)
		stop_at_new_pictures(task, earlier.number);
	else
		empty(task);
}

static void go_on(struct task *task)
{
	if (task->job->by_itself)
		empty_by_itself(task);
	else
		empty(task);
}

void task_empty_go_on(struct task *task)
{
	if (task_medium(task))
		go_on(task);
	else
		fail(task, JOB_FAILED, "gone",
			"The device was unplugged before it was emptied. Its pictures are safe in the vault; "
			"nothing on it was deleted. Plug it in and start again.");
}

void task_empty_begin(struct task *task)
{
	struct medium *medium = task_medium(task);
	int r = find_session(task);

	/* What somebody stops is not taken up again before the next plug-in. */
	if (medium)
		medium->resume_started = true;
	if (r < 0)
		task_end_errno(task, r, "What was offloaded could not be looked up");
	else if (r == SESSION_OK)
		go_on(task);
	else if (r == SESSION_NOT_FILES)
		fail(task, JOB_FAILED, "not-files", session_outcome_sentence(SESSION_NOT_FILES));
	else
		offload_first(task);
}

void task_empty_cancel(struct task *task)
{
	if (empty_recorder_cancel(task->empty, worker_socket(task->worker)) < 0)
		worker_kill(task->worker);
}
