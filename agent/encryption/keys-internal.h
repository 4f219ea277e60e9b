/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * What was collected about keys, shared by the files that collect it and the one that judges. Nobody else
 * includes this.
 */

#include "base/secret.h"
#include "encryption/crypttab.h"
#include "encryption/keys-cache.h"
#include "encryption/keys.h"
#include "encryption/walk.h"

#define KEYS_CANDIDATES_MAX 64
#define KEYS_ENTRIES_MAX    256
#define KEYS_MOUNTS_MAX     64
#define KEYS_LABEL          400

/* A file that may be a key and rests in clear, or somewhere that cannot be judged. */
struct keys_candidate {
	char label[KEYS_LABEL];  /* for people: "/boot/x.key", "x.key inside /boot/initrd.img" */
	char path[SYSROOT_PATH]; /* to read it from, without the root's prefix; "" when bytes are there */
	uint8_t id[SHA512_SIZE]; /* of where it lies and how it looked, not of what it holds */
	struct secret *bytes;    /* of a file inside an image */
	uint64_t offset, size;   /* the part of the file that is the key; size 0: to its end */
	bool in_clear;           /* false: where it rests is not known */
};

struct keys_image {
	char path[SYSROOT_PATH];
};

struct keys_mount {
	uint64_t id;
	enum storage_verdict verdict;
};

struct keys_places {
	const struct sysroot *root;
	size_t candidates, entries, images, mounts;
	struct keys_candidate *candidate[KEYS_CANDIDATES_MAX];
	struct crypttab_entry *entry[KEYS_ENTRIES_MAX];
	struct keys_mount mount[KEYS_MOUNTS_MAX];
	struct keys_image *image; /* start-up images that rest in clear */
	bool any_image;           /* also an encrypted one */
	char problem[KEYS_TEXT];  /* the first thing that could not be looked at; "" when all was */
	char problem_fix[KEYS_TEXT];
};

/* Remembers the first of them. */
void keys_problem(struct keys_places *places, const char *fix, const char *format, ...) _printf_(3, 4);

/* How the file system under a path rests, asked once for each. */
enum storage_verdict keys_storage_of(struct keys_places *places, const char *path);

/* Takes the candidate over; the same one twice is one. -ENOMEM. */
int keys_add_candidate(struct keys_places *places, struct keys_candidate *candidate);
struct keys_candidate *keys_candidate_free(struct keys_candidate *candidate);
DEFINE_CLEANUP(struct keys_candidate, keys_candidate_free);

/* A file of the running system that may be a key: a candidate unless it rests encrypted or is not there. */
int keys_add_file(struct keys_places *places, const char *path, uint64_t offset, uint64_t size);

/* crypttab_visit over struct keys_places. */
int keys_add_entry(const struct crypttab_entry *entry, void *data);

/* The start-up images that were found: their crypttabs and keys. */
int keys_collect_images(struct keys_places *places, struct keys_cache *cache);

/* /boot and its like: images, configuration, files that may be keys. */
int keys_collect_boot(struct keys_places *places);
