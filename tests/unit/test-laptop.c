/* SPDX-License-Identifier: GPL-3.0-or-later */

/* The judge's answer: what is whole and good is ready, everything else is not, and no malformed answer
 * passes.
 */

#include "outing/laptop.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define LEAF(device, verdict)                                                                  \
	"{\"device\":\"" device "\",\"used_for\":[\"/\"],\"verdict\":\"" verdict               \
	"\",\"reason\":\"So it is.\",\"fix\":\"\",\"command\":null,\"chain\":[\"it: LUKS2\"]," \
	"\"external\":false,\"bytes\":1000}"
#define CHECK(word, verdict)                             \
	"{\"check\":\"" word "\",\"verdict\":\"" verdict \
	"\",\"reason\":\"So it is.\",\"fix\":\"\",\"details\":[]}"
#define SEVEN                                                                                          \
	CHECK("passwords", "pass")                                                                     \
	"," CHECK("automatic-login", "pass") "," CHECK("screen-lock", "pass") "," CHECK(               \
		"malware", "pass") "," CHECK("passwords-reviewed", "pass") "," CHECK("install-rights", \
		"pass") "," CHECK("updates", "off")
#define EIGHT SEVEN "," CHECK("hibernation", "pass")
#define REPLY(storage, checks)                           \
	"{\"storage\":[" storage "],\"checks\":[" checks \
	"],\"judged_at\":\"2026-11-22T09:30:00Z\",\"error\":null}"
#define GOOD REPLY(LEAF("/dev/sda2", "encrypted"), EIGHT)

static bool judge_by(const char *reply, const struct laptop_rules *rules, struct js **ret_laptop)
{
	bool ready = true;

	assert_int_equal(laptop_judge(reply, strlen(reply), rules, ret_laptop, &ready), 0);
	assert_non_null(*ret_laptop);
	assert_string_equal(js_get_string(*ret_laptop, "verdict"), ready ? "ready" : "not-ready");
	return ready;
}

static bool is_ready(const char *reply, bool accept_weak)
{
	_cleanup_js_ struct js *laptop = NULL;

	return judge_by(reply, &(struct laptop_rules){LAPTOP_STORAGE_AND_CHECKS, accept_weak}, &laptop);
}

/* Not ready because it was not understood, not because of what it says. */
static void assert_unreadable(const char *what, const char *reply)
{
	_cleanup_js_ struct js *laptop = NULL;
	const char *error;

	if (judge_by(reply, &(struct laptop_rules){LAPTOP_STORAGE_AND_CHECKS, true}, &laptop))
		fail_msg("ready although %s: %s", what, reply);
	error = js_get_string(laptop, "error");
	if (!error || !strstr(error, "cannot be understood"))
		fail_msg("understood although %s: %s", what, reply);
	assert_true(js_is_array(js_get(laptop, "storage")) && js_length(js_get(laptop, "storage")) == 0);
	assert_true(js_is_array(js_get(laptop, "checks")) && js_length(js_get(laptop, "checks")) == 0);
}

static void a_whole_answer_is_kept_whole(void **state)
{
	_cleanup_js_ struct js *laptop = NULL;
	const struct js *leaf;
	bool included = false;

	assert_true(judge_by(GOOD "\n", &(struct laptop_rules){LAPTOP_STORAGE_AND_CHECKS, false}, &laptop));
	assert_int_equal(js_get_bool(laptop, "included", &included), 0);
	assert_true(included);
	assert_null(js_get(laptop, "error"));
	assert_int_equal(js_length(js_get(laptop, "checks")), 8);
	leaf = js_at(js_get(laptop, "storage"), 0);
	assert_string_equal(js_get_string(leaf, "device"), "/dev/sda2");
	assert_string_equal(js_string(js_at(js_get(leaf, "chain"), 0)), "it: LUKS2");
}

