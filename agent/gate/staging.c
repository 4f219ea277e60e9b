/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * Staged content. See staging.h. Room is reserved before a byte is taken, under a lock of its own, so that
 * several writers cannot pass the limit together.
 */

#include "gate/staging.h"

#include "base/fd.h"
#include "base/number.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/sendfile.h>

#define COPY_STEP (1 << 20)
#define READ_STEP ((size_t)256 << 10)

struct staging {
	struct staging_limits limits;
	pthread_mutex_t lock;
	uint64_t used;
};

struct content {
	struct staging *staging;
	atomic_uint references;
	int fd;
	bool sealed;
	uint64_t size;
	struct xxh128 *running; /* digest of the first hashed bytes */
	uint64_t hashed;
};

int staging_new(const struct staging_limits *limits, struct staging **ret_staging)
{
	struct staging *staging = calloc(1, sizeof *staging);

	if (!staging)
		return -ENOMEM;
	staging->limits = *limits;
	(void)pthread_mutex_init(&staging->lock, NULL);
	*ret_staging = staging;
	return 0;
}

struct staging *staging_free(struct staging *staging)
{
	if (staging)
		(void)pthread_mutex_destroy(&staging->lock);
	free(staging);
	return NULL;
}

uint64_t staging_used(struct staging *staging)
{
	uint64_t used;

	(void)pthread_mutex_lock(&staging->lock);
	used = staging->used;
	(void)pthread_mutex_unlock(&staging->lock);
	return used;
}

const struct staging_limits *staging_limits(const struct staging *staging)
{
	return &staging->limits;
}

/* From old_size to new_size bytes, either way. */
static int account(struct staging *staging, uint64_t old_size, uint64_t new_size)
{
	uint64_t others;
	int r = 0;

	if (new_size > old_size && new_size > staging->limits.per_file)
		return -EFBIG;
	(void)pthread_mutex_lock(&staging->lock);
	others = staging->used - old_size;
	if (new_size > old_size &&
		(others > staging->limits.total || new_size > staging->limits.total - others))
		r = -ENOSPC;
	else
		staging->used = others + new_size;
	(void)pthread_mutex_unlock(&staging->lock);
	return r;
}

int content_new(struct staging *staging, struct content **ret_content)
{
	struct content *content = calloc(1, sizeof *content);

	if (!content)
		return -ENOMEM;
	content->staging = staging;
	content->fd = -1;
	atomic_store(&content->references, 1);
	*ret_content = content;
	return 0;
}

struct content *content_ref(struct content *content)
{
	(void)atomic_fetch_add(&content->references, 1);
	return content;
}

struct content *content_unref(struct content *content)
{
	if (!content || atomic_fetch_sub(&content->references, 1) > 1)
		return NULL;
	content->fd = close_fd(content->fd);
	(void)xxh128_free(content->running);
	(void)account(content->staging, content->size, 0);
	free(content);
	return NULL;
}

uint64_t content_size(const struct content *content)
{
	return content->size;
}

int content_fd(const struct content *content)
{
	return content->fd;
}

