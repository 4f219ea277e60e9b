/* SPDX-License-Identifier: GPL-3.0-or-later */

/* A stack of fixed-size records in a file; the top of the stack is mapped to be sorted. See dirhash.h. */

#include "vault/dirhash.h"

#include "base/fd.h"
#include "vault/sort.h"

#include <string.h>
#include <sys/mman.h>

struct record {
	uint8_t content_sha512[SHA512_SIZE];
	uint8_t structure_sha512[SHA512_SIZE];
	uint8_t content_xxh128[XXH128_SIZE];
	uint8_t structure_xxh128[XXH128_SIZE];
};

struct level {
	size_t path_size;      /* of the directory's path within dirhash.path; 0 for the root */
	uint64_t first_record; /* its children begin here */
};

struct dirhash {
	int spool_fd;
	uint64_t records;
	size_t depth; /* of the innermost open directory; level[0] is the root */
	struct level level[MHL_DEPTH_MAX + 1];
	char path[MHL_PATH_MAX + 1];
	struct sha512 *sha512;
	struct xxh128 *xxh128;
};

int dirhash_new(int spool_fd, struct dirhash **ret_dirhash)
{
	_cleanup_(dirhash_freep) struct dirhash *dirhash = calloc(1, sizeof *dirhash);
	int r;

	if (!dirhash)
		return -ENOMEM;
	dirhash->spool_fd = spool_fd;
	r = sha512_new(&dirhash->sha512);
	if (r >= 0)
		r = xxh128_new(&dirhash->xxh128);
	if (r >= 0)
		*ret_dirhash = TAKE_PTR(dirhash);
	return r;
}

struct dirhash *dirhash_free(struct dirhash *dirhash)
{
	if (dirhash) {
		(void)sha512_free(dirhash->sha512);
		(void)xxh128_free(dirhash->xxh128);
	}
	free(dirhash);
	return NULL;
}

/* Is the innermost open directory the one of this path (size bytes), or above it? */
static bool below_open(const struct dirhash *dirhash, const char *path, size_t size)
{
	size_t open = dirhash->level[dirhash->depth].path_size;

	if (open == 0)
		return true;
	if (size < open || memcmp(dirhash->path, path, open) != 0)
		return false;
	return size == open || path[open] == '/';
}

/* Opens every directory from the innermost open one down to this path. */
static int enter(struct dirhash *dirhash, const char *path, size_t size)
{
	if (!below_open(dirhash, path, size))
		return -EINVAL;
	memcpy(dirhash->path, path, size);
	while (dirhash->level[dirhash->depth].path_size < size) {
		size_t open = dirhash->level[dirhash->depth].path_size;
		size_t start = open ? open + 1 : 0;
		const char *slash = memchr(path + start, '/', size - start);

		dirhash->level[++dirhash->depth] = (struct level){
			.path_size = slash ? (size_t)(slash - path) : size,
			.first_record = dirhash->records,
		};
	}
	return 0;
}

static const char *last_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* Hash of (name, hash) in both formats. */
static int named(
	struct dirhash *dirhash, const char *name, const struct mhl_hashes *hashes, struct record *record)
{
	int r = sha512_reset(dirhash->sha512);

	if (r >= 0)
		r = sha512_update(dirhash->sha512, name, strlen(name));
	if (r >= 0)
		r = sha512_update(dirhash->sha512, hashes->sha512, SHA512_SIZE);
	if (r >= 0)
		r = sha512_final(dirhash->sha512, record->structure_sha512);
	xxh128_reset(dirhash->xxh128);
	xxh128_update(dirhash->xxh128, name, strlen(name));
	xxh128_update(dirhash->xxh128, hashes->xxh128, XXH128_SIZE);
	xxh128_final(dirhash->xxh128, record->structure_xxh128);
	return r;
}

static int push(struct dirhash *dirhash, const char *name, const struct mhl_hashes *content,
	const struct mhl_hashes *structure)
{
	struct record record;
	int r = named(dirhash, name, structure, &record);

	if (r < 0)
		return r;
	memcpy(record.content_sha512, content->sha512, SHA512_SIZE);
	memcpy(record.content_xxh128, content->xxh128, XXH128_SIZE);
	r = fd_pwrite_full(dirhash->spool_fd, &record, sizeof record, dirhash->records * sizeof record);
	if (r >= 0)
		dirhash->records++;
	return r;
}

