/* SPDX-License-Identifier: GPL-3.0-or-later */

/* The gate without a kernel in front of it: what is committed, what is refused, what is left behind. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/fd.h"
#include "gate/gate.h"

#include "folder.h"

#include <fcntl.h>
#include <sched.h>
#include <stdatomic.h>
#include <string.h>

struct bed {
	struct gate *gate;
	struct gate_judge judge;
	atomic_int asked, told, answered;
	atomic_bool no_names;
	bool allowable;
	uint64_t ticket;
	int error;
	char path[64];
	enum gate_event last;
	int root_fd;
};

static struct bed bed;

/* Refuses content with an R in it, names with one, and what begins with J. */
static void ask(void *data, int fd, const char *name, struct inspect_answer *ret)
{
	char text[256] = "";

	bed.asked++;
	assert_true(pread(fd, text, sizeof text - 1, 0) >= 0);
	assert_int_equal(pwrite(fd, "x", 1, 0), -1);
	*ret = (struct inspect_answer){.verdict = strchr(text, 'R') ? INSPECT_REFUSE : INSPECT_PASS};
	if (strchr(text, 'A'))
		ret->verdict = INSPECT_ASK;
}

static void title(void *data, const char *name, struct inspect_answer *ret)
{
	*ret = (struct inspect_answer){
		.verdict = bed.no_names || strchr(name, 'R') ? INSPECT_REFUSE : INSPECT_PASS};
}

static int early(void *data, const void *bytes, size_t size, struct inspect_answer *ret)
{
	if (size == 0 || *(const char *)bytes != 'J')
		return 0;
	*ret = (struct inspect_answer){INSPECT_REFUSE, INSPECT_IMAGE, "A photo."};
	return 1;
}

static void tell(void *data, const struct gate_notice *notice)
{
	bed.told++;
	bed.last = notice->event;
	bed.allowable = notice->allowable;
}

static void allowed(void *data, uint64_t ticket, const char *path, int error)
{
	bed.ticket = ticket;
	bed.error = error;
	(void)snprintf(bed.path, sizeof bed.path, "%s", path);
	bed.answered++;
}

static int setup(void **state)
{
	struct gate_options options = {
		.staging = {1 << 20, 1 << 16, -1}, .keep_seconds = 600, .tell = tell, .allowed = allowed};
	int r = folder_up(state);

	memset(&bed, 0, sizeof bed);
	bed.judge = (struct gate_judge){NULL, ask, title, early};
	bed.root_fd = options.root_fd = ((struct folder *)*state)->fd;
	options.judge = &bed.judge;
	if (r == 0)
		r = gate_new(&options, &bed.gate);
	return r == 0 ? gate_start(bed.gate) : r;
}

static int teardown(void **state)
{
	bed.gate = gate_free(bed.gate);
	return folder_down(state);
}

/* Writes a new file; what closing it said. */
static int put(const char *name, const char *text)
{
	struct gate_handle *handle = NULL;
	struct node *node = NULL;
	struct stat st;
	int r = gate_create(bed.gate, gate_top(bed.gate), name, O_WRONLY | O_TRUNC, &node, &st, &handle);

	if (r < 0)
		return r;
	r = gate_write(bed.gate, handle, text, strlen(text), 0);
	if (r >= 0)
		r = gate_flush(bed.gate, handle);
	gate_release(bed.gate, handle);
	gate_forget(bed.gate, node, 1);
	return r;
}

static void lies_there(const char *name, const char *text)
{
	_cleanup_free_ char *seen = NULL;

	gate_sync_all(bed.gate);
	if (!text) {
		assert_int_equal(faccessat(bed.root_fd, name, F_OK, 0), -1);
		return;
	}
	assert_int_equal(fd_read_file_at(bed.root_fd, name, 4096, &seen, NULL), 0);
	assert_string_equal(seen, text);
}

static void shows(const char *name, const char *text)
{
	_cleanup_(content_unrefp) struct content *content = NULL;
	struct gate_handle *handle = NULL;
	struct node *node = NULL;
	char seen[64] = "";
	struct stat st;
	int fd = -1;

	assert_int_equal(gate_lookup(bed.gate, gate_top(bed.gate), name, &node, &st), 0);
	assert_int_equal(st.st_size, strlen(text));
	assert_int_equal(gate_open(bed.gate, node, O_RDONLY, &handle), 0);
	assert_int_equal(gate_read(bed.gate, handle, &fd, &content), 0);
	assert_int_equal(pread(fd, seen, sizeof seen - 1, 0), strlen(text));
	assert_string_equal(seen, text);
	gate_release(bed.gate, handle);
	gate_forget(bed.gate, node, 1);
}

