/* SPDX-License-Identifier: GPL-3.0-or-later */

/* A worker for one look. See look.h. */

#include "daemon/look.h"

#include "base/log.h"
#include "daemon/daemon.h"
#include "daemon/node.h"
#include "daemon/tasks.h"
#include "empty/recorder.h"
#include "job/worker.h"

#include <string.h>

#define MESSAGES_AT_ONCE 64
#define SILENCE_MS       30000
#define LOOK_MS          90000
#define GRACE_MS         5000
#define MEMORY_MAX       (768ULL << 20)

struct look {
	struct daemon *daemon;
	char id[IDENTITY_ID_SIZE];
	struct worker *worker;
	struct node *node; /* while it is opened for the worker */
	struct empty_recorder *recorder;
	struct watch *limit, *soon;
	bool ended;
	struct look_result result;
	look_done done;
	void *data;
	struct look *next;
};

bool look_is_running(const struct daemon *daemon, const char *id)
{
	for (const struct look *look = daemon->looks; look; look = look->next)
		if (strcmp(look->id, id) == 0)
			return true;
	return false;
}

struct look *look_free(struct look *look)
{
	struct look **at;

	if (!look)
		return NULL;
	for (at = &look->daemon->looks; *at; at = &(*at)->next)
		if (*at == look) {
			*at = look->next;
			break;
		}
	look->node = node_free(look->node);
	look->worker = worker_free(look->worker);
	look->recorder = empty_recorder_free(look->recorder);
	look->limit = watch_free(look->limit);
	look->soon = watch_free(look->soon);
	tasks_move_on(look->daemon);
	free(look);
	return NULL;
}

static void fail(struct look *look, const char *reason)
{
	look->result.outcome = READINESS_LOOK_FAILED;
	(void)snprintf(look->result.reason, sizeof look->result.reason, "%s", reason);
}

static void take_verdict(struct look *look, enum worker_end end)
{
	const struct empty_verdict *verdict = empty_recorder_verdict(look->recorder);
	const char *code, *strange = tasks_end_sentence(end, &code);

	look->result.listed = verdict->found;
	look->result.not_safe = verdict->not_safe;
	if (verdict->looked)
		look->result.outcome = READINESS_LOOKED;
	else if (strcmp(verdict->code, "locked") == 0)
		look->result.outcome = READINESS_LOOK_LOCKED;
	else if (strange)
		fail(look, strange);
	else if (strcmp(verdict->code, "gone") == 0)
		fail(look, "It was unplugged or stopped answering.");
	else if (strcmp(verdict->code, "refused") == 0)
		fail(look, "It cannot be talked to; another program may be using it.");
	else
		fail(look, "The program that looks at it did not come to a result.");
}

static int tell(void *data)
{
	struct look *look = data;

	look->soon = watch_free(look->soon);
	look->done(&look->result, look->data);
	return 0;
}

static int readable(struct worker *worker, void *data)
{
	_cleanup_free_ struct wire_message *message = malloc(sizeof *message);
	struct look *look = data;
	int r = message ? 1 : -ENOMEM;

	if (message)
		wire_message_init(message);
	for (unsigned n = 0; n < MESSAGES_AT_ONCE && r > 0 && !look->ended; n++) {
		r = wire_receive(worker_socket(worker), message);
		if (r > 0)
			r = empty_recorder_message(look->recorder, worker_socket(worker), message);
		look->ended = r == EMPTY_EVENT_ENDED;
		r = r < 0 ? r : 1;
	}
	if (message)
		wire_message_clear(message);
	if (r == -EAGAIN || (r > 0 && !look->ended))
		return 0;
	if (r > 0 && worker_expect_end(worker, GRACE_MS) < 0)
		return -ENOMEM;
	return r;
}

static void ended(struct worker *worker, enum worker_end end, int exit_status, void *data)
{
	struct look *look = data;

	look->node = node_free(look->node);
	look->worker = worker_free(look->worker);
	empty_recorder_close(look->recorder);
	take_verdict(look, end);
	(void)tell(look);
}

static const struct worker_events events = {.readable = readable, .ended = ended};

static int too_long(void *data)
{
	struct look *look = data;

	look->node = node_free(look->node);
	look->worker = worker_free(look->worker);
	fail(look, "Looking at it did not come to an end in time.");
	return tell(look);
}

static int load_session(struct daemon *daemon, const struct medium *medium, struct session *ret_session)
{
	return session_find_latest(daemon->state, medium->identity.key, medium->insertion, ret_session);
}

bool look_is_wanted(struct daemon *daemon, const struct medium *medium)
{
	return !medium_is_disk(medium) && medium->registered && !medium->ambiguous && medium->offloaded &&
	       *medium->insertion && !job_of_device(daemon->jobs, medium->identity.id);
}

static void opened(int fd, void *data)
{
	struct look *look = data;
	int r = empty_recorder_start(look->recorder, worker_socket(look->worker), fd);

	look->node = node_free(look->node);
	if (r < 0 && r != -EPIPE)
		worker_kill(look->worker);
}

static int start_worker(struct look *look, const struct medium *medium)
{
	char path[PATH_MAX];
	const char *argv[] = {path, "--worker", NULL};
	struct worker_options options = {.argv = argv, .silence_ms = SILENCE_MS};
	int r;

#ifndef OUTING_SANITIZED
	options.memory_max = MEMORY_MAX;
#endif
	(void)snprintf(path, sizeof path, "%s/outing-empty", look->daemon->options.libexec_dir);
	r = worker_start(look->daemon->loop, &options, &events, look, &look->worker);
	if (r >= 0)
		r = node_open(
			look->daemon, medium->facts.node, medium->facts.syspath, opened, look, &look->node);
	return r < 0 ? r : loop_timer(look->daemon->loop, LOOK_MS, too_long, look, &look->limit);
}

static int prepare(struct look *look, const struct medium *medium)
{
	_cleanup_free_ struct session *session = calloc(1, sizeof *session);
	int r = session ? load_session(look->daemon, medium, session) : -ENOMEM;
	const struct empty_request request = {
		.session = session ? session->id : "", .insertion = medium->insertion, .look_only = true};

	if (r == SESSION_OK)
		r = empty_recorder_new(look->daemon->state, &request, &look->recorder);
	if (r != SESSION_OK)
		return r < 0 ? r : -ESTALE;
	return start_worker(look, medium);
}

int look_start(struct daemon *daemon, const struct medium *medium, look_done done, void *data,
	struct look **ret_look)
{
	_cleanup_(look_freep) struct look *look = NULL;
	bool busy = look_is_running(daemon, medium->identity.id);
	int r;

	look = calloc(1, sizeof *look);
	if (!look)
		return -ENOMEM;
	*look = (struct look){.daemon = daemon, .done = done, .data = data, .next = daemon->looks};
	daemon->looks = look;
	(void)snprintf(look->id, sizeof look->id, "%s", medium->identity.id);
	look->result.plug = medium->plug;
	r = busy ? -EBUSY : prepare(look, medium);
	if (r == -ENOMEM)
		return r;
	if (r < 0) {
		log_errno(LOG_LEVEL_WARNING, r, "%s could not be looked at", look->id);
		look->node = node_free(look->node);
		look->worker = worker_free(look->worker);
		fail(look, busy ? "Another check is looking at it at this moment."
				: "The program that looks at it could not be started.");
		r = loop_defer(daemon->loop, tell, look, &look->soon);
	}
	if (r >= 0)
		*ret_look = TAKE_PTR(look);
	return r;
}
