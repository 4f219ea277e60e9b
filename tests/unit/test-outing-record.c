/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Outings, incidents and attestations: what is out is out once, and comes back once. */

#include "folder.h"

#include "state/outing.h"

#include "base/fault.h"
#include "state/attest.h"
#include "state/database.h"
#include "state/incident.h"
#include "state/state.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/wait.h>

#include <cmocka.h>

#define LEFT 1790000000
#define DUE  (LEFT + 3600)

struct world {
	char directory[32];
	char path[64];
	struct state *state;
	int64_t camera, stick; /* rows in the register */
	struct outing wanted, found;
};

static int64_t add_device(struct state *state, const char *name, enum role role, const char *key)
{
	struct registered_device device = {.role = role, .kind = "disk", .added_by = "uid 0"};
	int64_t number = 0;

	(void)snprintf(device.id, sizeof device.id, "disk-%s", key);
	(void)snprintf(device.name, sizeof device.name, "%s", name);
	(void)snprintf(device.key, sizeof device.key, "%s", key);
	(void)snprintf(device.device_key, sizeof device.device_key, "%s", key);
	assert_int_equal(register_add(state, &device, &number), REGISTER_OK);
	return number;
}

static void wish(struct world *w)
{
	struct outing *o = &w->wanted;

	*o = (struct outing){.destination = "Farm",
		.leader = "Robin Example",
		.requested_by = "uid 1000 (robin)",
		.sentence = "Bring it back.",
		.checked_at = LEFT - 1,
		.left_at = LEFT,
		.due_back = DUE,
		.laptop = true,
		.device_count = 2,
		.person_count = 2};
	o->device[0] = (struct outing_device){
		.device = w->camera, .id = "disk-cam", .name = "Blue Room camera", .role = ROLE_CAMERA};
	o->device[1] = (struct outing_device){
		.device = w->stick, .id = "disk-stick", .name = "Office stick", .role = ROLE_STICK};
	(void)snprintf(o->person[0], OUTING_TEXT_SIZE, "Kim Example");
	(void)snprintf(o->person[1], OUTING_TEXT_SIZE, "Jo Example");
}

static int set_up(void **state)
{
	struct world *w = calloc(1, sizeof *w);

	assert_non_null(w);
	(void)snprintf(w->directory, sizeof w->directory, "/tmp/outing-XXXXXX");
	assert_non_null(mkdtemp(w->directory));
	(void)snprintf(w->path, sizeof w->path, "%s/state.db", w->directory);
	assert_int_equal(state_open(w->path, &w->state, NULL), STATE_OK);
	w->camera = add_device(w->state, "Blue Room camera", ROLE_CAMERA, "cam");
	w->stick = add_device(w->state, "Office stick", ROLE_STICK, "stick");
	wish(w);
	*state = w;
	return 0;
}

static int tear_down(void **state)
{
	struct world *w = *state;

	w->state = state_close(w->state);
	assert_int_equal(folder_remove(w->directory), 0);
	free(w);
	return 0;
}

static uint64_t create(struct world *w)
{
	uint64_t number = 0;

	assert_int_equal(outing_create(w->state, &w->wanted, &number), OUTING_OK);
	assert_true(number > 0);
	return number;
}

static void load(struct world *w, uint64_t number)
{
	assert_int_equal(outing_load(w->state, number, &w->found), OUTING_OK);
}

