/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * The course of one offload: look, ask what is known, copy and verify in two passes, once more for what
 * failed, report, seal.
 */

#include "offload/engine.h"

#include "base/fault.h"
#include "offload/source-ptp.h"
#include "vault/layout.h"

#include <string.h>

#define BLOCK    4096
#define NAMES    64   /* files beside the copies: manifest, marks, a folder or two */
#define OVERHEAD 1024 /* bytes per file for inode and folder entry, generously */

static int make_queues(struct engine *engine)
{
	int r = queue_new(CHUNK_COUNT, &engine->free_chunks);

	if (r >= 0)
		r = queue_new(CHUNK_COUNT, &engine->chunks);
	if (r >= 0)
		r = queue_new(JOB_COUNT, &engine->free_jobs);
	return r < 0 ? r : queue_new(JOB_COUNT, &engine->jobs);
}

static int make_buffers(struct engine *engine)
{
	for (size_t i = 0; i < CHUNK_COUNT; i++) {
		int r = posix_memalign((void **)&engine->chunk[i].data, BLOCK, CHUNK_SIZE);

		if (r != 0)
			return -r;
		/* Touched now, so that memory is the same for small cards and large ones. */
		memset(engine->chunk[i].data, 0, CHUNK_SIZE);
		(void)queue_put(engine->free_chunks, &engine->chunk[i]);
	}
	for (size_t i = 0; i < JOB_COUNT; i++) {
		engine->job[i].fd = -1;
		(void)queue_put(engine->free_jobs, &engine->job[i]);
	}
	return 0;
}

int engine_new(const struct io *io, struct source *source, struct talk *talk, int vault_fd,
	struct engine **ret_engine)
{
	_cleanup_(engine_freep) struct engine *engine = calloc(1, sizeof *engine);
	int r;

	if (!engine)
		return -ENOMEM;
	engine->io = io;
	engine->source = source;
	engine->talk = talk;
	engine->vault_fd = vault_fd;
	engine->session_fd = -1;
	(void)pthread_mutex_init(&engine->lock, NULL);
	(void)pthread_mutex_init(&engine->telling, NULL);
	(void)pthread_cond_init(&engine->changed, NULL);
	r = make_queues(engine);
	if (r >= 0)
		r = make_buffers(engine);
	if (r >= 0)
		*ret_engine = TAKE_PTR(engine);
	return r;
}

struct engine *engine_free(struct engine *engine)
{
	if (!engine)
		return NULL;
	for (size_t i = 0; i < CHUNK_COUNT; i++)
		free(engine->chunk[i].data);
	for (size_t i = 0; i < JOB_COUNT; i++) {
		(void)close_fd(engine->job[i].fd);
		free(engine->job[i].stored);
	}
	(void)queue_free(engine->free_chunks);
	(void)queue_free(engine->chunks);
	(void)queue_free(engine->free_jobs);
	(void)queue_free(engine->jobs);
	(void)spool_free(engine->spool);
	(void)close_fd(engine->session_fd);
	(void)pthread_cond_destroy(&engine->changed);
	(void)pthread_mutex_destroy(&engine->telling);
	(void)pthread_mutex_destroy(&engine->lock);
	free(engine);
	return NULL;
}

static void close_queues(struct engine *engine)
{
	queue_close(engine->free_chunks);
	queue_close(engine->chunks);
	queue_close(engine->free_jobs);
	queue_close(engine->jobs);
}

void engine_end(struct engine *engine, enum offload_outcome outcome, int error, const char *detail)
{
	(void)pthread_mutex_lock(&engine->lock);
	if (!engine->ended) {
		engine->ended = true;
		engine->outcome = outcome;
		engine->error = error < 0 ? -error : error;
		(void)snprintf(engine->detail, sizeof engine->detail, "%s", detail);
	}
	atomic_store(&engine->stop, true);
	(void)pthread_cond_broadcast(&engine->changed);
	(void)pthread_mutex_unlock(&engine->lock);
	close_queues(engine);
}

