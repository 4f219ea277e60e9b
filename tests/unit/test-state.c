/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * The state database as a file: who may have touched it, what happens to a damaged, foreign, older or newer
 * one, and that a kill at any moment leaves the state before or after.
 */

#include "folder.h"

#include "state/state.h"

#include "base/fault.h"
#include "base/fd.h"
#include "base/number.h"
#include "state/outing.h"
#include "state/register.h"
#include "state/schema.h"
#include "state/session.h"

#include <fcntl.h>
#include <limits.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <cmocka.h>

#define KEY "usb:04a9:3110:BLUEROOM01"

struct world {
	char directory[32];
	char path[64];
};

static int set_up(void **state)
{
	struct world *w = calloc(1, sizeof *w);

	assert_non_null(w);
	(void)strcpy(w->directory, "/tmp/state-XXXXXX");
	assert_non_null(mkdtemp(w->directory));
	(void)snprintf(w->path, sizeof w->path, "%s/state.db", w->directory);
	*state = w;
	return 0;
}

static int tear_down(void **state)
{
	struct world *w = *state;

	assert_int_equal(folder_remove(w->directory), 0);
	free(w);
	return 0;
}

static int try_open(const struct world *w, struct state_problem *problem)
{
	_cleanup_(state_closep) struct state *opened = NULL;

	problem->text[0] = 0;
	return state_open(w->path, &opened, problem);
}

static void assert_opens(const struct world *w)
{
	struct state_problem problem;

	assert_int_equal(try_open(w, &problem), STATE_OK);
}

static void assert_refused(const struct world *w, enum state_outcome outcome, const char *word)
{
	struct state_problem problem;

	assert_int_equal(try_open(w, &problem), outcome);
	assert_non_null(strstr(problem.text, word));
	assert_non_null(strstr(problem.text, w->directory));
}

