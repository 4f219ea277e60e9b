/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Where content waits for its verdict: memory, or a folder on encrypted storage. Bounded for one file and for
 * all together; what was counted is given back when the content is freed.
 *
 * Content that was sealed never changes again, for nobody: a memory file is sealed by the kernel, so that not
 * even whoever judges it can alter it; a later write goes to a copy. Content is counted by its length, not by
 * what a sparse file takes, so that a promise made once holds.
 *
 * References may be dropped from any thread; everything else on one content needs the caller's lock.
 */

#include "base/cleanup.h"
#include "base/sha512.h"
#include "base/xxh128.h"

struct staging;
struct content;

struct staging_limits {
	uint64_t total;    /* bytes of all contents */
	uint64_t per_file; /* bytes of one */
	int folder_fd;     /* folder for nameless files, borrowed; -1: memory */
};

#define STAGING_TOTAL_DEFAULT    (UINT64_C(512) << 20)
#define STAGING_PER_FILE_DEFAULT (UINT64_C(256) << 20)

int staging_new(const struct staging_limits *limits, struct staging **ret_staging);
struct staging *staging_free(struct staging *staging);
DEFINE_CLEANUP(struct staging, staging_free);

uint64_t staging_used(struct staging *staging);
const struct staging_limits *staging_limits(const struct staging *staging);

/* Empty content, which costs no descriptor yet. */
int content_new(struct staging *staging, struct content **ret_content);
struct content *content_ref(struct content *content);
struct content *content_unref(struct content *content);
DEFINE_CLEANUP(struct content, content_unref);

uint64_t content_size(const struct content *content);

/* Its descriptor for reading, -1 while it is empty; borrowed. */
int content_fd(const struct content *content);

/* All of them: -EFBIG over the limit of one file, -ENOSPC over that of all; the content is then unchanged.
 * -EPERM on sealed content. */
int content_write(struct content *content, const void *bytes, size_t size, uint64_t offset);
int content_resize(struct content *content, uint64_t size);

/* Appends everything that fd holds from its beginning. */
int content_fill(struct content *content, int fd);

/* Never changes again. Harmless when repeated. */
int content_seal(struct content *content);
bool content_is_sealed(const struct content *content);

/* XXH128 of all of it, mostly worked out while it was written; and all of it into fd from offset 0. Of sealed
 * content only, and by one thread at a time. */
int content_digest(struct content *content, uint8_t ret_digest[static XXH128_SIZE]);
int content_copy_out(const struct content *content, int fd);

/* The same for its SHA-512, which is worked out when it is asked for; by any thread. */
int content_sha512(const struct content *content, uint8_t ret_digest[static SHA512_SIZE]);

/* A copy that may be changed. */
int content_clone(const struct content *content, struct content **ret_content);
