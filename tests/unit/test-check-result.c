/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * What is made of the agent's answer: READY only for one that is whole and agrees with itself, and everything
 * else in the order in which a person has to deal with it.
 */

#include "check-answer.h"
#include "check/steps.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static const struct result_wanted everything;

static int read_text(const char *text, const struct result_wanted *wanted)
{
	_cleanup_js_ struct js *answer = answer_parse(text);
	_cleanup_result_ struct result result = {0};
	const char *problem = NULL;
	int r;

	assert_non_null(answer);
	r = result_read(answer, wanted, &result, &problem);
	assert_true(r == 0 || (r == -EBADMSG && problem));
	if (r == 0)
		return result.ready ? 1 : 0;
	assert_null(result.rows);
	return r;
}

static void a_whole_answer_is_believed(void **state)
{
	assert_int_equal(read_text(ANSWER_READY, &everything), 1);
	assert_int_equal(read_text(ANSWER("ready", ANSWER_STAYS, ANSWER_GOOD_DEVICE),
				 &(struct result_wanted){.leave_laptop = true}),
		1);
	assert_int_equal(
		read_text(ANSWER("ready", ANSWER_LAPTOP("ready", ANSWER_GOOD_LEAF, ANSWER_CHECKS), ""),
			&everything),
		1);
}

/* --- every member ------------------------------------------------------------------------------------------
 */

struct mutation {
	int at;           /* which member, counted through the whole answer */
	const char *with; /* what it becomes, as JSON; NULL: it is left out */
	char key[32];     /* that member's key, once it was met */
	struct js *copy;  /* where the copy of the current object goes */
};

static struct js *mutate(const struct js *js, struct mutation *mutation);

static int mutate_member(const char *key, const struct js *value, void *data)
{
	struct mutation *mutation = data;
	struct js *object = mutation->copy;

	if (mutation->at-- == 0) {
		(void)snprintf(mutation->key, sizeof(mutation->key), "%s", key);
		if (mutation->with && strcmp(mutation->with, "null") == 0)
			js_set_null(object, key);
		else if (mutation->with)
			js_set(object, key, answer_parse(mutation->with));
		return 0;
	}
	if (value)
		js_set(object, key, mutate(value, mutation));
	else
		js_set_null(object, key);
	mutation->copy = object;
	return 0;
}

static struct js *mutate(const struct js *js, struct mutation *mutation)
{
	_cleanup_free_ char *text = NULL;
	struct js *copy;

	if (js_is_object(js)) {
		copy = js_object();
		mutation->copy = copy;
		(void)js_each(js, mutate_member, mutation);
	} else if (js_is_array(js)) {
		copy = js_array();
		for (size_t i = 0; i < js_length(js); i++)
			js_append(copy, mutate(js_at(js, i), mutation));
	} else {
		assert_int_equal(js_text(js, false, &text), 0);
		copy = answer_parse(text);
	}
	return copy;
}

/* False when there is no such member any more. */
static bool try_mutation(struct mutation *mutation, int *ret_outcome)
{
	_cleanup_js_ struct js *answer = answer_parse(ANSWER_READY);
	_cleanup_js_ struct js *changed = mutate(answer, mutation);
	_cleanup_free_ char *text = NULL;

	if (!*mutation->key)
		return false;
	assert_int_equal(js_text(changed, false, &text), 0);
	*ret_outcome = read_text(text, &everything);
	return true;
}

static void an_answer_without_any_one_of_its_members_is_none(void **state)
{
	int outcome, members = 0;

	for (;; members++) {
		struct mutation mutation = {.at = members};

		if (!try_mutation(&mutation, &outcome))
			break;
		if (outcome != -EBADMSG)
			fail_msg("believed without %s (member %d)", mutation.key, members);
	}
	assert_true(members > 50);
}

