/* SPDX-License-Identifier: GPL-3.0-or-later */

/* What the camera holds, and how its answers leave it piece by piece. See camera.h. */

#include "camera-internal.h"

#include <fcntl.h>
#include <string.h>

#define DEFAULT_STORE 0x00010001

/* --- making one --- */

struct camera *camera_new(void)
{
	struct camera *camera = calloc(1, sizeof *camera);

	if (!camera)
		abort();
	camera->next_handle = 0x10;
	camera->vendor = "Sunny";
	camera->model = "Blue Room Camera";
	camera->serial = "BR0001";
	camera->content_fd = -1;
	camera_add_store(camera, DEFAULT_STORE);
	return camera;
}

void drop_output(struct camera *camera)
{
	for (size_t i = 0; i < camera->out_count; i++)
		free(camera->out[i].bytes);
	memset(camera->out, 0, sizeof camera->out);
	camera->out_count = 0;
	camera->busy_with_empty = false;
}

struct camera *camera_free(struct camera *camera)
{
	if (!camera)
		return NULL;
	drop_output(camera);
	for (size_t i = 0; i < camera->object_count; i++)
		free(camera->objects[i].path);
	(void)close_fd(camera->content_fd);
	free(camera);
	return NULL;
}

void camera_add_store(struct camera *camera, uint32_t id)
{
	if (camera->store_count == CAMERA_STORES_MAX)
		abort();
	camera->stores[camera->store_count++] = (struct camera_store){.id = id};
}

struct camera_object *camera_add(struct camera *camera, uint32_t storage, uint32_t parent, const char *name,
	uint64_t size, uint32_t seed)
{
	struct camera_object *object = &camera->objects[camera->object_count];

	if (camera->object_count == CAMERA_OBJECTS_MAX)
		abort();
	camera->object_count++;
	*object = (struct camera_object){.handle = camera->next_handle++,
		.storage = storage ? storage : DEFAULT_STORE,
		.parent = parent,
		.format = 0x3801,
		.size = size,
		.seed = seed,
		.date = "20261120T101112"};
	(void)snprintf(object->name, sizeof object->name, "%s", name);
	return object;
}

struct camera_object *camera_add_folder(
	struct camera *camera, uint32_t storage, uint32_t parent, const char *name)
{
	struct camera_object *object = camera_add(camera, storage, parent, name, 0, 0);

	object->format = CAMERA_FOLDER;
	return object;
}

struct camera_object *camera_find(struct camera *camera, uint32_t handle)
{
	for (size_t i = 0; i < camera->object_count; i++)
		if (camera->objects[i].handle == handle && !camera->objects[i].gone)
			return &camera->objects[i];
	return NULL;
}

struct camera_object *camera_find_name(struct camera *camera, const char *name)
{
	for (size_t i = 0; i < camera->object_count; i++)
		if (strcmp(camera->objects[i].name, name) == 0 && !camera->objects[i].gone)
			return &camera->objects[i];
	return NULL;
}

void camera_fault(struct camera *camera, struct camera_fault fault)
{
	if (camera->fault_count == CAMERA_FAULTS_MAX)
		abort();
	camera->faults[camera->fault_count++] = fault;
}

unsigned camera_count(const struct camera *camera, uint16_t operation)
{
	unsigned count = 0;

	for (size_t i = 0; i < camera->command_count; i++)
		count += camera->commands[i].operation == operation;
	return count;
}

const struct camera_store *store_of(const struct camera *camera, uint32_t id)
{
	for (size_t i = 0; i < camera->store_count; i++)
		if (camera->stores[i].id == id)
			return &camera->stores[i];
	return NULL;
}

bool is_there(const struct camera *camera, const struct camera_object *object)
{
	const struct camera_store *store = store_of(camera, object->storage);

	return !object->gone && store && !store->absent;
}

/* --- bytes out --- */

