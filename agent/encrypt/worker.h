/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * The half of outing-encrypt that touches the stick: claims it while it is still root, gives up every right,
 * makes the volume in memory, closes the sandbox, looks at the stick (hostile bytes), and writes. See
 * protocol.h for what it says.
 */

#include "encrypt/protocol.h"
#include "wipe/claim.h"

/* The claim as an enum encrypt_outcome (0: claimed, or device NULL: it comes with START), or negative errno.
 */
int encrypt_worker_claim(const char *device, const char *insertion, struct wipe_claim *ret_claim);

/* Gives up user and capabilities; user NULL, or one that does not exist: as far as possible. */
int encrypt_worker_become(const char *user);

/* One conversation. claimed: what encrypt_worker_claim() said. Negative errno when the supervisor is gone. */
int encrypt_worker_run(int socket, const struct wipe_claim *claim, int claimed);
