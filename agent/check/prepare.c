/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Offloading and clearing what stands in the way. See prepare.h. */

#include "check/prepare.h"

#include "control/ask.h"
#include "control/devices.h"
#include "control/job.h"
#include "control/show.h"

#include <string.h>

/* A slow card, written and read once; most are quicker. */
#define SLOW_BYTES_PER_SECOND 10000000
#define MINUTE_STEP           5

const char *prepare_time(uint64_t bytes, char buffer[static PREPARE_TIME_TEXT])
{
	uint64_t minutes = bytes / SLOW_BYTES_PER_SECOND / 60;

	buffer[0] = '\0';
	if (bytes == 0)
		return buffer;
	minutes = (minutes / MINUTE_STEP + 1) * MINUTE_STEP;
	if (minutes < 60)
		(void)snprintf(
			buffer, PREPARE_TIME_TEXT, "It takes up to about %u minutes.", (unsigned)minutes);
	else if (minutes < 120)
		(void)snprintf(buffer, PREPARE_TIME_TEXT, "It takes up to about 2 hours.");
	else
		(void)snprintf(buffer, PREPARE_TIME_TEXT, "It takes up to about %ju hours.",
			(uintmax_t)(minutes / 60 + 1));
	return buffer;
}

static bool clears(const struct js *device)
{
	return strcmp(js_get_string(device, "action"), "offload-and-clear") == 0;
}

/* The size of the card, 0 when it is not known: only for the question. */
static uint64_t size_of(const struct js *devices, const char *id)
{
	const struct js *device = devices_find(devices, id);
	uint64_t bytes;

	return device && js_get_u64(device, "bytes", &bytes) == 0 ? bytes : 0;
}

static bool agreed(const struct inquiry *inquiry, const struct js *device, const struct js *devices)
{
	const char *name = js_get_string(device, "name"), *reason = js_get_string(device, "reason");
	_cleanup_free_ char *question = NULL;
	char time[PREPARE_TIME_TEXT];
	int n;

	if (inquiry_given(inquiry, ARGUMENT_YES))
		return true;
	if (!inquiry_may_ask(inquiry))
		return false;
	if (clears(device) && devices_emptied_only(js_get_string(device, "id")))
		n = asprintf(&question,
			"%s Move the pictures on %s to the vault and delete them from it now? Deleted is "
			"only what is proven to be in the vault. Removed is not wiped: for a full clear, "
			"put its card into the card reader.",
			reason, name);
	else if (clears(device))
		n = asprintf(&question,
			"%s Move the pictures on %s to the vault and clear it now? It is cleared only when "
			"every picture is "
			"proven to be in the vault. %s",
			reason, name, prepare_time(size_of(devices, js_get_string(device, "id")), time));
	else
		n = asprintf(&question, "%s Copy the pictures on %s into the vault now?", reason, name);
	if (n < 0) {
		question = NULL;
		return false;
	}
	(void)fflush(stdout);
	return ask_whether(&inquiry->control.notes, question);
}

/* With --json nothing but the answer may be on stdout, so the job is followed in silence. */
static int wait_quietly(struct inquiry *inquiry, uint32_t job, struct js **ret_job)
{
	const char *state;
	int r;

	inquiry->control.options.given |= OPTION_JSON;
	r = job_follow(&inquiry->control, job, ret_job);
	inquiry->control.options.given &= ~(unsigned)OPTION_JSON;
	if (r != AGENT_OK)
		return control_fail(&inquiry->control, r);
	state = js_get_string(*ret_job, "state");
	if (state && strcmp(state, "done") == 0)
		return CONTROL_DONE;
	show_job_end(stderr, &inquiry->control.notes, 0, *ret_job);
	return CONTROL_REFUSED;
}

static int start(struct inquiry *inquiry, const struct js *device, bool confirmed, struct js **ret_job)
{
	struct agent *agent = inquiry->control.agent;
	const char *id = js_get_string(device, "id");
	uint32_t job;
	int r;

	r = clears(device) ? agent_start(agent, "Wipe", &job, "sb", id, (int)confirmed)
			   : agent_start(agent, "Offload", &job, "s", id);
	if (r != AGENT_OK) {
		(void)control_fail(&inquiry->control, r);
		return PREPARE_NOTHING;
	}
	if (inquiry_given(inquiry, ARGUMENT_JSON))
		(void)wait_quietly(inquiry, job, ret_job);
	else
		(void)job_wait(&inquiry->control, job, ret_job);
	return *ret_job ? PREPARE_CHANGED : PREPARE_LEFT;
}

static int prepare(struct inquiry *inquiry, const struct js *device)
{
	_cleanup_js_ struct js *job = NULL;
	_cleanup_js_ struct js *again = NULL;
	int r = start(inquiry, device, false, &job);

	if (r != PREPARE_CHANGED || !job_met_protected(job) || !inquiry_may_ask(inquiry))
		return r;
	control_note(&inquiry->control, "%s", JOB_PROTECTED_QUESTION);
	return ask_yes() ? start(inquiry, device, true, &again) : r;
}

static bool offered(const struct result_row *row)
{
	return row->part == RESULT_DEVICE && !result_fine(row) && js_get_string(row->member, "action");
}

/* Asks about each device that can be made ready from here. The devices are gone through in the result that
 * was shown; what has changed since is the agent's to notice. */
int prepare_devices(struct inquiry *inquiry)
{
	_cleanup_js_ struct js *devices = NULL;
	bool listening = false;
	int outcome = PREPARE_NOTHING;

	if (!inquiry_given(inquiry, ARGUMENT_YES) && !inquiry_may_ask(inquiry))
		return PREPARE_NOTHING;
	for (size_t i = 0; i < inquiry->result.count; i++) {
		const struct js *device = inquiry->result.rows[i].member;
		int r;

		if (!offered(&inquiry->result.rows[i]))
			continue;
		if (!listening) {
			r = agent_listen(inquiry->control.agent);
			if (r < 0)
				return r;
			listening = true;
			(void)agent_ask(inquiry->control.agent, "ListDevices", &devices, NULL);
		}
		r = agreed(inquiry, device, devices) ? prepare(inquiry, device) : PREPARE_NOTHING;
		if (r == PREPARE_LEFT)
			return r;
		outcome = r == PREPARE_CHANGED ? r : outcome;
	}
	return outcome;
}
