/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * The names of one folder, to find two that are the same.
 *
 * Two entries of one name are told apart by nobody: the offload would read the first one twice and the second
 * never. So such a folder is refused. Only hashes are kept (16 bytes a name); a chance collision costs a
 * refusal, never a picture.
 */

#include "base/cleanup.h"

struct nameset {
	size_t count;
	size_t room; /* power of two, or 0 */
	uint64_t (*slots)[2];
};

/* folded: the name as its file system compares it. *ret_new is false if it was there already. */
int nameset_add(struct nameset *set, const void *folded, size_t size, bool *ret_new);
void nameset_clear(struct nameset *set);

#define _cleanup_nameset_ _cleanup_(nameset_clear)
