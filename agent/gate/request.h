/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * What the agent asks, taken apart and checked; and what is made of a medium's label. Pure.
 *
 * The label is hostile text: it becomes the last part of a path that people see and other programs print.
 */

#include "gate/service.h"

/* A struct gate_open from a message's payload. -EBADMSG: wrong size, a text without an end, a node that is
 * not plainly one of /dev, flags, root as the person, or a time that is too long; -EOPNOTSUPP: a type that is
 * never written to. */
int request_open(const void *payload, size_t size, struct gate_open *ret_open);

/* A struct gate_allow. -EBADMSG: wrong size or a time that is too long. */
int request_allow(const void *payload, size_t size, struct gate_allow *ret_allow);

#define REQUEST_SECONDS_MAX (7 * 24 * 3600)

/* The name of the mount point: the label without slashes, control characters, direction marks, leading dots
 * and spaces at its ends, "Stick" when nothing is left; with " 2", " 3" behind it for attempt 1, 2. Always
 * valid UTF-8. */
void request_name(const char *label, unsigned attempt, char ret_name[static GATE_LABEL_SIZE + 8]);
