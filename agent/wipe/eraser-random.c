/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Random sectors: a few as a probe of the capacity, or a whole pass. See eraser-parts.h. */

#include "wipe/eraser-parts.h"

#include "base/fault.h"
#include "wipe/keystream.h"

#include <string.h>

#define PROBE_SIZE  4096U
#define PROBE_FIRST (1ULL << 20)
#define PROBES_MAX  128

struct preserved {
	struct extent *list;
	size_t count;
};

static void preserved_clear(struct preserved *p)
{
	free(p->list);
}

/* The first run at or behind offset and before end that is not preserved; false if there is none. */
static bool next_run(const struct preserved *p, uint64_t offset, uint64_t end, struct extent *ret_run)
{
	size_t low = 0, high = p->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (p->list[middle].offset + p->list[middle].size <= offset)
			low = middle + 1;
		else
			high = middle;
	}
	if (low < p->count && p->list[low].offset <= offset) {
		offset = p->list[low].offset + p->list[low].size;
		low++;
	}
	if (offset >= end)
		return false;
	if (low < p->count && p->list[low].offset < end)
		end = p->list[low].offset;
	*ret_run = (struct extent){offset, end - offset};
	return true;
}

/* --- probe
 * -------------------------------------------------------------------------------------------------- */

static void add_probe(
	const struct eraser *e, const struct preserved *p, uint64_t offset, uint64_t *places, size_t *count)
{
	struct extent run;

	if (offset > e->device->bytes - PROBE_SIZE || *count == PROBES_MAX)
		return;
	if (next_run(p, offset, offset + PROBE_SIZE, &run) && run.size == PROBE_SIZE)
		places[(*count)++] = offset;
}

static size_t choose_probes(const struct eraser *e, const struct preserved *p, uint64_t *places)
{
	uint64_t last = (e->device->bytes - PROBE_SIZE) / PROBE_SIZE * PROBE_SIZE;
	size_t count = 0;

	for (uint64_t at = PROBE_FIRST; at < last; at *= 2) {
		add_probe(e, p, at, places, &count);
		if (at + at / 2 < last)
			add_probe(e, p, at + at / 2, places, &count);
	}
	add_probe(e, p, last, places, &count);
	return count;
}

/* The identity sectors are still there: a wrapped address may have hit them. */
static int check_identity(struct eraser *e)
{
	for (size_t i = 0; i < e->plan->sector_count; i++) {
		const struct plan_sector *s = &e->plan->sectors[i];
		int r;

		if (!(s->flags & PLAN_IDENTITY))
			continue;
		r = eraser_read(e, s->number * PLAN_SECTOR, e->spare, PLAN_SECTOR);
		if (r != 0)
			return r;
		if (!plan_same_identity(s, e->spare)) {
			e->report->failed_offset = s->number * PLAN_SECTOR;
			return WIPE_FAKE_CAPACITY;
		}
	}
	return 0;
}

static int write_probes(struct eraser *e, struct keystream *keys, const uint64_t *places, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		int r = keystream_fill(keys, places[i] / PLAN_SECTOR, e->want, PROBE_SIZE / PLAN_SECTOR);

		if (r == 0)
			r = eraser_write(e, places[i], e->want, PROBE_SIZE);
		if (r != 0)
			return r;
	}
	return eraser_flush(e);
}

static int read_probes(struct eraser *e, struct keystream *keys, const uint64_t *places, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		int r = keystream_fill(keys, places[i] / PLAN_SECTOR, e->want, PROBE_SIZE / PLAN_SECTOR);

		if (r == 0)
			r = eraser_read(e, places[i], e->spare, PROBE_SIZE);
		if (r != 0)
			return r;
		if (memcmp(e->want, e->spare, PROBE_SIZE) != 0) {
			e->report->failed_offset = places[i];
			return WIPE_FAKE_CAPACITY;
		}
	}
	return 0;
}

int eraser_probe(struct eraser *e)
{
	_cleanup_(keystream_freep) struct keystream *keys = NULL;
	_cleanup_(preserved_clear) struct preserved p = {0};
	uint64_t places[PROBES_MAX];
	size_t count;
	int r;

	if (e->device->bytes < 2 * PROBE_FIRST)
		return 0;
	r = plan_preserved(e->plan, &p.list, &p.count);
	if (r == 0)
		r = keystream_new(&keys);
	if (r < 0)
		return r;
	count = choose_probes(e, &p, places);
	r = write_probes(e, keys, places, count);
	fault_point("wipe-probed");
	if (r == 0)
		r = read_probes(e, keys, places, count);
	return r == 0 ? check_identity(e) : r;
}

/* --- random pass
 * -------------------------------------------------------------------------------------------- */

static int write_chunk(
	struct eraser *e, struct keystream *keys, const struct preserved *p, uint64_t offset, size_t size)
{
	struct extent run = {.offset = offset};
	int r;

