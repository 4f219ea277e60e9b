/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * Reading the source, in the order of the list, with one request always under way: this thread does nothing
 * else.
 *
 * A zero-byte read, a missing file or an error is judged only after the device was proven alive; a dead
 * device ends the offload, a live one costs the file. Size and time are compared before and after each read.
 */

#include "offload/engine.h"

#include "base/fault.h"
#include "offload/source-ptp.h"

#include <string.h>
#include <sys/stat.h>

#define BLOCK 4096

struct reading {
	struct engine *engine;
	const struct spool_entry *entry;
	unsigned round, pass;
	int fd;
	bool cached;
	struct mark mark; /* size and time that this read expects */
};

static bool device_is_alive(struct engine *engine)
{
	if (engine->io->alive(engine->io->data, engine->source) >= 0)
		return true;
	engine_source_gone(engine);
	return false;
}

static struct chunk *new_chunk(const struct reading *reading, enum chunk_kind kind)
{
	struct chunk *chunk = queue_take(reading->engine->free_chunks);
	uint8_t *data;

	if (!chunk)
		return NULL;
	data = chunk->data;
	*chunk = (struct chunk){.kind = kind,
		.pass = reading->pass,
		.number = reading->entry->number,
		.entry = reading->entry->offset,
		.data = data};
	return chunk;
}

/* An errno as marks keep it; a PTP device's own answer keeps its code. */
static int positive(int error)
{
	return error <= -SOURCE_PTP_ANSWER ? -error - SOURCE_PTP_ANSWER : -error;
}

/* Ends the file for this read. False when everything ended. */
static bool give_up(const struct reading *reading, enum offload_reason reason, int error)
{
	struct chunk *chunk;

	if (reason != OFFLOAD_REASON_CHANGED && !device_is_alive(reading->engine))
		return false;
	chunk = new_chunk(reading, CHUNK_DATA);
	if (!chunk)
		return false;
	chunk->failed = reason;
	chunk->error = positive(error);
	return queue_put(reading->engine->chunks, chunk);
}

static bool is_same(const struct mark *seen, const struct mark *mark)
{
	return seen->size == mark->size && seen->mtime == mark->mtime && seen->mtime_ns == mark->mtime_ns;
}

/* What the file is now. -ESTALE: no regular file any more. */
static int identify(int fd, struct mark *ret_seen)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return -errno;
	*ret_seen = (struct mark){.size = (uint64_t)st.st_size,
		.mtime = st.st_mtim.tv_sec,
		.mtime_ns = (uint32_t)st.st_mtim.tv_nsec};
	return S_ISREG(st.st_mode) ? 0 : -ESTALE;
}

static int set_identity(struct mark *mark, void *data)
{
	const struct mark *seen = data;

	mark->size = seen->size;
	mark->mtime = seen->mtime;
	mark->mtime_ns = seen->mtime_ns;
	return 0;
}

/* What this read has to find: the first walk's word in the first round; later what the first read of the
 * round saw. */
static int expect(struct reading *reading, const struct mark *seen)
{
	const struct walk_entry *walk = &reading->entry->walk;

	if (reading->pass == 2)
		return spool_mark_get(reading->engine->spool, reading->entry->number, &reading->mark);
	reading->mark.size = reading->round == 0 ? walk->size : seen->size;
	reading->mark.mtime = reading->round == 0 ? walk->mtime : seen->mtime;
	reading->mark.mtime_ns = reading->round == 0 ? walk->mtime_ns : seen->mtime_ns;
	return spool_mark_change(
		reading->engine->spool, reading->entry->number, set_identity, &reading->mark);
}

/* Fills up to want bytes; direct reads stay aligned. Bytes read, fewer at the end of the file, or negative
 * errno. */
