/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* What session.c (transactions) lends to operation.c (reading) and removal.c (deleting); included by nobody
 * else. */

#include "ptp/session.h"

struct ptp {
	const struct ptp_transport *transport;
	struct ptp_device_info info;
	uint32_t transaction; /* of the last command */
	bool open, broken;
	uint64_t generation;
	struct ptp_event last_event;
	uint32_t removed, removed_from; /* object and store of our last delete: its own events are no news */

	/* the data phase that is under way */
	bool reading;
	uint64_t left;      /* PTP_SIZE_UNKNOWN: until the device ends it */
	bool data_ended;    /* its last byte was read */
	bool answered;      /* the response is here already: there was no data */
	uint32_t cancelled; /* a transaction whose late answer is passed over, 0: none */
};

/* A command without data. Positive: the device's answer, never PTP_OK. ret_reply may be NULL. */
int ptp_transact(struct ptp *ptp, const struct ptp_command *command, struct ptp_reply *ret_reply);

/* A command whose data is kept as a whole, at most most bytes; -EMSGSIZE if it is more. */
int ptp_transact_data(struct ptp *ptp, const struct ptp_command *command, size_t most, uint8_t **ret_bytes,
	size_t *ret_size);

/* The beginning of a data phase: size as for ptp_read_begin(). */
int ptp_begin_data(struct ptp *ptp, const struct ptp_command *command, uint64_t size);
