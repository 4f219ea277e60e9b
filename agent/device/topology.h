/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Whether a disk leaves the building, decided from where it hangs: pure, fed with one parent after the other
 * from the disk upwards.
 *
 * External is: anything below USB; a removable card (SD, memory stick, PC card, floppy) in the computer's own
 * slot; FireWire; PCI devices that the firmware declares to be behind an external port (Thunderbolt, USB4).
 * The `removable` flag of the disk decides nothing: hard disks in USB cases say 0 and built-in readers say 1.
 * eMMC and old MultiMediaCards both call themselves "MMC" and are taken for built-in; an eSATA port cannot be
 * told from an internal one unless firmware says so, and is taken for internal.
 */

#include "device/facts.h"

struct topology_parent {
	const char *subsystem; /* "usb", "mmc", "pci", "scsi", ...; never NULL */
	const char *driver;    /* "" when none is bound */
	const char *type;      /* attribute "type" of an mmc card: "SD", "SDcombo", "MMC" */
	const char *removable; /* attribute "removable" of a pci device: "removable", "fixed", "unknown" */
};

struct topology {
	enum device_bus bus;
	bool in_reader_slot;
};

/* Start with a zeroed struct topology; call for each parent, nearest first. */
void topology_see(struct topology *topology, const struct topology_parent *parent);

bool topology_external(const struct topology *topology);