static bool may_become(const char *key, const char *with)
{
	static const char *const texts[] = {
		"reason", "fix", "command", "room", "state", "device", "id", "name", "sentence"};
	static const char *const nulls[] = {"error", "command", "room", "action"};

	if (strcmp(key, "bytes") == 0)
		return *with == '7';
	for (size_t i = 0; i < ELEMENTS(texts); i++)
		if (*with == '"' && strcmp(key, texts[i]) == 0)
			return true;
	for (size_t i = 0; i < ELEMENTS(nulls); i++)
		if (*with == 'n' && strcmp(key, nulls[i]) == 0)
			return true;
	return false;
}

static void a_member_of_another_kind_makes_it_none(void **state)
{
	static const char *const with[] = {"7", "\"surprise\"", "null", "{}", "[7]", "-1", "1.5"};

	for (size_t i = 0; i < ELEMENTS(with); i++) {
		int outcome;

		for (int at = 0;; at++) {
			struct mutation mutation = {.at = at, .with = with[i]};

			if (!try_mutation(&mutation, &outcome))
				break;
			if (outcome != -EBADMSG && !may_become(mutation.key, with[i]))
				fail_msg("believed with %s: %s (member %d)", mutation.key, with[i], at);
		}
	}
}

static void no_single_word_can_turn_into_ready(void **state)
{
	int outcome;

	for (int at = 0;; at++) {
		struct mutation mutation = {.at = at, .with = "\"ready\""};
		_cleanup_js_ struct js *answer = answer_parse(
			ANSWER("not-ready", ANSWER_LAPTOP("ready", ANSWER_GOOD_LEAF, ANSWER_CHECKS),
				ANSWER_DEVICE("a", "A", "not-ready", "It holds pictures.", "Clear it.",
					"true", "null")));
		_cleanup_js_ struct js *changed = mutate(answer, &mutation);
		_cleanup_free_ char *text = NULL;

		if (!*mutation.key)
			break;
		assert_int_equal(js_text(changed, false, &text), 0);
		outcome = read_text(text, &everything);
		assert_int_not_equal(outcome, 1);
	}
}

/* --- contradictions ----------------------------------------------------------------------------------------
 */

static void an_answer_that_contradicts_itself_is_none(void **state)
{
	static const char *const texts[] = {
		/* ready, with a part that is not */
		ANSWER("ready", ANSWER_LAPTOP("ready", ANSWER_BAD_LEAF("not-encrypted"), ANSWER_CHECKS), ""),
		ANSWER("ready", ANSWER_LAPTOP("ready", ANSWER_BAD_LEAF("unknown"), ANSWER_CHECKS), ""),
		ANSWER("ready", ANSWER_LAPTOP("not-ready", ANSWER_BAD_LEAF("not-encrypted"), ANSWER_CHECKS),
			ANSWER_GOOD_DEVICE),
		ANSWER("ready", ANSWER_LAPTOP("not-ready", ANSWER_BAD_LEAF("weak"), ANSWER_CHECKS), ""),
		ANSWER("ready",
			ANSWER_LAPTOP("ready", ANSWER_GOOD_LEAF,
				ANSWER_CHECKS_BUT_SCREEN
				"," ANSWER_CHECK("screen-lock", "unknown", "x", "y")),
			""),
		ANSWER("ready", ANSWER_LAPTOP("ready", ANSWER_GOOD_LEAF, ANSWER_CHECKS),
			ANSWER_DEVICE("a", "A", "not-ready", "x", "y", "true", "null")),
		/* not ready, and nothing stands in the way */
		ANSWER("not-ready", ANSWER_LAPTOP("ready", ANSWER_GOOD_LEAF, ANSWER_CHECKS),
			ANSWER_GOOD_DEVICE),
		ANSWER("not-ready", ANSWER_LAPTOP("not-ready", ANSWER_GOOD_LEAF, ANSWER_CHECKS), ""),
		/* nothing was looked at */
		ANSWER("ready", ANSWER_LAPTOP("ready", "", ANSWER_CHECKS), ""),
		ANSWER("ready", ANSWER_LAPTOP("ready", ANSWER_GOOD_LEAF, ""), ""),
		ANSWER("ready", ANSWER_LAPTOP("ready", ANSWER_GOOD_LEAF, ANSWER_CHECKS_BUT_SCREEN), ""),
		/* the computer stays, and nobody said that it should */
		ANSWER("ready", ANSWER_STAYS, ANSWER_GOOD_DEVICE),
	};

	for (size_t i = 0; i < ELEMENTS(texts); i++)
		if (read_text(texts[i], &everything) != -EBADMSG)
			fail_msg("believed: %s", texts[i]);
}

