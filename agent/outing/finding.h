/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * What one check found: the verdict so far, the sentence that decided it, and what else there is to say.
 *
 * A finding only gets worse: fail beats unknown beats pass. The first sentence of the worst kind becomes the
 * reason; later ones of that kind become details, and the reason says how many. Text is for people; names in
 * it come from the computer's own files and are cut, cleaned and quoted by the caller through finding_name().
 */

#include "base/cleanup.h"
#include "base/json.h"

enum check_verdict {
	CHECK_PASS,
	CHECK_UNKNOWN,
	CHECK_FAIL,
	CHECK_OFF,
};

#define FINDING_TEXT        384
#define FINDING_DETAILS_MAX 40

struct finding {
	enum check_verdict verdict;
	char reason[FINDING_TEXT];
	char fix[FINDING_TEXT];
	unsigned more; /* further sentences as bad as the reason */
	size_t detail_count;
	char detail[FINDING_DETAILS_MAX][FINDING_TEXT];
};

/* The state in which every check starts: pass, without a reason. The caller frees with free(). NULL when out
 * of memory. */
struct finding *finding_new(void);

/* The reason when nothing worse was found; the last call counts. */
void finding_pass(struct finding *finding, const char *reason, ...) _printf_(2, 3);

/* fix: what to do next and by whom; copied. */
void finding_fail(struct finding *finding, const char *fix, const char *reason, ...) _printf_(3, 4);
void finding_unknown(struct finding *finding, const char *fix, const char *reason, ...) _printf_(3, 4);

/* One more sentence; beyond FINDING_DETAILS_MAX they are dropped. */
void finding_detail(struct finding *finding, const char *text, ...) _printf_(2, 3);

/* "unknown" for a source that could not be read: names it and the reason of the negative errno. */
void finding_unreadable(struct finding *finding, const char *path, int error);

/* Adds another finding's verdict, reason and details. */
void finding_join(struct finding *finding, const struct finding *other);

/* A name from a file as it may appear in a sentence: printable UTF-8, at most 63 bytes. Returns buffer. */
#define FINDING_NAME 64
const char *finding_name(const char *name, char buffer[static FINDING_NAME]);

/* {"check", "verdict", "reason", "fix", "details"} */
struct js *finding_json(const struct finding *finding, const char *word);
