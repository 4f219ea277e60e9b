/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * The end of an offload in which every file is proven: names put right, folders with their times made
 * durable, the manifest, and a fresh walk of the source that must find what was offloaded, nothing more and
 * nothing less.
 */

#include "offload/engine.h"

#include "base/clock.h"
#include "base/fault.h"
#include "vault/layout.h"
#include "vault/mhl.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

struct seal {
	struct engine *engine;
	struct mhl_writer *manifest; /* NULL: not in that step */
	struct set_digest set;       /* of what was offloaded */
	uint64_t findings;           /* of the fresh walk */
};

typedef int (*seal_step)(struct seal *seal, const struct spool_entry *entry);

static int each_entry(struct seal *seal, seal_step step)
{
	_cleanup_(spool_cursor_freep) struct spool_cursor *cursor = NULL;
	struct spool_entry entry;
	int r = spool_cursor_new(seal->engine->spool, &cursor);

	while (r >= 0) {
		r = spool_next(cursor, &entry);
		if (r <= 0)
			return r;
		if (atomic_load(&seal->engine->stop))
			return -ECANCELED;
		engine_step(seal->engine);
		r = step(seal, &entry);
	}
	return r;
}

static int set_plain_name(struct mark *mark, void *data)
{
	mark->variant = 0;
	mark->flags &= (uint16_t)~MARK_DOUBT;
	return 0;
}

/* The first copy was not confirmed by the second read, the next one was, twice: it takes the first one's
 * name. */
static int replace_doubtful(struct seal *seal, const struct spool_entry *entry, const struct mark *mark)
{
	struct engine *engine = seal->engine;
	_cleanup_free_ char *from = NULL, *to = NULL, *folder = NULL;
	_cleanup_close_ int folder_fd = -1;
	int r = engine_stored_path(&entry->walk, mark->variant, &from);

	if (r >= 0)
		r = engine_stored_path(&entry->walk, 0, &to);
	if (r >= 0)
		r = engine_folder_of(engine, to, &folder, &folder_fd);
	if (r < 0)
		return r;
	if (renameat(engine->session_fd, from, engine->session_fd, to) < 0)
		return -errno;
	fault_point("offload-replaced");
	r = engine->io->sync_vault(engine->io->data, folder_fd);
	if (r >= 0)
		r = spool_mark_change(engine->spool, entry->number, set_plain_name, NULL);
	return r < 0 ? r : engine_tell(engine, &entry->walk, entry->number);
}

static int finish_folder(struct seal *seal, const struct spool_entry *entry)
{
	struct engine *engine = seal->engine;
	struct timespec times[2] = {
		{.tv_nsec = UTIME_OMIT}, {.tv_sec = entry->walk.mtime, .tv_nsec = entry->walk.mtime_ns}};
	_cleanup_free_ char *stored = NULL, *inside = NULL, *folder = NULL;
	_cleanup_close_ int folder_fd = -1;
	int r = engine_stored_path(&entry->walk, 0, &stored);

	if (r < 0)
		return r;
	if (asprintf(&inside, "%s/.", stored) < 0) {
		inside = NULL;
		return -ENOMEM;
	}
	r = engine_folder_of(engine, inside, &folder, &folder_fd);
	if (r < 0)
		return r;
	/* A time that the vault cannot keep is no reason to fail: it stands in the manifest. */
	(void)futimens(folder_fd, times);
	return engine->io->sync_vault(engine->io->data, folder_fd);
}

static int finish_entry(struct seal *seal, const struct spool_entry *entry)
{
	struct mark mark;
	int r;

	if (entry->kind == SPOOL_FOLDER)
		return finish_folder(seal, entry);
	r = spool_mark_get(seal->engine->spool, entry->number, &mark);
	if (r >= 0 && (mark.flags & MARK_DOUBT) && mark.variant > 1)
		r = replace_doubtful(seal, entry, &mark);
	return r < 0 ? r : set_digest_add(&seal->set, entry->walk.path, entry->walk.path_size, mark.size);
}

