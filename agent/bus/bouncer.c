/* SPDX-License-Identifier: GPL-3.0-or-later */

/* The authorization table. See bouncer.h. */

#include "bus/bouncer.h"

#include <string.h>

static const struct bouncer_rule rules[] = {
	{BUS_STATUS, false, "Status", "", "s", BOUNCER_STATUS},
	{BUS_LIST_DEVICES, false, "ListDevices", "", "s", BOUNCER_STATUS},
	{BUS_LIST_JOBS, false, "ListJobs", "", "s", BOUNCER_STATUS},
	{BUS_GET_JOB, false, "GetJob", "u", "s", BOUNCER_STATUS},
	{BUS_LIST_SESSIONS, false, "ListSessions", "", "s", BOUNCER_STATUS},
	{BUS_ADD_DEVICE, false, "AddDevice", "ssss", "s", BOUNCER_MANAGE},
	{BUS_RENAME_DEVICE, false, "RenameDevice", "ss", "", BOUNCER_MANAGE},
	{BUS_ASSIGN_DEVICE, false, "AssignDevice", "ss", "", BOUNCER_MANAGE},
	{BUS_REMOVE_DEVICE, false, "RemoveDevice", "s", "", BOUNCER_MANAGE},
	{BUS_ASSIGN_PERSON, false, "AssignPerson", "ss", "", BOUNCER_MANAGE},
	{BUS_EXPORT_DEVICES, false, "ExportDevices", "", "s", BOUNCER_MANAGE},
	{BUS_IMPORT_DEVICES, false, "ImportDevices", "h", "s", BOUNCER_MANAGE},
	{BUS_OFFLOAD, false, "Offload", "s", "u", BOUNCER_OFFLOAD},
	{BUS_WIPE, false, "Wipe", "sb", "u", BOUNCER_WIPE},
	{BUS_FORMAT, false, "Format", "sb", "u", BOUNCER_FORMAT},
	{BUS_CANCEL_JOB, false, "CancelJob", "u", "", BOUNCER_OFFLOAD},
	{BUS_VAULT_STATUS, false, "VaultStatus", "", "s", BOUNCER_STATUS},
	{BUS_VAULT_CREATE, false, "VaultCreate", "t", "u", BOUNCER_MANAGE},
	{BUS_VAULT_VERIFY, false, "VaultVerify", "", "u", BOUNCER_MANAGE},
	{BUS_AUDIT_VERIFY, false, "AuditVerify", "", "s", BOUNCER_MANAGE},
	{BUS_OPEN_AUDIT_LOG, false, "OpenAuditLog", "", "h", BOUNCER_MANAGE},
	{BUS_CERTIFICATES, false, "Certificates", "s", "s", BOUNCER_MANAGE},
	{BUS_RELOAD, false, "Reload", "", "", BOUNCER_MANAGE},
	{BUS_CHECK, true, "Check", "sb", "s", BOUNCER_CHECK},
	{BUS_RECORD_OUTING, true, "RecordOuting", "s", "s", BOUNCER_CHECK},
	{BUS_LIST_OUTINGS, false, "ListOutings", "", "s", BOUNCER_STATUS},
	{BUS_LIST_INCIDENTS, false, "ListIncidents", "", "s", BOUNCER_STATUS},
	{BUS_RETURN_OUTING, true, "ReturnOuting", "s", "s", BOUNCER_CHECK},
	{BUS_ATTEST, false, "Attest", "ss", "", BOUNCER_MANAGE},
	{BUS_ATTEST_DEVICE, false, "AttestDevice", "sss", "", BOUNCER_MANAGE},
	{BUS_IMPORT_NAMES, false, "ImportNames", "hs", "s", BOUNCER_MANAGE},
	{BUS_COUNT_NAMES, false, "CountNames", "", "s", BOUNCER_MANAGE},
	{BUS_CLEAR_NAMES, false, "ClearNames", "", "s", BOUNCER_MANAGE},
	{BUS_ALLOW_COPY, false, "AllowCopy", "ssss", "", BOUNCER_ALLOW},
	{BUS_EJECT, false, "Eject", "s", "", BOUNCER_EJECT},
	{BUS_ENCRYPT, false, "Encrypt", "shb", "u", BOUNCER_ENCRYPT},
};

static const char *const readable_properties[] = {"Version", "Ready"};

const struct bouncer_rule *bouncer_find(const char *name)
{
	for (size_t i = 0; i < ELEMENTS(rules); i++)
		if (strcmp(rules[i].name, name) == 0)
			return &rules[i];
	return NULL;
}

const struct bouncer_rule *bouncer_rule(enum bus_member member)
{
	for (size_t i = 0; i < ELEMENTS(rules); i++)
		if (rules[i].member == member)
			return &rules[i];
	return NULL;
}

bool bouncer_property(const char *name)
{
	for (size_t i = 0; i < ELEMENTS(readable_properties); i++)
		if (strcmp(readable_properties[i], name) == 0)
			return true;
	return false;
}
