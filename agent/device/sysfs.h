/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Facts about block devices straight from sysfs, for the daemon and for the helper alike, so that both know a
 * device by the same keys. Needs no daemon and no library.
 *
 * root is "/sys" (tests give a folder of their own). Attributes are small and bounded; a missing attribute is
 * an empty string, never an error. The medium itself is not read.
 */

#include "device/facts.h"

#define SYSFS_ROOT "/sys"

/* Directory of a block device: "/sys/devices/.../block/sdb" or ".../sdb/sdb1". -ENODEV when there is none. */
int sysfs_block_path(const char *root, dev_t number, char ret_path[static DEVICE_PATH]);

/* Value of a small text attribute without its newline and surrounding spaces; "" when there is none. Returns
 * true when it was cut to size. */
bool sysfs_read(const char *path, const char *attribute, char *ret_text, size_t size);

/* A non-negative decimal attribute; missing is what is given. */
uint64_t sysfs_read_u64(const char *path, const char *attribute, uint64_t missing);

/* "8:16" as the kernel writes device numbers, followed by end, newline or space. -EINVAL for anything else.
 */
int sysfs_parse_number(const char *text, dev_t *ret_number);

/* The number in attribute "dev"; -ENODEV when there is none. */
int sysfs_read_number(const char *path, dev_t *ret_number);

/* Fills everything about a whole disk except settled, media, holds_system, table and volume contents.
 * Partitions are listed with node, number, start and size. -ENODEV when number is no whole disk. */
int sysfs_disk_facts(const char *root, dev_t number, struct device_facts *ret_facts);

/*
 * Calls visit for the whole disks (or other lowest devices) that number lies on, through partitions,
 * device-mapper and md, until it returns non-zero, which is then returned. -ELOOP when stacked deeper
 * than 16.
 */
typedef int (*sysfs_visit)(dev_t disk, const char *path, void *data);
int sysfs_lowest_disks(const char *root, dev_t number, sysfs_visit visit, void *data);

/* What number lies directly on: the disk of a partition, the members of a stack (device-mapper, md, bcache);
 * none for a disk. -E2BIG when there are more than max. */
int sysfs_below(const char *root, dev_t number, dev_t *ret_numbers, size_t max, size_t *ret_count);

/* Calls visit with the sysfs path of each device-mapper device that stands directly on the device at path, or
 * on a partition of it, until it returns non-zero, which is then returned. */
typedef int (*sysfs_holder)(const char *holder, void *data);
int sysfs_holders(const char *path, sysfs_holder visit, void *data);

/* Whether the device at path, or a partition of it, is held by a device-mapper device whose UUID begins so.
 */
bool sysfs_held_by(const char *path, const char *uuid_prefix);
