/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * The vault's own jobs (making it, verifying it) and the question that every offload begins with: does it
 * rest encrypted? All three are answered by outing-vault; walking device-mapper tables and libcryptsetup have
 * no place in a process that never ends.
 */

#include "base/log.h"
#include "daemon/events.h"
#include "daemon/task.h"
#include "daemon/vault.h"
#include "vault/protocol.h"
#include "vault/verify.h"

#include <string.h>

struct vault_end {
	bool heard;
	struct vault_result result;
};

static void refuse(struct task *task, const char *outcome, const char *sentence)
{
	struct hooks_event hook = task_hook(task, sentence);
	struct js *fields = task_fields(task);
	int r;

	hook.session = NULL; /* one that is there is of an earlier offload */
	js_set_string(fields, "outcome", outcome);
	js_set_string(fields, "reason", sentence);
	r = event_report(task->daemon, AUDIT_OFFLOAD_FAILED, fields, &hook);
	if (r < 0)
		task_end_errno(task, r, "Nothing was copied, and that could not be recorded");
	else
		task_end(task, JOB_FAILED, outcome, sentence);
}

static void on_answer(struct capture *capture, int exit_status, const char *text, void *data)
{
	struct task *task = data;
	struct vault_view view;

	vault_view(task->daemon, exit_status, text, &view);
	task->capture = capture_free(capture);
	if (view.state == VAULT_STATE_READY)
		task->after_check(task);
	else
		refuse(task, vault_state_outcome(view.state), view.sentence);
}

void task_check_vault(struct task *task, void (*go_on)(struct task *task))
{
	int r;

	if (!task->daemon->options.vault_check) {
		go_on(task);
		return;
	}
	task->after_check = go_on;
	r = vault_ask(task->daemon, on_answer, task, &task->capture);
	if (r < 0)
		task_end_errno(task, r, "The vault could not be looked at");
}

static int take_progress(struct task *task, const struct wire_message *message)
{
	struct job_progress progress = {.seconds_left = JOB_UNKNOWN};
	struct vault_progress p;

	if (message->size != sizeof p)
		return -EBADMSG;
	memcpy(&p, message->payload, sizeof p);
	p.phase[sizeof p.phase - 1] = 0;
	progress.files_done = p.files_done;
	progress.files_total = p.files_total;
	progress.bytes_done = p.bytes_done;
	progress.bytes_total = p.bytes_total;
	task_set_progress(task, &progress, p.phase);
	return 0;
}

/* One of the texts behind a finding: size bytes with their NUL; NULL when they are not that. */
static const char *finding_text(const struct wire_message *message, size_t *offset, uint32_t size)
{
	const char *text = (const char *)message->payload + *offset;

	if (size == 0 || size > message->size - *offset || text[size - 1] != 0)
		return NULL;
	*offset += size;
	return text;
}

static int take_finding(struct task *task, const struct wire_message *message)
{
	const char *session, *path, *detail;
	struct vault_finding finding;
	size_t offset = sizeof finding;
	char line[JOB_SENTENCE_SIZE];

	if (message->size < sizeof finding)
		return -EBADMSG;
	memcpy(&finding, message->payload, sizeof finding);
	session = finding_text(message, &offset, finding.session_size);
	path = session ? finding_text(message, &offset, finding.path_size) : NULL;
	detail = path ? finding_text(message, &offset, finding.detail_size) : NULL;
	if (!detail || offset != message->size || finding.kind >= VERIFY_KINDS)
		return -EBADMSG;
	(void)snprintf(line, sizeof line, "%s: %s%s%s: %s", verify_kind_name((enum verify_kind)finding.kind),
		session, *session && *path ? "/" : "", path, detail);
	job_add_finding(task->job, line);
	return 0;
}

static int take_result(struct task *task, const struct wire_message *message)
{
	struct vault_result *result = &task->vault_end->result;

	if (message->size < sizeof *result || task->vault_end->heard)
		return -EBADMSG;
	memcpy(result, message->payload, sizeof *result);
	result->sentence[sizeof result->sentence - 1] = 0;
	if (result->code > VAULT_RESULT_CANCELLED)
		return -EBADMSG;
	task->vault_end->heard = true;
	return 0;
}

static int take_message(struct task *task, const struct wire_message *message)
{
	if (message->type == VAULT_MESSAGE_PROGRESS)
		return take_progress(task, message);
	if (message->type == VAULT_MESSAGE_FINDING)
		return take_finding(task, message);
	if (message->type == VAULT_MESSAGE_RESULT)
		return take_result(task, message);
	return -EBADMSG;
}

static int readable(struct worker *worker, void *data)
{
	struct task *task = data;

	return task_receive(task, take_message, &task->vault_end->heard, "the vault's answer");
}

