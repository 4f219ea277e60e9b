/* SPDX-License-Identifier: GPL-3.0-or-later */

/* What a worker that read hostile bytes may send: any type, any payload. Whatever a parser accepts is inside
 * the message and in range. */

#include "offload/protocol.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void inside(const struct wire_message *m, struct offload_bytes bytes)
{
	const char *start = (const char *)m->payload;

	if (bytes.bytes < start || bytes.size > m->size || bytes.bytes + bytes.size > start + m->size)
		abort();
}

static void path_inside(const struct wire_message *m, struct offload_bytes path)
{
	inside(m, path);
	if (!offload_path_valid(path.bytes, path.size))
		abort();
}

static void from_supervisor(const struct wire_message *m)
{
	struct offload_start start;
	struct offload_begin begin;
	struct offload_answer answer;
	struct offload_recorded recorded;
	struct offload_bytes one, two;

	if (offload_parse_start(m, &start, &one, &two) == 0) {
		inside(m, one);
		inside(m, two);
	}
	if (offload_parse_begin(m, &begin, &one) == 0)
		inside(m, one);
	if (offload_parse_answer(m, &answer, &one) == 0 && answer.found)
		path_inside(m, one);
	(void)offload_parse_recorded(m, &recorded);
}

static void from_worker(const struct wire_message *m)
{
	struct offload_ready ready;
	struct offload_totals totals;
	struct offload_progress progress;
	struct offload_object object;
	struct offload_failed failed;
	struct offload_finding_head finding;
	struct offload_query query;
	struct offload_result result;
	struct offload_bytes one, two;

	if (offload_parse_ready(m, &ready, &one) == 0)
		inside(m, one);
	(void)offload_parse_totals(m, &totals);
	if (offload_parse_progress(m, &progress) == 0 && progress.files_done > progress.files_total)
		abort();
	if (offload_parse_object(m, &object, &one, &two) == 0) {
		path_inside(m, one);
		path_inside(m, two);
	}
	if (offload_parse_failed(m, &failed, &one) == 0)
		path_inside(m, one);
	if (offload_parse_finding(m, &finding, &one) == 0)
		path_inside(m, one);
	if (offload_parse_query(m, &query, &one) == 0 && query.kind == OFFLOAD_QUERY_PATH)
		path_inside(m, one);
	if (offload_parse_session(m, &one) == 0)
		path_inside(m, one);
	if (offload_parse_result(m, &result, &one) == 0)
		inside(m, one);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct wire_message message;

	if (size < 1 || size - 1 > WIRE_PAYLOAD_MAX)
		return 0;
	wire_message_init(&message);
	message.type = data[0];
	message.size = (uint32_t)size - 1;
	memcpy(message.payload, data + 1, size - 1);
	message.payload[message.size] = 0;
	from_supervisor(&message);
	from_worker(&message);
	return 0;
}
