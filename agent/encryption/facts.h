/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Contents and places as JSON: how a recorded computer remembers what could not be recorded as files of /sys
 * and /proc. Pure. What is read back is checked word by word; what is not understood is -EINVAL, never a
 * default.
 */

#include "base/json.h"
#include "encryption/content.h"

/* Without header_facts, and with "a file" in place of the name of a file. */
struct js *facts_content(const struct content *content);
int facts_parse_content(const struct js *json, struct content *ret_content);

struct js *facts_place(const struct sysroot_place *place);
int facts_parse_place(const struct js *json, struct sysroot_place *ret_place);
