/* SPDX-License-Identifier: GPL-3.0-or-later */

/* The process that tries. See keys-try.h. */

#include "encryption/keys-try.h"

#include "base/fd.h"
#include "base/process.h"
#include "base/sandbox.h"
#include "encryption/luks.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#define MEMORY_MAX (5ULL << 30) /* what LUKS2 allows Argon2, and some */
#define KEY_MAX    (1024 * 1024 - 1)

enum answer { ANSWER_OPENS, ANSWER_NOT, ANSWER_HEADER, ANSWER_MEMORY, ANSWER_ERROR };

void keys_try_prepare(void)
{
	luks_prepare();
}

static int lock_in(unsigned seconds)
{
	int r;

	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0)
		return -errno;
	r = sandbox_limits(MEMORY_MAX, seconds * 8);
	if (r == 0)
		r = sandbox_become(NULL);
	return r < 0 ? r : sandbox_landlock(NULL, 0);
}

static enum answer try_here(int copy, unsigned slot, int key_fd)
{
	_cleanup_(secret_freep) struct secret *key = NULL;
	int r = secret_read(key_fd, KEY_MAX, &key);

	if (r < 0 && r != -ENODATA)
		return ANSWER_ERROR;
	r = luks_try_slot(copy, slot, key);
	if (r == LUKS_OK)
		return ANSWER_OPENS;
	if (r == LUKS_WRONG_KEY)
		return ANSWER_NOT;
	if (r == -EBADMSG)
		return ANSWER_HEADER;
	return r == -ENOMEM ? ANSWER_MEMORY : ANSWER_ERROR;
}

static void hand_over(int fd, const struct secret *key)
{
	for (size_t done = 0; key && done < key->size;) {
		ssize_t n = send(fd, key->bytes + done, key->size - done, MSG_NOSIGNAL);

		if (n < 0 && errno != EINTR)
			return; /* the process has ended; its status says why */
		if (n > 0)
			done += (size_t)n;
	}
}

static int wait_for(pid_t pid, unsigned seconds)
{
	_cleanup_close_ int pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	int status = -1, r = pidfd < 0 ? -errno : process_wait_for(pidfd, (int)seconds * 1000, &status);

	if (r < 0) {
		(void)kill(pid, SIGKILL);
		(void)waitpid(pid, NULL, 0);
		return r;
	}
	switch (status) {
	case ANSWER_OPENS:
		return KEYS_TRY_OPENS;
	case ANSWER_NOT:
		return KEYS_TRY_NOT;
	case ANSWER_HEADER:
		return -EBADMSG;
	case ANSWER_MEMORY:
		return -ENOMEM;
	case 256 + SIGXCPU:
		return -ETIMEDOUT;
	default:
		return -EIO;
	}
}

int keys_try(int copy, unsigned slot, const struct secret *key, unsigned seconds)
{
	_cleanup_close_ int ours = -1, theirs = -1;
	int ends[2];
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0)
		return -errno;
	ours = ends[0];
	theirs = ends[1];
	pid = fork();
	if (pid < 0)
		return -errno;
	if (pid == 0) {
		(void)close(ours);
		_exit(lock_in(seconds) < 0 ? (int)ANSWER_ERROR : (int)try_here(copy, slot, theirs));
	}
	theirs = close_fd(theirs);
	hand_over(ours, key);
	ours = close_fd(ours);
	return wait_for(pid, seconds);
}
