/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * After a cut: is this the card of the recorded plan, and has nobody used it since?
 *
 * The same card: every identity sector of the plan is as it was. Not used: the root folder and the kept
 * folders are exactly empty as the clear left them. A clear that was cut before it emptied the root is not
 * resumed but begun again, and only by the same plug-in; otherwise the answer is to offload first.
 */

#include "wipe/plan.h"
#include "wipe/source.h"

/* 0: go on. WIPE_CARD_CHANGED, WIPE_OFFLOAD_FIRST. Negative errno. */
int resume_check(const struct source *source, const struct plan *plan);
