/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * What the files of the eraser share among themselves; nobody else includes this.
 *
 * All functions return 0, an outcome or a negative errno, and count what they read and write. An error of the
 * device becomes an outcome in one place, eraser_blame(), which first asks whether the device is still there
 * and still as large as it was.
 */

#include "wipe/eraser.h"
#include "wipe/pipeline.h"

struct eraser {
	const struct device *device;
	const struct plan *plan;
	const struct eraser_hooks *hooks;
	struct eraser_report *report;
	enum wipe_phase phase;
	uint64_t traversals; /* of the whole device, all together */
	uint64_t traversals_done;
	struct sha512 *hash;
	uint8_t *want;  /* a chunk of the planned image */
	uint8_t *spare; /* a chunk read again */
};

enum eraser_act {
	ERASER_READ,
	ERASER_WRITE,
	ERASER_FLUSH,
};

int eraser_blame(struct eraser *e, int error, uint64_t offset, enum eraser_act act);
int eraser_read(struct eraser *e, uint64_t offset, void *buffer, size_t size);
int eraser_write(struct eraser *e, uint64_t offset, const void *buffer, size_t size);
int eraser_flush(struct eraser *e);

int eraser_enter(struct eraser *e, enum wipe_phase phase);

/* Progress, cancel, and whether the device kept its size. */
int eraser_step(struct eraser *e, uint64_t done);

/* Writes the parts of want that differ from have. */
int eraser_correct(struct eraser *e, uint64_t offset, const uint8_t *have, const uint8_t *want, size_t size);

/* Distinct sectors at powers of two, written, flushed and read: a card that answers for more room than it has
 * is found before the long work begins. Needs an emptied root; leaves sectors that the zero pass clears. */
int eraser_probe(struct eraser *e);

/* A keyed random pass over everything that is not preserved, and its check. */
int eraser_random_pass(struct eraser *e);
