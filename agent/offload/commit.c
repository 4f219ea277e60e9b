/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * Giving copies their names, durably, and reading them back.
 *
 * Copies are taken in groups of what is waiting, so that the file system can sync many at once; the order for
 * each file never changes: content synced, linked without replacing anything, folder synced, read back from
 * the device, told to the supervisor. A name that is taken is looked into: the same content (an interrupted
 * run left it there) is adopted, other content keeps its name and the new file gets the next one.
 *
 * A copy whose sync failed is thrown away: a second fsync would say "fine" about data that is gone.
 */

#include "base/fault.h"
#include "offload/engine.h"
#include "offload/sync-group.h"
#include "vault/layout.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

struct commit {
	struct engine *engine;
	struct spool_cursor *cursor;
	struct read_back *read_back;
	struct sync_group *syncers;
	char *folder;
	int folder_fd;
	bool unsynced; /* links were made in the open folder */
	struct job *group[JOB_COUNT];
	size_t count;
	struct talk_found found[TALK_ASK_MAX];
};

static const char *name_of(const char *stored)
{
	const char *slash = strrchr(stored, '/');

	return slash ? slash + 1 : stored;
}

static void fail_job(struct commit *commit, struct job *job, enum offload_reason reason, int error)
{
	job->alive = false;
	job->fd = close_fd(job->fd);
	if (reason == OFFLOAD_REASON_VAULT && engine_vault_failed(commit->engine, error))
		return;
	engine_file_failed(commit->engine, job->number, reason, -error);
}

static int sync_folder(struct commit *commit)
{
	const struct io *io = commit->engine->io;
	int r = 0;

	if (commit->unsynced)
		r = io->sync_vault(io->data, commit->folder_fd);
	commit->unsynced = false;
	return r;
}

/* Every link of a group rests on this; a failure concerns all of them, so it ends the offload. */
static bool check_folder_sync(struct commit *commit)
{
	int r = sync_folder(commit);

	if (r < 0 && !engine_vault_failed(commit->engine, r))
		engine_end(commit->engine, OFFLOAD_VAULT_FAILED, -r, "");
	return r >= 0;
}

static int switch_folder(struct commit *commit, const char *stored)
{
	const char *slash = strrchr(stored, '/');
	size_t size = slash ? (size_t)(slash - stored) : 0;

	if (commit->folder && strlen(commit->folder) == size && memcmp(commit->folder, stored, size) == 0)
		return 0;
	if (!check_folder_sync(commit))
		return -ECANCELED;
	return engine_folder_of(commit->engine, stored, &commit->folder, &commit->folder_fd);
}

static int load(struct commit *commit, struct job *job, struct spool_entry *ret_entry)
{
	int r = spool_at(commit->cursor, job->entry, ret_entry);

	if (r == 0)
		return -EIO;
	return r < 0 ? r : spool_mark_get(commit->engine->spool, job->number, &job->mark);
}

static int set_stored_path(struct commit *commit, struct job *job, unsigned variant)
{
	struct spool_entry entry;
	int r = spool_at(commit->cursor, job->entry, &entry);

	if (r <= 0)
		return r < 0 ? r : -EIO;
	free(job->stored);
	job->stored = NULL;
	job->mark.variant = (uint16_t)variant;
	return engine_stored_path(&entry.walk, variant, &job->stored);
}

/* Content that the vault has: read again from its device, then shared. What cannot be is stored. */
static void link_known(struct commit *commit, struct job *job, const char *path)
{
	struct engine *engine = commit->engine;

	if (atomic_load(&engine->stop) || switch_folder(commit, job->stored) < 0)
		return;
	if (read_back_file(commit->read_back, engine, engine->vault_fd, path, &job->mark) < 0)
		return;
	fault_point("offload-duplicate");
	if (linkat(engine->vault_fd, path, commit->folder_fd, name_of(job->stored), 0) < 0)
		return;
	commit->unsynced = true;
	job->mark.flags |= MARK_LINKED;
	job->fd = close_fd(job->fd);
}

