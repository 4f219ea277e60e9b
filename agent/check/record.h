/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Recording an outing that is ready: who, where, back when, and that everybody agreed to the setting's
 * sentence.
 *
 * Nobody is taken to have agreed: each person is asked, or whoever types the command says with --yes that
 * they have. The agent checks everything again before it records.
 */

#include "check/inquiry.h"

/* Before anything is asked of the agent: is everything there that cannot be asked for? INQUIRY_READY, or
 * INQUIRY_USAGE after saying what is missing. */
int record_possible(const struct inquiry *inquiry);

/* Asks for what is missing and records. INQUIRY_READY with inquiry->outing set, or another exit status after
 * saying why nothing was recorded; negative errno. */
int record_outing(struct inquiry *inquiry);
