/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * Fork, lock in, work, answer through a pipe. The filter answers "not permitted" to what is not listed
 * instead of ending the process: libblkid asks drives for properties that it can do without, and other
 * versions of it ask for others.
 */

#include "encryption/content-cell.h"

#include "base/bpf.h"
#include "base/clock.h"
#include "base/fd.h"
#include "base/sandbox.h"

#include <fcntl.h>
#include <linux/blkzoned.h>
#include <linux/fs.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>

#define OUTCOME         16 /* bytes before the answer, which must be aligned for any type */
#define AT_ONCE         24
#define MEMORY_MAX      (512ULL << 20)
#define CPU_SECONDS_MAX 10

#ifdef OUTING_SANITIZED
#define SANITIZER BPF_ALLOW(sigaltstack),
#else
#define SANITIZER
#endif
#define HEAD                                                                                              \
	BPF_BEGIN, SANITIZER BPF_ALLOW(read), BPF_ALLOW(pread64), BPF_ALLOW(lseek), BPF_ALLOW(fadvise64), \
		BPF_ALLOW(write), BPF_ALLOW(close), BPF_ALLOW(fstat), BPF_ALLOW(newfstatat),              \
		BPF_ALLOW(exit_group), BPF_ALLOW(brk), BPF_ALLOW(mmap), BPF_ALLOW(munmap),                \
		BPF_ALLOW(mremap), BPF_ALLOW(mprotect), BPF_ALLOW(madvise), BPF_ALLOW(futex),             \
		BPF_ALLOW(getrandom), BPF_ALLOW(clock_gettime), BPF_ALLOW(rt_sigreturn),                  \
		BPF_ALLOW(rt_sigprocmask), BPF_ALLOW(restart_syscall)
/* The size of a device, of its sectors and of its zones may be asked for. */
#define TAIL                                                                                               \
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_ioctl, 1, 0),                                             \
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),                                      \
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[1])),                \
		BPF_ALLOW_NUMBER(BLKGETSIZE64), BPF_ALLOW_NUMBER(BLKSSZGET), BPF_ALLOW_NUMBER(BLKPBSZGET), \
		BPF_ALLOW_NUMBER(BLKGETZONESZ), BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM)

static int filter(enum cell_lock lock)
{
	const struct sock_filter reads[] = {HEAD, TAIL};
	const struct sock_filter files[] = {HEAD, BPF_ALLOW(openat), BPF_ALLOW(getdents64), BPF_ALLOW(fcntl),
		BPF_ALLOW(statx), BPF_ALLOW(fstatfs), TAIL};

	switch (lock) {
	case CELL_READS:
		return bpf_install(reads, ELEMENTS(reads));
	case CELL_FILES:
		return bpf_install(files, ELEMENTS(files));
	}
	return -EINVAL;
}

static int limits(void)
{
	const struct rlimit nothing = {0, 0};

	if (setrlimit(RLIMIT_FSIZE, &nothing) < 0)
		return -errno;
	return sandbox_limits(MEMORY_MAX, CPU_SECONDS_MAX);
}

static int enter(int dirfd)
{
	struct sandbox_path path = {.fd = dirfd, .access = SANDBOX_READ};
	int r;

	if (fchdir(dirfd) < 0 || chroot(".") < 0)
		return -errno;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return -errno;
	r = sandbox_landlock(&path, 1);
	return r < 0 ? r : 0; /* SANDBOX_NO_LANDLOCK: the new root holds it all the same */
}

int cell_lock_in(enum cell_lock lock, int dirfd)
{
	int r = limits();

	if (r == 0 && lock == CELL_FILES)
		r = enter(dirfd);
	if (r == 0)
		r = sandbox_become(NULL);
	return r == 0 ? filter(lock) : r;
}

/* --- the parent's side --- */

struct running {
	struct cell *cell;
	pid_t pid;
	int fd; /* -1: not running */
	size_t got;
	uint8_t *buffer;
};

