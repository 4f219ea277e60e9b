/* SPDX-License-Identifier: GPL-3.0-or-later */

/* The camera at the other end of no cable at all. See camera.h. Nothing waits: what a real device would take
 * its time for is there at once or has timed out. */

#include "camera.h"

static int send(void *data, const void *bytes, size_t size, unsigned timeout_ms)
{
	struct camera *camera = data;

	if (camera->gone)
		return -ENODEV;
	camera_command(camera, bytes, size);
	return 0;
}

static ssize_t receive(void *data, void *buffer, size_t size, bool *ret_end, unsigned timeout_ms)
{
	struct camera *camera = data;
	ssize_t n = camera->gone ? -ENODEV : camera_take(camera, buffer, size, ret_end);

	return n == -EAGAIN ? -ETIMEDOUT : n;
}

static ssize_t event(void *data, uint8_t ret_bytes[static PTP_EVENT_BYTES], unsigned timeout_ms)
{
	struct camera *camera = data;

	return camera->gone ? -ENODEV : (ssize_t)camera_take_event(camera, ret_bytes);
}

static int request_out(void *data, enum ptp_request request, const void *bytes, size_t size)
{
	struct camera *camera = data;

	if (camera->gone)
		return -ENODEV;
	if (request == PTP_REQUEST_CANCEL)
		camera_cancel(camera);
	if (request == PTP_REQUEST_RESET)
		camera_reset(camera);
	return 0;
}

static ssize_t request_in(void *data, enum ptp_request request, void *buffer, size_t size)
{
	struct camera *camera = data;

	return camera->gone ? -ENODEV : (ssize_t)camera_status(camera, buffer);
}

static int clear(void *data)
{
	return ((struct camera *)data)->gone ? -ENODEV : 0;
}

static int reset(void *data)
{
	struct camera *camera = data;

	if (camera->gone)
		return -ENODEV;
	camera_reset(camera);
	return 0;
}

struct ptp_transport camera_transport(struct camera *camera)
{
	return (struct ptp_transport){camera, send, receive, event, request_out, request_in, clear, reset};
}
