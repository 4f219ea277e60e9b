/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* A piece of somebody else's text, not ended by NUL. */

#include "base/cleanup.h"

#include <string.h>

struct span {
	const char *text;
	size_t size;
};

static inline bool span_is(const struct span *span, const char *text)
{
	return strlen(text) == span->size && memcmp(span->text, text, span->size) == 0;
}

static inline bool span_in(const struct span *span, const char *const *list, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (span_is(span, list[i]))
			return true;
	return false;
}