static ssize_t fill(const struct reading *reading, uint8_t *data, size_t want, uint64_t offset)
{
	const struct io *io = reading->engine->io;
	size_t got = 0;

	if (reading->engine->source->ptp)
		return source_ptp_file_read(reading->engine->source->ptp, data, want);
	while (got < want) {
		size_t ask = (want - got + BLOCK - 1) / BLOCK * BLOCK;
		ssize_t n =
			io->read_source(io->data, reading->fd, data + got, ask, offset + got, reading->pass);

		if (n < 0)
			return n;
		if (n == 0 || (size_t)n >= want - got)
			return (ssize_t)(got + (size_t)n);
		if (!reading->cached && n < BLOCK)
			return (ssize_t)(got + (size_t)n);
		got += reading->cached ? (size_t)n : (size_t)n / BLOCK * BLOCK;
	}
	return (ssize_t)got;
}

static size_t piece(uint64_t size, uint64_t offset)
{
	return size - offset < CHUNK_SIZE ? (size_t)(size - offset) : CHUNK_SIZE;
}

/* Whether what was read to its end is still what was opened; reason NONE if so. */
static enum offload_reason check_end(const struct reading *reading, int *ret_error)
{
	struct source_ptp *ptp = reading->engine->source->ptp;
	struct mark seen = {0};

	*ret_error = 0;
	if (ptp) {
		*ret_error = source_ptp_file_end(ptp);
		return *ret_error < 0 ? OFFLOAD_REASON_READ : OFFLOAD_REASON_NONE;
	}
	return identify(reading->fd, &seen) < 0 || !is_same(&seen, &reading->mark) ? OFFLOAD_REASON_CHANGED
										   : OFFLOAD_REASON_NONE;
}

/* One chunk. False when the file or everything ended. */
static bool read_chunk(const struct reading *reading, uint64_t offset)
{
	struct engine *engine = reading->engine;
	size_t want = piece(reading->mark.size, offset);
	struct chunk *chunk = new_chunk(reading, CHUNK_DATA);
	ssize_t n;
	int error;

	if (!chunk)
		return false;
	n = want > 0 ? fill(reading, chunk->data, want, offset) : 0;
	engine_step(engine);
	chunk->offset = offset;
	chunk->size = want;
	chunk->first = offset == 0;
	chunk->last = offset + want == reading->mark.size;
	if (n < 0 || (size_t)n != want) {
		if (!device_is_alive(engine))
			return false;
		chunk->failed = n < 0              ? OFFLOAD_REASON_READ
				: (size_t)n < want ? OFFLOAD_REASON_SHORT
						   : OFFLOAD_REASON_CHANGED;
		chunk->error = n < 0 ? (int)-n : 0;
	} else if (chunk->last) {
		chunk->failed = check_end(reading, &error);
		chunk->error = positive(error);
	}
	if (!chunk->failed)
		(void)atomic_fetch_add(&engine->bytes_done, want);
	/* After it is put, the chunk belongs to another thread. */
	return queue_put(engine->chunks, chunk);
}

static bool file_failed_already(const struct reading *reading, uint64_t offset)
{
	struct mark mark;

	/* Cheap enough once in a chunk: no use in reading the rest of a file that cannot be stored. */
	return offset > 0 && spool_mark_get(reading->engine->spool, reading->entry->number, &mark) >= 0 &&
	       (mark.flags & MARK_FAILED) != 0;
}

static void read_content(const struct reading *reading)
{
	uint64_t offset = 0;

	do {
		if (atomic_load(&reading->engine->stop) || file_failed_already(reading, offset))
			return;
		fault_point("offload-read");
		if (!read_chunk(reading, offset))
			return;
		offset += CHUNK_SIZE;
	} while (offset < reading->mark.size);
}

static enum offload_reason reason_of_open(int error)
{
	return error == -ENOENT         ? OFFLOAD_REASON_VANISHED
	       : error == -ENAMETOOLONG ? OFFLOAD_REASON_NAME
					: OFFLOAD_REASON_READ;
}

