/* SPDX-License-Identifier: GPL-3.0-or-later */

/* The order of a clear, the zero pass and the read-back. See eraser.h. Random pass: eraser-random.c. */

#include "wipe/eraser-parts.h"

#include "base/fault.h"
#include "wipe/pipeline.h"

#include <string.h>

#define REPAIRS_MAX 64
#define RUN         ((size_t)32 * 1024)

/* --- errors
 * ------------------------------------------------------------------------------------------------- */

static bool is_gone(int error)
{
	return error == -ENODEV || error == -ENXIO || error == -ENOMEDIUM || error == -ESHUTDOWN;
}

static bool is_locked(int error)
{
	return error == -EROFS || error == -EPERM || error == -EACCES || error == -EREMOTEIO;
}

int eraser_blame(struct eraser *e, int error, uint64_t offset, enum eraser_act act)
{
	uint64_t bytes = 0;

	e->report->failed_offset = offset;
	if (error == -ENOMEM)
		return error;
	if (is_gone(error) || e->device->size(e->device->data, &bytes) < 0 || bytes == 0)
		return WIPE_VANISHED;
	if (bytes != e->device->bytes)
		return WIPE_SHRUNK;
	switch (act) {
	case ERASER_READ:
		return WIPE_READ_ERROR;
	case ERASER_WRITE:
		if (!is_locked(error))
			return WIPE_WRITE_ERROR;
		return e->report->bytes_written == 0 ? WIPE_WRITE_PROTECTED : WIPE_BECAME_READ_ONLY;
	case ERASER_FLUSH:
		return WIPE_FLUSH_ERROR;
	}
	return WIPE_INTERNAL;
}

int eraser_read(struct eraser *e, uint64_t offset, void *buffer, size_t size)
{
	int r = e->device->read(e->device->data, offset, buffer, size);

	e->report->bytes_read += size;
	return r < 0 ? eraser_blame(e, r, offset, ERASER_READ) : 0;
}

int eraser_write(struct eraser *e, uint64_t offset, const void *buffer, size_t size)
{
	int r = e->device->write(e->device->data, offset, buffer, size);

	if (r < 0)
		return eraser_blame(e, r, offset, ERASER_WRITE);
	e->report->bytes_written += size;
	return 0;
}

int eraser_flush(struct eraser *e)
{
	int r = e->device->flush(e->device->data);

	return r < 0 ? eraser_blame(e, r, 0, ERASER_FLUSH) : 0;
}

/* --- progress
 * ----------------------------------------------------------------------------------------------- */

int eraser_enter(struct eraser *e, enum wipe_phase phase)
{
	e->phase = phase;
	return eraser_step(e, 0);
}

int eraser_step(struct eraser *e, uint64_t done)
{
	struct wipe_progress p = {.phase = e->phase,
		.done = done,
		.total = e->device->bytes,
		.overall_done = e->traversals_done * e->device->bytes + done,
		.overall_total = e->traversals * e->device->bytes};
	uint64_t bytes = 0;
	int r;

	if (p.overall_done > p.overall_total)
		p.overall_done = p.overall_total;
	if (e->hooks->cancelled(e->hooks->data))
		return WIPE_CANCELLED;
	r = e->device->size(e->device->data, &bytes);
	if (r < 0 || bytes != e->device->bytes)
		return eraser_blame(e, r < 0 ? r : -EIO, done, ERASER_READ);
	return e->hooks->progress(e->hooks->data, &p);
}

/* --- writing only what is not right
 * ------------------------------------------------------------------------- */

int eraser_correct(struct eraser *e, uint64_t offset, const uint8_t *have, const uint8_t *want, size_t size)
{
	size_t at = 0;

	while (at < size) {
		size_t end = at, piece = size - at < RUN ? size - at : RUN;
		int r;

		if (memcmp(have + at, want + at, piece) == 0) {
			at += piece;
			continue;
		}
		while (end < size && (piece = size - end < RUN ? size - end : RUN) > 0 &&
			memcmp(have + end, want + end, piece) != 0)
			end += piece;
		r = eraser_write(e, offset + at, want + at, end - at);
		if (r != 0)
			return r;
		at = end;
	}
	return 0;
}

