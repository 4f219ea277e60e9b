/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* What the files of the gates share: a stick with its parts, one for each file system. See gates.h. */

#include "daemon/daemon.h"
#include "daemon/gate-link.h"
#include "daemon/gate-tally.h"
#include "daemon/gates.h"

#define GATES_EXCEPTIONS_MAX 16
#define GATES_TRIES_MAX      4
#define GATES_KEEP_SECONDS   900 /* refused content waits for an exception so long, and an exception for it */

enum gates_part_state {
	GATES_PART_WAITING, /* for a person */
	GATES_PART_OPENING,
	GATES_PART_OPEN,
	GATES_PART_SHUTTING,
	GATES_PART_RESTING, /* failed, to be tried again */
	GATES_PART_ENDED,
};

struct gates_exception {
	uint64_t ticket; /* 0: not in use */
	uid_t uid;       /* who allowed it */
	char sha512[2 * GATE_DIGEST_SIZE + 1];
};

struct gates_part {
	struct gates_stick *stick;
	struct gates_part *next;
	struct gate_open wanted; /* as it is asked for */
	enum gates_part_state state;
	struct gate_link *link;
	struct watch *patience; /* until it must have been opened or shut; until it is tried again */
	unsigned tries;
	bool names_changed; /* while it was being opened */
	char mountpoint[GATE_PATH_SIZE];
	struct gate_tally tally;
	struct watch *window;
	uint64_t refused_ns; /* when it last refused something */
	struct gates_exception exception[GATES_EXCEPTIONS_MAX];
};

struct gates_stick {
	struct gates *gates;
	struct gates_stick *next;
	uint64_t plug; /* which plug-in of which medium */
	char id[IDENTITY_ID_SIZE], name[REGISTER_NAME_SIZE], room[REGISTER_TEXT_SIZE];
	char shown[REGISTER_NAME_SIZE]; /* name, else label or model: for people, not for the log */
	const char *role;               /* NULL: not registered */
	bool has_person;
	uid_t uid;
	bool leaving; /* no gate is wanted any more */
	bool ejected, failed;
	unsigned unwritten;                /* files that the medium did not take when it was shut */
	char sentence[GATE_SENTENCE_SIZE]; /* why it failed */
	struct bus_pending *eject;         /* who waits for its end */
	struct gates_part *parts;
};

struct gates {
	struct daemon *daemon;
	struct person_watch *person;
	struct gates_stick *sticks;
	struct watch *soon;
	uint64_t last_ticket;
};

struct gates_stick *gates_stick_of(struct gates *gates, const struct medium *medium);
bool gates_stick_held(const struct gates_stick *stick);
bool gates_stick_open(const struct gates_stick *stick);

/* Asks each of its parts to end; those that hold nothing have ended at once. */
void gates_stick_shut(struct gates_stick *stick);

/* --- gates-tell.c: recorded first, then told; negative errno when it could not be recorded --- */

int gates_tell_opened(struct gates_part *part);
void gates_tell_closed(struct gates_part *part, const char *end, unsigned unwritten);
void gates_tell_failed(struct gates_part *part, const char *sentence);
int gates_tell_allowed(
	struct gates_stick *stick, const struct gates_exception *exception, const char *reason);
void gates_tell_written(struct gates_part *part, const struct gates_exception *exception, const char *path);
void gates_tell_report(struct gates_part *part, const struct gate_report *report);

/* What was counted and not told yet. */
void gates_tell_rest(struct gates_part *part);

/* --- gates-call.c --- */

void gates_exception_used(struct gates_part *part, const struct gate_allowed *allowed);

/* The stick has ended: whoever ejected it is answered. */
void gates_answer_eject(struct gates_stick *stick);
