/* SPDX-License-Identifier: GPL-3.0-or-later */

/* The tables of names. See codes.h. */

#include "ptp/codes.h"

#include <string.h>

struct named {
	unsigned code;
	const char *name;
};

static const struct named responses[] = {
	{0x2000, "Undefined"},
	{0x2001, "OK"},
	{0x2002, "General_Error"},
	{0x2003, "Session_Not_Open"},
	{0x2004, "Invalid_TransactionID"},
	{0x2005, "Operation_Not_Supported"},
	{0x2006, "Parameter_Not_Supported"},
	{0x2007, "Incomplete_Transfer"},
	{0x2008, "Invalid_StorageID"},
	{0x2009, "Invalid_ObjectHandle"},
	{0x200a, "DeviceProp_Not_Supported"},
	{0x200b, "Invalid_ObjectFormatCode"},
	{0x200c, "Store_Full"},
	{0x200d, "Object_WriteProtected"},
	{0x200e, "Store_Read_Only"},
	{0x200f, "Access_Denied"},
	{0x2010, "No_Thumbnail_Present"},
	{0x2011, "SelfTest_Failed"},
	{0x2012, "Partial_Deletion"},
	{0x2013, "Store_Not_Available"},
	{0x2014, "Specification_By_Format_Unsupported"},
	{0x2015, "No_Valid_ObjectInfo"},
	{0x2016, "Invalid_Code_Format"},
	{0x2017, "Unknown_Vendor_Code"},
	{0x2018, "Capture_Already_Terminated"},
	{0x2019, "Device_Busy"},
	{0x201a, "Invalid_ParentObject"},
	{0x201b, "Invalid_DeviceProp_Format"},
	{0x201c, "Invalid_DeviceProp_Value"},
	{0x201d, "Invalid_Parameter"},
	{0x201e, "Session_Already_Open"},
	{0x201f, "Transaction_Cancelled"},
	{0x2020, "Specification_of_Destination_Unsupported"},
	{0x2021, "Invalid_EnumHandle"},
	{0x2022, "No_Stream_Enabled"},
	{0x2023, "Invalid_Data_Set"},
	{0xa801, "Invalid_ObjectPropCode"},
	{0xa802, "Invalid_ObjectProp_Format"},
	{0xa803, "Invalid_ObjectProp_Value"},
	{0xa804, "Invalid_ObjectReference"},
	{0xa805, "Group_Not_Supported"},
	{0xa806, "Invalid_Dataset"},
	{0xa807, "Specification_By_Group_Unsupported"},
	{0xa808, "Specification_By_Depth_Unsupported"},
	{0xa809, "Object_Too_Large"},
	{0xa80a, "ObjectProp_Not_Supported"},
};

static const struct named events[] = {
	{0x4000, "Undefined"},
	{0x4001, "CancelTransaction"},
	{0x4002, "ObjectAdded"},
	{0x4003, "ObjectRemoved"},
	{0x4004, "StoreAdded"},
	{0x4005, "StoreRemoved"},
	{0x4006, "DevicePropChanged"},
	{0x4007, "ObjectInfoChanged"},
	{0x4008, "DeviceInfoChanged"},
	{0x4009, "RequestObjectTransfer"},
	{0x400a, "StoreFull"},
	{0x400b, "DeviceReset"},
	{0x400c, "StorageInfoChanged"},
	{0x400d, "CaptureComplete"},
	{0x400e, "UnreportedStatus"},
	{0xc801, "ObjectPropChanged"},
	{0xc802, "ObjectPropDescChanged"},
	{0xc803, "ObjectReferencesChanged"},
};

static const struct named operations[] = {
	{PTP_GET_DEVICE_INFO, "GetDeviceInfo"},
	{PTP_OPEN_SESSION, "OpenSession"},
	{PTP_CLOSE_SESSION, "CloseSession"},
	{PTP_GET_STORAGE_IDS, "GetStorageIDs"},
	{PTP_GET_STORAGE_INFO, "GetStorageInfo"},
	{PTP_GET_NUM_OBJECTS, "GetNumObjects"},
	{PTP_GET_OBJECT_HANDLES, "GetObjectHandles"},
	{PTP_GET_OBJECT_INFO, "GetObjectInfo"},
	{PTP_GET_OBJECT, "GetObject"},
	{PTP_DELETE_OBJECT, "DeleteObject"},
	{PTP_FORMAT_STORE, "FormatStore"},
	{PTP_SET_OBJECT_PROTECTION, "SetObjectProtection"},
	{PTP_GET_PARTIAL_OBJECT, "GetPartialObject"},
	{PTP_GET_PARTIAL_OBJECT_64, "GetPartialObject64"},
	{PTP_GET_OBJECT_PROPS_SUPPORTED, "GetObjectPropsSupported"},
	{PTP_GET_OBJECT_PROP_VALUE, "GetObjectPropValue"},
	{PTP_GET_OBJECT_PROP_LIST, "GetObjectPropList"},
};

static const char *name_of(
	const struct named *table, size_t count, unsigned code, const char *kind, char *buffer)
{
	for (size_t i = 0; i < count; i++)
		if (table[i].code == code)
			return table[i].name;
	(void)snprintf(buffer, PTP_NAME_SIZE, "%s %#06x", kind, code);
	return buffer;
}

const char *ptp_response_name(unsigned response, char buffer[static PTP_NAME_SIZE])
{
	return name_of(responses, ELEMENTS(responses), response, "response", buffer);
}

const char *ptp_event_name(unsigned event, char buffer[static PTP_NAME_SIZE])
{
	return name_of(events, ELEMENTS(events), event, "event", buffer);
}

const char *ptp_operation_name(unsigned operation, char buffer[static PTP_NAME_SIZE])
{
	return name_of(operations, ELEMENTS(operations), operation, "operation", buffer);
}

const char *ptp_error_name(int error, char buffer[static PTP_NAME_SIZE])
{
	if (error >= PTP_OK)
		return ptp_response_name((unsigned)error, buffer);
	switch (error) {
	case EAGAIN:
		return "its content keeps changing";
	case EBADMSG:
		return "it breaks the protocol";
	case EMSGSIZE:
		return "it sends another size than it lists";
	case ENODEV:
		return "it went away";
	case ENOMEDIUM:
		return "it shows no memory any more";
	case EPIPE:
		return "it broke the transfer off";
	case ETIMEDOUT:
		return "it stopped answering";
	default:
		return strerrordesc_np(error);
	}
}