static void end_full(struct engine *engine, uint64_t needed)
{
	uint64_t available = 0, total;

	(void)vault_space(engine->vault_fd, &available, &total);
	available = available > engine->reserve ? available - engine->reserve : 0;
	(void)pthread_mutex_lock(&engine->lock);
	if (!engine->ended)
		engine->missing = needed > available ? needed - available : 0;
	(void)pthread_mutex_unlock(&engine->lock);
	engine_end(engine, OFFLOAD_VAULT_FULL, 0, "");
}

bool engine_vault_failed(struct engine *engine, int error)
{
	uint64_t stored = atomic_load(&engine->bytes_stored);

	if (error == -ENOSPC || error == -EDQUOT) {
		end_full(engine, engine->bytes > stored ? engine->bytes - stored : 0);
		return true;
	}
	if (error == -EROFS || error == -ENODEV || error == -ESTALE) {
		engine_end(engine, OFFLOAD_VAULT_FAILED, -error, "");
		return true;
	}
	return false;
}

static int set_failed(struct mark *mark, void *data)
{
	const struct mark *failure = data;

	if (mark->flags & MARK_FAILED)
		return 0;
	mark->flags |= MARK_FAILED;
	mark->reason = failure->reason;
	mark->error = failure->error;
	return 0;
}

void engine_file_failed(struct engine *engine, uint64_t number, enum offload_reason reason, int error)
{
	struct mark failure = {.reason = reason, .error = error};

	(void)engine_check(engine, spool_mark_change(engine->spool, number, set_failed, &failure));
}

int engine_stored_path(const struct walk_entry *entry, unsigned variant, char **ret_stored)
{
	_cleanup_free_ char *stored = NULL, *path = NULL;
	char name[VAULT_NAME];
	const char *slash;
	int r = vault_path_store(entry->path, entry->path_size, &stored);

	if (r < 0)
		return r;
	if (variant > 1) {
		slash = strrchr(stored, '/');
		r = vault_name_variant(slash ? slash + 1 : stored, variant, name);
		if (r < 0)
			return r;
		if (asprintf(&path, "%.*s%s", slash ? (int)(slash + 1 - stored) : 0, stored, name) < 0) {
			path = NULL;
			return -ENOMEM;
		}
		free(TAKE_PTR(stored));
		stored = TAKE_PTR(path);
	}
	if (strlen(stored) > OFFLOAD_PATH_MAX)
		return -ENAMETOOLONG;
	*ret_stored = TAKE_PTR(stored);
	return 0;
}

static bool is_proven(const struct mark *mark)
{
	return (mark->flags & MARK_STORED) && (mark->flags & MARK_SOURCE) && !(mark->flags & MARK_FAILED);
}

static int tell_locked(struct engine *engine, const struct walk_entry *entry, uint64_t number)
{
	_cleanup_free_ char *stored = NULL;
	struct mark mark;
	int r = spool_mark_get(engine->spool, number, &mark);

	if (r < 0 || !(mark.flags & MARK_STORED) || (mark.flags & MARK_FAILED))
		return r;
	r = engine_stored_path(entry, mark.variant, &stored);
	if (r < 0)
		return r;
	return talk_object(
		engine->talk, entry, &mark, stored, is_proven(&mark) ? OFFLOAD_VERIFIED : OFFLOAD_STORED);
}

int engine_tell(struct engine *engine, const struct walk_entry *entry, uint64_t number)
{
	int r;

	(void)pthread_mutex_lock(&engine->telling);
	r = tell_locked(engine, entry, number);
	(void)pthread_mutex_unlock(&engine->telling);
	return r;
}

/* --- looking --- */

