/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * The datasets of PTP and MTP as a device sends them, taken apart. Pure functions of bytes, all of them
 * hostile.
 *
 * A dataset is accepted only if it is all there and nothing is behind it: a shorter or longer one is -EBADMSG
 * and nothing of it is used. Strings become UTF-8; half a surrogate pair keeps its number in three bytes, so
 * that two names that differ on the device never become one (such a name is not valid UTF-8 and is treated
 * like any other name in bytes).
 */

#include "ptp/codes.h"

#define PTP_TEXT_SIZE 768 /* 254 units of up to 3 bytes, and the NUL */
#define PTP_UID_SIZE  16

#define PTP_SIZE_UNKNOWN UINT64_MAX
#define PTP_SIZE_32_MAX  0xffffffffU /* in an ObjectInfo: "larger than can be said here" */

struct ptp_u16s {
	size_t count;
	uint16_t *values; /* owned */
};

struct ptp_u32s {
	size_t count;
	uint32_t *values; /* owned */
};

struct ptp_device_info {
	uint16_t standard_version; /* 100: 1.0 */
	uint32_t vendor_extension;
	char vendor_extension_text[PTP_TEXT_SIZE];
	struct ptp_u16s operations, events;
	char manufacturer[PTP_TEXT_SIZE], model[PTP_TEXT_SIZE], version[PTP_TEXT_SIZE], serial[PTP_TEXT_SIZE];
};

enum ptp_access {
	PTP_ACCESS_READ_WRITE = 0,
	PTP_ACCESS_READ_ONLY = 1,
	PTP_ACCESS_READ_AND_DELETE = 2,
};

struct ptp_storage_info {
	uint16_t storage_type, file_system_type, access;
	uint64_t capacity, free_bytes;
	char description[PTP_TEXT_SIZE], label[PTP_TEXT_SIZE];
};

struct ptp_object_info {
	uint32_t storage;
	uint16_t format;
	uint16_t protection; /* 0: none */
	uint32_t size_32;    /* PTP_SIZE_32_MAX: ask for the property */
	uint32_t parent;
	char name[PTP_TEXT_SIZE];
	int64_t modified; /* Unix seconds, the camera's local time taken for UTC unless it names a zone; 0:
			     not said */
};

/* A value of an object property. */
enum ptp_value_kind {
	PTP_VALUE_NUMBER, /* up to 64 bits, unsigned; negative ones as two's complement */
	PTP_VALUE_UID,    /* 128 bits, little-endian as sent */
	PTP_VALUE_TEXT,
	PTP_VALUE_ARRAY, /* looked over, not kept */
};

struct ptp_value {
	enum ptp_value_kind kind;
	uint64_t number;
	uint8_t uid[PTP_UID_SIZE];
	char text[PTP_TEXT_SIZE];
};

/* Frees what the dataset owns; the struct itself belongs to the caller. */
void ptp_device_info_clear(struct ptp_device_info *info);
void ptp_u16s_clear(struct ptp_u16s *list);
void ptp_u32s_clear(struct ptp_u32s *list);

bool ptp_u16s_have(const struct ptp_u16s *list, unsigned value);
bool ptp_u32s_have(const struct ptp_u32s *list, uint32_t value);

/* Each takes the whole payload of a data phase. 0, -EBADMSG or -ENOMEM; the result is untouched on failure.
 */
int ptp_parse_device_info(const void *bytes, size_t size, struct ptp_device_info *ret_info);
int ptp_parse_storage_info(const void *bytes, size_t size, struct ptp_storage_info *ret_info);
int ptp_parse_object_info(const void *bytes, size_t size, struct ptp_object_info *ret_info);
int ptp_parse_u16s(const void *bytes, size_t size, struct ptp_u16s *ret_list);
int ptp_parse_u32s(const void *bytes, size_t size, struct ptp_u32s *ret_list);

/* A property's value, of a type that the caller expects: PTP_TYPE_*. */
#define PTP_TYPE_U16  0x0004
#define PTP_TYPE_U32  0x0006
#define PTP_TYPE_U64  0x0008
#define PTP_TYPE_U128 0x000a
#define PTP_TYPE_TEXT 0xffff
int ptp_parse_value(const void *bytes, size_t size, unsigned type, struct ptp_value *ret_value);

/* Calls visit for each element of an ObjectPropList; value is borrowed. The list is looked over as a whole
 * before the first call. Stops at the first non-zero return, which is returned. */
typedef int (*ptp_property_fn)(
	uint32_t handle, unsigned property, unsigned type, const struct ptp_value *value, void *data);
int ptp_parse_property_list(const void *bytes, size_t size, ptp_property_fn visit, void *data);

/* "20261127T055319", with ".5" and "Z" or "+0100" behind it if at all. -EINVAL for anything else. */
int ptp_parse_date(const char *text, int64_t *ret_seconds);
