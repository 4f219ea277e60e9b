/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Taking a device for ourselves before it is cleared, and giving it back.
 *
 * The last safety catch of the supervisor: whatever asked for the clear, an internal disk, a partition, a
 * mounted or otherwise used device is refused here. A claim is an O_EXCL descriptor with the kernel's
 * read-only flag lifted for as long as it lasts; ending the claim sets the flag again. An image is a regular
 * file and is locked (flock) instead.
 */

#include "wipe/outcome.h"

struct wipe_claim {
	int fd; /* O_RDWR, O_EXCL and O_DIRECT where possible; owned */
	uint64_t bytes;
	bool block_device;
	bool read_only_before; /* BLKROSET is set again at the end */
	char insertion[80];    /* "BOOTID/DISKSEQ", "" for an image */
};

#define WIPE_CLAIM_NULL ((struct wipe_claim){.fd = -1})

/* 0, or a positive enum wipe_outcome that refuses (WIPE_NOT_EXTERNAL, WIPE_IN_USE, WIPE_WRITE_PROTECTED,
 * WIPE_SECTOR_SIZE, WIPE_DEVICE_SIZE), or a negative errno. Blocks only as long as open() does. Needs root
 * for block devices. */
int wipe_claim_open(const char *path, struct wipe_claim *ret_claim);

/* Closes, after the read-only flag was put back where it had been set (always for external media). */
void wipe_claim_close(struct wipe_claim *claim);
