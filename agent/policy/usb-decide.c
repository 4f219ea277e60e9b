/* SPDX-License-Identifier: GPL-3.0-or-later */

/* The order of the questions is the policy; the sentences say what, why and the way out. Pure. */

#include "policy/usb-decide.h"

#include "policy/hint.h"

#define APPLE 0x05ac

static enum usb_reason why_refused(const struct usb_decide_facts *facts)
{
	switch (facts->brings) {
	case USB_BRINGS_ALLOWED:
	case USB_BRINGS_STORAGE:
	case USB_BRINGS_IMAGES:
		break;
	case USB_BRINGS_PHONE:
		return USB_REASON_CHARGING;
	case USB_BRINGS_OTHER:
		return USB_REASON_CLASS;
	case USB_BRINGS_UNKNOWN:
		return USB_REASON_UNKNOWN;
	}
	return USB_REASON_STRANGER;
}

static enum usb_decision refuse(enum usb_reason reason, enum usb_reason *ret_reason)
{
	*ret_reason = reason;
	return USB_REFUSE;
}

enum usb_decision usb_decide(
	const struct usb_decide_facts *facts, const struct config *config, enum usb_reason *ret_reason)
{
	*ret_reason = USB_REASON_NONE;
	if (facts->exempt || facts->brings == USB_BRINGS_ALLOWED)
		return USB_LEAVE;
	if (facts->clone)
		return refuse(USB_REASON_CLONE, ret_reason);
	if (facts->registering || facts->known == USB_REGISTERED)
		return USB_LET_IN;
	if (facts->known == USB_CHANGED)
		return refuse(USB_REASON_CHANGED, ret_reason);
	if (facts->known == USB_MOVED)
		return refuse(USB_REASON_MOVED, ret_reason);
	if (facts->brings == USB_BRINGS_STORAGE && facts->only_storage &&
		config->removable.unknown_device == CONFIG_UNKNOWN_GATE)
		return USB_LET_IN;
	return refuse(why_refused(facts), ret_reason);
}

const char *usb_reason_name(enum usb_reason reason)
{
	static const char *const names[] = {
		[USB_REASON_NONE] = "none",
		[USB_REASON_STRANGER] = "unregistered",
		[USB_REASON_CHANGED] = "changed",
		[USB_REASON_MOVED] = "moved",
		[USB_REASON_CLONE] = "clone",
		[USB_REASON_CHARGING] = "charging-only",
		[USB_REASON_CLASS] = "not-allowed",
		[USB_REASON_UNKNOWN] = "unreadable",
	};

	return (size_t)reason < ELEMENTS(names) ? names[reason] : "none";
}

static bool is_phone(const struct usb_sentence_facts *facts)
{
	return facts->vendor_id == APPLE || facts->hint == USB_HINT_MTP || facts->hint == USB_HINT_PHONE ||
	       facts->brings == USB_BRINGS_PHONE;
}

static const char *kind_of(const struct usb_sentence_facts *facts)
{
	if (facts->brings == USB_BRINGS_STORAGE)
		return "stick, disk or card reader";
	return is_phone(facts) ? "phone or tablet" : "camera";
}

static const char *role_of(const struct usb_sentence_facts *facts)
{
	if (facts->brings == USB_BRINGS_STORAGE)
		return "stick";
	return is_phone(facts) ? "phone" : "camera";
}

static void stranger(const struct usb_sentence_facts *facts, char *ret_text)
{
	(void)snprintf(ret_text, USB_SENTENCE_SIZE,
		"This %s is not one of the setting's own devices, so the computer does not talk to it. A "
		"manager can register it: outingctl device add NAME --role %s --device %s",
		kind_of(facts), role_of(facts), facts->id);
}

static void charging(const struct usb_sentence_facts *facts, char *ret_text)
{
	(void)snprintf(ret_text, USB_SENTENCE_SIZE,
		"This phone or tablet is not one of the setting's own devices as it shows itself now, so the "
		"computer does not talk to it. If it is the setting's: %s",
		hint_unlock(ROLE_PHONE, facts->vendor_id));
}

/* What is known by a card keeps its entry; what is known by its socket alone is a new one elsewhere. */
static void moved(const struct usb_sentence_facts *facts, const char *name, char *ret_text)
{
	if (facts->brings == USB_BRINGS_STORAGE)
		(void)snprintf(ret_text, USB_SENTENCE_SIZE,
			"This device has no serial number, and %s was registered at another socket of this "
			"computer, so the computer does not talk to it. Plug it in there, or let a manager "
			"register it here: outingctl device add \"%s\" --role %s --device %s",
			name, name, role_of(facts), facts->id);
	else
		(void)snprintf(ret_text, USB_SENTENCE_SIZE,
			"This device has no serial number, and %s was registered at another socket of this "
			"computer, so the computer does not talk to it. Plug it in there, or let a manager "
			"register it here under a new name: outingctl device add NAME --role %s --device %s",
			name, role_of(facts), facts->id);
}

void usb_sentence(const struct usb_sentence_facts *facts, char ret_text[static USB_SENTENCE_SIZE])
{
	const char *name = facts->name ? facts->name : "it";

	ret_text[0] = '\0';
	switch (facts->reason) {
	case USB_REASON_NONE:
		return;
	case USB_REASON_STRANGER:
		stranger(facts, ret_text);
		return;
	case USB_REASON_CHARGING:
		charging(facts, ret_text);
		return;
	case USB_REASON_CHANGED:
		(void)snprintf(ret_text, USB_SENTENCE_SIZE,
			"This device says that it is %s, but it does not describe itself as it did when it "
			"was registered, so the computer does not talk to it. Somebody may have changed it. "
			"If nothing is wrong with it, a manager can register it again: outingctl device add "
			"\"%s\" --role %s --device %s",
			name, name, role_of(facts), facts->id);
		return;
	case USB_REASON_MOVED:
		moved(facts, name, ret_text);
		return;
	case USB_REASON_CLONE:
		(void)snprintf(ret_text, USB_SENTENCE_SIZE,
			"Another device with the same serial number is plugged in, so the computer does not "
			"talk to this one. Two devices never have the same number: tell the manager.");
		return;
	case USB_REASON_CLASS:
		(void)snprintf(ret_text, USB_SENTENCE_SIZE,
			"This device is of a kind that is not used on this computer. The technician can "
			"allow it: usb.allow in outing-guard.conf(5).");
		return;
	case USB_REASON_UNKNOWN:
		(void)snprintf(ret_text, USB_SENTENCE_SIZE,
			"This device does not say what it is in a way that can be understood, so the "
			"computer does not talk to it. Ask the technician.");
		return;
	}
}
