/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * The sandboxed worker. See worker.h. What people write is hostile bytes to it, so it holds no path, no
 * capability and no system call that it does not need; what it has to say goes to its supervisor.
 */

#include "gate/worker.h"

#include "base/fault.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/sandbox.h"
#include "base/wire.h"
#include "gate/backing.h"
#include "gate/fuse.h"
#include "gate/gate.h"
#include "gate/judge-marker.h"
#include "gate/notice.h"
#include "gate/orders.h"
#include "gate/service.h"

#include <fcntl.h>
#include <string.h>
#include <sys/prctl.h>

#define EXIT_BROKEN 1

struct worker {
	struct gate_start start;
	int root_fd, fuse_fd, staging_fd, wire_fd, top_fd;
	struct judge_inspect *inspect;
	struct gate_judge judge;
	struct gate_front *front;
	struct orders *orders;
};

/* --- the beginning --- */

static int take_start(struct worker *worker, struct wire_message *message)
{
	if (message->size != sizeof worker->start || message->fd_count < 2)
		return -EBADMSG;
	memcpy(&worker->start, message->payload, sizeof worker->start);
	worker->root_fd = TAKE_FD(message->fds[0]);
	worker->fuse_fd = TAKE_FD(message->fds[1]);
	if (message->fd_count > 2)
		worker->staging_fd = TAKE_FD(message->fds[2]);
	worker->start.user[GATE_USER_SIZE - 1] = 0;
	return 0;
}

static int receive(struct worker *worker, struct wire_message *message, uint32_t type)
{
	int r = wire_receive(worker->wire_fd, message);

	if (r <= 0)
		return r < 0 ? r : -EPIPE;
	return message->type == type ? 0 : -EBADMSG;
}

static int receive_start(struct worker *worker)
{
	struct wire_message *message = malloc(sizeof *message);
	int r;

	if (!message)
		return -ENOMEM;
	wire_message_init(message);
	r = receive(worker, message, GATE_NAMES);
	if (r >= 0)
		r = orders_take_names(worker->inspect, message);
	if (r >= 0)
		r = receive(worker, message, GATE_START);
	if (r >= 0)
		r = take_start(worker, message);
	wire_message_clear(message);
	free(message);
	return r;
}

static const char *const syscalls[] = {"openat", "openat2", "getdents64", "pread64", "pwrite64", "fsync",
	"fdatasync", "ftruncate", "unlinkat", "renameat", "renameat2", "mkdirat", "utimensat", "syncfs",
	"fstatfs", "sendfile", "splice", "vmsplice", "pipe2", "readv", "writev", "memfd_create", "dup3",
	"clone", "clone3", "prlimit64", "sched_getaffinity",
	/* for the pool of workers that look into files */
	"socketpair", "setsockopt", "waitid", "pidfd_send_signal"};

static int enter_sandbox(const struct worker *worker)
{
	const struct sandbox_path paths[] = {{worker->root_fd, SANDBOX_READ | SANDBOX_WRITE},
		{worker->staging_fd, SANDBOX_READ | SANDBOX_WRITE}};
	int r = sandbox_become(worker->start.user[0] ? worker->start.user : NULL);

	if (r >= 0)
		r = sandbox_landlock(paths, worker->staging_fd >= 0 ? 2 : 1);
	if (r >= 0 && prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
		r = -errno;
	if (r == SANDBOX_NO_LANDLOCK)
		log_warning("This kernel has no Landlock: the gate runs with fewer walls around it");
	if (r >= 0)
		r = sandbox_seccomp(syscalls, ELEMENTS(syscalls), NULL, 0);
	return r < 0 ? r : 0;
}

static void on_notice(void *data, const struct gate_notice *notice)
{
	const struct worker *worker = data;
	_cleanup_free_ char *line = NULL, *whole = NULL;
	int n;

	if (notice_json(notice, &line) < 0) {
		log_error("Something was refused, and there was no memory to say what");
		return;
	}
	if (wire_send(worker->wire_fd, GATE_NOTICE, line, strlen(line)) >= 0)
		return;
	n = asprintf(&whole, "%s\n", line);
	if (n > 0)
		(void)fd_write_full(STDERR_FILENO, whole, (size_t)n);
}

static void on_allowed(void *data, uint64_t ticket, const char *path, int error)
{
	orders_answer(((struct worker *)data)->wire_fd, ticket, path, error);
}

static void on_forget(void *data, struct node *node, struct node *parent, const char *name)
{
	gate_front_forget(((struct worker *)data)->front, node, parent, name);
}

/* What came is a mount, which names a place and cannot be synced. */
static int open_top(struct worker *worker)
{
	return backing_open(worker->root_fd, "", O_RDONLY | O_DIRECTORY, &worker->top_fd);
}

static int serve(struct worker *worker)
{
	const struct gate_options options = {.root_fd = worker->top_fd,
		.staging = {worker->start.staging_total, worker->start.staging_per_file, worker->staging_fd},
		.judge = &worker->judge,
		.uid = worker->start.uid,
		.gid = worker->start.gid,
		.keep_seconds = worker->start.keep_seconds,
		.tell = on_notice,
		.allowed = on_allowed,
		.forget = on_forget,
		.data = worker};
	_cleanup_(gate_freep) struct gate *gate = NULL;
	int r = gate_new(&options, &gate);

	if (r >= 0)
		r = gate_start(gate);
	if (r >= 0)
		r = orders_start(worker->orders, gate);
	if (r >= 0)
		r = wire_send(worker->wire_fd, GATE_READY, NULL, 0);
	if (r >= 0)
		r = gate_front_run(worker->front, gate);
	worker->orders = orders_free(worker->orders);
	return r;
}

/* Test builds have one that knows nothing, for tests of the gate itself. */
static int find_judge(struct worker *worker)
{
	int r = judge_inspect_new(&worker->inspect);

	if (r < 0)
		return r;
	worker->judge = judge_inspect_of(worker->inspect);
#if defined(OUTING_FAULTS) || defined(OUTING_SANITIZED)
	if (getenv("OUTING_JUDGE_MARKER"))
		worker->judge = judge_marker;
#endif
	return 0;
}

static int run(struct worker *worker)
{
	int r = find_judge(worker);

	if (r >= 0)
		r = receive_start(worker);
	if (r >= 0)
		r = fd_set_nonblocking(worker->wire_fd, true);
	if (r >= 0)
		r = gate_front_new(TAKE_FD(worker->fuse_fd), &worker->front);
	if (r >= 0)
		r = orders_new(worker->wire_fd, worker->inspect, &worker->orders);
	if (r >= 0)
		r = enter_sandbox(worker);
	if (r >= 0)
		r = open_top(worker);
	return r < 0 ? r : serve(worker);
}

int gate_worker_run(int wire_fd)
{
	struct worker worker = {
		.root_fd = -1, .fuse_fd = -1, .staging_fd = -1, .wire_fd = wire_fd, .top_fd = -1};
	int r = run(&worker);

	if (r < 0)
		log_errno(LOG_LEVEL_ERROR, r, "The gate cannot work");
	(void)orders_free(worker.orders);
	(void)gate_front_free(worker.front);
	(void)judge_inspect_free(worker.inspect);
	(void)close_fd(worker.top_fd);
	(void)close_fd(worker.root_fd);
	(void)close_fd(worker.staging_fd);
	return r < 0 ? EXIT_BROKEN : 0;
}
