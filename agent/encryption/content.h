/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * What lies on a block device, and whether the kernel lets anybody else have it: plain facts without
 * pointers, which can be handed over from a locked-in process, recorded and read again.
 *
 * The bytes are hostile: content_live() reads them in processes that can do nothing else. Devices are opened
 * for reading only. Nothing is decided here.
 */

#include "encryption/exempt.h"
#include "encryption/header.h"
#include "encryption/sysroot.h"

#define CONTENT_TYPE       32
#define CONTENT_PART_TYPE  40
#define CONTENT_RANGES_MAX 16
#define CONTENT_WORD       256

enum content_probe {
	CONTENT_NOTHING, /* no signature that is known */
	CONTENT_KNOWN,   /* type says what */
	CONTENT_SEVERAL, /* signatures that contradict each other */
};

enum content_sample {
	CONTENT_NOT_SAMPLED,
	CONTENT_BLANK,  /* only zeros or ones */
	CONTENT_RANDOM, /* random-looking parts, the rest blank */
	CONTENT_DATA,   /* something that is neither */
};

enum content_scan {
	CONTENT_NOT_SCANNED, /* no file system that could be a boot file system */
	CONTENT_SCANNED,
	CONTENT_SCAN_FAILED, /* scan_error */
};

struct content {
	int error;  /* negative errno: it could not be opened or read; nothing below counts */
	bool empty; /* a drive without a disc; nothing below counts */
	bool busy;  /* the kernel refuses it to others */
	enum content_probe probe;
	char type[CONTENT_TYPE];           /* as libblkid calls it: "ext4", "crypto_LUKS", "swsuspend" */
	char part_type[CONTENT_PART_TYPE]; /* what its partition table says it is; "" */
	bool has_table;                    /* a partition table lies on it */
	enum content_sample sample;        /* of all of it; only when probe is NOTHING */
	enum content_sample rest;          /* of the ranges that were asked for */
	bool drive_locks;                  /* its drive says that its own encryption is switched on */
	bool has_header;
	struct header_verdict header;
	bool has_keys; /* what was found out about keys, in a record */
	struct header_verdict keys;
	struct header_facts header_facts; /* live only; all zero in a record */
	enum content_scan scan;
	int scan_error;
	struct exempt exempt;
};

struct content_range {
	uint64_t start, size; /* bytes */
};

/* What is to be found out about one device. The caller owns all texts. */
struct content_wish {
	const char *name; /* kernel name */
	struct sysroot_device number;
	uint64_t size;
	bool has_disk; /* it is a partition of the disk below, which begins at start */
	const char *disk_name;
	struct sysroot_device disk_number;
	uint64_t start;
	bool used;               /* something is known to use it */
	bool may_scan;           /* nothing uses it but perhaps mounts */
	const char *mount_point; /* where all of it is mounted in our own namespace, NULL */
	bool rest_only;          /* nothing matters but the ranges */
	uint64_t head;           /* bytes before what a mapping encrypts, 0: none */
	size_t range_count;      /* parts that no mapping covers */
	struct content_range ranges[CONTENT_RANGES_MAX];
};

/* All wishes at once, each with an answer; blocks for some seconds at most. Negative errno: none at all. */
int content_live(const struct sysroot *root, const struct content_wish *wishes, size_t count,
	struct content *ret_contents);

/* Texts end and words are in range, whoever made them. */
bool content_sane(const struct content *content);
