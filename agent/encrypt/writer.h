/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Writes a volume onto a stick and proves it.
 *
 * The order is what keeps promises when the power goes: the first sectors are emptied, so the stick is
 * neither what it was nor an encrypted one; then every byte behind the header's room is written and all of
 * the stick is read back past every cache; only then the header is written and read back. A stick that is
 * found with its header has no byte of its old content left.
 */

#include "encrypt/outcome.h"
#include "encrypt/protocol.h"
#include "encrypt/volume.h"
#include "wipe/device.h"

struct writer_hooks {
	void *data;
	int (*progress)(
		void *data, const struct encrypt_progress *progress); /* a negative errno ends the run */
	bool (*cancelled)(void *data);
};

/* ENCRYPT_DONE, another enum encrypt_outcome, or a negative errno of memory or a hook. Fills bytes and
 * failed_offset of *ret_result in every case. Blocks as long as the stick takes. */
int writer_run(const struct device *device, struct volume *volume, const struct writer_hooks *hooks,
	struct encrypt_result *ret_result);

/* Is a stick still as an interrupted run left it: its first sectors empty, and nothing of a file system that
 * keeps its mark elsewhere? 0, ENCRYPT_NOT_AS_LEFT, ENCRYPT_READ_ERROR, or -ENOMEM. */
int writer_check_left(const struct device *device);
