/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * Reading a stored file from its device: past the cache by direct I/O, or after the cache was emptied and
 * proven empty. What only came back from memory proves nothing.
 */

#include "offload/engine.h"

#include <string.h>
#include <sys/stat.h>

#define BLOCK 4096

struct read_back {
	struct sha512 *sha512;
	struct xxh128 *xxh128;
	uint8_t *data;
};

int read_back_new(struct read_back **ret_read_back)
{
	_cleanup_(read_back_freep) struct read_back *read_back = calloc(1, sizeof *read_back);
	int r;

	if (!read_back)
		return -ENOMEM;
	r = posix_memalign((void **)&read_back->data, BLOCK, CHUNK_SIZE);
	if (r != 0)
		return -r;
	memset(read_back->data, 0, CHUNK_SIZE);
	r = sha512_new(&read_back->sha512);
	if (r < 0)
		return r;
	r = xxh128_new(&read_back->xxh128);
	if (r < 0)
		return r;
	*ret_read_back = TAKE_PTR(read_back);
	return 0;
}

struct read_back *read_back_free(struct read_back *read_back)
{
	if (!read_back)
		return NULL;
	free(read_back->data);
	(void)sha512_free(read_back->sha512);
	(void)xxh128_free(read_back->xxh128);
	free(read_back);
	return NULL;
}

/* No more than there should be, for a direct read pins all that it is given; a file that has grown shows. */
static size_t ask_for(uint64_t left)
{
	return left < CHUNK_SIZE ? (size_t)(left / BLOCK + 1) * BLOCK : CHUNK_SIZE;
}

static int hash_all(struct read_back *read_back, struct engine *engine, int fd, uint64_t size)
{
	uint64_t offset = 0;
	int r = sha512_reset(read_back->sha512);

	xxh128_reset(read_back->xxh128);
	while (r >= 0 && offset < size) {
		ssize_t n = engine->io->read_vault(
			engine->io->data, fd, read_back->data, ask_for(size - offset), offset);

		engine_step(engine);
		if (atomic_load(&engine->stop))
			return -ECANCELED;
		if (n < 0)
			return (int)n;
		if (n == 0 || (offset + (uint64_t)n != size && n % BLOCK != 0))
			return -EILSEQ;
		r = sha512_update(read_back->sha512, read_back->data, (size_t)n);
		xxh128_update(read_back->xxh128, read_back->data, (size_t)n);
		offset += (uint64_t)n;
	}
	return r >= 0 && offset > size ? -EILSEQ : r;
}

int read_back_file(struct read_back *read_back, struct engine *engine, int root_fd, const char *path,
	const struct mark *expected)
{
	uint8_t sha512[SHA512_SIZE], xxh128[XXH128_SIZE];
	_cleanup_close_ int fd = -1;
	bool cached;
	struct stat st;
	int r;

	fd = source_open_file(root_fd, path, &cached);
	if (fd < 0)
		return fd;
	if (fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode) || (uint64_t)st.st_size != expected->size)
		return -EILSEQ;
	if (cached && source_drop_cached(fd, expected->size) < 0)
		return -EAGAIN;
	r = hash_all(read_back, engine, fd, expected->size);
	if (r >= 0)
		r = sha512_final(read_back->sha512, sha512);
	if (r < 0)
		return r;
	xxh128_final(read_back->xxh128, xxh128);
	return memcmp(sha512, expected->sha512, SHA512_SIZE) == 0 &&
			       memcmp(xxh128, expected->xxh128, XXH128_SIZE) == 0
		       ? 0
		       : -EILSEQ;
}
