/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * Process descriptors by means that an older valgrind knows (3.19 answers pidfd_open() with ENOSYS).
 * Preloaded into the program that is watched, never part of the agent.
 *
 * A descriptor is the read end of a pipe; a thread closes the other end once the process has ended, so that
 * it polls as a real one does. The process is reaped by waitid() alone, as with real ones.
 */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define FD_MAX 1024

struct watched {
	pid_t pid;
	int end; /* of the pipe */
};

static _Atomic pid_t pids[FD_MAX]; /* by descriptor; a number that is used again is written again */

static int (*real_waitid(void))(idtype_t, id_t, siginfo_t *, int)
{
	union {
		void *object;
		int (*function)(idtype_t, id_t, siginfo_t *, int);
	} found = {dlsym(RTLD_NEXT, "waitid")};

	return found.function;
}

static long (*real_syscall(void))(long, ...)
{
	union {
		void *object;
		long (*function)(long, ...);
	} found = {dlsym(RTLD_NEXT, "syscall")};

	return found.function;
}

static void *wait_for_end(void *data)
{
	struct watched *watched = data;
	siginfo_t info;

	while (real_waitid()(P_PID, (id_t)watched->pid, &info, WEXITED | WNOWAIT) < 0 && errno == EINTR)
		;
	close(watched->end);
	free(watched);
	return NULL;
}

static int open_process(pid_t pid)
{
	struct watched *watched = malloc(sizeof *watched);
	pthread_t thread;
	int ends[2];

	if (!watched || pipe2(ends, O_CLOEXEC) < 0)
		abort();
	*watched = (struct watched){.pid = pid, .end = ends[1]};
	if (ends[0] >= FD_MAX || pthread_create(&thread, NULL, wait_for_end, watched) != 0)
		abort();
	pthread_detach(thread);
	pids[ends[0]] = pid;
	return ends[0];
}

long syscall(long number, ...)
{
	long a[6];
	va_list list;

	va_start(list, number);
	for (int i = 0; i < 6; i++)
		a[i] = va_arg(list, long);
	va_end(list);
	if (number == SYS_pidfd_open)
		return open_process((pid_t)a[0]);
	if (number == SYS_pidfd_send_signal)
		return kill(pids[a[0]], (int)a[1]);
	return real_syscall()(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}

int waitid(idtype_t type, id_t id, siginfo_t *info, int options)
{
	if (type == P_PIDFD)
		return real_waitid()(P_PID, (id_t)pids[id], info, options);
	return real_waitid()(type, id, info, options);
}
