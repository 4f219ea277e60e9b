/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * "screen-lock": does the screen of everybody who uses this computer lock by itself?
 *
 * Judged are the graphical sessions that are open now, each by its own desktop, and every account of a person
 * that can log in, by the desktop it chose last or, without a choice, by all that are installed: these must
 * agree, else it is unknown. A computer without any graphical session passes, and says that its text consoles
 * stay open. A home that is closed (encrypted and not opened) is unknown, not "by default".
 */

#include "outing/checks.h"
#include "outing/finding.h"

void check_screenlock(const struct checks_input *input, struct finding *finding);
