/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Exclusive claims of devices. See claim.h. */

#include "wipe/claim.h"

int wipe_claim_open(const char *path, struct wipe_claim *ret_claim)
{
	return -ENOSYS;
}

void wipe_claim_close(struct wipe_claim *claim)
{
	claim->fd = close_fd(claim->fd);
}
