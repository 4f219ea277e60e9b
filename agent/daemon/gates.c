/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * The life of a gate: waiting for a person, being opened, open, being shut, ended; and what of a stick is
 * wanted. Every way out of "open" goes through one function, so that a gate that ended is always recorded,
 * and whoever waits for that goes on. See gates.h.
 */

#include "daemon/gates.h"

#include "base/clock.h"
#include "base/log.h"
#include "daemon/devices.h"
#include "daemon/gates-internal.h"
#include "daemon/person.h"
#include "daemon/tasks.h"
#include "state/name.h"

#include <string.h>

#define OPEN_PATIENCE_MS 120000
#define SHUT_PATIENCE_MS 300000
#define STOP_PATIENCE_MS 25000 /* the unit's TimeoutStopSec= is longer */
#define NOT_IN_TIME      "The gate of this stick did not answer in time."
#define NOT_RECORDED                                                                                        \
	"That this stick was opened could not be recorded, so it stays closed. Ask the technician to look " \
	"at "                                                                                               \
	"the journal of outingd."
#define NOT_SHUT_IN_TIME \
	"The gate of this stick could not be shut in time; what was copied last may be missing on it."

static const char *const types[] = {"vfat", "exfat", "ntfs", "ext2", "ext3", "ext4"};

/* --- what can be offered --- */

static bool can_mount(const struct device_volume *volume)
{
	for (size_t i = 0; *volume->node && i < ELEMENTS(types); i++)
		if (strcmp(volume->type, types[i]) == 0)
			return true;
	return false;
}

bool gates_can_mount(const struct device_facts *facts)
{
	for (size_t i = 0; i < facts->volumes; i++)
		if (can_mount(&facts->volume[i]))
			return true;
	return false;
}

/* --- the table --- */

struct gates_stick *gates_stick_of(struct gates *gates, const struct medium *medium)
{
	for (struct gates_stick *s = gates->sticks; s; s = s->next)
		if (s->plug == medium->plug)
			return s;
	return NULL;
}

static bool part_held(const struct gates_part *part)
{
	return part->link;
}

bool gates_stick_held(const struct gates_stick *stick)
{
	for (const struct gates_part *p = stick->parts; p; p = p->next)
		if (part_held(p))
			return true;
	return false;
}

bool gates_stick_open(const struct gates_stick *stick)
{
	for (const struct gates_part *p = stick->parts; p; p = p->next)
		if (p->state == GATES_PART_OPEN)
			return true;
	return false;
}

static void part_free(struct gates_part *part)
{
	part->link = gate_link_free(part->link);
	part->patience = watch_free(part->patience);
	part->window = watch_free(part->window);
	free(part);
}

static void stick_free(struct gates_stick *stick)
{
	struct gates_stick **at;

	for (at = &stick->gates->sticks; *at; at = &(*at)->next)
		if (*at == stick) {
			*at = stick->next;
			break;
		}
	while (stick->parts) {
		struct gates_part *part = stick->parts;

		stick->parts = part->next;
		part_free(part);
	}
	free(stick);
}

/* --- the end of a part --- */

static int follow_soon(void *data)
{
	struct gates *gates = data;

	gates->soon = watch_free(gates->soon);
	gates_follow(gates->daemon);
	tasks_move_on(gates->daemon);
	return 0;
}

/* What waits for the end of a gate goes on, but not from inside its last message. */
static void look_soon(struct gates *gates)
{
	if (!gates->soon && loop_defer(gates->daemon->loop, follow_soon, gates, &gates->soon) < 0)
		log_error("out of memory, gates are not looked at before the next event");
}

static void part_forget(struct gates_part *part)
{
	part->link = gate_link_free(part->link);
	part->patience = watch_free(part->patience);
	gates_tell_rest(part);
	part->window = watch_free(part->window);
	memset(&part->tally, 0, sizeof part->tally);
	memset(part->exception, 0, sizeof part->exception);
	part->mountpoint[0] = 0;
}

