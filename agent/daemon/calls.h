/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* What callers on the bus may ask of the agent, one function a member. They are authorised already. */

#include "bus/bus.h"

extern const struct bus_calls daemon_calls;
