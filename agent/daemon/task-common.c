/* SPDX-License-Identifier: GPL-3.0-or-later */

/* What all kinds of tasks do alike: taking a worker's messages, showing progress, saying what they are about.
 * See task.h. */

#include "base/clock.h"
#include "base/log.h"
#include "daemon/task.h"

#define MESSAGES_AT_ONCE 64

struct js *task_fields(const struct task *task)
{
	struct js *fields = js_object();

	js_set_u64(fields, "job", task->job->id);
	js_set_string(fields, "device", task->device.id);
	js_set_string(fields, "name", task->device.name);
	return fields;
}

struct hooks_event task_hook(const struct task *task, const char *reason)
{
	return (struct hooks_event){.device = task->device.name,
		.role = task->device.role,
		.room = task->device.room,
		.session = *task->session ? task->session : NULL,
		.reason = reason,
		.job = task->job->id};
}

void task_set_progress(struct task *task, struct job_progress *progress, const char *phase)
{
	(void)snprintf(progress->phase, sizeof progress->phase, "%s", phase);
	job_set_progress(task->job, progress, clock_monotonic_ns());
	task_show(task, false);
}

int task_open_node(struct task *task, node_done opened)
{
	return node_open(task->daemon, task->device.node, task->device.syspath, opened, task, &task->node);
}

void task_opened(struct task *task, int r)
{
	task->node = node_free(task->node);
	/* One that has ended meanwhile has said why. */
	if (r >= 0 || r == -EPIPE)
		return;
	log_errno(LOG_LEVEL_ERROR, r, "job %u: the device could not be handed over", task->job->id);
	worker_kill(task->worker);
}

void task_look_again(const struct task *task)
{
	const char *place = task->device.syspath;

	if (*place && task->daemon->options.use_udev && device_retrigger(place) >= 0)
		media_await_rules(task->daemon->media, place);
}

int task_receive(struct task *task, int (*take)(struct task *task, const struct wire_message *message),
	const bool *ended, const char *what)
{
	_cleanup_free_ struct wire_message *message = malloc(sizeof *message);
	int r = message ? 0 : -ENOMEM;

	if (message)
		wire_message_init(message);
	for (unsigned n = 0; n < MESSAGES_AT_ONCE && r == 0 && !*ended; n++) {
		r = wire_receive(worker_socket(task->worker), message);
		if (r == 0)
			return 1;
		if (r > 0)
			r = take(task, message);
		wire_message_clear(message);
	}
	if (r < 0 && r != -EAGAIN)
		log_errno(LOG_LEVEL_ERROR, r, "job %u: %s", task->job->id, what);
	return r == -EAGAIN ? 0 : r < 0 ? r : *ended;
}