static int content(
	struct camera *camera, const struct camera_object *object, uint64_t at, uint8_t *buffer, size_t size)
{
	if (!object->path && object->seed == 0) {
		memset(buffer, 0, size);
		return 0;
	}
	if (!object->path) {
		for (size_t i = 0; i < size; i++)
			buffer[i] = camera_byte(object->seed, at + i);
		return 0;
	}
	if (camera->content_of != object || camera->content_fd < 0) {
		(void)close_fd(camera->content_fd);
		camera->content_fd = open(object->path, O_RDONLY | O_CLOEXEC);
		camera->content_of = object;
	}
	return pread(camera->content_fd, buffer, size, (off_t)at) == (ssize_t)size ? 0 : -EIO;
}

static int fill(struct camera *camera, struct camera_transfer *out, uint8_t *buffer, size_t size)
{
	size_t head = out->done < out->size ? out->size - (size_t)out->done : 0, from = 0;
	uint64_t at = out->content_at + (out->done > out->size ? out->done - out->size : 0);

	if (head > 0) {
		from = head < size ? head : size;
		memcpy(buffer, out->bytes + out->done, from);
	}
	if (from < size && content(camera, out->content, at, buffer + from, size - from) < 0)
		return -EIO;
	if (out->flipped && from < size && out->flip >= at && out->flip < at + (size - from))
		buffer[from + (out->flip - at)] ^= 1;
	out->done += size;
	return 0;
}

static void drop_first(struct camera *camera)
{
	free(camera->out[0].bytes);
	camera->out_count--;
	memmove(&camera->out[0], &camera->out[1], camera->out_count * sizeof camera->out[0]);
}

static ssize_t take(struct camera *camera, uint8_t *buffer, size_t size, bool *ret_end)
{
	struct camera_transfer *out = &camera->out[0];
	uint64_t total;
	size_t n;

	*ret_end = false;
	if (camera->busy_with_empty) {
		camera->busy_with_empty = false;
		*ret_end = true;
		return 0;
	}
	if (camera->out_count == 0)
		return -EAGAIN;
	if (out->stall) {
		drop_first(camera);
		return -EPIPE;
	}
	total = out->size + out->content_size;
	n = total - out->done < size ? (size_t)(total - out->done) : size;
	if (fill(camera, out, buffer, n) < 0)
		return -EIO;
	if (out->done < total)
		return (ssize_t)n;
	*ret_end = total % CAMERA_PACKET != 0;
	camera->busy_with_empty = !*ret_end && !camera->without_empty && total > 0;
	drop_first(camera);
	return (ssize_t)n;
}

ssize_t camera_take(struct camera *camera, uint8_t *buffer, size_t size, bool *ret_end)
{
	size_t most = camera->leaving > 0 && camera->leaving - 1 < size ? camera->leaving - 1 : size;
	ssize_t n;

	if (camera->leaving == 1) {
		camera->gone = true;
		return -ENODEV;
	}
	n = take(camera, buffer, most, ret_end);
	if (camera->leaving > 0 && n > 0)
		camera->leaving -= (uint64_t)n;
	return n;
}

size_t camera_take_event(struct camera *camera, uint8_t ret_bytes[static PTP_EVENT_BYTES])
{
	size_t size;

	if (camera->event_count == 0)
		return 0;
	size = camera->event_sizes[0];
	memcpy(ret_bytes, camera->events[0], size);
	camera->event_count--;
	memmove(camera->events[0], camera->events[1], camera->event_count * sizeof camera->events[0]);
	memmove(&camera->event_sizes[0], &camera->event_sizes[1],
		camera->event_count * sizeof camera->event_sizes[0]);
	return size;
}

/* --- class requests --- */

void camera_cancel(struct camera *camera)
{
	camera->cancels++;
	drop_output(camera);
}

void camera_reset(struct camera *camera)
{
	camera->resets++;
	camera->session = false;
	drop_output(camera);
}

size_t camera_status(struct camera *camera, uint8_t *buffer)
{
	static const uint8_t fine[] = {4, 0, 0x01, 0x20};

	memcpy(buffer, fine, sizeof fine);
	return sizeof fine;
}