static void what_is_stored_is_what_was_said(void **state)
{
	struct world *w = *state;
	const struct outing *o = &w->found;
	uint64_t number = create(w);

	load(w, number);
	assert_true(
		o->number == number && o->left_at == LEFT && o->due_back == DUE && o->checked_at == LEFT - 1);
	assert_string_equal(o->destination, "Farm");
	assert_string_equal(o->leader, "Robin Example");
	assert_string_equal(o->requested_by, "uid 1000 (robin)");
	assert_string_equal(o->sentence, "Bring it back.");
	assert_true(o->laptop && o->laptop_returned_at == 0 && o->returned_at == 0 && !o->overdue);
	assert_int_equal(o->device_count, 2);
	assert_true(o->device[0].device == w->camera && o->device[0].role == ROLE_CAMERA);
	assert_string_equal(o->device[1].name, "Office stick");
	assert_true(o->device[1].returned_at == 0 && o->device[1].seen_at == 0);
	assert_int_equal(o->person_count, 2);
	assert_string_equal(o->person[1], "Jo Example");
	assert_string_equal(outing_state_name(o), "out");
	assert_int_equal(outing_load(w->state, number + 1, &w->found), OUTING_NONE);
}

static void bad_outings_are_not_stored(void **state)
{
	struct world *w = *state;
	struct outing *o = &w->wanted;

	o->destination[0] = 0;
	assert_int_equal(outing_create(w->state, o, NULL), OUTING_BAD);
	wish(w);
	(void)snprintf(o->leader, sizeof o->leader, "two\nlines");
	assert_int_equal(outing_create(w->state, o, NULL), OUTING_BAD);
	wish(w);
	o->requested_by[0] = 0;
	assert_int_equal(outing_create(w->state, o, NULL), OUTING_BAD);
	wish(w);
	o->due_back = LEFT;
	assert_int_equal(outing_create(w->state, o, NULL), OUTING_BAD);
	wish(w);
	o->person[1][0] = 0;
	assert_int_equal(outing_create(w->state, o, NULL), OUTING_BAD);
	wish(w);
	o->laptop = false;
	o->device_count = 0;
	assert_int_equal(outing_create(w->state, o, NULL), OUTING_BAD);
	wish(w);
	o->person_count = OUTING_PEOPLE_MAX + 1;
	assert_int_equal(outing_check(o), OUTING_BAD);
	wish(w);
	o->device_count = OUTING_DEVICES_MAX + 1;
	assert_int_equal(outing_check(o), OUTING_BAD);
	assert_int_equal(outing_load(w->state, 1, &w->found), OUTING_NONE);
}

static void what_is_out_cannot_leave_again(void **state)
{
	struct world *w = *state;
	uint64_t first = create(w);

	w->wanted.device_count = 1;
	w->wanted.laptop = false;
	assert_int_equal(outing_create(w->state, &w->wanted, NULL), OUTING_IS_OUT);
	w->wanted.device_count = 0;
	w->wanted.laptop = true;
	assert_int_equal(outing_create(w->state, &w->wanted, NULL), OUTING_IS_OUT);
	assert_int_equal(outing_load(w->state, first + 1, &w->found), OUTING_NONE);
	assert_int_equal(
		outing_book_in(w->state, &(struct outing_part){first, OUTING_LAPTOP}, 1, DUE), OUTING_OK);
	assert_true(create(w) > first);
}

static void it_is_returned_when_all_of_it_is_back(void **state)
{
	struct world *w = *state;
	uint64_t number = create(w);
	struct outing_part parts[] = {{number, w->camera}, {number, w->stick}};

	assert_int_equal(outing_book_in(w->state, parts, 2, DUE - 10), OUTING_OK);
	load(w, number);
	assert_true(w->found.device[0].returned_at == DUE - 10 && w->found.returned_at == 0);
	assert_string_equal(outing_state_name(&w->found), "out");
	assert_int_equal(outing_book_in(w->state, &(struct outing_part){number, OUTING_LAPTOP}, 1, DUE - 5),
		OUTING_OK);
	load(w, number);
	assert_true(w->found.returned_at == DUE - 5 && w->found.laptop_returned_at == DUE - 5);
	assert_string_equal(outing_state_name(&w->found), "returned");
}

