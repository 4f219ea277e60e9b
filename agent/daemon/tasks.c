/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * The list of running tasks and what they have in common. The queue is moved on from a deferred callback,
 * never from inside whatever asked for a job, so that a caller has its number before the job makes its first
 * signal.
 */

#include "base/clock.h"
#include "base/log.h"
#include "daemon/answer.h"
#include "daemon/devices.h"
#include "daemon/gates.h"
#include "daemon/look.h"
#include "daemon/task.h"

#include <malloc.h>
#include <string.h>

#define SHOW_EVERY_NS 250000000ULL

struct tasks {
	struct daemon *daemon;
	struct task *first;
	struct watch *pump;
};

int tasks_new(struct daemon *daemon, struct tasks **ret_tasks)
{
	struct tasks *tasks = calloc(1, sizeof *tasks);

	if (!tasks)
		return -ENOMEM;
	tasks->daemon = daemon;
	*ret_tasks = tasks;
	return 0;
}

static struct task *task_free(struct task *task)
{
	task->capture = capture_free(task->capture);
	task->node = node_free(task->node);
	task->worker = worker_free(task->worker);
	task->offload = recorder_free(task->offload);
	task->wipe = wipe_recorder_free(task->wipe);
	task->empty = empty_recorder_free(task->empty);
	task->vault_fd = close_fd(task->vault_fd);
	free(task->vault_end);
	task_encrypt_free(task);
	free(task);
	return NULL;
}

struct tasks *tasks_free(struct tasks *tasks)
{
	while (tasks && tasks->first) {
		struct task *task = tasks->first;

		tasks->first = task->next;
		(void)task_free(task);
	}
	if (tasks)
		tasks->pump = watch_free(tasks->pump);
	free(tasks);
	return NULL;
}

static void show_job(struct daemon *daemon, const struct job *job)
{
	_cleanup_js_ struct js *json = job_json(job, false);
	_cleanup_free_ char *text = NULL;

	if (js_text(json, false, &text) >= 0)
		bus_signal_job(daemon->bus, job->id, text);
}

void task_show(struct task *task, bool force)
{
	uint64_t now = clock_monotonic_ns();

	if (!force && now - task->signalled_ns < SHOW_EVERY_NS)
		return;
	task->signalled_ns = now;
	show_job(task->daemon, task->job);
}

static void copy_device(struct task_device *to, const struct medium *from)
{
#define COPY(field, value) (void)snprintf(to->field, sizeof to->field, "%s", value)
	COPY(id, from->identity.id);
	COPY(key, from->identity.key);
	COPY(device_key, from->identity.device_key);
	COPY(media_key, from->identity.media_key);
	COPY(name, from->entry.name);
	COPY(role, role_name(from->entry.role));
	COPY(room, from->entry.room);
	COPY(vendor, from->facts.vendor);
	COPY(product, from->facts.product);
	COPY(serial, from->facts.serial);
	COPY(insertion, from->insertion);
	COPY(source, from->source);
	COPY(node, from->facts.node);
	COPY(syspath, from->facts.syspath);
#undef COPY
	to->bytes = from->facts.size;
	to->kind = from->facts.kind;
	to->device_role = from->entry.role;
	to->vendor_id = from->facts.vendor_id;
}

struct medium *task_medium(const struct task *task)
{
	struct medium *medium = media_find_id(task->daemon->media, task->device.id);

	if (!medium || medium->ambiguous || !medium->registered ||
		strcmp(medium->insertion, task->device.insertion) != 0 ||
		strcmp(medium->identity.key, task->device.key) != 0 ||
		strcmp(medium->facts.node, task->device.node) != 0)
		return NULL;
	return medium;
}

static void begin_kind(struct task *task)
{
	switch (task->job->kind) {
	case JOB_OFFLOAD:
		task_offload_begin(task);
		return;
	case JOB_WIPE:
		if (task->device.kind == DEVICE_DISK)
			task_wipe_begin(task);
		else
			task_empty_begin(task);
		return;
	case JOB_VAULT_CREATE:
	case JOB_VAULT_VERIFY:
		task_vault_begin(task);
		return;
	case JOB_ENCRYPT:
		task_encrypt_begin(task);
		return;
	}
}

