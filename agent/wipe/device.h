/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * The card as a thing that is read, written and flushed: a table of functions, so that tests can put a
 * broken card (stuck, fake, shrinking, gone) in the place of a real one.
 *
 * Offsets and sizes are whole 512-byte sectors, buffers are aligned to DEVICE_ALIGN. Reads and writes are all
 * or nothing and past every cache where the kernel can; a read that ends early is -ENODATA. Nothing here
 * opens anything: the worker gets its one descriptor from its supervisor.
 */

#include "wipe/source.h"

#define DEVICE_ALIGN 4096

struct device {
	uint64_t bytes; /* as the supervisor measured it */
	void *data;
	int (*read)(void *data, uint64_t offset, void *buffer, size_t size);
	int (*write)(void *data, uint64_t offset, const void *buffer, size_t size);
	int (*flush)(void *data);
	int (*size)(void *data, uint64_t *ret_bytes);
};

struct device_fd {
	int fd; /* borrowed */
	bool block_device;
	bool direct;
};

/* fd: block device or image. place must live as long as the device. */
int device_from_fd(int fd, uint64_t bytes, struct device_fd *place, struct device *ret_device);

/* Aligned memory for this; released with free(). */
void *device_buffer(size_t size);

/* Small reads for the parsers: some megabytes of the card in memory, so that a chain of a million clusters is
 * not a million reads. */
struct device_cache;

int device_cache_new(const struct device *device, struct device_cache **ret_cache);
struct device_cache *device_cache_free(struct device_cache *cache);
DEFINE_CLEANUP(struct device_cache, device_cache_free);

/* A source that reads through the cache; borrowed from it. */
const struct source *device_cache_source(const struct device_cache *cache);
