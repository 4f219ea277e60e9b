/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * What the threads of one offload share.
 *
 *   reader (source.h)      one read of everything, then a second one; keeps the device busy
 *      | chunks
 *   store                  hashes; first read: writes a nameless file in the vault; second read: compares
 *      | jobs
 *   commit                 fsync, link without replacing, fsync of the folder, read back; tells the
 * supervisor
 *
 * All buffers are made once, so memory is the same for ten files and a hundred thousand. Everything that is
 * known of a file is in its mark. The first fatal outcome wins and stops all threads at their next step; a
 * file that fails alone is marked and gets one second chance after everything else was done.
 */

#include "offload/queue.h"
#include "offload/talk.h"

#include <pthread.h>

#define CHUNK_SIZE    (1U << 20)
#define CHUNK_COUNT   8
#define JOB_COUNT     64
#define ENGINE_PASSES 2
#define ENGINE_ROUNDS 2
#define VARIANTS_MAX  99

enum chunk_kind {
	CHUNK_DATA,
	CHUNK_KNOWN,   /* recorded by an earlier run: its copy is to be verified */
	CHUNK_BARRIER, /* everything before it is done when it arrives */
};

struct chunk {
	enum chunk_kind kind;
	unsigned pass; /* 1 or 2 */
	bool first, last;
	enum offload_reason failed; /* the file ends here, unread */
	int error;
	uint64_t number, entry; /* of the file; offset of its entry in the list */
	uint64_t offset;
	size_t size;
	uint8_t *data; /* CHUNK_SIZE, aligned for direct I/O */
};

struct job {
	enum chunk_kind kind;
	uint64_t number, entry;
	int fd; /* nameless file, -1: none */
	struct mark mark;
	/* the rest is commit's own */
	bool alive; /* still to be read back */
	bool linked_elsewhere;
	char *stored; /* path below the session's folder */
};

struct engine {
	const struct io *io;
	struct source *source;
	struct talk *talk;
	int vault_fd, session_fd;
	uint64_t reserve;
	struct talk_begin begin;
	char session[OFFLOAD_DETAIL_MAX + 1]; /* path below the vault */
	struct spool *spool;
	uint64_t bytes, findings; /* of the first walk */
	bool ask;                 /* a session may be resumed */

	atomic_bool stop;
	pthread_mutex_t lock, telling;
	pthread_cond_t changed;
	unsigned barriers; /* arrived at commit */
	bool ended;        /* outcome is set */
	enum offload_outcome outcome;
	int error;
	uint64_t missing, new_files;
	char detail[SOURCE_DETAIL];

	struct queue *free_chunks, *chunks, *free_jobs, *jobs;
	struct chunk chunk[CHUNK_COUNT];
	struct job job[JOB_COUNT];

	atomic_uint_fast64_t
		steps; /* grows whenever any thread got on: no growth means that something hangs */
	atomic_uint phase;
	atomic_uint_fast64_t files_done, files_total, bytes_done, bytes_total, bytes_stored;

	struct set_digest fresh; /* of the last walk */
	uint64_t linked;
	bool manifest;
};

/* Everything is borrowed and must outlive the engine. */
int engine_new(const struct io *io, struct source *source, struct talk *talk, int vault_fd,
	struct engine **ret_engine);
struct engine *engine_free(struct engine *engine);
DEFINE_CLEANUP(struct engine, engine_free);

/* The whole offload on the calling thread and two more; returns when it ended. The result is in the engine.
 */
void engine_run(struct engine *engine);

/* Ends the offload with this outcome unless it ended already; any thread. */
void engine_end(struct engine *engine, enum offload_outcome outcome, int error, const char *detail);

/* The same for a source that is gone, or that cannot be made to answer: then with its trouble. */
void engine_source_gone(struct engine *engine);

/* A write to the vault failed: ends the offload if that concerns all of it (full, read-only). True if it did.
 */
bool engine_vault_failed(struct engine *engine, int error);

/* Marks one file as failed, if it is not already. */
void engine_file_failed(struct engine *engine, uint64_t number, enum offload_reason reason, int error);

static inline void engine_step(struct engine *engine)
{
	(void)atomic_fetch_add_explicit(&engine->steps, 1, memory_order_relaxed);
}

/* A failed database, wire or spool: fatal. */
static inline bool engine_check(struct engine *engine, int r)
{
	if (r < 0)
		engine_end(engine, r == -ECANCELED ? OFFLOAD_CANCELLED : OFFLOAD_BROKEN, -r, "");
	return r >= 0;
}

/* Fills *ret_stored (owned by caller) with the path below the session's folder. */
int engine_stored_path(const struct walk_entry *entry, unsigned variant, char **ret_stored);

/* Ends the offload for a walk that did not end well. */
void engine_end_walk(struct engine *engine, int walk_outcome);

/* Opens (and makes) the folder of a stored path, unless *folder says that it is open already. */
int engine_folder_of(const struct engine *engine, const char *stored, char **folder, int *folder_fd);

/* Tells the supervisor what the file's mark says by now, if that is "stored" or more. Any thread; what is
 * told of one file never goes backwards. */
int engine_tell(struct engine *engine, const struct walk_entry *entry, uint64_t number);

/* reader.c: one read of every file that belongs to the round. */
void reader_pass(struct engine *engine, unsigned round, unsigned pass);

/* store.c and commit.c: thread bodies; data is the engine. */
void *store_main(void *data);
void *commit_main(void *data);

/* commit.c: reads a stored file back from its device. 0 equal, -EILSEQ other content, or an errno. */
struct read_back;
int read_back_new(struct read_back **ret_read_back);
struct read_back *read_back_free(struct read_back *read_back);
DEFINE_CLEANUP(struct read_back, read_back_free);
int read_back_file(struct read_back *read_back, struct engine *engine, int root_fd, const char *path,
	const struct mark *expected);

/* seal.c: folders with their times, manifest, fresh walk. */
void seal_session(struct engine *engine);
