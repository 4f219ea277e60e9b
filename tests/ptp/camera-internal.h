/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* What the camera's own files share: bytes being put together, and answers being queued. */

#include "camera.h"

#define CAMERA_FOLDER   0x3001
#define CAMERA_CAPACITY (UINT64_C(32) << 30)
#define CAMERA_CLUSTER  (UINT64_C(128) << 10)
#define CAMERA_DATA     2
#define CAMERA_RESPONSE 3
#define CAMERA_EVENT_IN 4
#define CAMERA_OK       0x2001

struct writer {
	uint8_t *bytes;
	size_t size, room;
};

void put(struct writer *w, const void *bytes, size_t size);
void put_number(struct writer *w, uint64_t number, size_t width);
void put_text(struct writer *w, const char *text);
void put_u16s(struct writer *w, const uint16_t *values, size_t count);

/* Queues what was written; takes the bytes over. */
struct camera_transfer *transfer(struct camera *camera, const struct writer *w);
void respond(struct camera *camera, uint16_t response, const uint32_t *params, size_t count);

/* The data phase; takes payload's bytes over. */
struct camera_transfer *send_data(struct camera *camera, uint16_t operation, struct writer *payload,
	const struct camera_object *content, uint64_t at, uint64_t size);
void answer_data(struct camera *camera, uint16_t operation, struct writer *payload);

void drop_output(struct camera *camera);
const struct camera_store *store_of(const struct camera *camera, uint32_t id);
bool is_there(const struct camera *camera, const struct camera_object *object);

/* Carries one command out. */
void dispatch(struct camera *camera, const struct camera_command *command);