static int add_file(void *data, const struct walk_entry *entry)
{
	struct engine *engine = data;

	engine_step(engine);
	if (__builtin_add_overflow(engine->bytes, entry->size, &engine->bytes))
		return -EOVERFLOW;
	return spool_add(engine->spool, SPOOL_FILE, entry);
}

static int add_folder(void *data, const struct walk_entry *entry)
{
	return spool_add(((struct engine *)data)->spool, SPOOL_FOLDER, entry);
}

static int add_finding(void *data, enum offload_finding kind, const char *path, size_t size)
{
	struct engine *engine = data;

	engine->findings++;
	return talk_finding(engine->talk, kind, path, size);
}

static int add_failed(void *data, enum offload_reason reason, int error, const char *path, size_t size)
{
	return talk_failed(((struct engine *)data)->talk, reason, error, NULL, path, size);
}

void engine_source_gone(struct engine *engine)
{
	const struct source_ptp *ptp = engine->source->ptp;
	char buffer[PTP_NAME_SIZE];

	engine_end(engine, OFFLOAD_SOURCE_GONE, 0, ptp ? source_ptp_trouble(ptp, buffer) : "");
}

void engine_end_walk(struct engine *engine, int walk_outcome)
{
	int r = walk_outcome;

	if (r < 0 && !engine_vault_failed(engine, r))
		engine_end(engine, OFFLOAD_BROKEN, -r, "");
	else if (r == WALK_STOPPED)
		engine_end(engine, OFFLOAD_CANCELLED, 0, "");
	else if (r == WALK_SOURCE_GONE)
		engine_source_gone(engine);
	else if (r == WALK_TOO_MUCH)
		engine_end(engine, OFFLOAD_TOO_MUCH, 0, "");
}

static bool look(struct engine *engine)
{
	const struct walk_sink sink = {engine, add_file, add_folder, add_finding, add_failed};
	int r = spool_new(engine->vault_fd, &engine->spool);

	if (r >= 0)
		r = walk_source(engine->source, engine->io, &sink, &engine->stop);
	if (r == WALK_DONE)
		r = spool_seal(engine->spool);
	fault_point("offload-looked");
	engine_end_walk(engine, r);
	return r == 0;
}

/* --- what is known --- */

static int set_known(struct mark *mark, void *data)
{
	*mark = *(struct mark *)data;
	return 0;
}

/* Only a stored name that follows from the path is believed. */
static int ask_file(struct engine *engine, const struct spool_entry *entry)
{
	struct mark known = {.flags = MARK_KNOWN,
		.size = entry->walk.size,
		.mtime = entry->walk.mtime,
		.mtime_ns = entry->walk.mtime_ns};
	struct talk_found found;
	int r = talk_ask_path(engine->talk, &entry->walk, &found);

	if (r < 0 || !found.found)
		return r;
	memcpy(known.sha512, found.sha512, SHA512_SIZE);
	memcpy(known.xxh128, found.xxh128, XXH128_SIZE);
	if (!found.proven)
		known.flags |= MARK_ONCE;
	for (unsigned variant = 1; variant <= VARIANTS_MAX; variant++) {
		_cleanup_free_ char *stored = NULL;

		r = engine_stored_path(&entry->walk, variant, &stored);
		if (r < 0)
			return 0;
		known.variant = (uint16_t)variant;
		if (strcmp(stored, found.path) == 0)
			return spool_mark_change(engine->spool, entry->number, set_known, &known);
	}
	return 0;
}

typedef int (*each_file_fn)(struct engine *engine, const struct spool_entry *entry);

static int each_file(struct engine *engine, each_file_fn visit)
{
	_cleanup_(spool_cursor_freep) struct spool_cursor *cursor = NULL;
	struct spool_entry entry;
	int r = spool_cursor_new(engine->spool, &cursor);

	while (r >= 0) {
		r = spool_next(cursor, &entry);
		if (r <= 0)
			return r;
		if (atomic_load(&engine->stop))
			return -ECANCELED;
		engine_step(engine);
		if (entry.kind == SPOOL_FILE)
			r = visit(engine, &entry);
	}
	return r;
}

