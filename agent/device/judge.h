/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Judging a real disk: medium_judge() in a child process that can do nothing but read that one descriptor.
 *
 * The bytes of a medium are hostile, and the helper that needs the answer is root. So the child has no
 * capabilities and a filter that leaves it pread64, memory, write and exit; anything else ends it. The parent
 * waits a limited time: a medium that does not answer, a child that dies, a kernel without the filter all
 * give "unknown".
 */

#include "device/facts.h"
#include "device/medium.h"

/* fd: the whole disk, open for reading; facts: its partitions. Blocks at most timeout_ms. 0 and *ret_medium
 * (maybe MEDIUM_UNKNOWN), or a negative errno; -ETIMEDOUT when there was no answer in time. */
int judge_disk(int fd, const struct device_facts *facts, int timeout_ms, struct medium *ret_medium);

/* Of the same facts and what they gave: partition number (1, 2, ...) is encrypted with LUKS, whatever lies
 * beside it. */
bool judge_partition_is_locked(
	const struct device_facts *facts, const struct medium *medium, unsigned number);
