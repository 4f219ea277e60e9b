/* SPDX-License-Identifier: GPL-3.0-or-later */

/* The worker's main thread: preparing, sandbox, then listening while the engine runs. See worker.h. */

#include "offload/worker.h"

#include "base/clock.h"
#include "base/fault.h"
#include "base/sandbox.h"
#include "offload/engine.h"
#include "ptp/usb.h"

#include <linux/fs.h>
#include <linux/msdos_fs.h>
#include <malloc.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/stat.h>

#define PROGRESS_MS 250
#define UMASK       027

struct worker {
	int wire_fd, vault_fd, wake_fd;
	int usbfs_fd; /* of a PTP device; -1: none */
	const struct io *io;
	struct wire_message message;
	struct offload_start start;
	char path[OFFLOAD_SOURCE_MAX + 1], user[OFFLOAD_USER_MAX + 1];
	struct source *source;
	struct talk *talk;
	struct engine *engine;
	bool landlocked;
};

static int stop_signal_fd = -1;

static void on_stop_signal(int number)
{
	const uint64_t one = 1;

	(void)!write(stop_signal_fd, &one, sizeof one);
}

static int listen_to_signals(int fd)
{
	struct sigaction stop = {.sa_handler = on_stop_signal, .sa_flags = SA_RESTART};
	struct sigaction ignore = {.sa_handler = SIG_IGN};

	stop_signal_fd = fd;
	/* A terminal's interrupt goes to the supervisor too, which then asks for the end in good order. */
	if (sigaction(SIGTERM, &stop, NULL) < 0 || sigaction(SIGINT, &ignore, NULL) < 0 ||
		sigaction(SIGPIPE, &ignore, NULL) < 0)
		return -errno;
	return 0;
}

static int send_result(struct worker *worker, const struct offload_result *result, const char *detail)
{
	return wire_send2(worker->wire_fd, OFFLOAD_RESULT, result, sizeof *result, detail, strlen(detail));
}

static int end_early(struct worker *worker, enum offload_outcome outcome, int error, const char *detail)
{
	struct offload_result result = {.outcome = outcome, .error = error < 0 ? -error : error};

	return send_result(worker, &result, detail) < 0 ? 1 : 0;
}

static void copy_text(char *to, struct offload_bytes from)
{
	memcpy(to, from.bytes, from.size);
	to[from.size] = 0;
}

static int receive_start(struct worker *worker)
{
	struct offload_bytes source, user;
	int r = wire_receive(worker->wire_fd, &worker->message);

	if (r <= 0)
		return r < 0 ? r : -EPIPE;
	if (worker->message.type == OFFLOAD_CANCEL)
		return -ECANCELED;
	r = offload_parse_start(&worker->message, &worker->start, &source, &user);
	if (r < 0)
		return r;
	if (worker->message.fd_count < 1 || worker->message.fd_count > 2)
		return -EBADMSG;
	worker->vault_fd = TAKE_FD(worker->message.fds[0]);
	if (worker->message.fd_count == 2)
		worker->usbfs_fd = TAKE_FD(worker->message.fds[1]);
	copy_text(worker->path, source);
	copy_text(worker->user, user);
	return 0;
}

static enum offload_outcome outcome_of_source(int opened)
{
	return opened == SOURCE_UNKNOWN   ? OFFLOAD_SOURCE_UNKNOWN
	       : opened == SOURCE_GONE    ? OFFLOAD_SOURCE_GONE
	       : opened == SOURCE_REFUSED ? OFFLOAD_SOURCE_REFUSED
	       : opened == SOURCE_LOCKED  ? OFFLOAD_SOURCE_LOCKED
					  : OFFLOAD_BROKEN;
}

static const char *const syscalls[] = {"openat", "openat2", "getdents64", "pread64", "pwrite64", "fsync",
	"fdatasync", "fallocate", "ftruncate", "linkat", "unlinkat", "renameat", "renameat2", "mkdirat",
	"utimensat", "fadvise64", "mincore", "sync_file_range", "fchmod", "statfs", "fstatfs", "clone",
	"clone3", "dup", "uname", "sysinfo", "prlimit64", "eventfd2"};

static const uint32_t ioctls[] = {BLKGETSIZE64, (uint32_t)VFAT_IOCTL_READDIR_BOTH};

