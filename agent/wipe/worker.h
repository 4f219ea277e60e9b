/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * The worker: one device descriptor, one socket, nothing else.
 *
 * The descriptor comes with START, or, under the daemon, which must not wait for a slow card, from a claim
 * that the worker makes as its very first act. Then it confines itself, before a byte of a card was seen: no
 * capabilities, no file system, only the system calls that reading, writing, flushing and talking need. From
 * there on it opens nothing, ever.
 */

#include "wipe/claim.h"

/* device NULL: the descriptor will come with START. Otherwise claims it, and insertion (may be NULL) must be
 * the one the supervisor saw. A refusal is kept for wipe_worker_run() to tell. */
int wipe_worker_claim(const char *device, const char *insertion, struct wipe_claim *ret_claim);

/* user: given up to if this process is root and the user exists; otherwise the present one is kept. */
int wipe_worker_confine(const char *user);

/* Serves one START on the socket and ends with RESULT. claimed: what wipe_worker_claim() returned (0 or an
 * outcome). 0, or a negative errno when the supervisor could not be told. Blocks until the clear has ended.
 */
int wipe_worker_run(int socket, const struct wipe_claim *claim, int claimed);
