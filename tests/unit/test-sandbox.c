/* SPDX-License-Identifier: GPL-3.0-or-later */

/* The sandbox, seen from inside: each case enters it in a child of its own and tries what must not work any
 * more. */

#include "base/sandbox.h"

#include "base/fd.h"

#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <cmocka.h>

/* Exit code of the child, or 256 + signal. */
static int in_child(int (*body)(void))
{
	int status;
	pid_t pid = fork();

	if (pid == 0)
		_exit(body());
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 256 + WTERMSIG(status);
}

static int become_nobody(void)
{
	if (sandbox_become("nobody") < 0)
		return 1;
	if (getuid() == 0 || geteuid() == 0)
		return 2;
	if (setuid(0) == 0 || setgid(0) == 0)
		return 3;
	if (open("/etc/shadow", O_RDONLY) >= 0)
		return 4;
	return 0;
}

static int become_unknown(void)
{
	return sandbox_become("no-such-user-here") == -ESRCH ? 0 : 1;
}

static void users_are_left_for_good(void **state)
{
	if (getuid() != 0) {
		print_message("skipped: needs root\n");
		skip();
	}
	assert_int_equal(in_child(become_nobody), 0);
	assert_int_equal(in_child(become_unknown), 0);
}

static int only_below_directory(void)
{
	_cleanup_close_ int directory = open("/tmp", O_PATH | O_DIRECTORY | O_CLOEXEC);
	const struct sandbox_path paths[] = {{directory, SANDBOX_READ}};
	int r;

	if (sandbox_become(NULL) < 0)
		return 1;
	r = sandbox_landlock(paths, 1);
	if (r == SANDBOX_NO_LANDLOCK)
		return 77;
	if (r < 0)
		return 2;
	if (open("/etc/passwd", O_RDONLY) >= 0)
		return 3;
	if (openat(directory, ".", O_RDONLY | O_DIRECTORY) < 0)
		return 4;
	return openat(directory, "outing-not-written", O_WRONLY | O_CREAT, 0600) >= 0 ? 5 : 0;
}

static void landlock_keeps_to_its_paths(void **state)
{
	int code = in_child(only_below_directory);

	if (code == 77) {
		print_message("skipped: this kernel has no Landlock\n");
		skip();
	}
	assert_int_equal(code, 0);
}

static int allowed_and_forbidden(void)
{
	static const char *const list[] = {"pread64"};
	static const uint32_t ioctls[] = {0x1234};
	char byte;
	int fd = open("/dev/zero", O_RDONLY | O_CLOEXEC);

	if (sandbox_become(NULL) < 0 || sandbox_seccomp(list, 1, ioctls, 1) < 0)
		return 1;
	if (fd_pread_full(fd, &byte, 1, 0) != 1)
		return 2;
	(void)mkdir("/tmp/outing-never-made", 0700);
	return 3;
}

static int unknown_name(void)
{
	static const char *const list[] = {"no_such_call"};

	return sandbox_seccomp(list, 1, NULL, 0) == -EINVAL ? 0 : 1;
}

static void seccomp_ends_what_was_not_listed(void **state)
{
#ifdef OUTING_SANITIZED
	print_message("skipped: sanitizers need more system calls\n");
	skip();
#endif
	assert_int_equal(in_child(allowed_and_forbidden), 256 + SIGSYS);
	assert_int_equal(in_child(unknown_name), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(users_are_left_for_good),
		cmocka_unit_test(landlock_keeps_to_its_paths),
		cmocka_unit_test(seccomp_ends_what_was_not_listed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
