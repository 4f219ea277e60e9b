/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Asking, and saying why there is no answer. See inquiry.h. */

#include "check/inquiry.h"

#include "check/volumes.h"
#include "control/ask.h"
#include "policy/config.h"

#include <string.h>

#define JUDGE            OUTING_LIBEXECDIR "/outing-judge"
#define JUDGE_TIMEOUT_MS 120000

void inquiry_clear(struct inquiry *inquiry)
{
	result_clear(&inquiry->result);
	inquiry->answer = js_free(inquiry->answer);
	inquiry->outing = js_free(inquiry->outing);
	inquiry->control.agent = agent_free(inquiry->control.agent);
}

bool inquiry_may_ask(const struct inquiry *inquiry)
{
	return !inquiry_given(inquiry, ARGUMENT_JSON) && ask_possible();
}

int inquiry_names(const struct words_list *names, char **ret_json)
{
	_cleanup_js_ struct js *array = js_array();

	for (size_t i = 0; i < names->count; i++)
		js_append_string(array, names->list[i]);
	return js_text(array, false, ret_json);
}

/* --- why there is no answer ------------------------------------------------------------------------------
 */

static bool registered(const struct js *device)
{
	bool value;

	return js_get_bool(device, "registered", &value) == 0 && value && js_get_string(device, "name");
}

/* "Blue Room camera, Red Room stick"; owned by the caller, NULL when out of memory. */
static char *join_names(const struct js *devices)
{
	char *names = NULL;
	size_t size = 0, count = 0;
	FILE *out = open_memstream(&names, &size);

	if (!out)
		return NULL;
	for (size_t i = 0; i < js_length(devices); i++)
		if (registered(js_at(devices, i)))
			fprintf(out, "%s%s", count++ > 0 ? ", " : "",
				js_get_string(js_at(devices, i), "name"));
	if (fclose(out) != 0) {
		free(names);
		return NULL;
	}
	return names;
}

static void say_names(struct inquiry *inquiry)
{
	_cleanup_js_ struct js *devices = NULL;
	_cleanup_free_ char *names = NULL;

	if (agent_ask(inquiry->control.agent, "ListDevices", &devices, NULL) == AGENT_OK)
		names = join_names(devices);
	if (names && *names)
		control_note(&inquiry->control,
			"The registered devices are: %s. A name with spaces needs quotes.", names);
	else if (names)
		control_note(&inquiry->control, "No device is registered yet.");
}

int inquiry_fail(struct inquiry *inquiry, int outcome)
{
	if (outcome < 0) {
		control_note(
			&inquiry->control, "The agent's answer could not be read: %s.", strerror(-outcome));
		return INQUIRY_UNKNOWN;
	}
	switch ((enum agent_outcome)outcome) {
	case AGENT_DENIED:
		control_note(&inquiry->control, "You are not allowed to ask this. Somebody who sits at this "
						"computer may, and so may the "
						"members of the groups outing-staff and outing-managers.");
		return INQUIRY_UNKNOWN;
	case AGENT_NOT_FOUND:
		(void)control_fail(&inquiry->control, outcome);
		say_names(inquiry);
		return INQUIRY_USAGE;
	case AGENT_INVALID:
		(void)control_fail(&inquiry->control, outcome);
		return INQUIRY_USAGE;
	case AGENT_OK:
	case AGENT_UNREACHABLE:
	case AGENT_GONE:
	case AGENT_REFUSED:
	case AGENT_BUSY:
	case AGENT_DETACHED:
		(void)control_fail(&inquiry->control, outcome);
		return INQUIRY_UNKNOWN;
	}
	return INQUIRY_UNKNOWN;
}

/* --- asking ----------------------------------------------------------------------------------------------
 */

