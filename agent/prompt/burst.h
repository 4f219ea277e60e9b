/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * What was refused on one stick in one go: one copy of a folder is one burst, and one prompt. Pure.
 *
 * Memory is bounded, however much is refused: a few files are remembered by name, some thousands by a hash so
 * that a program that tries again is not counted twice, and everything else only counts.
 */

#include "prompt/refusal.h"

#define BURST_FILES    16
#define BURST_SEEN     4096
#define BURST_PATH_MAX 4096
#define BURST_SENTENCE 256

struct burst_file {
	enum refusal_kind kind;
	bool allowable;
	char *path; /* from the top of the medium */
};

struct burst {
	char *device; /* id */
	char *name;   /* what people call it, or NULL */
	uint64_t count[REFUSAL_KINDS];
	uint64_t allowable; /* of all, also of those that are not among files */
	struct burst_file files[BURST_FILES];
	size_t file_count;
	char sentence[BURST_SENTENCE]; /* of the first refusal */
	uint8_t (*seen)[16];           /* hashes of paths */
	size_t seen_count;
};

int burst_new(const struct refusal *first, struct burst **ret_burst);
struct burst *burst_free(struct burst *burst);
DEFINE_CLEANUP(struct burst, burst_free);

/* Counts one more. False when it was counted before. */
bool burst_add(struct burst *burst, const struct refusal *refusal);

uint64_t burst_total(const struct burst *burst);

/* The remembered file of that kind with that number, from 0; NULL: none. */
const struct burst_file *burst_file(const struct burst *burst, enum refusal_kind kind, size_t number);
