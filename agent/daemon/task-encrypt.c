/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * Encrypting a stick: its files into the vault (the offload, which proves them), the stick written and proven
 * by one worker, its files put back by another.
 *
 * Nothing is written before the record that goes on after a power cut is durable, and nothing is written over
 * that is not in the vault, unless a person said that it may go. Order at the end of each step: state
 * database > audit log > signal.
 */

#include "daemon/task-encrypt.h"

#include "base/log.h"
#include "daemon/answer.h"
#include "daemon/events.h"

#include <string.h>

/* --- requests that wait --- */

static struct encrypt_task *encrypt_task_free(struct encrypt_task *e)
{
	if (e)
		e->passphrase = secret_free(e->passphrase);
	free(e);
	return NULL;
}

void task_encrypt_free(struct task *task)
{
	task->encrypt = encrypt_task_free(task->encrypt);
}

void task_encrypt_forget(struct daemon *daemon)
{
	while (daemon->encrypt_waiting) {
		struct encrypt_task *e = daemon->encrypt_waiting;

		daemon->encrypt_waiting = e->next;
		(void)encrypt_task_free(e);
	}
}

/* The request of this job; those of jobs that ended without having begun are dropped on the way. */
static struct encrypt_task *take_request(struct daemon *daemon, uint32_t number)
{
	struct encrypt_task **at = &daemon->encrypt_waiting, *found = NULL;

	while (*at) {
		struct encrypt_task *e = *at;
		const struct job *job = job_find(daemon->jobs, e->job);

		if (e->job != number && job && !job_ended(job)) {
			at = &e->next;
			continue;
		}
		*at = e->next;
		e->next = NULL;
		if (e->job == number)
			found = e;
		else
			(void)encrypt_task_free(e);
	}
	return found;
}

void task_encrypt_ask(struct daemon *daemon, const struct job_request *request, struct secret *passphrase,
	bool discard, struct bus_answer *answer)
{
	struct encrypt_task *e = calloc(1, sizeof *e);

	(void)take_request(daemon, 0);
	if (!e) {
		(void)secret_free(passphrase);
		answer_errno(answer, -ENOMEM, "The job could not be queued");
		return;
	}
	e->passphrase = passphrase;
	e->discard = discard;
	tasks_ask(daemon, request, answer);
	if (answer->error != BUS_DONE) {
		(void)encrypt_task_free(e);
		return;
	}
	e->job = answer->number;
	e->next = daemon->encrypt_waiting;
	daemon->encrypt_waiting = e;
}

/* --- records --- */

static struct js *common_fields(const struct task *task)
{
	const struct encrypt_task *e = task->encrypt;
	struct js *fields = task_fields(task);

	js_set_string(fields, "session", *task->session ? task->session : NULL);
	js_set_bool(fields, "discard", e->discard);
	js_set_string(fields, "uuid", e->has_record ? e->record.uuid : NULL);
	return fields;
}

static int record(struct task *task, enum audit_event event, const char *outcome, const char *sentence)
{
	struct hooks_event hook = task_hook(task, sentence);
	struct js *fields = common_fields(task);

	if (outcome) {
		js_set_string(fields, "outcome", outcome);
		js_set_string(fields, "reason", sentence);
	}
	if (event == AUDIT_ENCRYPT_DONE) {
		js_set_u64(fields, "files", task->encrypt->result.files);
		js_set_u64(fields, "left_out", task->encrypt->result.left_out);
	}
	return event_report(task->daemon, event, fields, &hook);
}

static void fail(struct task *task, enum job_state state, const char *outcome, const char *sentence)
{
	int r = record(task, AUDIT_ENCRYPT_FAILED, outcome, sentence);

	if (r < 0)
		task_end_errno(task, r, "Encrypting the stick ended, and that could not be recorded");
	else
		task_end(task, state, outcome, sentence);
}

static void fail_with(struct task *task, enum encrypt_outcome outcome)
{
	bool cancelled = encrypt_outcome_kind(outcome) == ENCRYPT_KIND_CANCELLED || task->job->cancel_asked;

	fail(task, cancelled ? JOB_CANCELLED : JOB_FAILED, encrypt_outcome_name(outcome),
		encrypt_outcome_sentence(outcome));
}

