/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * An offload: vault there and encrypted, started (recorded), worker and recorder, ended (recorded). The
 * recorder alone says "committed"; this file believes nothing else. A wipe or an encryption that needs an
 * offload first runs through here too and goes on in task-wipe.c or task-encrypt.c.
 */

#include "base/log.h"
#include "base/sandbox.h"
#include "daemon/events.h"
#include "daemon/task.h"
#include "policy/hint.h"
#include "vault/layout.h"

#include <string.h>

#define MESSAGES_AT_ONCE 64

static struct js *common_fields(const struct task *task)
{
	struct js *fields = task_fields(task);

	js_set_bool(fields, "by_itself", task->job->by_itself);
	js_set_string(fields, "session", *task->session ? task->session : NULL);
	return fields;
}

static int record_start(struct task *task)
{
	struct hooks_event hook = task_hook(task, NULL);

	return event_report(task->daemon, AUDIT_OFFLOAD_STARTED, common_fields(task), &hook);
}

/* 0 when the end is in the audit log. */
static int record_end(
	struct task *task, const struct recorder_result *result, const char *code, const char *sentence)
{
	enum audit_event event = result && result->committed ? AUDIT_OFFLOAD_DONE : AUDIT_OFFLOAD_FAILED;
	struct js *fields = common_fields(task);
	struct hooks_event hook = task_hook(task, sentence);

	js_set_string(fields, "outcome", code);
	js_set_string(fields, "reason", sentence);
	if (result) {
		js_set_string(fields, "folder", result->session);
		js_set_u64(fields, "files", result->files);
		js_set_u64(fields, "bytes", result->bytes);
		js_set_u64(fields, "linked", result->linked);
		js_set_u64(fields, "findings", result->findings);
		js_set_u64(fields, "failed", result->failed);
		hook.has_counts = true;
		hook.files = result->files;
		hook.bytes = result->bytes;
	}
	return event_report(task->daemon, event, fields, &hook);
}

static void show_progress(struct task *task)
{
	const struct recorder_progress *p = recorder_progress(task->offload);
	struct job_progress progress = {.files_done = p->files_done,
		.files_total = p->files_total,
		.bytes_done = p->bytes_done,
		.bytes_total = p->bytes_total,
		.rate = p->bytes_per_second,
		.seconds_left = p->seconds_left};

	task_set_progress(task, &progress, offload_phase_name(p->phase));
}

static int readable(struct worker *worker, void *data)
{
	struct task *task = data;
	int r = RECORDER_MORE;

	for (unsigned n = 0; n < MESSAGES_AT_ONCE && r == RECORDER_MORE && !task->offload_finished; n++)
		r = recorder_receive(task->offload, worker_socket(worker));
	if (r == RECORDER_FINISHED) {
		task->offload_finished = true;
		if (worker_expect_end(worker, TASK_CANCEL_GRACE_MS) < 0)
			return -ENOMEM;
		return 1;
	}
	if (r == RECORDER_MORE || r == -EAGAIN) {
		show_progress(task);
		return 0;
	}
	if (r == -EPIPE)
		return 1;
	log_errno(LOG_LEVEL_ERROR, r, "job %u: the offload's record", task->job->id);
	return r;
}

static void take_findings(struct task *task, const struct recorder_result *result)
{
	char line[JOB_SENTENCE_SIZE];

	for (size_t i = 0; i < result->failure_count; i++) {
		(void)snprintf(
			line, sizeof line, "%s: %s", result->failures[i].path, result->failures[i].reason);
		job_add_finding(task->job, line);
	}
}

/* The recorder's sentence, unless more is known here: a device that hangs, a worker that was ended, what to
 * tap on a device of this kind. */
static const char *sentence_of(const struct task *task, enum worker_end end, bool cancelled,
	const char **code, char buffer[static JOB_SENTENCE_SIZE])
{
	const struct recorder_result *result = recorder_result(task->offload);
	const char *strange = cancelled || result->committed ? NULL : tasks_end_sentence(end, code);

	if (strange)
		return strange;
	*code = result->code;
	if (strcmp(result->code, "source-locked") != 0)
		return result->sentence;
	(void)snprintf(buffer, JOB_SENTENCE_SIZE,
		"%s is plugged in, but shows no memory, so it is not known what is on it. %s Nothing was "
		"copied and nothing on it was changed.",
		task->device.name, hint_unlock(task->device.device_role, task->device.vendor_id));
	return buffer;
}