static void each_leaf_must_pass(void **state)
{
	assert_true(is_ready(
		REPLY(LEAF("/dev/sda1", "exempt") "," LEAF("/dev/sda2", "encrypted"), EIGHT), false));
	assert_false(is_ready(REPLY(LEAF("/dev/sda1", "weak"), EIGHT), false));
	assert_true(is_ready(REPLY(LEAF("/dev/sda1", "weak"), EIGHT), true));
	assert_false(is_ready(REPLY(LEAF("/dev/sda1", "not-encrypted"), EIGHT), true));
	assert_false(is_ready(REPLY(LEAF("/dev/sda1", "unknown"), EIGHT), true));
	assert_false(is_ready(
		REPLY(LEAF("/dev/sda1", "encrypted") "," LEAF("/dev/sda2", "not-encrypted"), EIGHT), true));
	assert_false(is_ready(
		REPLY(LEAF("/dev/sda1", "unknown") "," LEAF("/dev/sda2", "encrypted"), EIGHT), true));
}

#define LOOSE(device, use)                                                                     \
	"{\"device\":\"" device "\",\"used_for\":[\"" use "\"],\"verdict\":\"not-encrypted\"," \
	"\"reason\":\"It is plain.\",\"fix\":\"Take it out.\",\"command\":\"x\",\"chain\":[]," \
	"\"external\":true,\"bytes\":1000}"

static bool is_ready_beside(const char *disk, const char *leaf)
{
	const struct laptop_guest guest = {.disk = disk, .name = "Blue Room camera"};
	_cleanup_free_ char *reply = NULL;
	_cleanup_js_ struct js *laptop = NULL;
	const char *reason;
	bool ready;

	assert_true(asprintf(&reply, REPLY(LEAF("/dev/nvme0n1p2", "encrypted") ",%s", EIGHT), leaf) > 0);
	ready = judge_by(reply, &(struct laptop_rules){LAPTOP_STORAGE_AND_CHECKS, false, &guest, 1}, &laptop);
	reason = js_get_string(js_at(js_get(laptop, "storage"), 1), "reason");
	assert_string_equal(js_get_string(js_at(js_get(laptop, "storage"), 1), "verdict"),
		ready ? "exempt" : "not-encrypted");
	assert_int_equal(ready, strstr(reason, "Blue Room camera") != NULL);
	return ready;
}

/* A cleared camera must be plugged in to be judged, so it cannot stand in the way of the laptop. */
static void a_device_that_travels_by_itself_is_not_the_computers(void **state)
{
	assert_true(is_ready_beside("/dev/sda", LOOSE("/dev/sda1", "not mounted")));
	assert_true(is_ready_beside("/dev/sda", LOOSE("/dev/sda", "not mounted")));
	assert_true(is_ready_beside("/dev/mmcblk0", LOOSE("/dev/mmcblk0p12", "not mounted")));
	assert_true(is_ready_beside("/dev/sda", LOOSE("/dev/sda1", "/media/kim/STICK")));
	assert_false(is_ready_beside("/dev/sda", LOOSE("/dev/sdaa1", "not mounted")));
	assert_false(is_ready_beside("/dev/sda", LOOSE("/dev/sdb1", "not mounted")));
	assert_false(is_ready_beside("/dev/sda1", LOOSE("/dev/sda12", "not mounted")));
	assert_false(is_ready_beside("/dev/sda", LOOSE("/dev/sda1x", "not mounted")));
	assert_false(is_ready_beside("/dev/mmcblk0", LOOSE("/dev/mmcblk0p", "not mounted")));
	assert_false(is_ready_beside("", LOOSE("/dev/sda1", "not mounted")));
	assert_false(is_ready_beside("/dev/sda", LOOSE("/dev/sda1", "/")));
	assert_false(is_ready_beside("/dev/sda", LOOSE("/dev/sda1", "not mounted\",\"swap")));
	/* built into the computer */
	assert_false(is_ready_beside("/dev/nvme0n1", LEAF("/dev/nvme0n1p3", "not-encrypted")));
	assert_true(is_ready_beside("/dev/sda", LOOSE("/dev/sda", "outside the partitions")));
}

