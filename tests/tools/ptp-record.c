/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * Seeds for the fuzz targets of PTP: lets the initiator talk to a device and writes down what the device
 * says.
 *
 *   ptp-record FOLDER [ptp|mtp]
 *   ptp-record FOLDER NAME /dev/bus/usb/BUS/DEVICE
 *
 * Without a device, that is the simulated camera. Every dataset, response and event becomes
 * FOLDER/ptp-dataset/NAME-N (first byte: the parser), the whole conversation becomes FOLDER/ptp-session/NAME
 * in the form in which fuzz-ptp-session plays it back. What lies on the device is deleted.
 */

#include "../ptp/camera.h"
#include "base/number.h"
#include "ptp/removal.h"
#include "ptp/usb.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#define SCRIPT_MAX (1U << 20)
#define CONTAINERS 5 /* the parser of fuzz-ptp-dataset for responses and events */

struct recording {
	struct ptp_transport device;
	const char *folder, *name;
	uint8_t script[SCRIPT_MAX];
	size_t used;
	unsigned datasets;
	uint16_t operation;
	uint8_t container[1U << 16]; /* the one that is coming in */
	size_t have;
};

static void save(const char *folder, const char *kind, const char *name, const void *bytes, size_t size)
{
	char path[512];
	FILE *file;

	(void)snprintf(path, sizeof path, "%s/%s", folder, kind);
	(void)mkdir(path, 0777);
	(void)snprintf(path, sizeof path, "%s/%s/%s", folder, kind, name);
	file = fopen(path, "w");
	if (!file || fwrite(bytes, 1, size, file) != size || fclose(file) != 0)
		abort();
}

/* The parser of fuzz-ptp-dataset for what an operation sends. */
static int parser_of(uint16_t operation)
{
	switch (operation) {
	case PTP_GET_DEVICE_INFO:
		return 0;
	case PTP_GET_STORAGE_INFO:
	case PTP_GET_OBJECT_INFO:
		return 1;
	case PTP_GET_STORAGE_IDS:
	case PTP_GET_OBJECT_HANDLES:
	case PTP_GET_OBJECT_PROPS_SUPPORTED:
		return 2;
	case PTP_GET_OBJECT_PROP_LIST:
		return 3;
	default:
		return -1;
	}
}

static void add(struct recording *r, const void *bytes, size_t size)
{
	if (r->used + size > sizeof r->script)
		abort();
	memcpy(r->script + r->used, bytes, size);
	r->used += size;
}

static void note_bytes(struct recording *r, int parser, const void *bytes, size_t size)
{
	uint8_t copy[1 + sizeof r->container];
	char name[64];

	if (parser < 0)
		return;
	copy[0] = (uint8_t)parser;
	memcpy(copy + 1, bytes, size);
	(void)snprintf(name, sizeof name, "%s-%u", r->name, r->datasets++);
	save(r->folder, "ptp-dataset", name, copy, size + 1);
}

static void note_container(struct recording *r)
{
	bool data = load_le16(r->container + 4) == PTP_DATA;
	unsigned code = load_le16(r->container + 6);
	size_t size = r->have - 12;
	uint8_t head[3] = {data ? 0x40 : code == PTP_OK ? 0x41 : 0x43, (uint8_t)size, (uint8_t)(size >> 8)};
	uint8_t low = (uint8_t)code;

	add(r, head, sizeof head);
	add(r, r->container + 12, size);
	if (head[0] == 0x43)
		add(r, &low, 1);
	if (data)
		note_bytes(r, parser_of(r->operation), r->container + 12, size);
	else
		note_bytes(r, CONTAINERS, r->container, r->have);
	r->have = 0;
}

static int record_send(void *data, const void *bytes, size_t size, unsigned timeout_ms)
{
	struct recording *r = data;

	r->operation = load_le16((const uint8_t *)bytes + 6);
	return r->device.send(r->device.data, bytes, size, timeout_ms);
}

static ssize_t record_receive(void *data, void *buffer, size_t size, bool *ret_end, unsigned timeout_ms)
{
	struct recording *r = data;
	ssize_t n = r->device.receive(r->device.data, buffer, size, ret_end, timeout_ms);

	if (n > 0) {
		if (r->have + (size_t)n > sizeof r->container)
			abort();
		memcpy(r->container + r->have, buffer, (size_t)n);
		r->have += (size_t)n;
	}
	if (r->have >= 12 && r->have == load_le32(r->container))
		note_container(r);
	return n;
}