static int move(const char *from, const char *to)
{
	return gate_rename(bed.gate, gate_top(bed.gate), from, gate_top(bed.gate), to, 0);
}

static void clean_is_committed(void **state)
{
	assert_int_equal(put("a", "clean"), 0);
	shows("a", "clean");
	lies_there("a", "clean");
	shows("a", "clean");
	assert_int_equal(bed.asked, 1);
	assert_int_equal(bed.told, 0);
}

static void refused_is_not(void **state)
{
	assert_int_equal(put("a", "clean"), 0);
	assert_int_equal(put("a", "now R"), -EPERM);
	shows("a", "now R");
	lies_there("a", "clean");
	assert_int_equal(move("a", "b"), -EPERM);
	assert_int_equal(put("c", "A question"), -EPERM);
	lies_there("c", NULL);
	assert_int_equal(bed.told, 2);
	assert_int_equal(bed.last, GATE_REFUSED);
}

static void early_is_not_asked_about(void **state)
{
	assert_int_equal(put("a", "J and more"), -EPERM);
	assert_int_equal(bed.asked, 0);
	assert_int_equal(bed.last, GATE_REFUSED_EARLY);
	lies_there("a", NULL);
}

static void names_come_first(void **state)
{
	struct node *node = NULL;
	struct stat st;

	assert_int_equal(put("R", "clean"), -EPERM);
	assert_int_equal(put("a", "clean"), 0);
	assert_int_equal(move("a", "R"), -EPERM);
	assert_int_equal(gate_mkdir(bed.gate, gate_top(bed.gate), "R", &node, &st), -EPERM);
	assert_int_equal(bed.last, GATE_REFUSED_NAME);
	assert_int_equal(gate_mkdir(bed.gate, gate_top(bed.gate), ".outing-gate", &node, &st), -EPERM);
	lies_there("a", "clean");
	lies_there("R", NULL);
}

static void moved_before_it_has_a_place(void **state)
{
	assert_int_equal(put("a", "one"), 0);
	assert_int_equal(move("a", "b"), 0);
	assert_int_equal(put("a", "two"), 0);
	assert_int_equal(move("a", "b"), 0);
	shows("b", "two");
	lies_there("a", NULL);
	lies_there("b", "two");
	assert_int_equal(gate_rename(bed.gate, gate_top(bed.gate), "b", gate_top(bed.gate), "b", 0), 0);
	assert_int_equal(move("none", "b"), -ENOENT);
}

static void removed_before_it_has_a_place(void **state)
{
	assert_int_equal(put("a", "one"), 0);
	assert_int_equal(gate_unlink(bed.gate, gate_top(bed.gate), "a"), 0);
	assert_int_equal(gate_unlink(bed.gate, gate_top(bed.gate), "a"), -ENOENT);
	lies_there("a", NULL);
}

static void nothing_is_left(void **state)
{
	assert_int_equal(put("a", "one"), 0);
	assert_int_equal(put("b", "R"), -EPERM);
	bed.gate = gate_free(bed.gate);
	assert_int_equal(faccessat(bed.root_fd, ".outing-gate", F_OK, 0), -1);
	assert_int_equal(faccessat(bed.root_fd, "b", F_OK, 0), -1);
	assert_int_equal(faccessat(bed.root_fd, "a", F_OK, 0), 0);
}

static void limits(void **state)
{
	_cleanup_free_ char *large = calloc(1, 100000);

	memset(large, 'x', 99999);
	assert_int_equal(put("a", large), -EFBIG);
	assert_int_equal(bed.last, GATE_TOO_LARGE);
	lies_there("a", NULL);
}

/* --- exceptions --- */

static void allow(const char *text, uint64_t ticket, uint64_t seconds)
{
	uint8_t sha512[SHA512_SIZE];

	assert_int_equal(sha512_of(text, strlen(text), sha512), 0);
	assert_int_equal(gate_allow(bed.gate, ticket, seconds, sha512), 0);
}

static void answered(int times, uint64_t ticket, const char *path, int error)
{
	while (bed.answered < times)
		sched_yield();
	assert_int_equal(bed.answered, times);
	assert_int_equal(bed.ticket, ticket);
	assert_string_equal(bed.path, path);
	assert_int_equal(bed.error, error);
}

static void allowed_from_staging(void **state)
{
	assert_int_equal(put("a", "clean"), 0);
	assert_int_equal(put("a", "an R"), -EPERM);
	assert_true(bed.allowable);
	assert_int_equal(put("b", "other R"), -EPERM);
	lies_there("a", "clean");
	allow("an R", 7, 0);
	answered(1, 7, "a", 0);
	lies_there("a", "an R");
	shows("a", "an R");
	lies_there("b", NULL);
	assert_int_equal(move("a", "c"), 0);
	assert_int_equal(put("a", "an R"), -EPERM);
	lies_there("a", NULL);
}