static void part_left(struct gates_part *part)
{
	struct gates_stick *stick = part->stick;

	if (stick->eject && !gates_stick_held(stick))
		gates_answer_eject(stick);
	device_changed(stick->gates->daemon, stick->id);
	look_soon(stick->gates);
}

static void part_end(struct gates_part *part)
{
	part_forget(part);
	part->state = GATES_PART_ENDED;
	part_left(part);
}

static int try_again(void *data);

static void set_patience(struct gates_part *part, uint64_t ms, loop_callback due)
{
	struct daemon *daemon = part->stick->gates->daemon;

	part->patience = watch_free(part->patience);
	if (loop_timer(daemon->loop, ms, due, part, &part->patience) < 0)
		log_error("out of memory, a gate has no time limit");
}

/* tries 1, 2, 3: after one, four and sixteen units. */
static uint64_t rest_ms(const struct gates_part *part)
{
	return part->stick->gates->daemon->options.gate_rest_ms << (2 * (part->tries - 1));
}

static void stick_failed(struct gates_stick *stick, const char *sentence)
{
	stick->failed = true;
	(void)snprintf(stick->sentence, sizeof stick->sentence, "%s", sentence);
}

/* for_good: trying again would be answered in the same way. */
static void part_failed(struct gates_part *part, const char *sentence, bool for_good)
{
	struct gates_stick *stick = part->stick;
	bool unwanted = part->state == GATES_PART_SHUTTING || stick->leaving || stick->ejected;
	bool again = !for_good && !unwanted && part->tries < GATES_TRIES_MAX;

	gates_tell_failed(part, sentence);
	part_forget(part);
	part->state = again ? GATES_PART_RESTING : GATES_PART_ENDED;
	if (again) {
		set_patience(part, rest_ms(part), try_again);
	} else {
		stick_failed(stick, sentence);
	}
	part_left(part);
}

static int not_in_time(void *data)
{
	struct gates_part *part = data;

	part_failed(part, part->state == GATES_PART_SHUTTING ? NOT_SHUT_IN_TIME : NOT_IN_TIME, false);
	return 0;
}

static void on_closed(struct gates_part *part, const struct gate_closed *closed)
{
	bool asked = part->state == GATES_PART_SHUTTING;
	const char *sentence = *closed->sentence ? closed->sentence : "The gate of this stick failed.";

	part->stick->unwritten += closed->unwritten;
	switch ((enum gate_end)closed->end) {
	case GATE_END_SHUT:
		gates_tell_closed(part, asked ? "asked" : "ejected", closed->unwritten);
		break;
	case GATE_END_GONE:
		gates_tell_closed(part, "pulled", closed->unwritten);
		break;
	case GATE_END_REFUSED:
	case GATE_END_BROKEN:
		/* Also what was refused: an earlier gate of it may only just be ending. */
		part_failed(part, sentence, false);
		return;
	}
	/* Its person has ejected it, or it is not there any more: no gate before the next plug-in. */
	if (!asked || closed->end == GATE_END_GONE)
		part->stick->ejected = true;
	part_end(part);
}

static const char *broken_sentence(int error)
{
	switch (-error) {
	case ENOENT:
	case ECONNREFUSED:
		return "The service that opens sticks is not running. Ask the technician to start it: sudo "
		       "systemctl start outing-gate.socket";
	case EAGAIN:
		return "Too many sticks are being opened at once.";
	case ENAMETOOLONG:
		return "The name of this stick's device is too long to be worked with.";
	default:
		return "The gate of this stick ended unexpectedly.";
	}
}

static void on_ended(const struct gate_closed *closed, int error, void *data)
{
	struct gates_part *part = data;

	if (closed) {
		on_closed(part, closed);
		return;
	}
	log_errno(LOG_LEVEL_ERROR, error, "%s: the gate of %s", part->stick->id, part->wanted.node);
	part_failed(part, broken_sentence(error), false);
}

/* --- opening --- */

static void give_up(struct gates_stick *stick, const char *sentence)
{
	stick_failed(stick, sentence);
	gates_stick_shut(stick);
}

