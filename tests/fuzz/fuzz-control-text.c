/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * Names that other people chose, on their way to a terminal: whatever goes in, what comes out is valid UTF-8
 * without a character that could move the cursor or turn the writing round, and a column has the width it was
 * given.
 */

#include "base/utf8.h"
#include "control/text.h"

#include <string.h>

#define CHECK(condition)                  \
	do {                              \
		if (!(condition))         \
			__builtin_trap(); \
	} while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_column(const char *clean, size_t columns)
{
	static const struct terminal terminal = {.utf8 = true, .columns = 80};
	_cleanup_free_ char *shown = NULL;
	size_t length = 0;
	FILE *out = open_memstream(&shown, &length);

	CHECK(out);
	text_put(out, &terminal, clean, columns, false);
	text_wrap(out, &terminal, 0, 2, clean);
	CHECK(fclose(out) == 0);
	CHECK(utf8_valid(shown, length));
	*strchr(shown, '\n') = '\0';
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_free_ char *raw = strndup((const char *)data, size);
	_cleanup_free_ char *clean = text_clean(raw);
	_cleanup_free_ char *again = text_clean(clean);

	CHECK(clean && again && strcmp(clean, again) == 0);
	CHECK(utf8_valid(clean, strlen(clean)));
	for (const char *p = clean; *p; p++)
		CHECK((unsigned char)*p >= 0x20 && *p != 0x7f);
	CHECK(text_width(clean) <= 2 * strlen(clean));
	check_column(clean, size % 40);
	return 0;
}