static void allowed_when_it_comes(void **state)
{
	allow("an R", 7, 600);
	assert_int_equal(put("a", "an R."), -EPERM);
	assert_int_equal(put("a", "clean"), 0);
	assert_int_equal(bed.answered, 0);
	assert_int_equal(put("a", "an R"), 0);
	answered(1, 7, "a", 0);
	lies_there("a", "an R");
	assert_int_equal(put("b", "an R"), -EPERM);
	lies_there("b", NULL);
	assert_int_equal(bed.answered, 1);
}

static void two_exceptions_are_two_files(void **state)
{
	allow("an R", 1, 600);
	allow("an R", 2, 600);
	assert_int_equal(put("a", "an R"), 0);
	answered(1, 2, "a", 0);
	assert_int_equal(put("b", "an R"), 0);
	answered(2, 1, "b", 0);
	assert_int_equal(put("c", "an R"), -EPERM);
}

static void what_begins_badly_can_be_allowed(void **state)
{
	assert_int_equal(put("a", "J and R"), -EPERM);
	assert_false(bed.allowable);
	assert_int_equal(gate_unlink(bed.gate, gate_top(bed.gate), "a"), 0);
	allow("J and R", 3, 600);
	assert_int_equal(put("a", "J and R"), 0);
	answered(1, 3, "a", 0);
	lies_there("a", "J and R");
	assert_int_equal(put("b", "J and R"), -EPERM);
	assert_int_equal(bed.last, GATE_REFUSED_EARLY);
}

static void exceptions_end(void **state)
{
	allow("an R", 4, 0);
	answered(1, 4, "", -ETIME);
	assert_int_equal(put("a", "an R"), -EPERM);
	allow("another R", 5, 600);
	bed.gate = gate_free(bed.gate);
	answered(2, 5, "", -ECANCELED);
	assert_int_equal(faccessat(bed.root_fd, "a", F_OK, 0), -1);
}

/* A register that came later knows the name: the exception is for the content. */
static void names_stay_refused(void **state)
{
	assert_int_equal(put("a", "an R"), -EPERM);
	bed.no_names = true;
	allow("an R", 6, 600);
	answered(1, 6, "", -EPERM);
	shows("a", "an R");
	lies_there("a", NULL);
	assert_int_equal(move("a", "b"), -EPERM);
	bed.no_names = false;
	allow("an R", 8, 600);
	answered(2, 8, "a", 0);
	lies_there("a", "an R");
}

static void refused_content_makes_room(void **state)
{
	char text[60001], name[16];

	memset(text, 'R', sizeof text - 1);
	text[sizeof text - 1] = 0;
	for (unsigned i = 0; i < 40; i++) {
		(void)snprintf(name, sizeof name, "%u", i);
		assert_int_equal(put(name, text), -EPERM);
		assert_int_equal(bed.last, GATE_REFUSED);
	}
	assert_int_equal(gate_unlink(bed.gate, gate_top(bed.gate), "0"), -ENOENT);
	assert_int_equal(gate_unlink(bed.gate, gate_top(bed.gate), "39"), 0);
	assert_int_equal(put("clean", "clean"), 0);
	lies_there("clean", "clean");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(clean_is_committed, setup, teardown),
		cmocka_unit_test_setup_teardown(refused_is_not, setup, teardown),
		cmocka_unit_test_setup_teardown(early_is_not_asked_about, setup, teardown),
		cmocka_unit_test_setup_teardown(names_come_first, setup, teardown),
		cmocka_unit_test_setup_teardown(moved_before_it_has_a_place, setup, teardown),
		cmocka_unit_test_setup_teardown(removed_before_it_has_a_place, setup, teardown),
		cmocka_unit_test_setup_teardown(nothing_is_left, setup, teardown),
		cmocka_unit_test_setup_teardown(limits, setup, teardown),
		cmocka_unit_test_setup_teardown(allowed_from_staging, setup, teardown),
		cmocka_unit_test_setup_teardown(allowed_when_it_comes, setup, teardown),
		cmocka_unit_test_setup_teardown(two_exceptions_are_two_files, setup, teardown),
		cmocka_unit_test_setup_teardown(what_begins_badly_can_be_allowed, setup, teardown),
		cmocka_unit_test_setup_teardown(exceptions_end, setup, teardown),
		cmocka_unit_test_setup_teardown(names_stay_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(refused_content_makes_room, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