static void a_computer_is_more_than_what_hangs_on_it(void **state)
{
	const struct laptop_guest guest = {.disk = "/dev/sda", .name = "Blue Room camera"};
	const struct laptop_rules rules = {LAPTOP_STORAGE_AND_CHECKS, false, &guest, 1};
	_cleanup_js_ struct js *laptop = NULL, *other = NULL;

	assert_false(judge_by(REPLY(LOOSE("/dev/sda1", "not mounted"), EIGHT), &rules, &laptop));
	assert_false(judge_by(REPLY("{\"external\":true}", EIGHT), &rules, &other));
}

static void each_check_must_be_there_and_pass(void **state)
{
	assert_false(is_ready(
		REPLY(LEAF("/dev/sda2", "encrypted"), SEVEN "," CHECK("hibernation", "fail")), true));
	assert_false(is_ready(
		REPLY(LEAF("/dev/sda2", "encrypted"), SEVEN "," CHECK("hibernation", "unknown")), true));
	assert_true(is_ready(
		REPLY(LEAF("/dev/sda2", "encrypted"), SEVEN "," CHECK("hibernation", "off")), false));
	assert_false(is_ready(REPLY(LEAF("/dev/sda2", "encrypted"), SEVEN), true));
	assert_false(is_ready(REPLY(LEAF("/dev/sda2", "encrypted"), CHECK("passwords", "pass")), true));
}

static void an_error_of_the_judge_is_passed_on(void **state)
{
	static const char reply[] = "{\"storage\":[],\"checks\":[],\"judged_at\":\"2026-11-22T09:30:00Z\","
				    "\"error\":\"No disk.\"}";
	static const char beside[] = "{\"storage\":[" LEAF("/dev/sda2",
		"encrypted") "],\"checks\":[" EIGHT "],\"judged_at\":\"2026-11-22T09:30:00Z\",\"error\":"
			     "\"The configuration is broken.\"}";
	_cleanup_js_ struct js *laptop = NULL, *second = NULL;
	const struct laptop_rules rules = {LAPTOP_STORAGE_AND_CHECKS, true};

	assert_false(judge_by(reply, &rules, &laptop));
	assert_string_equal(js_get_string(laptop, "error"), "No disk.");
	assert_false(judge_by(beside, &rules, &second));
	assert_string_equal(js_get_string(second, "error"), "The configuration is broken.");
	assert_int_equal(js_length(js_get(second, "storage")), 1);
}

static void storage_alone_can_be_asked_for(void **state)
{
	const struct laptop_rules rules = {LAPTOP_STORAGE, false};
	_cleanup_js_ struct js *good = NULL, *odd = NULL;

	assert_true(judge_by(REPLY(LEAF("/dev/sda2", "encrypted"), ""), &rules, &good));
	assert_false(judge_by(GOOD, &rules, &odd));
	assert_false(is_ready(REPLY(LEAF("/dev/sda2", "encrypted"), ""), true));
}

static void nothing_found_is_not_nothing_wrong(void **state)
{
	assert_unreadable("there is no storage", REPLY("", EIGHT));
	assert_unreadable("there is nothing at all", REPLY("", ""));
	assert_unreadable("there are no checks", REPLY(LEAF("/dev/sda2", "encrypted"), ""));
}

/* A copy of text with the first `from` replaced; owned by the caller. */
static char *with(const char *text, const char *from, const char *to)
{
	const char *at = strstr(text, from);
	char *copy = NULL;

	if (!at)
		fail_msg("\"%s\" is not in the answer", from);
	assert_true(asprintf(&copy, "%.*s%s%s", (int)(at - text), text, to, at + strlen(from)) > 0);
	return copy;
}

