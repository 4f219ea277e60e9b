/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * The table of buses. The nearest parent that says something decides; what is above it cannot make an
 * external disk internal again. The static part of udev-rules/71-outing-guard.rules states the same
 * conditions and must be changed together with this file.
 */

#include "device/topology.h"

#include <string.h>

static bool same(const char *a, const char *b)
{
	return strcmp(a, b) == 0;
}

static bool is_card(const struct topology_parent *parent)
{
	if (same(parent->subsystem, "mmc"))
		return same(parent->type, "SD") || same(parent->type, "SDcombo");
	return same(parent->subsystem, "memstick") || same(parent->subsystem, "pcmcia") ||
	       same(parent->driver, "floppy");
}

void topology_see(struct topology *topology, const struct topology_parent *parent)
{
	if (topology->bus != DEVICE_BUS_INTERNAL)
		return;
	if (is_card(parent)) {
		topology->bus = DEVICE_BUS_SD;
		topology->in_reader_slot = true;
	} else if (same(parent->subsystem, "usb")) {
		topology->bus = DEVICE_BUS_USB;
	} else if (same(parent->subsystem, "firewire")) {
		topology->bus = DEVICE_BUS_FIREWIRE;
	} else if (same(parent->subsystem, "pci") && same(parent->removable, "removable")) {
		topology->bus = DEVICE_BUS_THUNDERBOLT;
	}
}

bool topology_external(const struct topology *topology)
{
	return topology->bus != DEVICE_BUS_INTERNAL;
}
