/* SPDX-License-Identifier: GPL-3.0-or-later */

/* What the camera answers to each operation, as the standards have it. See camera-internal.h. */

#include "camera-internal.h"

#include <string.h>

/* --- operations --- */

static void get_device_info(struct camera *camera)
{
	static const uint16_t ptp[] = {0x1001, 0x1002, 0x1003, 0x1004, 0x1005, 0x1006, 0x1007, 0x1008, 0x1009,
		0x100b, 0x1012, 0x101b};
	static const uint16_t events[] = {0x4002, 0x4003, 0x4004, 0x4005};
	struct writer operations = {0}, w = {0};
	size_t count = sizeof ptp / sizeof *ptp;

	put(&operations, NULL, 0);
	for (size_t i = 0; i < count; i++)
		put_number(&operations, ptp[i], 2);
	if (!camera->without_partial_64)
		put_number(&operations, 0x95c1, 2);
	if (camera->formats)
		put_number(&operations, 0x100f, 2);
	if (camera->mtp) {
		put_number(&operations, 0x9801, 2);
		put_number(&operations, 0x9803, 2);
		if (!camera->without_lists)
			put_number(&operations, 0x9805, 2);
	}
	put_number(&w, 100, 2);
	put_number(&w, camera->mtp ? 6 : 0xffffffff, 4);
	put_number(&w, 100, 2);
	put_text(&w, camera->mtp ? "microsoft.com: 1.0; android.com: 1.0;" : "");
	put_number(&w, 0, 2);
	put_number(&w, operations.size / 2, 4);
	put(&w, operations.bytes, operations.size);
	free(operations.bytes);
	put_u16s(&w, events, sizeof events / sizeof *events);
	put_u16s(&w, NULL, 0);
	put_u16s(&w, NULL, 0);
	put_u16s(&w, (const uint16_t[]){0x3801}, 1);
	put_text(&w, camera->vendor);
	put_text(&w, camera->model);
	put_text(&w, "1.0");
	put_text(&w, camera->serial);
	answer_data(camera, 0x1001, &w);
}

static void get_storage_ids(struct camera *camera)
{
	struct writer w = {0};
	size_t count = 0;

	for (size_t i = 0; i < camera->store_count; i++)
		count += !camera->stores[i].absent;
	put_number(&w, count, 4);
	for (size_t i = 0; i < camera->store_count; i++)
		if (!camera->stores[i].absent)
			put_number(&w, camera->stores[i].id, 4);
	answer_data(camera, 0x1004, &w);
}

/* Each folder takes up a cluster. */
static uint64_t free_on(const struct camera *camera, const struct camera_store *store)
{
	uint64_t used = camera->unlisted;

	if (camera->counts_nothing)
		return UINT64_MAX;
	for (size_t i = 0; i < camera->object_count; i++) {
		const struct camera_object *object = &camera->objects[i];

		if (!object->gone && object->storage == store->id)
			used += object->format == CAMERA_FOLDER ? CAMERA_CLUSTER : object->size;
	}
	return used < CAMERA_CAPACITY ? CAMERA_CAPACITY - used : 0;
}

static void get_storage_info(struct camera *camera, const struct camera_command *c)
{
	const struct camera_store *store = store_of(camera, c->params[0]);
	struct writer w = {0};

	if (!store || store->absent) {
		respond(camera, store ? 0x2013 : 0x2008, NULL, 0);
		return;
	}
	put_number(&w, 4, 2);
	put_number(&w, 3, 2);
	put_number(&w, store->access, 2);
	put_number(&w, CAMERA_CAPACITY, 8);
	put_number(&w, free_on(camera, store), 8);
	put_number(&w, 1000, 4);
	put_text(&w, "Card");
	put_text(&w, "");
	answer_data(camera, 0x1005, &w);
}

static bool is_listed(
	const struct camera *camera, const struct camera_object *object, uint32_t storage, uint32_t parent)
{
	if (!is_there(camera, object) || (storage != 0xffffffff && storage != object->storage))
		return false;
	if (camera->blind || (parent == 0 && !camera->root_only))
		return true;
	return object->parent == (parent == 0xffffffff ? 0 : parent);
}

static void get_handles(struct camera *camera, const struct camera_command *c)
{
	uint32_t storage = c->params[0], parent = c->params[2], count = 0;
	const struct camera_store *store = store_of(camera, storage);
	struct writer w = {0};

	if (storage != 0xffffffff && (!store || store->absent)) {
		respond(camera, store ? 0x2013 : 0x2008, NULL, 0);
		return;
	}
	if (parent != 0 && parent != 0xffffffff && !camera_find(camera, parent)) {
		respond(camera, 0x201a, NULL, 0);
		return;
	}
	for (size_t i = 0; i < camera->object_count; i++)
		count += is_listed(camera, &camera->objects[i], storage, parent);
	if (c->operation == 0x1006) {
		respond(camera, CAMERA_OK, &count, 1);
		return;
	}
	put_number(&w, count, 4);
	for (size_t i = 0; i < camera->object_count; i++)
		if (is_listed(camera, &camera->objects[i], storage, parent))
			put_number(&w, camera->objects[i].handle, 4);
	answer_data(camera, 0x1007, &w);
}

