/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * The order of the questions is the policy: what is not ours first, what is not known for certain second,
 * what is registered last. A question that cannot be answered never falls through to an action. Pure.
 */

#include "policy/decide.h"

static enum decision answer(enum decision decision, const char *reason, const char **ret_reason)
{
	*ret_reason = reason;
	return decision;
}

/* What keeps its pictures on a card that is cleared, and what speaks PTP or MTP and is emptied, follow the
 * same rules; the words differ. */
static enum decision decide_camera(
	const struct decide_facts *facts, const struct config *config, const char **ret_reason)
{
	if (facts->encrypted)
		return answer(DECISION_REFUSE,
			"This camera's card is encrypted, so its pictures cannot be read; take the card out "
			"and ask "
			"the manager.",
			ret_reason);
	if (facts->clear_interrupted)
		return answer(DECISION_RESUME_CLEAR,
			facts->is_disk ? "Clearing this card was interrupted; it is being finished now."
				       : "Emptying this device was interrupted; it is gone on with now.",
			ret_reason);
	if (!config->offload.automatic)
		return answer(DECISION_LEAVE,
			facts->role == ROLE_CAMERA
				? "This camera is registered; offloading starts when somebody asks for it."
				: "This device is registered; offloading starts when somebody asks for it.",
			ret_reason);
	return answer(DECISION_OFFLOAD,
		facts->role == ROLE_CAMERA ? "This camera is registered and is being offloaded now."
					   : "This device is registered and is being offloaded now.",
		ret_reason);
}

static enum decision decide_encrypted(const struct config *config, const char **ret_reason)
{
	switch (config->removable.encrypted) {
	case CONFIG_ENCRYPTED_ALLOW:
		return answer(DECISION_LEAVE, "This stick is encrypted.", ret_reason);
	case CONFIG_ENCRYPTED_READ_ONLY:
		return answer(DECISION_LEAVE,
			"This stick is encrypted; by the rules of this computer it can only be read.",
			ret_reason);
	case CONFIG_ENCRYPTED_REFUSE:
		break;
	}
	return answer(DECISION_REFUSE,
		"This stick is encrypted, and by the rules of this computer such sticks are not used here. "
		"Ask the manager.",
		ret_reason);
}

static enum decision decide_plain(
	const struct decide_facts *facts, const struct config *config, const char **ret_reason)
{
	switch (config->removable.unencrypted) {
	case CONFIG_UNENCRYPTED_GATE:
		if (facts->mountable)
			return answer(DECISION_GATE,
				"This stick is not encrypted, so what is copied onto it is looked at first.",
				ret_reason);
		return answer(DECISION_LEAVE,
			"This stick is not encrypted and has no file system that is known here, so nothing "
			"can be copied onto it.",
			ret_reason);
	case CONFIG_UNENCRYPTED_READ_ONLY:
		return answer(
			DECISION_LEAVE, "This stick is not encrypted, so it can only be read.", ret_reason);
	case CONFIG_UNENCRYPTED_REFUSE:
		break;
	}
	return answer(DECISION_REFUSE,
		"This stick is not encrypted, and by the rules of this computer such sticks are not used "
		"here. Take an encrypted one, or ask the manager to have this one encrypted.",
		ret_reason);
}

static enum decision decide_stick(
	const struct decide_facts *facts, const struct config *config, const char **ret_reason)
{
	if (facts->clear_interrupted)
		return answer(DECISION_LEAVE,
			"Clearing this stick was cut short; nothing can be copied onto it before that is "
			"finished.",
			ret_reason);
	if (facts->proven)
		return decide_encrypted(config, ret_reason);
	if (facts->encrypted)
		return answer(DECISION_LEAVE,
			"This stick looks encrypted, but not in a way that is known to protect it, so "
			"nothing can be copied onto it.",
			ret_reason);
	return decide_plain(facts, config, ret_reason);
}

/* An unknown thing that does not even look like a disk is never taken for a stick. */
static enum decision decide_unregistered(
	const struct decide_facts *facts, const struct config *config, const char **ret_reason)
{
	if (facts->is_disk && config->removable.unknown_device == CONFIG_UNKNOWN_GATE)
		return decide_stick(facts, config, ret_reason);
	return answer(DECISION_UNKNOWN,
		"This device is not registered, so it is not used here and nothing can be copied onto it. If "
		"it belongs to the setting, the manager can register it.",
		ret_reason);
}

static enum decision decide_by_role(
	const struct decide_facts *facts, const struct config *config, const char **ret_reason)
{
	switch (facts->role) {
	case ROLE_CAMERA:
		return decide_camera(facts, config, ret_reason);
	case ROLE_STICK:
		if (facts->encrypt_interrupted && !facts->encrypted)
			return answer(DECISION_LEAVE,
				"Encrypting this stick was interrupted. What was on it is in the vault, "
				"unless somebody "
				"said to discard it; \"outingctl encrypt\" goes on where it stopped.",
				ret_reason);
		if (facts->not_put_back || facts->encrypt_interrupted)
			return answer(DECISION_LEAVE,
				"This stick is encrypted, but its files are not back on it yet: they are in "
				"the vault. "
				"\"outingctl encrypt\" puts them back.",
				ret_reason);
		if (facts->is_disk)
			return decide_stick(facts, config, ret_reason);
		return answer(DECISION_LEAVE,
			"This device does not answer like a stick, so it is left alone.", ret_reason);
	case ROLE_PHONE:
	case ROLE_TABLET:
		if (!facts->is_disk)
			return decide_camera(facts, config, ret_reason);
		return answer(DECISION_LEAVE,
			"This device is registered; nothing is copied from it by itself.", ret_reason);
	case ROLE_READER:
		return answer(DECISION_UNKNOWN,
			"The card in this reader is not registered; it can only be read.", ret_reason);
	case ROLE_NONE:
		break;
	}
	return decide_unregistered(facts, config, ret_reason);
}

enum decision decide_medium(
	const struct decide_facts *facts, const struct config *config, const char **ret_reason)
{
	if (facts->holds_system)
		return answer(DECISION_IGNORE, "This disk holds the running system and is never touched.",
			ret_reason);
	if (facts->is_disk && !facts->external)
		return answer(DECISION_IGNORE, "This disk is part of the computer.", ret_reason);
	if (!facts->settled)
		return answer(DECISION_WAIT, "The computer is still looking at this device.", ret_reason);
	if (facts->is_disk && !facts->medium_present)
		return answer(DECISION_LEAVE, "There is no card in it.", ret_reason);
	if (facts->ambiguous)
		return answer(DECISION_REFUSE,
			"Two devices that are plugged in cannot be told apart; nothing is done with either. "
			"Unplug "
			"one of them and try again.",
			ret_reason);
	return decide_by_role(facts, config, ret_reason);
}

const char *decision_name(enum decision decision)
{
	static const char *const names[] = {
		[DECISION_WAIT] = "wait",
		[DECISION_IGNORE] = "ignore",
		[DECISION_LEAVE] = "leave",
		[DECISION_UNKNOWN] = "unknown",
		[DECISION_REFUSE] = "refuse",
		[DECISION_OFFLOAD] = "offload",
		[DECISION_RESUME_CLEAR] = "resume-clear",
		[DECISION_GATE] = "gate",
	};

	return (size_t)decision < ELEMENTS(names) ? names[decision] : "unknown";
}
