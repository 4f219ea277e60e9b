/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Placeholder until the functions of hooks.h are in: every call says -ENOSYS. */

#include "job/hooks.h"

#include <errno.h>

int hooks_run_start(
	const struct hooks_options *options, const struct hooks_event *event, struct hooks_run **ret_run)
{
	return -ENOSYS;
}

int hooks_run_fd(const struct hooks_run *run)
{
	return -ENOSYS;
}

int hooks_run_step(struct hooks_run *run)
{
	return -ENOSYS;
}

const struct hooks_report *hooks_run_report(const struct hooks_run *run)
{
	return NULL;
}

struct hooks_run *hooks_run_free(struct hooks_run *run)
{
	return NULL;
}

int hooks_run_all(
	const struct hooks_options *options, const struct hooks_event *event, struct hooks_report *ret_report)
{
	return -ENOSYS;
}
