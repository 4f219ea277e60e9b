/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Hooks: which files are run, with what, as whom, for how long, and that none of it can do harm. */

#include "folder.h"

#include "job/hooks.h"

#include "base/fd.h"
#include "base/log.h"
#include "job/hook-files.h"

#include <fcntl.h>
#include <poll.h>
#include <pwd.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <cmocka.h>

#define EVENT "offload-done"

struct world {
	char directory[40]; /* hooks.d */
	char folder[64];    /* hooks.d/EVENT */
	char notes[40];     /* where hooks may write */
	struct hooks_options options;
	struct hooks_event event;
	struct hooks_report report;
};

static int set_up(void **state)
{
	struct world *w = calloc(1, sizeof *w);

	assert_non_null(w);
	(void)strcpy(w->directory, "/tmp/hooks-XXXXXX");
	assert_non_null(mkdtemp(w->directory));
	(void)strcpy(w->notes, "/tmp/notes-XXXXXX");
	assert_non_null(mkdtemp(w->notes));
	assert_int_equal(chmod(w->directory, 0755), 0);
	assert_int_equal(chmod(w->notes, 0777), 0);
	(void)snprintf(w->folder, sizeof w->folder, "%s/" EVENT, w->directory);
	assert_int_equal(mkdir(w->folder, 0755), 0);
	w->options = (struct hooks_options){
		.directory = w->directory, .user = geteuid() == 0 ? "nobody" : NULL, .timeout_seconds = 20};
	w->event = (struct hooks_event){.event = EVENT};
	log_set_level(LOG_LEVEL_ERROR);
	*state = w;
	return 0;
}

static int tear_down(void **state)
{
	struct world *w = *state;

	assert_int_equal(folder_remove(w->folder), 0);
	assert_int_equal(folder_remove(w->directory), 0);
	assert_int_equal(folder_remove(w->notes), 0);
	free(w);
	return 0;
}

static void hook(const struct world *w, const char *name, mode_t mode, const char *body)
{
	_cleanup_free_ char *text = NULL;
	char path[128];
	int fd, n;

	n = asprintf(&text, "#!/bin/sh\ncd %s || exit 9\n%s\n", w->notes, body);
	assert_true(n > 0);
	(void)snprintf(path, sizeof path, "%s/%s", w->folder, name);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0700);
	assert_true(fd >= 0);
	assert_int_equal(fd_write_full(fd, text, (size_t)n), 0);
	assert_int_equal(fchmod(fd, mode), 0);
	(void)close(fd);
}

static char *note_sized(const struct world *w, const char *name, size_t *ret_size)
{
	char path[128], *data = NULL;

	(void)snprintf(path, sizeof path, "%s/%s", w->notes, name);
	if (fd_read_file_at(AT_FDCWD, path, 1 << 20, &data, ret_size) < 0)
		return strdup("(no such note)");
	return data;
}

static void assert_note(const struct world *w, const char *name, const char *expected)
{
	_cleanup_free_ char *text = note_sized(w, name, NULL);

	assert_string_equal(text, expected);
}

static void run(struct world *w)
{
	assert_int_equal(hooks_run_all(&w->options, &w->event, &w->report), 0);
}

static void hooks_run_in_order_of_name(void **state)
{
	struct world *w = *state;

	hook(w, "20-second", 0755, "echo second >>order");
	hook(w, "10-first", 0755, "echo first >>order");
	hook(w, "90_last", 0755, "echo last >>order");
	run(w);
	assert_note(w, "order", "first\nsecond\nlast\n");
	assert_int_equal(w->report.ran, 3);
	assert_int_equal(w->report.failed, 0);
}

static void no_folder_is_no_hooks(void **state)
{
	struct world *w = *state;

	w->event.event = "clear-done";
	run(w);
	assert_int_equal(w->report.ran, 0);
	w->options.directory = "/tmp/there-is-no-such-folder-here";
	run(w);
	w->event.event = "../offload-done";
	assert_int_equal(hooks_run_all(&w->options, &w->event, NULL), -EINVAL);
}

