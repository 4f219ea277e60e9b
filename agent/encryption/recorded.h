/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * A recorded computer: a folder with "sys" and "proc" as far as they are asked for, "dm" with one file for
 * each mapped device, and "facts.json". What leaf_collect() writes, unpacked; and what tests write by hand.
 * Only reads, and asks nothing of the running machine.
 */

#include "encryption/sysroot.h"

struct recorded;

#define RECORDED_VERSION   1
#define RECORDED_FACTS     "facts.json"
#define RECORDED_FACTS_MAX (16U << 20)

/* -EINVAL: facts.json is not what it should be; or why it could not be read. The folder's name is copied. */
int recorded_open(const char *folder, struct recorded **ret_recorded);
struct recorded *recorded_free(struct recorded *recorded);
DEFINE_CLEANUP(struct recorded, recorded_free);

/* Valid as long as the record is open. */
const struct sysroot *recorded_root(const struct recorded *recorded);
