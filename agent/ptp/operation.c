/* SPDX-License-Identifier: GPL-3.0-or-later */

/* The operations that read. See session.h. Each is one transaction, its parameters as the standard has them.
 */

#include "ptp/session-internal.h"

#include <string.h>

#define DATASET_MAX 65536

int ptp_storage_ids(struct ptp *ptp, struct ptp_u32s *ret_ids)
{
	const struct ptp_command ask = {.operation = PTP_GET_STORAGE_IDS};
	_cleanup_free_ uint8_t *bytes = NULL;
	size_t size;
	int r = ptp_transact_data(ptp, &ask, DATASET_MAX, &bytes, &size);

	return r != 0 ? r : ptp_parse_u32s(bytes, size, ret_ids);
}

int ptp_storage_info(struct ptp *ptp, uint32_t storage, struct ptp_storage_info *ret_info)
{
	const struct ptp_command ask = {.operation = PTP_GET_STORAGE_INFO, .count = 1, .params = {storage}};
	_cleanup_free_ uint8_t *bytes = NULL;
	size_t size;
	int r = ptp_transact_data(ptp, &ask, DATASET_MAX, &bytes, &size);

	return r != 0 ? r : ptp_parse_storage_info(bytes, size, ret_info);
}

int ptp_object_count(struct ptp *ptp, uint32_t storage, uint32_t parent, uint32_t *ret_count)
{
	const struct ptp_command ask = {
		.operation = PTP_GET_NUM_OBJECTS, .count = 3, .params = {storage, 0, parent}};
	struct ptp_reply reply;
	int r = ptp_transact(ptp, &ask, &reply);

	if (r != 0)
		return r;
	if (reply.count < 1)
		return -EBADMSG;
	*ret_count = reply.params[0];
	return 0;
}

int ptp_object_handles(struct ptp *ptp, uint32_t storage, uint32_t parent, struct ptp_u32s *ret_handles)
{
	const struct ptp_command ask = {
		.operation = PTP_GET_OBJECT_HANDLES, .count = 3, .params = {storage, 0, parent}};
	_cleanup_free_ uint8_t *bytes = NULL;
	size_t size;
	int r = ptp_transact_data(ptp, &ask, PTP_LISTING_MAX, &bytes, &size);

	return r != 0 ? r : ptp_parse_u32s(bytes, size, ret_handles);
}

int ptp_object_info(struct ptp *ptp, uint32_t handle, struct ptp_object_info *ret_info)
{
	const struct ptp_command ask = {.operation = PTP_GET_OBJECT_INFO, .count = 1, .params = {handle}};
	_cleanup_free_ uint8_t *bytes = NULL;
	size_t size;
	int r = ptp_transact_data(ptp, &ask, DATASET_MAX, &bytes, &size);

	return r != 0 ? r : ptp_parse_object_info(bytes, size, ret_info);
}

int ptp_properties_supported(struct ptp *ptp, unsigned format, struct ptp_u16s *ret_properties)
{
	const struct ptp_command ask = {
		.operation = PTP_GET_OBJECT_PROPS_SUPPORTED, .count = 1, .params = {format}};
	_cleanup_free_ uint8_t *bytes = NULL;
	size_t size;
	int r = ptp_transact_data(ptp, &ask, DATASET_MAX, &bytes, &size);

	return r != 0 ? r : ptp_parse_u16s(bytes, size, ret_properties);
}

int ptp_property_value(struct ptp *ptp, uint32_t handle, enum ptp_property property, unsigned type,
	struct ptp_value *ret_value)
{
	const struct ptp_command ask = {
		.operation = PTP_GET_OBJECT_PROP_VALUE, .count = 2, .params = {handle, property}};
	_cleanup_free_ uint8_t *bytes = NULL;
	size_t size;
	int r = ptp_transact_data(ptp, &ask, DATASET_MAX, &bytes, &size);

	return r != 0 ? r : ptp_parse_value(bytes, size, type, ret_value);
}

int ptp_property_list(struct ptp *ptp, uint32_t handle, enum ptp_property property, uint32_t depth,
	ptp_property_fn visit, void *data)
{
	const struct ptp_command ask = {
		.operation = PTP_GET_OBJECT_PROP_LIST, .count = 5, .params = {handle, 0, property, 0, depth}};
	_cleanup_free_ uint8_t *bytes = NULL;
	size_t size;
	int r = ptp_transact_data(ptp, &ask, PTP_LISTING_MAX, &bytes, &size);

	return r != 0 ? r : ptp_parse_property_list(bytes, size, visit, data);
}

int ptp_object_size(struct ptp *ptp, uint32_t handle, const struct ptp_object_info *info, uint64_t *ret_size)
{
	struct ptp_value value;
	int r;

	*ret_size = info->size_32;
	if (info->size_32 != PTP_SIZE_32_MAX)
		return 0;
	*ret_size = PTP_SIZE_UNKNOWN;
	if (!ptp_can(ptp, PTP_GET_OBJECT_PROP_VALUE))
		return 0;
	r = ptp_property_value(ptp, handle, PTP_PROP_OBJECT_SIZE, PTP_TYPE_U64, &value);
	if (r == 0)
		*ret_size = value.number;
	/* "No" is an answer; a broken session is not. */
	return r > 0 || r == -EBADMSG ? (ptp->broken ? -EBADMSG : 0) : r;
}

int ptp_read_begin(struct ptp *ptp, uint32_t handle, uint64_t size)
{
	const struct ptp_command ask = {.operation = PTP_GET_OBJECT, .count = 1, .params = {handle}};

	return ptp_begin_data(ptp, &ask, size);
}

static int piece_command(
	struct ptp *ptp, uint32_t handle, uint64_t offset, size_t size, struct ptp_command *ret)
{
	*ret = (struct ptp_command){.operation = PTP_GET_PARTIAL_OBJECT_64,
		.count = 4,
		.params = {handle, (uint32_t)offset, (uint32_t)(offset >> 32), (uint32_t)size}};
	if (ptp_can(ptp, PTP_GET_PARTIAL_OBJECT_64))
		return 0;
	*ret = (struct ptp_command){.operation = PTP_GET_PARTIAL_OBJECT,
		.count = 3,
		.params = {handle, (uint32_t)offset, (uint32_t)size}};
	return offset + size > UINT32_MAX || !ptp_can(ptp, PTP_GET_PARTIAL_OBJECT) ? -ERANGE : 0;
}

ssize_t ptp_read_piece(
	struct ptp *ptp, uint32_t handle, uint64_t offset, void *buffer, size_t size, unsigned *ret_response)
{
	_cleanup_free_ uint8_t *bytes = NULL;
	struct ptp_command ask;
	size_t got;
	int r;

	if (size > PTP_LISTING_MAX || offset > UINT64_MAX - size)
		return -EINVAL;
	r = piece_command(ptp, handle, offset, size, &ask);
	if (r == 0)
		r = ptp_transact_data(ptp, &ask, size, &bytes, &got);
	if (r > 0) {
		*ret_response = (unsigned)r;
		return -EREMOTEIO;
	}
	if (r < 0)
		return r;
	memcpy(buffer, bytes, got);
	return (ssize_t)got;
}