static void the_environment_is_exactly_what_is_documented(void **state)
{
	static const char expected[] =
		"PATH=/usr/sbin:/usr/bin:/sbin:/bin\nLANG=C.UTF-8\nHOME=/\nOUTING_EVENT=offload-done\n"
		"OUTING_TIME=2026-11-22T09:30:00Z\nOUTING_DEVICE=Blue Room "
		"camera?$(reboot)\nOUTING_ROLE=camera\n"
		"OUTING_ROOM=Blue "
		"Room\nOUTING_SESSION=1f\nOUTING_REASON=because\nOUTING_JOB=7\nOUTING_FILES=0\n"
		"OUTING_BYTES=12345678901\nOUTING_REFUSALS=3\nOUTING_CERTIFICATE={\"method\":\"clear\"}\n";
	struct world *w = *state;
	_cleanup_free_ char *text = NULL;
	size_t size = 0;

	w->event = (struct hooks_event){.event = EVENT,
		.device = "Blue Room camera\n$(reboot)",
		.role = "camera",
		.room = "Blue Room",
		.session = "1f",
		.reason = "because",
		.time = "2026-11-22T09:30:00Z",
		.job = 7,
		.has_counts = true,
		.bytes = 12345678901,
		.has_refusals = true,
		.refusals = 3,
		.certificate = "{\"method\":\"clear\"}"};
	(void)setenv("OUTING_SECRET", "must not be seen", 1);
	hook(w, "env", 0755, "cat /proc/$$/environ >env");
	run(w);
	text = note_sized(w, "env", &size);
	for (size_t i = 0; i < size; i++)
		if (text[i] == 0)
			text[i] = '\n';
	assert_string_equal(text, expected);
}

static void what_is_not_known_is_left_out(void **state)
{
	struct world *w = *state;
	_cleanup_free_ char *text = NULL;
	size_t size = 0;

	hook(w, "env", 0755, "cat /proc/$$/environ >env");
	run(w);
	text = note_sized(w, "env", &size);
	assert_null(memmem(text, size, "OUTING_FILES", 12));
	assert_null(memmem(text, size, "OUTING_DEVICE", 13));
	assert_non_null(memmem(text, size, "OUTING_TIME=20", 14));
}

static void a_hook_has_no_rights_and_nothing_of_ours(void **state)
{
	struct world *w = *state;
	const struct passwd *nobody = getpwnam("nobody");
	char expected[64];
	int kept = open("/dev/null", O_RDONLY); /* not close-on-exec, on purpose */

	assert_true(kept > 2);
	hook(w, "rights", 0755,
		"id -u >uid; id -G >groups; grep -E '^NoNewPrivs' /proc/$$/status | tr -dc 0-9 >nnp\n"
		"cd /proc/$$/fd; set -- *; cd - >/dev/null; echo $* >fds; cat >stdin; cut -d' ' -f6 "
		"/proc/$$/stat >sid; echo $$ "
		">pid");
	run(w);
	assert_int_equal(w->report.failed, 0);
	(void)snprintf(expected, sizeof expected, "%u\n", geteuid() == 0 ? nobody->pw_uid : geteuid());
	assert_note(w, "uid", expected);
	if (geteuid() == 0) {
		(void)snprintf(expected, sizeof expected, "%u\n", nobody->pw_gid);
		assert_note(w, "groups", expected);
	}
	assert_note(w, "nnp", "1");
	/* 10 is the shell's own copy of its script, 3 what it reads the folder with. */
	assert_note(w, "fds", "0 1 10 2 3\n");
	assert_note(w, "stdin", "");
	{
		_cleanup_free_ char *pid = note_sized(w, "pid", NULL);

		assert_note(w, "sid", pid);
	}
	(void)close(kept);
}

static void hooks_never_run_as_root(void **state)
{
	struct world *w = *state;

	hook(w, "x", 0755, "echo ran >ran");
	w->options.user = "root";
	assert_int_equal(hooks_run_all(&w->options, &w->event, NULL), -EPERM);
	w->options.user = "nobody-of-that-name";
	assert_int_equal(hooks_run_all(&w->options, &w->event, NULL), -EPERM);
	if (geteuid() == 0) {
		w->options.user = NULL;
		assert_int_equal(hooks_run_all(&w->options, &w->event, NULL), -EPERM);
	}
	assert_note(w, "ran", "(no such note)");
}