static _noreturn_ void child(const struct cell *cell, int answer)
{
	_cleanup_free_ uint8_t *buffer = calloc(1, OUTCOME + cell->size);
	int r;

	if (!buffer || prctl(PR_SET_PDEATHSIG, SIGKILL) < 0)
		_exit(1);
	r = cell->run(cell->input, buffer + OUTCOME);
	memcpy(buffer, &r, sizeof r);
	_exit(fd_write_full(answer, buffer, OUTCOME + cell->size) < 0);
}

static int start(struct running *running, struct cell *cell)
{
	_cleanup_free_ uint8_t *buffer = calloc(1, OUTCOME + cell->size);
	int ends[2];
	pid_t pid;

	if (!buffer)
		return -ENOMEM;
	if (pipe2(ends, O_CLOEXEC) < 0)
		return -errno;
	pid = fork();
	if (pid == 0)
		child(cell, ends[1]);
	(void)close_fd(ends[1]);
	if (pid < 0) {
		(void)close_fd(ends[0]);
		return -errno;
	}
	*running = (struct running){.cell = cell, .pid = pid, .fd = ends[0], .buffer = TAKE_PTR(buffer)};
	return 0;
}

/* A child that hangs in a driver cannot be waited for; it has no rights and ends with its read. */
static void end(struct running *running, int result)
{
	(void)kill(running->pid, SIGKILL);
	(void)waitpid(running->pid, NULL, result == -ETIMEDOUT ? WNOHANG : 0);
	running->fd = close_fd(running->fd);
	running->cell->result = result;
	if (result == 0) {
		memcpy(&running->cell->result, running->buffer, sizeof(int));
		memcpy(running->cell->answer, running->buffer + OUTCOME, running->cell->size);
	}
	free(running->buffer);
	*running = (struct running){.fd = -1};
}

static void receive(struct running *running)
{
	size_t whole = OUTCOME + running->cell->size;
	ssize_t n = read(running->fd, running->buffer + running->got, whole - running->got);

	if (n < 0 && errno == EINTR)
		return;
	if (n <= 0) {
		end(running, -EIO);
		return;
	}
	running->got += (size_t)n;
	if (running->got == whole)
		end(running, 0);
}

static void wait_for_some(struct running *running, uint64_t deadline)
{
	struct pollfd watch[AT_ONCE];
	uint64_t now = clock_monotonic_ns();
	int wait = now >= deadline ? 0 : (int)((deadline - now) / 1000000) + 1;

	for (size_t i = 0; i < AT_ONCE; i++)
		watch[i] = (struct pollfd){.fd = running[i].fd, .events = POLLIN};
	if (poll(watch, AT_ONCE, wait) < 0)
		return;
	for (size_t i = 0; i < AT_ONCE; i++)
		if (running[i].fd >= 0 && watch[i].revents)
			receive(&running[i]);
}

static bool fill(struct running *running, struct cell *cells, size_t count, size_t *next)
{
	bool any = false;

	for (size_t i = 0; i < AT_ONCE; i++) {
		while (running[i].fd < 0 && *next < count) {
			struct cell *cell = &cells[(*next)++];

			cell->result = start(&running[i], cell);
		}
		any = any || running[i].fd >= 0;
	}
	return any;
}

void cell_run(struct cell *cells, size_t count, int timeout_ms)
{
	uint64_t deadline = clock_monotonic_ns() + (uint64_t)timeout_ms * 1000000;
	struct running running[AT_ONCE];
	size_t next = 0;

	for (size_t i = 0; i < AT_ONCE; i++)
		running[i] = (struct running){.fd = -1};
	while (fill(running, cells, count, &next)) {
		wait_for_some(running, deadline);
		if (clock_monotonic_ns() < deadline)
			continue;
		for (size_t i = 0; i < AT_ONCE; i++)
			if (running[i].fd >= 0)
				end(&running[i], -ETIMEDOUT);
		for (; next < count; next++)
			cells[next].result = -ETIMEDOUT;
	}
}
