/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Every block device of the computer and everything that uses it, as the kernel tells: mapped devices by
 * their live tables, md and bcache, partitions, mounts in every mount namespace, btrfs members, swap,
 * journals on devices of their own, zram's overflow, loop devices over devices.
 *
 * A list of facts, nothing is decided here. It can only be incomplete in one direction: a use that the kernel
 * names nowhere is missing, which is why content.h also asks the kernel whether a device is taken.
 */

#include "encryption/mount.h"

#define USERS_TEXT 256
#define USERS_NONE SIZE_MAX

enum users_node_kind {
	USERS_DISK,
	USERS_PARTITION_OF_DISK, /* of a real disk or of something else: see parent */
	USERS_DM,
	USERS_MD,
	USERS_BCACHE,
	USERS_LOOP,
	USERS_ZRAM,
	USERS_VIRTUAL, /* no hardware of its own, of another kind: network, memory */
};

struct users_node {
	enum users_node_kind kind;
	struct sysroot_device number;
	char name[SYSROOT_NAME];  /* kernel name: nvme0n1p3, dm-0 */
	char label[SYSROOT_NAME]; /* name that people know (of mapped devices), or the kernel name */
	char model[SYSROOT_NAME]; /* of a disk, "" when it does not say */
	uint64_t size;            /* bytes */
	uint64_t start;           /* of a partition, bytes */
	size_t parent;            /* of a partition, else USERS_NONE */
	bool real, hidden;        /* real: made of hardware, not of other devices */
	bool has_partitions;
	int table_error; /* of a mapped device: the table could not be read */
	struct dmtable table;
};

enum users_kind {
	USERS_CRYPT,      /* upper, target */
	USERS_PASS,       /* upper; writes to this device what is written to upper */
	USERS_PARTITION,  /* upper is a part of it */
	USERS_OVER_LOOP,  /* upper is a loop device over it */
	USERS_UNREADABLE, /* upper holds it, but its table could not be read */
	USERS_MOUNT,      /* text: mount point, "" when not known; what: file system */
	USERS_SWAP,
	USERS_JOURNAL,  /* what: of which file system, if known */
	USERS_OVERFLOW, /* zram writes to it */
};

struct users_use {
	size_t lower, upper;
	enum users_kind kind;
	const struct dmtable_target
		*target; /* the first that maps lower, for CRYPT and PASS of mapped devices */
	bool whole;      /* a mount of the whole file system in our own namespace */
	char what[SYSROOT_NAME];
	char text[USERS_TEXT];
};

struct users {
	size_t node_count, use_count;
	struct users_node *nodes;
	struct users_use *uses;
};

/* 0, or a negative errno when the kernel's lists could not be read at all. Clear with users_clear() in any
 * case. */
int users_load(const struct sysroot *root, struct users *ret_users);
void users_clear(struct users *users);

/* Index of a node or USERS_NONE. */
size_t users_find(const struct users *users, struct sysroot_device number);
size_t users_find_name(const struct users *users, const char *name);

/* "/dev/mapper/home", "/dev/nvme0n1p3", or any other name that the system knows. */
size_t users_find_path(const struct sysroot *root, const struct users *users, const char *path);

/* The parts that users.c and users-files.c share. */
int users_add(struct users *users, const struct users_use *use);
int users_load_files(const struct sysroot *root, struct users *users);
