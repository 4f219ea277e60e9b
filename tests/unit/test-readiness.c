/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Whether a device may travel, as a table of cases; and that no fact alone makes one ready. */

#include "outing/readiness.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define ALL   CONFIG_OUTING_TRANSFER_ALL
#define NAMES CONFIG_OUTING_NAMES_ONLY

/* A card of that role that is plugged in and on which nothing is known yet. */
#define PLUGGED(r, k) \
	.name = "Thing", .role = (r), .present = true, .settled = true, .kind = (k), .has_medium = true
#define CARD(r) PLUGGED(r, DEVICE_DISK)
#define CAMERA  CARD(ROLE_CAMERA), .media = "plain"
#define PTP(r)  PLUGGED(r, DEVICE_PTP)
#define EMPTIED(r)                                                                       \
	PLUGGED(r, DEVICE_MTP), .offloaded = true, .names_known = true, .cleared = true, \
				.look = READINESS_LOOKED

struct row {
	const char *story;
	struct readiness_device facts;
	enum config_outing_policy policy;
	bool ready;
	const char *action;
	const char *says, *advises;
};

static const struct row rows[] = {
	{"a cleared camera", {CAMERA, .offloaded = true, .cleared = true}, ALL, true, NULL, "was cleared",
		""},
	{"a cleared phone", {CARD(ROLE_PHONE), .cleared = true}, ALL, true, NULL, "was cleared", ""},
	{"a cleared tablet, names only", {CARD(ROLE_TABLET), .cleared = true}, NAMES, true, NULL,
		"was cleared", ""},
	{"a camera that is not there", {.name = "Thing", .role = ROLE_CAMERA}, ALL, false, NULL,
		"not plugged in", "Plug it in"},
	{"a camera that is not there although it was clear once",
		{.name = "Thing", .role = ROLE_CAMERA, .cleared = true, .offloaded = true}, ALL, false, NULL,
		"not plugged in", "Plug it in"},
	{"a camera that is out", {.name = "Thing", .role = ROLE_CAMERA, .out = true}, ALL, false, NULL,
		"out on an outing", "outing-check return"},
	{"a camera that was offloaded only", {CAMERA, .offloaded = true}, ALL, false, "offload-and-clear",
		"still on it", "clear it"},
	{"a camera that was not touched", {CAMERA}, ALL, false, "offload-and-clear", "not transferred",
		"transfer"},
	{"a camera whose clear was cut", {CAMERA, .offloaded = true, .cleared = true, .interrupted = true},
		ALL, false, "offload-and-clear", "cut short", "clear"},
	{"the same, names only", {CAMERA, .offloaded = true, .names_known = true, .interrupted = true}, NAMES,
		false, "offload-and-clear", "cut short", "clear"},
	{"a camera that is being copied", {CAMERA, .work = READINESS_OFFLOADING}, ALL, false, NULL,
		"being copied", "until that is done"},
	{"a camera that is being cleared, again", {CAMERA, .cleared = true, .work = READINESS_CLEARING}, ALL,
		false, NULL, "being cleared", "until that is done"},
	{"a camera that the system still looks at",
		{.name = "Thing", .role = ROLE_CAMERA, .present = true, .cleared = true, .has_medium = true},
		ALL, false, NULL, "still looking", "Wait"},
	{"one of two that cannot be told apart",
		{CAMERA, .cleared = true, .unclear = true, .unclear_reason = "Two are the same."}, ALL, false,
		NULL, "Two are the same.", "Unplug"},
	{"a refused one without a reason", {CAMERA, .cleared = true, .unclear = true}, ALL, false, NULL,
		"refused", "Unplug"},
	{"a camera without a card",
		{.name = "Thing",
			.role = ROLE_CAMERA,
			.present = true,
			.settled = true,
			.kind = DEVICE_DISK,
			.cleared = true},
		ALL, false, NULL, "no card", "Put the card in"},
	{"an emptied camera that speaks PTP", {EMPTIED(ROLE_CAMERA)}, ALL, false, NULL,
		"removed is not wiped", "Put its card into the card reader"},
	{"the same where that is accepted", {EMPTIED(ROLE_CAMERA), .accept_removed = true}, ALL, true, NULL,
		"Removed is not wiped. For a full clear, put its card into the card reader", ""},
	{"the same under names-only", {EMPTIED(ROLE_CAMERA)}, NAMES, true, NULL, "Removed is not wiped", ""},
	{"an emptied one that took a picture", {EMPTIED(ROLE_CAMERA), .listed = 1, .not_safe = 1}, ALL, false,
		"offload-and-clear", "holds 1 file that is not in the vault yet", "transfer and empty it"},
	{"the same under names-only", {EMPTIED(ROLE_CAMERA), .listed = 2, .not_safe = 2}, NAMES, false,
		"offload-and-clear", "holds 2 files that are not", "transfer and empty it"},
	{"an emptied one that lists a picture again", {EMPTIED(ROLE_CAMERA), .listed = 1}, ALL, false,
		"offload-and-clear", "still on it", "empty it"},
	{"an emptied one that was not looked at",
		{PTP(ROLE_CAMERA), .offloaded = true, .cleared = true, .accept_removed = true}, ALL, false,
		NULL, "could not be found out", "Unplug it"},
	{"one that could not be looked at",
		{PTP(ROLE_CAMERA), .offloaded = true, .cleared = true, .accept_removed = true,
			.look = READINESS_LOOK_FAILED, .look_reason = "It hangs."},
		ALL, false, NULL, "It hangs.", "Unplug it"},
	{"one that locked itself",
		{PTP(ROLE_PHONE), .offloaded = true, .cleared = true, .look = READINESS_LOOK_LOCKED,
			.hint = "Tap on it."},
		ALL, false, NULL, "shows no memory", "Tap on it. Then check again"},
	{"one that was offloaded only",
		{PTP(ROLE_CAMERA), .offloaded = true, .look = READINESS_LOOKED, .listed = 3}, ALL, false,
		"offload-and-clear", "still on it", "card reader"},
	{"one that is being emptied", {EMPTIED(ROLE_CAMERA), .work = READINESS_CLEARING}, ALL, false, NULL,
		"being emptied", "until that is done"},
	{"one of which emptying was cut short", {EMPTIED(ROLE_CAMERA), .interrupted = true}, NAMES, false,
		"offload-and-clear", "cut short", "empty it"},
	{"one that was not touched", {PTP(ROLE_CAMERA)}, ALL, false, "offload-and-clear", "not transferred",
		"empty it"},
	{"names only: one that was offloaded",
		{PTP(ROLE_CAMERA), .offloaded = true, .names_known = true, .look = READINESS_LOOKED,
			.listed = 3},
		NAMES, true, NULL, "no file on it has a name", ""},
	{"names only: one that took a picture since",
		{PTP(ROLE_CAMERA), .offloaded = true, .names_known = true, .look = READINESS_LOOKED,
			.listed = 4, .not_safe = 1},
		NAMES, false, "offload", "not in the vault yet", "transfer them"},
	{"names only: a name",
		{PTP(ROLE_CAMERA), .offloaded = true, .names_known = true, .named_files = 1,
			.look = READINESS_LOOKED, .listed = 3},
		NAMES, false, "offload-and-clear", "no camera has chosen", "empty it"},
	{"names only: not looked at", {PTP(ROLE_CAMERA), .offloaded = true, .names_known = true}, NAMES,
		false, NULL, "could not be found out", "Unplug it"},
	{"an emptied phone, nothing attested", {EMPTIED(ROLE_PHONE), .accept_removed = true}, ALL, false,
		NULL, "not known whether", "outingctl attest encrypted"},
	{"an emptied tablet, attested", {EMPTIED(ROLE_TABLET), .encrypted = READINESS_ATTESTED}, ALL, true,
		NULL, "Removed is not wiped. What remains in it is encrypted, as the manager says", ""},
	{"an emptied phone, attested long ago",
		{EMPTIED(ROLE_PHONE), .encrypted = READINESS_ATTESTED_LONG_AGO, .attested_days = 400}, ALL,
		false, NULL, "400 days ago", "attest encrypted"},
	{"an emptied phone, attested tomorrow", {EMPTIED(ROLE_PHONE), .encrypted = READINESS_ATTESTED_LATER},
		ALL, false, NULL, "clock is wrong", "set this computer's clock"},
	{"an attested phone with pictures on it",
		{PTP(ROLE_PHONE), .offloaded = true, .encrypted = READINESS_ATTESTED,
			.look = READINESS_LOOKED, .listed = 3},
		ALL, false, "offload-and-clear", "still on it", "empty it"},
	{"names only: a phone, transferred, nothing attested",
		{PTP(ROLE_PHONE), .offloaded = true, .names_known = true, .look = READINESS_LOOKED}, NAMES,
		false, NULL, "not known whether", "attest encrypted"},
	{"something on USB that is no camera", {PLUGGED(ROLE_CAMERA, DEVICE_OTHER), .cleared = true}, ALL,
		false, NULL, "does not answer like a camera", "Put its card into"},
	{"names only: transferred, no names", {CAMERA, .offloaded = true, .names_known = true}, NAMES, true,
		NULL, "no file on it has a name", ""},
	{"the same under transfer-all", {CAMERA, .offloaded = true, .names_known = true}, ALL, false,
		"offload-and-clear", "still on it", "clear"},
	{"names only: not transferred", {CAMERA, .names_known = true}, NAMES, false, "offload",
		"not transferred", "transfer"},
	{"names only: one name", {CAMERA, .offloaded = true, .names_known = true, .named_files = 1}, NAMES,
		false, "offload-and-clear", "holds 1 file whose name", "clear"},
	{"names only: many names", {CAMERA, .offloaded = true, .names_known = true, .named_files = 12}, NAMES,
		false, "offload-and-clear", "holds 12 files whose names", "clear"},
	{"names only: names not looked at", {CAMERA, .offloaded = true}, NAMES, false, "offload-and-clear",
		"could not be found out", "technician"},
	{"a policy that does not exist", {CAMERA, .offloaded = true, .cleared = true},
		(enum config_outing_policy)7, false, NULL, "not known", "outing.policy"},
	{"an encrypted stick", {CARD(ROLE_STICK), .media = "encrypted"}, ALL, true, NULL, "is encrypted", ""},
	{"a plain stick", {CARD(ROLE_STICK), .media = "plain"}, ALL, false, NULL, "is not encrypted",
		"take an encrypted stick"},
	{"a plain stick under names-only",
		{CARD(ROLE_STICK), .media = "plain", .offloaded = true, .names_known = true}, NAMES, false,
		NULL, "is not encrypted", "take an encrypted stick"},
	{"a stick that nothing is known about", {CARD(ROLE_STICK), .media = ""}, ALL, false, NULL,
		"could not be found out", "Unplug"},
	{"a stick without any word", {CARD(ROLE_STICK)}, ALL, false, NULL, "could not be found out",
		"Unplug"},
	{"a stick with a word that does not exist", {CARD(ROLE_STICK), .media = "encrypted?"}, ALL, false,
		NULL, "could not be found out", "Unplug"},
	{"a cleared stick", {CARD(ROLE_STICK), .media = "plain", .cleared = true}, ALL, false, NULL,
		"is not encrypted", "take an encrypted stick"},
	{"a stick of a model that encrypts", {CARD(ROLE_STICK), .media = "plain", .hardware_encrypted = true},
		ALL, true, NULL, "of a model", ""},
	{"the same, locked",
		{.name = "Thing",
			.role = ROLE_STICK,
			.present = true,
			.settled = true,
			.hardware_encrypted = true},
		ALL, true, NULL, "of a model", ""},
	{"the same, not plugged in", {.name = "Thing", .role = ROLE_STICK, .hardware_encrypted = true}, ALL,
		false, NULL, "not plugged in", "Plug it in"},
	{"an encrypted stick that is not there", {.name = "Thing", .role = ROLE_STICK, .media = "encrypted"},
		ALL, false, NULL, "not plugged in", "Plug it in"},
	{"an encrypted stick without a medium",
		{.name = "Thing", .role = ROLE_STICK, .present = true, .settled = true, .media = "encrypted"},
		ALL, false, NULL, "could not be found out", "Unplug"},
	{"an encrypted stick that cannot be told apart",
		{CARD(ROLE_STICK), .media = "encrypted", .unclear = true,
			.unclear_reason = "Two are the same."},
		ALL, false, NULL, "Two are the same.", "Unplug"},
	{"a stick that is a phone", {PLUGGED(ROLE_STICK, DEVICE_MTP), .media = "encrypted"}, ALL, false, NULL,
		"like a stick", "Leave it here"},
	{"a model that encrypts, as a camera", {CAMERA, .hardware_encrypted = true}, ALL, false,
		"offload-and-clear", "not transferred", "transfer"},
	{"a reader", {.name = "Thing", .role = ROLE_READER}, ALL, true, NULL, "holds nothing", ""},
	{"a reader that is plugged in", {CARD(ROLE_READER)}, ALL, true, NULL, "holds nothing", ""},
	{"a reader with a card in it", {CARD(ROLE_READER), .foreign_card = true}, ALL, false, NULL,
		"a card in", "Take the card out"},
	{"nobody's", {CARD(ROLE_NONE), .cleared = true, .media = "encrypted"}, ALL, false, NULL,
		"not registered", "Leave it here"},
};

