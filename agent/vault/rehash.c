/* SPDX-License-Identifier: GPL-3.0-or-later */

/* See rehash.h. A file that stops answering to O_DIRECT halfway is read on through the cache. */

#include "vault/rehash.h"

#include <fcntl.h>
#include <string.h>

#define PIECE     (4U << 20)
#define ALIGNMENT 4096

struct rehash {
	struct sha512 *sha512;
	struct xxh128 *xxh128;
	void *buffer;
};

int rehash_new(struct rehash **ret_rehash)
{
	_cleanup_(rehash_freep) struct rehash *rehash = calloc(1, sizeof *rehash);
	int r;

	if (!rehash)
		return -ENOMEM;
	if (posix_memalign(&rehash->buffer, ALIGNMENT, PIECE) != 0) {
		rehash->buffer = NULL;
		return -ENOMEM;
	}
	r = sha512_new(&rehash->sha512);
	if (r >= 0)
		r = xxh128_new(&rehash->xxh128);
	if (r >= 0)
		*ret_rehash = TAKE_PTR(rehash);
	return r;
}

struct rehash *rehash_free(struct rehash *rehash)
{
	if (rehash) {
		(void)sha512_free(rehash->sha512);
		(void)xxh128_free(rehash->xxh128);
		free(rehash->buffer);
	}
	free(rehash);
	return NULL;
}

static void set_direct(int fd, bool direct)
{
	int flags = fcntl(fd, F_GETFL);

	if (flags >= 0)
		(void)fcntl(fd, F_SETFL, direct ? flags | O_DIRECT : flags & ~O_DIRECT);
}

static ssize_t read_piece(struct rehash *rehash, int fd, uint64_t offset)
{
	ssize_t n;

	do
		n = pread(fd, rehash->buffer, PIECE, (off_t)offset);
	while (n < 0 && errno == EINTR);
	if (n < 0 && errno == EINVAL) {
		set_direct(fd, false);
		n = pread(fd, rehash->buffer, PIECE, (off_t)offset);
	}
	return n < 0 ? -errno : n;
}

int rehash_file(struct rehash *rehash, int fd, int (*step)(uint64_t bytes, void *data), void *data,
	struct mhl_hashes *ret_hashes, uint64_t *ret_size)
{
	struct mhl_hashes hashes;
	uint64_t offset = 0;
	ssize_t n;
	int r = sha512_reset(rehash->sha512);

	xxh128_reset(rehash->xxh128);
	(void)posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
	set_direct(fd, true);
	while (r == 0 && (n = read_piece(rehash, fd, offset)) != 0) {
		if (n < 0)
			return (int)n;
		r = sha512_update(rehash->sha512, rehash->buffer, (size_t)n);
		xxh128_update(rehash->xxh128, rehash->buffer, (size_t)n);
		offset += (uint64_t)n;
		if (r == 0)
			r = step((uint64_t)n, data);
	}
	if (r == 0)
		r = sha512_final(rehash->sha512, hashes.sha512);
	if (r != 0)
		return r;
	xxh128_final(rehash->xxh128, hashes.xxh128);
	*ret_hashes = hashes;
	*ret_size = offset;
	return 0;
}