/* A PTP device takes the ioctls of usbfs in place of those of disks. */
static int enter_seccomp(const struct worker *worker)
{
	const char *names[ELEMENTS(syscalls) + 16];
	struct sandbox_calls calls = {.allowed = names,
		.allowed_count = ELEMENTS(syscalls),
		.refused = ptp_usb_refused,
		.refused_count = ptp_usb_refused_count,
		.ioctls = ptp_usb_ioctls,
		.ioctl_count = ptp_usb_ioctl_count};

	if (!worker->source->ptp)
		return sandbox_seccomp(syscalls, ELEMENTS(syscalls), ioctls, ELEMENTS(ioctls));
	memcpy(names, syscalls, sizeof syscalls);
	for (size_t i = 0; i < ptp_usb_syscall_count && calls.allowed_count < ELEMENTS(names); i++)
		names[calls.allowed_count++] = ptp_usb_syscalls[i];
	return sandbox_restrict(&calls);
}

static int enter_sandbox(struct worker *worker)
{
	struct sandbox_path paths[SOURCE_ROOTS_MAX + 1];
	size_t count = 0;
	uint8_t digest[SHA512_SIZE];
	int r = sha512_of("", 0, digest); /* libcrypto reads its configuration while it still can */

	if (r < 0)
		return r;
	paths[count++] = (struct sandbox_path){worker->vault_fd, SANDBOX_READ | SANDBOX_WRITE};
	for (size_t i = 0; i < worker->source->root_count; i++)
		paths[count++] = (struct sandbox_path){worker->source->roots[i].fd, SANDBOX_READ};
	r = sandbox_become(worker->user[0] ? worker->user : NULL);
	if (r < 0)
		return r;
	r = sandbox_landlock(paths, count);
	if (r < 0)
		return r;
	worker->landlocked = r == SANDBOX_OK;
	return enter_seccomp(worker);
}

static int tell_ready(const struct worker *worker)
{
	struct offload_ready ready = {.capacity = worker->source->capacity,
		.partitions = worker->source->ptp ? 1 : (uint32_t)worker->source->root_count,
		.sandboxed = worker->landlocked};

	return wire_send2(worker->wire_fd, OFFLOAD_READY, &ready, sizeof ready, worker->source->names,
		strlen(worker->source->names));
}

static void *engine_main(void *data)
{
	struct worker *worker = data;
	const uint64_t ended = UINT32_MAX;

	engine_run(worker->engine);
	(void)!write(worker->wake_fd, &ended, sizeof ended);
	return NULL;
}

static void tell_progress(struct worker *worker)
{
	struct engine *engine = worker->engine;
	struct offload_progress progress = {
		.phase = atomic_load(&engine->phase),
		.files_done = atomic_load(&engine->files_done),
		.files_total = atomic_load(&engine->files_total),
		.bytes_done = atomic_load(&engine->bytes_done),
		.bytes_total = atomic_load(&engine->bytes_total),
	};

	/* The figures are read one after the other and a second round reads some bytes again. */
	if (progress.files_done > progress.files_total)
		progress.files_done = progress.files_total;
	if (progress.bytes_done > progress.bytes_total)
		progress.bytes_done = progress.bytes_total;
	if (talk_send(worker->talk, OFFLOAD_PROGRESS, &progress, sizeof progress, NULL, 0) == -EPIPE)
		talk_close(worker->talk);
}

static void cancel(struct worker *worker)
{
	engine_end(worker->engine, OFFLOAD_CANCELLED, 0, "");
}

/* The supervisor is gone or makes no sense: there is nobody to work for. */
static void abandon(struct worker *worker)
{
	cancel(worker);
	talk_close(worker->talk);
}

static void receive(struct worker *worker)
{
	int r = wire_receive(worker->wire_fd, &worker->message);

	if (r > 0 && worker->message.type == OFFLOAD_CANCEL)
		cancel(worker);
	else if (r <= 0 || talk_receive(worker->talk, &worker->message) < 0)
		abandon(worker);
}

/* True when the engine has ended. */
static bool woken(struct worker *worker)
{
	uint64_t value = 0;

	if (read(worker->wake_fd, &value, sizeof value) != (ssize_t)sizeof value)
		return false;
	if (value >= UINT32_MAX)
		return true;
	cancel(worker);
	return false;
}

