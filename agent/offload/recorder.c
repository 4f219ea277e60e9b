/* SPDX-License-Identifier: GPL-3.0-or-later */

/* The supervisor's half of an offload. See recorder.h. */

#include "offload/recorder.h"

int recorder_new(const struct recorder_options *options, struct recorder **ret_recorder)
{
	return -ENOSYS;
}

struct recorder *recorder_free(struct recorder *recorder)
{
	return NULL;
}

int recorder_start(struct recorder *recorder, int wire_fd)
{
	return -ENOSYS;
}

int recorder_receive(struct recorder *recorder, int wire_fd)
{
	return -ENOSYS;
}

int recorder_cancel(struct recorder *recorder, int wire_fd)
{
	return -ENOSYS;
}

int recorder_close(struct recorder *recorder, int exit_status)
{
	return -ENOSYS;
}

const struct recorder_progress *recorder_progress(const struct recorder *recorder)
{
	return NULL;
}

const struct recorder_result *recorder_result(const struct recorder *recorder)
{
	return NULL;
}

struct js *recorder_result_json(const struct recorder *recorder)
{
	return NULL;
}
