/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * outing-gate --serve: one connection of outing-gate.socket, one medium. See gate/service.h for what is said.
 *
 * It claims, mounts and keeps the worker; it never reads a byte of the medium or of what is copied, and what
 * either side sends is passed on only as far as it is understood. Nothing that came from a medium is logged.
 */

#include "base/cleanup.h"

/* Until the gate is closed; agent_fd is the connection, taken over. Returns the exit code: 0 whenever
 * GATE_CLOSED was sent. */
int gate_serve(int agent_fd);