static void a_member_that_is_missing_or_strange_spoils_all(void **state)
{
	static const struct {
		const char *what, *from, *to;
	} changes[] = {
		{"device is missing", "\"device\":\"/dev/sda2\",", ""},
		{"device is empty", "\"/dev/sda2\"", "\"\""},
		{"device is a number", "\"/dev/sda2\"", "7"},
		{"device is null", "\"/dev/sda2\"", "null"},
		{"used_for is missing", "\"used_for\":[\"/\"],", ""},
		{"used_for is empty", "[\"/\"]", "[]"},
		{"used_for holds an empty text", "[\"/\"]", "[\"\"]"},
		{"used_for holds a number", "[\"/\"]", "[1]"},
		{"used_for is a text", "[\"/\"]", "\"/\""},
		{"verdict is missing", "\"verdict\":\"encrypted\",", ""},
		{"verdict is another word", "\"encrypted\"", "\"Encrypted\""},
		{"verdict is empty", "\"encrypted\"", "\"\""},
		{"verdict is a check's word", "\"encrypted\"", "\"pass\""},
		{"verdict is true", "\"encrypted\"", "true"},
		{"verdict stands there twice", "\"verdict\":\"encrypted\"",
			"\"verdict\":\"not-encrypted\",\"verdict\":\"encrypted\""},
		{"verdict ends early", "\"encrypted\"", "\"encrypted\\u0000not\""},
		{"reason is missing", "\"reason\":\"So it is.\",", ""},
		{"reason is empty", "\"So it is.\"", "\"\""},
		{"fix is missing", "\"fix\":\"\",", ""},
		{"fix is null", "\"fix\":\"\"", "\"fix\":null"},
		{"command is missing", "\"command\":null,", ""},
		{"command is empty", "\"command\":null", "\"command\":\"\""},
		{"command is an array", "\"command\":null", "\"command\":[]"},
		{"chain is missing", "\"chain\":[\"it: LUKS2\"],", ""},
		{"chain is empty", "[\"it: LUKS2\"]", "[]"},
		{"chain is an object", "[\"it: LUKS2\"]", "{}"},
		{"external is missing", "\"external\":false,", ""},
		{"external is a text", "\"external\":false", "\"external\":\"false\""},
		{"external is null", "\"external\":false", "\"external\":null"},
		{"bytes is missing", ",\"bytes\":1000", ""},
		{"bytes is negative", ":1000", ":-1"},
		{"bytes is a fraction", ":1000", ":1000.5"},
		{"bytes is a text", ":1000", ":\"1000\""},
		{"a leaf has one member more", ":1000", ":1000,\"colour\":\"red\""},
		{"a leaf is a text", LEAF("/dev/sda2", "encrypted"), "\"/dev/sda2\""},
		{"a leaf is null", LEAF("/dev/sda2", "encrypted"), "null"},
		{"a leaf is an array", LEAF("/dev/sda2", "encrypted"), "[]"},
		{"a check is missing its word", "\"check\":\"passwords\",", ""},
		{"a check has another word", "\"passwords\"", "\"shoes\""},
		{"a check stands there twice", "\"automatic-login\"", "\"passwords\""},
		{"a check's verdict is missing", "\"verdict\":\"pass\",", ""},
		{"a check's verdict is a leaf's word", "\"pass\"", "\"encrypted\""},
		{"a check's details are missing", ",\"details\":[]", ""},
		{"a check's details hold null", "\"details\":[]", "\"details\":[null]"},
		{"a check has one member more", "\"details\":[]", "\"details\":[],\"colour\":\"red\""},
		{"a check is a text", CHECK("passwords", "pass"), "\"passwords\""},
		{"storage is an object", "\"storage\":[" LEAF("/dev/sda2", "encrypted") "]",
			"\"storage\":{}"},
		{"storage is null", "\"storage\":[" LEAF("/dev/sda2", "encrypted") "]", "\"storage\":null"},
		{"storage is missing", "\"storage\":[" LEAF("/dev/sda2", "encrypted") "],", ""},
		{"checks are missing", "\"checks\":[" EIGHT "],", ""},
		{"checks are null", "[" EIGHT "]", "null"},
		{"judged_at is missing", "\"judged_at\":\"2026-11-22T09:30:00Z\",", ""},
		{"judged_at is no time", "2026-11-22T09:30:00Z", "this morning"},
		{"judged_at is a number", "\"2026-11-22T09:30:00Z\"", "1795339800"},
		{"error is missing", ",\"error\":null", ""},
		{"error is empty", "\"error\":null", "\"error\":\"\""},
		{"error is false", "\"error\":null", "\"error\":false"},
		{"there is one member more", "\"error\":null", "\"error\":null,\"ready\":true"},
		{"storage stands there twice", "\"error\":null",
			"\"error\":null,\"storage\":[" LEAF("/dev/sda2", "encrypted") "]"},
	};

	for (size_t i = 0; i < ELEMENTS(changes); i++) {
		_cleanup_free_ char *reply = with(GOOD, changes[i].from, changes[i].to);

		assert_unreadable(changes[i].what, reply);
	}
}