int dirhash_file(struct dirhash *dirhash, const char *path, const struct mhl_hashes *hashes)
{
	size_t size = strlen(path);
	const char *name = last_name(path);
	int r = mhl_check_path(path, size);

	if (r >= 0)
		r = enter(dirhash, path, name == path ? 0 : (size_t)(name - path) - 1);
	return r < 0 ? r : push(dirhash, name, hashes, hashes);
}

static int hash_sha512(struct dirhash *dirhash, struct record *records, size_t count, size_t offset,
	uint8_t ret_digest[static SHA512_SIZE])
{
	int r = sha512_reset(dirhash->sha512);

	sort_records(records, count, sizeof *records, offset, SHA512_SIZE);
	for (size_t i = 0; i < count && r >= 0; i++)
		r = sha512_update(dirhash->sha512, (const uint8_t *)&records[i] + offset, SHA512_SIZE);
	return r < 0 ? r : sha512_final(dirhash->sha512, ret_digest);
}

static void hash_xxh128(struct dirhash *dirhash, struct record *records, size_t count, size_t offset,
	uint8_t ret_digest[static XXH128_SIZE])
{
	xxh128_reset(dirhash->xxh128);
	sort_records(records, count, sizeof *records, offset, XXH128_SIZE);
	for (size_t i = 0; i < count; i++)
		xxh128_update(dirhash->xxh128, (const uint8_t *)&records[i] + offset, XXH128_SIZE);
	xxh128_final(dirhash->xxh128, ret_digest);
}

static int hash_all(struct dirhash *dirhash, struct record *records, size_t count,
	struct mhl_hashes *ret_content, struct mhl_hashes *ret_structure)
{
	int r = hash_sha512(
		dirhash, records, count, offsetof(struct record, content_sha512), ret_content->sha512);

	if (r >= 0)
		r = hash_sha512(dirhash, records, count, offsetof(struct record, structure_sha512),
			ret_structure->sha512);
	hash_xxh128(dirhash, records, count, offsetof(struct record, content_xxh128), ret_content->xxh128);
	hash_xxh128(
		dirhash, records, count, offsetof(struct record, structure_xxh128), ret_structure->xxh128);
	return r;
}

/* Hashes and removes the records of the innermost open directory. */
static int pop(struct dirhash *dirhash, struct mhl_hashes *ret_content, struct mhl_hashes *ret_structure)
{
	uint64_t first = dirhash->level[dirhash->depth].first_record, count = dirhash->records - first;
	uint64_t start = first * sizeof(struct record), page = (uint64_t)sysconf(_SC_PAGESIZE);
	uint64_t aligned = start / page * page;
	size_t size = (size_t)(start - aligned + count * sizeof(struct record));
	uint8_t *map;
	int r;

	if (count == 0)
		return hash_all(dirhash, NULL, 0, ret_content, ret_structure);
	map = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, dirhash->spool_fd, (off_t)aligned);
	if (map == MAP_FAILED)
		return -errno;
	r = hash_all(dirhash, (void *)(map + (start - aligned)), (size_t)count, ret_content, ret_structure);
	(void)munmap(map, size);
	dirhash->records = first;
	return r;
}

int dirhash_directory(struct dirhash *dirhash, const char *path, struct mhl_hashes *ret_content,
	struct mhl_hashes *ret_structure)
{
	size_t size = strlen(path);
	int r = mhl_check_path(path, size);

	if (r >= 0)
		r = enter(dirhash, path, size);
	if (r >= 0)
		r = pop(dirhash, ret_content, ret_structure);
	if (r < 0)
		return r;
	dirhash->depth--;
	return push(dirhash, last_name(path), ret_content, ret_structure);
}

int dirhash_root(struct dirhash *dirhash, struct mhl_hashes *ret_content, struct mhl_hashes *ret_structure)
{
	return dirhash->depth > 0 ? -EINVAL : pop(dirhash, ret_content, ret_structure);
}