static void fail_errno(struct task *task, int error, const char *what)
{
	(void)record(task, AUDIT_ENCRYPT_FAILED, "internal", what);
	task_end_errno(task, error, what);
}

/* --- the worker's messages --- */

static int take_plan(struct task *task, const struct wire_message *message)
{
	struct encrypt_task *e = task->encrypt;
	struct encryption wanted = {.device = e->device, .bytes = task->device.bytes};
	struct encrypt_plan plan;
	int r;

	if (message->size != sizeof plan || e->putting)
		return -EBADMSG;
	memcpy(&plan, message->payload, sizeof plan);
	(void)snprintf(wanted.uuid, sizeof wanted.uuid, "%.*s", (int)sizeof plan.uuid - 1, plan.uuid);
	(void)snprintf(wanted.label, sizeof wanted.label, "%.*s", (int)sizeof plan.label - 1, plan.label);
	(void)snprintf(wanted.session, sizeof wanted.session, "%s", task->session);
	r = encryption_begin(task->daemon->state, &wanted, e->flags & ENCRYPT_FLAG_RESUME, &e->record);
	if (r != ENCRYPTION_OK)
		return r < 0 ? r : -EBADMSG;
	e->has_record = true;
	return wire_send(worker_socket(task->worker), ENCRYPT_MESSAGE_GO, NULL, 0);
}

static int take_progress(struct task *task, const struct wire_message *message)
{
	struct job_progress progress = {.seconds_left = JOB_UNKNOWN};
	struct encrypt_progress p;

	if (message->size != sizeof p)
		return -EBADMSG;
	memcpy(&p, message->payload, sizeof p);
	progress.bytes_done = p.done;
	progress.bytes_total = p.total;
	progress.files_done = p.files_done;
	progress.files_total = p.files_total;
	task_set_progress(task, &progress, encrypt_phase_text(p.phase));
	return 0;
}

static int take_result(struct task *task, const struct wire_message *message)
{
	struct encrypt_task *e = task->encrypt;
	enum encrypt_outcome outcome;

	if (message->size < sizeof e->result)
		return -EBADMSG;
	memcpy(&e->result, message->payload, sizeof e->result);
	if (!encrypt_outcome_from_number(e->result.outcome, &outcome))
		return -EBADMSG;
	/* A stick that was not read back whole is not an encrypted one, whatever the worker says. */
	if (outcome == ENCRYPT_DONE && !e->putting &&
		(!e->has_record || e->result.bytes_read_back != task->device.bytes))
		return -EBADMSG;
	if (outcome != ENCRYPT_DONE)
		log_warning("job %u: %s at byte %llu: %s", task->job->id, encrypt_outcome_name(outcome),
			(unsigned long long)e->result.failed_offset,
			(const char *)message->payload + sizeof e->result);
	e->heard = true;
	return worker_expect_end(task->worker, TASK_CANCEL_GRACE_MS);
}

static int take_message(struct task *task, const struct wire_message *message)
{
	if (message->type == ENCRYPT_MESSAGE_PLAN)
		return take_plan(task, message);
	if (message->type == ENCRYPT_MESSAGE_PROGRESS)
		return take_progress(task, message);
	if (message->type == ENCRYPT_MESSAGE_RESULT)
		return take_result(task, message);
	return -EBADMSG;
}

static int readable(struct worker *worker, void *data)
{
	struct task *task = data;

	return task_receive(task, take_message, &task->encrypt->heard, "the encryption's record");
}

/* --- the ends of the steps --- */

static void settle_written(struct task *task)
{
	struct encrypt_task *e = task->encrypt;
	int r = encryption_set_state(task->daemon->state, e->record.number, ENCRYPTION_PUTTING_BACK);

	if (r == ENCRYPTION_OK)
		r = task_encrypt_rekey(task);
	if (r == 0)
		r = task_encrypt_put_back(task);
	if (r != 0)
		fail_errno(task, r < 0 ? r : -EPROTO,
			"The stick is encrypted, but what comes next could not be begun");
}