static void each_case_has_its_answer(void **state)
{
	for (size_t i = 0; i < ELEMENTS(rows); i++) {
		const struct row *row = &rows[i];
		struct readiness r;
		const char *action;

		readiness_judge(&row->facts, row->policy, &r);
		action = readiness_action_name(r.action);
		if (r.ready != row->ready || (action == NULL) != (row->action == NULL) ||
			(action && strcmp(action, row->action) != 0))
			fail_msg("%s: ready %d, action %s", row->story, r.ready, action ? action : "none");
		if (!strstr(r.reason, row->says) || !strstr(r.fix, row->advises) ||
			r.ready != (r.fix[0] == 0))
			fail_msg("%s: \"%s\" \"%s\"", row->story, r.reason, r.fix);
		if (!strstr(r.reason, "Thing"))
			fail_msg("%s: its name is not in \"%s\"", row->story, r.reason);
	}
}

static struct readiness_device facts_of(unsigned bits, enum role role, enum device_kind kind)
{
	static const char *const words[] = {NULL, "", "plain", "unknown", "encrypted", "system", "camera"};

	return (struct readiness_device){.name = "Thing",
		.role = role,
		.kind = kind,
		.present = bits & 1,
		.settled = bits & 2,
		.unclear = bits & 4,
		.has_medium = bits & 8,
		.interrupted = bits & 16,
		.offloaded = bits & 32,
		.cleared = bits & 64,
		.names_known = bits & 128,
		.named_files = bits & 256 ? 3 : 0,
		.hardware_encrypted = bits & 512,
		.work = bits & 1024 ? READINESS_CLEARING : READINESS_IDLE,
		.media = words[(bits >> 11) % ELEMENTS(words)]};
}

