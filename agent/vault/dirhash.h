/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Directory hashes as ASC MHL defines them, for trees of any size in constant memory.
 *
 * The content hash of a directory is the hash of its children's hashes in sorted order; the structure hash is
 * the same over hashes of (name, child's hash), so it also changes when something is renamed. Entries come
 * depth first. The hashes of all open directories lie on a stack in a scratch file; when a directory is left,
 * its entries are the top of that stack, are sorted in place and replaced by one.
 */

#include "vault/mhl.h"

struct dirhash;

/* spool_fd: an empty file opened for reading and writing; borrowed, its contents are ours. */
int dirhash_new(int spool_fd, struct dirhash **ret_dirhash);
struct dirhash *dirhash_free(struct dirhash *dirhash);
DEFINE_CLEANUP(struct dirhash, dirhash_free);

/* -EINVAL: not a relative path of safe names, or not depth first; -ENAMETOOLONG beyond MHL_PATH_MAX or
 * MHL_DEPTH_MAX. */
int dirhash_file(struct dirhash *dirhash, const char *path, const struct mhl_hashes *hashes);

/* The directory is left; also for one that is empty. */
int dirhash_directory(struct dirhash *dirhash, const char *path, struct mhl_hashes *ret_content,
	struct mhl_hashes *ret_structure);

/* Once, at the end: every directory has been left. */
int dirhash_root(struct dirhash *dirhash, struct mhl_hashes *ret_content, struct mhl_hashes *ret_structure);
