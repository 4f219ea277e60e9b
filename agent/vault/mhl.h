/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * ASC MHL v2 histories: the manifest (`ascmhl/0001_<root>_<date>_<time>Z.mhl`) and the chain
 * (`ascmhl/ascmhl_chain.xml`) of one offloaded tree, so that the field's own tools can verify it without us.
 *
 * The writer streams. Entries are given depth first: everything below a directory without a gap, and the
 * directory itself when it is left, also an empty one. The root is not given. Memory does not grow with the
 * number of entries; the hashes of open directories lie in an unlinked file beside the manifest.
 *
 * The reader hands out entries one by one in the order of the file and believes nothing: it is bounded in
 * size, depth and lengths, knows no external entity and no document type, and accepts only relative paths
 * without ".." or empty names.
 */

#include "base/sha512.h"
#include "base/xxh128.h"
#include "vault/c4.h"

#define MHL_DIRECTORY "ascmhl"
#define MHL_CHAIN     "ascmhl_chain.xml"
#define MHL_NAME      256  /* a manifest's file name with terminator */
#define MHL_PATH_MAX  8192 /* bytes of one entry's path */
#define MHL_DEPTH_MAX 512  /* names in one path */

struct mhl_hashes {
	uint8_t sha512[SHA512_SIZE]; /* written as c4 */
	uint8_t xxh128[XXH128_SIZE];
};

enum mhl_action {
	MHL_ORIGINAL = 0, /* first time in this history */
	MHL_VERIFIED = 1, /* equals an earlier generation */
	MHL_FAILED = 2,   /* differs from it */
};

struct mhl_file {
	const char
		*path; /* relative to the root, '/' between names, valid UTF-8 without control characters */
	uint64_t size;
	int64_t modified; /* Unix seconds */
	int64_t hashed;   /* Unix seconds: when the hashes were made */
	enum mhl_action action;
	struct mhl_hashes hashes;
};

struct mhl_options {
	const char *root_name; /* name of the root folder; goes into the manifest's name and nowhere else */
	const char *hostname;  /* NULL: this computer's (system call uname) */
	const char *comment;   /* NULL: none. Plain text, for example the device's name */
	int64_t started;       /* Unix seconds: start of the operation */
};

struct mhl_written {
	char name[MHL_NAME];         /* manifest's file name inside ascmhl/ */
	uint8_t sha512[SHA512_SIZE]; /* of the manifest, as the chain records it */
	struct mhl_hashes content;   /* root hashes */
	struct mhl_hashes structure;
	uint64_t files;
	uint64_t bytes;
};

/* 0 for a relative path of safe names, -EINVAL, or -ENAMETOOLONG against the limits above. */
int mhl_check_path(const char *path, size_t size);

/* --- writer: system calls openat, mkdirat, write, pread64, pwrite64, fadvise64, lseek, fsync,
 * renameat2, unlinkat, fchmod, fstat, getdents64 below root_fd only --- */

struct mhl_writer;

/* Begins generation 1 below root_fd (borrowed, must stay open). A history that an interrupted run left behind
 * is removed first, its chain before its manifests; the caller knows that the session is not committed. */
int mhl_writer_new(int root_fd, const struct mhl_options *options, struct mhl_writer **ret_writer);

/* Nothing of an uncommitted history remains. */
struct mhl_writer *mhl_writer_free(struct mhl_writer *writer);
DEFINE_CLEANUP(struct mhl_writer, mhl_writer_free);

/* -EINVAL: path not as above or not in depth-first order; -ENAMETOOLONG; write errors. */
int mhl_writer_file(struct mhl_writer *writer, const struct mhl_file *file);

/* A directory is left (or is empty). modified: Unix seconds. */
int mhl_writer_directory(struct mhl_writer *writer, const char *path, int64_t modified);

/* Manifest: fsync, read back and hash, rename without replacing, fsync of the directory; then the chain in
 * the same way. After 0 the history is durable. */
int mhl_writer_commit(struct mhl_writer *writer, struct mhl_written *ret_written);

/* --- reader --- */

enum mhl_entry_kind {
	MHL_ENTRY_FILE,
	MHL_ENTRY_DIRECTORY,
};

struct mhl_entry {
	enum mhl_entry_kind kind;
	const char *path; /* borrowed, valid during the call */
	bool has_size, has_sha512, has_xxh128, failed;
	uint64_t size;
	struct mhl_hashes hashes; /* of a directory: its content hashes */
};

/* A non-zero return ends the reading and is returned. */
typedef int (*mhl_visit_fn)(const struct mhl_entry *entry, void *data);

/* Reads a manifest from fd to its end; ret_sha512 (may be NULL) gets the hash of all its bytes. -EBADMSG:
 * not a well-formed manifest of version 2.0, or against the limits above; -EFBIG: larger than 1 GiB. */
int mhl_read_manifest(int fd, mhl_visit_fn visit, void *data, uint8_t ret_sha512[SHA512_SIZE]);

struct mhl_chain_entry {
	uint32_t sequence;
	char name[MHL_NAME]; /* one plain file name ending in .mhl */
	uint8_t sha512[SHA512_SIZE];
};

/* The chain's entries in order, at most max of them (-EFBIG); sequence numbers start at 1 without a gap. */
int mhl_read_chain(int fd, struct mhl_chain_entry *ret_entries, size_t max, size_t *ret_count);
