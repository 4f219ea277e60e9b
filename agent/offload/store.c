/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * Hashing every byte that was read, and writing it on the first read.
 *
 * The first read of a file goes into a nameless file in the folder where it will lie, with room reserved
 * before the first byte; the second read is only hashed and compared. A copy gets its name later, in
 * commit.c, once it is synced.
 */

#include "offload/engine.h"

#include "base/clock.h"
#include "base/fault.h"
#include "vault/layout.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

struct store {
	struct engine *engine;
	struct spool_cursor *cursor;
	struct sha512 *sha512;
	struct xxh128 *xxh128;
	char *folder; /* stored path of the open folder, NULL: none */
	int folder_fd;
	int fd;       /* nameless file of the current copy */
	bool dropped; /* the rest of the current file is not wanted */
};

/* Opens, and makes where missing, every folder of a stored path. */
static int make_folders(const struct engine *engine, const char *stored, int *ret_fd)
{
	_cleanup_close_ int fd = fcntl(engine->session_fd, F_DUPFD_CLOEXEC, 3);
	char name[VAULT_NAME];

	if (fd < 0)
		return -errno;
	for (const char *at = stored; *at;) {
		size_t size = strcspn(at, "/");
		int below = -1, r;

		if (size >= sizeof name)
			return -ENAMETOOLONG;
		memcpy(name, at, size);
		name[size] = 0;
		r = vault_directory_at(fd, name, &below);
		if (r < 0)
			return r;
		fd = close_fd(fd);
		fd = below;
		at += size + (at[size] == '/');
	}
	*ret_fd = TAKE_FD(fd);
	return 0;
}

int engine_folder_of(const struct engine *engine, const char *stored, char **folder, int *folder_fd)
{
	const char *slash = strrchr(stored, '/');
	_cleanup_free_ char *wanted = strndup(stored, slash ? (size_t)(slash - stored) : 0);
	int r;

	if (!wanted)
		return -ENOMEM;
	if (*folder && strcmp(*folder, wanted) == 0)
		return 0;
	free(*folder);
	*folder = NULL;
	*folder_fd = close_fd(*folder_fd);
	r = make_folders(engine, wanted, folder_fd);
	if (r < 0)
		return r;
	*folder = TAKE_PTR(wanted);
	return 0;
}

static void drop(struct store *store, const struct chunk *chunk, enum offload_reason reason, int error)
{
	store->fd = close_fd(store->fd);
	store->dropped = true;
	engine_file_failed(store->engine, chunk->number, reason, error);
}

/* A failure in the vault: of everything, or of this file. */
static void drop_for_vault(struct store *store, const struct chunk *chunk, int error)
{
	if (!engine_vault_failed(store->engine, error))
		drop(store, chunk, OFFLOAD_REASON_VAULT, -error);
	store->dropped = true;
}

static int open_copy(struct store *store, const struct walk_entry *entry)
{
	_cleanup_free_ char *stored = NULL;
	int r = engine_stored_path(entry, 0, &stored);

	if (r >= 0)
		r = engine_folder_of(store->engine, stored, &store->folder, &store->folder_fd);
	if (r < 0)
		return r;
	store->fd = openat(store->folder_fd, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, VAULT_FILE_MODE);
	return store->fd < 0 ? -errno : 0;
}

static void begin_copy(struct store *store, const struct chunk *chunk)
{
	const struct io *io = store->engine->io;
	struct spool_entry entry;
	struct mark mark;
	int r = spool_at(store->cursor, chunk->entry, &entry);

	if (!engine_check(store->engine, r == 0 ? -EIO : r) ||
		!engine_check(store->engine, spool_mark_get(store->engine->spool, chunk->number, &mark)))
		return;
	r = open_copy(store, &entry.walk);
	if (r == -ENAMETOOLONG || r == -EINVAL || r == -ENOTDIR) {
		drop(store, chunk, OFFLOAD_REASON_NAME, 0);
		return;
	}
	if (r >= 0)
		r = io->reserve_vault(io->data, store->fd, mark.size);
	fault_point("offload-copy-begun");
	if (r < 0)
		drop_for_vault(store, chunk, r);
}

static void begin(struct store *store, const struct chunk *chunk)
{
	store->dropped = false;
	store->fd = close_fd(store->fd);
	xxh128_reset(store->xxh128);
	if (engine_check(store->engine, sha512_reset(store->sha512)) && chunk->pass == 1)
		begin_copy(store, chunk);
}

static void take_bytes(struct store *store, const struct chunk *chunk)
{
	const struct io *io = store->engine->io;
	int r;

	if (!engine_check(store->engine, sha512_update(store->sha512, chunk->data, chunk->size)))
		return;
	if (chunk->pass == 2)
		return;
	xxh128_update(store->xxh128, chunk->data, chunk->size);
	r = io->write_vault(io->data, store->fd, chunk->data, chunk->size, chunk->offset);
	if (r < 0) {
		drop_for_vault(store, chunk, r);
		return;
	}
	/* Large files start on their way to the disk now, so that the fsync finds little to do. */
	if (!chunk->last)
		(void)sync_file_range(
			store->fd, (off_t)chunk->offset, (off_t)chunk->size, SYNC_FILE_RANGE_WRITE);
	fault_point("offload-written");
}

