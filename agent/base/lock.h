/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * One at a time, between processes: flock() on a file ".NAME.lock" beside the file that is worked on, mode
 * 0600.
 *
 * The lock has a file of its own so that only the owner can take it (whoever may read an audit log must not
 * be able to hold up what is recorded), and because closing any descriptor of a database would drop the
 * database's own locks. It ends with its descriptor, also after a crash. The file stays.
 */

#include "base/cleanup.h"

/* Waits for the lock on NAME in the directory dirfd; closing the returned descriptor gives it back. Negative
 * errno. */
int lock_exclusive(int dirfd, const char *name);

/* The same for reading; -1 if this process may not open the lock file or there is none. */
int lock_shared(int dirfd, const char *name);
