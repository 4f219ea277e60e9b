/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * What is on a device that speaks PTP or MTP at this moment: outing-empty's worker scans it and deletes
 * nothing, and what it lists is compared with the latest offload of this plug-in.
 *
 * A card that was cleared stays as it is while it is plugged in; a phone or camera can take pictures at any
 * time, so that of such a device nothing counts but what a fresh look has proven. While one is looked at, no
 * job of that device begins.
 */

#include "daemon/media.h"
#include "outing/readiness.h"

struct daemon;
struct look;

struct look_result {
	enum readiness_look outcome;
	uint64_t plug; /* of the medium that was looked at */
	uint64_t listed, not_safe;
	char reason[512]; /* a sentence when it could not be looked at */
};

/* Called once, never from inside look_start(), and not after look_free(). */
typedef void (*look_done)(const struct look_result *result, void *data);

/* False: there is nothing to look at (a disk, no offload of this plug-in, a job is at work). */
bool look_is_wanted(struct daemon *daemon, const struct medium *medium);

int look_start(struct daemon *daemon, const struct medium *medium, look_done done, void *data,
	struct look **ret_look);
struct look *look_free(struct look *look);
DEFINE_CLEANUP(struct look, look_free);

bool look_is_running(const struct daemon *daemon, const char *id);