/* The object of the first parameter; answers by itself when there is none. */
static struct camera_object *wanted(struct camera *camera, const struct camera_command *c)
{
	struct camera_object *object = camera_find(camera, c->params[0]);

	if (!object)
		respond(camera, 0x2009, NULL, 0);
	else if (!is_there(camera, object))
		respond(camera, 0x2013, NULL, 0);
	else
		return object;
	return NULL;
}

static uint32_t parent_of(const struct camera *camera, const struct camera_object *object)
{
	return object->parent == 0 && camera->root_only ? 1 : object->parent;
}

static void get_object_info(struct camera *camera, const struct camera_command *c)
{
	const struct camera_object *object = wanted(camera, c);
	struct writer w = {0};

	if (!object)
		return;
	put_number(&w, object->storage, 4);
	put_number(&w, object->format, 2);
	put_number(&w, object->protection, 2);
	put_number(&w, object->size > 0xffffffff ? 0xffffffff : object->size, 4);
	put_number(&w, 0x3808, 2);
	for (unsigned i = 0; i < 6; i++)
		put_number(&w, 0, 4);
	put_number(&w, parent_of(camera, object), 4);
	put_number(&w, object->format == CAMERA_FOLDER, 2);
	put_number(&w, 0, 4);
	put_number(&w, 0, 4);
	put_text(&w, object->name);
	put_text(&w, object->date);
	put_text(&w, object->date);
	put_text(&w, "");
	answer_data(camera, 0x1008, &w);
}

static void get_object(struct camera *camera, const struct camera_command *c)
{
	const struct camera_object *object = wanted(camera, c);
	struct writer none = {0};
	uint64_t at = 0, size;
	uint32_t sent;

	if (!object)
		return;
	size = object->size;
	if (c->operation != 0x1009) {
		bool wide = c->operation == 0x95c1;
		uint32_t most = c->params[wide ? 3 : 2];

		at = c->params[1] | (wide ? (uint64_t)c->params[2] << 32 : 0);
		at = at > size ? size : at;
		size = size - at < most ? size - at : most;
	}
	sent = (uint32_t)size;
	(void)send_data(camera, c->operation, &none, object, at, size);
	respond(camera, CAMERA_OK, &sent, c->operation != 0x1009);
}

static void remove_object(struct camera *camera, struct camera_object *object)
{
	if (object->path)
		(void)unlink(object->path);
	object->gone = true;
	for (size_t i = 0; object->format == CAMERA_FOLDER && i < camera->object_count; i++)
		if (!camera->objects[i].gone && camera->objects[i].parent == object->handle)
			remove_object(camera, &camera->objects[i]);
}

static void delete_object(struct camera *camera, const struct camera_command *c)
{
	struct camera_object *object;

	camera->deletes++;
	if (c->params[0] == 0xffffffff || c->params[0] == 0) {
		for (size_t i = 0; i < camera->object_count; i++)
			camera->objects[i].gone = true;
		respond(camera, CAMERA_OK, NULL, 0);
		return;
	}
	object = wanted(camera, c);
	if (!object)
		return;
	if (store_of(camera, object->storage)->access == 1) {
		respond(camera, 0x200e, NULL, 0);
		return;
	}
	if (object->protection != 0) {
		respond(camera, 0x200d, NULL, 0);
		return;
	}
	remove_object(camera, object);
	if (camera->announce_removal) {
		camera_event(camera, 0x4003, object->handle);
		camera_event(camera, 0x400c, object->storage);
	}
	respond(camera, CAMERA_OK, NULL, 0);
}

static void format_store(struct camera *camera, const struct camera_command *c)
{
	const struct camera_store *store = store_of(camera, c->params[0]);

	if (!store || store->absent || !camera->formats) {
		respond(camera, camera->formats ? 0x2008 : 0x2005, NULL, 0);
		return;
	}
	for (size_t i = 0; i < camera->object_count; i++)
		camera->objects[i].gone |= camera->objects[i].storage == store->id;
	respond(camera, CAMERA_OK, NULL, 0);
}

static void set_protection(struct camera *camera, const struct camera_command *c)
{
	struct camera_object *object = wanted(camera, c);

	if (!object)
		return;
	object->protection = (uint16_t)c->params[1];
	respond(camera, CAMERA_OK, NULL, 0);
}

/* --- properties --- */

static const uint16_t properties[] = {0xdc01, 0xdc02, 0xdc03, 0xdc04, 0xdc07, 0xdc09, 0xdc0b, 0xdc41};

static bool has_property(const struct camera *camera, uint16_t property)
{
	for (size_t i = 0; i < sizeof properties / sizeof *properties; i++)
		if (properties[i] == property)
			return !(property == 0xdc04 && camera->without_size);
	return false;
}

