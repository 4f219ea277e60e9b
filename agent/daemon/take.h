/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * What a person names when something is to travel or is back: a JSON array of ids or registered names, and
 * the registered devices that it means.
 */

#include "base/json.h"
#include "bus/bus.h"
#include "state/outing.h"
#include "state/register.h"

struct daemon;

struct take {
	size_t count;
	struct registered_device *device; /* owned; each once */
};

#define TAKE_NULL ((struct take){0, NULL})
void take_clear(struct take *take);
#define _cleanup_take_ _cleanup_(take_clear)

/* The array of non-empty texts that text is; NULL and the answer's error when it is none. Owned by the
 * caller.
 */
struct js *take_parse(const char *text, struct bus_answer *answer);

/* True when it is an array of at most OUTING_DEVICES_MAX texts, none of them empty. */
bool take_is_good(const struct js *names);

/* Fills take with what the names mean; without names, with every registered device that holds data. False
 * (and the answer's error) when a name means nothing, or nothing registered. */
bool take_find(
	struct daemon *daemon, const struct js *names, struct take *ret_take, struct bus_answer *answer);