static void on_opened(const char *mountpoint, void *data)
{
	struct gates_part *part = data;
	struct gates_stick *stick = part->stick;

	if (part->state != GATES_PART_OPENING)
		return;
	part->patience = watch_free(part->patience);
	part->state = GATES_PART_OPEN;
	(void)snprintf(part->mountpoint, sizeof part->mountpoint, "%s", mountpoint);
	/* What cannot be recorded does not stay, nor what would go by names that are out of date. */
	if (gates_tell_opened(part) < 0)
		give_up(stick, NOT_RECORDED);
	else if (part->names_changed && gate_link_names(part->link) < 0)
		give_up(stick, NOT_IN_TIME);
	part->names_changed = false;
	device_changed(stick->gates->daemon, stick->id);
}

static void on_report(const struct gate_report *report, void *data)
{
	gates_tell_report(data, report);
}

static void on_allowed(const struct gate_allowed *allowed, void *data)
{
	gates_exception_used(data, allowed);
}

static const struct gate_link_events link_events = {
	.opened = on_opened, .report = on_report, .allowed = on_allowed, .ended = on_ended};

static void part_open(struct gates_part *part)
{
	struct gates_stick *stick = part->stick;
	struct daemon *daemon = stick->gates->daemon;
	int r;

	part->tries++;
	part->names_changed = false;
	part->wanted.uid = stick->uid;
	part->state = GATES_PART_OPENING;
	set_patience(part, OPEN_PATIENCE_MS, not_in_time);
	r = *part->wanted.node ? gate_link_open(daemon->loop, daemon->options.gate_socket, &part->wanted,
					 &link_events, part, &part->link)
			       : -ENAMETOOLONG;
	if (r >= 0)
		return;
	log_errno(LOG_LEVEL_ERROR, r, "%s: no gate for %s", stick->id, part->wanted.node);
	part_failed(part, broken_sentence(r), r == -ENAMETOOLONG);
}

static int try_again(void *data)
{
	struct gates_part *part = data;

	part->patience = watch_free(part->patience);
	part_open(part);
	return 0;
}

/* The first one who is there has the stick. */
static void stick_open(struct gates_stick *stick)
{
	if (!stick->has_person && person_present(stick->gates->person, &stick->uid) < 0)
		return;
	stick->has_person = true;
	for (struct gates_part *p = stick->parts; p; p = p->next)
		if (p->state == GATES_PART_WAITING)
			part_open(p);
}

static int on_person(void *data)
{
	struct gates *gates = data;

	for (struct gates_stick *s = gates->sticks; s; s = s->next)
		if (!s->leaving && !s->ejected && !s->has_person)
			stick_open(s);
	return 0;
}

/* --- shutting --- */

static void part_shut(struct gates_part *part)
{
	struct daemon *daemon = part->stick->gates->daemon;

	switch (part->state) {
	case GATES_PART_WAITING:
	case GATES_PART_RESTING:
		part_end(part);
		return;
	case GATES_PART_OPENING:
	case GATES_PART_OPEN:
		break;
	case GATES_PART_SHUTTING:
	case GATES_PART_ENDED:
		return;
	}
	part->state = GATES_PART_SHUTTING;
	set_patience(part, daemon->stopping ? STOP_PATIENCE_MS : SHUT_PATIENCE_MS, not_in_time);
	/* Whoever does not even take that is not waited for; but perhaps this is inside its last message. */
	if (gate_link_shut(part->link) < 0)
		set_patience(part, 0, not_in_time);
}

void gates_stick_shut(struct gates_stick *stick)
{
	for (struct gates_part *p = stick->parts; p; p = p->next)
		part_shut(p);
}

/* --- what is wanted --- */

/* Only what was recorded is acted on, and a job has the medium for itself. */
static bool is_wanted(struct daemon *daemon, const struct medium *medium)
{
	return !daemon->stopping && medium->decision == DECISION_GATE && medium->told_any &&
	       medium->told == DECISION_GATE && !job_of_device(daemon->jobs, medium->identity.id);
}

