/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * The words in which everybody speaks of what a file contains: the worker that looked, the pool that asked,
 * the gate that acts, and the person who is told.
 *
 * An answer is for people and for logs: it never holds a child's name, matched text, a file's name or a piece
 * of its content. The worst of several answers wins, and of two that are equally bad the first.
 */

#include "base/cleanup.h"

enum inspect_verdict {
	INSPECT_PASS = 0,
	INSPECT_ASK,
	INSPECT_REFUSE,
};

enum inspect_cause {
	INSPECT_CLEAN = 0,
	INSPECT_IMAGE,
	INSPECT_FILM,
	INSPECT_AUDIO,
	INSPECT_NAMES,
	INSPECT_UNREADABLE, /* of an unknown kind, encrypted, too deep, too large, took too long, or the
			       worker died */
};

#define INSPECT_SENTENCE 256

struct inspect_answer {
	enum inspect_verdict verdict;
	enum inspect_cause cause;
	char sentence[INSPECT_SENTENCE]; /* plain English with a full stop; empty when it passes */
};

/* "pass", "ask", "refuse"; "clean", "image", ... Never NULL. */
const char *inspect_verdict_name(enum inspect_verdict verdict);
const char *inspect_cause_name(enum inspect_cause cause);

/* Takes over the new verdict if it is worse than what the answer says already. */
void inspect_answer_worsen(struct inspect_answer *answer, enum inspect_verdict verdict,
	enum inspect_cause cause, const char *sentence);

/* What came from a process that read hostile bytes: false unless it is an answer as above. An answer that
 * does not pass and has no sentence is none. */
bool inspect_answer_valid(const struct inspect_answer *answer);