static void an_answer_to_another_question_is_none(void **state)
{
	static const char *const camera[] = {"Blue Room camera"}, *const other[] = {"Red Room camera"};
	static const char *const both[] = {"Blue Room camera", "Red Room camera"}, *const id[] = {
											   "disk-3f9a1c07be"};

	assert_int_equal(
		read_text(ANSWER_READY, &(struct result_wanted){.take = camera, .take_count = 1}), 1);
	assert_int_equal(read_text(ANSWER_READY, &(struct result_wanted){.take = id, .take_count = 1}), 1);
	assert_int_equal(
		read_text(ANSWER_READY, &(struct result_wanted){.take = other, .take_count = 1}), -EBADMSG);
	assert_int_equal(
		read_text(ANSWER_READY, &(struct result_wanted){.take = both, .take_count = 2}), -EBADMSG);
	assert_int_equal(read_text(ANSWER_READY, &(struct result_wanted){.leave_laptop = true}), -EBADMSG);
	assert_int_equal(
		read_text(ANSWER("ready", ANSWER_STAYS, ""), &(struct result_wanted){.leave_laptop = true}),
		-EBADMSG);
}

#define WEAK_LAPTOP(verdict) \
	ANSWER_LAPTOP(verdict, ANSWER_BAD_LEAF("weak") "," ANSWER_GOOD_LEAF, ANSWER_CHECKS)

static void weak_is_accepted_only_where_the_agent_accepted_it(void **state)
{
	_cleanup_js_ struct js *answer = answer_parse(ANSWER_BY("true", "ready", WEAK_LAPTOP("ready"), ""));
	_cleanup_result_ struct result result = {0};
	const char *problem;

	assert_int_equal(result_read(answer, &everything, &result, &problem), 0);
	assert_true(result.ready);
	assert_int_equal(result.rows[0].rank, RESULT_WEAK_ALLOWED);
	assert_string_equal(result.rows[0].state, "weak, allowed");
	assert_int_equal(read_text(ANSWER("not-ready", WEAK_LAPTOP("not-ready"), ""), &everything), 0);
	assert_int_equal(read_text(ANSWER("ready", WEAK_LAPTOP("ready"), ""), &everything), -EBADMSG);
}

/* Something else stands in the way: the weak disk, which is accepted, is not blamed for it. */
static void an_accepted_weak_disk_is_no_obstacle_beside_others(void **state)
{
	_cleanup_js_ struct js *answer = answer_parse(ANSWER_BY("true", "not-ready",
		ANSWER_LAPTOP("not-ready", ANSWER_BAD_LEAF("weak"),
			ANSWER_CHECKS_BUT_SCREEN
			"," ANSWER_CHECK("screen-lock", "fail", "Never.", "Turn it on.")),
		""));
	_cleanup_result_ struct result result = {0};
	_cleanup_steps_ struct steps steps = {0};
	const char *problem;

	assert_int_equal(result_read(answer, &everything, &result, &problem), 0);
	assert_int_equal(steps_make(&result, &steps), 0);
	assert_int_equal(steps.count, 1);
	assert_string_equal(steps.list[0].about, "Screen lock");
	assert_int_equal(result_count(&result, RESULT_WEAK_ALLOWED), 1);
	assert_int_equal(result_count(&result, RESULT_WEAK), 0);
}

static void a_computer_that_could_not_be_judged_is_a_row_of_its_own(void **state)
{
	_cleanup_js_ struct js *answer = answer_parse(ANSWER("not-ready",
		"{\"included\": true, \"verdict\": \"not-ready\", \"error\": \"No disk could be found to "
		"judge.\","
		" \"storage\": [], \"checks\": []}",
		ANSWER_GOOD_DEVICE));
	_cleanup_result_ struct result result = {0};
	const char *problem;

	assert_int_equal(result_read(answer, &everything, &result, &problem), 0);
	assert_false(result.ready);
	assert_string_equal(result.rows[0].what, "This computer");
	assert_string_equal(result.rows[0].reason, "No disk could be found to judge.");
}

