/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * A judge for tests of the gate alone: refuses what contains the word REFUSE, in content or name, and what
 * begins like a JPEG. Only test builds have it.
 */

#include "gate/judge.h"

#if defined(OUTING_FAULTS) || defined(OUTING_SANITIZED)
extern const struct gate_judge judge_marker;
#endif