/* A region, synchronously: it is small. */
static int correct_region(struct eraser *e, const struct plan_region *region, bool stage)
{
	for (uint64_t at = 0; at < region->size; at += PIPELINE_CHUNK) {
		uint64_t offset = region->offset + at, left = region->size - at;
		size_t size = left < PIPELINE_CHUNK ? (size_t)left : PIPELINE_CHUNK;
		int r = eraser_read(e, offset, e->spare, size);

		/* What cannot be read may still be written. */
		plan_image(e->plan, offset, e->want, size, stage);
		if (r == WIPE_READ_ERROR)
			r = eraser_write(e, offset, e->want, size);
		else if (r == 0)
			r = eraser_correct(e, offset, e->spare, e->want, size);
		if (r != 0)
			return r;
		fault_point("wipe-region");
	}
	return 0;
}

static int correct_regions(struct eraser *e, unsigned kinds, bool stage)
{
	int r = 0;

	for (size_t i = 0; i < e->plan->region_count && r == 0; i++)
		if (kinds >> e->plan->regions[i].kind & 1)
			r = correct_region(e, &e->plan->regions[i], stage);
	return r == 0 ? eraser_flush(e) : r;
}

/* The file system first: empty for whoever looks, then whole, before any other sector is touched. */
static int make_file_system(struct eraser *e)
{
	int r;

	fault_point("wipe-begin");
	r = correct_regions(e, 1U << PLAN_ROOT, true);
	if (r != 0)
		return r;
	fault_point("wipe-root-empty");
	r = correct_regions(e, 1U << PLAN_METADATA | 1U << PLAN_FOLDER, false);
	if (r != 0)
		return r;
	fault_point("wipe-metadata");
	r = correct_regions(e, 1U << PLAN_ROOT, false);
	fault_point("wipe-file-system");
	return r;
}

static int zero_chunk(struct eraser *e, const struct pipeline_chunk *chunk)
{
	int r;

	if (chunk->error < 0) {
		r = eraser_blame(e, chunk->error, chunk->offset, ERASER_READ);
		if (r != WIPE_READ_ERROR)
			return r;
	} else if (plan_matches(e->plan, chunk->offset, chunk->bytes, chunk->size)) {
		return 0;
	}
	plan_image(e->plan, chunk->offset, e->want, chunk->size, false);
	if (chunk->error < 0)
		return eraser_write(e, chunk->offset, e->want, chunk->size);
	return eraser_correct(e, chunk->offset, chunk->bytes, e->want, chunk->size);
}

static int zero_pass(struct eraser *e)
{
	_cleanup_(pipeline_freep) struct pipeline *pipeline = NULL;
	struct pipeline_chunk *chunk;
	int r;

	r = eraser_enter(e, WIPE_PHASE_ZERO);
	if (r == 0)
		r = pipeline_new(e->device, &pipeline);
	while (r == 0 && (chunk = pipeline_next(pipeline))) {
		e->report->bytes_read += chunk->size;
		r = zero_chunk(e, chunk);
		fault_point("wipe-chunk");
		if (r == 0)
			r = eraser_step(e, chunk->offset + chunk->size);
	}
	if (r != 0)
		return r;
	e->report->passes++;
	e->traversals_done++;
	return eraser_flush(e);
}

/* --- read-back
 * ---------------------------------------------------------------------------------------------- */