static void ask_and_link(struct commit *commit, struct job *const *jobs, size_t count)
{
	struct engine *engine = commit->engine;
	const struct mark *marks[TALK_ASK_MAX];

	for (size_t i = 0; i < count; i++)
		marks[i] = &jobs[i]->mark;
	if (!engine_check(engine, talk_ask_contents(engine->talk, marks, count, commit->found)))
		return;
	for (size_t i = 0; i < count; i++)
		if (commit->found[i].found)
			link_known(commit, jobs[i], commit->found[i].path);
}

static void link_known_contents(struct commit *commit)
{
	struct job *jobs[TALK_ASK_MAX];
	size_t count = 0;

	for (size_t i = 0; i < commit->count && !atomic_load(&commit->engine->stop); i++) {
		struct job *job = commit->group[i];

		if (job->alive && job->kind == CHUNK_DATA && job->mark.size > 0)
			jobs[count++] = job;
		if (count == TALK_ASK_MAX || (count > 0 && i + 1 == commit->count)) {
			ask_and_link(commit, jobs, count);
			count = 0;
		}
	}
}

static int link_copy(const struct commit *commit, const struct job *job)
{
	char path[32];

	(void)snprintf(path, sizeof path, "/proc/self/fd/%d", job->fd);
	if (linkat(AT_FDCWD, path, commit->folder_fd, name_of(job->stored), AT_SYMLINK_FOLLOW) < 0)
		return -errno;
	return 0;
}

