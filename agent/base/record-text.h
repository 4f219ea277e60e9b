/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Records that people read (certificates of clearing, records of removal), from the JSON that is kept of
 * them: a line for each fact, then sentences. What a record does not have gets no line.
 */

#include "base/json.h"

#include <stdio.h>

void record_line(FILE *f, const char *title, const struct js *object, const char *key);
void record_number(FILE *f, const char *title, const struct js *object, const char *key);
/* Bytes, in a unit that people use as well. */
void record_size(FILE *f, const char *title, const struct js *object, const char *key);
/* What identifies a device. */
void record_device(FILE *f, const struct js *device);
/* Broken before column 78. */
void record_sentences(FILE *f, const char *title, const struct js *array);

/* A JSON array of them. */
struct js *record_texts(const char *const *texts, size_t count);

/* What write makes of a record of this kind, to be freed by the caller. -EINVAL: it is of another kind. */
int record_text(const struct js *record, const char *kind, void (*write)(FILE *f, const struct js *record),
	char **ret_text);
