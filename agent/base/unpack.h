/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Decompressing one stream, and reading 7-Zip archives, over libarchive; no other file includes its
 * header. Only formats that it decodes itself (gzip, bzip2, xz, lzma, zstd, lz4): it starts no program and
 * opens no file.
 */

#include "base/cleanup.h"

struct unpack;

/* At most size bytes; 0 at the end, negative errno. */
typedef ssize_t (*unpack_source)(void *data, void *buffer, size_t size);

/* Starts to decompress what the source gives. -EBADMSG when it is of no format that is known. */
int unpack_new(unpack_source source, void *data, struct unpack **ret_unpack);
struct unpack *unpack_free(struct unpack *unpack);
DEFINE_CLEANUP(struct unpack, unpack_free);

/* At most size bytes; 0 at the end (of the member), -EBADMSG when the stream is damaged, or the source's
 * errno. */
ssize_t unpack_read(struct unpack *unpack, void *buffer, size_t size);

/* Bytes of the source that belonged to what was decompressed. */
uint64_t unpack_consumed(const struct unpack *unpack);

/* --- archives --- */

/* Borrowed until the next one. Texts are UTF-8 if the archive says so or they happen to be, else bytes; never
 * NULL. */
struct unpack_member {
	const char *path, *link; /* link: what a link leads to, empty for all else */
	bool directory;
	bool encrypted;
};

/* A 7-Zip archive. bytes: the whole of it, borrowed until unpack_free(). */
int unpack_new_archive(const void *bytes, size_t size, struct unpack **ret_unpack);

/* 1 with the next member, 0 at the end, -EBADMSG when anything about it is not in order. */
int unpack_next(struct unpack *unpack, struct unpack_member *ret_member);
