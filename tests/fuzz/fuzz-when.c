/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Times as people type them: whatever is taken lies ahead, within a year, and is shown. */

#include "check/when.h"

#include <string.h>

#define NOW 1795687200

#define CHECK(condition)                  \
	do {                              \
		if (!(condition))         \
			__builtin_trap(); \
	} while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_free_ char *text = strndup((const char *)data, size);
	char shown[WHEN_TEXT];
	int64_t seconds = 0;

	if (when_parse(text, NOW, &seconds) != WHEN_OK)
		return 0;
	CHECK(seconds > NOW && seconds <= NOW + WHEN_DAYS_MAX * INT64_C(86400));
	CHECK(strcmp(when_show(seconds, shown), "unknown") != 0);
	return 0;
}
