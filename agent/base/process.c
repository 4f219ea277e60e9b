/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * Child processes by pidfd. The child reports a failure before exec through a close-on-exec pipe, so that the
 * caller learns "no such program" or "no such user" from process_start() and not from an exit code that a
 * program may also use.
 */

#include "base/process.h"

#include "base/fd.h"
#include "base/wire.h"

#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#define KILLED_MS 20000 /* what hangs in the kernel is given up then */

struct identity {
	bool set;
	uid_t uid;
	gid_t gid;
};

static int find_user(const char *user, struct identity *ret)
{
	struct passwd entry, *found = NULL;
	char buffer[16384];
	int r;

	if (!user)
		return 0;
	r = getpwnam_r(user, &entry, buffer, sizeof buffer, &found);
	if (r != 0)
		return -r;
	if (!found)
		return -ESRCH;
	*ret = (struct identity){.set = true, .uid = found->pw_uid, .gid = found->pw_gid};
	return 0;
}

static int become(const struct identity *identity)
{
	if (!identity->set)
		return 0;
	if (setgroups(0, NULL) < 0 || setresgid(identity->gid, identity->gid, identity->gid) < 0 ||
		setresuid(identity->uid, identity->uid, identity->uid) < 0)
		return -errno;
	return 0;
}

static int place_descriptors(const struct process_options *options, int report_fd)
{
	int keep_from = options->wire_fd >= 0 ? WIRE_FD + 1 : WIRE_FD;

	if (options->output_fd >= 0 && dup2(options->output_fd, STDOUT_FILENO) < 0)
		return -errno;
	if (options->output_fd >= 0 && !options->output_only && dup2(options->output_fd, STDERR_FILENO) < 0)
		return -errno;
	if (options->wire_fd >= 0 && dup2(options->wire_fd, WIRE_FD) < 0)
		return -errno;
	if (dup3(report_fd, keep_from, O_CLOEXEC) < 0)
		return -errno;
	return syscall(SYS_close_range, (unsigned)keep_from + 1, ~0U, 0) < 0 ? -errno : keep_from;
}

static int take_input_away(void)
{
	int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	if (fd == STDIN_FILENO)
		return fcntl(fd, F_SETFD, 0) < 0 ? -errno : 0;
	if (dup2(fd, STDIN_FILENO) < 0)
		return -errno;
	(void)close(fd);
	return 0;
}

/* Before the user changes: what follows may not gain anything back. */
static int set_apart(const struct process_options *options)
{
	if (options->new_session && setsid() < 0)
		return -errno;
	if (options->no_new_privs && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return -errno;
	return options->empty_input ? take_input_away() : 0;
}

static void reset_signals(void)
{
	sigset_t none;

	for (int s = 1; s < NSIG; s++)
		(void)signal(s, SIG_DFL);
	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
}

static int tie_to_parent(const struct process_options *options, pid_t parent)
{
	if (options->outlive_parent)
		return 0;
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0)
		return -errno;
	return getppid() == parent ? 0 : -ESRCH;
}

static int child_prepare(const struct process_options *options, const struct identity *identity, pid_t parent)
{
	struct rlimit memory = {options->memory_max, options->memory_max};
	int r;

	reset_signals();
	if (chdir(options->directory ? options->directory : "/") < 0)
		return -errno;
	if (options->memory_max > 0 && setrlimit(RLIMIT_AS, &memory) < 0)
		return -errno;
	r = set_apart(options);
	if (r >= 0)
		r = become(identity);
	/* The death signal is cleared by a change of credentials, so it is set after it. */
	return r < 0 ? r : tie_to_parent(options, parent);
}

static _noreturn_ void child_run(
	const struct process_options *options, const struct identity *identity, pid_t parent, int report_fd)
{
	static const char *const plain_environment[] = {
		"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LANG=C.UTF-8", NULL};
	const char *const *environment = options->environment ? options->environment : plain_environment;
	int r = place_descriptors(options, report_fd);

	if (r >= 0) {
		report_fd = r;
		r = child_prepare(options, identity, parent);
	}
	if (r >= 0) {
		(void)execve(options->argv[0], (char *const *)(uintptr_t)options->argv,
			(char *const *)(uintptr_t)environment);
		r = -errno;
	}
	(void)fd_write_full(report_fd, &r, sizeof r);
	_exit(127);
}