static void listen(struct worker *worker)
{
	struct pollfd watch[2] = {
		{.fd = worker->wire_fd, .events = POLLIN}, {.fd = worker->wake_fd, .events = POLLIN}};
	uint64_t told = 0, told_steps = 0;

	for (;;) {
		uint64_t now, steps;
		int n = poll(watch, ELEMENTS(watch), PROGRESS_MS);

		if (n > 0 && watch[1].revents && woken(worker))
			return;
		if (n > 0 && watch[0].revents)
			receive(worker);
		if (watch[0].revents & (POLLHUP | POLLERR))
			watch[0].fd = -1;
		now = clock_monotonic_ns();
		steps = atomic_load(&worker->engine->steps);
		/* Silence is how a supervisor learns that the device hangs. */
		if (steps != told_steps && now - told >= PROGRESS_MS * UINT64_C(1000000)) {
			tell_progress(worker);
			told = now;
			told_steps = steps;
		}
	}
}

static int tell_result(struct worker *worker)
{
	const struct engine *engine = worker->engine;
	struct talk_counts counts = talk_counts(worker->talk);
	struct offload_result result = {
		.outcome = engine->ended ? engine->outcome : OFFLOAD_BROKEN,
		.error = engine->error,
		.bytes = engine->missing,
		.objects = counts.objects,
		.failed = counts.failed,
		.findings = counts.findings,
		.linked = engine->linked,
		.set = engine->fresh,
		.manifest = engine->manifest,
	};

	tell_progress(worker);
	return send_result(worker, &result, engine->detail) < 0 ? 1 : 0;
}

static int work(struct worker *worker)
{
	pthread_t thread;
	int r;

	worker->engine->ask = worker->start.ask == 1;
	worker->engine->reserve = worker->start.reserve;
	if (tell_ready(worker) < 0)
		return 1;
	r = pthread_create(&thread, NULL, engine_main, worker);
	if (r != 0)
		return end_early(worker, OFFLOAD_BROKEN, r, "");
	listen(worker);
	(void)pthread_join(thread, NULL);
	return tell_result(worker);
}

/* What the supervisor could not open is a result like everything else that ends this. */
static int open_source(struct worker *worker, char detail[static SOURCE_DETAIL])
{
	int error = (int)worker->start.error;

	if (error == 0)
		return worker->io->open(
			worker->io->data, worker->path, worker->usbfs_fd, &worker->source, detail);
	(void)snprintf(detail, SOURCE_DETAIL, "it cannot be opened: %s", strerror(error));
	return error == ENODEV ? SOURCE_GONE : SOURCE_REFUSED;
}

static int prepare_and_work(struct worker *worker)
{
	char detail[SOURCE_DETAIL] = "";
	int r = receive_start(worker);

	if (r < 0)
		return r == -ECANCELED ? end_early(worker, OFFLOAD_CANCELLED, 0, "") : 1;
	(void)umask(UMASK);
	fault_point("offload-start");
	r = open_source(worker, detail);
	if (r != SOURCE_OPENED)
		return end_early(worker, outcome_of_source(r), r < 0 ? r : 0, detail);
	r = enter_sandbox(worker);
	if (r < 0)
		return end_early(worker, OFFLOAD_NO_RIGHTS, r, "");
	fault_point("offload-sandboxed");
	r = source_connect(worker->source, detail);
	if (r != SOURCE_OPENED)
		return end_early(worker, outcome_of_source(r), r < 0 ? r : 0, detail);
	r = talk_new(worker->wire_fd, &worker->talk);
	if (r >= 0)
		r = engine_new(worker->io, worker->source, worker->talk, worker->vault_fd, &worker->engine);
	return r < 0 ? end_early(worker, OFFLOAD_BROKEN, r, "") : work(worker);
}

int worker_run(int wire_fd, const struct io *io)
{
	struct worker *worker = calloc(1, sizeof *worker);
	int code = 1;

	if (!worker)
		return 1;
	/* One heap for all threads: small allocations only, and the same memory for every card. */
	(void)mallopt(M_ARENA_MAX, 1);
	worker->wire_fd = wire_fd;
	worker->vault_fd = worker->usbfs_fd = -1;
	worker->io = io;
	wire_message_init(&worker->message);
	worker->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (worker->wake_fd >= 0 && listen_to_signals(worker->wake_fd) >= 0)
		code = prepare_and_work(worker);
	wire_message_clear(&worker->message);
	(void)engine_free(worker->engine);
	(void)talk_free(worker->talk);
	(void)source_free(worker->source);
	(void)close_fd(worker->vault_fd);
	(void)close_fd(worker->usbfs_fd);
	(void)close_fd(worker->wake_fd);
	free(worker);
	return code;
}