static bool is_fit(const struct medium *medium)
{
	return medium && medium->registered && !medium->ambiguous && medium_has_content(medium) &&
	       medium->decision != DECISION_REFUSE;
}

static void begin(struct daemon *daemon, struct job *job)
{
	struct task *task = calloc(1, sizeof *task);
	struct medium *medium = *job->device ? media_find_id(daemon->media, job->device) : NULL;

	job_begin(job, clock_now());
	if (!task) {
		job_end(daemon->jobs, job, JOB_FAILED, "no-memory",
			"There is not enough memory for this job.", clock_now());
		show_job(daemon, job);
		return;
	}
	*task = (struct task){.daemon = daemon,
		.job = job,
		.vault_fd = -1,
		.next = daemon->tasks->first,
		.began_at = clock_now()};
	daemon->tasks->first = task;
	task_show(task, true);
	if (*job->device && !is_fit(medium)) {
		task_end(task, JOB_FAILED, "gone",
			"The device was unplugged, or cannot be told apart from another one, before its turn "
			"came.");
		return;
	}
	if (medium) {
		copy_device(&task->device, medium);
		device_changed(daemon, job->device);
	}
	begin_kind(task);
}

static int pump(void *data)
{
	struct tasks *tasks = data;
	struct daemon *daemon = tasks->daemon;
	struct job *job;

	tasks->pump = watch_free(tasks->pump);
	while (!daemon->stopping && (job = job_next(daemon->jobs))) {
		/* tasks_move_on() follows. */
		if (*job->device &&
			(!gates_release(daemon, job->device) || look_is_running(daemon, job->device)))
			return 0;
		begin(daemon, job);
	}
	if (daemon->stopping && !tasks->first && gates_idle(daemon))
		loop_exit(daemon->loop, 0);
	return 0;
}

static void pump_soon(struct tasks *tasks)
{
	if (!tasks->pump && loop_defer(tasks->daemon->loop, pump, tasks, &tasks->pump) < 0)
		log_error("out of memory, the queue of jobs stands still until the next one");
}

void tasks_move_on(struct daemon *daemon)
{
	pump_soon(daemon->tasks);
}

void task_end(struct task *task, enum job_state state, const char *outcome, const char *sentence)
{
	struct daemon *daemon = task->daemon;
	struct tasks *tasks = daemon->tasks;
	struct job *job = task->job;
	struct task **at;
	int r;

	log_info("job %u, %s%s%s: %s", job->id, job_kind_name(job->kind), *job->name ? " of " : "", job->name,
		outcome);
	job_end(daemon->jobs, job, state, outcome, sentence, clock_now());
	show_job(daemon, job);
	for (at = &tasks->first; *at != task; at = &(*at)->next)
		;
	*at = task->next;
	(void)task_free(task);
	r = media_judge(daemon->media);
	if (r < 0)
		log_errno(LOG_LEVEL_ERROR, r, "devices could not be judged");
	if (*job->device)
		device_changed(daemon, job->device);
	pump_soon(tasks);
	(void)malloc_trim(0);
}

void task_end_errno(struct task *task, int error, const char *what)
{
	char sentence[JOB_SENTENCE_SIZE];

	log_errno(LOG_LEVEL_ERROR, error, "job %u: %s", task->job->id, what);
	(void)snprintf(sentence, sizeof sentence,
		"%s (%s). Ask the technician to look at the journal of outingd.", what,
		strerror(error < 0 ? -error : error));
	task_end(task, JOB_FAILED, "internal", sentence);
}

const char *tasks_end_sentence(enum worker_end end, const char **ret_outcome)
{
	switch (end) {
	case WORKER_EXITED:
		break;
	case WORKER_KILLED:
		*ret_outcome = "worker-ended";
		return "The job did not stop when it was asked to and was ended. Nothing that was not proven "
		       "counts; try again.";
	case WORKER_SILENT:
		*ret_outcome = "no-answer";
		return "The device does not answer. Unplug it, plug it in again and try once more; if that "
		       "does "
		       "not help, the card or the cable is broken.";
	case WORKER_STUCK:
		*ret_outcome = "no-answer";
		return "The device does not answer and holds the computer up. Unplug it; the card or the "
		       "cable may "
		       "be broken.";
	}
	return NULL;
}

