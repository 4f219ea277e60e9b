/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * The inside of a proof. Only recorder.c makes one and only certificate.c reads one; nobody else includes
 * this.
 */

#include "wipe/protocol.h"

struct wipe_proof {
	uint64_t device_bytes;
	enum wipe_method method;
	bool resumed;
	struct wipe_result result;
};