/* Written down a second time, the other way round: what must all be true. */
static bool may_be_ready(const struct readiness_device *d, enum config_outing_policy policy)
{
	bool seen = d->present && d->settled && !d->unclear && d->kind == DEVICE_DISK;
	bool kept = policy == NAMES && d->offloaded && d->names_known && d->named_files == 0;

	if (d->role == ROLE_READER)
		return true;
	if (d->role == ROLE_STICK)
		return seen && (d->hardware_encrypted ||
				       (d->has_medium && d->media && strcmp(d->media, "encrypted") == 0));
	return d->role != ROLE_NONE && seen && d->has_medium && d->work == READINESS_IDLE &&
	       !d->interrupted && (d->cleared || kept);
}

static void every_combination_is_ready_only_when_all_is_proven(void **state)
{
	size_t ready = 0, cases = 0;

	for (enum role role = ROLE_NONE; role <= ROLE_READER; role++)
		for (enum device_kind kind = DEVICE_DISK; kind <= DEVICE_OTHER; kind++)
			for (unsigned bits = 0; bits < 7U << 11; bits++)
				for (int policy = 0; policy < 2; policy++) {
					struct readiness_device d = facts_of(bits, role, kind);
					struct readiness r;

					readiness_judge(&d, policy ? NAMES : ALL, &r);
					assert_int_equal(r.ready, may_be_ready(&d, policy ? NAMES : ALL));
					assert_true(r.reason[0] != 0);
					assert_true(!r.ready || r.action == READINESS_NO_ACTION);
					ready += r.ready;
					cases++;
				}
	print_message("%zu of %zu cases are ready\n", ready, cases);
	assert_true(ready > 0 && ready < cases);
}

