/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * outingctl wipe DEVICE: asks a person, in words that say what will be gone, then asks the agent.
 *
 * The agent decides whether a card may be cleared; the questions here only make sure that the person means
 * this card. When nobody can be asked, nothing is cleared without --yes. Pictures that were protected in the
 * camera are a question of their own, which --yes does not answer.
 */

#include "control/devices.h"
#include "control/job.h"
#include "control/text.h"
#include "control/verbs.h"

#include <string.h>

#define ANSWER_MAX 64

/* True if the person typed "yes". */
static bool answered_yes(void)
{
	char answer[ANSWER_MAX];

	fputs("Type yes to go on, anything else to stop: ", stderr);
	(void)fflush(stderr);
	if (!fgets(answer, sizeof(answer), stdin))
		return false;
	answer[strcspn(answer, "\r\n")] = '\0';
	return strcasecmp(answer, "yes") == 0;
}

static bool can_ask(void)
{
	return isatty(STDIN_FILENO) && isatty(STDERR_FILENO);
}

static int ask(const struct control *control, const char *question)
{
	if (!can_ask()) {
		control_note(control,
			"Nobody can be asked here whether the card may be cleared. If it may, add --yes");
		return CONTROL_USAGE;
	}
	text_wrap(stderr, &control->notes, 0, 0, question);
	if (answered_yes())
		return CONTROL_DONE;
	control_note(control, "Stopped. Nothing on the card was changed.");
	return CONTROL_REFUSED;
}

static int ask_about(const struct control *control, const struct js *device)
{
	const char *last = js_get_string(device, "last_offload"), *state = js_get_string(device, "state");
	bool offloaded = state && strcmp(state, "offloaded") == 0 && last;
	const char *id = js_get_string(device, "id");
	_cleanup_free_ char *question = NULL;
	int n;

	n = asprintf(&question,
		"Clear the card of \"%s\" (%s)? %s%s%s Afterwards the card is empty, and what was on it "
		"cannot be "
		"brought back from the card.",
		devices_title(device), id ? id : "no id",
		offloaded ? "Its pictures were copied and proven to be in the vault at " : "",
		offloaded ? last : "",
		offloaded
			? "."
			: "What is on it is copied into the vault first, and only if every picture is proven "
			  "to be there is the card cleared.");
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

	r = agent_start(control->agent, "Wipe", &job, "sb", control->operand, (int)confirmed);
	if (r != AGENT_OK)
		return control_fail(control, r);
	return job_started(control, job, ret_job);
}

static bool ended_for_protected(const struct js *job)
{
	const char *outcome = js_get_string(job, "outcome");

	return outcome && (strcmp(outcome, "protected") == 0 || strcmp(outcome, "protected-files") == 0);
}

/* A card with protected pictures was refused: the person in front of the screen may agree to them now. */
static int agree_to_protected(struct control *control)
{
	int r = ask(control,
		"Some pictures on this card were protected in the camera, so somebody wanted to keep them on "
		"it. They are in the vault as well. Clear them too?");

	return r == CONTROL_DONE ? start(control, true, NULL) : r;
}

int verb_wipe(struct control *control)
{
	bool confirmed = control_given(control, OPTION_CONFIRM_PROTECTED);
	_cleanup_js_ struct js *devices = NULL;
	_cleanup_js_ struct js *job = NULL;
	const struct js *device;
	int r;

	r = devices_lookup(control, control->operand, &devices, &device);
	if (r == CONTROL_DONE && !control_given(control, OPTION_YES))
		r = ask_about(control, device);
	if (r != CONTROL_DONE)
		return r;
	r = agent_listen(control->agent);
	if (r < 0)
		return r;
	r = start(control, confirmed, &job);
	if (r == CONTROL_REFUSED && job && !confirmed && ended_for_protected(job) && can_ask())
		return agree_to_protected(control);
	return r;
}