int task_start_worker(struct task *task, const char *program, const char *const *arguments,
	uint64_t silence_ms, const struct worker_events *events)
{
	const char *argv[TASK_ARGS_MAX + 2] = {NULL};
	struct worker_options options = {.argv = argv, .silence_ms = silence_ms};
	char path[PATH_MAX];
	size_t n = 1;

#ifndef OUTING_SANITIZED
	options.memory_max = silence_ms == TASK_SILENCE_MS ? TASK_MEMORY_MAX : 0;
#endif
	(void)snprintf(path, sizeof path, "%s/%s", task->daemon->options.libexec_dir, program);
	argv[0] = path;
	for (; *arguments && n <= TASK_ARGS_MAX; arguments++)
		argv[n++] = *arguments;
	return worker_start(task->daemon->loop, &options, events, task, &task->worker);
}

static void answer_busy(const struct job *job, struct bus_answer *answer)
{
	if (*job->name)
		answer_error(answer, BUS_BUSY,
			"%s has a job already (number %u, %s). Wait for it or cancel it.", job->name, job->id,
			job_kind_name(job->kind));
	else
		answer_error(answer, BUS_BUSY, "The vault is being worked on already (job %u). Wait for it.",
			job->id);
}

void tasks_ask(struct daemon *daemon, const struct job_request *request, struct bus_answer *answer)
{
	struct job *job = NULL;
	int r;

	if (daemon->stopping) {
		answer_error(answer, BUS_BUSY, "The agent is being stopped. Try again when it runs again.");
		return;
	}
	r = job_add(daemon->jobs, request, clock_now(), &job);
	/* What is asked for is under way already, perhaps begun by itself: whoever asks may watch that. */
	if (r == JOB_DEVICE_BUSY && job->kind == request->kind && job->format == request->format &&
		(job->kind == JOB_OFFLOAD || job->kind == JOB_WIPE))
		r = JOB_OK;
	if (r == JOB_DEVICE_BUSY)
		answer_busy(job, answer);
	else if (r == JOB_TOO_MANY)
		answer_error(answer, BUS_BUSY, "Too many jobs are waiting. Try again when some are done.");
	else if (r < 0)
		answer_errno(answer, r, "The job could not be queued");
	if (answer->error != BUS_DONE)
		return;
	answer->number = job->id;
	pump_soon(daemon->tasks);
}

void tasks_start_by_itself(struct daemon *daemon, struct medium *medium, enum job_kind kind)
{
	struct job_request request = {
		.kind = kind, .device = medium->identity.id, .name = medium->entry.name, .by_itself = true};
	struct job *job;
	int r = job_add(daemon->jobs, &request, clock_now(), &job);

	if (r < 0 || r == JOB_TOO_MANY)
		log_warning("%s: no job could be started by itself", medium->identity.id);
	else
		pump_soon(daemon->tasks);
}

void task_cancel(struct task *task)
{
	if (task->job->cancel_asked)
		return;
	task->job->cancel_asked = true;
	if (!task->worker) {
		task_end(task, JOB_CANCELLED, "cancelled", "Stopped before anything was done.");
		return;
	}
	if (task->offload)
		task_offload_cancel(task);
	else if (task->wipe)
		task_wipe_cancel(task);
	else if (task->empty)
		task_empty_cancel(task);
	else if (task->encrypt)
		task_encrypt_cancel(task);
	else
		task_vault_cancel(task);
	if (worker_expect_end(task->worker, TASK_CANCEL_GRACE_MS) < 0)
		worker_kill(task->worker);
}

static struct task *task_of(struct tasks *tasks, const struct job *job)
{
	for (struct task *t = tasks->first; t; t = t->next)
		if (t->job == job)
			return t;
	return NULL;
}

void tasks_cancel(struct daemon *daemon, struct job *job)
{
	struct task *task = task_of(daemon->tasks, job);

	if (task) {
		task_cancel(task);
		return;
	}
	job_end(daemon->jobs, job, JOB_CANCELLED, "cancelled", "Cancelled before it began.", clock_now());
	show_job(daemon, job);
}

void tasks_stop(struct daemon *daemon)
{
	struct task *task = daemon->tasks->first, *next;

	for (; task; task = next) {
		next = task->next;
		task_cancel(task);
	}
	pump_soon(daemon->tasks);
}