static void what_others_may_write_is_refused(void **state)
{
	struct world *w = *state;
	char path[128];

	hook(w, "group", 0775, "echo ran >ran");
	hook(w, "others", 0757, "echo ran >ran");
	(void)snprintf(path, sizeof path, "%s/link", w->folder);
	assert_int_equal(symlink("/bin/true", path), 0);
	hook(w, "not-executable", 0644, "echo ran >ran");
	hook(w, "README.md", 0755, "echo ran >ran");
	hook(w, "good", 0755, "echo good >good");
	run(w);
	assert_note(w, "ran", "(no such note)");
	assert_note(w, "good", "good\n");
	assert_int_equal(w->report.refused, 3);
	assert_int_equal(w->report.ran, 1);
	assert_int_equal(chmod(w->folder, 0777), 0);
	assert_int_equal(hooks_run_all(&w->options, &w->event, NULL), -EPERM);
	assert_int_equal(chmod(w->folder, 0755), 0);
	assert_int_equal(chmod(w->directory, 0775), 0);
	assert_int_equal(hooks_run_all(&w->options, &w->event, NULL), -EPERM);
}

static void another_users_file_is_refused(void **state)
{
	struct world *w = *state;
	const struct passwd *nobody = getpwnam("nobody");
	char path[128];

	if (geteuid() != 0) {
		print_message("giving a file away needs root\n");
		skip();
	}
	hook(w, "foreign", 0755, "echo ran >ran");
	(void)snprintf(path, sizeof path, "%s/foreign", w->folder);
	assert_int_equal(chown(path, nobody->pw_uid, 0), 0);
	run(w);
	assert_int_equal(w->report.refused, 1);
	assert_note(w, "ran", "(no such note)");
}

static void a_failing_hook_stops_nothing(void **state)
{
	struct world *w = *state;

	hook(w, "1-fails", 0755, "exit 3");
	hook(w, "2-dies", 0755, "kill -SEGV $$");
	hook(w, "4-last", 0755, "echo ran >ran");
	{
		char path[128];
		int fd;

		(void)snprintf(path, sizeof path, "%s/3-no-interpreter", w->folder);
		fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0755);
		assert_int_equal(fd_write_full(fd, "#!/no/such/program\n", 19), 0);
		assert_int_equal(fchmod(fd, 0755), 0);
		(void)close(fd);
	}
	run(w);
	assert_note(w, "ran", "ran\n");
	assert_int_equal(w->report.ran, 3);
	assert_int_equal(w->report.failed, 3);
	assert_int_equal(w->report.timed_out, 0);
}

/* Dead, or dies within five seconds. */
static bool is_gone(const char *pid)
{
	_cleanup_close_ int pidfd = (int)syscall(SYS_pidfd_open, (pid_t)strtol(pid, NULL, 10), 0);
	struct pollfd watch = {.fd = pidfd, .events = POLLIN};

	return pidfd < 0 ? errno == ESRCH : poll(&watch, 1, 5000) == 1;
}

static void a_hanging_hook_is_ended_with_all_its_children(void **state)
{
	struct world *w = *state;
	_cleanup_free_ char *child = NULL;

	w->options.timeout_seconds = 1;
	hook(w, "1-hangs", 0755,
		"sleep 600 & echo $! >child\ntrap 'echo told >>told' TERM\nwhile :; do wait; done");
	hook(w, "2-next", 0755, "echo ran >ran");
	run(w);
	assert_int_equal(w->report.timed_out, 1);
	assert_int_equal(w->report.failed, 1);
	assert_note(w, "told", "told\n");
	assert_note(w, "ran", "ran\n");
	child = note_sized(w, "child", NULL);
	assert_true(is_gone(child));
}

static void what_a_hook_leaves_behind_ends_with_it(void **state)
{
	struct world *w = *state;
	_cleanup_free_ char *child = NULL;

	hook(w, "leaves", 0755, "sleep 600 >/dev/null 2>&1 & echo $! >child");
	run(w);
	assert_int_equal(w->report.failed, 0);
	child = note_sized(w, "child", NULL);
	assert_true(is_gone(child));
}

static void a_chatty_hook_does_not_hang(void **state)
{
	struct world *w = *state;

	hook(w, "chatty", 0755, "head -c 3000000 /dev/zero | tr '\\0' 'x' && echo done >done");
	run(w);
	assert_int_equal(w->report.timed_out, 0);
	assert_note(w, "done", "done\n");
}

