/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* outing-check return: booking in what is back, and saying what is not. The agent starts the offloads. */

#include "check/inquiry.h"

/* INQUIRY_READY when it was booked in and every offload that was waited for succeeded, INQUIRY_NOT_READY when
 * an offload did not, another exit status after saying why; negative errno. */
int back_run(struct inquiry *inquiry);

/* What the agent said, for people. now: Unix seconds. 0, -ENOMEM, or -EBADMSG for an answer that is none. */
int back_show(FILE *out, const struct terminal *screen, const struct js *result, int64_t now);