static void settle_put_back(struct task *task)
{
	struct encrypt_task *e = task->encrypt;
	const char *sentence = encrypt_outcome_sentence(ENCRYPT_DONE);
	int r = encryption_set_state(task->daemon->state, e->record.number, ENCRYPTION_FINISHED);

	if (r == ENCRYPTION_OK)
		r = record(task, AUDIT_ENCRYPT_DONE, "done", sentence);
	if (e->result.left_out > 0)
		job_add_finding(task->job, "Some files have names that the new file system does not take; "
					   "they are in the vault and "
					   "not on the stick.");
	if (r != 0)
		task_end_errno(
			task, r < 0 ? r : -EPROTO, "The stick is encrypted, but that could not be recorded");
	else
		task_end(task, JOB_DONE, "done", sentence);
}

/* What was on it since is not in the vault: it is taken as a stick of which nothing is known. */
static void start_anew(struct task *task)
{
	struct encrypt_task *e = task->encrypt;
	int r = encryption_set_state(task->daemon->state, e->record.number, ENCRYPTION_GIVEN_UP);

	e->has_record = false;
	*task->session = '\0';
	if (r != ENCRYPTION_OK)
		fail_errno(task, r < 0 ? r : -EPROTO, "The state of the stick could not be recorded");
	else
		task_offload_begin(task);
}

static void settle(struct task *task, enum worker_end end)
{
	struct encrypt_task *e = task->encrypt;
	enum encrypt_outcome outcome =
		e->heard ? (enum encrypt_outcome)e->result.outcome : ENCRYPT_WORKER_DIED;
	const char *name = encrypt_outcome_name(outcome), *strange;

	if (outcome == ENCRYPT_DONE && e->putting)
		settle_put_back(task);
	else if (outcome == ENCRYPT_DONE)
		settle_written(task);
	else if (outcome == ENCRYPT_NOT_AS_LEFT && !task->job->cancel_asked)
		start_anew(task);
	else if (!e->heard && (strange = tasks_end_sentence(end, &name)))
		fail(task, JOB_FAILED, name, strange);
	else
		fail_with(task, outcome);
}

static void ended(struct worker *worker, enum worker_end end, int exit_status, void *data)
{
	struct task *task = data;

	task->worker = worker_free(task->worker);
	/* Closed while it is plain, open once it is encrypted. */
	task_look_again(task);
	settle(task, end);
}

const struct worker_events task_encrypt_events = {.readable = readable, .ended = ended};

/* --- the beginning --- */

int task_encrypt_send(struct task *task, enum encrypt_message type, const void *head, size_t size,
	const int *fds, unsigned fd_count)
{
	const struct secret *passphrase = task->encrypt->passphrase;
	_cleanup_(secret_freep) struct secret *payload = NULL;
	int r = secret_new(size + passphrase->size, &payload);

	if (r < 0)
		return r;
	memcpy(payload->bytes, head, size);
	memcpy(payload->bytes + size, passphrase->bytes, passphrase->size);
	return wire_send_fds(worker_socket(task->worker), type, payload->bytes, payload->size, fds, fd_count);
}

static int start_writing(struct task *task, const struct set_digest *expected)
{
	struct encrypt_task *e = task->encrypt;
	bool seen = *task->device.insertion && !task->daemon->options.fake_devices;
	const char *arguments[] = {"--worker", "--device", task->device.node, seen ? "--insertion" : NULL,
		task->device.insertion, NULL};
	struct encrypt_start start = {.device_bytes = task->device.bytes,
		.flags = e->flags,
		.filesystem = filesystem_default(),
		.expected = *expected};
	const char *label = e->has_record      ? e->record.label
			    : e->facts.volumes ? e->facts.volume[0].label
					       : "";
	int r = record(task, AUDIT_ENCRYPT_STARTED, NULL, NULL);

	filesystem_label(label, start.label);
	job_set_session(task->job, task->session);
	job_set_phase(task->job, "preparing");
	if (r >= 0)
		r = task_start_worker(
			task, "outing-encrypt", arguments, TASK_SILENCE_MS, &task_encrypt_events);
	if (r >= 0)
		r = task_encrypt_send(task, ENCRYPT_MESSAGE_START, &start, sizeof start, NULL, 0);
	if (r >= 0)
		task_show(task, true);
	return r;
}