/* Once more, then it is the card's fault. */
static int repair_chunk(struct eraser *e, const struct pipeline_chunk *chunk, bool may_repair)
{
	int r;

	e->report->failed_offset = chunk->offset;
	if (chunk->error < 0) {
		r = eraser_blame(e, chunk->error, chunk->offset, ERASER_READ);
		if (r != WIPE_READ_ERROR)
			return r;
	}
	if (!may_repair || ++e->report->chunks_repaired > REPAIRS_MAX)
		return chunk->error < 0 ? WIPE_READ_ERROR : WIPE_STUCK;
	plan_image(e->plan, chunk->offset, e->want, chunk->size, false);
	r = eraser_write(e, chunk->offset, e->want, chunk->size);
	if (r == 0)
		r = eraser_flush(e);
	if (r == 0)
		r = eraser_read(e, chunk->offset, e->spare, chunk->size);
	if (r != 0)
		return r;
	return memcmp(e->spare, e->want, chunk->size) == 0 ? 0 : WIPE_STUCK;
}

/* One traversal; *ret_clean: nothing had to be repaired, so the hash is of the planned image. */
static int read_back(struct eraser *e, bool may_repair, bool *ret_clean)
{
	_cleanup_(pipeline_freep) struct pipeline *pipeline = NULL;
	struct pipeline_chunk *chunk;
	bool clean = true;
	int r;

	r = sha512_reset(e->hash);
	if (r == 0)
		r = eraser_enter(e, WIPE_PHASE_READ_BACK);
	if (r == 0)
		r = pipeline_new(e->device, &pipeline);
	e->report->bytes_read_back = 0;
	while (r == 0 && (chunk = pipeline_next(pipeline))) {
		bool equal;

		e->report->bytes_read += chunk->size;
		e->report->bytes_read_back += chunk->size;
		equal = chunk->error == 0 && plan_matches(e->plan, chunk->offset, chunk->bytes, chunk->size);
		clean &= equal;
		r = equal ? sha512_update(e->hash, chunk->bytes, chunk->size)
			  : repair_chunk(e, chunk, may_repair);
		fault_point("wipe-read-back");
		if (r == 0)
			r = eraser_step(e, chunk->offset + chunk->size);
	}
	e->traversals_done++;
	*ret_clean = clean;
	return r;
}

static int prove(struct eraser *e)
{
	bool clean = false;
	int r;

	r = read_back(e, true, &clean);
	if (r == 0 && !clean) {
		e->traversals++;
		r = read_back(e, false, &clean);
	}
	if (r != 0)
		return r;
	if (!clean || e->report->bytes_read_back != e->device->bytes)
		return WIPE_STUCK;
	r = sha512_final(e->hash, e->report->image_sha512);
	e->report->failed_offset = 0;
	fault_point("wipe-proven");
	return r;
}

static int carry_out(struct eraser *e, enum wipe_method method)
{
	int r;

	r = eraser_enter(e, WIPE_PHASE_PROBE);
	if (r == 0)
		r = make_file_system(e);
	if (r == 0)
		r = eraser_probe(e);
	if (r == 0 && method == WIPE_METHOD_CLEAR_2PASS)
		r = eraser_random_pass(e);
	fault_point("wipe-before-zero");
	if (r == 0)
		r = zero_pass(e);
	fault_point("wipe-zeroed");
	return r == 0 ? prove(e) : r;
}

int eraser_run(const struct device *device, const struct plan *plan, enum wipe_method method,
	const struct eraser_hooks *hooks, struct eraser_report *ret_report)
{
	_cleanup_free_ uint8_t *want = device_buffer(PIPELINE_CHUNK), *spare = device_buffer(PIPELINE_CHUNK);
	_cleanup_(sha512_freep) struct sha512 *hash = NULL;
	struct eraser e = {.device = device,
		.plan = plan,
		.hooks = hooks,
		.report = ret_report,
		.traversals = method == WIPE_METHOD_CLEAR_2PASS ? 4 : 2,
		.want = want,
		.spare = spare};
	int r;

	memset(ret_report, 0, sizeof *ret_report);
	if (!want || !spare)
		return -ENOMEM;
	if (plan->device_bytes != device->bytes)
		return WIPE_PLAN_INVALID;
	r = sha512_new(&hash);
	if (r < 0)
		return r;
	e.hash = hash;
	return carry_out(&e, method);
}
