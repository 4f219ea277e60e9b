/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * The walk from a file system or block device down to the disks, and its answer. Pure decisions over a
 * struct sysroot.
 *
 * All of several legs must be encrypted: the worst leg decides. A mapping of only `crypt` targets with a real
 * cipher ends the question; what lies below it is still listed for people.
 */

#include "encryption/storage.h"
#include "encryption/sysroot.h"

#define WALK_DEPTH_MAX  24
#define WALK_NUMBER_MAX 512 /* devices and file systems looked at in one walk */

/* Always fills *ret_report. */
void walk_place(
	const struct sysroot *root, const struct sysroot_place *place, struct storage_report *ret_report);
