/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Containers to bytes and back. See container.h. */

#include "ptp/container.h"

#include "base/number.h"

#include <string.h>

#define CANCELLATION_CODE 0x4001
#define STATUS_HEAD       4

struct rule {
	enum ptp_operation operation;
	uint8_t least, most; /* parameters */
	bool only_one;       /* the first one names an object or a store, never all of them */
	bool then_zero;      /* the second one is there and says nothing */
};

static const struct rule rules[] = {
	{PTP_GET_DEVICE_INFO, 0, 0, false},
	{PTP_OPEN_SESSION, 1, 1, false},
	{PTP_CLOSE_SESSION, 0, 0, false},
	{PTP_GET_STORAGE_IDS, 0, 0, false},
	{PTP_GET_STORAGE_INFO, 1, 1, false},
	{PTP_GET_NUM_OBJECTS, 1, 3, false},
	{PTP_GET_OBJECT_HANDLES, 1, 3, false},
	{PTP_GET_OBJECT_INFO, 1, 1, true},
	{PTP_GET_OBJECT, 1, 1, true},
	{PTP_DELETE_OBJECT, 2, 2, true, .then_zero = true},
	{PTP_FORMAT_STORE, 2, 2, true, .then_zero = true},
	{PTP_SET_OBJECT_PROTECTION, 2, 2, true},
	{PTP_GET_PARTIAL_OBJECT, 3, 3, true},
	{PTP_GET_PARTIAL_OBJECT_64, 4, 4, true},
	{PTP_GET_OBJECT_PROPS_SUPPORTED, 1, 1, false},
	{PTP_GET_OBJECT_PROP_VALUE, 2, 2, true},
	{PTP_GET_OBJECT_PROP_LIST, 5, 5, false},
};

static const struct rule *rule_of(enum ptp_operation operation)
{
	for (size_t i = 0; i < ELEMENTS(rules); i++)
		if (rules[i].operation == operation)
			return &rules[i];
	return NULL;
}

static bool is_only_one(uint32_t handle)
{
	return handle != PTP_HANDLE_NONE && handle != PTP_HANDLE_ALL;
}

int ptp_encode_command(
	const struct ptp_command *command, uint8_t ret_bytes[static PTP_COMMAND_SIZE], size_t *ret_size)
{
	const struct rule *rule = rule_of(command->operation);

	if (!rule)
		return -EPERM;
	if (command->count < rule->least || command->count > rule->most)
		return -EINVAL;
	if (rule->only_one && !is_only_one(command->params[0]))
		return -EPERM;
	if (rule->then_zero && command->params[1] != 0)
		return -EPERM;
	*ret_size = PTP_HEAD_SIZE + 4 * command->count;
	store_le32(ret_bytes, (uint32_t)*ret_size);
	store_le16(ret_bytes + 4, PTP_COMMAND);
	store_le16(ret_bytes + 6, (uint16_t)command->operation);
	store_le32(ret_bytes + 8, command->transaction);
	for (size_t i = 0; i < command->count; i++)
		store_le32(ret_bytes + PTP_HEAD_SIZE + 4 * i, command->params[i]);
	return 0;
}

void ptp_encode_cancel(uint32_t transaction, uint8_t ret_bytes[static PTP_CANCEL_SIZE])
{
	store_le16(ret_bytes, CANCELLATION_CODE);
	store_le32(ret_bytes + 2, transaction);
}

static bool length_is_possible(const struct ptp_head *head, unsigned type)
{
	size_t most = type == PTP_RESPONSE ? PTP_PARAMS_MAX : PTP_EVENT_PARAMS;

	if (head->length < PTP_HEAD_SIZE)
		return false;
	return type == PTP_DATA ||
	       (head->length <= PTP_HEAD_SIZE + 4 * most && (head->length - PTP_HEAD_SIZE) % 4 == 0);
}

int ptp_parse_head(const uint8_t bytes[static PTP_HEAD_SIZE], struct ptp_head *ret_head)
{
	unsigned type = load_le16(bytes + 4);
	struct ptp_head head = {.length = load_le32(bytes),
		.code = load_le16(bytes + 6),
		.transaction = load_le32(bytes + 8)};

	if (type != PTP_DATA && type != PTP_RESPONSE && type != PTP_EVENT)
		return -EBADMSG;
	if (!length_is_possible(&head, type))
		return -EBADMSG;
	head.type = (enum ptp_container_type)type;
	*ret_head = head;
	return 0;
}

int ptp_parse_reply(
	const struct ptp_head *head, const void *payload, size_t size, struct ptp_reply *ret_reply)
{
	const uint8_t *bytes = payload;
	struct ptp_reply reply = {.response = head->code, .count = size / 4};

	if (head->type != PTP_RESPONSE || size != head->length - PTP_HEAD_SIZE || size % 4 != 0 ||
		reply.count > PTP_PARAMS_MAX)
		return -EBADMSG;
	for (size_t i = 0; i < reply.count; i++)
		reply.params[i] = load_le32(bytes + 4 * i);
	*ret_reply = reply;
	return 0;
}

int ptp_parse_event(const void *bytes, size_t size, struct ptp_event *ret_event)
{
	const uint8_t *at = bytes;
	struct ptp_event event = {0};
	struct ptp_head head;

	if (size < PTP_HEAD_SIZE || ptp_parse_head(at, &head) < 0 || head.type != PTP_EVENT ||
		head.length != size)
		return -EBADMSG;
	event.code = head.code;
	event.count = (size - PTP_HEAD_SIZE) / 4;
	for (size_t i = 0; i < event.count; i++)
		event.params[i] = load_le32(at + PTP_HEAD_SIZE + 4 * i);
	*ret_event = event;
	return 0;
}

int ptp_parse_device_status(const void *bytes, size_t size, unsigned *ret_status)
{
	const uint8_t *at = bytes;

	if (size < STATUS_HEAD || load_le16(at) != size)
		return -EBADMSG;
	*ret_status = load_le16(at + 2);
	return 0;
}

bool ptp_event_concerns_objects(const struct ptp_event *event)
{
	return event->code != PTP_EVENT_DEVICE_PROP_CHANGED && event->code != PTP_EVENT_CANCEL_TRANSACTION &&
	       event->code != PTP_EVENT_CAPTURE_COMPLETE;
}
