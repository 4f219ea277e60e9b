/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Which names the gate lets a person give, which are its own, and which times it writes. Pure.
 */

#include "base/cleanup.h"

#include <time.h>

/* The one folder of ours on a medium, at its top; every name that begins like it, in any case, is ours. */
#define GATE_NAME_FOLDER  ".outing-gate"
#define GATE_NAME_JOURNAL "journal"
#define GATE_NAME_MAX     255

/* True for names that nobody else sees or makes. */
bool gate_name_is_ours(const char *name);

/* 0; -ENAMETOOLONG; -EILSEQ: not UTF-8, so it cannot be judged; -EINVAL: empty, "." or "..", a control
 * character, or a sign by which a name means another place on some file system; -EPERM: ours. */
int gate_name_check(const char *name);

/* What is written to the medium for a time: an even second between 1980 and now, so that times carry nothing
 * but the time. */
struct timespec gate_name_time(struct timespec wanted, struct timespec now);