static void an_answer_cut_anywhere_is_unreadable(void **state)
{
	for (size_t n = 0; n < strlen(GOOD); n++) {
		_cleanup_free_ char *reply = strndup(GOOD, n);

		assert_unreadable("it was cut", reply);
	}
}

static void what_is_no_answer_is_unreadable(void **state)
{
	static const char *const texts[] = {"", "\n", "null", "true", "[]", "{}", "\"ready\"", "ready",
		"{\"verdict\":\"ready\"}", GOOD GOOD, GOOD " x", "x" GOOD, "\xff\xfe", "{\"storage\":[}",
		"[" GOOD "]"};
	_cleanup_js_ struct js *laptop = NULL;
	bool ready = true;

	for (size_t i = 0; i < ELEMENTS(texts); i++)
		assert_unreadable("it is none", texts[i]);
	assert_int_equal(laptop_judge(GOOD, sizeof GOOD, /* with its NUL */
				 &(struct laptop_rules){LAPTOP_STORAGE_AND_CHECKS, true}, &laptop, &ready),
		0);
	assert_false(ready);
}

static void texts_may_hold_anything_else(void **state)
{
	_cleanup_free_ char *reply = with(GOOD, "So it is.", "a \\\"quoted\\\" : and \\\\ and {\\u00e4:}");

	assert_true(is_ready(reply, false));
}

static void what_was_not_judged_is_not_ready(void **state)
{
	_cleanup_js_ struct js *unknown = laptop_unknown("No answer."), *stays = laptop_stays();
	bool included = false;

	assert_string_equal(js_get_string(unknown, "verdict"), "not-ready");
	assert_string_equal(js_get_string(unknown, "error"), "No answer.");
	assert_int_equal(js_get_bool(unknown, "included", &included), 0);
	assert_true(included);
	assert_string_equal(js_get_string(stays, "verdict"), "not-ready");
	assert_int_equal(js_get_bool(stays, "included", &included), 0);
	assert_false(included);
	assert_true(js_is_array(js_get(stays, "storage")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_whole_answer_is_kept_whole),
		cmocka_unit_test(each_leaf_must_pass),
		cmocka_unit_test(a_device_that_travels_by_itself_is_not_the_computers),
		cmocka_unit_test(a_computer_is_more_than_what_hangs_on_it),
		cmocka_unit_test(each_check_must_be_there_and_pass),
		cmocka_unit_test(an_error_of_the_judge_is_passed_on),
		cmocka_unit_test(storage_alone_can_be_asked_for),
		cmocka_unit_test(nothing_found_is_not_nothing_wrong),
		cmocka_unit_test(a_member_that_is_missing_or_strange_spoils_all),
		cmocka_unit_test(an_answer_cut_anywhere_is_unreadable),
		cmocka_unit_test(what_is_no_answer_is_unreadable),
		cmocka_unit_test(texts_may_hold_anything_else),
		cmocka_unit_test(what_was_not_judged_is_not_ready),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
