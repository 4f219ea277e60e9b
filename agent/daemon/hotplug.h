/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Where news of devices come from: udev, or in test builds a file (--fake-devices) that is read again
 * whenever it is replaced. Each entry there has a node and stands for one disk; so the whole agent can be
 * tested without hardware, as an ordinary user.
 */

#include "base/cleanup.h"

struct daemon;
struct hotplug;

/* Listens, then reports what is there. */
int hotplug_open(struct daemon *daemon, struct hotplug **ret_hotplug);
struct hotplug *hotplug_close(struct hotplug *hotplug);
DEFINE_CLEANUP(struct hotplug, hotplug_close);