static void what_is_not_out_cannot_come_back_and_takes_nothing_with_it(void **state)
{
	struct world *w = *state;
	uint64_t number = create(w);
	struct outing_part parts[] = {{number, w->camera}, {number, w->camera}};
	struct outing_part strange = {number, w->stick + 1}, other = {number + 1, w->camera};
	struct outing_part laptop = {number + 1, OUTING_LAPTOP};

	assert_int_equal(outing_book_in(w->state, parts, 2, DUE), OUTING_IS_NOT_OUT);
	load(w, number);
	assert_true(w->found.device[0].returned_at == 0);
	assert_int_equal(outing_book_in(w->state, &strange, 1, DUE), OUTING_IS_NOT_OUT);
	assert_int_equal(outing_book_in(w->state, &other, 1, DUE), OUTING_IS_NOT_OUT);
	assert_int_equal(outing_book_in(w->state, &laptop, 1, DUE), OUTING_IS_NOT_OUT);
}

static void a_laptop_that_stayed_cannot_come_back(void **state)
{
	struct world *w = *state;
	struct outing_part part = {.device = OUTING_LAPTOP};

	w->wanted.laptop = false;
	part.outing = create(w);
	assert_int_equal(outing_book_in(w->state, &part, 1, DUE), OUTING_IS_NOT_OUT);
}

static struct incident overdue(uint64_t number)
{
	return (struct incident){
		.kind = INCIDENT_OVERDUE, .sentence = "It is not back.", .at = DUE + 60, .outing = number};
}

static int keep_incident(const struct incident *incident, void *data)
{
	*(struct incident *)data = *incident;
	return 1;
}

static void an_outing_becomes_an_incident_once_and_its_end_closes_it(void **state)
{
	struct world *w = *state;
	uint64_t number, incident = 0;
	struct incident wanted, found = {0};

	w->wanted.laptop = false;
	number = create(w);
	wanted = overdue(number);
	assert_int_equal(incident_open(w->state, &wanted, &incident), INCIDENT_OK);
	assert_int_equal(incident_open(w->state, &wanted, NULL), INCIDENT_EXISTS);
	load(w, number);
	assert_string_equal(outing_state_name(&w->found), "overdue");
	assert_int_equal(
		outing_book_in(w->state, &(struct outing_part){number, w->camera}, 1, DUE + 90), OUTING_OK);
	assert_int_equal(incident_each(w->state, 1, keep_incident, &found), 1);
	assert_true(found.closed_at == 0 && found.number == incident && found.outing == number);
	assert_int_equal(
		outing_book_in(w->state, &(struct outing_part){number, w->stick}, 1, DUE + 99), OUTING_OK);
	assert_int_equal(incident_each(w->state, 1, keep_incident, &found), 1);
	assert_true(found.closed_at == DUE + 99 && found.at == DUE + 60);
	assert_string_equal(found.kind, INCIDENT_OVERDUE);
	assert_string_equal(found.sentence, "It is not back.");
	assert_string_equal(found.device, "");
	load(w, number);
	assert_string_equal(outing_state_name(&w->found), "returned");
	assert_true(w->found.overdue);
}

static void bad_incidents_are_not_stored(void **state)
{
	struct world *w = *state;
	struct incident wanted = {.sentence = "It is not back.", .at = DUE}, found;

	assert_int_equal(incident_open(w->state, &wanted, NULL), INCIDENT_BAD);
	wanted = (struct incident){.kind = "lost", .sentence = "two\nlines", .at = DUE};
	assert_int_equal(incident_open(w->state, &wanted, NULL), INCIDENT_BAD);
	assert_int_equal(incident_each(w->state, 0, keep_incident, &found), 0);
	wanted = (struct incident){.kind = "lost", .sentence = "Gone.", .at = DUE, .device = "disk-cam"};
	assert_int_equal(incident_open(w->state, &wanted, NULL), INCIDENT_OK);
	assert_int_equal(incident_open(w->state, &wanted, NULL), INCIDENT_OK);
	assert_int_equal(incident_each(w->state, 0, keep_incident, &found), 1);
	assert_string_equal(found.device, "disk-cam");
	assert_true(found.outing == 0);
}

