/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * One writer at a time, held for one append or one reading of the whole log. The lock is on a file of its own
 * that only root can open: whoever may read the log must not be able to hold up what is recorded.
 */

#include "base/cleanup.h"

/* Waits for the lock; closing the returned descriptor gives it back. Negative errno. */
int audit_lock_exclusive(int dirfd, const char *name);

/* The same for reading; -1 if this process may not open the lock file or there is none. */
int audit_lock_shared(int dirfd, const char *name);
