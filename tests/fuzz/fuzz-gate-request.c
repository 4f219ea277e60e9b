/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * What the agent asks and a medium's label, into the gate's service: whatever goes in, the name of the mount
 * point is one harmless component of a path, and a request that is taken has only texts that end.
 */

#include "base/utf8.h"
#include "gate/request.h"

#include <string.h>

#define CHECK(condition)                  \
	do {                              \
		if (!(condition))         \
			__builtin_trap(); \
	} while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_name(const char *label, unsigned attempt)
{
	char name[GATE_LABEL_SIZE + 8];

	request_name(label, attempt, name);
	CHECK(name[0] && name[0] != '.' && !strchr(name, '/'));
	CHECK(utf8_valid(name, strlen(name)));
	for (const char *c = name; *c; c++)
		CHECK((unsigned char)*c >= 0x20 && *c != 0x7f);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct gate_open open = {0};
	struct gate_allow allow;
	char label[GATE_LABEL_SIZE] = "";

	if (request_open(data, size, &open) == 0) {
		CHECK(strnlen(open.node, sizeof open.node) < sizeof open.node && open.uid != 0);
		check_name(open.label, 0);
	}
	(void)request_allow(data, size, &allow);
	memcpy(label, data, size < sizeof label ? size : sizeof label - 1);
	check_name(label, size % 64);
	return 0;
}