static int record(struct task *task, enum audit_event event)
{
	const struct vault_result *result = &task->vault_end->result;
	struct hooks_event hook = {.job = task->job->id,
		.reason = result->sentence,
		.has_counts = true,
		.files = result->files,
		.bytes = result->bytes};
	struct js *fields = js_object();

	js_set_u64(fields, "job", task->job->id);
	js_set_string(fields, "path", task->daemon->config.vault.path);
	js_set_u64(fields, "sessions", result->sessions);
	js_set_u64(fields, "files", result->files);
	js_set_u64(fields, "bytes", result->bytes);
	js_set_u64(fields, "findings", result->findings);
	js_set_string(fields, "reason", result->sentence);
	return event_report(task->daemon, event, fields, &hook);
}

static int record_if_due(struct task *task)
{
	uint32_t code = task->vault_end->result.code;

	if (task->job->kind == JOB_VAULT_CREATE)
		return code == VAULT_RESULT_OK ? record(task, AUDIT_VAULT_CREATED) : 0;
	return code == VAULT_RESULT_OK || code == VAULT_RESULT_FINDINGS ? record(task, AUDIT_VAULT_VERIFIED)
									: 0;
}

static void settle(struct task *task)
{
	const struct vault_result *result = &task->vault_end->result;
	char sentence[sizeof result->sentence];
	int r = record_if_due(task);

	(void)snprintf(sentence, sizeof sentence, "%s", result->sentence);
	if (r < 0) {
		task_end_errno(task, r, "The end of the job could not be recorded");
		return;
	}
	switch ((enum vault_result_code)result->code) {
	case VAULT_RESULT_OK:
		task_end(task, JOB_DONE, "done", sentence);
		return;
	case VAULT_RESULT_FINDINGS:
		task_end(task, JOB_FAILED, "findings", sentence);
		return;
	case VAULT_RESULT_REFUSED:
		task_end(task, JOB_FAILED, "refused", sentence);
		return;
	case VAULT_RESULT_FAILED:
		task_end(task, JOB_FAILED, "failed", sentence);
		return;
	case VAULT_RESULT_CANCELLED:
		task_end(task, JOB_CANCELLED, "cancelled", sentence);
		return;
	}
}

/* Automatic offloads that were refused for want of a vault get their chance again. */
static void wake_media(struct task *task)
{
	if (task->job->kind != JOB_VAULT_CREATE || task->vault_end->result.code != VAULT_RESULT_OK)
		return;
	for (struct medium *m = media_first(task->daemon->media); m; m = m->next)
		m->offload_started = false;
}

static void ended(struct worker *worker, enum worker_end end, int exit_status, void *data)
{
	const char *outcome = "failed", *strange = tasks_end_sentence(end, &outcome);
	struct task *task = data;

	task->worker = worker_free(task->worker);
	if (task->vault_end->heard) {
		wake_media(task);
		settle(task);
	} else if (task->job->cancel_asked) {
		task_end(task, JOB_CANCELLED, "cancelled", "Cancelled.");
	} else {
		task_end(task, JOB_FAILED, outcome,
			strange ? strange
				: "The program that looks after the vault ended without an answer. Ask the "
				  "technician to look at the journal of outingd.");
	}
}

static const struct worker_events events = {.readable = readable, .ended = ended};

/*
 * Making the vault mounts it, and that must be seen by the whole computer and not only by the agent, which
 * has a file system view of its own. So systemd starts the worker, as a unit; our socket gets there as its
 * stdin.
 */
static int start_create(struct task *task)
{
	char command[PATH_MAX + 512];
	const char *argv[] = {"/bin/sh", "-c", command, NULL};
	struct worker_options options = {.argv = argv, .silence_ms = TASK_MAKE_SILENCE_MS};
	int n = snprintf(command, sizeof command,
		"exec systemd-run --quiet --collect --wait --pipe --unit=outing-vault-create "
		"--property=UMask=0027 --property=LimitCORE=0 "
		"/bin/sh -c 'exec %s/outing-vault create --worker --size %llu 3<&0 </dev/null' <&3",
		task->daemon->options.libexec_dir, (unsigned long long)task->job->bytes);

	if (n < 0 || (size_t)n >= sizeof command)
		return -ENAMETOOLONG;
	return worker_start(task->daemon->loop, &options, &events, task, &task->worker);
}

static int start(struct task *task)
{
	const char *verify[] = {"verify", "--worker", "--vault", task->daemon->config.vault.path, "--state",
		task->daemon->options.state_dir, NULL};

	if (task->job->kind == JOB_VAULT_CREATE)
		return start_create(task);
	return task_start_worker(task, "outing-vault", verify, TASK_MAKE_SILENCE_MS, &events);
}

void task_vault_begin(struct task *task)
{
	int r;

	task->vault_end = calloc(1, sizeof *task->vault_end);
	r = task->vault_end ? start(task) : -ENOMEM;
	if (r < 0)
		task_end_errno(task, r, "The program that looks after the vault could not be started");
}

void task_vault_cancel(struct task *task)
{
	if (wire_send(worker_socket(task->worker), VAULT_MESSAGE_CANCEL, NULL, 0) < 0)
		worker_kill(task->worker);
}
