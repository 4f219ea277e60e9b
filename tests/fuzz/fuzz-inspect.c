/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Files as a worker gets them, all readers together: there is an answer, and it is one that may be shown. */

#include "inspect/inspect.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct names *names;
	struct inspect_limits limits = INSPECT_LIMITS_DEFAULT;
	struct inspect_with with = {.readers = &inspect_readers, .limits = &limits};
	struct inspect_answer answer;

	if (!names && names_empty(&names) < 0)
		abort();
	limits.part_bytes = limits.unpacked_bytes = 1 << 20;
	limits.parts = 200;
	with.names = names;
	if (inspect_bytes(&with, data, size, "letter", &answer) == 0 && !inspect_answer_valid(&answer))
		abort();
	return 0;
}
