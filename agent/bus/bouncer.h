/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * The one authorization table: which polkit action each member of the D-Bus interface needs.
 *
 * Deny by default: a member that is not here cannot be called by anybody, the superuser included, and a test
 * walks the interface's XML and fails if a member is missing. The signatures are here too, because what may
 * be asked and how large it may be belong together. Pure data, no I/O.
 */

#include "base/cleanup.h"

#define BUS_NAME      "org.outingguard.Agent1"
#define BUS_PATH      "/org/outingguard/Agent1"
#define BUS_INTERFACE "org.outingguard.Agent1"

#define BOUNCER_STATUS  "org.outingguard.status"
#define BOUNCER_OFFLOAD "org.outingguard.offload"
#define BOUNCER_WIPE    "org.outingguard.wipe"
#define BOUNCER_FORMAT  "org.outingguard.format"
#define BOUNCER_MANAGE  "org.outingguard.manage"
#define BOUNCER_CHECK   "org.outingguard.check"
#define BOUNCER_ALLOW   "org.outingguard.allow-copy"
#define BOUNCER_EJECT   "org.outingguard.eject"
#define BOUNCER_ENCRYPT "org.outingguard.encrypt"

#define BUS_TEXTS_MAX 4
#define BUS_TEXT_MAX  512  /* bytes of one text argument */
#define BUS_JSON_MAX  8192 /* bytes of a text argument that is a JSON document */

enum bus_member {
	BUS_STATUS,
	BUS_LIST_DEVICES,
	BUS_LIST_JOBS,
	BUS_GET_JOB,
	BUS_LIST_SESSIONS,
	BUS_ADD_DEVICE,
	BUS_RENAME_DEVICE,
	BUS_ASSIGN_DEVICE,
	BUS_REMOVE_DEVICE,
	BUS_ASSIGN_PERSON,
	BUS_EXPORT_DEVICES,
	BUS_IMPORT_DEVICES,
	BUS_OFFLOAD,
	BUS_WIPE,
	BUS_FORMAT,
	BUS_CANCEL_JOB,
	BUS_VAULT_STATUS,
	BUS_VAULT_CREATE,
	BUS_VAULT_VERIFY,
	BUS_AUDIT_VERIFY,
	BUS_OPEN_AUDIT_LOG,
	BUS_CERTIFICATES,
	BUS_RELOAD,
	BUS_CHECK,
	BUS_RECORD_OUTING,
	BUS_LIST_OUTINGS,
	BUS_LIST_INCIDENTS,
	BUS_RETURN_OUTING,
	BUS_ATTEST,
	BUS_ATTEST_DEVICE,
	BUS_IMPORT_NAMES,
	BUS_COUNT_NAMES,
	BUS_CLEAR_NAMES,
	BUS_ALLOW_COPY,
	BUS_EJECT,
	BUS_ENCRYPT,
	BUS_MEMBERS,
};

struct bouncer_rule {
	enum bus_member member;
	bool takes_json; /* its texts may have BUS_JSON_MAX bytes, not BUS_TEXT_MAX */
	const char *name;
	const char *input;  /* D-Bus signature: any of s, u, t, b, and at most one h */
	const char *output; /* "", "s", "u" or "h" */
	const char *action; /* polkit; NULL only for properties, which everybody may read */
};

/* NULL: no such member, refuse. */
const struct bouncer_rule *bouncer_find(const char *name);

/* NULL for BUS_MEMBERS and beyond. */
const struct bouncer_rule *bouncer_rule(enum bus_member member);

/* True for a property that everybody may read; there are no writable ones. */
bool bouncer_property(const char *name);
