/* SPDX-License-Identifier: GPL-3.0-or-later */

/* See writer.h. */

#include "encrypt/writer.h"

#include "base/fault.h"
#include "wipe/pipeline.h"

#include <string.h>

#define FRONT ((size_t)4096) /* partition table, boot sector, superblock: one write, all or nothing */

struct run {
	const struct device *device;
	struct volume *volume;
	const struct writer_hooks *hooks;
	struct encrypt_result *result;
	uint8_t *buffer; /* PIPELINE_CHUNK */
};

static bool is_gone(struct run *run, int error)
{
	uint64_t bytes = 0;

	return error == -ENODEV || error == -ENXIO || error == -ENOMEDIUM || error == -ESHUTDOWN ||
	       run->device->size(run->device->data, &bytes) < 0 || bytes != run->device->bytes;
}

static int blame(struct run *run, int error, uint64_t offset, enum encrypt_outcome otherwise)
{
	run->result->failed_offset = offset;
	if (error == -ENOMEM)
		return error;
	return is_gone(run, error) ? (int)ENCRYPT_VANISHED : (int)otherwise;
}

static int write_bytes(struct run *run, uint64_t offset, const uint8_t *bytes, size_t size)
{
	int r = run->device->write(run->device->data, offset, bytes, size);

	if (r < 0)
		return blame(run, r, offset, ENCRYPT_WRITE_ERROR);
	run->result->bytes_written += size;
	return 0;
}

static int flush(struct run *run)
{
	int r = run->device->flush(run->device->data);

	return r < 0 ? blame(run, r, 0, ENCRYPT_WRITE_ERROR) : 0;
}

static int step(struct run *run, enum encrypt_phase phase, uint64_t done)
{
	uint64_t before = phase == ENCRYPT_PHASE_READ_BACK ? run->device->bytes : 0;
	const struct encrypt_progress p = {
		.phase = phase, .done = before + done, .total = 2 * run->device->bytes};

	if (run->hooks->cancelled(run->hooks->data))
		return ENCRYPT_INTERRUPTED;
	return run->hooks->progress(run->hooks->data, &p);
}

static int empty_front(struct run *run)
{
	int r;

	memset(run->buffer, 0, FRONT);
	r = write_bytes(run, 0, run->buffer, FRONT);
	if (r == 0)
		r = flush(run);
	fault_point("encrypt-front");
	return r;
}

static size_t piece_at(const struct run *run, uint64_t offset)
{
	uint64_t left = run->device->bytes - offset;

	return left < PIPELINE_CHUNK ? (size_t)left : PIPELINE_CHUNK;
}

static int write_all(struct run *run)
{
	int r = 0;

	for (uint64_t at = 0; at < run->device->bytes && r == 0;) {
		size_t size = piece_at(run, at);

		r = volume_read(run->volume, at, run->buffer, size, false);
		if (r == 0)
			r = write_bytes(run, at, run->buffer, size);
		fault_point("encrypt-chunk");
		at += size;
		if (r == 0)
			r = step(run, ENCRYPT_PHASE_WRITE, at);
	}
	if (r == 0)
		r = flush(run);
	fault_point("encrypt-written");
	return r;
}

static int compare(struct run *run, const struct pipeline_chunk *chunk)
{
	int r;

	if (chunk->error < 0)
		return blame(run, chunk->error, chunk->offset, ENCRYPT_READ_ERROR);
	r = volume_read(run->volume, chunk->offset, run->buffer, chunk->size, false);
	if (r < 0)
		return r;
	run->result->bytes_read_back += chunk->size;
	if (memcmp(run->buffer, chunk->bytes, chunk->size) == 0)
		return 0;
	run->result->failed_offset = chunk->offset;
	return ENCRYPT_MISMATCH;
}

static int read_back(struct run *run)
{
	_cleanup_(pipeline_freep) struct pipeline *pipeline = NULL;
	struct pipeline_chunk *chunk;
	int r = pipeline_new(run->device, &pipeline);

	while (r == 0 && (chunk = pipeline_next(pipeline))) {
		r = compare(run, chunk);
		fault_point("encrypt-read-back");
		if (r == 0)
			r = step(run, ENCRYPT_PHASE_READ_BACK, chunk->offset + chunk->size);
	}
	if (r == 0 && run->result->bytes_read_back != run->device->bytes)
		return ENCRYPT_MISMATCH;
	return r;
}

