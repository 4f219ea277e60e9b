/* SPDX-License-Identifier: GPL-3.0-or-later */

/* 16 bytes of SHA-512 for each path. See pathset.h. */

#include "vault/pathset.h"

#include "base/fd.h"
#include "base/sha512.h"
#include "vault/sort.h"

#include <string.h>
#include <sys/mman.h>

#define KEY    16
#define BUFFER 1024 /* keys */

struct pathset {
	int fd;
	struct sha512 *sha512;
	uint64_t written; /* keys in the file */
	size_t waiting;
	uint8_t buffer[BUFFER][KEY];
	uint8_t *map;
	size_t map_size;
};

int pathset_new(int spool_fd, struct pathset **ret_set)
{
	_cleanup_(pathset_freep) struct pathset *set = calloc(1, sizeof *set);
	int r;

	if (!set)
		return -ENOMEM;
	set->fd = spool_fd;
	if (ftruncate(spool_fd, 0) < 0)
		return -errno;
	r = sha512_new(&set->sha512);
	if (r >= 0)
		*ret_set = TAKE_PTR(set);
	return r;
}

struct pathset *pathset_free(struct pathset *set)
{
	if (set) {
		if (set->map)
			(void)munmap(set->map, set->map_size);
		(void)sha512_free(set->sha512);
	}
	free(set);
	return NULL;
}

static int key_of(const struct pathset *set, char kind, const char *path, uint8_t ret_key[static KEY])
{
	uint8_t digest[SHA512_SIZE];
	int r = sha512_reset(set->sha512);

	if (r >= 0)
		r = sha512_update(set->sha512, &kind, 1);
	if (r >= 0)
		r = sha512_update(set->sha512, path, strlen(path));
	if (r >= 0)
		r = sha512_final(set->sha512, digest);
	if (r >= 0)
		memcpy(ret_key, digest, KEY);
	return r;
}

static int flush(struct pathset *set)
{
	int r = fd_pwrite_full(set->fd, set->buffer, set->waiting * KEY, set->written * KEY);

	if (r >= 0) {
		set->written += set->waiting;
		set->waiting = 0;
	}
	return r;
}

int pathset_add(struct pathset *set, char kind, const char *path)
{
	int r = set->waiting == BUFFER ? flush(set) : 0;

	if (r >= 0)
		r = key_of(set, kind, path, set->buffer[set->waiting]);
	if (r >= 0)
		set->waiting++;
	return r;
}

int pathset_seal(struct pathset *set)
{
	void *map;
	int r = flush(set);

	if (r < 0 || set->written == 0)
		return r;
	set->map_size = (size_t)set->written * KEY;
	map = mmap(NULL, set->map_size, PROT_READ | PROT_WRITE, MAP_SHARED, set->fd, 0);
	if (map == MAP_FAILED)
		return -errno;
	set->map = map;
	sort_records(map, (size_t)set->written, KEY, 0, KEY);
	return 0;
}

int pathset_has(const struct pathset *set, char kind, const char *path, bool *ret_has)
{
	uint8_t key[KEY];
	int r = key_of(set, kind, path, key);

	if (r >= 0)
		*ret_has = sort_holds(set->map, (size_t)set->written, KEY, key);
	return r;
}
