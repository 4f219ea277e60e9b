/* SPDX-License-Identifier: GPL-3.0-or-later */

/* A stack of fixed-size records in a file; what is sorted lies behind its top for a moment. See dirhash.h. */

#include "vault/dirhash.h"

#include "base/fd.h"
#include "vault/merge.h"

#include <string.h>

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

static int feed_sha512(const void *key, void *data)
{
	return sha512_update(((struct dirhash *)data)->sha512, key, SHA512_SIZE);
}

static int feed_xxh128(const void *key, void *data)
{
	xxh128_update(((struct dirhash *)data)->xxh128, key, XXH128_SIZE);
	return 0;
}

/* One column of the innermost open directory's records. */
static struct merge column(const struct dirhash *dirhash, size_t offset, size_t size)
{
	uint64_t first = dirhash->level[dirhash->depth].first_record;

	return (struct merge){
		.fd = dirhash->spool_fd,
		.records_at = first * sizeof(struct record),
		.count = dirhash->records - first,
		.record_size = sizeof(struct record),
		.key_offset = offset,
		.key_size = size,
		.scratch_at = dirhash->records * sizeof(struct record),
	};
}

static int hash_sha512(struct dirhash *dirhash, size_t offset, uint8_t ret_digest[static SHA512_SIZE])
{
	struct merge merge = column(dirhash, offset, SHA512_SIZE);
	int r = sha512_reset(dirhash->sha512);

	if (r >= 0)
		r = merge_keys(&merge, feed_sha512, dirhash);
	return r < 0 ? r : sha512_final(dirhash->sha512, ret_digest);
}

static int hash_xxh128(struct dirhash *dirhash, size_t offset, uint8_t ret_digest[static XXH128_SIZE])
{
	struct merge merge = column(dirhash, offset, XXH128_SIZE);
	int r;

	xxh128_reset(dirhash->xxh128);
	r = merge_keys(&merge, feed_xxh128, dirhash);
	if (r >= 0)
		xxh128_final(dirhash->xxh128, ret_digest);
	return r;
}

/* Hashes and removes the records of the innermost open directory. */
static int pop(struct dirhash *dirhash, struct mhl_hashes *ret_content, struct mhl_hashes *ret_structure)
{
	int r = hash_sha512(dirhash, offsetof(struct record, content_sha512), ret_content->sha512);

	if (r >= 0)
		r = hash_sha512(dirhash, offsetof(struct record, structure_sha512), ret_structure->sha512);
	if (r >= 0)
		r = hash_xxh128(dirhash, offsetof(struct record, content_xxh128), ret_content->xxh128);
	if (r >= 0)
		r = hash_xxh128(dirhash, offsetof(struct record, structure_xxh128), ret_structure->xxh128);
	if (r >= 0)
		dirhash->records = dirhash->level[dirhash->depth].first_record;
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
