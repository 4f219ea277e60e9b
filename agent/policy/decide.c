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
			"Clearing this card was interrupted; it is being finished now.", ret_reason);
	if (!config->offload.automatic)
		return answer(DECISION_LEAVE,
			"This camera is registered; offloading starts when somebody asks for it.",
			ret_reason);
	return answer(DECISION_OFFLOAD, "This camera is registered and is being offloaded now.", ret_reason);
}

static enum decision decide_registered(
	const struct decide_facts *facts, const struct config *config, const char **ret_reason)
{
	switch (facts->role) {
	case ROLE_CAMERA:
		return decide_camera(facts, config, ret_reason);
	case ROLE_STICK:
		return facts->encrypted
			       ? answer(DECISION_LEAVE, "This stick is registered and encrypted.", ret_reason)
			       : answer(DECISION_LEAVE,
					 "This stick is registered but not encrypted, so it can only "
					 "be read.",
					 ret_reason);
	case ROLE_PHONE:
	case ROLE_TABLET:
		return answer(DECISION_LEAVE,
			"This device is registered; nothing is copied from it by itself.", ret_reason);
	case ROLE_READER:
		return answer(DECISION_UNKNOWN,
			"The card in this reader is not registered; it can only be read.", ret_reason);
	case ROLE_NONE:
		break;
	}
	return answer(DECISION_UNKNOWN,
		"This device is not registered; it is left alone and can only be read. If it belongs to the "
		"setting, "
		"the manager can register it.",
		ret_reason);
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
	if (!facts->is_disk && facts->role == ROLE_CAMERA)
		return answer(DECISION_LEAVE,
			"This camera speaks PTP or MTP, which cannot be offloaded yet; put its card in a "
			"card reader.",
			ret_reason);
	return decide_registered(facts, config, ret_reason);
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
	};

	return (size_t)decision < ELEMENTS(names) ? names[decision] : "unknown";
}
