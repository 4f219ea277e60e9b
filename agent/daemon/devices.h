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

/* pending: kept with BUS_LATER, which is the answer while a refused device is let in to be registered. */
void devices_add(struct daemon *daemon, const struct bus_request *request, struct bus_pending *pending,
	struct bus_answer *answer);
/* The same for what is plugged in and let in. */
void devices_add_medium(struct daemon *daemon, const struct bus_request *request, struct bus_answer *answer);
void devices_rename(struct daemon *daemon, const struct bus_request *request, struct bus_answer *answer);
void devices_assign(struct daemon *daemon, const struct bus_request *request, struct bus_answer *answer);
void devices_assign_person(
	struct daemon *daemon, const struct bus_request *request, struct bus_answer *answer);
void devices_remove(struct daemon *daemon, const struct bus_request *request, struct bus_answer *answer);

/* True when an outcome of register_*() is REGISTER_OK; else the answer's error. */
bool devices_check_register(struct bus_answer *answer, int r, const char *name);

/* The end of every change: recorded, published, judged again. what: a word for the log. */
void devices_changed(struct daemon *daemon, const char *what, const struct registered_device *entry,
	const char *new_value, const struct bus_request *request, struct bus_answer *answer);

/* Has udev's rules look at what is plugged in again. */
void devices_look_again(struct daemon *daemon);

/* Writes known-media if it differs from the register, and has the rules look at present media again. */
int devices_publish(struct daemon *daemon);

/* Has the rules look at all present media again: what they may do depends on the configuration. */
void devices_look_again(struct daemon *daemon);