	r = keystream_fill(keys, offset / PLAN_SECTOR, e->want, size / PLAN_SECTOR);
	while (r == 0 && next_run(p, run.offset, offset + size, &run)) {
		/* O_DIRECT wants aligned memory, and a run may begin at any sector. */
		memcpy(e->spare, e->want + (run.offset - offset), (size_t)run.size);
		r = eraser_write(e, run.offset, e->spare, (size_t)run.size);
		run.offset += run.size;
	}
	return r;
}

static int write_random(struct eraser *e, struct keystream *keys, const struct preserved *p)
{
	uint64_t total = e->device->bytes;
	int r;

	r = eraser_enter(e, WIPE_PHASE_RANDOM);
	for (uint64_t offset = 0; offset < total && r == 0; offset += PIPELINE_CHUNK) {
		size_t size = total - offset < PIPELINE_CHUNK ? (size_t)(total - offset) : PIPELINE_CHUNK;

		r = write_chunk(e, keys, p, offset, size);
		fault_point("wipe-random-chunk");
		if (r == 0)
			r = eraser_step(e, offset + size);
	}
	if (r != 0)
		return r;
	e->report->passes++;
	e->traversals_done++;
	return eraser_flush(e);
}

/* A run that came back wrong a second time: another sector's bytes are a wrapped address. */
static int name_the_fault(
	struct eraser *e, struct keystream *keys, const struct extent *run, const uint8_t *want)
{
	for (uint64_t at = 0; at < run->size; at += PLAN_SECTOR) {
		bool known;
		uint64_t number;
		int r;

		if (memcmp(e->spare + at, want + at, PLAN_SECTOR) == 0)
			continue;
		e->report->failed_offset = run->offset + at;
		r = keystream_identify(keys, e->spare + at, &known, &number);
		if (r < 0)
			return r;
		return known && number != (run->offset + at) / PLAN_SECTOR ? WIPE_FAKE_CAPACITY : WIPE_STUCK;
	}
	return 0;
}

static int check_run(struct eraser *e, struct keystream *keys, const struct extent *run, const uint8_t *have,
	const uint8_t *want)
{
	int r;

	if (memcmp(have, want, (size_t)run->size) == 0)
		return 0;
	memcpy(e->spare, have, (size_t)run->size);
	r = name_the_fault(e, keys, run, want);
	if (r != WIPE_STUCK)
		return r;
	memcpy(e->spare, want, (size_t)run->size);
	r = eraser_write(e, run->offset, e->spare, (size_t)run->size);
	if (r == 0)
		r = eraser_flush(e);
	if (r == 0)
		r = eraser_read(e, run->offset, e->spare, (size_t)run->size);
	e->report->chunks_repaired++;
	return r != 0 ? r : name_the_fault(e, keys, run, want);
}

static int check_chunk(struct eraser *e, struct keystream *keys, const struct preserved *p,
	const struct pipeline_chunk *chunk)
{
	struct extent run = {.offset = chunk->offset};
	int r;

	if (chunk->error < 0)
		return eraser_blame(e, chunk->error, chunk->offset, ERASER_READ);
	r = keystream_fill(keys, chunk->offset / PLAN_SECTOR, e->want, chunk->size / PLAN_SECTOR);
	while (r == 0 && next_run(p, run.offset, chunk->offset + chunk->size, &run)) {
		uint64_t at = run.offset - chunk->offset;

		r = check_run(e, keys, &run, chunk->bytes + at, e->want + at);
		run.offset += run.size;
	}
	return r;
}

static int check_random(struct eraser *e, struct keystream *keys, const struct preserved *p)
{
	_cleanup_(pipeline_freep) struct pipeline *pipeline = NULL;
	struct pipeline_chunk *chunk;
	int r;

	r = eraser_enter(e, WIPE_PHASE_RANDOM_CHECK);
	if (r == 0)
		r = pipeline_new(e->device, &pipeline);
	while (r == 0 && (chunk = pipeline_next(pipeline))) {
		e->report->bytes_read += chunk->size;
		r = check_chunk(e, keys, p, chunk);
		fault_point("wipe-random-check");
		if (r == 0)
			r = eraser_step(e, chunk->offset + chunk->size);
	}
	e->traversals_done++;
	return r;
}

int eraser_random_pass(struct eraser *e)
{
	_cleanup_(keystream_freep) struct keystream *keys = NULL;
	_cleanup_(preserved_clear) struct preserved p = {0};
	int r;

	r = plan_preserved(e->plan, &p.list, &p.count);
	if (r == 0)
		r = keystream_new(&keys);
	if (r == 0)
		r = write_random(e, keys, &p);
	return r == 0 ? check_random(e, keys, &p) : r;
}
