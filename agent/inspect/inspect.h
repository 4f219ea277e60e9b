/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Whether a file may be put on a medium that anybody can read: no photos, films and recordings, no children's
 * names, nothing that could not be read through and through.
 *
 * In this process, on hostile bytes: only to be called where they can do no harm (inspect/worker.h, tests).
 */

#include "inspect/limits.h"
#include "inspect/names.h"
#include "inspect/search.h"
#include "inspect/verdict.h"

struct inspect_readers;

/* All of them, and with them the libraries that they need: for whoever names it. */
extern const struct inspect_readers inspect_readers;

/* A reader is needed, and there are none: nothing is known about the file. */
#define INSPECT_ELSEWHERE 1

struct inspect_with {
	const struct inspect_readers *readers; /* of documents and archives, or NULL */
	const struct inspect_limits *limits;
	const struct names *names; /* NULL: none */
	struct search *search;     /* through names, for this file; NULL: one is made */
};

/* name: as it stands on the medium, or NULL. 0 with an answer, which is a refusal when looking failed
 * half-way; INSPECT_ELSEWHERE; negative errno only when not even that can be said (no memory for the
 * search). */
int inspect_bytes(const struct inspect_with *with, const void *bytes, size_t size, const char *name,
	struct inspect_answer *ret);

/* fd: a regular file, from its first byte; nobody may change it meanwhile. */
int inspect_fd(const struct inspect_with *with, int fd, const char *name, struct inspect_answer *ret);

/* Loads whatever the libraries load when they are first used, so that no file need be opened later. */
void inspect_warm_up(const struct inspect_readers *readers);
