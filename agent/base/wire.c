/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Datagrams with descriptors between supervisor and worker. See wire.h. */

#include "base/wire.h"

#include "base/fd.h"

#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

#define BUFFER_BYTES (256 * 1024)

struct head {
	uint32_t version;
	uint32_t type;
};

int wire_pair(int ret_fds[static 2])
{
	int size = BUFFER_BYTES, fds[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) < 0)
		return -errno;
	for (int i = 0; i < 2; i++)
		(void)setsockopt(fds[i], SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
	ret_fds[0] = fds[0];
	ret_fds[1] = fds[1];
	return 0;
}

static int send_vector(int socket, struct iovec *parts, size_t count, const int *fds, unsigned fd_count)
{
	union {
		struct cmsghdr head;
		char bytes[CMSG_SPACE(WIRE_FDS_MAX * sizeof(int))];
	} control = {0};
	struct msghdr message = {.msg_iov = parts, .msg_iovlen = count};
	ssize_t n;

	if (fd_count > 0) {
		struct cmsghdr *head = &control.head;

		message.msg_control = control.bytes;
		message.msg_controllen = CMSG_SPACE(fd_count * sizeof(int));
		head->cmsg_level = SOL_SOCKET;
		head->cmsg_type = SCM_RIGHTS;
		head->cmsg_len = CMSG_LEN(fd_count * sizeof(int));
		memcpy(CMSG_DATA(head), fds, fd_count * sizeof(int));
	}
	do
		n = sendmsg(socket, &message, MSG_NOSIGNAL);
	while (n < 0 && errno == EINTR);
	if (n >= 0)
		return 0;
	/* The first send to a peer that closed without reading all of ours shows as a reset. */
	return errno == ECONNRESET ? -EPIPE : -errno;
}

int wire_send2(
	int socket, uint32_t type, const void *head, size_t head_size, const void *tail, size_t tail_size)
{
	struct head first = {.version = WIRE_VERSION, .type = type};
	struct iovec parts[3] = {
		{&first, sizeof first},
		{(void *)(uintptr_t)head, head_size},
		{(void *)(uintptr_t)tail, tail_size},
	};

	if (head_size > WIRE_PAYLOAD_MAX || tail_size > WIRE_PAYLOAD_MAX - head_size)
		return -EMSGSIZE;
	return send_vector(socket, parts, ELEMENTS(parts), NULL, 0);
}

int wire_send(int socket, uint32_t type, const void *payload, size_t size)
{
	return wire_send2(socket, type, payload, size, NULL, 0);
}

int wire_send_fds(
	int socket, uint32_t type, const void *payload, size_t size, const int *fds, unsigned fd_count)
{
	struct head first = {.version = WIRE_VERSION, .type = type};
	struct iovec parts[2] = {{&first, sizeof first}, {(void *)(uintptr_t)payload, size}};

	if (size > WIRE_PAYLOAD_MAX || fd_count > WIRE_FDS_MAX)
		return -EMSGSIZE;
	return send_vector(socket, parts, ELEMENTS(parts), fds, fd_count);
}

void wire_message_init(struct wire_message *message)
{
	message->type = message->size = 0;
	message->fd_count = 0;
}

void wire_message_clear(struct wire_message *message)
{
	for (unsigned i = 0; i < message->fd_count; i++)
		message->fds[i] = close_fd(message->fds[i]);
	message->fd_count = 0;
}

static void take_descriptors(struct msghdr *received, struct wire_message *message)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(received); c; c = CMSG_NXTHDR(received, c)) {
		size_t count;

		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		count = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		for (size_t i = 0; i < count && message->fd_count < WIRE_FDS_MAX; i++)
			memcpy(&message->fds[message->fd_count++], CMSG_DATA(c) + i * sizeof(int),
				sizeof(int));
	}
}

int wire_receive(int socket, struct wire_message *message)
{
	union {
		struct cmsghdr head;
		char bytes[CMSG_SPACE(WIRE_FDS_MAX * sizeof(int))];
	} control;
	struct head first;
	struct iovec parts[2] = {{&first, sizeof first}, {message->payload, WIRE_PAYLOAD_MAX}};
	struct msghdr received = {.msg_iov = parts,
		.msg_iovlen = ELEMENTS(parts),
		.msg_control = control.bytes,
		.msg_controllen = sizeof control.bytes};
	ssize_t n;

	wire_message_clear(message);
	/* A peer that closed without reading all of ours shows as a reset once; what it said before is still
	 * there. */
	do
		n = recvmsg(socket, &received, MSG_CMSG_CLOEXEC);
	while (n < 0 && (errno == EINTR || errno == ECONNRESET));
	if (n == 0)
		return 0;
	if (n < 0)
		return -errno;
	take_descriptors(&received, message);
	if ((size_t)n < sizeof first || received.msg_flags & (MSG_TRUNC | MSG_CTRUNC) ||
		first.version != WIRE_VERSION)
		return -EBADMSG;
	message->type = first.type;
	message->size = (uint32_t)((size_t)n - sizeof first);
	message->payload[message->size] = 0;
	return 1;
}
