/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * The register as people see and change it: the list of devices, plugged in and registered ones together, and
 * the changes that managers make. Each change is recorded, reported, and then known to outing-media
 * (known-media) before the plugged-in media are judged again.
 */

#include "bus/bus.h"
#include "daemon/media.h"

struct daemon;

/* As ListDevices documents it; NULL when the register cannot be read. */
struct js *devices_json(struct daemon *daemon);

/* One device by id, also an absent registered one; NULL when there is none. */
struct js *device_json(struct daemon *daemon, const char *id);

/* DeviceChanged for that id; also right after it went away. */
void device_changed(struct daemon *daemon, const char *id);

/* Finds a device that a person named by id or registered name: *ret_medium is NULL when it is not plugged in,
 * *ret_entry filled if *ret_registered. False (and the answer's error) when there is none. */
bool device_named(struct daemon *daemon, const char *text, struct medium **ret_medium,
	struct registered_device *ret_entry, bool *ret_registered, struct bus_answer *answer);

void devices_add(struct daemon *daemon, const struct bus_request *request, struct bus_answer *answer);
void devices_rename(struct daemon *daemon, const struct bus_request *request, struct bus_answer *answer);
void devices_assign(struct daemon *daemon, const struct bus_request *request, struct bus_answer *answer);
void devices_remove(struct daemon *daemon, const struct bus_request *request, struct bus_answer *answer);

/* Writes known-media if it differs from the register, and has the rules look at present media again. */
int devices_publish(struct daemon *daemon);
