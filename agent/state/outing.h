/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Outings: what left the building, who took it where, when it was due, and what came back.
 *
 * An outing is stored only for a check that said "ready" (the caller's word), and from then on only two
 * things happen to it: parts of it are booked in, and it becomes overdue (an incident, see incident.h). It is
 * returned when nothing of it is out any more; that closes its incident in the same transaction. A device, or
 * this computer, is out at most once at a time: an index of the schema, not a look beforehand.
 *
 * "audited" says that the audit log has it too. The log is written after the outing is stored, because its
 * entry needs the number, and before anybody hears of it; an outing that a crash left without its entry is
 * found at the next start (outing_each(OUTING_UNAUDITED)).
 *
 * Functions return OUTING_OK, another enum outing_outcome, or negative errno.
 */

#include "base/cleanup.h"
#include "policy/role.h"
#include "state/register.h"

struct state;

#define OUTING_TEXT_SIZE     256 /* destination, names of people */
#define OUTING_SENTENCE_SIZE 512
#define OUTING_PEOPLE_MAX    50
#define OUTING_DEVICES_MAX   64
#define OUTING_LAPTOP        0 /* stands for a device's row where this computer is meant */

enum outing_outcome {
	OUTING_OK = 0,
	OUTING_NONE = 1, /* no such outing */
	OUTING_BAD =
		2, /* a text is empty, too long or cannot be printed; nothing travels; due before it left */
	OUTING_IS_OUT = 3,     /* something of it is out already */
	OUTING_IS_NOT_OUT = 4, /* outing_book_in(): not out in that outing */
};

struct outing_device {
	int64_t device; /* its row in the register, stable for ever */
	char id[REGISTER_ID_SIZE];
	char name[REGISTER_NAME_SIZE]; /* at that time */
	enum role role;
	int64_t seen_at;     /* first plugged in here while it was out, 0: not */
	int64_t returned_at; /* 0: out */
};

struct outing {
	uint64_t number; /* set by outing_create() */
	char destination[OUTING_TEXT_SIZE];
	char leader[OUTING_TEXT_SIZE];
	char requested_by[OUTING_TEXT_SIZE]; /* "uid 1000 (login)" */
	char sentence[OUTING_SENTENCE_SIZE]; /* what was acknowledged; may be "" */
	int64_t checked_at, left_at, due_back;
	int64_t returned_at; /* 0: something of it is out */
	bool laptop;         /* this computer travelled */
	int64_t laptop_returned_at;
	bool overdue; /* it is, or was, an incident */
	size_t device_count, person_count;
	struct outing_device device[OUTING_DEVICES_MAX];
	char person[OUTING_PEOPLE_MAX][OUTING_TEXT_SIZE]; /* who goes along, beside the leader */
};

/* "out", "overdue" or "returned". */
const char *outing_state_name(const struct outing *outing);

/* OUTING_OK or OUTING_BAD: whether outing_create() would take it, but for what is out. Pure. */
int outing_check(const struct outing *wanted);

/* Stores what wanted says, all of it out; ret_number may be NULL. */
int outing_create(struct state *state, const struct outing *wanted, uint64_t *ret_number);

/* The audit log has it. */
int outing_set_audited(struct state *state, uint64_t number);

/* Takes it away again, only while it is not audited; OUTING_NONE otherwise. */
int outing_withdraw(struct state *state, uint64_t number);

int outing_load(struct state *state, uint64_t number, struct outing *ret_outing);

enum outing_filter {
	OUTING_ALL,       /* newest first */
	OUTING_OPEN,      /* something of it is out; newest first */
	OUTING_DUE,       /* open and not yet an incident; the one due first is first */
	OUTING_UNAUDITED, /* oldest first */
};

/* At most limit (0: all), until visit returns non-zero, which is then returned. visit may not write. */
int outing_each(struct state *state, enum outing_filter filter, unsigned limit,
	int (*visit)(const struct outing *outing, void *data), void *data);

struct outing_part {
	uint64_t outing;
	int64_t device; /* row in the register, or OUTING_LAPTOP */
};

/* Books all of the parts in, or, with OUTING_IS_NOT_OUT, none. */
int outing_book_in(struct state *state, const struct outing_part *parts, size_t count, int64_t at);

/* The device was plugged in here. OUTING_IS_NOT_OUT when it is not out; the first time is kept. */
int outing_see(struct state *state, int64_t device, int64_t at);
