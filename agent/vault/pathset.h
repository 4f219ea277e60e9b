/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * The set of paths that a session's manifests name, on disk: shortened hashes in an unlinked file, sorted
 * before they are asked for. Answers "is this file in a manifest?" for any number of files in constant
 * memory.
 */

#include "base/cleanup.h"

struct pathset;

/* spool_fd: an empty unlinked file; borrowed. */
int pathset_new(int spool_fd, struct pathset **ret_set);
struct pathset *pathset_free(struct pathset *set);
DEFINE_CLEANUP(struct pathset, pathset_free);

/* kind tells a file 'f' from a directory 'd' of the same name. */
int pathset_add(struct pathset *set, char kind, const char *path);

/* Ends adding. */
int pathset_seal(struct pathset *set);
int pathset_has(const struct pathset *set, char kind, const char *path, bool *ret_has);