static int need_fd(struct content *content)
{
	int folder = content->staging->limits.folder_fd;

	if (content->fd >= 0)
		return 0;
	content->fd = folder >= 0 ? openat(folder, ".", O_TMPFILE | O_EXCL | O_RDWR | O_CLOEXEC, 0600)
				  : memfd_create("staged", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	return content->fd < 0 ? -errno : 0;
}

/* Reserves for the given length, never less than it has. */
static int grow(struct content *content, uint64_t size)
{
	int r = content->sealed ? -EPERM : need_fd(content);

	if (r < 0 || size <= content->size)
		return r;
	r = account(content->staging, content->size, size);
	if (r >= 0)
		content->size = size;
	return r;
}

/* Takes back what a failed write had reserved. */
static int shrink_after(struct content *content, uint64_t size, int error)
{
	(void)!ftruncate(content->fd, (off_t)size);
	(void)account(content->staging, content->size, size);
	content->size = size;
	return error;
}

/* Bytes that come in order are digested while they are at hand; a change of earlier ones undoes it. */
static void digest_more(struct content *content, const void *bytes, size_t size, uint64_t offset)
{
	if (offset < content->hashed) {
		content->running = xxh128_free(content->running);
		content->hashed = 0;
	}
	if (offset != content->hashed || (!content->running && xxh128_new(&content->running) < 0))
		return;
	xxh128_update(content->running, bytes, size);
	content->hashed += size;
}

int content_write(struct content *content, const void *bytes, size_t size, uint64_t offset)
{
	uint64_t before = content->size, end;
	int r;

	if (add_overflows(offset, size, &end) || end > INT64_MAX)
		return -EFBIG;
	r = grow(content, end);
	if (r < 0)
		return r;
	r = fd_pwrite_full(content->fd, bytes, size, offset);
	if (r < 0)
		return shrink_after(content, before, r);
	digest_more(content, bytes, size, offset);
	return 0;
}

int content_resize(struct content *content, uint64_t size)
{
	uint64_t before = content->size;
	int r;

	if (size > INT64_MAX)
		return -EFBIG;
	r = grow(content, size);
	if (r < 0)
		return r;
	if (ftruncate(content->fd, (off_t)size) < 0)
		return shrink_after(content, before, -errno);
	(void)account(content->staging, content->size, size);
	content->size = size;
	if (size < content->hashed)
		digest_more(content, NULL, 0, size);
	return 0;
}

static int copy_bytes(int to, int fd, uint64_t size)
{
	off_t from = 0;

	if (lseek(to, 0, SEEK_SET) < 0)
		return -errno;
	while ((uint64_t)from < size) {
		uint64_t rest = size - (uint64_t)from;
		ssize_t n = sendfile(to, fd, &from, rest < COPY_STEP ? (size_t)rest : COPY_STEP);

		if (n < 0 && errno != EINTR)
			return -errno;
		if (n == 0)
			return -EIO;
	}
	return 0;
}

int content_fill(struct content *content, int fd)
{
	off_t size = lseek(fd, 0, SEEK_END);
	int r;

	if (size < 0)
		return -errno;
	r = grow(content, (uint64_t)size);
	if (r < 0 || size == 0)
		return r;
	r = copy_bytes(content->fd, fd, (uint64_t)size);
	return r < 0 ? shrink_after(content, 0, r) : 0;
}

int content_seal(struct content *content)
{
	if (content->sealed)
		return 0;
	if (content->fd >= 0 && content->staging->limits.folder_fd < 0 &&
		fcntl(content->fd, F_ADD_SEALS,
			F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_FUTURE_WRITE | F_SEAL_SEAL) < 0)
		return -errno;
	content->sealed = true;
	return 0;
}

bool content_is_sealed(const struct content *content)
{
	return content->sealed;
}

int content_clone(const struct content *content, struct content **ret_content)
{
	_cleanup_(content_unrefp) struct content *copy = NULL;
	int r = content_new(content->staging, &copy);

	if (r >= 0 && content->size > 0)
		r = content_fill(copy, content->fd);
	if (r < 0)
		return r;
	*ret_content = TAKE_PTR(copy);
	return 0;
}

int content_digest(struct content *content, uint8_t ret_digest[static XXH128_SIZE])
{
	_cleanup_free_ uint8_t *buffer = NULL;
	int r = content->running ? 0 : xxh128_new(&content->running);

	if (r >= 0 && content->hashed < content->size) {
		buffer = malloc(READ_STEP);
		r = buffer ? 0 : -ENOMEM;
	}
	while (r >= 0 && content->hashed < content->size) {
		uint64_t rest = content->size - content->hashed;
		size_t want = rest < READ_STEP ? (size_t)rest : READ_STEP;
		ssize_t n = fd_pread_full(content->fd, buffer, want, content->hashed);

		if (n != (ssize_t)want)
			return n < 0 ? (int)n : -EIO;
		digest_more(content, buffer, want, content->hashed);
	}
	if (r >= 0)
		xxh128_final(content->running, ret_digest);
	return r;
}

int content_sha512(const struct content *content, uint8_t ret_digest[static SHA512_SIZE])
{
	_cleanup_(sha512_freep) struct sha512 *state = NULL;
	_cleanup_free_ uint8_t *buffer = malloc(READ_STEP);
	int r = buffer ? sha512_new(&state) : -ENOMEM;

	for (uint64_t at = 0; r >= 0 && at < content->size; at += READ_STEP) {
		uint64_t rest = content->size - at;
		size_t want = rest < READ_STEP ? (size_t)rest : READ_STEP;
		ssize_t n = fd_pread_full(content->fd, buffer, want, at);

		r = n == (ssize_t)want ? sha512_update(state, buffer, want) : n < 0 ? (int)n : -EIO;
	}
	return r < 0 ? r : sha512_final(state, ret_digest);
}

int content_copy_out(const struct content *content, int fd)
{
	return content->size > 0 ? copy_bytes(fd, content->fd, content->size) : 0;
}
