/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Who sits at this computer, as job/seat.h says it, and when that may have changed.
 *
 * A log-in screen is nobody, and so is somebody who came over the network. In test builds a file with a user
 * number in it may stand for the seat.
 */

#include "job/loop.h"

#include <sys/types.h>

struct person_watch;

/* changed is called whenever it may be somebody else. fake: NULL outside of tests. A computer that cannot say
 * who sits at it is no error: then nobody does. */
int person_watch_new(struct loop *loop, const char *fake, loop_callback changed, void *data,
	struct person_watch **ret_watch);
struct person_watch *person_watch_free(struct person_watch *watch);
DEFINE_CLEANUP(struct person_watch, person_watch_free);

/* 0 and *ret_uid, -ENODATA: nobody, or it could not be found out. */
int person_present(struct person_watch *watch, uid_t *ret_uid);
