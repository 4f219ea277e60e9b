/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * What a person is told at one time: a line, a few sentences, and what may be chosen. Pure.
 *
 * Texts are plain and clean (no control or direction characters); who shows them escapes them for the place.
 */

#include "base/cleanup.h"

enum note_weight {
	NOTE_PROGRESS, /* comes and goes; nobody misses it */
	NOTE_PLAIN,
	NOTE_URGENT, /* stays until it is seen */
};

enum note_action {
	NOTE_KEEP = 1 << 0,
	NOTE_ENCRYPT = 1 << 1,
	NOTE_MANAGER = 1 << 2,
};
#define NOTE_ACTIONS 3

struct note {
	enum note_weight weight;
	int percent;      /* 0 to 100; -1: none */
	unsigned actions; /* enum note_action, or-ed */
	char *summary;
	char *body;
};
#define NOTE_NULL ((struct note){.percent = -1})

void note_clear(struct note *note);
#define _cleanup_note_ _cleanup_(note_clear)

/* 0 or -ENOMEM. */
int note_copy(const struct note *note, struct note *ret_note);

/* "keep" and its like, as programs name an action; and what stands on its button. NULL for none of ours. */
const char *note_action_word(enum note_action action);
const char *note_action_label(enum note_action action);
/* 0 for a word that is none. */
unsigned note_action_of(const char *word);

/* Copy for a place that reads markup: <, >, & and quotes as entities. Owned by the caller, NULL when out of
 * memory. */
char *note_escape(const char *text);