struct numbers {
	uint64_t number[8];
	size_t count;
};

static int note(const struct outing *outing, void *data)
{
	struct numbers *numbers = data;

	numbers->number[numbers->count++] = outing->number;
	return 0;
}

static struct numbers list(struct world *w, enum outing_filter filter, unsigned limit)
{
	struct numbers numbers = {{0}, 0};

	assert_int_equal(outing_each(w->state, filter, limit, note, &numbers), 0);
	return numbers;
}

static void each_list_has_what_it_says(void **state)
{
	struct world *w = *state;
	struct incident incident;
	struct numbers n;
	uint64_t late, soon;

	w->wanted.device_count = 0;
	w->wanted.due_back = DUE + 500;
	late = create(w);
	wish(w);
	w->wanted.laptop = false;
	soon = create(w);
	n = list(w, OUTING_ALL, 0);
	assert_true(n.count == 2 && n.number[0] == soon && n.number[1] == late);
	assert_int_equal(list(w, OUTING_ALL, 1).count, 1);
	n = list(w, OUTING_DUE, 0);
	assert_true(n.count == 2 && n.number[0] == soon && n.number[1] == late);
	incident = overdue(soon);
	assert_int_equal(incident_open(w->state, &incident, NULL), INCIDENT_OK);
	n = list(w, OUTING_DUE, 0);
	assert_true(n.count == 1 && n.number[0] == late);
	assert_int_equal(list(w, OUTING_OPEN, 0).count, 2);
	assert_int_equal(
		outing_book_in(w->state, &(struct outing_part){late, OUTING_LAPTOP}, 1, DUE), OUTING_OK);
	n = list(w, OUTING_OPEN, 0);
	assert_true(n.count == 1 && n.number[0] == soon);
	assert_int_equal(list(w, OUTING_DUE, 0).count, 0);
}

static void an_outing_can_be_withdrawn_until_it_is_audited(void **state)
{
	struct world *w = *state;
	uint64_t number = create(w);

	assert_int_equal(list(w, OUTING_UNAUDITED, 0).count, 1);
	assert_int_equal(outing_withdraw(w->state, number), OUTING_OK);
	assert_int_equal(outing_load(w->state, number, &w->found), OUTING_NONE);
	assert_int_equal(outing_withdraw(w->state, number), OUTING_NONE);
	assert_true(create(w) > number); /* its number is not used again */
	number++;
	assert_int_equal(outing_set_audited(w->state, number), OUTING_OK);
	assert_int_equal(list(w, OUTING_UNAUDITED, 0).count, 0);
	assert_int_equal(outing_withdraw(w->state, number), OUTING_NONE);
	load(w, number);
	assert_int_equal(w->found.device_count, 2);
	assert_int_equal(w->found.person_count, 2);
	assert_int_equal(outing_set_audited(w->state, 99), OUTING_NONE);
}

static void the_first_plug_in_of_what_is_out_is_kept(void **state)
{
	struct world *w = *state;
	uint64_t number;

	assert_int_equal(outing_see(w->state, w->camera, DUE), OUTING_IS_NOT_OUT);
	number = create(w);
	assert_int_equal(outing_see(w->state, w->camera, DUE), OUTING_OK);
	assert_int_equal(outing_see(w->state, w->camera, DUE + 9), OUTING_OK);
	load(w, number);
	assert_true(w->found.device[0].seen_at == DUE && w->found.device[1].seen_at == 0);
	assert_int_equal(
		outing_book_in(w->state, &(struct outing_part){number, w->camera}, 1, DUE + 10), OUTING_OK);
	assert_int_equal(outing_see(w->state, w->camera, DUE + 11), OUTING_IS_NOT_OUT);
}

