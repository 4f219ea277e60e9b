/* SPDX-License-Identifier: GPL-3.0-or-later */

/* What a worker that talked to a hostile camera may send: any type, any payload. Whatever a parser accepts is
 * inside the message, in range, and a path that stays below where it begins. */

#include "empty/protocol.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void path_inside(const struct wire_message *m, const char *path)
{
	const char *start = (const char *)m->payload;

	if (path < start || path + strlen(path) > start + m->size)
		abort();
	if (*path == 0 || *path == '/' || strstr(path, "//") || strncmp(path, "../", 3) == 0 ||
		strstr(path, "/../"))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct wire_message message;
	struct empty_object object;
	struct empty_listed listed;
	struct empty_answer answer;
	struct empty_outcome_of outcome;
	struct empty_format format;
	struct empty_format_outcome formatted;
	struct empty_result result;
	const char *text;

	if (size < 1 || size - 1 > WIRE_PAYLOAD_MAX)
		return 0;
	wire_message_init(&message);
	message.type = data[0];
	message.size = (uint32_t)size - 1;
	memcpy(message.payload, data + 1, size - 1);
	message.payload[message.size] = 0;
	for (uint32_t type = EMPTY_FOUND; type <= EMPTY_ASK; type++)
		if (empty_parse_object(&message, type, &object, &text) == 0) {
			path_inside(&message, text);
			if (object.problem >= PTP_PROBLEM_COUNT || object.size > INT64_MAX)
				abort();
		}
	(void)empty_parse_listed(&message, &listed);
	(void)empty_parse_answer(&message, &answer);
	if (empty_parse_outcome(&message, &outcome) == 0 && outcome.removal >= PTP_REMOVAL_COUNT)
		abort();
	(void)empty_parse_format(&message, &format);
	if (empty_parse_format_outcome(&message, &formatted) == 0 &&
		(formatted.format >= PTP_FORMAT_COUNT || formatted.response > UINT16_MAX))
		abort();
	if (empty_parse_result(&message, &result, &text) == 0 &&
		(result.outcome >= EMPTY_OUTCOME_COUNT || strlen(text) > EMPTY_DETAIL_MAX))
		abort();
	return 0;
}
