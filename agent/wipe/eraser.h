/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Carries a plan out on a device and proves it: the only code of the project that writes to a card.
 *
 * It writes what the plan says and nothing else. It ends with WIPE_DONE only after one traversal of the whole
 * device, past every cache and after the last write and the last flush, found every sector as planned. A
 * flush that fails is a failure; a chunk that does not hold what was written is written once more and then is
 * a failure, and after any such repair the whole device is read again. Nothing of this is resumed from
 * memory: a second run starts from the plan and from what the card then holds.
 */

#include "wipe/device.h"
#include "wipe/plan.h"

struct eraser_hooks {
	void *data;
	/* Called often; says how far the phase is. A negative errno ends the run. */
	int (*progress)(void *data, const struct wipe_progress *progress);
	/* Asked between chunks. */
	bool (*cancelled)(void *data);
};

struct eraser_report {
	uint64_t bytes_read;
	uint64_t bytes_written;
	uint64_t bytes_read_back; /* of the last, complete traversal */
	uint64_t passes;
	uint64_t chunks_repaired;
	uint64_t failed_offset; /* with a failure that has a place */
	uint8_t image_sha512[SHA512_SIZE];
};

/* 0 (WIPE_DONE), another enum wipe_outcome, or a negative errno (memory, threads, hooks). Blocks for as long
 * as the device takes. *ret_report is filled in every case. */
int eraser_run(const struct device *device, const struct plan *plan, enum wipe_method method,
	const struct eraser_hooks *hooks, struct eraser_report *ret_report);
