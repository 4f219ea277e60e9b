/* SPDX-License-Identifier: GPL-3.0-or-later */

/* The authorization table. See bouncer.h. */

#include "bus/bouncer.h"

#include <string.h>

static const struct bouncer_rule rules[] = {
	{BUS_STATUS, "Status", "", "s", BOUNCER_STATUS},
	{BUS_LIST_DEVICES, "ListDevices", "", "s", BOUNCER_STATUS},
	{BUS_LIST_JOBS, "ListJobs", "", "s", BOUNCER_STATUS},
	{BUS_GET_JOB, "GetJob", "u", "s", BOUNCER_STATUS},
	{BUS_LIST_SESSIONS, "ListSessions", "", "s", BOUNCER_STATUS},
	{BUS_ADD_DEVICE, "AddDevice", "ssss", "s", BOUNCER_MANAGE},
	{BUS_RENAME_DEVICE, "RenameDevice", "ss", "", BOUNCER_MANAGE},
	{BUS_ASSIGN_DEVICE, "AssignDevice", "ss", "", BOUNCER_MANAGE},
	{BUS_REMOVE_DEVICE, "RemoveDevice", "s", "", BOUNCER_MANAGE},
	{BUS_OFFLOAD, "Offload", "s", "u", BOUNCER_OFFLOAD},
	{BUS_WIPE, "Wipe", "sb", "u", BOUNCER_WIPE},
	{BUS_CANCEL_JOB, "CancelJob", "u", "", BOUNCER_OFFLOAD},
	{BUS_VAULT_STATUS, "VaultStatus", "", "s", BOUNCER_STATUS},
	{BUS_VAULT_CREATE, "VaultCreate", "t", "u", BOUNCER_MANAGE},
	{BUS_VAULT_VERIFY, "VaultVerify", "", "u", BOUNCER_MANAGE},
	{BUS_AUDIT_VERIFY, "AuditVerify", "", "s", BOUNCER_MANAGE},
	{BUS_OPEN_AUDIT_LOG, "OpenAuditLog", "", "h", BOUNCER_MANAGE},
	{BUS_CERTIFICATES, "Certificates", "s", "s", BOUNCER_MANAGE},
	{BUS_RELOAD, "Reload", "", "", BOUNCER_MANAGE},
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
