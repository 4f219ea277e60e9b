/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * Interfaces whose code follows: each answers "not yet" and nothing else, so that callers can be built and
 * linked against them. This file shrinks and goes away.
 */

#include "device/blockdev.h"
#include "device/identity.h"
#include "device/known-media.h"
#include "device/udev.h"

int identity_of(const struct device_facts *facts, bool is_reader, struct device_identity *ret_identity)
{
	return -ENOSYS;
}

void identity_device_key(const struct device_facts *facts, char ret_key[static IDENTITY_KEY_SIZE])
{
	ret_key[0] = 0;
}

int identity_id(const char *prefix, const char *key, char ret_id[static IDENTITY_ID_SIZE])
{
	return -ENOSYS;
}

bool identity_serial_is_sane(const char *serial)
{
	return false;
}

void identity_find_ambiguous(const char *const *keys, size_t count, bool *ret_ambiguous)
{
	for (size_t i = 0; i < count; i++)
		ret_ambiguous[i] = true;
}

int identity_encode(const char *text, char *ret_text, size_t size)
{
	return -ENOSYS;
}

const char *device_kind_name(enum device_kind kind)
{
	return "other";
}

const char *device_bus_name(enum device_bus bus)
{
	return "internal";
}

int blockdev_open(const char *path, bool *ret_is_image)
{
	return -ENOSYS;
}

int blockdev_open_exclusive(const char *path)
{
	return -ENOSYS;
}

int blockdev_get_read_only(int fd, bool *ret_read_only)
{
	return -ENOSYS;
}

int blockdev_set_read_only(int fd, bool read_only)
{
	return -ENOSYS;
}

int blockdev_size(int fd, uint64_t *ret_bytes)
{
	return -ENOSYS;
}

int blockdev_sector_size(int fd, unsigned *ret_bytes)
{
	return -ENOSYS;
}

int blockdev_diskseq(int fd, uint64_t *ret_diskseq)
{
	return -ENOSYS;
}

int blockdev_insertion(int fd, char ret_text[static BLOCKDEV_INSERTION_SIZE])
{
	return -ENOSYS;
}

int blockdev_insertion_text(uint64_t diskseq, char ret_text[static BLOCKDEV_INSERTION_SIZE])
{
	return -ENOSYS;
}

int blockdev_alive(int fd, uint64_t expected_bytes, const char *insertion)
{
	return -ENOSYS;
}

int blockdev_whole_disk(dev_t number, dev_t *ret_disk)
{
	return -ENOSYS;
}

int known_media_format(const struct known_medium *media, size_t count, char **ret_text)
{
	return -ENOSYS;
}

int known_media_write(int dirfd, const struct known_medium *media, size_t count)
{
	return -ENOSYS;
}

enum role known_media_find(const char *text, size_t size, const char *key)
{
	return ROLE_NONE;
}

int device_monitor_new(struct device_monitor **ret_monitor)
{
	return -ENOSYS;
}

struct device_monitor *device_monitor_free(struct device_monitor *monitor)
{
	return NULL;
}

int device_monitor_fd(const struct device_monitor *monitor)
{
	return -ENOSYS;
}

int device_monitor_enumerate(struct device_monitor *monitor, device_callback callback, void *data)
{
	return -ENOSYS;
}

int device_monitor_dispatch(struct device_monitor *monitor, device_callback callback, void *data)
{
	return -ENOSYS;
}

int device_monitor_lookup(struct device_monitor *monitor, dev_t number, struct device_facts *ret_facts)
{
	return -ENOSYS;
}

int device_retrigger(const char *syspath)
{
	return -ENOSYS;
}
