/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Descriptors as devices, and the parsers' cache. See device.h. */

#include "wipe/device.h"

#include "base/fd.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

#define CACHE_BLOCK ((size_t)64 * 1024)
#define CACHE_SLOTS 64
#define NO_BLOCK    UINT64_MAX

static int fd_read(void *data, uint64_t offset, void *buffer, size_t size)
{
	const struct device_fd *d = data;
	ssize_t n;

	if (!d->direct)
		(void)posix_fadvise(d->fd, (off_t)offset, (off_t)size, POSIX_FADV_DONTNEED);
	n = fd_pread_full(d->fd, buffer, size, offset);
	if (n < 0)
		return (int)n;
	return (size_t)n == size ? 0 : -ENODATA;
}

static int fd_write(void *data, uint64_t offset, const void *buffer, size_t size)
{
	const struct device_fd *d = data;

	return fd_pwrite_full(d->fd, buffer, size, offset);
}

static int fd_flush(void *data)
{
	const struct device_fd *d = data;

	return fsync(d->fd) < 0 ? -errno : 0;
}

static int fd_size(void *data, uint64_t *ret_bytes)
{
	const struct device_fd *d = data;
	struct stat st;

	if (d->block_device)
		return ioctl(d->fd, BLKGETSIZE64, ret_bytes) < 0 ? -errno : 0;
	if (fstat(d->fd, &st) < 0)
		return -errno;
	*ret_bytes = (uint64_t)st.st_size;
	return 0;
}

int device_from_fd(int fd, uint64_t bytes, struct device_fd *place, struct device *ret_device)
{
	struct stat st;
	int flags;

	if (fstat(fd, &st) < 0)
		return -errno;
	flags = fcntl(fd, F_GETFL);
	if (flags < 0)
		return -errno;
	if (!S_ISBLK(st.st_mode) && !S_ISREG(st.st_mode))
		return -EINVAL;
	*place =
		(struct device_fd){.fd = fd, .block_device = S_ISBLK(st.st_mode), .direct = flags & O_DIRECT};
	*ret_device = (struct device){.bytes = bytes,
		.data = place,
		.read = fd_read,
		.write = fd_write,
		.flush = fd_flush,
		.size = fd_size};
	return 0;
}

void *device_buffer(size_t size)
{
	return aligned_alloc(DEVICE_ALIGN, (size + DEVICE_ALIGN - 1) / DEVICE_ALIGN * DEVICE_ALIGN);
}

struct device_cache {
	const struct device *device;
	struct source source;
	uint8_t *memory;
	uint64_t blocks[CACHE_SLOTS];
	uint64_t used[CACHE_SLOTS]; /* by this count the oldest is found */
	uint64_t count;
	size_t last;
};

static size_t find_slot(const struct device_cache *cache, uint64_t block, bool *ret_hit)
{
	size_t oldest = 0;

	*ret_hit = true;
	if (cache->blocks[cache->last] == block)
		return cache->last;
	for (size_t i = 0; i < CACHE_SLOTS; i++) {
		if (cache->blocks[i] == block)
			return i;
		if (cache->used[i] < cache->used[oldest])
			oldest = i;
	}
	*ret_hit = false;
	return oldest;
}

static int load_block(struct device_cache *cache, uint64_t block, const uint8_t **ret_bytes)
{
	uint64_t offset = block * CACHE_BLOCK;
	uint64_t left = cache->device->bytes - offset;
	bool hit;
	size_t slot = find_slot(cache, block, &hit);
	uint8_t *bytes = cache->memory + slot * CACHE_BLOCK;

	if (!hit) {
		int r;

		cache->blocks[slot] = NO_BLOCK;
		r = cache->device->read(
			cache->device->data, offset, bytes, left < CACHE_BLOCK ? (size_t)left : CACHE_BLOCK);
		if (r < 0)
			return r;
		cache->blocks[slot] = block;
	}
	cache->used[slot] = ++cache->count;
	cache->last = slot;
	*ret_bytes = bytes;
	return 0;
}

static int cache_read(void *data, uint64_t offset, void *buffer, size_t size)
{
	struct device_cache *cache = data;
	uint8_t *to = buffer;

	while (size > 0) {
		size_t at = offset % CACHE_BLOCK;
		size_t piece = CACHE_BLOCK - at < size ? CACHE_BLOCK - at : size;
		const uint8_t *bytes;
		int r = load_block(cache, offset / CACHE_BLOCK, &bytes);

		if (r < 0)
			return r;
		memcpy(to, bytes + at, piece);
		to += piece;
		offset += piece;
		size -= piece;
	}
	return 0;
}

int device_cache_new(const struct device *device, struct device_cache **ret_cache)
{
	_cleanup_(device_cache_freep) struct device_cache *cache = calloc(1, sizeof *cache);

	if (!cache)
		return -ENOMEM;
	cache->memory = device_buffer(CACHE_SLOTS * CACHE_BLOCK);
	if (!cache->memory)
		return -ENOMEM;
	cache->device = device;
	cache->source = (struct source){.read = cache_read, .data = cache, .size = device->bytes};
	for (size_t i = 0; i < CACHE_SLOTS; i++)
		cache->blocks[i] = NO_BLOCK;
	*ret_cache = TAKE_PTR(cache);
	return 0;
}

struct device_cache *device_cache_free(struct device_cache *cache)
{
	if (cache)
		free(cache->memory);
	free(cache);
	return NULL;
}

const struct source *device_cache_source(const struct device_cache *cache)
{
	return &cache->source;
}
