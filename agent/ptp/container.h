/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * The containers in which PTP travels over USB: commands out; data, responses and events in. Pure functions.
 *
 * ptp_encode_command() is the one place where a command becomes bytes, and it knows the operations that this
 * project uses and no others. What it will not encode cannot be sent: no reset by command, nothing that
 * writes objects; and a delete (or a change of protection, or a format) names exactly one object (or store).
 * The numbers 0 and 0xffffffff, which mean "all of them" there, have no encoding. A delete always has its
 * second parameter, the format, as 0, and so has a format: devices exist that read it whether it was sent or
 * not.
 */

#include "ptp/codes.h"

#define PTP_HEAD_SIZE    12
#define PTP_PARAMS_MAX   5
#define PTP_COMMAND_SIZE (PTP_HEAD_SIZE + 4 * PTP_PARAMS_MAX)
#define PTP_EVENT_PARAMS 3
#define PTP_CANCEL_SIZE  6

#define PTP_LENGTH_UNKNOWN 0xffffffffU /* of a data container: it ends with a short packet */

enum ptp_container_type {
	PTP_COMMAND = 1,
	PTP_DATA = 2,
	PTP_RESPONSE = 3,
	PTP_EVENT = 4,
};

struct ptp_head {
	uint32_t length; /* of the whole container; PTP_LENGTH_UNKNOWN only for data */
	enum ptp_container_type type;
	uint16_t code;
	uint32_t transaction;
};

struct ptp_command {
	enum ptp_operation operation;
	uint32_t transaction;
	size_t count;
	uint32_t params[PTP_PARAMS_MAX];
};

struct ptp_reply {
	unsigned response; /* enum ptp_response and others */
	size_t count;
	uint32_t params[PTP_PARAMS_MAX];
};

struct ptp_event {
	unsigned code;
	size_t count;
	uint32_t params[PTP_EVENT_PARAMS];
};

/* -EPERM for what must not be sent, -EINVAL for a wrong number of parameters; then nothing is written. */
int ptp_encode_command(
	const struct ptp_command *command, uint8_t ret_bytes[static PTP_COMMAND_SIZE], size_t *ret_size);

/* What the class request "cancel" sends along. */
void ptp_encode_cancel(uint32_t transaction, uint8_t ret_bytes[static PTP_CANCEL_SIZE]);

/* The head of something that came in: data, response or event of a possible length, else -EBADMSG. */
int ptp_parse_head(const uint8_t bytes[static PTP_HEAD_SIZE], struct ptp_head *ret_head);

/* The payload of a response with this head. */
int ptp_parse_reply(
	const struct ptp_head *head, const void *payload, size_t size, struct ptp_reply *ret_reply);

/* A whole event as the interrupt endpoint gives it. */
int ptp_parse_event(const void *bytes, size_t size, struct ptp_event *ret_event);

/* The answer to the class request "get device status": *ret_status is a response code. */
int ptp_parse_device_status(const void *bytes, size_t size, unsigned *ret_status);

/* Whether what a scan found may no longer be true. Unknown events may mean that. */
bool ptp_event_concerns_objects(const struct ptp_event *event);