/* The first bytes, which make a header of it, come last and at once. */
static int write_header(struct run *run)
{
	int r = 0;

	fault_point("encrypt-before-header");
	for (uint64_t at = LUKS_STICK_DATA; at > 0 && r == 0;) {
		size_t begin = at == PIPELINE_CHUNK ? FRONT : 0;

		at -= PIPELINE_CHUNK;
		r = volume_read(run->volume, at, run->buffer, PIPELINE_CHUNK, true);
		if (r == 0)
			r = write_bytes(run, at + begin, run->buffer + begin, PIPELINE_CHUNK - begin);
		fault_point("encrypt-header");
	}
	if (r == 0)
		r = flush(run);
	fault_point("encrypt-header-rest");
	if (r == 0)
		r = write_bytes(run, 0, run->buffer, FRONT);
	return r == 0 ? flush(run) : r;
}

static int check_header(struct run *run)
{
	_cleanup_free_ uint8_t *have = device_buffer(PIPELINE_CHUNK);
	int r = have ? 0 : -ENOMEM;

	for (uint64_t at = 0; at < LUKS_STICK_DATA && r == 0; at += PIPELINE_CHUNK) {
		r = run->device->read(run->device->data, at, have, PIPELINE_CHUNK);
		if (r < 0)
			return blame(run, r, at, ENCRYPT_READ_ERROR);
		r = volume_read(run->volume, at, run->buffer, PIPELINE_CHUNK, true);
		if (r == 0 && memcmp(have, run->buffer, PIPELINE_CHUNK) != 0)
			r = blame(run, -EIO, at, ENCRYPT_MISMATCH);
	}
	fault_point("encrypt-proven");
	return r;
}

/* A header that is not proven must not make anybody believe in it. */
static void take_header_back(struct run *run)
{
	memset(run->buffer, 0, FRONT);
	if (run->device->write(run->device->data, 0, run->buffer, FRONT) == 0)
		(void)run->device->flush(run->device->data);
}

int writer_run(const struct device *device, struct volume *volume, const struct writer_hooks *hooks,
	struct encrypt_result *ret_result)
{
	_cleanup_free_ uint8_t *buffer = device_buffer(PIPELINE_CHUNK);
	struct run run = {
		.device = device, .volume = volume, .hooks = hooks, .result = ret_result, .buffer = buffer};
	int r;

	ret_result->bytes_written = ret_result->bytes_read_back = ret_result->failed_offset = 0;
	if (!buffer)
		return -ENOMEM;
	r = step(&run, ENCRYPT_PHASE_WRITE, 0);
	if (r == ENCRYPT_INTERRUPTED)
		return ENCRYPT_CANCELLED;
	if (r == 0)
		r = empty_front(&run);
	if (r == 0)
		r = write_all(&run);
	if (r == 0)
		r = read_back(&run);
	if (r != 0)
		return r;
	r = write_header(&run);
	if (r == 0)
		r = check_header(&run);
	if (r != 0)
		take_header_back(&run);
	return r;
}

/* Marks that lie behind the first sectors: optical images and btrfs. Everything else has its mark in them. */
static bool has_mark(const uint8_t *bytes)
{
	return memcmp(bytes + 32769, "CD001", 5) == 0 || memcmp(bytes + 32769, "BEA01", 5) == 0 ||
	       memcmp(bytes + 32769, "NSR0", 4) == 0 || memcmp(bytes + 65600, "_BHRfS_M", 8) == 0;
}

int writer_check_left(const struct device *device)
{
	_cleanup_free_ uint8_t *bytes = device_buffer(PIPELINE_CHUNK);

	if (!bytes)
		return -ENOMEM;
	if (device->read(device->data, 0, bytes, PIPELINE_CHUNK) < 0)
		return ENCRYPT_READ_ERROR;
	if (!bytes_are_zero(bytes, FRONT) || has_mark(bytes))
		return ENCRYPT_NOT_AS_LEFT;
	return 0;
}
