/* SPDX-License-Identifier: GPL-3.0-or-later */

/* What a device may send as a dataset, a container or an event: any bytes. The first one chooses the parser.
 * Whatever is accepted is terminated, counted and in range. */

#include "ptp/container.h"
#include "ptp/dataset.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(bool kept)
{
	if (!kept)
		abort();
}

static void text_ends(const char *text)
{
	demand(memchr(text, 0, PTP_TEXT_SIZE) != NULL);
}

static void device_info(const uint8_t *data, size_t size)
{
	struct ptp_device_info info;

	if (ptp_parse_device_info(data, size, &info) != 0)
		return;
	text_ends(info.manufacturer);
	text_ends(info.model);
	text_ends(info.serial);
	demand(info.operations.count * 2 < size);
	(void)ptp_u16s_have(&info.operations, PTP_GET_OBJECT);
	ptp_device_info_clear(&info);
}

static void other_infos(const uint8_t *data, size_t size)
{
	struct ptp_storage_info storage;
	struct ptp_object_info object;

	if (ptp_parse_storage_info(data, size, &storage) == 0)
		text_ends(storage.label);
	if (ptp_parse_object_info(data, size, &object) == 0)
		text_ends(object.name);
}

static void lists(const uint8_t *data, size_t size)
{
	struct ptp_u16s narrow = {0};
	struct ptp_u32s wide = {0};

	if (ptp_parse_u16s(data, size, &narrow) == 0)
		demand(narrow.count * 2 + 4 == size);
	if (ptp_parse_u32s(data, size, &wide) == 0)
		demand(wide.count * 4 + 4 == size);
	ptp_u16s_clear(&narrow);
	ptp_u32s_clear(&wide);
}

static int visit(uint32_t handle, unsigned property, unsigned type, const struct ptp_value *value, void *data)
{
	size_t *seen = data;

	text_ends(value->text);
	(*seen)++;
	return 0;
}

static void property_list(const uint8_t *data, size_t size)
{
	size_t seen = 0;

	if (ptp_parse_property_list(data, size, visit, &seen) == 0)
		demand(seen * 9 <= size);
	else
		demand(seen == 0);
}

static void value(const uint8_t *data, size_t size)
{
	struct ptp_value parsed;
	int64_t seconds;

	if (size < 2 || ptp_parse_value(data + 2, size - 2, data[0] | (unsigned)data[1] << 8, &parsed) != 0)
		return;
	text_ends(parsed.text);
	(void)ptp_parse_date(parsed.text, &seconds);
}

static void containers(const uint8_t *data, size_t size)
{
	char buffer[PTP_NAME_SIZE];
	struct ptp_event event;
	struct ptp_head head;
	struct ptp_reply reply;
	unsigned status;

	if (ptp_parse_event(data, size, &event) == 0) {
		demand(event.count <= PTP_EVENT_PARAMS);
		demand(*ptp_event_name(event.code, buffer) != 0);
	}
	(void)ptp_parse_device_status(data, size, &status);
	if (size < PTP_HEAD_SIZE || ptp_parse_head(data, &head) != 0)
		return;
	if (ptp_parse_reply(&head, data + PTP_HEAD_SIZE, size - PTP_HEAD_SIZE, &reply) == 0) {
		demand(reply.count <= PTP_PARAMS_MAX && head.length == size);
		demand(*ptp_response_name(reply.response, buffer) != 0);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static void (*const parsers[])(const uint8_t *data, size_t size) = {
		device_info, other_infos, lists, property_list, value, containers};

	if (size > 0)
		parsers[data[0] % ELEMENTS(parsers)](data + 1, size - 1);
	return 0;
}
