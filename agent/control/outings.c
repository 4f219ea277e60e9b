/* SPDX-License-Identifier: GPL-3.0-or-later */

/* outingctl outings, incidents and attest. What travels is checked and recorded with outing-check. */

#include "control/show-outings.h"
#include "control/verbs.h"

int verb_outings(struct control *control)
{
	return control_list(control, "ListOutings", show_outings);
}

int verb_incidents(struct control *control)
{
	return control_list(control, "ListIncidents", show_incidents);
}

int verb_attest_encrypted(struct control *control)
{
	const char *note = control->options.note;
	int r = control_reach(control);

	if (r != CONTROL_DONE)
		return r;
	r = agent_tell(
		control->agent, "AttestDevice", "sss", control->operand, "encrypted", note ? note : "");
	if (r != AGENT_OK)
		return control_fail(control, r);
	return control_say(control, "It is recorded that it encrypts what it stores, as of today.");
}

int verb_attest_passwords(struct control *control)
{
	const char *note = control->options.note;
	int r = control_reach(control);

	if (r != CONTROL_DONE)
		return r;
	r = agent_tell(control->agent, "Attest", "ss", "passwords", note ? note : "");
	if (r != AGENT_OK)
		return control_fail(control, r);
	return control_say(
		control, "It is recorded that the passwords of this computer were reviewed today.");
}
