/* SPDX-License-Identifier: GPL-3.0-or-later */

/* A child that opens, and what is done with what it opened. See node.h. */

#include "daemon/node.h"

#include "base/log.h"
#include "base/wire.h"
#include "daemon/usb.h"
#include "job/worker.h"
#include "ptp/usb.h"

#include <string.h>

#define OPENED     1     /* with one descriptor, or with a negative errno instead */
#define SILENCE_MS 20000 /* a reset that did not come to its end by then never does */

struct node {
	struct daemon *daemon;
	char path[DEVICE_TEXT], syspath[DEVICE_PATH];
	uint64_t plug;
	struct worker *worker;
	struct watch *soon;
	int fd; /* what done() is told */
	bool said;
	node_done done;
	void *data;
};

struct node *node_free(struct node *node)
{
	if (!node)
		return NULL;
	node->worker = worker_free(node->worker);
	node->soon = watch_free(node->soon);
	(void)close_fd(node->fd);
	free(node);
	return NULL;
}

/* The callee frees the node, also before it is done with the descriptor. */
static int tell(struct node *node)
{
	_cleanup_close_ int fd = TAKE_FD(node->fd);

	node->done(fd, node->data);
	return 0;
}

static int tell_soon(void *data)
{
	struct node *node = data;

	node->soon = watch_free(node->soon);
	return tell(node);
}

/* The plug-in that was judged, if it is still there. */
static const struct usb_device *device_of(const struct node *node)
{
	const struct usb_device *device = usb_find_above(node->daemon, node->syspath);

	return device && device->plug == node->plug ? device : NULL;
}

static int check(const struct node *node, int fd)
{
	const struct usb_device *device = device_of(node);
	int r = device ? usb_is_opened(device->dir, &device->facts, fd) : -ENODEV;

	if (r != -ESTALE)
		return r;
	log_warning("%s is not the device any more that was judged", node->path);
	return -ENODEV;
}

static void take(struct node *node, struct wire_message *message)
{
	int32_t error;

	memcpy(&error, message->payload, sizeof error);
	if (message->fd_count == 0) {
		node->fd = error < 0 && error > -4096 ? error : -EIO;
		return;
	}
	error = check(node, message->fds[0]);
	node->fd = error < 0 ? error : TAKE_FD(message->fds[0]);
}

static int readable(struct worker *worker, void *data)
{
	_cleanup_free_ struct wire_message *message = malloc(sizeof *message);
	struct node *node = data;
	int r;

	if (!message)
		return -ENOMEM;
	wire_message_init(message);
	r = wire_receive(worker_socket(worker), message);
	if (r > 0 && (message->type != OPENED || message->size != sizeof(int32_t) || node->said))
		r = -EBADMSG;
	if (r > 0) {
		take(node, message);
		node->said = true;
	}
	wire_message_clear(message);
	return r == -EAGAIN ? 0 : r < 0 ? r : 1;
}

static void ended(struct worker *worker, enum worker_end end, int exit_status, void *data)
{
	struct node *node = data;

	node->worker = worker_free(node->worker);
	if (!node->said)
		node->fd = end == WORKER_SILENT || end == WORKER_STUCK ? -ETIMEDOUT : -EIO;
	(void)tell(node);
}

static const struct worker_events events = {.readable = readable, .ended = ended};

static int start(struct node *node)
{
	char program[PATH_MAX];
	const char *argv[] = {program, "--open", node->path, NULL};
	const struct worker_options options = {.argv = argv, .silence_ms = SILENCE_MS};

	(void)snprintf(program, sizeof program, "%s/outingd", node->daemon->options.libexec_dir);
	return worker_start(node->daemon->loop, &options, &events, node, &node->worker);
}

static int begin(struct node *node)
{
	const struct usb_device *device = usb_find_above(node->daemon, node->syspath);

	if (!node->daemon->usb)
		node->fd = PTP_USB_NONE;
	else if (!device || strcmp(device->facts.node, node->path) != 0)
		node->fd = -ENODEV;
	else {
		node->plug = device->plug;
		return start(node);
	}
	return loop_defer(node->daemon->loop, tell_soon, node, &node->soon);
}

int node_open(struct daemon *daemon, const char *path, const char *syspath, node_done done, void *data,
	struct node **ret_node)
{
	_cleanup_(node_freep) struct node *node = calloc(1, sizeof *node);
	int r;

	if (!node)
		return -ENOMEM;
	*node = (struct node){.daemon = daemon, .fd = -EIO, .done = done, .data = data};
	(void)snprintf(node->path, sizeof node->path, "%s", path);
	(void)snprintf(node->syspath, sizeof node->syspath, "%s", syspath);
	r = begin(node);
	if (r >= 0)
		*ret_node = TAKE_PTR(node);
	return r;
}

int node_child(const char *path)
{
	_cleanup_close_ int fd = usb_open_node(path);
	const int32_t error = fd < 0 ? fd : 0;

	return wire_send_fds(WIRE_FD, OPENED, &error, sizeof error, &fd, fd >= 0 ? 1 : 0) < 0 ? 1 : 0;
}
