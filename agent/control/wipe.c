/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * outingctl wipe DEVICE: asks a person, in words that say what will be gone, then asks the agent. What speaks
 * PTP or MTP is emptied and not wiped, and the question says that, too. With --format, the camera formats its
 * memory after that; what that may take away is part of the question.
 *
 * The agent decides whether a card may be cleared; the questions here only make sure that the person means
 * this card. When nobody can be asked, nothing is cleared without --yes. Pictures that were protected in the
 * camera are a question of their own, which --yes does not answer.
 */

#include "control/ask.h"
#include "control/devices.h"
#include "control/job.h"
#include "control/text.h"
#include "control/verbs.h"

#include <string.h>

static int ask(const struct control *control, const char *question)
{
	if (!ask_possible()) {
		control_note(
			control, "Nobody can be asked here whether it may be cleared. If it may, add --yes");
		return CONTROL_USAGE;
	}
	text_wrap(stderr, &control->notes, 0, 0, question);
	if (ask_yes())
		return CONTROL_DONE;
	control_note(control, "Stopped. Nothing on it was changed.");
	return CONTROL_REFUSED;
}

#define NOT_WIPED                                                                                           \
	"Afterwards it lists no file any more. That is removed, not wiped: for a full clear, put its card " \
	"into a card reader."
#define NOT_LISTED                                                                                     \
	"Then the camera formats its memory. Files that it does not list may be lost, and were never " \
	"copied: "                                                                                     \
	"look through its own display first. Do not use it meanwhile."
#define WIPED "Afterwards the card is empty, and what was on it cannot be brought back from the card."

static int ask_about(const struct control *control, const struct js *device)
{
	const char *last = js_get_string(device, "last_offload"), *state = js_get_string(device, "state");
	bool offloaded = state && strcmp(state, "offloaded") == 0 && last;
	const char *id = js_get_string(device, "id");
	bool files_only = devices_emptied_only(id), format = control_given(control, OPTION_FORMAT);
	_cleanup_free_ char *question = NULL;
	int n;

	n = asprintf(&question, "%s \"%s\" (%s)? %s%s%s %s%s%s",
		format       ? "Delete the files on and format"
		: files_only ? "Delete the files on"
			     : "Clear the card of",
		devices_title(device), id ? id : "no id",
		offloaded    ? "Its pictures were copied and proven to be in the vault at "
		: files_only ? "What is on it is copied into the vault first, and only what is proven to "
			       "be there is deleted."
			     : "What is on it is copied into the vault first, and only if every picture is "
			       "proven to be there is the card cleared.",
		offloaded ? last : "", offloaded ? "." : "", format ? NOT_LISTED : "", format ? " " : "",
		files_only ? NOT_WIPED : WIPED);
	if (n < 0) {
		question = NULL;
		return -ENOMEM;
	}
	return ask(control, question);
}

static int start(struct control *control, bool confirmed, struct js **ret_job)
{
	uint32_t job;
	int r;

	r = agent_start(control->agent, control_given(control, OPTION_FORMAT) ? "Format" : "Wipe", &job, "sb",
		control->operand, (int)confirmed);
	if (r != AGENT_OK)
		return control_fail(control, r);
	return job_started(control, job, ret_job);
}

/* A card with protected pictures was refused: the person in front of the screen may agree to them now. */
static int agree_to_protected(struct control *control)
{
	int r = ask(control, JOB_PROTECTED_QUESTION);

	return r == CONTROL_DONE ? start(control, true, NULL) : r;
}

static int disk_is_cleared(const struct control *control)
{
	control_note(control,
		"--format is for cameras that show no disk. The card of this one is cleared as a whole: "
		"\"outingctl wipe\" without --format");
	return CONTROL_USAGE;
}

int verb_wipe(struct control *control)
{
	bool confirmed = control_given(control, OPTION_CONFIRM_PROTECTED);
	_cleanup_js_ struct js *devices = NULL;
	_cleanup_js_ struct js *job = NULL;
	const struct js *device;
	int r;

	r = devices_lookup(control, control->operand, &devices, &device);
	if (r == CONTROL_DONE && control_given(control, OPTION_FORMAT) &&
		!devices_emptied_only(js_get_string(device, "id")))
		return disk_is_cleared(control);
	if (r == CONTROL_DONE && !control_given(control, OPTION_YES))
		r = ask_about(control, device);
	if (r != CONTROL_DONE)
		return r;
	r = agent_listen(control->agent);
	if (r < 0)
		return r;
	r = start(control, confirmed, &job);
	if (r == CONTROL_REFUSED && job && !confirmed && job_met_protected(job) && ask_possible())
		return agree_to_protected(control);
	return r;
}
