/* SPDX-License-Identifier: GPL-3.0-or-later */

/* What is done about a plugged-in device, as a table of cases. */

#include "policy/decide.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

/* A plain medium of that role on which nothing is special. */
#define PLUGGED(r) .role = (r), .is_disk = true, .external = true, .settled = true, .medium_present = true

/* A plain stick as it comes from the shop. */
#define STICK(r) PLUGGED(r), .mountable = true

struct row {
	const char *story;
	struct decide_facts facts;
	bool manual;
	enum decision expected;
	const char *says;
	enum config_removable_unencrypted unencrypted; /* 0: "gate" */
	enum config_removable_encrypted encrypted;     /* 0: "allow" */
	enum config_unknown_device unknown;            /* 0: "refuse" */
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
	{"encrypted stick", {PLUGGED(ROLE_STICK), .encrypted = true, .proven = true}, false, DECISION_LEAVE,
		"is encrypted."},
	{"encrypted stick, read-only", {PLUGGED(ROLE_STICK), .encrypted = true, .proven = true}, false,
		DECISION_LEAVE, "only be read", .encrypted = CONFIG_ENCRYPTED_READ_ONLY},
	{"encrypted stick, refused", {PLUGGED(ROLE_STICK), .encrypted = true, .proven = true}, false,
		DECISION_REFUSE, "Ask the manager", .encrypted = CONFIG_ENCRYPTED_REFUSE},
	{"a model that encrypts by itself is not gated", {STICK(ROLE_STICK), .proven = true}, false,
		DECISION_LEAVE, "is encrypted."},
	{"a header that protects nothing", {PLUGGED(ROLE_STICK), .encrypted = true}, false, DECISION_LEAVE,
		"looks encrypted"},
	{"plain stick", {STICK(ROLE_STICK)}, false, DECISION_GATE, "looked at first"},
	{"plain stick, read-only", {STICK(ROLE_STICK)}, false, DECISION_LEAVE, "only be read",
		.unencrypted = CONFIG_UNENCRYPTED_READ_ONLY},
	{"plain stick, refused", {STICK(ROLE_STICK)}, false, DECISION_REFUSE, "encrypted one",
		.unencrypted = CONFIG_UNENCRYPTED_REFUSE},
	{"plain stick without a file system", {PLUGGED(ROLE_STICK)}, false, DECISION_LEAVE, "no file system"},
	{"the same, refused", {PLUGGED(ROLE_STICK)}, false, DECISION_REFUSE, "not used here",
		.unencrypted = CONFIG_UNENCRYPTED_REFUSE},
	{"stick whose clear was cut", {STICK(ROLE_STICK), .clear_interrupted = true}, false, DECISION_LEAVE,
		"cut short"},
	{"two sticks of one identity", {STICK(ROLE_STICK), .ambiguous = true}, false, DECISION_REFUSE,
		"told apart"},
	{"stick that is still looked at",
		{.role = ROLE_STICK,
			.is_disk = true,
			.external = true,
			.medium_present = true,
			.mountable = true},
		false, DECISION_WAIT, "still looking"},
	{"unknown stick", {STICK(ROLE_NONE)}, false, DECISION_UNKNOWN, "manager can register"},
	{"unknown stick where they are gated", {STICK(ROLE_NONE)}, false, DECISION_GATE, "looked at first",
		.unknown = CONFIG_UNKNOWN_GATE},
	{"unknown stick where they are like others, and others are refused", {STICK(ROLE_NONE)}, false,
		DECISION_REFUSE, "not used here", .unencrypted = CONFIG_UNENCRYPTED_REFUSE,
		.unknown = CONFIG_UNKNOWN_GATE},
	{"unknown encrypted stick", {PLUGGED(ROLE_NONE), .encrypted = true, .proven = true}, false,
		DECISION_UNKNOWN, "not registered"},
	{"unknown encrypted stick where they are like others",
		{PLUGGED(ROLE_NONE), .encrypted = true, .proven = true}, false, DECISION_LEAVE,
		"is encrypted.", .unknown = CONFIG_UNKNOWN_GATE},
	{"unknown phone that speaks MTP, where sticks are gated",
		{.role = ROLE_NONE, .external = true, .settled = true, .mountable = true}, false,
		DECISION_UNKNOWN, "not registered", .unknown = CONFIG_UNKNOWN_GATE},
	{"stick that speaks MTP", {.role = ROLE_STICK, .external = true, .settled = true, .mountable = true},
		false, DECISION_LEAVE, "not answer like a stick"},
	{"camera's card, where unknown sticks are gated", {STICK(ROLE_CAMERA)}, false, DECISION_OFFLOAD,
		"offloaded now", .unknown = CONFIG_UNKNOWN_GATE},
	{"unknown card in a registered reader, where unknown sticks are gated", {STICK(ROLE_READER)}, false,
		DECISION_UNKNOWN, "card in this reader", .unknown = CONFIG_UNKNOWN_GATE},
	{"phone by mass storage is not gated", {STICK(ROLE_PHONE)}, false, DECISION_LEAVE,
		"nothing is copied"},
	{"stick of which encrypting was cut short", {PLUGGED(ROLE_STICK), .encrypt_interrupted = true}, false,
		DECISION_LEAVE, "goes on where it stopped"},
	{"stick that was written, but not recorded so",
		{PLUGGED(ROLE_STICK), .encrypt_interrupted = true, .encrypted = true}, false, DECISION_LEAVE,
		"puts them back"},
	{"encrypted stick without its files", {PLUGGED(ROLE_STICK), .not_put_back = true, .encrypted = true},
		false, DECISION_LEAVE, "puts them back"},
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
	{"PTP camera", {.role = ROLE_CAMERA, .external = true, .settled = true}, false, DECISION_OFFLOAD,
		"camera is registered and is being offloaded"},
	{"PTP camera, by hand", {.role = ROLE_CAMERA, .external = true, .settled = true}, true,
		DECISION_LEAVE, "when somebody asks"},
	{"PTP camera whose emptying was cut short",
		{.role = ROLE_CAMERA, .external = true, .settled = true, .clear_interrupted = true}, true,
		DECISION_RESUME_CLEAR, "Emptying this device was interrupted"},
	{"stick that speaks PTP", {.role = ROLE_STICK, .external = true, .settled = true}, false,
		DECISION_LEAVE, "does not answer like a stick"},
	{"PTP camera, unknown", {.role = ROLE_NONE, .external = true, .settled = true}, false,
		DECISION_UNKNOWN, "not registered"},
	{"MTP phone", {.role = ROLE_PHONE, .external = true, .settled = true}, false, DECISION_OFFLOAD,
		"device is registered and is being offloaded"},
	{"one of two MTP tablets that cannot be told apart",
		{.role = ROLE_TABLET, .external = true, .settled = true, .ambiguous = true}, false,
		DECISION_REFUSE, "cannot be told apart"},
	{"nothing known at all", {.is_disk = true}, false, DECISION_IGNORE, "part of the computer"},
};