/* --- rows and steps ----------------------------------------------------------------------------------------
 */

static void the_worst_comes_first(void **state)
{
	static const struct {
		const char *what, *state;
	} rows[] = {
		{"This computer's disk (sda5, swap)", "not encrypted"},
		{"This computer's disk (sda5, swap)", "unknown"},
		{"This computer's disk (sda5, swap)", "weak"},
		{"Blue Room camera", "not ready"},
		{"Red Room camera", "not plugged in"},
		{"Attic camera", "not plugged in"},
		{"Screen lock", "not in order"},
		{"This computer's disk (nvme0n1p3, /, /home)", "encrypted"},
	};
	_cleanup_js_ struct js *answer = answer_parse(ANSWER_MIXED);
	_cleanup_result_ struct result result = {0};
	const char *problem;

	assert_int_equal(result_read(answer, &everything, &result, &problem), 0);
	assert_int_equal(result.count, 4 + 8 + 4);
	for (size_t i = 0; i < ELEMENTS(rows); i++) {
		assert_string_equal(result.rows[i].what, rows[i].what);
		assert_string_equal(result.rows[i].state, rows[i].state);
		assert_int_equal(result_fine(&result.rows[i]), i == ELEMENTS(rows) - 1);
	}
	assert_int_equal(result.rows[result.count - 1].rank, RESULT_OFF);
	assert_int_equal(result_count(&result, RESULT_ABSENT), 2);
}

static void each_fix_is_named_once_with_all_it_is_about(void **state)
{
	_cleanup_js_ struct js *answer = answer_parse(ANSWER_MIXED);
	_cleanup_result_ struct result result = {0};
	_cleanup_steps_ struct steps steps = {0};
	const char *problem;

	assert_int_equal(result_read(answer, &everything, &result, &problem), 0);
	assert_int_equal(steps_make(&result, &steps), 0);
	assert_int_equal(steps.count, 4);
	assert_string_equal(steps.list[0].fix, "A fix.");
	assert_int_equal(steps.list[0].command_count, 1);
	assert_string_equal(steps.list[1].about, "Blue Room camera");
	assert_string_equal(steps.list[1].fix, "Ask the technician to look at this.");
	assert_string_equal(steps.list[2].about, "Red Room camera, Attic camera");
	assert_string_equal(steps.list[3].fix, "Turn it on.");
}

static void a_long_list_of_uses_is_cut(void **state)
{
	_cleanup_js_ struct js *answer = answer_parse(ANSWER("ready",
		ANSWER_LAPTOP("ready",
			ANSWER_LEAF("/dev/sda2", "[\"/\", \"/a\", \"/b\", \"/c\", \"/d\"]", "encrypted", "x",
				"", "null"),
			ANSWER_CHECKS),
		""));
	_cleanup_result_ struct result result = {0};
	const char *problem;

	assert_int_equal(result_read(answer, &everything, &result, &problem), 0);
	assert_string_equal(result.rows[0].what, "This computer's disk (sda2, /, /a, /b and 2 more)");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_whole_answer_is_believed),
		cmocka_unit_test(an_answer_without_any_one_of_its_members_is_none),
		cmocka_unit_test(a_member_of_another_kind_makes_it_none),
		cmocka_unit_test(no_single_word_can_turn_into_ready),
		cmocka_unit_test(an_answer_that_contradicts_itself_is_none),
		cmocka_unit_test(an_answer_to_another_question_is_none),
		cmocka_unit_test(weak_is_accepted_only_where_the_agent_accepted_it),
		cmocka_unit_test(an_accepted_weak_disk_is_no_obstacle_beside_others),
		cmocka_unit_test(a_computer_that_could_not_be_judged_is_a_row_of_its_own),
		cmocka_unit_test(the_worst_comes_first),
		cmocka_unit_test(each_fix_is_named_once_with_all_it_is_about),
		cmocka_unit_test(a_long_list_of_uses_is_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
