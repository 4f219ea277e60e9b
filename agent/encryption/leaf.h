/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Is everything that rests in this computer encrypted? Asked of its leaves: every partition and every disk
 * without partitions, whoever uses it or nobody. Where storage.h asks downwards from one place, this asks
 * upwards from the disk, so that nothing can hide beside the places that were asked about.
 *
 * A leaf is ENCRYPTED only if everything that uses it is, at some level, a `crypt` target with a real cipher
 * in the live table, or if nothing uses it and its header says so. What is not used is judged by what lies on
 * it. What could not be looked at is UNKNOWN. A drive's own encryption is never taken for granted.
 *
 * Reads only, as root. Never says READY.
 */

#include "encryption/content.h"

#define LEAF_DEVICE    80
#define LEAF_TEXT      512
#define LEAF_USE       256
#define LEAF_USES_MAX  32
#define LEAF_CHAIN_MAX 48
#define LEAF_MAX       256

/* From good to bad. */
enum leaf_verdict {
	LEAF_EXEMPT, /* holds nothing that needs encryption */
	LEAF_ENCRYPTED,
	LEAF_WEAK,    /* encrypted on paper */
	LEAF_UNKNOWN, /* could not look, or not understood */
	LEAF_NOT_ENCRYPTED,
};

struct leaf_report {
	char device[LEAF_DEVICE]; /* "/dev/nvme0n1p3" */
	bool external;            /* leaves the building by itself: USB, a card */
	uint64_t bytes;
	enum leaf_verdict verdict;
	size_t used_for_count, chain_count; /* longer lists are cut */
	char used_for[LEAF_USES_MAX]
		     [LEAF_USE]; /* mount points, "swap", "hibernation image", "not mounted", ... */
	char reason[LEAF_TEXT];
	char fix[LEAF_TEXT];                  /* "" when nothing is to be done */
	char command[LEAF_TEXT];              /* the fix for a technician, "" when there is none */
	char chain[LEAF_CHAIN_MAX][LEAF_USE]; /* what lies above the disk, topmost first, down to the disk */
};

struct leaf_list {
	size_t count;
	struct leaf_report *leaves;
};

/* Looks for keys of the encryption header on a device (path and content are given). True when it has
 * something to say; then *ret_verdict, where HEADER_DEVICE stands for the device. */
typedef bool (*leaf_keys)(const struct sysroot *root, const char *device, const struct content *content,
	void *data, struct header_verdict *ret_verdict);

struct leaf_options {
	/* Kernel names or "/dev/..." of devices: only these are judged, as if each were a disk. */
	const char *const *devices;
	size_t device_count;
	leaf_keys keys; /* NULL: keys are not looked for */
	void *keys_data;
};

/* "encrypted", "exempt", "weak", "not-encrypted", "unknown" */
const char *leaf_verdict_name(enum leaf_verdict verdict);

/* Every leaf, sorted by name. -ENODEV: there is nothing to judge; -ENOENT: no device of that name. Free with
 * leaf_list_clear() in any case. */
int leaf_judge_all(
	const struct sysroot *root, const struct leaf_options *options, struct leaf_list *ret_list);
void leaf_list_clear(struct leaf_list *list);

/* Writes what leaf_judge_all() would look at to fd, as a tar archive from which --root gives the same
 * verdicts: no keys, no serial numbers, no names of files or persons. Same errors. */
int leaf_collect(const struct sysroot *root, const struct leaf_options *options, int fd);

/* The array "storage" of the judge's answer. */
struct js *leaf_list_json(const struct leaf_list *list);
