/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * What the gate has to say, for people and for programs: one sentence, one line of JSON. Pure.
 *
 * A name that was refused because of itself is never in the line; neither is the text of anything.
 */

#include "base/cleanup.h"
#include "gate/gate.h"

/* Borrowed: from the answer, or a constant. */
const char *notice_sentence(const struct gate_notice *notice);

/* {"event","path","cause","error","sentence","allowable"}, and "folder" where "path" is null; owned by the
 * caller. */
int notice_json(const struct gate_notice *notice, char **ret_line);

/* Whether such a line says that the medium did not take a file. */
bool notice_is_unwritten(const char *line);