static void a_new_database_is_private_and_durable(void **state)
{
	struct world *w = *state;
	_cleanup_(database_closep) struct database *database = NULL;
	struct stat st;
	int64_t value = 0;

	assert_opens(w);
	assert_int_equal(stat(w->path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(database_open(w->path, &database), 0);
	assert_int_equal(database_get_i64(database, "PRAGMA synchronous", &value), 0);
	assert_true(value == 2);
	assert_int_equal(database_get_i64(database, "PRAGMA user_version", &value), 0);
	assert_true(value == schema_version());
	assert_int_equal(database_get_i64(database, "PRAGMA secure_delete", &value), 0);
	assert_true(value == 1);
}

static void its_folder_is_made_if_missing(void **state)
{
	struct world *w = *state;
	_cleanup_(state_closep) struct state *opened = NULL;
	char path[96], folder[64];
	struct stat st;

	(void)snprintf(folder, sizeof folder, "%s/new", w->directory);
	(void)snprintf(path, sizeof path, "%s/state.db", folder);
	assert_int_equal(state_open(path, &opened, NULL), STATE_OK);
	assert_int_equal(stat(folder, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0700);
	opened = state_close(opened);
	assert_int_equal(folder_empty(folder), 0);
	assert_int_equal(rmdir(folder), 0);
}

static void what_others_could_change_is_refused(void **state)
{
	struct world *w = *state;
	char other[64];

	assert_opens(w);
	assert_int_equal(chmod(w->directory, 0777), 0);
	assert_refused(w, STATE_UNSAFE, "chmod");
	assert_int_equal(chmod(w->directory, 0711), 0);
	assert_opens(w);
	assert_int_equal(chmod(w->path, 0640), 0);
	assert_refused(w, STATE_UNSAFE, "state.db");
	assert_int_equal(chmod(w->path, 0600), 0);
	(void)snprintf(other, sizeof other, "%s/other", w->directory);
	assert_int_equal(link(w->path, other), 0);
	assert_refused(w, STATE_UNSAFE, "state.db");
	assert_int_equal(unlink(w->path), 0);
	assert_int_equal(symlink(other, w->path), 0);
	assert_refused(w, STATE_UNSAFE, "state.db");
}

static void another_users_file_is_refused(void **state)
{
	struct world *w = *state;

	if (geteuid() != 0) {
		print_message("giving a file away needs root\n");
		skip();
	}
	assert_opens(w);
	assert_int_equal(chown(w->path, 65534, 0), 0);
	assert_refused(w, STATE_UNSAFE, "state.db");
}

static void write_file(const char *path, const void *data, size_t size)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(fd_write_full(fd, data, size), 0);
	(void)close(fd);
}

static void damage_is_found_and_left_alone(void **state)
{
	struct world *w = *state;
	_cleanup_free_ char *data = NULL, *after = NULL;
	size_t size = 0, after_size = 0;

	assert_opens(w);
	assert_int_equal(fd_read_file_at(AT_FDCWD, w->path, 1 << 24, &data, &size), 0);
	assert_true(size > 8192);
	memset(data + 4096, 0xa5, 4096);
	write_file(w->path, data, size);
	assert_refused(w, STATE_DAMAGED, "damaged");
	assert_int_equal(fd_read_file_at(AT_FDCWD, w->path, 1 << 24, &after, &after_size), 0);
	assert_int_equal(after_size, size);
	assert_memory_equal(after, data, size);
	write_file(w->path, "this is no database, it is a text of somebody", 45);
	assert_refused(w, STATE_DAMAGED, "damaged");
	write_file(w->path, data, size / 2);
	assert_refused(w, STATE_DAMAGED, "damaged");
}

static void change(const struct world *w, const char *sql)
{
	_cleanup_(database_closep) struct database *database = NULL;

	assert_int_equal(database_open(w->path, &database), 0);
	assert_int_equal(database_run(database, sql), 0);
}

static void a_newer_or_foreign_database_is_refused(void **state)
{
	struct world *w = *state;
	char sql[64];

	assert_opens(w);
	(void)snprintf(sql, sizeof sql, "PRAGMA user_version = %u", schema_version() + 1);
	change(w, sql);
	assert_refused(w, STATE_TOO_NEW, "newer version");
	(void)snprintf(sql, sizeof sql, "PRAGMA user_version = %u", schema_version());
	change(w, sql);
	assert_opens(w);
	change(w, "PRAGMA application_id = 7");
	assert_refused(w, STATE_DAMAGED, "damaged");
	assert_int_equal(unlink(w->path), 0);
	write_file(w->path, "", 0);
	change(w, "CREATE TABLE shopping (thing TEXT)");
	assert_refused(w, STATE_DAMAGED, "damaged");
}

#define OLD_VERSIONS 4

static char *read_fixture(unsigned version)
{
	char path[64], *sql = NULL;

	(void)snprintf(path, sizeof path, "tests/unit/data/state-%u.sql", version);
	assert_int_equal(fd_read_file_at(AT_FDCWD, path, 1 << 20, &sql, NULL), 0);
	return sql;
}

static void make_version(const struct world *w, unsigned version)
{
	_cleanup_free_ char *sql = read_fixture(version);

	write_file(w->path, "", 0);
	change(w, sql);
}

static int count_outing(const struct outing *outing, void *data)
{
	return ++*(int *)data, 0;
}

/* Every version's fixture has the camera and the session; from 2 on there is a clear, from 3 on an outing. */
static void assert_content_of_version(const struct world *w, unsigned version)
{
	_cleanup_(state_closep) struct state *opened = NULL;
	struct session session;
	struct session_totals totals;
	struct registered_device device;
	int64_t value = 0;
	int outings = 0;

	assert_int_equal(state_open(w->path, &opened, NULL), STATE_OK);
	assert_int_equal(register_find_by_name(opened, "BLUE ROOM CAMERA", &device), REGISTER_OK);
	assert_string_equal(device.key, KEY);
	assert_true(device.last_offload == 1700000100);
	assert_true(device.last_clear == (version >= 2 ? 1700000300 : 0));
	assert_int_equal(outing_each(opened, OUTING_ALL, 0, count_outing, &outings), 0);
	assert_int_equal(outings, version >= 3 ? 1 : 0);
	assert_int_equal(session_find_latest(opened, KEY, NULL, &session), SESSION_OK);
	assert_int_equal(session.state, SESSION_COMMITTED);
	assert_int_equal(session_totals(opened, session.id, &totals), SESSION_OK);
	assert_true(totals.objects == 2 && totals.read_back == 1 && totals.verified.bytes == 10);
	assert_int_equal(database_get_i64(state_database(opened), "SELECT count(*) FROM upgrade", &value), 0);
	assert_true(value == schema_version());
}

static void upgrade_from(const struct world *w, unsigned from)
{
	_cleanup_(database_closep) struct database *copy = NULL;
	char path[96];
	struct stat st;
	unsigned version = 0;

	make_version(w, from);
	assert_content_of_version(w, from);
	(void)snprintf(path, sizeof path, "%s.before-upgrade-%u", w->path, from);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(database_open(path, &copy), 0);
	assert_int_equal(schema_read(copy, &version), 0);
	assert_int_equal(version, from);
	assert_int_equal(database_check(copy), 0);
	/* And it is one upgrade, not one at every start. */
	assert_int_equal(unlink(path), 0);
	assert_content_of_version(w, from);
	assert_int_equal(stat(path, &st), -1);
}

static void an_old_database_is_upgraded_after_a_copy_was_kept(void **state)
{
	const struct world *w = *state;

	for (unsigned version = 1; version <= OLD_VERSIONS; version++) {
		upgrade_from(w, version);
		assert_int_equal(folder_empty(w->directory), 0);
	}
	assert_int_equal(OLD_VERSIONS, schema_version() - 1);
}

static void assert_has_step(const char *sql, unsigned step)
{
	const char *p = schema_step(step);

	while (*p) {
		const char *end = strchr(p, ';') + 1;
		_cleanup_free_ char *statement = strndup(p, (size_t)(end - p));

		if (!strstr(sql, statement))
			fail_msg("a released step was changed: %s", statement);
		p = end;
	}
}

static void the_fixtures_are_what_the_steps_make(void **state)
{
	for (unsigned version = 1; version <= OLD_VERSIONS; version++) {
		_cleanup_free_ char *sql = read_fixture(version);

		for (unsigned step = 1; step <= version; step++)
			assert_has_step(sql, step);
	}
	assert_null(schema_step(0));
	assert_null(schema_step(schema_version() + 1));
}

static void the_anchor_is_kept(void **state)
{
	struct world *w = *state;
	_cleanup_(state_closep) struct state *opened = NULL;
	char hash[129], loaded[129] = "?";
	uint64_t seq = 9;

	assert_int_equal(state_open(w->path, &opened, NULL), STATE_OK);
	assert_int_equal(state_anchor_load(opened, &seq, loaded), 0);
	assert_true(seq == 0);
	memset(hash, 'a', 128);
	hash[128] = 0;
	assert_int_equal(state_anchor_store(opened, 41, hash), 0);
	hash[0] = 'b';
	assert_int_equal(state_anchor_store(opened, 42, hash), 0);
	opened = state_close(opened);
	assert_int_equal(state_open(w->path, &opened, NULL), STATE_OK);
	assert_int_equal(state_anchor_load(opened, &seq, loaded), 0);
	assert_true(seq == 42);
	assert_string_equal(loaded, hash);
	state_close(opened);
	opened = NULL;
	change(w, "UPDATE meta SET value = 'x' WHERE key = 'audit-anchor'");
	assert_int_equal(state_open(w->path, &opened, NULL), STATE_OK);
	assert_int_equal(state_anchor_load(opened, &seq, loaded), -EUCLEAN);
}

static void a_second_writer_waits_for_the_first(void **state)
{
	struct world *w = *state;
	_cleanup_(state_closep) struct state *a = NULL, *b = NULL;
	struct session wanted = {.key = KEY}, made;

	assert_int_equal(state_open(w->path, &a, NULL), STATE_OK);
	assert_int_equal(state_open(w->path, &b, NULL), STATE_OK);
	assert_int_equal(session_create(a, &wanted, &made), SESSION_OK);
	assert_int_equal(session_create(b, &wanted, &made), SESSION_OK);
	assert_int_equal(session_load(a, made.id, &made), SESSION_OK);
}

static void many_may_create_it_at_once(void **state)
{
	const struct world *w = *state;

	for (int round = 0; round < 5; round++) {
		int gate[2];

		assert_int_equal(pipe(gate), 0);
		for (int i = 0; i < 6; i++) {
			pid_t pid = fork();
			struct state_problem problem;
			char byte;

			assert_true(pid >= 0);
			if (pid > 0)
				continue;
			(void)close(gate[1]);
			_exit(read(gate[0], &byte, 1) != 0 || try_open(w, &problem) != STATE_OK);
		}
		(void)close(gate[0]);
		(void)close(gate[1]);
		for (int i = 0; i < 6; i++) {
			int status = 0;

			assert_true(wait(&status) > 0);
			assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
		}
		assert_int_equal(folder_empty(w->directory), 0);
	}
}

/* As the last one to close it does, only much more often. */
static void remove_and_make(const char *path)
{
	for (;;) {
		int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

		if (fd < 0 || unlink(path) < 0)
			_exit(1);
		(void)close(fd);
	}
}

static void what_is_being_removed_is_nobodys_doing(void **state)
{
	const struct world *w = *state;
	struct state_problem problem;
	char path[PATH_MAX];
	int status = 0, opened = 0;
	pid_t pid;

	assert_opens(w);
	assert_true(snprintf(path, sizeof path, "%s-journal", w->path) < (int)sizeof path);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0)
		remove_and_make(path);
	while (opened < 300 && try_open(w, &problem) == STATE_OK)
		opened++;
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_true(waitpid(pid, &status, 0) == pid);
	assert_true(WIFSIGNALED(status));
	assert_string_equal(problem.text, "");
	assert_int_equal(opened, 300);
}

#ifdef OUTING_FAULTS
static int store_object(struct state *opened, const char *id, unsigned n)
{
	char path[32];
	struct session_object object = {.path = path, .stored = "x", .size = n, .state = OBJECT_VERIFIED};

	(void)snprintf(path, sizeof path, "%03u.jpg", n);
	return session_objects_store(opened, id, &object, 1);
}

/* Writes one number to the pipe after each durable step: what the caller was told. */
static void work_until(const struct world *w, unsigned at, int told)
{
	_cleanup_(state_closep) struct state *opened = NULL;
	struct session wanted = {.key = KEY}, session;
	struct set_digest set = SET_DIGEST_NULL;
	char text[16];

	(void)snprintf(text, sizeof text, "%u", at);
	(void)setenv("OUTING_FAULT_AT", text, 1);
	fault_init("test");
	if (state_open(w->path, &opened, NULL) != STATE_OK ||
		session_create(opened, &wanted, &session) != SESSION_OK)
		_exit(1);
	for (unsigned n = 0; n < 5; n++) {
		(void)snprintf(text, sizeof text, "%03u.jpg", n);
		if (store_object(opened, session.id, n) != SESSION_OK || write(told, "o", 1) != 1 ||
			set_digest_add(&set, text, strlen(text), n) < 0)
			_exit(1);
	}
	if (session_record_set(opened, session.id, &set, 0) != SESSION_OK ||
		session_set_state(opened, session.id, SESSION_COPIED, NULL) != SESSION_OK ||
		session_set_state(opened, session.id, SESSION_COMMITTED, NULL) != SESSION_OK ||
		write(told, "c", 1) != 1)
		_exit(1);
	_exit(0);
}

/* What is in the file covers all that was told; a committed session is complete. */
static void check_after_kill(const struct world *w, size_t told)
{
	_cleanup_(state_closep) struct state *opened = NULL;
	struct session session;
	struct session_totals totals;
	int r;

	assert_int_equal(state_open(w->path, &opened, NULL), STATE_OK);
	assert_int_equal(database_check(state_database(opened)), 0);
	r = session_find_latest(opened, KEY, NULL, &session);
	if (r == SESSION_NONE) {
		assert_int_equal(told, 0);
		return;
	}
	assert_int_equal(r, SESSION_OK);
	assert_int_equal(session_totals(opened, session.id, &totals), SESSION_OK);
	assert_true(totals.verified.files >= (told < 5 ? told : 5));
	if (told == 6)
		assert_int_equal(session.state, SESSION_COMMITTED);
	if (session.state == SESSION_COMMITTED)
		assert_true(totals.verified.files == 5);
}

/* True if the work got to its end. */
static bool kill_at(const struct world *w, unsigned at)
{
	int pipe_fds[2], status = 0;
	char told[16];
	ssize_t n;
	pid_t pid;

	assert_int_equal(pipe(pipe_fds), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0)
		work_until(w, at, pipe_fds[1]);
	(void)close(pipe_fds[1]);
	n = fd_read_full(pipe_fds[0], told, sizeof told);
	(void)close(pipe_fds[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(n >= 0);
	check_after_kill(w, (size_t)n);
	if (WIFEXITED(status))
		assert_int_equal(WEXITSTATUS(status), 0);
	return WIFEXITED(status);
}

static void a_kill_at_any_point_loses_nothing_that_was_told(void **state)
{
	const struct world *w = *state;
	unsigned at = 1;

	for (bool done = false; !done; at++) {
		done = kill_at(w, at);
		assert_int_equal(folder_empty(w->directory), 0);
	}
	print_message("%u points\n", at - 2);
	assert_in_range(at, 20, 1000);
}

static void open_until(const struct world *w, unsigned at)
{
	struct state_problem problem;
	char text[16];

	(void)snprintf(text, sizeof text, "%u", at);
	(void)setenv("OUTING_FAULT_AT", text, 1);
	fault_init("test");
	_exit(try_open(w, &problem) == STATE_OK ? 0 : 1);
}

static void a_kill_at_any_point_of_an_upgrade_loses_nothing(void **state)
{
	const struct world *w = *state;
	unsigned at = 1;

	for (bool done = false; !done; at++) {
		int status = 0;
		pid_t pid;

		make_version(w, 1);
		pid = fork();
		assert_true(pid >= 0);
		if (pid == 0)
			open_until(w, at);
		assert_int_equal(waitpid(pid, &status, 0), pid);
		done = WIFEXITED(status);
		if (done)
			assert_int_equal(WEXITSTATUS(status), 0);
		assert_content_of_version(w, 1);
		assert_int_equal(folder_empty(w->directory), 0);
	}
	print_message("%u points\n", at - 2);
	assert_in_range(at, 4, 100);
}
#else
static void a_kill_at_any_point_loses_nothing_that_was_told(void **state)
{
	print_message("fault points are only in VARIANT=faults\n");
	skip();
}

static void a_kill_at_any_point_of_an_upgrade_loses_nothing(void **state)
{
	print_message("fault points are only in VARIANT=faults\n");
	skip();
}
#endif

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_new_database_is_private_and_durable),
		TEST(its_folder_is_made_if_missing),
		TEST(what_others_could_change_is_refused),
		TEST(another_users_file_is_refused),
		TEST(damage_is_found_and_left_alone),
		TEST(a_newer_or_foreign_database_is_refused),
		TEST(an_old_database_is_upgraded_after_a_copy_was_kept),
		TEST(the_fixtures_are_what_the_steps_make),
		TEST(the_anchor_is_kept),
		TEST(a_second_writer_waits_for_the_first),
		TEST(many_may_create_it_at_once),
		TEST(what_is_being_removed_is_nobodys_doing),
		TEST(a_kill_at_any_point_loses_nothing_that_was_told),
		TEST(a_kill_at_any_point_of_an_upgrade_loses_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