static void describe(struct gates_stick *stick, const struct medium *medium)
{
	const char *label =
		medium->registered || medium->facts.volumes == 0 ? "" : medium->facts.volume[0].label;
	_cleanup_free_ char *clean = name_clean(label, sizeof stick->shown);
	char buffer[REGISTER_NAME_SIZE];

	(void)snprintf(stick->id, sizeof stick->id, "%s", medium->identity.id);
	(void)snprintf(stick->name, sizeof stick->name, "%s", medium->registered ? medium->entry.name : "");
	(void)snprintf(stick->room, sizeof stick->room, "%s", medium->registered ? medium->entry.room : "");
	(void)snprintf(stick->shown, sizeof stick->shown, "%s",
		clean && *clean ? clean : medium_name(medium, buffer, sizeof buffer));
	stick->role = medium->registered ? role_name(medium->entry.role) : NULL;
}

static int add_part(
	struct gates_stick *stick, const struct medium *medium, const struct device_volume *volume)
{
	struct gates_part *part = calloc(1, sizeof *part);
	_cleanup_free_ char *label =
		name_clean(*volume->label ? volume->label : medium->facts.product, sizeof part->wanted.label);

	if (!part || !label) {
		free(part);
		return -ENOMEM;
	}
	part->stick = stick;
	part->next = stick->parts;
	part->wanted.diskseq = medium->facts.diskseq;
	part->wanted.keep_seconds = GATES_KEEP_SECONDS;
	(void)snprintf(part->wanted.type, sizeof part->wanted.type, "%s", volume->type);
	(void)snprintf(part->wanted.label, sizeof part->wanted.label, "%s", label);
	if (facts_copy(part->wanted.node, sizeof part->wanted.node, volume->node))
		part->wanted.node[0] = 0;
	stick->parts = part;
	return 0;
}

static void add_stick(struct gates *gates, const struct medium *medium)
{
	struct gates_stick *stick = calloc(1, sizeof *stick);
	int r = stick ? 0 : -ENOMEM;

	if (stick) {
		*stick = (struct gates_stick){.gates = gates, .plug = medium->plug, .next = gates->sticks};
		gates->sticks = stick;
		describe(stick, medium);
	}
	for (size_t i = 0; r >= 0 && i < medium->facts.volumes; i++)
		if (can_mount(&medium->facts.volume[i]))
			r = add_part(stick, medium, &medium->facts.volume[i]);
	if (r < 0)
		log_errno(LOG_LEVEL_ERROR, r, "%s: no gate", medium->identity.id);
	if (r < 0 && stick)
		stick_free(stick);
	if (r < 0)
		return;
	stick_open(stick);
	device_changed(gates->daemon, stick->id);
}

/* While udev looks at it again, which opening a gate may cause, a gate that is there stays. */
static bool is_kept(struct daemon *daemon, const struct medium *medium)
{
	return is_wanted(daemon, medium) ||
	       (!daemon->stopping && medium->decision == DECISION_WAIT && medium->told_any &&
		       medium->told == DECISION_GATE && !medium->ambiguous &&
		       !job_of_device(daemon->jobs, medium->identity.id));
}

static struct medium *medium_of(struct daemon *daemon, const struct gates_stick *stick)
{
	for (struct medium *m = media_first(daemon->media); m; m = m->next)
		if (m->plug == stick->plug)
			return m;
	return NULL;
}

/* One that was ejected is remembered as long as it is plugged in, whatever is decided about it. */
static void follow_stick(struct gates_stick *stick)
{
	struct daemon *daemon = stick->gates->daemon;
	const struct medium *medium = medium_of(daemon, stick);

	if (medium)
		describe(stick, medium);
	if (!medium || (!stick->ejected && !is_kept(daemon, medium)))
		stick->leaving = true;
	if (!stick->leaving)
		return;
	gates_stick_shut(stick);
	if (!gates_stick_held(stick))
		stick_free(stick);
}

void gates_follow(struct daemon *daemon)
{
	struct gates *gates = daemon->gates;
	struct gates_stick *next;

	for (struct gates_stick *s = gates->sticks; s; s = next) {
		next = s->next;
		follow_stick(s);
	}
	for (struct medium *m = media_first(daemon->media); m; m = m->next)
		if (is_wanted(daemon, m) && !gates_stick_of(gates, m))
			add_stick(gates, m);
}