/* An object of a PTP device. */
static void read_object(struct reading *reading)
{
	struct engine *engine = reading->engine;
	struct source_ptp_file file;
	struct mark seen = {0};
	int r = source_ptp_file_open(engine->source->ptp, reading->entry->walk.path, &engine->stop, &file);

	if (r < 0) {
		(void)give_up(reading, r == -EMSGSIZE ? OFFLOAD_REASON_CHANGED : reason_of_open(r), r);
		return;
	}
	seen.size = file.size;
	seen.mtime = file.mtime;
	if (engine_check(engine, expect(reading, &seen))) {
		if (is_same(&seen, &reading->mark))
			read_content(reading);
		else
			(void)give_up(reading, OFFLOAD_REASON_CHANGED, 0);
	}
	source_ptp_file_close(engine->source->ptp);
}

static void read_file(struct reading *reading)
{
	struct engine *engine = reading->engine;
	const struct walk_entry *walk = &reading->entry->walk;
	_cleanup_close_ int fd =
		source_open_file(engine->source->roots[walk->root].fd, walk->open_path, &reading->cached);
	struct mark seen = {0};
	int r;

	reading->fd = fd;
	if (fd < 0) {
		(void)give_up(reading, reason_of_open(fd), fd);
		return;
	}
	r = identify(fd, &seen);
	if (r < 0 && r != -ESTALE) {
		(void)give_up(reading, OFFLOAD_REASON_READ, r);
		return;
	}
	if (!engine_check(engine, expect(reading, &seen)))
		return;
	if (r == -ESTALE || !is_same(&seen, &reading->mark)) {
		(void)give_up(reading, OFFLOAD_REASON_CHANGED, 0);
		return;
	}
	if (reading->pass == 2 && reading->cached && source_drop_cached(fd, reading->mark.size) < 0) {
		(void)give_up(reading, OFFLOAD_REASON_CACHED, 0);
		return;
	}
	read_content(reading);
}

static void send_known(struct reading *reading, const struct mark *mark)
{
	struct chunk *chunk = new_chunk(reading, CHUNK_KNOWN);

	if (!chunk)
		return;
	(void)atomic_fetch_add(&reading->engine->bytes_done, mark->size);
	(void)queue_put(reading->engine->chunks, chunk);
}

/* Whether this file has anything to do in this round and pass. */
static bool belongs(const struct mark *mark, unsigned round, unsigned pass)
{
	return (round == 0 || (mark->flags & MARK_AGAIN)) && !(pass == 2 && (mark->flags & MARK_FAILED));
}

static void read_entry(struct engine *engine, const struct spool_entry *entry, unsigned round, unsigned pass)
{
	struct reading reading = {.engine = engine, .entry = entry, .round = round, .pass = pass, .fd = -1};
	struct mark mark;

	if (!engine_check(engine, spool_mark_get(engine->spool, entry->number, &mark)) ||
		!belongs(&mark, round, pass))
		return;
	if (pass == 1 && (mark.flags & MARK_KNOWN) != 0)
		send_known(&reading, &mark);
	else if (engine->source->ptp)
		read_object(&reading);
	else
		read_file(&reading);
	(void)atomic_fetch_add(&engine->files_done, 1);
}

/* A PTP device is read anew in a session of its own. */
static bool begin_reading(struct engine *engine)
{
	int r = engine->source->ptp ? source_ptp_begin(engine->source->ptp, &engine->stop) : 0;

	if (r == -ENODEV)
		engine_source_gone(engine);
	else
		(void)engine_check(engine, r);
	return r >= 0;
}

void reader_pass(struct engine *engine, unsigned round, unsigned pass)
{
	_cleanup_(spool_cursor_freep) struct spool_cursor *cursor = NULL;
	struct spool_entry entry;
	int r = spool_cursor_new(engine->spool, &cursor);

	if (r >= 0 && !begin_reading(engine))
		return;
	while (r >= 0 && !atomic_load(&engine->stop)) {
		r = spool_next(cursor, &entry);
		if (r <= 0)
			break;
		if (entry.kind == SPOOL_FILE)
			read_entry(engine, &entry, round, pass);
	}
	(void)engine_check(engine, r);
}