static unsigned property_type(uint16_t property)
{
	switch (property) {
	case 0xdc01:
	case 0xdc0b:
		return 6;
	case 0xdc02:
	case 0xdc03:
		return 4;
	case 0xdc04:
		return 8;
	case 0xdc41:
		return 0xa;
	default:
		return 0xffff;
	}
}

static void put_property(
	const struct camera *camera, struct writer *w, const struct camera_object *object, uint16_t property)
{
	switch (property) {
	case 0xdc01:
		put_number(w, object->storage, 4);
		break;
	case 0xdc02:
		put_number(w, object->format, 2);
		break;
	case 0xdc03:
		put_number(w, object->protection, 2);
		break;
	case 0xdc04:
		put_number(w, object->size, 8);
		break;
	case 0xdc07:
		put_text(w, object->name);
		break;
	case 0xdc09:
		put_text(w, object->date);
		break;
	case 0xdc0b:
		put_number(w, parent_of(camera, object), 4);
		break;
	default:
		put_number(w, object->handle, 8);
		put_number(w, 0x5eed, 8);
		break;
	}
}

static void get_property_value(struct camera *camera, const struct camera_command *c)
{
	const struct camera_object *object = wanted(camera, c);
	struct writer w = {0};

	if (!object)
		return;
	if (!has_property(camera, (uint16_t)c->params[1])) {
		respond(camera, 0xa80a, NULL, 0);
		return;
	}
	put_property(camera, &w, object, (uint16_t)c->params[1]);
	answer_data(camera, 0x9803, &w);
}

static uint32_t put_all_properties(
	const struct camera *camera, struct writer *w, const struct camera_object *object, uint32_t only)
{
	uint32_t count = 0;

	for (size_t i = 0; i < sizeof properties / sizeof *properties; i++) {
		if (!has_property(camera, properties[i]) || (only != 0xffffffff && only != properties[i]))
			continue;
		put_number(w, object->handle, 4);
		put_number(w, properties[i], 2);
		put_number(w, property_type(properties[i]), 2);
		put_property(camera, w, object, properties[i]);
		count++;
	}
	return count;
}

static void get_property_list(struct camera *camera, const struct camera_command *c)
{
	struct writer list = {0}, w = {0};
	uint32_t count = 0;

	if (c->params[4] > 1 || c->params[3] != 0) {
		respond(camera, c->params[3] ? 0xa807 : 0xa808, NULL, 0);
		return;
	}
	for (size_t i = 0; i < camera->object_count; i++)
		if (is_there(camera, &camera->objects[i]) &&
			(c->params[0] == 0xffffffff || c->params[0] == camera->objects[i].handle))
			count += put_all_properties(camera, &list, &camera->objects[i], c->params[2]);
	put_number(&w, count, 4);
	put(&w, list.bytes, list.size);
	free(list.bytes);
	answer_data(camera, 0x9805, &w);
}

static void get_properties_supported(struct camera *camera)
{
	struct writer w = {0};

	put_u16s(&w, properties, sizeof properties / sizeof *properties);
	answer_data(camera, 0x9801, &w);
}

/* --- sessions --- */

static void open_session(struct camera *camera)
{
	uint32_t id = 1;

	if (camera->session) {
		respond(camera, 0x201e, &id, 1);
		return;
	}
	camera->session = true;
	respond(camera, CAMERA_OK, NULL, 0);
}

static void close_session(struct camera *camera)
{
	respond(camera, camera->session ? CAMERA_OK : 0x2003, NULL, 0);
	camera->session = false;
}

void dispatch(struct camera *camera, const struct camera_command *c)
{
	if ((c->operation != 0x1001 || camera->shy) && c->operation != 0x1002 && !camera->session) {
		respond(camera, 0x2003, NULL, 0);
		return;
	}
	switch (c->operation) {
	case 0x1001:
		get_device_info(camera);
		break;
	case 0x1002:
		open_session(camera);
		break;
	case 0x1003:
		close_session(camera);
		break;
	case 0x1004:
		get_storage_ids(camera);
		break;
	case 0x1005:
		get_storage_info(camera, c);
		break;
	case 0x1006:
	case 0x1007:
		get_handles(camera, c);
		break;
	case 0x1008:
		get_object_info(camera, c);
		break;
	case 0x1009:
	case 0x101b:
	case 0x95c1:
		get_object(camera, c);
		break;
	case 0x100b:
		delete_object(camera, c);
		break;
	case 0x100f:
		format_store(camera, c);
		break;
	case 0x1012:
		set_protection(camera, c);
		break;
	case 0x9801:
		get_properties_supported(camera);
		break;
	case 0x9803:
		get_property_value(camera, c);
		break;
	case 0x9805:
		get_property_list(camera, c);
		break;
	default:
		respond(camera, 0x2005, NULL, 0);
		break;
	}
}