static void settle(struct task *task, enum worker_end end)
{
	const struct recorder_result *result = recorder_result(task->offload);
	bool cancelled = result->cancelled || (task->job->cancel_asked && !result->committed);
	char buffer[JOB_SENTENCE_SIZE];
	const char *code = "failed", *sentence = sentence_of(task, end, cancelled, &code, buffer);
	int r;

	(void)snprintf(task->session, sizeof task->session, "%s", result->session_id);
	job_set_session(task->job, task->session);
	take_findings(task, result);
	r = record_end(task, result, code, sentence);
	if (r < 0)
		task_end_errno(task, r, "The offload ended, but that could not be recorded");
	else if (result->committed && task->job->kind == JOB_WIPE && !task->job->cancel_asked)
		task_wipe_go_on(task);
	else if (result->committed && task->job->kind == JOB_ENCRYPT && !task->job->cancel_asked)
		task_encrypt_go_on(task);
	else if (result->committed && task->job->kind == JOB_OFFLOAD)
		task_end(task, JOB_DONE, code, sentence);
	else if (cancelled || task->job->cancel_asked)
		task_end(task, JOB_CANCELLED, "cancelled", sentence);
	else
		task_end(task, JOB_FAILED, code, sentence);
}

static void ended(struct worker *worker, enum worker_end end, int exit_status, void *data)
{
	struct task *task = data;
	int r;

	task->node = node_free(task->node);
	task->worker = worker_free(task->worker);
	r = recorder_close(task->offload, exit_status);
	if (r < 0) {
		(void)record_end(task, NULL, "internal", "The end of the offload could not be written down.");
		task_end_errno(task, r, "The end of the offload could not be written down");
		return;
	}
	settle(task, end);
}

static const struct worker_events events = {.readable = readable, .ended = ended};

static void refuse(struct task *task, const char *outcome, const char *sentence)
{
	int r = record_end(task, NULL, outcome, sentence);

	if (r < 0)
		task_end_errno(task, r, "The offload was refused, but that could not be recorded");
	else
		task_end(task, JOB_FAILED, outcome, sentence);
}

static void opened(int fd, void *data)
{
	struct task *task = data;

	task_opened(task, recorder_start(task->offload, worker_socket(task->worker), fd));
}

static int start(struct task *task)
{
	static const char *const arguments[] = {"--worker", NULL};
	struct recorder_options options = {.state = task->daemon->state,
		.vault_fd = task->vault_fd,
		.device_name = task->device.name,
		.device_key = task->device.key,
		.media_key = *task->device.media_key ? task->device.media_key : NULL,
		.insertion = *task->device.insertion ? task->device.insertion : NULL,
		.source = task->device.source,
		.user = sandbox_user(VAULT_USER),
		.reserve = task->daemon->config.vault.reserve};
	int r = recorder_new(&options, &task->offload);

	if (r < 0)
		return r;
	r = record_start(task);
	if (r >= 0)
		r = task_start_worker(task, "outing-offload", arguments, TASK_SILENCE_MS, &events);
	if (r >= 0)
		r = task->device.kind == DEVICE_DISK
			    ? recorder_start(task->offload, worker_socket(task->worker), PTP_USB_NONE)
			    : task_open_node(task, opened);
	return r;
}

static void vault_is_encrypted(struct task *task)
{
	char id[VAULT_ID];
	int r = vault_open(task->daemon->config.vault.path, &task->vault_fd, id);

	if (r > 0) {
		refuse(task, "no-vault",
			"The vault is not open or was never made, so nothing was copied. The manager can "
			"make one "
			"with \"outingctl vault create\"; if there is one, ask the technician why it is not "
			"open.");
		return;
	}
	if (r >= 0)
		r = start(task);
	if (r >= 0) {
		job_set_phase(task->job, "opening");
		task_show(task, true);
		return;
	}
	task->worker = worker_free(task->worker);
	if (task->offload)
		(void)recorder_close(task->offload, -1);
	(void)record_end(task, NULL, "internal", "The offload could not be started.");
	task_end_errno(task, r, "The offload could not be started");
}

void task_offload_begin(struct task *task)
{
	job_set_phase(task->job, "checking the vault");
	task_check_vault(task, vault_is_encrypted);
}

void task_offload_cancel(struct task *task)
{
	if (recorder_cancel(task->offload, worker_socket(task->worker)) < 0)
		worker_kill(task->worker);
}
