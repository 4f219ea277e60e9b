/* SPDX-License-Identifier: GPL-3.0-or-later */

/* outingctl vault status, create and verify: the agent does it, here it is asked for and watched. */

#include "base/number.h"
#include "control/job.h"
#include "control/show.h"
#include "control/verbs.h"

int verb_vault_status(struct control *control)
{
	return control_list(control, "VaultStatus", show_vault);
}

int verb_vault_create(struct control *control)
{
	uint64_t bytes;
	uint32_t job;
	int r;

	if (number_parse_size(control->options.size, &bytes) < 0) {
		control_note(
			control, "%s is not a size. Sizes look like 500M, 100G or 2T", control->options.size);
		return CONTROL_USAGE;
	}
	r = control_reach(control);
	if (r != CONTROL_DONE)
		return r;
	r = agent_listen(control->agent);
	if (r < 0)
		return r;
	r = agent_start(control->agent, "VaultCreate", &job, "t", bytes);
	return r != AGENT_OK ? control_fail(control, r) : job_started(control, job, NULL);
}

int verb_vault_verify(struct control *control)
{
	uint32_t job;
	int r;

	r = control_reach(control);
	if (r != CONTROL_DONE)
		return r;
	r = agent_listen(control->agent);
	if (r < 0)
		return r;
	r = agent_start(control->agent, "VaultVerify", &job, NULL);
	return r != AGENT_OK ? control_fail(control, r) : job_started(control, job, NULL);
}
