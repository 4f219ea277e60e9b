/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * The table itself. A row is never removed and its name and MESSAGE_ID never change: journals and logs of
 * years ago hold them.
 */

#include "audit/events.h"

#include <string.h>

static const struct audit_event_info events[] = {
	{AUDIT_DEVICE_FOUND, "device-found", "d7f04b42c43c4f53bd0cf7c30a8595fd", 6,
		"A registered device was plugged in."},
	{AUDIT_DEVICE_GONE, "device-gone", "21dc08d1d51f4273a01f147731fcffe2", 6, "A device was unplugged."},
	{AUDIT_DEVICE_REFUSED, "device-refused", "9327ce93429547b783f498a734540639", 4,
		"A device was refused."},
	{AUDIT_DEVICE_UNKNOWN, "device-unknown", "89081dc269454a8593e16d8fa0f3781e", 5,
		"A device that is not registered was plugged in; it is left alone."},
	{AUDIT_OFFLOAD_STARTED, "offload-started", "b922e0ea08a34fa7a84706d867ed5dc6", 6,
		"The offload of a device has begun."},
	{AUDIT_OFFLOAD_DONE, "offload-done", "b4986699cfe149269227e6efb0acd334", 5,
		"Every file of a device is in the vault, and that is proven."},
	{AUDIT_OFFLOAD_FAILED, "offload-failed", "732c417c42964e5a87ec8cc95e2bd497", 3,
		"The offload of a device did not end well; nothing on the device was changed."},
	{AUDIT_CLEAR_STARTED, "clear-started", "56e8d87c567647a3878ee8e70c4cee3c", 5,
		"A card is being cleared."},
	{AUDIT_CLEAR_DONE, "clear-done", "f90e4c4dc288442ea23d99980e859e18", 5,
		"A card was cleared and all of it was read back."},
	{AUDIT_CLEAR_FAILED, "clear-failed", "e00f4dfd313d4f45b443372e376211a5", 3,
		"Clearing a card did not end well."},
	{AUDIT_VAULT_CREATED, "vault-created", "97f00a1e63fa4b7d8f7f80a1c71ed8ea", 5,
		"The vault was created."},
	{AUDIT_VAULT_OPENED, "vault-opened", "11b7fb1e8bfc4924af52f4abf40323be", 6, "The vault was opened."},
	{AUDIT_VAULT_VERIFIED, "vault-verified", "f19727a2ce4d4b9b9b0982a22f1b1985", 5,
		"The vault was compared with its manifests."},
	{AUDIT_REGISTER_CHANGED, "register-changed", "13d14c3a4a934841850b2ed8db338a4f", 5,
		"The register of devices was changed."},
	{AUDIT_CONFIG_RELOADED, "config-reloaded", "47575549689446a4b6361b2abba0b80e", 5,
		"The configuration was read again."},
	{AUDIT_CONFIG_REJECTED, "config-rejected", "42978b2b6b0a4c069cdf4bf3222eeb88", 3,
		"The configuration has an error; the old settings stay."},
	{AUDIT_AGENT_STARTED, "agent-started", "66e20259ee92463e95b24664967c30ef", 6,
		"outing-guard has started."},
	{AUDIT_AGENT_STOPPED, "agent-stopped", "cb5be9ba2c204fc38b0b2e0679c3292f", 6,
		"outing-guard has stopped."},
	{AUDIT_REFUSED_REQUEST, "request-refused", "c4ac578c14d54c89a8eca2cb5633608b", 4,
		"Somebody asked for something that they are not allowed to do."},
	{AUDIT_LOG_STARTED, "log-started", "ac662d769ca24a658d5dcd917bd27790", 5,
		"A new audit log was begun."},
	{AUDIT_LOG_REPAIRED, "log-repaired", "87599b433b9548c0bcb26be7ae48eb34", 4,
		"An unfinished last line of the audit log was cut off."},
	{AUDIT_LOG_ROTATED, "log-rotated", "6f4d15c0c09a48748e3ce908c8a2ef35", 6,
		"The audit log goes on in a new file."},
	{AUDIT_LOG_EXPIRED, "log-expired", "8d0cff1ee98442bda35d7615e113c9e2", 5,
		"An old file of the audit log is removed."},
	{AUDIT_LOG_DAMAGED, "log-damaged", "b3924eb65e964711a6c786ef8be3f170", 2,
		"The audit log was changed by somebody or something else."},
};

_Static_assert(ELEMENTS(events) == AUDIT_EVENT_END - 1, "every event has its row");

const struct audit_event_info *audit_event_info(enum audit_event event)
{
	for (size_t i = 0; i < ELEMENTS(events); i++)
		if (events[i].event == event)
			return &events[i];
	return NULL;
}

const struct audit_event_info *audit_event_by_name(const char *name)
{
	for (size_t i = 0; i < ELEMENTS(events); i++)
		if (strcmp(events[i].name, name) == 0)
			return &events[i];
	return NULL;
}