static void each_case_has_its_answer(void **state)
{
	struct config config;
	const char *reason;

	for (size_t i = 0; i < ELEMENTS(rows); i++) {
		config_defaults(&config);
		config.offload.automatic = !rows[i].manual;
		config.removable.unencrypted = rows[i].unencrypted;
		config.removable.encrypted = rows[i].encrypted;
		config.removable.unknown_device = rows[i].unknown;
		reason = NULL;
		if (decide_medium(&rows[i].facts, &config, &reason) != rows[i].expected)
			fail_msg("%s: wrong decision (\"%s\")", rows[i].story, reason);
		if (!reason || !strstr(reason, rows[i].says))
			fail_msg("%s: says \"%s\"", rows[i].story, reason);
		if (reason[strlen(reason) - 1] != '.')
			fail_msg("%s: not a sentence", rows[i].story);
	}
}

/* One bit each. */
static struct decide_facts facts_of(unsigned bits, enum role role)
{
	return (struct decide_facts){
		.role = role,
		.is_disk = bits & 1,
		.external = bits & 2,
		.holds_system = bits & 4,
		.settled = bits & 8,
		.medium_present = bits & 16,
		.encrypted = bits & 32,
		.ambiguous = bits & 64,
		.clear_interrupted = bits & 128,
		.proven = bits & 256,
		.mountable = bits & 512,
	};
}

/* Over all combinations: nothing starts by itself unless all that must be known is known. */
static void nothing_ever_starts_on_doubt(void **state)
{
	struct config config;
	const char *reason;

	config_defaults(&config);
	for (unsigned bits = 0; bits < 256; bits++)
		for (int role = ROLE_NONE; role <= ROLE_READER; role++) {
			struct decide_facts f = facts_of(bits, (enum role)role);
			enum decision d = decide_medium(&f, &config, &reason);
			bool card = role == ROLE_CAMERA && f.is_disk && f.external && f.medium_present;
			bool files = (role == ROLE_CAMERA || role == ROLE_PHONE || role == ROLE_TABLET) &&
				     !f.is_disk;
			bool certain = (card || files) && !f.holds_system && f.settled && !f.encrypted &&
				       !f.ambiguous;

			assert_non_null(reason);
			assert_int_equal(d == DECISION_OFFLOAD || d == DECISION_RESUME_CLEAR, certain);
		}
}

/* Over all combinations and settings: the gate opens only what is certainly a plain stick of somebody who may
 * use it. */
static void the_gate_never_opens_on_doubt(void **state)
{
	struct config config;
	const char *reason;

	config_defaults(&config);
	for (unsigned bits = 0; bits < 4096; bits++)
		for (int role = ROLE_NONE; role <= ROLE_READER; role++) {
			struct decide_facts f = facts_of(bits, (enum role)role);
			bool ours, certain;

			config.removable.unknown_device =
				bits & 1024 ? CONFIG_UNKNOWN_GATE : CONFIG_UNKNOWN_REFUSE;
			config.removable.unencrypted =
				bits & 2048 ? CONFIG_UNENCRYPTED_GATE : CONFIG_UNENCRYPTED_READ_ONLY;
			ours = role == ROLE_STICK || (role == ROLE_NONE && bits & 1024);
			certain = ours && bits & 2048 && f.is_disk && f.external && !f.holds_system &&
				  f.settled && f.medium_present && !f.encrypted && !f.ambiguous &&
				  !f.clear_interrupted && !f.proven && f.mountable;
			assert_int_equal(decide_medium(&f, &config, &reason) == DECISION_GATE, certain);
		}
}

static void words_are_stable(void **state)
{
	enum role role = ROLE_NONE;

	assert_string_equal(decision_name(DECISION_RESUME_CLEAR), "resume-clear");
	assert_string_equal(decision_name(DECISION_WAIT), "wait");
	assert_string_equal(decision_name(DECISION_GATE), "gate");
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
		cmocka_unit_test(the_gate_never_opens_on_doubt),
		cmocka_unit_test(words_are_stable),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
