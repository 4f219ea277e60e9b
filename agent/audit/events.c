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
		"A device that is not registered was plugged in.", AUDIT_DEVICE_UNKNOWN, 5},
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
	{"outing-checked", "ea93953aad5e47e288d2a5d8d4c19fd4",
		"Somebody checked whether what is to travel is ready.", AUDIT_OUTING_CHECKED, 6},
	{"outing-recorded", "2ef57db55ee64bf0abbf3106ce9ed775", "An outing was recorded.",
		AUDIT_OUTING_RECORDED, 5},
	{"outing-returned", "fe1e79f9b629451ca128a2993289a1da", "What was out on an outing was booked in.",
		AUDIT_OUTING_RETURNED, 5},
	{"outing-overdue", "8d1374d9f5334c9190d266073a8c2517", "An outing is not back in time.",
		AUDIT_OUTING_OVERDUE, 3},
	{"attested", "859542da858f4e27870ca5aa77382355", "The manager attested that something was done.",
		AUDIT_ATTESTED, 5},
	{"names-changed", "7c1d4b0e93a5472f8d20e6b15fa8c3d7", "The list of children's names was changed.",
		AUDIT_NAMES_CHANGED, 5},
	{"gate-opened", "5a0c2f9e71d84b6c93e7d14fb2068ac5",
		"An unencrypted stick is open; what is copied onto it is looked at first.", AUDIT_GATE_OPENED,
		6},
	{"gate-closed", "c83be1705f2d4a1f8e60d7943b5a21fc", "An unencrypted stick was closed.",
		AUDIT_GATE_CLOSED, 6},
	{"gate-failed", "0e94d6ab38c74f52a1b7f3058d2ce916",
		"An unencrypted stick could not be opened, or its gate broke; nothing can be copied onto it.",
		AUDIT_GATE_FAILED, 3},
	{"copy-refused", "e27f5b1340c94d8ab6035ac8f19d7e24",
		"Something was not copied onto an unencrypted stick.", AUDIT_COPY_REFUSED, 5},
	{"copy-allowed", "91d3a8c65eb74027bf1c06d94e8a52f3",
		"A manager allowed one file onto an unencrypted stick.", AUDIT_COPY_ALLOWED, 5},
	{"copy-allowed-written", "4bf62d08e1a943758c9e15a07d3bc6f2",
		"The file that a manager allowed was copied onto an unencrypted stick.",
		AUDIT_COPY_ALLOWED_WRITTEN, 5},
	{"device-unlocked", "5e0d3a9b1c7f48f2a6d4908b7e21c35f", "An encrypted stick was opened.",
		AUDIT_DEVICE_UNLOCKED, 6},
	{"encrypt-started", "d60781852b894e4fafb25a5a2c7f3869", "A stick is being encrypted.",
		AUDIT_ENCRYPT_STARTED, 5},
	{"encrypt-done", "f3707f0a645a486b875c3947940dc043",
		"A stick was encrypted and all of it was read back.", AUDIT_ENCRYPT_DONE, 5},
	{"encrypt-failed", "08baa83eda964ed5ba20a8c782dab589", "Encrypting a stick did not end well.",
		AUDIT_ENCRYPT_FAILED, 3},
	{"removal-started", "7f5e5c503e6545cf8e3a806e9869ff85",
		"What is safe is being deleted from a camera.", AUDIT_REMOVAL_STARTED, 5},
	{"removal-done", "1344ec3ee5304056ba0a4cace30ac029",
		"Everything that was copied is removed from a camera, which is not a wipe.",
		AUDIT_REMOVAL_DONE, 5},
	{"removal-failed", "8ee47a0571a54639917c514037a71c27", "Deleting from a camera did not end well.",
		AUDIT_REMOVAL_FAILED, 3},
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
