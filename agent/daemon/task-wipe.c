/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * A clear, from "may it be" to its certificate. Everything that allows deleting is asked here again, from the
 * state database and from what is plugged in now: a committed session of this plug-in, or the plan of a clear
 * that was cut short. What the card holds is compared by the worker; opening the device for writing is the
 * worker's too, because it may block.
 *
 * Order at the end: read-back proven (recorder) > certificate in the audit log > in the state database >
 * signal.
 */

#include "base/clock.h"
#include "daemon/events.h"
#include "daemon/task.h"

#include <string.h>

static struct js *common_fields(const struct task *task)
{
	struct js *fields = task_fields(task);

	js_set_string(fields, "session", *task->session ? task->session : NULL);
	js_set_bool(fields, "by_itself", task->job->by_itself);
	return fields;
}

static int record_failure(struct task *task, const char *outcome, const char *sentence)
{
	struct hooks_event hook = task_hook(task, sentence);
	struct js *fields = common_fields(task);

	js_set_string(fields, "outcome", outcome);
	js_set_string(fields, "reason", sentence);
	return event_report(task->daemon, AUDIT_CLEAR_FAILED, fields, &hook);
}

static void fail(struct task *task, enum job_state state, const char *outcome, const char *sentence)
{
	int r = record_failure(task, outcome, sentence);

	if (r < 0)
		task_end_errno(task, r, "The card was not cleared, and that could not be recorded");
	else
		task_end(task, state, outcome, sentence);
}

static void refuse(struct task *task, enum wipe_outcome outcome)
{
	fail(task, JOB_FAILED, wipe_outcome_name(outcome), wipe_outcome_sentence(outcome));
}

static void show_progress(struct task *task)
{
	const struct wipe_progress *p = wipe_recorder_progress(task->wipe);
	struct job_progress progress = {
		.bytes_done = p->overall_done, .bytes_total = p->overall_total, .seconds_left = JOB_UNKNOWN};

	task_set_progress(task, &progress, wipe_phase_text((enum wipe_phase)p->phase));
}

static int take_message(struct task *task, const struct wire_message *message)
{
	struct worker *worker = task->worker;
	int r = wipe_recorder_message(task->wipe, worker_socket(worker), message);

	if (r == WIPE_EVENT_PROGRESS)
		show_progress(task);
	if (r == WIPE_EVENT_ENDED) {
		task->wipe_ended = true;
		if (worker_expect_end(worker, TASK_CANCEL_GRACE_MS) < 0)
			return -ENOMEM;
	}
	return r < 0 ? r : 0;
}

static int readable(struct worker *worker, void *data)
{
	struct task *task = data;

	return task_receive(task, take_message, &task->wipe_ended, "the clear's record");
}

static int load_session(struct task *task, struct session *ret)
{
	int r = session_load(task->daemon->state, task->session, ret);

	return r > 0 ? -ENOENT : r;
}

static int make_certificate(struct task *task, struct js **ret_certificate)
{
	_cleanup_free_ struct session *session = calloc(1, sizeof *session);
	struct certificate_facts facts;
	int r = session ? load_session(task, session) : -ENOMEM;

	if (r < 0)
		return r;
	facts = (struct certificate_facts){.device_name = task->device.name,
		.device_id = task->device.id,
		.device_key = task->device.key,
		.vendor = task->device.vendor,
		.product = task->device.product,
		.serial = task->device.serial,
		.session = task->session,
		.session_committed = session->finished_at,
		.session_files = session->set.files,
		.session_bytes = session->set.bytes,
		.started = task->began_at,
		.ended = clock_now()};
	return certificate_make(wipe_recorder_proof(task->wipe), &facts, ret_certificate);
}

static int copy_json(const struct js *from, char **ret_text, struct js **ret_copy)
{
	int r = js_text(from, false, ret_text);

	return r < 0 ? r : js_parse(*ret_text, strlen(*ret_text), ret_copy);
}

