/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * How bytes get to a PTP device and back, as a table: USB in programs (usb.h), a simulated camera in tests.
 *
 * Every call returns a negative errno on failure: -ENODEV the device is gone, -ETIMEDOUT it does not answer,
 * -EPIPE it stalled the endpoint, -EIO anything else. Nothing here knows what the bytes mean. One thread.
 */

#include "base/cleanup.h"

#include <sys/types.h>

#define PTP_EVENT_BYTES  64
#define PTP_STATUS_BYTES 64

/* Class requests of the USB still image class. */
enum ptp_request {
	PTP_REQUEST_CANCEL = 0x64,
	PTP_REQUEST_RESET = 0x66,
	PTP_REQUEST_STATUS = 0x67,
};

struct ptp_transport {
	void *data;

	/* One transfer out, all of it. */
	int (*send)(void *data, const void *bytes, size_t size, unsigned timeout_ms);

	/* What came in next, at most size bytes. *ret_end: the device ended a transfer behind them. 0 bytes:
	 * it ended one with an empty packet. */
	ssize_t (*receive)(void *data, void *buffer, size_t size, bool *ret_end, unsigned timeout_ms);

	/* One packet of the interrupt endpoint; 0: none came in that time (0 ms: none is waiting). */
	ssize_t (*event)(void *data, uint8_t ret_bytes[static PTP_EVENT_BYTES], unsigned timeout_ms);

	/* A class request with data out (size 0: without). */
	int (*request_out)(void *data, enum ptp_request request, const void *bytes, size_t size);

	/* A class request with data in; returns how much came. */
	ssize_t (*request_in)(void *data, enum ptp_request request, void *buffer, size_t size);

	/* Forgets all that came in and was not taken, and clears halted endpoints. */
	int (*clear)(void *data);

	/* The port's reset: the device begins anew. -ENODEV: it did not come back as it was. */
	int (*reset)(void *data);
};
