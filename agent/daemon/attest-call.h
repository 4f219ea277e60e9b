/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * The calls Attest and AttestDevice: what a manager says that no program can see, of this computer or of one
 * registered device.
 */

#include "bus/bouncer.h"
#include "bus/bus.h"

struct daemon;

void attest_call(struct daemon *daemon, const struct bus_request *request, struct bus_answer *answer);