/* The name is taken: by the same content (0), or not (-EEXIST). */
static int adopt(struct commit *commit, struct job *job)
{
	struct engine *engine = commit->engine;
	_cleanup_close_ int fd = -1;
	int r = read_back_file(commit->read_back, engine, engine->session_fd, job->stored, &job->mark);

	if (r == -ECANCELED)
		return r;
	if (r < 0)
		return -EEXIST;
	fd = openat(commit->folder_fd, name_of(job->stored), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	return engine->io->sync_vault(engine->io->data, fd);
}

static int link_somewhere(struct commit *commit, struct job *job)
{
	for (unsigned variant = 1; variant <= VARIANTS_MAX; variant++) {
		int r = set_stored_path(commit, job, variant);

		if (r >= 0)
			r = link_copy(commit, job);
		if (r == -EEXIST)
			r = adopt(commit, job);
		if (r != -EEXIST) {
			commit->unsynced = true;
			return r;
		}
	}
	return -EEXIST;
}

/* Finds the job's place. */
static void place(struct commit *commit, struct job *job)
{
	struct spool_entry entry;
	int r = load(commit, job, &entry);

	engine_step(commit->engine);
	if (r >= 0)
		r = set_stored_path(commit, job, job->kind == CHUNK_KNOWN ? job->mark.variant : 0);
	if (r >= 0)
		r = switch_folder(commit, job->stored);
	if (r < 0) {
		fail_job(commit, job, OFFLOAD_REASON_VAULT, r);
		return;
	}
	job->alive = true;
}

/* Gives a synced copy its name. */
static void name_copy(struct commit *commit, struct job *job, int synced)
{
	int r = synced;

	if (r >= 0)
		r = switch_folder(commit, job->stored);
	if (r >= 0)
		r = link_somewhere(commit, job);
	fault_point("offload-linked");
	job->fd = close_fd(job->fd);
	if (r < 0 && r != -ECANCELED)
		fail_job(commit, job, OFFLOAD_REASON_VAULT, r);
}

static int set_stored(struct mark *mark, void *data)
{
	struct mark *job = data;

	mark->flags |= (uint16_t)(MARK_STORED | (job->flags & MARK_LINKED));
	mark->variant = job->variant;
	*job = *mark;
	return 0;
}

static void confirm(struct commit *commit, struct job *job)
{
	struct engine *engine = commit->engine;
	struct spool_entry entry;
	int r = read_back_file(commit->read_back, engine, engine->session_fd, job->stored, &job->mark);

	if (r == -ECANCELED)
		return;
	if (r < 0) {
		/* Never trusted and never counted; what the source still has will be stored again. */
		if (r == -EILSEQ)
			(void)unlinkat(engine->session_fd, job->stored, 0);
		fail_job(commit, job, OFFLOAD_REASON_READ_BACK, r == -EILSEQ ? 0 : r);
		return;
	}
	fault_point("offload-read-back");
	if (!engine_check(engine, spool_mark_change(engine->spool, job->number, set_stored, &job->mark)))
		return;
	(void)atomic_fetch_add(&engine->bytes_stored, job->mark.size);
	r = spool_at(commit->cursor, job->entry, &entry);
	if (engine_check(engine, r == 0 ? -EIO : r))
		(void)engine_check(engine, engine_tell(engine, &entry.walk, job->number));
}

static void arrive(struct engine *engine)
{
	(void)pthread_mutex_lock(&engine->lock);
	engine->barriers++;
	(void)pthread_cond_broadcast(&engine->changed);
	(void)pthread_mutex_unlock(&engine->lock);
}

static void take_group(struct commit *commit, struct job *first)
{
	commit->count = 0;
	for (struct job *job = first; job; job = queue_try_take(commit->engine->jobs)) {
		commit->group[commit->count++] = job;
		if (commit->count == JOB_COUNT || job->kind == CHUNK_BARRIER)
			break;
	}
}

static void release(struct commit *commit, struct job *job)
{
	bool barrier = job->kind == CHUNK_BARRIER;

	job->fd = close_fd(job->fd);
	free(job->stored);
	job->stored = NULL;
	if (barrier)
		arrive(commit->engine);
	(void)queue_put(commit->engine->free_jobs, job);
}

/* Gets the content of the whole group to the disk before the first fsync: a journaling file system then needs
 * one commit for all of them instead of one for each. Errors stay with the file for its fsync to report. */
static void write_group(const int *fds, size_t count)
{
	const unsigned start = SYNC_FILE_RANGE_WRITE,
		       finish = SYNC_FILE_RANGE_WAIT_BEFORE | start | SYNC_FILE_RANGE_WAIT_AFTER;

	if (count < 2)
		return;
	for (size_t i = 0; i < count; i++)
		if (fds[i] >= 0)
			(void)sync_file_range(fds[i], 0, 0, start);
	for (size_t i = 0; i < count; i++)
		if (fds[i] >= 0)
			(void)sync_file_range(fds[i], 0, 0, finish);
}

static void sync_copies(struct commit *commit, int *ret_results)
{
	int fds[JOB_COUNT];

	for (size_t i = 0; i < commit->count; i++)
		fds[i] = commit->group[i]->alive ? commit->group[i]->fd : -1;
	write_group(fds, commit->count);
	sync_group_run(commit->syncers, fds, ret_results, commit->count);
}

/* Each step for the whole group, then the next step. */
static bool run_group(struct commit *commit)
{
	atomic_bool *stop = &commit->engine->stop;
	int synced[JOB_COUNT] = {0};
	bool folder_synced;

	for (size_t i = 0; i < commit->count && !atomic_load(stop); i++)
		if (commit->group[i]->kind != CHUNK_BARRIER)
			place(commit, commit->group[i]);
	link_known_contents(commit);
	if (!atomic_load(stop))
		sync_copies(commit, synced);
	for (size_t i = 0; i < commit->count && !atomic_load(stop); i++)
		if (commit->group[i]->alive && commit->group[i]->fd >= 0)
			name_copy(commit, commit->group[i], synced[i]);
	folder_synced = check_folder_sync(commit);
	fault_point("offload-folder-synced");
	for (size_t i = 0; folder_synced && i < commit->count && !atomic_load(stop); i++)
		if (commit->group[i]->alive)
			confirm(commit, commit->group[i]);
	return engine_check(commit->engine, talk_sync(commit->engine->talk));
}

static void commit_loop(struct commit *commit)
{
	struct job *job;

	while ((job = queue_take(commit->engine->jobs))) {
		take_group(commit, job);
		(void)run_group(commit);
		for (size_t i = 0; i < commit->count; i++)
			release(commit, commit->group[i]);
	}
}

void *commit_main(void *data)
{
	struct commit commit = {.engine = data, .folder_fd = -1};
	int r = spool_cursor_new(commit.engine->spool, &commit.cursor);

	if (r >= 0)
		r = read_back_new(&commit.read_back);
	if (r >= 0)
		r = sync_group_new(commit.engine->io, &commit.syncers);
	if (engine_check(commit.engine, r))
		commit_loop(&commit);
	(void)close_fd(commit.folder_fd);
	free(commit.folder);
	(void)sync_group_free(commit.syncers);
	(void)read_back_free(commit.read_back);
	(void)spool_cursor_free(commit.cursor);
	return NULL;
}
