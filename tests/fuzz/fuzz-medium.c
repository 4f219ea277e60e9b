/* SPDX-License-Identifier: GPL-3.0-or-later */

/* A medium of any bytes is judged without reading outside it. The first byte says how it is partitioned. */

#include "device/medium.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct bytes {
	const uint8_t *data;
	size_t size;
};

/* A disk of a mebibyte that starts with the input, so that short inputs reach deep code. */
#define DISK (1024 * 1024)

static int read_bytes(void *data, uint64_t offset, void *buffer, size_t size)
{
	const struct bytes *b = data;

	if (offset > DISK || size > DISK - offset)
		abort();
	memset(buffer, 0, size);
	if (offset < b->size)
		memcpy(buffer, b->data + offset, size < b->size - offset ? size : b->size - offset);
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes bytes = {data + 1, size - 1};
	struct medium_source source = {.read = read_bytes, .data = &bytes, .size = DISK, .sector = 512};
	struct medium medium;

	if (size == 0)
		return 0;
	source.parts = data[0] & 3;
	for (size_t i = 0; i < source.parts; i++)
		source.part[i] = (struct medium_part){(i + 1) * 131072, 131072};
	if (medium_judge(&source, &medium) < 0)
		abort();
	if (!memchr(medium.serial, 0, sizeof(medium.serial)) ||
		!memchr(medium.table_id, 0, sizeof(medium.table_id)))
		abort();
	return 0;
}
