/* SPDX-License-Identifier: GPL-3.0-or-later */

/* See orders.h. */

#include "gate/orders.h"

#include "base/fd.h"
#include "base/log.h"
#include "gate/service.h"
#include "gate/worker.h"

#include <poll.h>
#include <pthread.h>
#include <string.h>
#include <sys/eventfd.h>

#define SLOW_MS 10000

struct orders {
	int wire_fd, stop_fd;
	struct judge_inspect *judge;
	struct gate *gate;
	bool listening;
	pthread_t thread;
	struct wire_message message;
};

int orders_take_names(struct judge_inspect *judge, const struct wire_message *message)
{
	struct gate_names names;
	int r;

	if (message->size != sizeof names)
		return -EBADMSG;
	memcpy(&names, message->payload, sizeof names);
	if (names.which < JUDGE_NAMES_NONE || names.which > JUDGE_NAMES_BROKEN ||
		message->fd_count != (names.which == JUDGE_NAMES_HERE ? 2 : 0))
		return -EBADMSG;
	r = judge_inspect_set_names(judge, (enum judge_names)names.which, message->fds[0], message->fds[1]);
	if (r < 0)
		log_errno(LOG_LEVEL_ERROR, r,
			"The list of children's names cannot be used, so everything is refused");
	return 0;
}

/* A path that is too long ends between two characters. */
static void put_path(char field[static GATE_PATH_SIZE], const char *path)
{
	size_t size = strlen(path);

	if (size >= GATE_PATH_SIZE) {
		size = GATE_PATH_SIZE - 1;
		while (size > 0 && ((uint8_t)path[size] & 0xc0) == 0x80)
			size--;
	}
	memcpy(field, path, size);
	field[size] = 0;
}

void orders_answer(int wire_fd, uint64_t ticket, const char *path, int error)
{
	struct gate_allowed allowed = {.ticket = ticket, .error = -error};
	struct pollfd watch = {.fd = wire_fd, .events = POLLOUT};
	int r;

	put_path(allowed.path, path);
	while ((r = wire_send(wire_fd, GATE_ALLOWED, &allowed, sizeof allowed)) == -EAGAIN)
		if (poll(&watch, 1, SLOW_MS) <= 0)
			break;
	if (r < 0)
		log_errno(LOG_LEVEL_ERROR, r, "What became of a manager's exception could not be said");
}

static int allow(struct orders *orders)
{
	struct gate_allow order;
	int r;

	if (orders->message.size != sizeof order)
		return -EBADMSG;
	memcpy(&order, orders->message.payload, sizeof order);
	r = gate_allow(orders->gate, order.ticket, order.seconds, order.sha512);
	if (r < 0)
		orders_answer(orders->wire_fd, order.ticket, "", r);
	return 0;
}

static int carry_out(struct orders *orders)
{
	switch (orders->message.type) {
	case GATE_ALLOW:
		return allow(orders);
	case GATE_NAMES:
		return orders_take_names(orders->judge, &orders->message);
	}
	return -EBADMSG;
}

static void *listen_main(void *data)
{
	struct orders *orders = data;
	struct pollfd watch[] = {
		{.fd = orders->wire_fd, .events = POLLIN}, {.fd = orders->stop_fd, .events = POLLIN}};
	int r = 0;

	while (r >= 0) {
		if (poll(watch, ELEMENTS(watch), -1) < 0 && errno != EINTR)
			return NULL;
		if (watch[1].revents)
			return NULL;
		r = wire_receive(orders->wire_fd, &orders->message);
		if (r == 0)
			return NULL;
		r = r > 0 ? carry_out(orders) : r == -EAGAIN ? 0 : r;
		wire_message_clear(&orders->message);
	}
	log_errno(LOG_LEVEL_ERROR, r, "The gate takes no more orders");
	return NULL;
}

int orders_new(int wire_fd, struct judge_inspect *judge, struct orders **ret_orders)
{
	_cleanup_(orders_freep) struct orders *orders = calloc(1, sizeof *orders);

	if (!orders)
		return -ENOMEM;
	wire_message_init(&orders->message);
	orders->wire_fd = wire_fd;
	orders->judge = judge;
	orders->stop_fd = eventfd(0, EFD_CLOEXEC);
	if (orders->stop_fd < 0)
		return -errno;
	*ret_orders = TAKE_PTR(orders);
	return 0;
}

int orders_start(struct orders *orders, struct gate *gate)
{
	int r;

	orders->gate = gate;
	r = pthread_create(&orders->thread, NULL, listen_main, orders);
	orders->listening = r == 0;
	return -r;
}

struct orders *orders_free(struct orders *orders)
{
	const uint64_t one = 1;

	if (!orders)
		return NULL;
	(void)fd_write_full(orders->stop_fd, &one, sizeof one);
	if (orders->listening)
		(void)pthread_join(orders->thread, NULL);
	(void)close_fd(orders->stop_fd);
	free(orders);
	return NULL;
}
