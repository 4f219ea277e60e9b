/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * The register as it is kept: one sorted list of hashes, each with what it means and the number of the child
 * it belongs to. At rest the list is sealed as a whole under the same key, padded so that its size says
 * little: without the key it is noise, and with another key it does not open.
 *
 * Internal to the files names-*.c. Holds no letter of any name.
 */

#include "inspect/names-hash.h"
#include "inspect/names.h"

#define NAMES_ENTRIES_MAX  300000
#define NAMES_CHILDREN_MAX 20000

enum names_role {
	NAMES_FIRST = 1 << 0,    /* a first name, or what the child is called */
	NAMES_MIDDLE = 1 << 1,   /* may stand between first name and surname, or instead of the first name */
	NAMES_LAST = 1 << 2,     /* the surname, or a part of it */
	NAMES_FULL = 1 << 3,     /* first name and surname written as one word */
	NAMES_INITIAL = 1 << 4,  /* initial and surname; only where that surname is rare */
	NAMES_ID = 1 << 5,       /* says who it is by itself */
	NAMES_SHORT_ID = 1 << 6, /* only beside a name */
	NAMES_BORN = 1 << 7,
	NAMES_WORD = 1 << 8,     /* also an English word */
	NAMES_COMMON = 1 << 9,   /* a surname of many families */
	NAMES_IGNORED = 1 << 10, /* also the name of a room: says nothing by itself */
	NAMES_MISREAD = 1 << 11, /* a spelling that only looks like the name (rn for m) */
	NAMES_MONTH = 1 << 12,
	NAMES_VERB = 1 << 13, /* will, may: what follows may well be a verb */
};

#define NAMES_KEPT 14 /* bits of a role */

struct names_entry {
	uint64_t hash;
	uint32_t mark; /* of the word; meaningless for entries that are not words */
	uint32_t child;
	uint32_t first; /* number of the first name, the same for children who share it */
	uint32_t role;  /* enum names_role, or-ed */
};

struct names_body {
	struct names_entry *entries; /* sorted by hash, then child */
	uint32_t count, children, firsts;
	uint64_t id_sizes;   /* bit n: there is an id of n characters */
	bool born, unspaced; /* there are dates of birth; there are names in scripts without spaces */
};

void names_body_clear(struct names_body *body);

/* Sorts, drops doubles. */
void names_body_finish(struct names_body *body);

/* The text of a body and back. encode: owned by the caller. decode: -EBADMSG when it is none,
 * -EPROTONOSUPPORT, -ENOMEM; body needs names_body_clear(). */
int names_body_encode(const struct names_body *body, uint8_t **ret_bytes, size_t *ret_size);
int names_body_decode(const uint8_t *bytes, size_t size, struct names_body *ret_body);

/* Encoded, padded and sealed: what the file holds. Owned by the caller. */
int names_seal(
	const struct names_body *body, const struct names_keys *keys, uint8_t **ret_bytes, size_t *ret_size);

struct folder;

struct names {
	struct names_keys keys;
	struct names_body body;
	struct folder *folder;
	uint64_t *filter; /* one bit for each possible mark, shortened */
	unsigned filter_shift;
};

/* Takes over body, also on failure. */
int names_of_body(struct names_body *body, const struct names_keys *keys, struct names **ret_names);

static inline bool names_may_hold(const struct names *names, uint32_t mark)
{
	uint32_t bit = mark >> names->filter_shift;

	return names->filter[bit / 64] >> (bit % 64) & 1;
}

/* First entry of that hash and how many there are. */
const struct names_entry *names_find(const struct names *names, uint64_t hash, size_t *ret_count);