/* Session, device and vault folder: what a new name in them rests on. */
static int sync_roots(struct engine *engine)
{
	_cleanup_close_ int device_fd = openat(engine->session_fd, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	const struct io *io = engine->io;
	int r;

	if (device_fd < 0)
		return -errno;
	r = io->sync_vault(io->data, engine->session_fd);
	if (r >= 0)
		r = io->sync_vault(io->data, device_fd);
	return r < 0 ? r : io->sync_vault(io->data, engine->vault_fd);
}

static int list_file(struct seal *seal, const struct spool_entry *entry)
{
	_cleanup_free_ char *stored = NULL;
	struct mhl_file file = {0};
	struct mark mark;
	int r = spool_mark_get(seal->engine->spool, entry->number, &mark);

	if (r >= 0)
		r = engine_stored_path(&entry->walk, mark.variant, &stored);
	if (r < 0)
		return r;
	file.path = stored;
	file.size = mark.size;
	file.modified = mark.mtime;
	file.hashed = mark.hashed > 0 ? mark.hashed : clock_now();
	file.action = MHL_ORIGINAL;
	memcpy(file.hashes.sha512, mark.sha512, SHA512_SIZE);
	memcpy(file.hashes.xxh128, mark.xxh128, XXH128_SIZE);
	return mhl_writer_file(seal->manifest, &file);
}

static int list_entry(struct seal *seal, const struct spool_entry *entry)
{
	_cleanup_free_ char *stored = NULL;
	int r;

	if (entry->kind == SPOOL_FILE)
		return list_file(seal, entry);
	r = engine_stored_path(&entry->walk, 0, &stored);
	return r < 0 ? r : mhl_writer_directory(seal->manifest, stored, entry->walk.mtime);
}

static int write_manifest(struct seal *seal, const char *session)
{
	const struct mhl_options options = {
		.root_name = vault_session_name(session), .started = seal->engine->begin.started};
	_cleanup_(mhl_writer_freep) struct mhl_writer *writer = NULL;
	struct mhl_written written;
	int r = mhl_writer_new(seal->engine->session_fd, &options, &writer);

	if (r < 0)
		return r;
	seal->manifest = writer;
	r = each_entry(seal, list_entry);
	seal->manifest = NULL;
	fault_point("offload-manifest");
	if (r >= 0)
		r = mhl_writer_commit(writer, &written);
	if (r >= 0 && written.files != seal->set.files)
		return -EBADMSG;
	return r;
}

static int add_fresh(void *data, const struct walk_entry *entry)
{
	struct seal *seal = data;

	engine_step(seal->engine);
	return set_digest_add(&seal->engine->fresh, entry->path, entry->path_size, entry->size);
}

static int ignore_folder(void *data, const struct walk_entry *entry)
{
	return 0;
}

/* The first walk told these already; now only their number matters. */
static int count_finding(void *data, enum offload_finding kind, const char *path, size_t size)
{
	((struct seal *)data)->findings++;
	return 0;
}

static int fresh_failure(void *data, enum offload_reason reason, int error, const char *path, size_t size)
{
	return -EBADF;
}

static void walk_again(struct seal *seal)
{
	struct engine *engine = seal->engine;
	const struct walk_sink sink = {seal, add_fresh, ignore_folder, count_finding, fresh_failure};
	int r;

	source_forget_cache(engine->source);
	r = walk_source(engine->source, engine->io, &sink, &engine->stop);
	fault_point("offload-walked-again");
	if (r == -EBADF || (r == WALK_DONE && (!set_digest_equal(&engine->fresh, &seal->set) ||
						      seal->findings != engine->findings)))
		engine_end(engine, OFFLOAD_SOURCE_CHANGED, 0, "");
	else
		engine_end_walk(engine, r);
}

static bool check_vault(struct engine *engine, int r)
{
	if (r == -ECANCELED)
		engine_end(engine, OFFLOAD_CANCELLED, 0, "");
	else if (r < 0 && !engine_vault_failed(engine, r))
		engine_end(engine, OFFLOAD_VAULT_FAILED, -r, "");
	return r >= 0;
}

void seal_session(struct engine *engine)
{
	struct seal seal = {.engine = engine};

	atomic_store(&engine->phase, OFFLOAD_PHASE_SEALING);
	if (!check_vault(engine, each_entry(&seal, finish_entry)) ||
		!check_vault(engine, sync_roots(engine)) ||
		!engine_check(engine, talk_wait_recorded(engine->talk)))
		return;
	fault_point("offload-folders");
	if (!check_vault(engine, write_manifest(&seal, engine->session)))
		return;
	engine->manifest = true;
	fault_point("offload-manifest-written");
	walk_again(&seal);
	if (!atomic_load(&engine->stop))
		engine_end(engine, OFFLOAD_COMPLETE, 0, "");
}
