/* SPDX-License-Identifier: GPL-3.0-or-later */

/* What is done about a plugged-in device, as a table of cases. */

#include "policy/decide.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

/* A plain medium of that role on which nothing is special. */
#define PLUGGED(r) .role = (r), .is_disk = true, .external = true, .settled = true, .medium_present = true

struct row {
	const char *story;
	struct decide_facts facts;
	bool manual;
	enum decision expected;
	const char *says;
};

static const struct row rows[] = {
	{"registered camera", {PLUGGED(ROLE_CAMERA)}, false, DECISION_OFFLOAD, "offloaded now"},
	{"registered camera, automatic off", {PLUGGED(ROLE_CAMERA)}, true, DECISION_LEAVE, "somebody asks"},
	{"camera whose clear was cut", {PLUGGED(ROLE_CAMERA), .clear_interrupted = true}, false,
		DECISION_RESUME_CLEAR, "finished now"},
	{"the same, automatic off: a half cleared card is finished all the same",
		{PLUGGED(ROLE_CAMERA), .clear_interrupted = true}, true, DECISION_RESUME_CLEAR,
		"finished now"},
	{"encrypted camera card", {PLUGGED(ROLE_CAMERA), .encrypted = true}, false, DECISION_REFUSE,
		"encrypted"},
	{"two cameras with one identity", {PLUGGED(ROLE_CAMERA), .ambiguous = true}, false, DECISION_REFUSE,
		"told apart"},
	{"ambiguous and interrupted: still refused",
		{PLUGGED(ROLE_CAMERA), .ambiguous = true, .clear_interrupted = true}, false, DECISION_REFUSE,
		"told apart"},
	{"unregistered camera", {PLUGGED(ROLE_NONE)}, false, DECISION_UNKNOWN, "not registered"},
	{"unregistered with an interrupted clear of somebody else",
		{PLUGGED(ROLE_NONE), .clear_interrupted = true}, false, DECISION_UNKNOWN, "not registered"},
	{"unknown card in a registered reader", {PLUGGED(ROLE_READER)}, false, DECISION_UNKNOWN,
		"card in this reader"},
	{"encrypted stick", {PLUGGED(ROLE_STICK), .encrypted = true}, false, DECISION_LEAVE, "and encrypted"},
	{"plain stick", {PLUGGED(ROLE_STICK)}, false, DECISION_LEAVE, "only be read"},
	{"phone by mass storage", {PLUGGED(ROLE_PHONE)}, false, DECISION_LEAVE, "nothing is copied"},
	{"tablet", {PLUGGED(ROLE_TABLET)}, false, DECISION_LEAVE, "nothing is copied"},
	{"empty reader", {.role = ROLE_READER, .is_disk = true, .external = true, .settled = true}, false,
		DECISION_LEAVE, "no card"},
	{"system disk on USB", {PLUGGED(ROLE_CAMERA), .holds_system = true}, false, DECISION_IGNORE,
		"running system"},
	{"internal disk", {.role = ROLE_CAMERA, .is_disk = true, .settled = true, .medium_present = true},
		false, DECISION_IGNORE, "part of the computer"},
	{"partitions not looked at yet",
		{.role = ROLE_CAMERA, .is_disk = true, .external = true, .medium_present = true}, false,
		DECISION_WAIT, "still looking"},
	{"PTP camera", {.role = ROLE_CAMERA, .external = true, .settled = true}, false, DECISION_LEAVE,
		"card reader"},
	{"PTP camera, unknown", {.role = ROLE_NONE, .external = true, .settled = true}, false,
		DECISION_UNKNOWN, "not registered"},
	{"MTP phone", {.role = ROLE_PHONE, .external = true, .settled = true}, false, DECISION_LEAVE,
		"nothing is copied"},
	{"nothing known at all", {.is_disk = true}, false, DECISION_IGNORE, "part of the computer"},
};

static void each_case_has_its_answer(void **state)
{
	struct config config;
	const char *reason;

	for (size_t i = 0; i < ELEMENTS(rows); i++) {
		config_defaults(&config);
		config.offload.automatic = !rows[i].manual;
		reason = NULL;
		if (decide_medium(&rows[i].facts, &config, &reason) != rows[i].expected)
			fail_msg("%s: wrong decision (\"%s\")", rows[i].story, reason);
		if (!reason || !strstr(reason, rows[i].says))
			fail_msg("%s: says \"%s\"", rows[i].story, reason);
		if (reason[strlen(reason) - 1] != '.')
			fail_msg("%s: not a sentence", rows[i].story);
	}
}

/* Over all combinations: nothing starts by itself unless all that must be known is known. */
static void nothing_ever_starts_on_doubt(void **state)
{
	struct config config;
	const char *reason;

	config_defaults(&config);
	for (unsigned bits = 0; bits < 256; bits++)
		for (int role = ROLE_NONE; role <= ROLE_READER; role++) {
			struct decide_facts f = {
				.role = (enum role)role,
				.is_disk = bits & 1,
				.external = bits & 2,
				.holds_system = bits & 4,
				.settled = bits & 8,
				.medium_present = bits & 16,
				.encrypted = bits & 32,
				.ambiguous = bits & 64,
				.clear_interrupted = bits & 128,
			};
			enum decision d = decide_medium(&f, &config, &reason);
			bool certain = role == ROLE_CAMERA && f.is_disk && f.external && !f.holds_system &&
				       f.settled && f.medium_present && !f.encrypted && !f.ambiguous;

			assert_non_null(reason);
			assert_int_equal(d == DECISION_OFFLOAD || d == DECISION_RESUME_CLEAR, certain);
		}
}

static void words_are_stable(void **state)
{
	enum role role = ROLE_NONE;

	assert_string_equal(decision_name(DECISION_RESUME_CLEAR), "resume-clear");
	assert_string_equal(decision_name(DECISION_WAIT), "wait");
	for (int i = ROLE_CAMERA; i <= ROLE_READER; i++) {
		assert_int_equal(role_parse(role_name((enum role)i), &role), 0);
		assert_int_equal(role, i);
	}
	assert_int_equal(role_parse("none", &role), -EINVAL);
	assert_int_equal(role_parse("Camera", &role), -EINVAL);
	assert_int_equal(role_parse("", &role), -EINVAL);
	assert_int_equal(role_parse(NULL, &role), -EINVAL);
	assert_string_equal(role_name(ROLE_NONE), "none");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_case_has_its_answer),
		cmocka_unit_test(nothing_ever_starts_on_doubt),
		cmocka_unit_test(words_are_stable),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
