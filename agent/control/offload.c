/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * outingctl offload DEVICE: asks the agent to copy a camera and waits for the proof. Changes nothing on the
 * card.
 */

#include "control/devices.h"
#include "control/job.h"
#include "control/verbs.h"

int verb_offload(struct control *control)
{
	_cleanup_js_ struct js *devices = NULL;
	const struct js *device;
	uint32_t job;
	int r;

	r = devices_lookup(control, control->operand, &devices, &device);
	if (r != CONTROL_DONE)
		return r;
	r = agent_listen(control->agent);
	if (r < 0)
		return r;
	r = agent_start(control->agent, "Offload", &job, "s", control->operand);
	if (r != AGENT_OK)
		return control_fail(control, r);
	return job_started(control, job, NULL);
}