bool gates_release(struct daemon *daemon, const char *device)
{
	gates_follow(daemon);
	for (const struct gates_stick *s = daemon->gates->sticks; s; s = s->next)
		if (strcmp(s->id, device) == 0 && gates_stick_held(s))
			return false;
	return true;
}

/* A gate that cannot be told is shut: it would go on judging by names that are out of date. */
void gates_names_changed(struct daemon *daemon)
{
	for (struct gates_stick *s = daemon->gates->sticks; s; s = s->next)
		for (struct gates_part *p = s->parts; p; p = p->next) {
			p->names_changed = p->state == GATES_PART_OPENING;
			if (p->state == GATES_PART_OPEN && gate_link_names(p->link) < 0)
				part_failed(p, broken_sentence(-EPIPE), false);
		}
}

void gates_stop(struct daemon *daemon)
{
	for (struct gates_stick *s = daemon->gates->sticks; s; s = s->next) {
		s->leaving = true;
		gates_stick_shut(s);
	}
}

bool gates_idle(const struct daemon *daemon)
{
	for (const struct gates_stick *s = daemon->gates->sticks; s; s = s->next)
		if (gates_stick_held(s))
			return false;
	return true;
}

/* --- what is seen of it --- */

static const char *closed_sentence(const struct gates_stick *stick)
{
	if (!stick->has_person)
		return "It opens as soon as somebody logs in at this computer.";
	for (const struct gates_part *p = stick->parts; p; p = p->next)
		if (p->state == GATES_PART_RESTING)
			return "It could not be opened; it is tried again in a moment.";
	return NULL;
}

static bool is_pending(const struct gates_stick *stick)
{
	for (const struct gates_part *p = stick->parts; p; p = p->next)
		if (p->state != GATES_PART_ENDED)
			return true;
	return false;
}

static const char *first_mountpoint(const struct gates_stick *stick)
{
	const char *found = NULL;

	for (const struct gates_part *p = stick->parts; p; p = p->next)
		if (p->state == GATES_PART_OPEN)
			found = p->mountpoint;
	return found;
}

enum gates_state gates_state(struct daemon *daemon, const struct medium *medium, const char **ret_mountpoint,
	const char **ret_sentence)
{
	const struct gates_stick *stick = gates_stick_of(daemon->gates, medium);

	*ret_mountpoint = *ret_sentence = NULL;
	if (!stick || (stick->leaving && !gates_stick_held(stick)))
		return GATES_NONE;
	if (gates_stick_open(stick)) {
		*ret_mountpoint = first_mountpoint(stick);
		return GATES_OPEN;
	}
	if (is_pending(stick)) {
		*ret_sentence = closed_sentence(stick);
		return GATES_CLOSED;
	}
	if (stick->failed) {
		*ret_sentence = stick->sentence;
		return GATES_FAILED;
	}
	*ret_sentence = "It was ejected and may be unplugged. To use it again, unplug it and plug it in.";
	return GATES_EJECTED;
}

size_t gates_open_count(const struct daemon *daemon)
{
	size_t count = 0;

	for (const struct gates_stick *s = daemon->gates->sticks; s; s = s->next)
		count += gates_stick_open(s);
	return count;
}

int gates_new(struct daemon *daemon, struct gates **ret_gates)
{
	_cleanup_(gates_freep) struct gates *gates = calloc(1, sizeof *gates);
	int r;

	if (!gates)
		return -ENOMEM;
	gates->daemon = daemon;
	r = person_watch_new(daemon->loop, daemon->options.fake_person, on_person, gates, &gates->person);
	if (r < 0)
		return r;
	*ret_gates = TAKE_PTR(gates);
	return 0;
}

struct gates *gates_free(struct gates *gates)
{
	if (!gates)
		return NULL;
	while (gates->sticks)
		stick_free(gates->sticks);
	gates->soon = watch_free(gates->soon);
	gates->person = person_watch_free(gates->person);
	free(gates);
	return NULL;
}
