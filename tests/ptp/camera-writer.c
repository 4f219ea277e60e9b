/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Answers as bytes: numbers, texts, containers, and the queue they wait in. See camera-internal.h. */

#include "camera-internal.h"

#include <string.h>

void put(struct writer *w, const void *bytes, size_t size)
{
	if (w->size + size > w->room) {
		w->room = (w->size + size) * 2 + 256;
		w->bytes = realloc(w->bytes, w->room);
		if (!w->bytes)
			abort();
	}
	if (size > 0)
		memcpy(w->bytes + w->size, bytes, size);
	w->size += size;
}

void put_number(struct writer *w, uint64_t number, size_t width)
{
	uint8_t bytes[8];

	for (size_t i = 0; i < width; i++)
		bytes[i] = (uint8_t)(number >> (8 * i));
	put(w, bytes, width);
}

/* UTF-8 to counted UTF-16, good for what tests put in. */
void put_text(struct writer *w, const char *text)
{
	uint16_t units[256];
	size_t count = 0;

	for (const uint8_t *at = (const uint8_t *)text; *at && count < 253; at++) {
		uint32_t point = *at;

		if (point >= 0xf0) {
			point = (point & 7) << 18 | (at[1] & 63u) << 12 | (at[2] & 63u) << 6 | (at[3] & 63u);
			at += 3;
		} else if (point >= 0xe0) {
			point = (point & 15) << 12 | (at[1] & 63u) << 6 | (at[2] & 63u);
			at += 2;
		} else if (point >= 0xc0) {
			point = (point & 31) << 6 | (at[1] & 63u);
			at += 1;
		}
		if (point >= 0x10000) {
			units[count++] = (uint16_t)(0xd800 + ((point - 0x10000) >> 10));
			point = 0xdc00 + ((point - 0x10000) & 0x3ff);
		}
		units[count++] = (uint16_t)point;
	}
	if (count > 0)
		units[count++] = 0;
	put_number(w, count, 1);
	for (size_t i = 0; i < count; i++)
		put_number(w, units[i], 2);
}

void put_u16s(struct writer *w, const uint16_t *values, size_t count)
{
	put_number(w, count, 4);
	for (size_t i = 0; i < count; i++)
		put_number(w, values[i], 2);
}

/* --- the answer --- */

struct camera_transfer *transfer(struct camera *camera, const struct writer *w)
{
	struct camera_transfer *out = &camera->out[camera->out_count++];

	*out = (struct camera_transfer){.bytes = w->bytes, .size = w->size};
	return out;
}

static void put_head(struct writer *w, uint64_t length, uint16_t type, uint16_t code, uint32_t transaction)
{
	put_number(w, length > 0xffffffff ? 0xffffffff : length, 4);
	put_number(w, type, 2);
	put_number(w, code, 2);
	put_number(w, transaction, 4);
}

void respond(struct camera *camera, uint16_t response, const uint32_t *params, size_t count)
{
	struct writer w = {0};

	put_head(&w, 12 + 4 * count, CAMERA_RESPONSE, response, camera->transaction);
	for (size_t i = 0; i < count; i++)
		put_number(&w, params[i], 4);
	(void)transfer(camera, &w);
}

/* The data phase; takes payload's bytes over. */
struct camera_transfer *send_data(struct camera *camera, uint16_t operation, struct writer *payload,
	const struct camera_object *content, uint64_t at, uint64_t size)
{
	struct writer w = {0};
	struct camera_transfer *out;

	put_head(&w, 12 + payload->size + size, CAMERA_DATA, operation, camera->transaction);
	if (camera->split && payload->size + size > 0) {
		(void)transfer(camera, &w);
		w = (struct writer){0};
	}
	put(&w, payload->bytes, payload->size);
	free(payload->bytes);
	out = transfer(camera, &w);
	out->content = content;
	out->content_at = at;
	out->content_size = size;
	return out;
}

void answer_data(struct camera *camera, uint16_t operation, struct writer *payload)
{
	(void)send_data(camera, operation, payload, NULL, 0, 0);
	respond(camera, CAMERA_OK, NULL, 0);
}

void camera_event(struct camera *camera, uint16_t code, uint32_t param)
{
	struct writer w = {0};

	if (camera->event_count == CAMERA_EVENTS_MAX)
		abort();
	put_head(&w, 16, CAMERA_EVENT_IN, code, 0xffffffff);
	put_number(&w, param, 4);
	memcpy(camera->events[camera->event_count], w.bytes, w.size);
	camera->event_sizes[camera->event_count++] = w.size;
	free(w.bytes);
}
