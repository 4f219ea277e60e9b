/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Keys beside the lock: does a LUKS volume open without anybody's secret, for somebody who has the computer?
 *
 * Looked at: /etc/crypttab, the kernel's command line, the start-up images (initramfs, unified kernels) and
 * the boot file systems, and what they name. A key is a finding only where it rests in clear, and only after
 * it was tried: a key file on encrypted storage is how it should be, a file that opens nothing is no key. The
 * empty passphrase is tried too.
 *
 * Trying works on a private copy of the header in memory, in a process that can do nothing else, and never
 * writes to the volume. It costs what the key slots ask for, so results are kept: a file that only root can
 * read remembers, for a header and a file as it was (its place, size and times), whether it opened. No key
 * and no digest of one is stored, because a digest would let a thief guess without paying what the slots ask.
 *
 * What could not be looked at, or was not tried, is UNKNOWN, never NONE.
 */

#include "encryption/header.h"
#include "encryption/sysroot.h"

enum keys_outcome {
	KEYS_NONE,     /* nothing was found */
	KEYS_ALONE,    /* opens without a person: weak */
	KEYS_IN_CLEAR, /* a key that opens it lies in clear, or none is needed: not encrypted. Proven */
	KEYS_UNKNOWN,  /* could not look, or could not try */
};

struct keys_progress {
	const char *device;
	const char *key;      /* what is being tried, for people: "the empty passphrase", a path */
	unsigned done, total; /* key slots */
};

/* Where keys might be, collected once for all locks. */
struct keys_places;

struct keys_options {
	bool try_keys;     /* false: nothing is tried, so what would need it is UNKNOWN */
	const char *cache; /* path of the file that remembers; NULL: none */
	/* Called before each try; false ends the trying, which leaves UNKNOWN. May be NULL. */
	bool (*progress)(const struct keys_progress *progress, void *data);
	void *data;
	unsigned seconds;                 /* for one slot; 0: KEYS_SECONDS */
	const struct keys_places *places; /* NULL: keys_judge() collects them itself */
};

#define KEYS_SECONDS 120

struct keys_lock {
	const char *device;               /* path, for texts and to find it in crypttab */
	int fd;                           /* open for reading; -1: could not be opened */
	const struct header_facts *facts; /* LUKS1 or LUKS2 */
};

#define KEYS_TEXT 320

struct keys_verdict {
	enum keys_outcome outcome;
	char reason[KEYS_TEXT]; /* "" for NONE */
	char fix[KEYS_TEXT];
	char command[KEYS_TEXT]; /* "" when there is none; contains HEADER_DEVICE where the path belongs */
	unsigned tried;          /* key slots computed now */
	unsigned remembered;     /* results taken from the cache instead */
};

/* Reads what may name or hold keys; parses start-up images in locked-in children. Of options only the cache
 * is used. 0 (also when something could not be read, which keys_judge() then says), or -ENOMEM. */
int keys_collect(
	const struct sysroot *root, const struct keys_options *options, struct keys_places **ret_places);
struct keys_places *keys_places_free(struct keys_places *places);
DEFINE_CLEANUP(struct keys_places, keys_places_free);

/* Judges one lock. 0 with a verdict (also UNKNOWN), negative errno only when out of memory. Blocks for as
 * long as the key slots ask for. */
int keys_judge(const struct sysroot *root, const struct keys_options *options, const struct keys_lock *lock,
	struct keys_verdict *ret_verdict);

/* The verdict as one of the leaf's: encrypted, weak, not-encrypted, unknown. */
enum storage_verdict keys_storage_verdict(enum keys_outcome outcome);
