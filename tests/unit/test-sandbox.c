/* SPDX-License-Identifier: GPL-3.0-or-later */

/* The sandbox, seen from inside: each case enters it in a child of its own and tries what must not work any
 * more. */

#include "base/sandbox.h"

#include "base/fd.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/prctl.h>
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

/* The administrator's rights but those kept are gone, and stay gone for what is started from here. */
static int keep_one(void)
{
	static const unsigned kept[] = {CAP_SYS_ADMIN};

	if (sandbox_keep(kept, ELEMENTS(kept)) < 0)
		return 1;
	if (getuid() != 0 || setuid(1) == 0)
		return 2;
	return prctl(PR_CAPBSET_READ, CAP_SETUID, 0, 0, 0) == 0 &&
			       prctl(PR_CAPBSET_READ, CAP_SYS_ADMIN, 0, 0, 0) == 1 &&
			       prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1
		       ? 0
		       : 4;
}

static void only_what_is_kept_is_left(void **state)
{
	if (getuid() != 0 || prctl(PR_CAPBSET_READ, CAP_SYS_ADMIN, 0, 0, 0) != 1) {
		print_message("skipped: needs root\n");
		skip();
	}
#ifdef __SANITIZE_THREAD__
	print_message("skipped: the sanitizer's own thread keeps its rights\n");
	skip();
#endif
	assert_int_equal(in_child(keep_one), 0);
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

static int enter(const struct sandbox_calls *calls)
{
	_cleanup_(sandbox_filter_freep) struct sandbox_filter *filter = NULL;
	int r = sandbox_filter_new(calls, &filter);

	if (r >= 0)
		r = sandbox_become(NULL);
	return r < 0 ? r : sandbox_filter_enter(filter);
}

static const char *const refused[] = {"openat", "kill"}, *const listed[] = {"openat", "getuid"};
static const struct sandbox_calls some_refused = {.allowed = listed,
	.allowed_count = ELEMENTS(listed),
	.refused = refused,
	.refused_count = ELEMENTS(refused)};

/* In the confined child: both the listed and the common call fail and end nobody. */
static int refused_calls_fail(void)
{
	(void)getuid();
	if (open("/etc/passwd", O_RDONLY) >= 0 || errno != EACCES)
		return 2;
	return kill(getpid(), SIGKILL) == -1 && errno == EACCES ? 0 : 3;
}

static int restricted_at_once(void)
{
	return sandbox_become(NULL) < 0 || sandbox_restrict(&some_refused) < 0 ? 1 : refused_calls_fail();
}

static int restricted_by_a_filter(void)
{
	return enter(&some_refused) < 0 ? 1 : refused_calls_fail();
}

static int not_listed_in_a_filter(void)
{
	const struct sandbox_calls calls = {.allowed = &listed[1], .allowed_count = 1};

	if (enter(&calls) < 0)
		return 1;
	(void)mkdir("/tmp/outing-never-made", 0700);
	return 2;
}

static int enter_less(void)
{
	static const char *const all[] = {"getuid", "getppid", "prctl"};
	static const char *const killed[] = {"getppid"}, *const answered[] = {"kill"};
	const struct sandbox_calls calls = {.allowed = all, .allowed_count = ELEMENTS(all)};
	_cleanup_(sandbox_filter_freep) struct sandbox_filter *filter = NULL;
	int r = sandbox_filter_less(killed, ELEMENTS(killed), answered, ELEMENTS(answered), &filter);

	if (r >= 0)
		r = enter(&calls);
	return r < 0 ? r : sandbox_filter_enter(filter);
}

static int less_is_left_of_a_filter(void)
{
	if (enter_less() < 0)
		return 1;
	(void)getuid();
	return kill(getpid(), SIGKILL) == -1 && errno == EACCES ? 0 : 2;
}

static int taken_away_from_a_filter(void)
{
	if (enter_less() < 0)
		return 1;
	(void)getppid();
	return 2;
}

static int never_in_a_filter(void)
{
	if (enter_less() < 0)
		return 1;
	(void)mkdir("/tmp/outing-never-made", 0700);
	return 2;
}

static void some_calls_are_refused(void **state)
{
	static const char *const unknown[] = {"no_such_call"};
	const struct sandbox_calls allow = {.allowed = unknown, .allowed_count = 1};
	const struct sandbox_calls refuse = {.refused = unknown, .refused_count = 1};
	struct sandbox_filter *filter = NULL;

	assert_int_equal(in_child(restricted_at_once), 0);
	assert_int_equal(in_child(restricted_by_a_filter), 0);
	assert_int_equal(sandbox_filter_new(&allow, &filter), -EINVAL);
	assert_int_equal(sandbox_filter_new(&refuse, &filter), -EINVAL);
#ifndef OUTING_SANITIZED
	assert_int_equal(in_child(not_listed_in_a_filter), 256 + SIGSYS);
#else
	(void)not_listed_in_a_filter;
#endif
}

static void a_filter_is_made_stricter(void **state)
{
	static const char *const unknown[] = {"no_such_call"};
	struct sandbox_filter *filter = NULL;

	assert_int_equal(sandbox_filter_less(unknown, 1, NULL, 0, &filter), -EINVAL);
#ifndef OUTING_SANITIZED
	assert_int_equal(sandbox_filter_less(NULL, 0, unknown, 1, &filter), -EINVAL);
	assert_int_equal(in_child(less_is_left_of_a_filter), 0);
	assert_int_equal(in_child(taken_away_from_a_filter), 256 + SIGSYS);
	assert_int_equal(in_child(never_in_a_filter), 256 + SIGSYS);
#else
	(void)less_is_left_of_a_filter;
	(void)taken_away_from_a_filter;
	(void)never_in_a_filter;
#endif
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(users_are_left_for_good),
		cmocka_unit_test(only_what_is_kept_is_left),
		cmocka_unit_test(landlock_keeps_to_its_paths),
		cmocka_unit_test(seccomp_ends_what_was_not_listed),
		cmocka_unit_test(some_calls_are_refused),
		cmocka_unit_test(a_filter_is_made_stricter),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