static void write_stick(struct task *task, unsigned flags, const struct set_digest *expected)
{
	int r;

	task->encrypt->flags = flags;
	task->encrypt->heard = false;
	r = start_writing(task, expected);
	if (r >= 0)
		return;
	task->worker = worker_free(task->worker);
	fail_errno(task, r, "Encrypting the stick could not be begun");
}

static bool fits(const struct task *task, const struct set_digest *set)
{
	uint64_t header = ENCRYPT_HEADER_ROOM;

	return task->device.bytes > header &&
	       filesystem_holds(filesystem_default(), task->device.bytes - header, set->files, set->bytes);
}

void task_encrypt_go_on(struct task *task)
{
	const char *insertion = *task->device.insertion ? task->device.insertion : NULL;
	_cleanup_free_ struct session *session = calloc(1, sizeof *session);
	int r = session ? session_may_clear(task->daemon->state, task->session, insertion) : -ENOMEM;

	task->offload = recorder_free(task->offload);
	task->offload_finished = false;
	task->vault_fd = close_fd(task->vault_fd);
	if (r == SESSION_OK)
		r = session_load(task->daemon->state, task->session, session);
	if (r < 0)
		fail_errno(task, r, "What was copied could not be looked up");
	else if (r != SESSION_OK)
		fail(task, JOB_FAILED, "not-moved", session_outcome_sentence((enum session_outcome)r));
	else if (!task_medium(task))
		fail_with(task, ENCRYPT_OTHER_INSERTION);
	else if (!fits(task, &session->set))
		fail_with(task, ENCRYPT_TOO_FULL);
	else
		write_stick(task, 0, &session->set);
}

/* A whole stick behind one LUKS header: of the uuid, or (NULL) of any. */
static bool is_encrypted(const struct device_facts *facts, const char *uuid)
{
	for (size_t i = 0; i < facts->volumes; i++)
		if (strcmp(facts->volume[i].type, "crypto_LUKS") == 0 &&
			(!uuid || strcmp(facts->volume[i].serial, uuid) == 0))
			return true;
	return !uuid && strcmp(facts->media, "encrypted") == 0;
}

static void take_up_put_back(struct task *task)
{
	int r = record(task, AUDIT_ENCRYPT_STARTED, NULL, NULL);

	if (r < 0)
		task_end_errno(task, r, "Encrypting the stick could not be recorded");
	else
		settle_written(task);
}

/* Where an earlier run ended, or a plain stick that is taken from the beginning. */
static void choose(struct task *task)
{
	struct encrypt_task *e = task->encrypt;
	bool written = e->has_record && is_encrypted(&e->facts, e->record.uuid);

	if (e->has_record)
		(void)snprintf(task->session, sizeof task->session, "%s", e->record.session);
	if (written)
		take_up_put_back(task);
	else if (is_encrypted(&e->facts, NULL))
		fail_with(task, ENCRYPT_ALREADY);
	else if (e->discard) {
		*task->session = '\0';
		write_stick(task, ENCRYPT_FLAG_DISCARD, &SET_DIGEST_NULL);
	} else if (e->has_record && e->record.state == ENCRYPTION_WRITING &&
		   e->record.bytes == task->device.bytes)
		write_stick(task, ENCRYPT_FLAG_RESUME, &SET_DIGEST_NULL);
	else
		task_offload_begin(task);
}

void task_encrypt_begin(struct task *task)
{
	struct medium *medium = task_medium(task);
	struct encrypt_task *e = take_request(task->daemon, task->job->id);
	int r;

	task->encrypt = e;
	if (!e || !medium) {
		task_end(task, JOB_FAILED, "gone", encrypt_outcome_sentence(ENCRYPT_OTHER_INSERTION));
		return;
	}
	e->device = medium->entry.number;
	e->facts = medium->facts;
	e->in_reader = *medium->reader_id;
	r = encryption_find_unfinished(task->daemon->state, e->device, &e->record);
	e->has_record = r == ENCRYPTION_OK;
	if (r < 0)
		task_end_errno(task, r, "The state of the stick could not be looked up");
	else
		choose(task);
}

void task_encrypt_cancel(struct task *task)
{
	if (wire_send(worker_socket(task->worker), ENCRYPT_MESSAGE_CANCEL, NULL, 0) < 0)
		worker_kill(task->worker);
}