/* Certificate to the audit log, to the state database, then to everybody. */
static int certify(struct task *task)
{
	_cleanup_js_ struct js *certificate = NULL;
	_cleanup_free_ char *text = NULL, *event_text = NULL;
	struct js *fields, *copy = NULL;
	struct hooks_event hook;
	int r = make_certificate(task, &certificate);

	if (r >= 0)
		r = copy_json(certificate, &text, &copy);
	if (r < 0)
		return r;
	fields = common_fields(task);
	js_set(fields, "certificate", copy);
	r = event_record(task->daemon, AUDIT_CLEAR_DONE, fields, &event_text);
	if (r >= 0)
		r = wipe_recorder_certified(task->wipe, certificate);
	if (r != 0)
		return r < 0 ? r : -EPROTO;
	hook = task_hook(task, NULL);
	hook.certificate = text;
	event_tell(task->daemon, AUDIT_CLEAR_DONE, event_text, &hook);
	return 0;
}

static void settle_done(struct task *task)
{
	struct medium *medium = task_medium(task);
	int r = certify(task);

	if (r >= 0 && medium)
		medium->just_cleared = true;
	if (r < 0)
		task_end_errno(task, r,
			"The card was cleared and read back, but the certificate could not be recorded, so "
			"it "
			"counts as not cleared");
	else
		task_end(task, JOB_DONE, "done", wipe_outcome_sentence(WIPE_DONE));
}

/* A card that was used after a clear was cut short has pictures that are not safe: they come first. */
static void offload_next(struct task *task)
{
	struct medium *medium = task_medium(task);

	if (medium)
		medium->offload_started = false;
}

static void settle(struct task *task, enum worker_end end)
{
	enum wipe_outcome outcome = wipe_recorder_outcome(task->wipe);
	const char *sentence = wipe_outcome_sentence(outcome), *name = wipe_outcome_name(outcome), *strange;

	if (outcome == WIPE_DONE) {
		settle_done(task);
		return;
	}
	if (outcome == WIPE_OFFLOAD_FIRST && !task->job->by_itself && !task->job->cancel_asked) {
		task->wipe = wipe_recorder_free(task->wipe);
		task->wipe_ended = false;
		task_offload_begin(task);
		return;
	}
	if (outcome == WIPE_OFFLOAD_FIRST)
		offload_next(task);
	strange = outcome == WIPE_WORKER_DIED ? tasks_end_sentence(end, &name) : NULL;
	if (*wipe_recorder_detail(task->wipe))
		job_add_finding(task->job, wipe_recorder_detail(task->wipe));
	fail(task,
		wipe_outcome_kind(outcome) == WIPE_KIND_CANCELLED || task->job->cancel_asked ? JOB_CANCELLED
											     : JOB_FAILED,
		name, strange ? strange : sentence);
}

static void ended(struct worker *worker, enum worker_end end, int exit_status, void *data)
{
	struct task *task = data;
	int r = 0;

	task->worker = worker_free(task->worker);
	if (!task->wipe_ended)
		r = wipe_recorder_worker_gone(task->wipe);
	/* To close the card again; the rules do it for the closed descriptor too, this is for certain. */
	task_look_again(task);
	if (r < 0)
		task_end_errno(task, r, "The end of the clear could not be written down");
	else
		settle(task, end);
}

static const struct worker_events events = {.readable = readable, .ended = ended};

static unsigned flags_of(const struct task *task)
{
	const struct config *config = &task->daemon->config;
	unsigned flags = 0;

	if (task->job->confirmed_protected || config->wipe.protected_files == CONFIG_PROTECTED_CLEAR)
		flags |= WIPE_FLAG_CONFIRM_PROTECTED;
	if (config->wipe.keep_folders)
		flags |= WIPE_FLAG_KEEP_FOLDERS;
	return flags;
}

static int start_worker(struct task *task)
{
	/* An image that stands for a device in tests has no insertion that its worker could see. */
	bool seen = *task->device.insertion && !task->daemon->options.fake_devices;
	const char *arguments[] = {"--worker", "--device", task->device.node, seen ? "--insertion" : NULL,
		task->device.insertion, NULL};
	int r = task_start_worker(task, "outing-wipe", arguments, TASK_SILENCE_MS, &events);

	return r < 0 ? r : wipe_recorder_start(task->wipe, worker_socket(task->worker), -1);
}