static ssize_t record_event(void *data, uint8_t ret_bytes[static PTP_EVENT_BYTES], unsigned timeout_ms)
{
	struct recording *r = data;
	ssize_t n = r->device.event(r->device.data, ret_bytes, timeout_ms);

	if (n > 0)
		note_bytes(r, CONTAINERS, ret_bytes, (size_t)n);
	return n;
}

static int record_out(void *data, enum ptp_request request, const void *bytes, size_t size)
{
	struct recording *r = data;

	return r->device.request_out(r->device.data, request, bytes, size);
}

static ssize_t record_in(void *data, enum ptp_request request, void *buffer, size_t size)
{
	struct recording *r = data;

	return r->device.request_in(r->device.data, request, buffer, size);
}

static int record_clear(void *data)
{
	struct recording *r = data;

	return r->device.clear(r->device.data);
}

static int record_reset(void *data)
{
	struct recording *r = data;

	return r->device.reset(r->device.data);
}

static void converse(const struct ptp_transport *transport)
{
	_cleanup_(ptp_freep) struct ptp *ptp = NULL;
	_cleanup_(ptp_tree_freep) struct ptp_tree *tree = NULL;
	char path[PTP_PATH_MAX + 1];
	uint8_t buffer[4096];
	unsigned response;

	if (ptp_new(transport, &ptp) < 0 || ptp_open(ptp) != 0 || ptp_tree_read(ptp, NULL, NULL, &tree) != 0)
		abort();
	for (size_t i = 0; i < tree->count && i < 4; i++) {
		struct ptp_object *object = &tree->objects[i];

		if (object->size > sizeof buffer || ptp_read_begin(ptp, object->handle, object->size) != 0)
			continue;
		while (ptp_read(ptp, buffer, sizeof buffer) > 0)
			;
		(void)ptp_read_end(ptp);
	}
	for (size_t i = 0; i < tree->count; i++) {
		struct ptp_recorded recorded = {.path = path, .size = tree->objects[i].size};
		struct ptp_proof *proof = NULL;

		(void)ptp_tree_path(tree, &tree->objects[i], path);
		if (ptp_prove(tree, &tree->objects[i], &recorded, &proof, &response) == PTP_REMOVED)
			(void)ptp_remove(&proof, &response);
	}
}

static struct camera *make_camera(bool mtp)
{
	struct camera *camera = camera_new();
	uint32_t folder = camera_add_folder(camera, 0, 0, "DCIM")->handle;

	(void)camera_add(camera, 0, folder, "IMG_0001.JPG", 40, 1);
	(void)camera_add(camera, 0, folder, "IMG_0002.JPG", 0, 2);
	camera->mtp = mtp;
	if (mtp)
		camera_add(camera, 0, folder, "HUGE.MP4", UINT64_C(5) << 30, 0)->protection = 1;
	return camera;
}

static void record(struct recording *recording)
{
	const struct ptp_transport transport = {recording, record_send, record_receive, record_event,
		record_out, record_in, record_clear, record_reset};

	converse(&transport);
	save(recording->folder, "ptp-session", recording->name, recording->script, recording->used);
}

static void record_camera(struct recording *recording)
{
	struct camera *camera = make_camera(strcmp(recording->name, "mtp") == 0);

	camera->announce_removal = true;
	recording->device = camera_transport(camera);
	record(recording);
	(void)camera_free(camera);
}

static void record_device(struct recording *recording, const char *node)
{
	int fd = open(node, O_RDWR | O_CLOEXEC);
	struct ptp_usb *usb;

	if (fd < 0 || ptp_usb_new(&usb) < 0 || ptp_usb_open(usb, fd) != PTP_USB_OPENED)
		abort();
	recording->device = *ptp_usb_transport(usb);
	record(recording);
	(void)ptp_usb_free(usb);
	(void)close_fd(fd);
}

int main(int argc, char **argv)
{
	static struct recording recording;

	if (argc < 2)
		return 2;
	recording.folder = argv[1];
	recording.name = argc > 2 ? argv[2] : "ptp";
	if (argc > 3)
		record_device(&recording, argv[3]);
	else
		record_camera(&recording);
	return 0;
}
