/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Does what is written here rest encrypted? Decided from the live device-mapper tables of everything under a
 * file system, down to the disks; never from names, UUIDs, crypttab or what a tool says is "active".
 *
 * ENCRYPTED only if every path from the file system down to a disk passes a `crypt` target with a real cipher
 * that covers the whole of it. One plain leg makes it NOT_ENCRYPTED; whatever is not understood makes it
 * UNKNOWN, which every caller must treat as a refusal.
 *
 * Reads /sys, /proc and device-mapper tables (root). Key material that the kernel prints in tables is wiped
 * and never leaves encryption/dmtable-read.c. Writes nothing.
 */

#include "base/cleanup.h"
#include "base/json.h"

enum storage_verdict {
	STORAGE_ENCRYPTED,
	STORAGE_WEAK, /* encrypted on paper: an outdated or too small cipher */
	STORAGE_NOT_ENCRYPTED,
	STORAGE_UNKNOWN, /* could not look, or not understood */
};

/* What is worse ranks higher: a plain leg is certain, one that is not understood may be plain. */
static inline int storage_rank(enum storage_verdict verdict)
{
	switch (verdict) {
	case STORAGE_ENCRYPTED:
		return 0;
	case STORAGE_WEAK:
		return 1;
	case STORAGE_UNKNOWN:
		return 2;
	case STORAGE_NOT_ENCRYPTED:
		return 3;
	}
	return 3;
}

#define STORAGE_TEXT      256
#define STORAGE_CHAIN_MAX 16

struct storage_report {
	enum storage_verdict verdict;
	char reason[STORAGE_TEXT]; /* one plain sentence naming the device that decided */
	char fix[STORAGE_TEXT];    /* what to do about it, "" when encrypted */
	size_t chain_count; /* text of what lies under the file system, topmost first; longer ones are cut */
	char chain[STORAGE_CHAIN_MAX][STORAGE_TEXT];
};

/* "encrypted", "weak", "not-encrypted", "unknown" */
const char *storage_verdict_name(enum storage_verdict verdict);

/* The file system that fd lies on. 0 with a report (also UNKNOWN), negative errno only when out of memory. */
int storage_of_fd(int fd, struct storage_report *ret_report);

/* The same by path; a path that cannot be opened is UNKNOWN with the reason. */
int storage_of_path(const char *path, struct storage_report *ret_report);

/* verdict, reason, fix, chain[] */
struct js *storage_json(const struct storage_report *report);
