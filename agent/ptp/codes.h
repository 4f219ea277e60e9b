/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * The numbers of PTP 1.1 (ISO 15740) and MTP 1.1 that are used, and the standards' own names for them.
 *
 * Names are what a person or a log reads: "Store_Not_Available", never "error -1". Numbers that no standard
 * names keep their number.
 */

#include "base/cleanup.h"

enum ptp_operation {
	PTP_GET_DEVICE_INFO = 0x1001,
	PTP_OPEN_SESSION = 0x1002,
	PTP_CLOSE_SESSION = 0x1003,
	PTP_GET_STORAGE_IDS = 0x1004,
	PTP_GET_STORAGE_INFO = 0x1005,
	PTP_GET_NUM_OBJECTS = 0x1006,
	PTP_GET_OBJECT_HANDLES = 0x1007,
	PTP_GET_OBJECT_INFO = 0x1008,
	PTP_GET_OBJECT = 0x1009,
	PTP_DELETE_OBJECT = 0x100b,
	PTP_FORMAT_STORE = 0x100f,
	PTP_SET_OBJECT_PROTECTION = 0x1012,
	PTP_GET_PARTIAL_OBJECT = 0x101b,
	PTP_GET_PARTIAL_OBJECT_64 = 0x95c1, /* Android */
	PTP_GET_OBJECT_PROPS_SUPPORTED = 0x9801,
	PTP_GET_OBJECT_PROP_VALUE = 0x9803,
	PTP_GET_OBJECT_PROP_LIST = 0x9805,
};

/* The few that the code tells apart; ptp_response_name() knows them all. */
enum ptp_response {
	PTP_OK = 0x2001,
	PTP_GENERAL_ERROR = 0x2002,
	PTP_SESSION_NOT_OPEN = 0x2003,
	PTP_INVALID_TRANSACTION_ID = 0x2004,
	PTP_OPERATION_NOT_SUPPORTED = 0x2005,
	PTP_PARAMETER_NOT_SUPPORTED = 0x2006,
	PTP_INCOMPLETE_TRANSFER = 0x2007,
	PTP_INVALID_STORAGE_ID = 0x2008,
	PTP_INVALID_OBJECT_HANDLE = 0x2009,
	PTP_OBJECT_WRITE_PROTECTED = 0x200d,
	PTP_STORE_READ_ONLY = 0x200e,
	PTP_ACCESS_DENIED = 0x200f,
	PTP_PARTIAL_DELETION = 0x2012,
	PTP_STORE_NOT_AVAILABLE = 0x2013,
	PTP_SPECIFICATION_BY_FORMAT_UNSUPPORTED = 0x2014,
	PTP_DEVICE_BUSY = 0x2019,
	PTP_INVALID_PARENT_OBJECT = 0x201a,
	PTP_INVALID_PARAMETER = 0x201d,
	PTP_SESSION_ALREADY_OPEN = 0x201e,
	PTP_TRANSACTION_CANCELLED = 0x201f,
	PTP_INVALID_OBJECT_PROP_CODE = 0xa801,
	PTP_SPECIFICATION_BY_DEPTH_UNSUPPORTED = 0xa808,
	PTP_OBJECT_PROP_NOT_SUPPORTED = 0xa80a,
};

enum ptp_event_code {
	PTP_EVENT_CANCEL_TRANSACTION = 0x4001,
	PTP_EVENT_OBJECT_ADDED = 0x4002,
	PTP_EVENT_OBJECT_REMOVED = 0x4003,
	PTP_EVENT_STORE_ADDED = 0x4004,
	PTP_EVENT_STORE_REMOVED = 0x4005,
	PTP_EVENT_DEVICE_PROP_CHANGED = 0x4006,
	PTP_EVENT_OBJECT_INFO_CHANGED = 0x4007,
	PTP_EVENT_DEVICE_INFO_CHANGED = 0x4008,
	PTP_EVENT_STORE_FULL = 0x400a,
	PTP_EVENT_DEVICE_RESET = 0x400b,
	PTP_EVENT_STORAGE_INFO_CHANGED = 0x400c,
	PTP_EVENT_CAPTURE_COMPLETE = 0x400d,
	PTP_EVENT_UNREPORTED_STATUS = 0x400e,
};

enum ptp_property {
	PTP_PROP_STORAGE_ID = 0xdc01,
	PTP_PROP_OBJECT_FORMAT = 0xdc02,
	PTP_PROP_PROTECTION_STATUS = 0xdc03,
	PTP_PROP_OBJECT_SIZE = 0xdc04,
	PTP_PROP_OBJECT_FILE_NAME = 0xdc07,
	PTP_PROP_DATE_MODIFIED = 0xdc09,
	PTP_PROP_PARENT_OBJECT = 0xdc0b,
	PTP_PROP_PERSISTENT_UID = 0xdc41,
};

#define PTP_FORMAT_ASSOCIATION 0x3001

#define PTP_HANDLE_NONE 0U          /* "no object", or "the root", or "all", as the operation has it */
#define PTP_HANDLE_ALL  0xffffffffU /* "all objects", or "the root" */

/* "OK", "Store_Not_Available", or "response 0xbf01". Static, but for unknown numbers: then in buffer. */
#define PTP_NAME_SIZE 48
const char *ptp_response_name(unsigned response, char buffer[static PTP_NAME_SIZE]);
const char *ptp_event_name(unsigned event, char buffer[static PTP_NAME_SIZE]);
const char *ptp_operation_name(unsigned operation, char buffer[static PTP_NAME_SIZE]);

/* What went wrong with a device, for people: its own answer by the standard's name, or what it did. error:
 * positive, a response or an errno of session.h. Static, or in buffer. */
const char *ptp_error_name(int error, char buffer[static PTP_NAME_SIZE]);
