/* SPDX-License-Identifier: GPL-3.0-or-later */

/* The list and the marks. See spool.h. */

#include "offload/spool.h"

#include "base/fd.h"

#include <fcntl.h>
#include <pthread.h>
#include <string.h>

#define BUFFER 65536

struct record {
	uint32_t kind, root;
	uint32_t path_size, open_size; /* open_size UINT32_MAX: the same as path */
	uint64_t size;
	int64_t mtime;
	uint64_t number;
	uint32_t mtime_ns;
	uint32_t total;
};

#define RECORD_MAX (sizeof(struct record) + 2 * (OFFLOAD_PATH_MAX + 1))

struct spool {
	int list_fd, marks_fd;
	pthread_mutex_t lock;
	uint64_t files, folders, list_size;
	size_t used;
	char buffer[BUFFER];
};

struct spool_cursor {
	const struct spool *spool;
	uint64_t start; /* offset of the buffer in the list */
	size_t used, at;
	char buffer[BUFFER];
	char open_path[OFFLOAD_PATH_MAX + 1], path[OFFLOAD_PATH_MAX + 1];
};

static int nameless(int directory_fd)
{
	int fd = openat(directory_fd, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

	return fd < 0 ? -errno : fd;
}

int spool_new(int directory_fd, struct spool **ret_spool)
{
	_cleanup_(spool_freep) struct spool *spool = malloc(sizeof *spool);

	if (!spool)
		return -ENOMEM;
	memset(spool, 0, sizeof *spool);
	spool->marks_fd = -1;
	(void)pthread_mutex_init(&spool->lock, NULL);
	spool->list_fd = nameless(directory_fd);
	if (spool->list_fd < 0)
		return spool->list_fd;
	spool->marks_fd = nameless(directory_fd);
	if (spool->marks_fd < 0)
		return spool->marks_fd;
	*ret_spool = TAKE_PTR(spool);
	return 0;
}

struct spool *spool_free(struct spool *spool)
{
	if (!spool)
		return NULL;
	(void)close_fd(spool->list_fd);
	(void)close_fd(spool->marks_fd);
	(void)pthread_mutex_destroy(&spool->lock);
	free(spool);
	return NULL;
}

static int flush(struct spool *spool)
{
	int r = fd_pwrite_full(spool->list_fd, spool->buffer, spool->used, spool->list_size);

	if (r < 0)
		return r;
	spool->list_size += spool->used;
	spool->used = 0;
	return 0;
}

static void put(struct spool *spool, const void *data, size_t size)
{
	memcpy(spool->buffer + spool->used, data, size);
	spool->used += size;
}

int spool_add(struct spool *spool, enum spool_kind kind, const struct walk_entry *entry)
{
	bool same = entry->path_size == entry->open_size &&
		    memcmp(entry->path, entry->open_path, entry->path_size) == 0;
	struct record record = {.kind = kind,
		.root = entry->root,
		.path_size = (uint32_t)entry->path_size,
		.open_size = same ? UINT32_MAX : (uint32_t)entry->open_size,
		.size = entry->size,
		.mtime = entry->mtime,
		.mtime_ns = entry->mtime_ns};
	size_t total = sizeof record + entry->path_size + (same ? 0 : entry->open_size);
	int r;

	if (entry->path_size > OFFLOAD_PATH_MAX || entry->open_size > OFFLOAD_PATH_MAX)
		return -ENAMETOOLONG;
	if (spool->used + total > BUFFER) {
		r = flush(spool);
		if (r < 0)
			return r;
	}
	record.total = (uint32_t)total;
	record.number = kind == SPOOL_FILE ? spool->files++ : spool->folders++;
	put(spool, &record, sizeof record);
	put(spool, entry->path, entry->path_size);
	if (!same)
		put(spool, entry->open_path, entry->open_size);
	return 0;
}

int spool_seal(struct spool *spool)
{
	off_t size = (off_t)(spool->files * sizeof(struct mark));
	int r = flush(spool);

	if (r < 0 || size == 0)
		return r;
	if (fallocate(spool->marks_fd, 0, 0, size) == 0)
		return 0;
	if (errno != EOPNOTSUPP && errno != ENOSYS)
		return -errno;
	return ftruncate(spool->marks_fd, size) < 0 ? -errno : 0;
}

uint64_t spool_files(const struct spool *spool)
{
	return spool->files;
}

uint64_t spool_folders(const struct spool *spool)
{
	return spool->folders;
}

int spool_cursor_new(const struct spool *spool, struct spool_cursor **ret_cursor)
{
	struct spool_cursor *cursor = malloc(sizeof *cursor);

	if (!cursor)
		return -ENOMEM;
	memset(cursor, 0, sizeof *cursor);
	cursor->spool = spool;
	*ret_cursor = cursor;
	return 0;
}

struct spool_cursor *spool_cursor_free(struct spool_cursor *cursor)
{
	free(cursor);
	return NULL;
}

void spool_cursor_rewind(struct spool_cursor *cursor)
{
	cursor->start = 0;
	cursor->used = cursor->at = 0;
}

/* At least size bytes from the cursor's place, or 0 at the very end of the list. */
static int need(struct spool_cursor *cursor, size_t size)
{
	ssize_t n;

	if (cursor->used - cursor->at >= size)
		return 1;
	cursor->start += cursor->at;
	n = fd_pread_full(cursor->spool->list_fd, cursor->buffer, BUFFER, cursor->start);
	if (n < 0)
		return (int)n;
	cursor->at = 0;
	cursor->used = (size_t)n;
	if (n == 0)
		return 0;
	return cursor->used >= size ? 1 : -EIO;
}

static void copy_path(char *to, const char *from, size_t size)
{
	memcpy(to, from, size);
	to[size] = 0;
}

static void decode(struct spool_cursor *cursor, const struct record *record, struct spool_entry *ret)
{
	const char *paths = cursor->buffer + cursor->at + sizeof *record;
	bool same = record->open_size == UINT32_MAX;
	size_t open_size = same ? record->path_size : record->open_size;

	copy_path(cursor->path, paths, record->path_size);
	copy_path(cursor->open_path, same ? paths : paths + record->path_size, open_size);
	*ret = (struct spool_entry){
		.walk = {.path = cursor->path,
			.path_size = record->path_size,
			.open_path = cursor->open_path,
			.open_size = open_size,
			.root = record->root,
			.size = record->size,
			.mtime = record->mtime,
			.mtime_ns = record->mtime_ns},
		.kind = record->kind == SPOOL_FILE ? SPOOL_FILE : SPOOL_FOLDER,
		.number = record->number,
		.offset = cursor->start + cursor->at,
	};
}

int spool_next(struct spool_cursor *cursor, struct spool_entry *ret_entry)
{
	struct record record;
	int r = need(cursor, sizeof record);

	if (r <= 0)
		return r;
	memcpy(&record, cursor->buffer + cursor->at, sizeof record);
	if (record.total < sizeof record || record.total > RECORD_MAX || record.path_size > OFFLOAD_PATH_MAX)
		return -EIO;
	r = need(cursor, record.total);
	if (r <= 0)
		return r < 0 ? r : -EIO;
	decode(cursor, &record, ret_entry);
	cursor->at += record.total;
	return 1;
}

int spool_at(struct spool_cursor *cursor, uint64_t offset, struct spool_entry *ret_entry)
{
	if (offset >= cursor->start && offset < cursor->start + cursor->used) {
		cursor->at = (size_t)(offset - cursor->start);
	} else {
		cursor->start = offset;
		cursor->used = cursor->at = 0;
	}
	return spool_next(cursor, ret_entry);
}

static int read_mark(const struct spool *spool, uint64_t number, struct mark *ret_mark)
{
	ssize_t n;

	if (number >= spool->files)
		return -EINVAL;
	n = fd_pread_full(spool->marks_fd, ret_mark, sizeof *ret_mark, number * sizeof *ret_mark);
	return n == (ssize_t)sizeof *ret_mark ? 0 : n < 0 ? (int)n : -EIO;
}

int spool_mark_get(const struct spool *spool, uint64_t number, struct mark *ret_mark)
{
	pthread_mutex_t *lock = (pthread_mutex_t *)(uintptr_t)&spool->lock;
	int r;

	(void)pthread_mutex_lock(lock);
	r = read_mark(spool, number, ret_mark);
	(void)pthread_mutex_unlock(lock);
	return r;
}

int spool_mark_change(
	struct spool *spool, uint64_t number, int (*change)(struct mark *mark, void *data), void *data)
{
	struct mark mark;
	int r;

	(void)pthread_mutex_lock(&spool->lock);
	r = read_mark(spool, number, &mark);
	if (r >= 0)
		r = change(&mark, data);
	if (r == 0)
		r = fd_pwrite_full(spool->marks_fd, &mark, sizeof mark, number * sizeof mark);
	(void)pthread_mutex_unlock(&spool->lock);
	return r;
}