static void a_device_can_leave_the_register_while_it_is_out(void **state)
{
	struct world *w = *state;
	uint64_t number = create(w);

	assert_int_equal(register_remove(w->state, "Blue Room camera", "uid 0"), REGISTER_OK);
	load(w, number);
	assert_string_equal(w->found.device[0].name, "Blue Room camera");
	assert_int_equal(
		outing_book_in(w->state, &(struct outing_part){number, w->camera}, 1, DUE), OUTING_OK);
}

static void the_latest_attestation_counts(void **state)
{
	struct world *w = *state;
	struct attestation attestation = {.note = "All changed.", .at = DUE, .uid = 1000}, found;

	assert_int_equal(attest_latest(w->state, ATTEST_PASSWORDS, &found), ATTEST_NONE);
	assert_int_equal(attest_add(w->state, ATTEST_PASSWORDS, &attestation), ATTEST_OK);
	attestation = (struct attestation){.at = LEFT, .uid = 4294967294U};
	assert_int_equal(attest_add(w->state, ATTEST_PASSWORDS, &attestation), ATTEST_OK);
	assert_int_equal(attest_latest(w->state, ATTEST_PASSWORDS, &found), ATTEST_OK);
	assert_true(found.at == LEFT && found.uid == 4294967294U);
	assert_string_equal(found.note, "");
	assert_int_equal(attest_add(w->state, "everything", &attestation), ATTEST_UNKNOWN);
	(void)snprintf(attestation.note, sizeof attestation.note, "bell\a");
	assert_int_equal(attest_add(w->state, ATTEST_PASSWORDS, &attestation), ATTEST_NOTE_BAD);
	assert_int_equal(attest_latest(w->state, "everything", &found), ATTEST_NONE);
}

static void what_is_attested_of_a_device_is_of_that_device(void **state)
{
	struct world *w = *state;
	struct attestation attestation = {.note = "In its settings.", .at = LEFT, .uid = 1000}, found;

	assert_int_equal(attest_device_latest(w->state, w->camera, ATTEST_ENCRYPTED, &found), ATTEST_NONE);
	assert_int_equal(attest_device_add(w->state, w->camera, ATTEST_ENCRYPTED, &attestation), ATTEST_OK);
	attestation = (struct attestation){.at = DUE, .uid = 1001};
	assert_int_equal(attest_device_add(w->state, w->camera, ATTEST_ENCRYPTED, &attestation), ATTEST_OK);
	assert_int_equal(attest_device_latest(w->state, w->camera, ATTEST_ENCRYPTED, &found), ATTEST_OK);
	assert_true(found.at == DUE && found.uid == 1001);
	assert_int_equal(
		attest_device_latest(w->state, w->camera + 1, ATTEST_ENCRYPTED, &found), ATTEST_NONE);
	assert_int_equal(
		attest_device_add(w->state, w->camera, ATTEST_PASSWORDS, &attestation), ATTEST_UNKNOWN);
	assert_int_equal(attest_latest(w->state, ATTEST_PASSWORDS, &found), ATTEST_NONE);
}

#ifdef OUTING_FAULTS
/* One life of an outing in a child that is killed at a point; what each step had told must be there. */
enum step { STEP_NONE, STEP_CREATED, STEP_AUDITED, STEP_INCIDENT, STEP_RETURNED };

static void tell(int fd, enum step step)
{
	char c = (char)step;

	if (write(fd, &c, 1) != 1)
		_exit(9);
}

