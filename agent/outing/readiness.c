/* SPDX-License-Identifier: GPL-3.0-or-later */

/* The order of the questions is the policy: what cannot be known first, what is proven last. See readiness.h.
 */

#include "outing/readiness.h"

#include <stdarg.h>
#include <string.h>

static void because(struct readiness *r, const char *format, ...) _printf_(2, 3);
static void because(struct readiness *r, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	(void)vsnprintf(r->reason, sizeof r->reason, format, args);
	va_end(args);
}

static void advise(struct readiness *r, const char *format, ...) _printf_(2, 3);
static void advise(struct readiness *r, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	(void)vsnprintf(r->fix, sizeof r->fix, format, args);
	va_end(args);
}

static void judge_absent(const struct readiness_device *d, struct readiness *r)
{
	if (d->out) {
		because(r, "%s is out on an outing and was not booked in.", d->name);
		advise(r, "When it is back, book it in with \"outing-check return\" and plug it in. If only "
			  "other "
			  "things travel now, name them with --take.");
		return;
	}
	because(r, "%s is not plugged in, so it cannot be known what is on it.", d->name);
	advise(r, "Plug it in and check again. If it stays here, name what travels with --take.");
}

/* What keeps any device from being judged; false: nothing does. */
static bool judge_unclear(const struct readiness_device *d, struct readiness *r)
{
	if (!d->present) {
		judge_absent(d, r);
	} else if (!d->settled) {
		because(r, "The computer is still looking at %s.", d->name);
		advise(r, "Wait a moment and check again.");
	} else if (d->unclear) {
		because(r, "%s: %s", d->name, d->unclear_reason ? d->unclear_reason : "it was refused.");
		advise(r, "Unplug it, plug it in again and check again; if that does not help, leave it here "
			  "and "
			  "ask the manager.");
	} else {
		return false;
	}
	return true;
}

static bool judge_work(const struct readiness_device *d, struct readiness *r)
{
	switch (d->work) {
	case READINESS_IDLE:
		return false;
	case READINESS_OFFLOADING:
		because(r, "The pictures on %s are being copied into the vault at this moment.", d->name);
		break;
	case READINESS_CLEARING:
		because(r, "%s is being %s at this moment.", d->name,
			d->kind == DEVICE_DISK ? "cleared" : "emptied");
		break;
	}
	advise(r, "Leave it plugged in until that is done, then check again.");
	return true;
}

/* Its pictures cannot be reached, or it is not known how much of them is left. */
static bool judge_unreachable(const struct readiness_device *d, struct readiness *r)
{
	if (d->kind == DEVICE_OTHER) {
		because(r, "%s is plugged in, but does not answer like a camera or phone.", d->name);
		advise(r, "Put its card into the card reader and check again. If it has no card, it stays "
			  "here.");
	} else if (d->kind == DEVICE_DISK && !d->has_medium) {
		because(r, "There is no card in %s.", d->name);
		advise(r, "Put the card in and check again.");
	} else if (!judge_work(d, r)) {
		return false;
	}
	return true;
}

static void need(struct readiness *r, enum readiness_action action, const char *fix)
{
	r->action = action;
	advise(r, "%s", fix);
}

/* --- what speaks PTP or MTP --- */

#define EMPTY_IT                                                                                             \
	"Let outing-check transfer and empty it, or run \"outingctl wipe\". For a full clear, put its card " \
	"into "                                                                                              \
	"the card reader instead."
#define IN_READER "For a full clear, put its card into the card reader."

/* What was not looked at just now says nothing, whatever was done before. */
static bool judge_look(const struct readiness_device *d, struct readiness *r)
{
	switch (d->look) {
	case READINESS_LOOKED:
		return false;
	case READINESS_LOOK_LOCKED:
		because(r, "%s is plugged in, but shows no memory, so it cannot be known what is on it.",
			d->name);
		advise(r, "%s Then check again.", d->hint ? d->hint : "Unlock it.");
		return true;
	case READINESS_NOT_LOOKED:
	case READINESS_LOOK_FAILED:
		break;
	}
	because(r, "It could not be found out what is on %s now. %s", d->name,
		d->look_reason ? d->look_reason : "It was not looked at.");
	advise(r, "Unplug it, plug it in again and check again; if that does not help, leave it here.");
	return true;
}

static bool judge_attested(const struct readiness_device *d, struct readiness *r)
{
	static const char fix[] =
		"The manager looks into its settings whether it is encrypted and locked with a "
		"code, and records it (command: outingctl attest encrypted). Until then, "
		"it stays here.";

	switch (d->encrypted) {
	case READINESS_ATTESTED:
		return false;
	case READINESS_NEVER_ATTESTED:
		because(r, "It is not known whether %s is encrypted; no computer can see that by the cable.",
			d->name);
		break;
	case READINESS_ATTESTED_LONG_AGO:
		because(r, "That %s is encrypted was last attested %lld days ago, which is too long.",
			d->name, (long long)d->attested_days);
		break;
	case READINESS_ATTESTED_LATER:
		because(r,
			"That %s is encrypted was attested in the future, so this computer's clock is wrong.",
			d->name);
		advise(r, "Ask the technician to set this computer's clock, and check again.");
		return true;
	}
	advise(r, fix);
	return true;
}

