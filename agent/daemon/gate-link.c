/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * Messages of the service, taken a few at a time so that a gate that says a lot holds up nothing else. See
 * gate-link.h.
 */

#include "daemon/gate-link.h"

#include "base/log.h"
#include "base/wire.h"
#include "job/dial.h"
#include "state/name.h"

#include <string.h>
#include <sys/socket.h>

#define AT_ONCE 64

struct gate_link {
	int fd;
	struct watch *readable;
	const struct gate_link_events *events;
	void *data;
	bool opened;
};

static bool is_text(const char *text, size_t size)
{
	return memchr(text, 0, size) && name_is_text(text, size);
}

static int take_opened(struct gate_link *link, const struct wire_message *message)
{
	struct gate_opened opened;

	if (message->size != sizeof opened || link->opened)
		return -EBADMSG;
	memcpy(&opened, message->payload, sizeof opened);
	if (!is_text(opened.mountpoint, sizeof opened.mountpoint) || opened.mountpoint[0] != '/')
		return -EBADMSG;
	link->opened = true;
	link->events->opened(opened.mountpoint, link->data);
	return 0;
}

/* A report that cannot be understood is a refusal that nobody would hear of. */
static int take_report(struct gate_link *link, const struct wire_message *message)
{
	struct gate_report report;
	int r = gate_report_parse((const char *)message->payload, message->size, &report);

	if (r >= 0)
		link->events->report(&report, link->data);
	return r;
}

static int take_allowed(struct gate_link *link, const struct wire_message *message)
{
	struct gate_allowed allowed;

	if (message->size != sizeof allowed || !link->opened)
		return -EBADMSG;
	memcpy(&allowed, message->payload, sizeof allowed);
	if (!is_text(allowed.path, sizeof allowed.path))
		return -EBADMSG;
	link->events->allowed(&allowed, link->data);
	return 0;
}

static int take_closed(struct gate_link *link, const struct wire_message *message)
{
	struct gate_closed closed;

	if (message->size != sizeof closed)
		return -EBADMSG;
	memcpy(&closed, message->payload, sizeof closed);
	if (closed.end < GATE_END_SHUT || closed.end > GATE_END_BROKEN ||
		!is_text(closed.sentence, sizeof closed.sentence))
		return -EBADMSG;
	link->readable = watch_free(link->readable);
	link->events->ended(&closed, 0, link->data);
	return 0;
}

/* 1: more may come, 0: that was the last. */
static int take(struct gate_link *link, const struct wire_message *message)
{
	int r = -EBADMSG;

	if (message->fd_count > 0)
		return -EBADMSG;
	switch (message->type) {
	case GATE_OPENED:
		r = take_opened(link, message);
		break;
	case GATE_REPORT:
		r = take_report(link, message);
		break;
	case GATE_ALLOWED:
		r = take_allowed(link, message);
		break;
	case GATE_CLOSED:
		return take_closed(link, message);
	default:
		break;
	}
	return r < 0 ? r : 1;
}

/* 1: more may come, 0: the end was said, -EAGAIN: nothing more for now. */
static int receive(struct gate_link *link)
{
	struct wire_message message;
	int r;

	wire_message_init(&message);
	r = wire_receive(link->fd, &message);
	if (r == 0)
		r = -EPIPE;
	else if (r > 0)
		r = take(link, &message);
	wire_message_clear(&message);
	return r;
}

static int on_readable(void *data)
{
	struct gate_link *link = data;
	int r = 1;

	for (unsigned i = 0; i < AT_ONCE && r > 0; i++)
		r = receive(link);
	if (r >= 0 || r == -EAGAIN)
		return 0;
	link->readable = watch_free(link->readable);
	link->events->ended(NULL, r, link->data);
	return 0;
}

int gate_link_open(struct loop *loop, const char *socket, const struct gate_open *open,
	const struct gate_link_events *events, void *data, struct gate_link **ret_link)
{
	_cleanup_(gate_link_freep) struct gate_link *link = calloc(1, sizeof *link);
	int r;

	if (!link)
		return -ENOMEM;
	*link = (struct gate_link){.fd = -1, .events = events, .data = data};
	r = dial_service(socket, SOCK_SEQPACKET, &link->fd);
	if (r >= 0)
		r = wire_send(link->fd, GATE_OPEN, open, sizeof *open);
	if (r >= 0)
		r = loop_watch_fd(loop, link->fd, on_readable, link, &link->readable);
	if (r < 0)
		return r;
	*ret_link = TAKE_PTR(link);
	return 0;
}

int gate_link_allow(struct gate_link *link, const struct gate_allow *allow)
{
	return wire_send(link->fd, GATE_ALLOW, allow, sizeof *allow);
}

int gate_link_names(struct gate_link *link)
{
	return wire_send(link->fd, GATE_NAMES, NULL, 0);
}

int gate_link_shut(struct gate_link *link)
{
	return wire_send(link->fd, GATE_SHUT, NULL, 0);
}

struct gate_link *gate_link_free(struct gate_link *link)
{
	if (!link)
		return NULL;
	link->readable = watch_free(link->readable);
	link->fd = close_fd(link->fd);
	free(link);
	return NULL;
}