static void long_names_do_not_hurt(void **state)
{
	char name[600];
	struct readiness_device d = {CAMERA};
	struct readiness r;

	memset(name, 'x', sizeof name - 1);
	name[sizeof name - 1] = 0;
	d.name = name;
	readiness_judge(&d, ALL, &r);
	assert_false(r.ready);
	assert_true(strlen(r.reason) < sizeof r.reason);
}

static void the_whole_is_ready_only_when_each_part_is(void **state)
{
	assert_true(readiness_overall(true, true, 0, 0));
	assert_true(readiness_overall(true, true, 2, 2));
	assert_true(readiness_overall(false, false, 1, 1));
	assert_false(readiness_overall(true, false, 0, 0));
	assert_false(readiness_overall(true, false, 2, 2));
	assert_false(readiness_overall(true, true, 2, 1));
	assert_false(readiness_overall(false, false, 2, 1));
	assert_false(readiness_overall(false, true, 0, 0));
	assert_false(readiness_overall(false, false, 0, 0));
}

static struct readiness_device files_of(unsigned bits, enum role role, enum device_kind kind)
{
	return (struct readiness_device){.name = "Thing",
		.role = role,
		.kind = kind,
		.present = bits & 1,
		.settled = bits & 2,
		.unclear = bits & 4,
		.interrupted = bits & 8,
		.offloaded = bits & 16,
		.cleared = bits & 32,
		.names_known = bits & 64,
		.named_files = bits & 128 ? 2 : 0,
		.work = bits & 256 ? READINESS_OFFLOADING : READINESS_IDLE,
		.listed = bits & 512 ? 3 : 0,
		.not_safe = bits & 1024 ? 1 : 0,
		.accept_removed = bits & 2048,
		.look = (enum readiness_look)(bits >> 12 & 3),
		.encrypted = (enum readiness_attested)(bits >> 14 & 3)};
}

