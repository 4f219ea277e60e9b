/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Bytes that grow. A buffer that ran out of memory, or over its limit, remembers it and takes nothing more:
 * whoever fills it asks once, at the end, and refuses then. Start value: all zero, which is without a limit.
 */

#include "base/cleanup.h"
#include "base/utf8.h"

#include <string.h>

struct buffer {
	char *bytes;
	size_t size, room;
	size_t max; /* 0: none */
	int error;  /* -ENOMEM or -EFBIG */
};

static inline void buffer_clear(struct buffer *b)
{
	free(b->bytes);
	*b = (struct buffer){.max = b->max};
}

#define _cleanup_buffer_ _cleanup_(buffer_clear)

static inline bool buffer_make_room(struct buffer *b, size_t more)
{
	size_t room = b->room ? b->room : 1024;
	char *grown;

	if (b->error)
		return false;
	if (b->room - b->size >= more)
		return true;
	/* Single bytes are taken as long as there is room, which may be more than max. */
	if (more > SIZE_MAX / 4 - b->size || (b->max && (b->size > b->max || more > b->max - b->size))) {
		b->error = -EFBIG;
		return false;
	}
	while (room - b->size < more)
		room *= 2;
	grown = realloc(b->bytes, room);
	if (!grown) {
		b->error = -ENOMEM;
		return false;
	}
	b->bytes = grown;
	b->room = room;
	return true;
}

static inline void buffer_add(struct buffer *b, const void *bytes, size_t size)
{
	if (size == 0 || !buffer_make_room(b, size))
		return;
	memcpy(b->bytes + b->size, bytes, size);
	b->size += size;
}

static inline void buffer_add_char(struct buffer *b, char c)
{
	if (b->size < b->room && !b->error)
		b->bytes[b->size++] = c;
	else
		buffer_add(b, &c, 1);
}

/* As UTF-8. */
static inline void buffer_add_character(struct buffer *b, uint32_t character)
{
	char utf8[4] = {0};

	buffer_add(b, utf8, utf8_encode(character, utf8));
}

/* Unless it stands there already. */
static inline void buffer_divide(struct buffer *b, char divider)
{
	if (b->size > 0 && b->bytes[b->size - 1] != divider && b->bytes[b->size - 1] != '\n')
		buffer_add_char(b, divider);
}

/* memmem() for needles whose first byte is rare where it is looked for: the C library is slow with short
 * ones. */
static inline const char *buffer_find(const void *bytes, size_t size, const char *needle, size_t length)
{
	const char *at = bytes, *end = at + size;

	while ((size_t)(end - at) >= length && (at = memchr(at, *needle, (size_t)(end - at) - length + 1))) {
		if (memcmp(at, needle, length) == 0)
			return at;
		at++;
	}
	return NULL;
}