static int ask_agent(struct inquiry *inquiry, struct js **ret_answer)
{
	_cleanup_free_ char *take = NULL;
	int r = inquiry_names(&inquiry->arguments.take, &take);

	if (r < 0)
		return r;
	if (control_reach(&inquiry->control) != CONTROL_DONE)
		return INQUIRY_UNKNOWN;
	r = agent_ask(inquiry->control.agent, "Check", ret_answer, "sb", take,
		(int)inquiry_given(inquiry, ARGUMENT_LEAVE_LAPTOP));
	return r == AGENT_OK ? INQUIRY_READY : inquiry_fail(inquiry, r);
}

/* What the manager has decided; without a file, or with one that has a mistake, the strict default. */
static bool weak_is_accepted(void)
{
	struct config_errors errors;
	struct config config;

	return config_load(NULL, &config, &errors) == 0 && config.outing.accept_weak;
}

static int fail_volumes(const struct inquiry *inquiry, int outcome)
{
	const struct control *control = &inquiry->control;

	if (outcome < 0) {
		control_note(
			control, "The program that judges disks could not be run: %s.", strerror(-outcome));
		return INQUIRY_UNKNOWN;
	}
	switch ((enum volumes_outcome)outcome) {
	case VOLUMES_OK:
		return INQUIRY_READY;
	case VOLUMES_TOO_SLOW:
		control_note(control,
			"Judging the disks takes too long; a disk may be failing. Try again with --no-keys.");
		return INQUIRY_UNKNOWN;
	case VOLUMES_TOO_MUCH:
	case VOLUMES_ODD:
		control_note(control, "The program that judges disks gave an answer that cannot be read.");
		return INQUIRY_UNKNOWN;
	case VOLUMES_FAILED:
		control_note(control, "The program that judges disks ended without an answer.");
		return INQUIRY_UNKNOWN;
	}
	return INQUIRY_UNKNOWN;
}

static int ask_judge(const struct inquiry *inquiry, struct js **ret_answer)
{
	const struct arguments *arguments = &inquiry->arguments;
	struct volumes_options options = {
		.program = arguments->judge ? arguments->judge : JUDGE,
		.devices = arguments->devices.list,
		.device_count = arguments->devices.count,
		.collect = arguments->collect,
		.no_keys = inquiry_given(inquiry, ARGUMENT_NO_KEYS),
		.timeout_ms = JUDGE_TIMEOUT_MS,
	};

	if (geteuid() != 0) {
		control_note(&inquiry->control, "Only the superuser can look at disks: sudo outing-check "
						"--volumes. Without --volumes the "
						"agent does it for you.");
		return INQUIRY_UNKNOWN;
	}
	options.accept_weak = weak_is_accepted();
	return fail_volumes(inquiry, volumes_judge(&options, ret_answer));
}

static int read_answer(struct inquiry *inquiry, struct js *answer)
{
	const struct arguments *arguments = &inquiry->arguments;
	struct result_wanted wanted = {
		.take = arguments->take.list,
		.take_count = arguments->take.count,
		.leave_laptop = inquiry_given(inquiry, ARGUMENT_LEAVE_LAPTOP),
		.volumes = inquiry_given(inquiry, ARGUMENT_VOLUMES),
	};
	const char *problem = NULL;
	int r;

	result_clear(&inquiry->result);
	inquiry->answer = js_free(inquiry->answer);
	inquiry->answer = answer;
	r = result_read(answer, &wanted, &inquiry->result, &problem);
	if (r == -EBADMSG) {
		control_note(&inquiry->control,
			"The answer cannot be relied on: it %s. Tell the technician; the agent and this "
			"command may be "
			"of different versions.",
			problem ? problem : "is odd");
		return INQUIRY_UNKNOWN;
	}
	if (r < 0)
		return r;
	return inquiry->result.ready ? INQUIRY_READY : INQUIRY_NOT_READY;
}

int inquiry_ask(struct inquiry *inquiry)
{
	struct js *answer = NULL;
	int r = inquiry_given(inquiry, ARGUMENT_VOLUMES) ? ask_judge(inquiry, &answer)
							 : ask_agent(inquiry, &answer);

	if (r != INQUIRY_READY) {
		(void)js_free(answer);
		return r;
	}
	return read_answer(inquiry, answer);
}