static void what_a_hook_prints_is_limited_and_plain(void **state)
{
	struct world *w = *state;
	_cleanup_close_ int saved = dup(STDERR_FILENO), log = memfd_create("log", MFD_CLOEXEC);
	_cleanup_free_ char *text = NULL;
	unsigned lines = 0;

	hook(w, "chatty", 0755, "printf 'a\\033[2Jb\\n'; for i in $(seq 1 500); do echo line $i; done >&2");
	assert_true(saved >= 0 && log >= 0);
	log_set_level(LOG_LEVEL_INFO);
	(void)dup2(log, STDERR_FILENO);
	run(w);
	(void)dup2(saved, STDERR_FILENO);
	assert_int_equal(lseek(log, 0, SEEK_SET), 0);
	assert_int_equal(fd_read_file(log, 1 << 20, &text, NULL), 0);
	for (const char *p = text; (p = strchr(p, '\n')); p++)
		lines++;
	assert_int_equal(lines, 20);
	assert_non_null(strstr(text, "hook offload-done/chatty: a [2Jb\n"));
	assert_non_null(strstr(text, "hook offload-done/chatty: line 19\n"));
}

static void a_run_is_watched_without_blocking(void **state)
{
	struct world *w = *state;
	struct hooks_run *run_now = NULL;
	unsigned steps = 0;
	int r;

	hook(w, "1-waits", 0755, "mkfifo gate; echo ready >ready; read line <gate; echo \"$line\" >answer");
	hook(w, "2-after", 0755, "echo after >after");
	r = hooks_run_start(&w->options, &w->event, &run_now);
	assert_int_equal(r, HOOKS_RUNNING);
	/* Nothing is due: a step comes back at once. */
	assert_int_equal(hooks_run_step(run_now), HOOKS_RUNNING);
	{
		char gate[64];
		int fd = -1;

		(void)snprintf(gate, sizeof gate, "%s/gate", w->notes);
		/* Opening the pipe for writing waits for the hook itself, once its pipe is there. */
		while (access(gate, F_OK) < 0)
			(void)poll(NULL, 0, 1);
		fd = open(gate, O_WRONLY | O_CLOEXEC);
		assert_true(fd >= 0);
		assert_int_equal(fd_write_full(fd, "hello\n", 6), 0);
		(void)close(fd);
	}
	while (r == HOOKS_RUNNING) {
		struct pollfd fd = {.fd = hooks_run_fd(run_now), .events = POLLIN};

		assert_int_equal(poll(&fd, 1, 20000), 1);
		r = hooks_run_step(run_now);
		steps++;
	}
	assert_int_equal(r, HOOKS_FINISHED);
	assert_true(steps < 20);
	assert_int_equal(hooks_run_report(run_now)->ran, 2);
	assert_null(hooks_run_free(run_now));
	assert_note(w, "answer", "hello\n");
	assert_note(w, "after", "after\n");
}

static void ending_a_run_ends_the_hook(void **state)
{
	struct world *w = *state;
	struct hooks_run *run_now = NULL;
	_cleanup_free_ char *pid = NULL;
	char note[64];

	hook(w, "hangs", 0755, "echo $$ >pid.new; mv pid.new pid; exec sleep 600");
	assert_int_equal(hooks_run_start(&w->options, &w->event, &run_now), HOOKS_RUNNING);
	(void)snprintf(note, sizeof note, "%s/pid", w->notes);
	while (access(note, F_OK) < 0)
		(void)poll(NULL, 0, 1);
	assert_null(hooks_run_free(run_now));
	pid = note_sized(w, "pid", NULL);
	assert_true(is_gone(pid));
}

static void names_are_those_of_run_parts(void **state)
{
	assert_true(hook_name_is_good("50-mail_manager"));
	assert_false(hook_name_is_good("script.sh"));
	assert_false(hook_name_is_good(".hidden"));
	assert_false(hook_name_is_good("backup~"));
	assert_false(hook_name_is_good("a/b"));
	assert_false(hook_name_is_good(""));
	assert_false(hook_name_is_good("0123456789012345678901234567890123456789012345678901234567890123"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_are_those_of_run_parts),
		TEST(hooks_run_in_order_of_name),
		TEST(no_folder_is_no_hooks),
		TEST(the_environment_is_exactly_what_is_documented),
		TEST(what_is_not_known_is_left_out),
		TEST(a_hook_has_no_rights_and_nothing_of_ours),
		TEST(hooks_never_run_as_root),
		TEST(what_others_may_write_is_refused),
		TEST(another_users_file_is_refused),
		TEST(a_failing_hook_stops_nothing),
		TEST(a_hanging_hook_is_ended_with_all_its_children),
		TEST(what_a_hook_leaves_behind_ends_with_it),
		TEST(a_chatty_hook_does_not_hang),
		TEST(what_a_hook_prints_is_limited_and_plain),
		TEST(a_run_is_watched_without_blocking),
		TEST(ending_a_run_ends_the_hook),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
