/* SPDX-License-Identifier: GPL-3.0-or-later */

/* The script of what goes wrong, and where commands come in. See camera.h. */

#include "camera-internal.h"

#include <string.h>

/* --- faults --- */

static struct camera_fault *next_fault(struct camera *camera, uint16_t operation)
{
	struct camera_fault *found = NULL;

	for (size_t i = 0; i < camera->fault_count; i++) {
		struct camera_fault *fault = &camera->faults[i];

		if (fault->kind == 0 || (fault->operation != 0 && fault->operation != operation))
			continue;
		if (fault->skip > 0) {
			fault->skip--;
			continue;
		}
		if (!found)
			found = fault;
	}
	return found;
}

static void spend(struct camera_fault *fault)
{
	if (fault->times > 0 && --fault->times == 0)
		fault->kind = 0;
}

static void pull_store(struct camera *camera, uint32_t id)
{
	for (size_t i = 0; i < camera->store_count; i++)
		if (camera->stores[i].id == id)
			camera->stores[i].absent = true;
	camera_event(camera, 0x4005, id);
}

/* What happens before the command is carried out. True: it is not carried out at all. */
static bool strike_first(struct camera *camera, const struct camera_command *c, const struct camera_fault *f)
{
	struct camera_object *other = camera_find(camera, f->more);
	struct writer w = {0};

	switch (f->kind) {
	case CAMERA_ANSWER:
		respond(camera, (uint16_t)f->number, NULL, 0);
		return true;
	case CAMERA_LIE:
		camera->deletes += c->operation == 0x100b;
		respond(camera, CAMERA_OK, NULL, 0);
		return true;
	case CAMERA_EVENT:
		camera_event(camera, (uint16_t)f->number, f->more);
		return false;
	case CAMERA_ADD:
		camera_event(camera, 0x4002, camera_add(camera, 0, 0, "NEW.JPG", 99, 99)->handle);
		return false;
	case CAMERA_STORE_GONE:
		pull_store(camera, (uint32_t)f->number);
		return false;
	case CAMERA_TAKE_OTHER:
		if (other)
			other->gone = true;
		return false;
	case CAMERA_RENAME:
		if (other)
			(void)snprintf(other->name, sizeof other->name, "OTHER.JPG");
		return false;
	case CAMERA_SILENT:
		return true;
	case CAMERA_STALL:
		transfer(camera, &w)->stall = true;
		return true;
	case CAMERA_GARBAGE:
		for (uint64_t i = 0; i < f->number; i++)
			put_number(&w, i * 151 + 17, 1);
		(void)transfer(camera, &w);
		return true;
	case CAMERA_GONE:
		camera->gone = true;
		return true;
	case CAMERA_CUT:
	case CAMERA_SHORT:
	case CAMERA_LONG:
	case CAMERA_ANNOUNCE:
	case CAMERA_DENY:
	case CAMERA_REUSE:
	case CAMERA_OLD:
	case CAMERA_ORDER:
	case CAMERA_FLIP:
	case CAMERA_LEAVE:
		break;
	}
	return false;
}

static void shorten(struct camera_transfer *out, uint64_t size)
{
	if (size < out->size) {
		out->size = (size_t)size;
		out->content_size = 0;
	} else if (size - out->size < out->content_size) {
		out->content_size = size - out->size;
	}
}

static void swap_answers(struct camera *camera)
{
	struct camera_transfer first = camera->out[0];

	if (camera->out_count < 2)
		return;
	camera->out[0] = camera->out[1];
	camera->out[1] = first;
}

static void reuse_handle(struct camera *camera, uint32_t handle)
{
	if (!camera_find(camera, handle))
		camera_add(camera, 0, 0, "REUSED.JPG", 7, 7)->handle = handle;
}

static uint32_t u32_at(const uint8_t *bytes)
{
	return bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 24;
}

static void add_to_u32(uint8_t *at, uint64_t number)
{
	uint32_t value = u32_at(at) + (uint32_t)number;

	for (unsigned i = 0; i < 4; i++)
		at[i] = (uint8_t)(value >> (8 * i));
}

/* What happens to the answer. */
static void strike_then(struct camera *camera, const struct camera_command *c, const struct camera_fault *f)
{
	struct camera_transfer *data = &camera->out[0], *last = &camera->out[camera->out_count - 1];

	if (f->kind == CAMERA_LEAVE)
		camera->leaving = f->number + 1;
	if (camera->out_count == 0)
		return;
	if (f->kind == CAMERA_CUT || f->kind == CAMERA_SHORT)
		shorten(data, f->number);
	if (f->kind == CAMERA_CUT && camera->out_count > 1) {
		free(last->bytes);
		camera->out_count--;
	}
	if (f->kind == CAMERA_LONG)
		add_to_u32(data->bytes, -f->number);
	if (f->kind == CAMERA_ANNOUNCE)
		add_to_u32(data->bytes, f->number);
	if (f->kind == CAMERA_OLD)
		add_to_u32(data->bytes + 8, UINT64_C(0xffffffff));
	if (f->kind == CAMERA_DENY) {
		last->bytes[6] = (uint8_t)f->number;
		last->bytes[7] = (uint8_t)(f->number >> 8);
	}
	if (f->kind == CAMERA_ORDER)
		swap_answers(camera);
	if (f->kind == CAMERA_REUSE)
		reuse_handle(camera, c->params[0]);
	if (f->kind == CAMERA_FLIP && data->content) {
		data->flipped = true;
		data->flip = f->number;
	}
}

void camera_command(struct camera *camera, const uint8_t *bytes, size_t size)
{
	struct camera_command *c = &camera->commands[camera->command_count];
	struct camera_fault *fault, active = {0};

	if (size < 12 || u32_at(bytes) != size || size % 4 != 0 || size > 32 || bytes[4] != 1 ||
		bytes[5] != 0)
		abort();
	if (camera->command_count < CAMERA_COMMANDS_MAX - 1)
		camera->command_count++;
	*c = (struct camera_command){
		.operation = (uint16_t)(bytes[6] | bytes[7] << 8), .count = (unsigned)(size - 12) / 4};
	for (unsigned i = 0; i < c->count; i++)
		c->params[i] = u32_at(bytes + 12 + 4 * i);
	drop_output(camera);
	camera->transaction = u32_at(bytes + 8);
	fault = next_fault(camera, c->operation);
	if (fault) {
		active = *fault;
		spend(fault);
	}
	if (fault && strike_first(camera, c, &active))
		return;
	dispatch(camera, c);
	if (fault)
		strike_then(camera, c, &active);
}