/* Of cameras, phones and tablets over PTP and MTP, the same once more. */
static bool files_may_be_ready(const struct readiness_device *d, enum config_outing_policy policy)
{
	bool seen = d->present && d->settled && !d->unclear && d->work == READINESS_IDLE && !d->interrupted &&
		    d->look == READINESS_LOOKED && d->offloaded && d->not_safe == 0;
	bool empty = d->cleared && d->listed == 0;
	bool kept = policy == NAMES && !d->cleared && d->names_known && d->named_files == 0;

	if (d->kind == DEVICE_OTHER || !seen || !(empty || kept))
		return false;
	if (d->role == ROLE_CAMERA)
		return kept || policy == NAMES || d->accept_removed;
	return (d->role == ROLE_PHONE || d->role == ROLE_TABLET) && d->encrypted == READINESS_ATTESTED;
}

static void of_files_every_combination_too(void **state)
{
	size_t ready = 0;

	for (enum role role = ROLE_NONE; role <= ROLE_TABLET; role++)
		for (enum device_kind kind = DEVICE_PTP; kind <= DEVICE_OTHER; kind++)
			for (unsigned bits = 0; bits < 1U << 17; bits++) {
				enum config_outing_policy policy = bits >> 16 ? NAMES : ALL;
				struct readiness_device d = files_of(bits, role, kind);
				struct readiness r;

				readiness_judge(&d, policy, &r);
				if (r.ready != files_may_be_ready(&d, policy))
					fail_msg("role %d, kind %d, %x: %s", role, kind, bits, r.reason);
				assert_true(r.ready == (r.fix[0] == 0));
				assert_true(!r.ready || r.action == READINESS_NO_ACTION);
				ready += r.ready;
			}
	assert_true(ready > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_case_has_its_answer),
		cmocka_unit_test(every_combination_is_ready_only_when_all_is_proven),
		cmocka_unit_test(of_files_every_combination_too),
		cmocka_unit_test(long_names_do_not_hurt),
		cmocka_unit_test(the_whole_is_ready_only_when_each_part_is),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
