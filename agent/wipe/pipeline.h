/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * A whole device read from front to back by one thread while another looks at what came in: the device stays
 * busy while bytes are compared and hashed. Memory: PIPELINE_SLOTS chunks.
 */

#include "wipe/device.h"

#define PIPELINE_CHUNK ((size_t)2 * 1024 * 1024)
#define PIPELINE_SLOTS 4

struct pipeline;

struct pipeline_chunk {
	uint64_t offset;
	size_t size;
	int error; /* 0, or negative errno: bytes mean nothing */
	uint8_t *bytes;
};

/* Begins to read. device must live until pipeline_free(). */
int pipeline_new(const struct device *device, struct pipeline **ret_pipeline);

/* Waits for the next chunk in order; NULL behind the last. It is valid until the next call. A chunk that
 * cannot be read is delivered with its error, and reading goes on behind it. */
struct pipeline_chunk *pipeline_next(struct pipeline *pipeline);

/* Stops reading and waits for the thread. */
struct pipeline *pipeline_free(struct pipeline *pipeline);
DEFINE_CLEANUP(struct pipeline, pipeline_free);