static void judge_removed(
	const struct readiness_device *d, enum config_outing_policy policy, struct readiness *r)
{
	if (d->role == ROLE_CAMERA && policy == CONFIG_OUTING_TRANSFER_ALL && !d->accept_removed) {
		because(r,
			"Everything on %s was removed, and it lists no file now. But removed is not wiped: "
			"the pictures might be brought back from it, and your setting asks for more.",
			d->name);
		advise(r, "Put its card into the card reader and check again, so that the card can be "
			  "cleared. If it has no card, it stays here.");
		return;
	}
	r->ready = true;
	because(r, "Everything on %s was removed, and it lists no file now. Removed is not wiped. %s",
		d->name,
		d->role == ROLE_CAMERA ? IN_READER : "What remains in it is encrypted, as the manager says.");
}

static void judge_files_all(
	const struct readiness_device *d, enum config_outing_policy policy, struct readiness *r)
{
	if (d->interrupted) {
		because(r, "Emptying %s was cut short, so pictures are still on it.", d->name);
		need(r, READINESS_OFFLOAD_AND_CLEAR, EMPTY_IT);
	} else if (!d->offloaded) {
		because(r, "%s was not transferred and emptied since it was plugged in.", d->name);
		need(r, READINESS_OFFLOAD_AND_CLEAR, EMPTY_IT);
	} else if (judge_look(d, r)) {
		return;
	} else if (d->not_safe > 0) {
		because(r, "%s holds %llu file%s that %s not in the vault yet.", d->name,
			(unsigned long long)d->not_safe, d->not_safe == 1 ? "" : "s",
			d->not_safe == 1 ? "is" : "are");
		need(r, READINESS_OFFLOAD_AND_CLEAR, EMPTY_IT);
	} else if (!d->cleared || d->listed > 0) {
		because(r, "The pictures on %s are safe in the vault, but they are still on it, too.",
			d->name);
		need(r, READINESS_OFFLOAD_AND_CLEAR, EMPTY_IT);
	} else {
		judge_removed(d, policy, r);
	}
}

static void judge_files_names(const struct readiness_device *d, struct readiness *r)
{
	if (d->interrupted || d->cleared) {
		judge_files_all(d, CONFIG_OUTING_NAMES_ONLY, r);
	} else if (!d->offloaded) {
		because(r, "The pictures on %s were not transferred since it was plugged in.", d->name);
		need(r, READINESS_OFFLOAD, "Let outing-check transfer them, or run \"outingctl offload\".");
	} else if (judge_look(d, r)) {
		return;
	} else if (d->not_safe > 0) {
		because(r, "%s holds %llu file%s that %s not in the vault yet.", d->name,
			(unsigned long long)d->not_safe, d->not_safe == 1 ? "" : "s",
			d->not_safe == 1 ? "is" : "are");
		need(r, READINESS_OFFLOAD, "Let outing-check transfer them, or run \"outingctl offload\".");
	} else if (!d->names_known) {
		because(r, "It could not be found out whether names are linked with the pictures on %s.",
			d->name);
		need(r, READINESS_OFFLOAD_AND_CLEAR, EMPTY_IT);
	} else if (d->named_files > 0) {
		because(r,
			"%s holds %llu file%s whose name no camera has chosen, so a child's name may be in "
			"it.",
			d->name, (unsigned long long)d->named_files, d->named_files == 1 ? "" : "s");
		need(r, READINESS_OFFLOAD_AND_CLEAR, EMPTY_IT);
	} else {
		r->ready = true;
		because(r,
			"All pictures on %s are in the vault, and no file on it has a name that a person "
			"chose.",
			d->name);
	}
}

/* A phone or tablet holds more than what it lists: it must be encrypted as well, which only a person can see.
 */
static void judge_files(
	const struct readiness_device *d, enum config_outing_policy policy, struct readiness *r)
{
	struct readiness attested = {.ready = false};

	if (policy == CONFIG_OUTING_TRANSFER_ALL)
		judge_files_all(d, policy, r);
	else
		judge_files_names(d, r);
	if (r->ready && d->role != ROLE_CAMERA && judge_attested(d, &attested))
		*r = attested;
}

/* --- cards --- */

static void judge_transfer_all(const struct readiness_device *d, struct readiness *r)
{
	static const char clear[] = "Let outing-check transfer and clear it, or run \"outingctl wipe\".";

	if (d->interrupted) {
		because(r, "Clearing %s was cut short, so pictures may still be on it.", d->name);
		need(r, READINESS_OFFLOAD_AND_CLEAR, clear);
	} else if (d->cleared) {
		r->ready = true;
		because(r, "%s was cleared since it was plugged in, and all of it was read back.", d->name);
	} else if (d->offloaded) {
		because(r, "The pictures on %s are safe in the vault, but they are still on it, too.",
			d->name);
		need(r, READINESS_OFFLOAD_AND_CLEAR, clear);
	} else {
		because(r, "%s was not transferred and cleared since it was plugged in.", d->name);
		need(r, READINESS_OFFLOAD_AND_CLEAR, clear);
	}
}