static int forget(struct mark *mark, void *data)
{
	*mark = (struct mark){0};
	return 0;
}

static int forget_file(struct engine *engine, const struct spool_entry *entry)
{
	return spool_mark_change(engine->spool, entry->number, forget, NULL);
}

static int send_totals(struct engine *engine)
{
	struct offload_totals totals = {
		.files = spool_files(engine->spool),
		.folders = spool_folders(engine->spool),
		.bytes = engine->bytes,
		.findings = engine->findings,
	};
	uint64_t total;
	int r = vault_space(engine->vault_fd, &totals.vault_free, &total);

	return r < 0 ? r : talk_send(engine->talk, OFFLOAD_TOTALS, &totals, sizeof totals, NULL, 0);
}

static int open_session(struct engine *engine)
{
	char path[VAULT_SESSION];
	int r;

	if (engine->begin.resume) {
		(void)snprintf(engine->session, sizeof engine->session, "%s", engine->begin.text);
		r = vault_session_open(engine->vault_fd, engine->session, &engine->session_fd);
	} else {
		r = vault_session_create(engine->vault_fd, engine->begin.text, engine->begin.started, path,
			&engine->session_fd);
		if (r >= 0)
			(void)snprintf(engine->session, sizeof engine->session, "%s", path);
	}
	fault_point("offload-session");
	if (r < 0)
		return r;
	return talk_send(engine->talk, OFFLOAD_SESSION, NULL, 0, engine->session, strlen(engine->session));
}

static bool begin(struct engine *engine)
{
	int r = engine->ask ? each_file(engine, ask_file) : 0;

	if (r >= 0)
		r = send_totals(engine);
	if (r >= 0)
		r = talk_wait_begin(engine->talk, &engine->begin);
	if (r >= 0 && engine->ask && !engine->begin.resume)
		r = each_file(engine, forget_file);
	if (!engine_check(engine, r))
		return false;
	r = open_session(engine);
	if (r < 0 && !engine_vault_failed(engine, r))
		engine_end(engine, r == -EPIPE ? OFFLOAD_CANCELLED : OFFLOAD_VAULT_FAILED, -r, "");
	return r >= 0;
}

static int add_need(struct engine *engine, const struct spool_entry *entry)
{
	struct mark mark;
	int r = spool_mark_get(engine->spool, entry->number, &mark);

	if (r >= 0 && !(mark.flags & MARK_KNOWN)) {
		engine->missing += (entry->walk.size + BLOCK - 1) / BLOCK * BLOCK + OVERHEAD;
		engine->new_files++;
	}
	return r;
}

static bool fits(struct engine *engine)
{
	uint64_t available, total, names, needed;
	int r = each_file(engine, add_need);

	needed = engine->missing;
	engine->missing = 0;
	if (r >= 0)
		r = vault_space(engine->vault_fd, &available, &total);
	if (r >= 0)
		r = vault_names(engine->vault_fd, &names);
	if (!engine_check(engine, r))
		return false;
	if (needed <= available && available - needed >= engine->reserve &&
		(engine->new_files == 0 || (names > NAMES && names - NAMES >= engine->new_files)))
		return true;
	end_full(engine, needed);
	return false;
}

/* --- copying --- */

static bool wait_barrier(struct engine *engine, unsigned number)
{
	struct chunk *chunk = queue_take(engine->free_chunks);
	uint8_t *data;

	if (!chunk)
		return false;
	data = chunk->data;
	*chunk = (struct chunk){.kind = CHUNK_BARRIER, .data = data};
	if (!queue_put(engine->chunks, chunk))
		return false;
	(void)pthread_mutex_lock(&engine->lock);
	while (engine->barriers < number && !atomic_load(&engine->stop))
		(void)pthread_cond_wait(&engine->changed, &engine->lock);
	(void)pthread_mutex_unlock(&engine->lock);
	return !atomic_load(&engine->stop);
}

