/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Any bytes as a start-up image: nothing outside is read, and files that are visited were asked for. */

#include "encryption/initramfs.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct input {
	const uint8_t *data;
	size_t size;
	bool asked;
};

static int read_input(void *data, uint64_t offset, void *buffer, size_t size)
{
	const struct input *input = data;

	if (offset > input->size || size > input->size - offset)
		abort();
	memcpy(buffer, input->data + offset, size);
	return 0;
}

static bool wanted(const char *name, uint64_t size, void *data)
{
	struct input *input = data;

	input->asked = name[0] != 'x' && size < 4096;
	return input->asked;
}

static int file(const char *name, const void *bytes, size_t size, void *data)
{
	if (!((struct input *)data)->asked || size >= 4096 || name[0] == '/')
		abort();
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input input = {data, size, false};
	const struct initramfs_source source = {read_input, &input, size};
	const struct initramfs_visitor visitor = {wanted, file, &input};

	if (initramfs_parse(&source, &visitor) > 0)
		abort();
	return 0;
}
