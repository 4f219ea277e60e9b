/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * The table itself. A row is never removed and its name and MESSAGE_ID never change: journals and logs of
 * years ago hold them.
 */

#include "audit/events.h"

#include <string.h>

static const struct audit_event_info events[] = {
	{"device-found", "d7f04b42c43c4f53bd0cf7c30a8595fd", "A registered device was plugged in.",
		AUDIT_DEVICE_FOUND, 6},
	{"device-gone", "21dc08d1d51f4273a01f147731fcffe2", "A device was unplugged.", AUDIT_DEVICE_GONE, 6},
	{"device-refused", "9327ce93429547b783f498a734540639", "A device was refused.", AUDIT_DEVICE_REFUSED,
		4},
	{"device-unknown", "89081dc269454a8593e16d8fa0f3781e",
		"A device that is not registered was plugged in; it is left alone.", AUDIT_DEVICE_UNKNOWN, 5},
	{"offload-started", "b922e0ea08a34fa7a84706d867ed5dc6", "The offload of a device has begun.",
		AUDIT_OFFLOAD_STARTED, 6},
	{"offload-done", "b4986699cfe149269227e6efb0acd334",
		"Every file of a device is in the vault, and that is proven.", AUDIT_OFFLOAD_DONE, 5},
	{"offload-failed", "732c417c42964e5a87ec8cc95e2bd497",
		"The offload of a device did not end well; nothing on the device was changed.",
		AUDIT_OFFLOAD_FAILED, 3},
	{"clear-started", "56e8d87c567647a3878ee8e70c4cee3c", "A card is being cleared.", AUDIT_CLEAR_STARTED,
		5},
	{"clear-done", "f90e4c4dc288442ea23d99980e859e18", "A card was cleared and all of it was read back.",
		AUDIT_CLEAR_DONE, 5},
	{"clear-failed", "e00f4dfd313d4f45b443372e376211a5", "Clearing a card did not end well.",
		AUDIT_CLEAR_FAILED, 3},
	{"vault-created", "97f00a1e63fa4b7d8f7f80a1c71ed8ea", "The vault was created.", AUDIT_VAULT_CREATED,
		5},
	{"vault-opened", "11b7fb1e8bfc4924af52f4abf40323be", "The vault was opened.", AUDIT_VAULT_OPENED, 6},
	{"vault-verified", "f19727a2ce4d4b9b9b0982a22f1b1985", "The vault was compared with its manifests.",
		AUDIT_VAULT_VERIFIED, 5},
	{"register-changed", "13d14c3a4a934841850b2ed8db338a4f", "The register of devices was changed.",
		AUDIT_REGISTER_CHANGED, 5},
	{"config-reloaded", "47575549689446a4b6361b2abba0b80e", "The configuration was read again.",
		AUDIT_CONFIG_RELOADED, 5},
	{"config-rejected", "42978b2b6b0a4c069cdf4bf3222eeb88",
		"The configuration has an error; the old settings stay.", AUDIT_CONFIG_REJECTED, 3},
	{"agent-started", "66e20259ee92463e95b24664967c30ef", "outing-guard has started.",
		AUDIT_AGENT_STARTED, 6},
	{"agent-stopped", "cb5be9ba2c204fc38b0b2e0679c3292f", "outing-guard has stopped.",
		AUDIT_AGENT_STOPPED, 6},
	{"request-refused", "c4ac578c14d54c89a8eca2cb5633608b",
		"Somebody asked for something that they are not allowed to do.", AUDIT_REFUSED_REQUEST, 4},
	{"log-started", "ac662d769ca24a658d5dcd917bd27790", "A new audit log was begun.", AUDIT_LOG_STARTED,
		5},
	{"log-repaired", "87599b433b9548c0bcb26be7ae48eb34",
		"An unfinished last line of the audit log was cut off.", AUDIT_LOG_REPAIRED, 4},
	{"log-rotated", "6f4d15c0c09a48748e3ce908c8a2ef35", "The audit log goes on in a new file.",
		AUDIT_LOG_ROTATED, 6},
	{"log-expired", "8d0cff1ee98442bda35d7615e113c9e2", "An old file of the audit log is removed.",
		AUDIT_LOG_EXPIRED, 5},
	{"log-damaged", "b3924eb65e964711a6c786ef8be3f170",
		"The audit log was changed by somebody or something else.", AUDIT_LOG_DAMAGED, 2},
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