static int try_again(struct mark *mark, void *data)
{
	uint64_t *again = data;
	bool only_once = !(mark->flags & MARK_KNOWN) || (mark->flags & MARK_ONCE);
	bool doubt = (mark->flags & MARK_STORED) && only_once && mark->reason == OFFLOAD_REASON_DIFFERS;

	if (!(mark->flags & MARK_FAILED)) {
		mark->flags &= (uint16_t)~MARK_AGAIN;
		return 0;
	}
	mark->flags = (uint16_t)(MARK_AGAIN | (doubt ? MARK_DOUBT : 0));
	mark->reason = 0;
	mark->error = 0;
	(*again)++;
	return 0;
}

static uint64_t prepare_again(struct engine *engine)
{
	uint64_t again = 0;
	int r = 0;

	for (uint64_t i = 0; r >= 0 && i < spool_files(engine->spool); i++)
		r = spool_mark_change(engine->spool, i, try_again, &again);
	(void)engine_check(engine, r);
	return again;
}

static void run_pass(struct engine *engine, unsigned round, unsigned pass, uint64_t files)
{
	atomic_store(&engine->phase, pass == 1 ? OFFLOAD_PHASE_COPYING : OFFLOAD_PHASE_VERIFYING);
	atomic_store(&engine->files_done, 0);
	atomic_store(&engine->files_total, files);
	fault_point("offload-pass");
	reader_pass(engine, round, pass);
}

static void run_rounds(struct engine *engine)
{
	uint64_t files = spool_files(engine->spool);

	atomic_store(&engine->bytes_total, ENGINE_PASSES * engine->bytes);
	for (unsigned round = 0; round < ENGINE_ROUNDS; round++) {
		for (unsigned pass = 1; pass <= ENGINE_PASSES; pass++)
			run_pass(engine, round, pass, files);
		if (!wait_barrier(engine, round + 1))
			return;
		if (round + 1 < ENGINE_ROUNDS)
			files = prepare_again(engine);
		if (files == 0)
			return;
	}
}

static bool copy(struct engine *engine)
{
	pthread_t store, commit;
	bool store_runs, commit_runs;

	store_runs = pthread_create(&store, NULL, store_main, engine) == 0;
	commit_runs = pthread_create(&commit, NULL, commit_main, engine) == 0;
	if (store_runs && commit_runs)
		run_rounds(engine);
	else
		engine_end(engine, OFFLOAD_BROKEN, EAGAIN, "");
	close_queues(engine);
	if (store_runs)
		(void)pthread_join(store, NULL);
	if (commit_runs)
		(void)pthread_join(commit, NULL);
	return !atomic_load(&engine->stop);
}

static int report_file(struct engine *engine, const struct spool_entry *entry)
{
	struct mark mark;
	int r = spool_mark_get(engine->spool, entry->number, &mark);

	if (r < 0)
		return r;
	if (is_proven(&mark)) {
		engine->linked += (mark.flags & MARK_LINKED) != 0;
		return 0;
	}
	return talk_failed(engine->talk, mark.reason ? mark.reason : OFFLOAD_REASON_READ, mark.error, &mark,
		entry->walk.path, entry->walk.path_size);
}

void engine_run(struct engine *engine)
{
	atomic_store(&engine->phase, OFFLOAD_PHASE_LOOKING);
	if (!look(engine) || !begin(engine) || !fits(engine))
		return;
	if (copy(engine) && engine_check(engine, each_file(engine, report_file)) &&
		engine_check(engine, talk_wait_recorded(engine->talk))) {
		if (talk_counts(engine->talk).failed > 0)
			engine_end(engine, OFFLOAD_INCOMPLETE, 0, "");
		else
			seal_session(engine);
	}
	(void)talk_wait_recorded(engine->talk);
}
