/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * The process that deletes from a PTP device: unprivileged, sandboxed, holding its socket and one usbfs
 * descriptor, which it is given; it knows no path and opens nothing. It never sees the vault, the journal or
 * the state database, and deletes only what it was allowed by name, by the proofs of ptp/removal.h.
 */

#include "ptp/transport.h"

/* The whole life of a worker. transport: NULL for the device whose descriptor comes with START, a test's own
 * otherwise. user: whom to become, NULL: stay. Returns its exit code: 0 when it told its result. */
int empty_worker_run(int wire_fd, const char *user, const struct ptp_transport *transport);