static int set_hashes(struct mark *mark, void *data)
{
	const struct mark *hashed = data;

	memcpy(mark->sha512, hashed->sha512, SHA512_SIZE);
	memcpy(mark->xxh128, hashed->xxh128, XXH128_SIZE);
	mark->hashed = hashed->hashed;
	mark->flags |= MARK_HASHED;
	return 0;
}

static int finish_times(const struct store *store, const struct mark *mark)
{
	struct timespec times[2] = {
		{.tv_nsec = UTIME_OMIT}, {.tv_sec = mark->mtime, .tv_nsec = mark->mtime_ns}};

	return futimens(store->fd, times) < 0 ? -errno : 0;
}

static void hand_over(struct store *store, const struct chunk *chunk, enum chunk_kind kind)
{
	struct job *job = queue_take(store->engine->free_jobs);

	if (!job)
		return;
	*job = (struct job){.kind = kind, .number = chunk->number, .entry = chunk->entry, .fd = -1};
	if (kind == CHUNK_DATA)
		job->fd = TAKE_FD(store->fd);
	if (!queue_put(store->engine->jobs, job))
		job->fd = close_fd(job->fd);
}

static void finish_copy(struct store *store, const struct chunk *chunk)
{
	struct mark hashed = {.hashed = clock_now()}, mark;
	int r;

	if (!engine_check(store->engine, sha512_final(store->sha512, hashed.sha512)))
		return;
	xxh128_final(store->xxh128, hashed.xxh128);
	if (!engine_check(store->engine,
		    spool_mark_change(store->engine->spool, chunk->number, set_hashes, &hashed)) ||
		!engine_check(store->engine, spool_mark_get(store->engine->spool, chunk->number, &mark)))
		return;
	r = finish_times(store, &mark);
	if (r < 0)
		drop_for_vault(store, chunk, r);
	else
		hand_over(store, chunk, CHUNK_DATA);
}

struct comparison {
	uint8_t sha512[SHA512_SIZE];
	struct mark mark; /* as it is afterwards */
};

/* Known files have their hash from the earlier run; the present read is the second one for them as well. */
static int compare(struct mark *mark, void *data)
{
	struct comparison *comparison = data;

	if (!(mark->flags & MARK_FAILED) && (mark->flags & (MARK_HASHED | MARK_KNOWN))) {
		if (memcmp(mark->sha512, comparison->sha512, SHA512_SIZE) == 0) {
			mark->flags |= MARK_SOURCE;
		} else {
			mark->flags |= MARK_FAILED;
			mark->reason = OFFLOAD_REASON_DIFFERS;
		}
	}
	comparison->mark = *mark;
	return 0;
}

static void finish_comparison(struct store *store, const struct chunk *chunk)
{
	struct comparison comparison;
	struct spool_entry entry;
	int r;

	fault_point("offload-compared");
	if (!engine_check(store->engine, sha512_final(store->sha512, comparison.sha512)) ||
		!engine_check(store->engine,
			spool_mark_change(store->engine->spool, chunk->number, compare, &comparison)))
		return;
	if (!(comparison.mark.flags & MARK_SOURCE) || !(comparison.mark.flags & MARK_STORED))
		return;
	r = spool_at(store->cursor, chunk->entry, &entry);
	if (engine_check(store->engine, r == 0 ? -EIO : r))
		(void)engine_check(store->engine, engine_tell(store->engine, &entry.walk, chunk->number));
}

static void take_data(struct store *store, const struct chunk *chunk)
{
	if (chunk->first)
		begin(store, chunk);
	if (chunk->failed) {
		drop(store, chunk, chunk->failed, chunk->error);
		return;
	}
	if (!store->dropped)
		take_bytes(store, chunk);
	if (store->dropped || !chunk->last)
		return;
	if (chunk->pass == 1)
		finish_copy(store, chunk);
	else
		finish_comparison(store, chunk);
}

static void store_loop(struct store *store)
{
	struct engine *engine = store->engine;
	struct chunk *chunk;

	while ((chunk = queue_take(engine->chunks))) {
		engine_step(engine);
		if (chunk->kind == CHUNK_DATA)
			take_data(store, chunk);
		else
			hand_over(store, chunk, chunk->kind);
		(void)queue_put(engine->free_chunks, chunk);
	}
}

static int store_open(struct store *store)
{
	int r = spool_cursor_new(store->engine->spool, &store->cursor);

	if (r >= 0)
		r = sha512_new(&store->sha512);
	return r < 0 ? r : xxh128_new(&store->xxh128);
}

void *store_main(void *data)
{
	struct store store = {.engine = data, .folder_fd = -1, .fd = -1};

	if (engine_check(store.engine, store_open(&store)))
		store_loop(&store);
	(void)close_fd(store.fd);
	(void)close_fd(store.folder_fd);
	free(store.folder);
	(void)sha512_free(store.sha512);
	(void)xxh128_free(store.xxh128);
	(void)spool_cursor_free(store.cursor);
	return NULL;
}
