/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Messages between a supervisor and its worker: one SOCK_SEQPACKET datagram each, a fixed head and a payload.
 *
 * The worker has read hostile bytes, so the supervisor trusts no field: a datagram that is shorter or longer
 * than its type allows is -EBADMSG and the worker is ended. Payload structs are plain, fixed-width and of the
 * same build on both sides (a worker is never spoken to by another version's daemon: the head carries the
 * version).
 *
 * The worker finds its socket at WIRE_FD. Descriptors that belong to it are passed beside a message
 * (SCM_RIGHTS).
 */

#include "base/cleanup.h"

#define WIRE_FD          3
#define WIRE_VERSION     1
#define WIRE_PAYLOAD_MAX 16384
#define WIRE_FDS_MAX     4

struct wire_message {
	uint32_t type;
	uint32_t size; /* bytes of payload */
	unsigned fd_count;
	int fds[WIRE_FDS_MAX]; /* owned by the message until taken with TAKE_FD() */
	_Alignas(16) uint8_t payload[WIRE_PAYLOAD_MAX + 1]; /* NUL behind the last byte, for trailing text */
};

/* A connected pair, close-on-exec, 256 KiB of buffer each. */
int wire_pair(int ret_fds[static 2]);

/* Blocks until sent (unless the socket is non-blocking: -EAGAIN). -EPIPE when the other side is gone. */
int wire_send(int socket, uint32_t type, const void *payload, size_t size);

/* payload is head and tail joined, for a fixed struct followed by text or bytes. */
int wire_send2(
	int socket, uint32_t type, const void *head, size_t head_size, const void *tail, size_t tail_size);

int wire_send_fds(
	int socket, uint32_t type, const void *payload, size_t size, const int *fds, unsigned fd_count);

/* Receives one message; 1 on success, 0 when the other side closed, -EAGAIN, -EBADMSG. Old fds in message are
 * closed. */
int wire_receive(int socket, struct wire_message *message);

/* Closes the descriptors that were not taken. */
void wire_message_clear(struct wire_message *message);

/* Start value for a message on the stack or inside another struct. */
void wire_message_init(struct wire_message *message);
