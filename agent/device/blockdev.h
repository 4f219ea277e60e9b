/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * The few system calls about block devices: read-only flag, size, which plug-in this is, and whether the
 * device still answers. All take an open descriptor, so that what is asked is what is held.
 *
 * A name like /dev/sdb is never proof of anything; the insertion is.
 */

#include "base/cleanup.h"

#include <sys/types.h>

/* "2d1c...-....:/17": boot id, '/', disk sequence number. */
#define BLOCKDEV_INSERTION_SIZE 64

/* Opens a block device (or, for tests and standalone use, an image file) O_RDONLY. -ENOTBLK for anything
 * else. *ret_is_image may be NULL, then images are refused too. */
int blockdev_open(const char *path, bool *ret_is_image);

/*
 * Opens a whole block device for writing as its only holder (O_RDWR | O_EXCL | O_DIRECT) and takes its lock
 * (flock), which makes udev wait: no rule runs and no read-only flag changes until fd is closed. -EBUSY:
 * mounted or held; -EWOULDBLOCK: udev did not let go within two seconds. Lift the read-only flag first.
 */
int blockdev_open_exclusive(const char *path);

/* The kernel's read-only flag of the disk or partition behind fd. Setting needs CAP_SYS_ADMIN. */
int blockdev_get_read_only(int fd, bool *ret_read_only);
int blockdev_set_read_only(int fd, bool read_only);

/* The kernel looks again which partitions the disk behind fd has: those that it had and has no more are gone
 * at once. Needs CAP_SYS_ADMIN. -EBUSY: one of them is open, and all stay; -EINVAL: it has none ever. */
int blockdev_read_table(int fd);

/* Bytes; an image's file size. 0 bytes means no medium. */
int blockdev_size(int fd, uint64_t *ret_bytes);
int blockdev_sector_size(int fd, unsigned *ret_bytes);

/* Never the same twice in one boot. -ENOTTY on kernels before 5.15 and on images. */
int blockdev_diskseq(int fd, uint64_t *ret_diskseq);

/* The insertion of the disk behind fd; -ENOTTY for an image. fd must be the whole disk or a partition of it.
 */
int blockdev_insertion(int fd, char ret_text[static BLOCKDEV_INSERTION_SIZE]);

/* The same text from facts that udev reported. */
int blockdev_insertion_text(uint64_t diskseq, char ret_text[static BLOCKDEV_INSERTION_SIZE]);

/*
 * Proves that the device answers now: size and diskseq as expected, and the first and the last bytes are read
 * past every cache. 0 alive; -ENODEV gone; -EIO does not read; -ESTALE when size or diskseq differ (another
 * card). diskseq 0: not compared (images). Works inside a sandbox: opens nothing; needs ioctl BLKGETSIZE64,
 * BLKSSZGET, BLKGETDISKSEQ and fcntl. O_DIRECT is set on fd for the time of the call if it is not. Blocks for
 * as long as the kernel lets the device try.
 */
int blockdev_alive(int fd, uint64_t expected_bytes, uint64_t diskseq);

/* Number of the whole disk that number (disk or partition) belongs to, from sysfs. */
int blockdev_whole_disk(dev_t number, dev_t *ret_disk);
