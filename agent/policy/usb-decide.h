/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Whether the computer talks to a USB device at all, as one pure function of what it brings, who it is by the
 * register, and the configuration; and the sentence for people.
 *
 * The rules (75-outing-guard-usb.rules) have let in what everybody may use and kept everything else out,
 * whether the agent runs or not. Here it is only decided which of the others belong to the setting.
 */

#include "policy/config.h"
#include "policy/usb-class.h"

enum usb_known {
	USB_STRANGER,
	USB_REGISTERED,
	USB_CHANGED, /* the same vendor, product and serial, but it describes itself differently */
	USB_MOVED,   /* without a serial: registered at another socket */
};

enum usb_decision {
	USB_LEAVE, /* none of our business: allowed by class, the running system's, or the technician's wish
		    */
	USB_LET_IN,
	USB_REFUSE,
};

enum usb_reason {
	USB_REASON_NONE,
	USB_REASON_STRANGER, /* "unregistered" */
	USB_REASON_CHANGED,  /* "changed" */
	USB_REASON_MOVED,    /* "moved" */
	USB_REASON_CLONE,    /* "clone" */
	USB_REASON_CHARGING, /* "charging-only": a phone that shows nothing to copy from */
	USB_REASON_CLASS,    /* "not-allowed" */
	USB_REASON_UNKNOWN,  /* "unreadable" */
};

struct usb_decide_facts {
	enum usb_brings brings;
	bool only_storage; /* usb_is_only_storage() */
	bool exempt;       /* the running system's disk, or the technician's rule says "allow" */
	enum usb_known known;
	bool clone;       /* another one with the same identity was here before */
	bool registering; /* a manager is registering it just now */
};

enum usb_decision usb_decide(
	const struct usb_decide_facts *facts, const struct config *config, enum usb_reason *ret_reason);

const char *usb_reason_name(enum usb_reason reason);

struct usb_sentence_facts {
	enum usb_reason reason;
	enum usb_brings brings;
	enum usb_hint hint;
	unsigned vendor_id;
	const char *id;   /* as the list shows it */
	const char *name; /* registered name, NULL: none */
};

/* What people read; cut to size. */
#define USB_SENTENCE_SIZE 640
void usb_sentence(const struct usb_sentence_facts *facts, char ret_text[static USB_SENTENCE_SIZE]);
