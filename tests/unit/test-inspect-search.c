/* SPDX-License-Identifier: GPL-3.0-or-later */

/* A search with a thread beside the reading finds what one without finds, wherever a name stands. */

#include "inspect/search.h"

#include "names-world.h"

#include <sys/wait.h>
#include <unistd.h>

#define TEXT_SIZE (3 << 20) /* bytes: more than once round the ring */

static struct names *names;
static char *text;

static void fill(void)
{
	static const char filler[] = "the cat sat on a mat and saw many boats\n";

	for (size_t i = 0; i < TEXT_SIZE; i++)
		text[i] = filler[i % (sizeof filler - 1)];
}

static int begin(void **state)
{
	names = make_names("first name,last name\nKeziah,Fictional\nTamsin,Madeup\nBodhi,Untrue\n", NULL);
	text = malloc(TEXT_SIZE);
	assert_non_null(text);
	fill();
	return 0;
}

static int end(void **state)
{
	names = names_free(names);
	free(text);
	return 0;
}

static int confine(void *data)
{
	return *(int *)data;
}

/* In pieces of changing size, as readers give them. */
static bool feed(struct search *search)
{
	unsigned random = 1;
	bool refused = false;

	for (size_t at = 0; at < TEXT_SIZE && !refused;) {
		size_t n;

		random = random * 1103515245U + 12345U;
		n = (random >> 16) % 8 == 0 ? 200000 : (random >> 16) % 3000;
		n = n < TEXT_SIZE - at ? n : TEXT_SIZE - at;
		refused = search_feed(search, text + at, n);
		at += n;
	}
	return refused;
}

static bool searched(bool beside, struct inspect_answer *ret)
{
	_cleanup_(search_freep) struct search *search = NULL;
	int confined = 0;

	assert_int_equal(search_new(names, &search), 0);
	if (beside)
		assert_int_equal(search_beside(search, confine, &confined), 0);
	(void)feed(search);
	return search_end(search, ret);
}

static void check_with(size_t at, const char *bit, enum inspect_verdict wanted, bool refused)
{
	struct inspect_answer one, other;
	char kept[64];

	memcpy(kept, text + at, strlen(bit));
	memcpy(text + at, bit, strlen(bit));
	assert_int_equal(searched(false, &one), refused);
	assert_int_equal(searched(true, &other), refused);
	memcpy(text + at, kept, strlen(bit));
	assert_int_equal(one.verdict, wanted);
	assert_int_equal(other.verdict, wanted);
	assert_string_equal(one.sentence, other.sentence);
}

static void the_same_is_found_wherever_it_stands(void **state)
{
	static const size_t around[] = {
		0, 64 << 10, 128 << 10, 192 << 10, 1 << 20, (1 << 20) + (128 << 10), 2 << 20};
	static const char name[] = " Keziah Fictional ";

	for (size_t i = 0; i < ELEMENTS(around); i++)
		for (size_t back = 0; back < sizeof name + 4; back += 3)
			if (around[i] >= back)
				check_with(around[i] - back, name, INSPECT_REFUSE, true);
	check_with(TEXT_SIZE - 18, " Keziah Fictional ", INSPECT_REFUSE, false);
	check_with(1 << 20, " Keziah ", INSPECT_ASK, false);
	check_with(1 << 20, "r-o-o-m", INSPECT_PASS, false);
}

static void names_far_from_each_other_are_counted_together(void **state)
{
	memcpy(text + 1000, " Keziah ", 8);
	memcpy(text + (1 << 20), " Tamsin ", 8);
	check_with(5 << 19, " Bodhi ", INSPECT_REFUSE, true);
	check_with(5 << 19, " boats ", INSPECT_ASK, false);
	fill();
}

static void little_text_needs_nobody_beside(void **state)
{
	_cleanup_(search_freep) struct search *search = NULL;
	struct inspect_answer answer;
	int confined = 0;

	assert_int_equal(search_new(names, &search), 0);
	assert_int_equal(search_beside(search, confine, &confined), 0);
	(void)search_feed(search, "Keziah Fictional was here", 25);
	assert_false(search_end(search, &answer));
	assert_int_equal(answer.verdict, INSPECT_REFUSE);
}

static void a_search_may_be_given_up(void **state)
{
	int confined = 0;

	for (unsigned i = 0; i < 3; i++) {
		struct search *search = NULL;

		assert_int_equal(search_new(names, &search), 0);
		if (i > 0)
			assert_int_equal(search_beside(search, confine, &confined), 0);
		if (i > 1)
			(void)feed(search);
		search_free(search);
	}
	search_free(NULL);
}

static void nothing_unconfined_sees_a_text(void **state)
{
	pid_t pid = fork();
	int status = 0;

	assert_true(pid >= 0);
	if (pid == 0) {
		struct search *search = NULL;
		struct inspect_answer answer;
		int failing = -EPERM;

		if (search_new(names, &search) == 0 && search_beside(search, confine, &failing) == 0) {
			(void)feed(search);
			(void)search_end(search, &answer);
		}
		_exit(42);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_same_is_found_wherever_it_stands),
		cmocka_unit_test(names_far_from_each_other_are_counted_together),
		cmocka_unit_test(little_text_needs_nobody_beside),
		cmocka_unit_test(a_search_may_be_given_up),
		cmocka_unit_test(nothing_unconfined_sees_a_text),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
