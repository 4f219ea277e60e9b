/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Disks that the technician's own udev rules declare external (OUTING_GUARD=1), such as those in an eSATA
 * port, which the kernel cannot tell from an inner one.
 *
 * Read from udev's database, because what is stacked on such a disk is judged in an event of its own, without
 * the disk's properties. A declaration only ever closes.
 */

#include "base/cleanup.h"

#include <sys/types.h>

#define DECLARED_UDEV "/run/udev"

/* udev: DECLARED_UDEV, or a test's folder. False when the disk has no entry. */
bool declared_external(const char *udev, dev_t disk);

/* The pure part: whether the text of an entry has the property. */
bool declared_in(const char *entry);
