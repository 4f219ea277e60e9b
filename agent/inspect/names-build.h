/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * From what a person wrote about each child to the hashes by which that child will be recognised: every
 * spelling that must be found later becomes an entry here. Names are held in locked memory that is wiped with
 * each child, and nowhere else. Internal to the files names-*.c.
 */

#include "inspect/names-table.h"

enum names_field {
	NAMES_FIELD_NONE = 0, /* a column that is not used */
	NAMES_FIELD_FIRST,
	NAMES_FIELD_MIDDLE,
	NAMES_FIELD_KNOWN, /* known as */
	NAMES_FIELD_LAST,
	NAMES_FIELD_WHOLE, /* "Testchild, Amelia" or "Amelia Testchild" */
	NAMES_FIELD_ID,
	NAMES_FIELD_BORN,
};

enum names_build_outcome {
	NAMES_BUILD_OK = 0,
	NAMES_BUILD_NO_DATE,  /* is no date that can be understood */
	NAMES_BUILD_LONG,     /* too long, or too many words, for a name */
	NAMES_BUILD_NAMELESS, /* nothing by which this child could be recognised */
	NAMES_BUILD_TOO_MANY, /* children */
};

struct names_build;

/* folder and keys are borrowed. */
int names_build_new(
	const struct names_keys *keys, const struct folder *folder, struct names_build **ret_build);
struct names_build *names_build_free(struct names_build *build);
DEFINE_CLEANUP(struct names_build, names_build_free);

/* Words, divided by commas, that say nothing by themselves: names of rooms and groups. Before any child. An
 * outcome, or -ENOMEM. */
int names_build_ignore(struct names_build *build, const char *words);

/* What is known of the present child; empty texts are nothing. An outcome, or -ENOMEM. */
int names_build_add(struct names_build *build, enum names_field field, const char *text, size_t size);

/* The child is complete, the next one begins. An outcome, or -ENOMEM. */
int names_build_child(struct names_build *build);

struct names_build_notes {
	uint32_t short_ids; /* ids that count only beside a name */
	uint32_t words;     /* children whose every first name is an English word */
	uint32_t ignored;   /* children whose every first name is on the list of words to ignore */
};

/* The body (names_body_clear() it); build is empty afterwards. 0 or -ENOMEM. */
int names_build_finish(
	struct names_build *build, struct names_body *ret_body, struct names_build_notes *ret_notes);