static void judge_names_only(const struct readiness_device *d, struct readiness *r)
{
	if (d->interrupted || d->cleared) {
		judge_transfer_all(d, r);
	} else if (!d->offloaded) {
		because(r, "The pictures on %s were not transferred since it was plugged in.", d->name);
		need(r, READINESS_OFFLOAD, "Let outing-check transfer them, or run \"outingctl offload\".");
	} else if (!d->names_known) {
		because(r, "It could not be found out whether names are linked with the pictures on %s.",
			d->name);
		need(r, READINESS_OFFLOAD_AND_CLEAR,
			"Let outing-check clear it, or ask the technician to look at the journal of "
			"outingd.");
	} else if (d->named_files > 0) {
		because(r,
			"%s holds %llu file%s whose name%s no camera has chosen, so a child's name may be in "
			"%s.",
			d->name, (unsigned long long)d->named_files, d->named_files == 1 ? "" : "s",
			d->named_files == 1 ? "" : "s", d->named_files == 1 ? "it" : "them");
		need(r, READINESS_OFFLOAD_AND_CLEAR,
			"Everything is safe in the vault. Let outing-check clear it, or run \"outingctl "
			"wipe\".");
	} else {
		r->ready = true;
		because(r,
			"All pictures on %s are in the vault, and no file on it has a name that a person "
			"chose.",
			d->name);
	}
}

static void judge_pictures(
	const struct readiness_device *d, enum config_outing_policy policy, struct readiness *r)
{
	if (judge_unclear(d, r) || judge_unreachable(d, r))
		return;
	switch (policy) {
	case CONFIG_OUTING_TRANSFER_ALL:
	case CONFIG_OUTING_NAMES_ONLY:
		if (d->kind != DEVICE_DISK)
			judge_files(d, policy, r);
		else if (policy == CONFIG_OUTING_TRANSFER_ALL)
			judge_transfer_all(d, r);
		else
			judge_names_only(d, r);
		return;
	}
	because(r, "It is not known what the setting's policy asks of %s.", d->name);
	advise(r, "Ask the technician to look at outing.policy in the configuration.");
}

static void judge_stick(const struct readiness_device *d, struct readiness *r)
{
	bool plain = d->media && strcmp(d->media, "plain") == 0;

	if (judge_unclear(d, r))
		return;
	if (d->kind != DEVICE_DISK) {
		because(r, "%s does not answer like a stick.", d->name);
		advise(r, "Leave it here and ask the manager.");
	} else if (d->hardware_encrypted) {
		r->ready = true;
		because(r, "%s is of a model that encrypts everything by itself.", d->name);
	} else if (d->has_medium && d->media && strcmp(d->media, "encrypted") == 0) {
		r->ready = true;
		because(r, "%s is encrypted.", d->name);
	} else if (d->has_medium && plain) {
		because(r, "%s is not encrypted.", d->name);
		advise(r, "Leave it here and take an encrypted stick, or encrypt it with \"outingctl "
			  "encrypt\".");
	} else {
		because(r, "It could not be found out whether %s is encrypted.", d->name);
		advise(r,
			"Unplug it, plug it in again and check again; if that does not help, leave it here.");
	}
}

/* It stores nothing itself, but a card may be in it. */
static void judge_reader(const struct readiness_device *d, struct readiness *r)
{
	if (d->foreign_card) {
		because(r, "There is a card in %s.", d->name);
		advise(r, "Take the card out and check again, or name the card with --take as well.");
		return;
	}
	r->ready = true;
	because(r, "%s holds nothing itself; make sure that no card is in it when it leaves.", d->name);
}

void readiness_judge(const struct readiness_device *device, enum config_outing_policy policy,
	struct readiness *ret_readiness)
{
	*ret_readiness = (struct readiness){.ready = false};
	switch (device->role) {
	case ROLE_CAMERA:
	case ROLE_PHONE:
	case ROLE_TABLET:
		judge_pictures(device, policy, ret_readiness);
		return;
	case ROLE_STICK:
		judge_stick(device, ret_readiness);
		return;
	case ROLE_READER:
		judge_reader(device, ret_readiness);
		return;
	case ROLE_NONE:
		break;
	}
	because(ret_readiness, "%s is not registered.", device->name);
	advise(ret_readiness, "Leave it here, or ask the manager to register it.");
}

const char *readiness_action_name(enum readiness_action action)
{
	switch (action) {
	case READINESS_NO_ACTION:
		return NULL;
	case READINESS_OFFLOAD:
		return "offload";
	case READINESS_OFFLOAD_AND_CLEAR:
		return "offload-and-clear";
	}
	return NULL;
}

bool readiness_overall(bool laptop_included, bool laptop_ready, size_t devices, size_t devices_ready)
{
	if (!laptop_included && devices == 0)
		return false;
	return (laptop_ready || !laptop_included) && devices_ready == devices;
}
