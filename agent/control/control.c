/* SPDX-License-Identifier: GPL-3.0-or-later */

/* What every verb shares. See control.h. */

#include "control/control.h"

#include "control/text.h"

#include <stdarg.h>
#include <string.h>

void control_note(const struct control *control, const char *format, ...)
{
	va_list args;

	fprintf(stderr, "%s: ", control->program);
	va_start(args, format);
	(void)text_vwrapf(stderr, &control->notes, strlen(control->program) + 2, 2, format, args);
	va_end(args);
}

int control_say(const struct control *control, const char *format, ...)
{
	va_list args;
	int r;

	va_start(args, format);
	r = text_vwrapf(stdout, &control->screen, 0, 0, format, args);
	va_end(args);
	return r < 0 ? r : CONTROL_DONE;
}

static int no_agent(const struct control *control)
{
	control_note(control,
		"The agent is not running on this computer, so nothing can be asked of it and nothing "
		"was changed. Start it with: sudo systemctl start outingd. If it does not stay up, its "
		"reason is in: systemctl status outingd");
	return CONTROL_NO_AGENT;
}

static const char *sentence_or(const struct control *control, const char *otherwise)
{
	const char *sentence = agent_sentence(control->agent);

	return *sentence ? sentence : otherwise;
}

int control_fail(struct control *control, int outcome)
{
	if (outcome < 0) {
		control_note(control, "That did not work: %s.", strerror(-outcome));
		return CONTROL_REFUSED;
	}
	switch ((enum agent_outcome)outcome) {
	case AGENT_OK:
		return CONTROL_DONE;
	case AGENT_UNREACHABLE:
		return no_agent(control);
	case AGENT_GONE:
		control_note(control,
			"The agent stopped while the job was running. No picture is lost: what is not "
			"proven to be in the vault is still on the card. When the agent runs again, "
			"plug the device in again or repeat this command.");
		return CONTROL_NO_AGENT;
	case AGENT_DENIED:
		control_note(control,
			"You are not allowed to do this. Members of the group outing-staff may offload and "
			"clear devices, members of outing-managers may do everything; the "
			"technician may use sudo.");
		return CONTROL_REFUSED;
	case AGENT_INVALID:
	case AGENT_NOT_FOUND:
	case AGENT_REFUSED:
	case AGENT_BUSY:
		control_note(control, "%s", sentence_or(control, "The agent refused and gave no reason."));
		return CONTROL_REFUSED;
	case AGENT_DETACHED:
		return CONTROL_REFUSED;
	}
	return CONTROL_REFUSED;
}

int control_reach(struct control *control)
{
	int r;

	if (control->agent)
		return CONTROL_DONE;
	r = agent_connect(&control->agent);
	return r == AGENT_OK ? CONTROL_DONE : control_fail(control, r);
}

int control_json(const struct control *control, const struct js *reply)
{
	_cleanup_free_ char *text = NULL;

	if (js_text(reply, true, &text) < 0)
		return -ENOMEM;
	if (control->screen.interactive) {
		text_put_json(stdout, text);
		return CONTROL_DONE;
	}
	puts(text);
	return CONTROL_DONE;
}

int control_list(struct control *control, const char *method,
	int (*show)(FILE *out, const struct terminal *screen, const struct js *reply))
{
	_cleanup_js_ struct js *reply = NULL;
	int r;

	r = control_reach(control);
	if (r != CONTROL_DONE)
		return r;
	r = agent_ask(control->agent, method, &reply, NULL);
	if (r != AGENT_OK)
		return control_fail(control, r);
	if (control_given(control, OPTION_JSON))
		return control_json(control, reply);
	return show(stdout, &control->screen, reply);
}
