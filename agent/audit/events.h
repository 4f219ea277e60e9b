/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * The one table of events: name (audit log, hooks, D-Bus), MESSAGE_ID (journal) and priority. Names and
 * MESSAGE_IDs are an interface: never changed, never used again for something else. Each MESSAGE_ID has its
 * text in packaging/outing-guard.catalog.
 */

#include "base/cleanup.h"

enum audit_event {
	AUDIT_DEVICE_FOUND = 1, /* device-found */
	AUDIT_DEVICE_GONE,      /* device-gone */
	AUDIT_DEVICE_REFUSED,   /* device-refused */
	AUDIT_DEVICE_UNKNOWN,   /* device-unknown */
	AUDIT_OFFLOAD_STARTED,  /* offload-started */
	AUDIT_OFFLOAD_DONE,     /* offload-done */
	AUDIT_OFFLOAD_FAILED,   /* offload-failed */
	AUDIT_CLEAR_STARTED,    /* clear-started */
	AUDIT_CLEAR_DONE,       /* clear-done */
	AUDIT_CLEAR_FAILED,     /* clear-failed */
	AUDIT_VAULT_CREATED,    /* vault-created */
	AUDIT_VAULT_OPENED,     /* vault-opened */
	AUDIT_VAULT_VERIFIED,   /* vault-verified */
	AUDIT_REGISTER_CHANGED, /* register-changed */
	AUDIT_CONFIG_RELOADED,  /* config-reloaded */
	AUDIT_CONFIG_REJECTED,  /* config-rejected */
	AUDIT_AGENT_STARTED,    /* agent-started */
	AUDIT_AGENT_STOPPED,    /* agent-stopped */
	AUDIT_REFUSED_REQUEST,  /* request-refused: somebody was not allowed to do something */
	AUDIT_LOG_STARTED,      /* log-started: first line of a new log */
	AUDIT_LOG_REPAIRED,     /* log-repaired: a line torn by a power cut was cut off */
	AUDIT_LOG_ROTATED,      /* log-rotated: first line of the next file */
	AUDIT_LOG_EXPIRED,      /* log-expired: a file older than the retention is about to be removed */
	AUDIT_LOG_DAMAGED,      /* log-damaged: the log did not verify when it was opened */
	AUDIT_OUTING_CHECKED,   /* outing-checked: somebody asked whether this may travel, and the answer */
	AUDIT_OUTING_RECORDED,  /* outing-recorded */
	AUDIT_OUTING_RETURNED,  /* outing-returned: parts of it were booked in */
	AUDIT_OUTING_OVERDUE,   /* outing-overdue: an incident */
	AUDIT_ATTESTED,         /* attested: the manager says that something was done */
	AUDIT_NAMES_CHANGED,    /* names-changed: the list of children's names was imported or cleared */
	AUDIT_GATE_OPENED,      /* gate-opened: a plain stick is offered through the gate */
	AUDIT_GATE_CLOSED,      /* gate-closed */
	AUDIT_GATE_FAILED,      /* gate-failed: it could not be opened, or broke */
	AUDIT_COPY_REFUSED,     /* copy-refused: one, or as many as it says, in a row */
	AUDIT_COPY_ALLOWED,     /* copy-allowed: a manager's exception, with its reason */
	AUDIT_COPY_ALLOWED_WRITTEN, /* copy-allowed-written: it was used */
	AUDIT_DEVICE_UNLOCKED,      /* device-unlocked: an encrypted stick was opened */
	AUDIT_ENCRYPT_STARTED,      /* encrypt-started: a stick is being made an encrypted one */
	AUDIT_ENCRYPT_DONE,         /* encrypt-done */
	AUDIT_ENCRYPT_FAILED,       /* encrypt-failed */
	AUDIT_REMOVAL_STARTED,      /* removal-started: deleting from a camera has begun */
	AUDIT_REMOVAL_DONE,         /* removal-done */
	AUDIT_REMOVAL_FAILED,       /* removal-failed */
	AUDIT_EVENT_END,
};

struct audit_event_info {
	const char *name;
	const char *message_id; /* 32 hex digits */
	const char *summary;    /* MESSAGE= in the journal; one sentence without names */
	enum audit_event event;
	int priority; /* syslog */
};

/* Never NULL for a valid event. */
const struct audit_event_info *audit_event_info(enum audit_event event);

/* NULL when there is no event of that name. */
const struct audit_event_info *audit_event_by_name(const char *name);
