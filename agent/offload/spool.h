/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * The list of what is on the source and what became of each file, kept in two nameless files inside the vault
 * so that memory does not grow with the card.
 *
 * The list is written once, by the walk, in its order, and then only read. The marks are one fixed record per
 * file, changed by several threads under one lock. Both vanish with the worker; they are no journal. They lie
 * in the vault because names of photos rest on encrypted storage only.
 */

#include "offload/walk.h"

struct spool;

enum spool_kind {
	SPOOL_FILE = 1,
	SPOOL_FOLDER = 2, /* the end of a folder */
};

struct spool_entry {
	struct walk_entry walk; /* paths point into the cursor or buffer it was read with */
	enum spool_kind kind;
	uint64_t number; /* of a file, from 0 */
	uint64_t offset; /* of this entry in the list */
};

/* What is known of one file. */
enum mark_flag {
	MARK_KNOWN = 1 << 0,  /* recorded by an earlier run, which set sha512; its copy is verified again */
	MARK_HASHED = 1 << 1, /* the first read is done: sha512, xxh128, size and time are set */
	MARK_STORED = 1 << 2, /* copy linked, synced, read back equal */
	MARK_SOURCE = 1 << 3, /* the second read of the source was equal */
	MARK_LINKED = 1 << 4, /* shares content that was in the vault */
	MARK_FAILED = 1 << 5, /* reason and error say why; a second round may clear it */
	MARK_AGAIN = 1 << 6,  /* part of the second round */
	MARK_DOUBT = 1 << 7,  /* its name is taken by a copy that the second read did not confirm */
	MARK_ONCE = 1 << 8,   /* known, but only its first read: no second one has confirmed it */
};

struct mark {
	uint64_t size;
	int64_t mtime;
	uint32_t mtime_ns;
	uint16_t flags;
	uint16_t variant; /* 0 or 1: the stored name itself, n: its n-th variant */
	uint32_t reason;
	int32_t error;
	uint8_t sha512[SHA512_SIZE];
	uint8_t xxh128[XXH128_SIZE];
	int64_t hashed; /* Unix seconds of the first read, for the manifest */
};

/* directory_fd: the vault, where the nameless files are made. */
int spool_new(int directory_fd, struct spool **ret_spool);
struct spool *spool_free(struct spool *spool);
DEFINE_CLEANUP(struct spool, spool_free);

/* Only while the walk goes on. */
int spool_add(struct spool *spool, enum spool_kind kind, const struct walk_entry *entry);

/* Ends the list and makes room for the marks, so that no later change of a mark can find the vault full. */
int spool_seal(struct spool *spool);

uint64_t spool_files(const struct spool *spool);
uint64_t spool_folders(const struct spool *spool);

/* Reads the list from its start. One thread per cursor. */
struct spool_cursor;
int spool_cursor_new(const struct spool *spool, struct spool_cursor **ret_cursor);
struct spool_cursor *spool_cursor_free(struct spool_cursor *cursor);
DEFINE_CLEANUP(struct spool_cursor, spool_cursor_free);
void spool_cursor_rewind(struct spool_cursor *cursor);

/* 1 with an entry that is valid until the next call, 0 at the end, negative errno. */
int spool_next(struct spool_cursor *cursor, struct spool_entry *ret_entry);

/* One entry by offset, read with a cursor's buffer; the cursor's own place is lost. */
int spool_at(struct spool_cursor *cursor, uint64_t offset, struct spool_entry *ret_entry);

/* Marks: any thread. spool_mark_change() reads, lets change edit, and writes, under the lock; change returns
 * 0 to keep the edit, or a value that is returned without writing. */
int spool_mark_get(const struct spool *spool, uint64_t number, struct mark *ret_mark);
int spool_mark_change(
	struct spool *spool, uint64_t number, int (*change)(struct mark *mark, void *data), void *data);