int process_start(const struct process_options *options, pid_t *ret_pid, int *ret_pidfd)
{
	_cleanup_close_ int read_end = -1, write_end = -1, pidfd = -1;
	struct identity identity = {0};
	int pipe_fds[2], error = 0, r;
	pid_t pid, parent = getpid();

	r = find_user(options->user, &identity);
	if (r < 0)
		return r;
	if (pipe2(pipe_fds, O_CLOEXEC) < 0)
		return -errno;
	read_end = pipe_fds[0];
	/* Above the numbers that the child puts its own descriptors on. */
	write_end = fd_move_above(pipe_fds[1], WIRE_FD + 2);
	if (write_end < 0)
		return write_end;
	pid = fork();
	if (pid < 0)
		return -errno;
	if (pid == 0)
		child_run(options, &identity, parent, write_end);
	write_end = close_fd(write_end);
	pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	if (pidfd < 0) {
		r = -errno;
		(void)kill(pid, SIGKILL);
		(void)waitpid(pid, NULL, 0);
		return r;
	}
	if (fd_read_full(read_end, &error, sizeof error) == (ssize_t)sizeof error) {
		(void)waitpid(pid, NULL, 0);
		return error < 0 ? error : -EPROTO;
	}
	*ret_pid = pid;
	*ret_pidfd = TAKE_FD(pidfd);
	return 0;
}

int process_wait(int pidfd, int *ret_status)
{
	siginfo_t info = {0};

	while (waitid(P_PIDFD, (id_t)pidfd, &info, WEXITED) < 0)
		if (errno != EINTR)
			return -errno;
	*ret_status = info.si_code == CLD_EXITED ? info.si_status : 256 + info.si_status;
	return 0;
}

int process_wait_for(int pidfd, int timeout_ms, int *ret_status)
{
	struct pollfd watch = {.fd = pidfd, .events = POLLIN};
	int n;

	do
		n = poll(&watch, 1, timeout_ms);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	return n == 0 ? -ETIMEDOUT : process_wait(pidfd, ret_status);
}

int process_signal(int pidfd, int signal_number)
{
	if (syscall(SYS_pidfd_send_signal, pidfd, signal_number, NULL, 0) < 0)
		return errno == ESRCH ? 0 : -errno;
	return 0;
}

int process_start_worker(int *ret_wire_fd, int *ret_pidfd)
{
	static const char *const argv[] = {"/proc/self/exe", "--worker", NULL};
	struct process_options options = {.argv = argv, .output_fd = -1};
	_cleanup_close_ int ours = -1, theirs = -1;
	int fds[2], r = wire_pair(fds);
	pid_t pid;

	if (r < 0)
		return r;
	ours = fds[0];
	options.wire_fd = theirs = fds[1];
#if defined(OUTING_FAULTS) || defined(OUTING_SANITIZED)
	options.environment = (const char *const *)environ;
#endif
	r = process_start(&options, &pid, ret_pidfd);
	if (r >= 0)
		*ret_wire_fd = TAKE_FD(ours);
	return r;
}

int process_end(int pidfd, int grace_ms)
{
	int status = -1;

	if (pidfd < 0)
		return -1;
	if (grace_ms > 0 && process_wait_for(pidfd, grace_ms, &status) >= 0)
		return status;
	/* Whoever has become another user may not, and does not wait for what nobody ends. */
	if (process_signal(pidfd, SIGKILL) < 0)
		return -1;
	return process_wait_for(pidfd, KILLED_MS, &status) < 0 ? -1 : status;
}

int process_stop_signals(void)
{
	sigset_t set;
	int fd;

	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGINT);
	(void)sigaddset(&set, SIGTERM);
	(void)sigaddset(&set, SIGHUP);
	if (sigprocmask(SIG_BLOCK, &set, NULL) < 0)
		return -errno;
	fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return fd < 0 ? -errno : fd;
}

bool process_stop_asked(int signal_fd)
{
	struct signalfd_siginfo info;

	return read(signal_fd, &info, sizeof info) == (ssize_t)sizeof info;
}