static void live(struct world *w, unsigned at, int fd)
{
	struct outing_part parts[] = {{1, w->camera}, {1, w->stick}, {1, OUTING_LAPTOP}};
	struct incident incident = overdue(1);
	char text[16];

	(void)snprintf(text, sizeof text, "%u", at);
	(void)setenv("OUTING_FAULT_AT", text, 1);
	fault_init("test");
	if (state_open(w->path, &w->state, NULL) != 0 || outing_create(w->state, &w->wanted, NULL) != 0)
		_exit(1);
	tell(fd, STEP_CREATED);
	if (outing_set_audited(w->state, 1) != 0)
		_exit(2);
	tell(fd, STEP_AUDITED);
	if (incident_open(w->state, &incident, NULL) != 0)
		_exit(3);
	tell(fd, STEP_INCIDENT);
	if (outing_book_in(w->state, parts, 3, DUE) != 0)
		_exit(4);
	tell(fd, STEP_RETURNED);
	_exit(0);
}

/* All of a step or nothing of it, and all of what was told. */
static void check_life(struct world *w, enum step told)
{
	struct incident incident = {0};
	struct outing *o = &w->found;
	int r, incidents;

	assert_int_equal(state_open(w->path, &w->state, NULL), STATE_OK);
	r = outing_load(w->state, 1, o);
	assert_true(r == OUTING_OK || (r == OUTING_NONE && told < STEP_CREATED));
	incidents = incident_each(w->state, 0, keep_incident, &incident);
	if (r == OUTING_OK) {
		assert_true(o->device_count == 2 && o->person_count == 2);
		assert_true(list(w, OUTING_UNAUDITED, 0).count == 0 || told < STEP_AUDITED);
		assert_true(incidents == 1 || told < STEP_INCIDENT);
		assert_true(o->returned_at == DUE || told < STEP_RETURNED);
		assert_true((o->returned_at != 0) == (o->device[0].returned_at != 0));
		assert_true((o->returned_at != 0) == (o->device[1].returned_at != 0));
		assert_true((o->returned_at != 0) == (o->laptop_returned_at != 0));
		assert_true(o->returned_at == 0 || incident.closed_at == DUE);
	}
	w->state = state_close(w->state);
}

static bool live_until(struct world *w, unsigned at)
{
	int ends[2], status = 0;
	char c = STEP_NONE;
	pid_t pid;

	assert_int_equal(pipe(ends), 0);
	w->state = state_close(w->state);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0)
		live(w, at, ends[1]);
	(void)close(ends[1]);
	while (read(ends[0], &c, 1) == 1)
		;
	(void)close(ends[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (WIFEXITED(status))
		assert_int_equal(WEXITSTATUS(status), 0);
	check_life(w, (enum step)c);
	return WIFEXITED(status);
}

static void a_kill_at_any_point_leaves_all_of_a_step_or_nothing(void **state)
{
	unsigned at = 1;

	for (bool done = false; !done; at++) {
		void *fresh = NULL;

		(void)set_up(&fresh);
		done = live_until(fresh, at);
		(void)tear_down(&fresh);
	}
	print_message("%u points\n", at - 2);
	assert_in_range(at, 8, 1000);
}
#else
static void a_kill_at_any_point_leaves_all_of_a_step_or_nothing(void **state)
{
	print_message("fault points are only in VARIANT=faults\n");
	skip();
}
#endif

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_is_stored_is_what_was_said),
		TEST(bad_outings_are_not_stored),
		TEST(what_is_out_cannot_leave_again),
		TEST(it_is_returned_when_all_of_it_is_back),
		TEST(what_is_not_out_cannot_come_back_and_takes_nothing_with_it),
		TEST(a_laptop_that_stayed_cannot_come_back),
		TEST(an_outing_becomes_an_incident_once_and_its_end_closes_it),
		TEST(bad_incidents_are_not_stored),
		TEST(each_list_has_what_it_says),
		TEST(an_outing_can_be_withdrawn_until_it_is_audited),
		TEST(the_first_plug_in_of_what_is_out_is_kept),
		TEST(a_device_can_leave_the_register_while_it_is_out),
		TEST(the_latest_attestation_counts),
		TEST(what_is_attested_of_a_device_is_of_that_device),
		TEST(a_kill_at_any_point_leaves_all_of_a_step_or_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