static int start(struct task *task)
{
	struct wipe_request request = {.session = task->session,
		.method = task->daemon->config.wipe.method == CONFIG_WIPE_CLEAR_2PASS
				  ? WIPE_METHOD_CLEAR_2PASS
				  : WIPE_METHOD_CLEAR,
		.flags = flags_of(task),
		.device_bytes = task->device.bytes,
		.insertion = *task->device.insertion ? task->device.insertion : NULL};
	struct hooks_event hook;
	int r = wipe_recorder_new(task->daemon->state, &request, &task->wipe);

	if (r != 0)
		return r;
	hook = task_hook(task, NULL);
	r = event_report(task->daemon, AUDIT_CLEAR_STARTED, common_fields(task), &hook);
	return r < 0 ? r : start_worker(task);
}

static void clear(struct task *task)
{
	int r;

	job_set_session(task->job, task->session);
	job_set_phase(task->job, "looking");
	r = start(task);
	if (r > 0) {
		refuse(task, (enum wipe_outcome)r);
		return;
	}
	if (r >= 0) {
		task_show(task, true);
		return;
	}
	task->worker = worker_free(task->worker);
	if (task->wipe)
		(void)wipe_recorder_worker_gone(task->wipe);
	(void)record_failure(task, "internal", "The clear could not be started.");
	task_end_errno(task, r, "The clear could not be started");
}

/* The session that a clear of this medium rests on: of the clear that was cut short, or of this plug-in. */
static int find_session(struct task *task)
{
	_cleanup_free_ struct session *session = calloc(1, sizeof *session);
	_cleanup_free_ struct clear *unfinished = calloc(1, sizeof *unfinished);
	struct state *state = task->daemon->state;
	int r;

	if (!session || !unfinished)
		return -ENOMEM;
	if (*task->device.media_key) {
		r = clear_find_unfinished(state, task->device.media_key, unfinished);
		if (r == CLEAR_OK)
			(void)snprintf(task->session, sizeof task->session, "%s", unfinished->session_id);
		if (r <= 0)
			return r;
	}
	/* What was certified already is never cleared on the same session again: look at the card anew. */
	if (task_medium(task) && task_medium(task)->cleared)
		return SESSION_NONE;
	r = session_find_latest(
		state, task->device.key, *task->device.insertion ? task->device.insertion : NULL, session);
	if (r == SESSION_OK)
		r = session_may_clear(
			state, session->id, *task->device.insertion ? task->device.insertion : NULL);
	if (r == SESSION_OK)
		(void)snprintf(task->session, sizeof task->session, "%s", session->id);
	return r;
}

void task_wipe_go_on(struct task *task)
{
	task->offload = recorder_free(task->offload);
	task->offload_finished = false;
	task->vault_fd = close_fd(task->vault_fd);
	if (task->device.kind != DEVICE_DISK) {
		task_empty_go_on(task);
		return;
	}
	if (!task_medium(task)) {
		refuse(task, WIPE_OTHER_INSERTION);
		return;
	}
	clear(task);
}

void task_wipe_begin(struct task *task)
{
	struct medium *medium = task_medium(task);
	int r = find_session(task);

	/* A clear that somebody stops is not taken up again before the next plug-in. */
	if (medium)
		medium->resume_started = true;
	if (r < 0)
		task_end_errno(task, r, "What was offloaded could not be looked up");
	else if (r == SESSION_OK)
		clear(task);
	else if (r == SESSION_NOT_FILES)
		fail(task, JOB_FAILED, "not-files", session_outcome_sentence(SESSION_NOT_FILES));
	else
		task_offload_begin(task);
}

void task_wipe_cancel(struct task *task)
{
	if (wipe_recorder_cancel(task->wipe, worker_socket(task->worker)) < 0)
		worker_kill(task->worker);
}
