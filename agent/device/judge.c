/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * Fork, lock in, judge, answer through a pipe.
 *
 * This runs inside udevd's own system call filter, which denies seccomp(2) and the Landlock calls; prctl(2)
 * is allowed, so the filter here is installed that way. That is why base/sandbox.h, which needs the others,
 * is used for capabilities only. The child opens nothing, so no file system rule is missed.
 */

#include "device/judge.h"

#include "base/bpf.h"
#include "base/clock.h"
#include "base/fd.h"
#include "base/sandbox.h"
#include "device/blockdev.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>

#define MEMORY_MAX      (256ULL * 1024 * 1024)
#define CPU_SECONDS_MAX 5

static int only_reading(void)
{
	const struct sock_filter program[] = {
		BPF_BEGIN,
		BPF_ALLOW(pread64),
		BPF_ALLOW(write),
		BPF_ALLOW(exit_group),
		BPF_ALLOW(brk),
		BPF_ALLOW(mmap),
		BPF_ALLOW(munmap),
		BPF_ALLOW(mremap),
		BPF_ALLOW(madvise),
		BPF_ALLOW(futex),
		BPF_ALLOW(getrandom),
		BPF_ALLOW(clock_gettime),
		BPF_ALLOW(rt_sigreturn),
		BPF_ALLOW(restart_syscall),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
	};

	return bpf_install(program, ELEMENTS(program));
}

static int lock_in(void)
{
	int r = sandbox_limits(MEMORY_MAX, CPU_SECONDS_MAX);

	if (r == 0)
		r = sandbox_become(NULL);
	return r == 0 ? only_reading() : r;
}

static int read_disk(void *data, uint64_t offset, void *buffer, size_t size)
{
	ssize_t n = fd_pread_full(*(const int *)data, buffer, size, offset);

	if (n < 0)
		return (int)n;
	return (size_t)n == size ? 0 : -EIO;
}

/* Parts are the volumes that are partitions, in their order. */
bool judge_partition_is_locked(const struct device_facts *facts, const struct medium *medium, unsigned number)
{
	size_t part = 0;

	for (size_t i = 0; i < facts->volumes; i++) {
		if (facts->volume[i].number == 0)
			continue;
		if (facts->volume[i].number == number)
			return (medium->locked >> part & 1) != 0;
		part++;
	}
	return false;
}

static void describe(int *fd, const struct device_facts *facts, struct medium_source *source)
{
	source->read = read_disk;
	source->data = fd;
	source->size = facts->size;
	if (blockdev_sector_size(*fd, &source->sector) < 0)
		source->sector = 512;
	source->more_parts = facts->more_volumes;
	for (size_t i = 0; i < facts->volumes; i++)
		if (facts->volume[i].number != 0)
			source->part[source->parts++] =
				(struct medium_part){facts->volume[i].start, facts->volume[i].size};
}

_noreturn_ static void child(int fd, const struct device_facts *facts, int answer)
{
	struct medium_source source = {0};
	struct medium medium = {0};

	describe(&fd, facts, &source);
	if (lock_in() < 0 || medium_judge(&source, &medium) < 0)
		_exit(1);
	_exit(fd_write_full(answer, &medium, sizeof(medium)) < 0);
}

/* What came from the child is as trustworthy as the medium. */
static bool answer_is_sane(const struct medium *medium)
{
	return memchr(medium->table_id, '\0', sizeof(medium->table_id)) &&
	       memchr(medium->serial, '\0', sizeof(medium->serial)) &&
	       (medium->verdict == MEDIUM_UNKNOWN || medium->verdict == MEDIUM_PLAIN ||
		       medium->verdict == MEDIUM_ENCRYPTED);
}

int judge_disk(int fd, const struct device_facts *facts, int timeout_ms, struct medium *ret_medium)
{
	uint64_t deadline = clock_monotonic_ns() + (uint64_t)timeout_ms * 1000000;
	_cleanup_close_ int ours = -1, theirs = -1;
	struct medium medium = {0};
	int ends[2], r;
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return -errno;
	ours = ends[0];
	theirs = ends[1];
	pid = fork();
	if (pid < 0)
		return -errno;
	if (pid == 0)
		child(fd, facts, theirs);
	theirs = close_fd(theirs);
	r = fd_read_before(ours, &medium, sizeof medium, deadline);
	/* A child that hangs in the driver cannot be waited for; it has no rights and ends with its read. */
	(void)kill(pid, SIGKILL);
	(void)waitpid(pid, NULL, r == -ETIMEDOUT ? WNOHANG : 0);
	if (r < 0)
		return r;
	if (!answer_is_sane(&medium))
		return -EBADMSG;
	*ret_medium = medium;
	return 0;
}
