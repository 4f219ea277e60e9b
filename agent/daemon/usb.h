/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * The USB devices that are plugged in, and whether the computer talks to them.
 *
 * The rules keep out what is not in everybody's use; here those in the register are let in, and the others
 * are recorded, told of, and shown until they are pulled or registered. What is behind a device that was let
 * in (disks, cameras) comes as media (media.h). A device is judged when it comes, and all of them whenever
 * the register or the configuration changes; one that the running system stands on is never put out.
 *
 * usb.c         the table, and what is done
 * usb-known.c   who a device is by the register
 * usb-tell.c    what is recorded, told and listed
 * usb-add.c     registering a refused device in one step
 */

#include "base/json.h"
#include "bus/bus.h"
#include "device/usb-identity.h"
#include "policy/usb-decide.h"
#include "state/register.h"

#define USB_DEVICES_MAX 128

struct daemon;
struct usb_table;

struct usb_device {
	uint64_t plug; /* number of this plug-in, never used twice */
	int dir;       /* see device/usb.h */
	struct usb_facts facts;
	char said[16]; /* by the rules; "" when they said nothing */
	enum usb_hint hint;
	bool technician; /* let in by a rule of the technician's */
	bool at_start;   /* it was there before the agent */
	enum usb_brings brings;
	char key[IDENTITY_KEY_SIZE];
	char id[IDENTITY_ID_SIZE]; /* as it is listed while it is refused */
	enum usb_known known;
	struct registered_device entry; /* unless it is a stranger */
	bool clone;
	bool registering;
	bool kept; /* it should be put out, but is in use */
	enum usb_decision decision;
	enum usb_reason reason;
	char sentence[USB_SENTENCE_SIZE];
	bool told;
	enum usb_reason told_reason;
	struct usb_device *next;
};

/* Sees to the computer's own sockets, lets in what is registered. */
int usb_table_open(struct daemon *daemon, struct usb_table **ret_table);
struct usb_table *usb_table_free(struct usb_table *table);
DEFINE_CLEANUP(struct usb_table, usb_table_free);

/* All are judged again, and what follows from it is done. table may be NULL (as in all of these). */
int usb_judge_all(struct usb_table *table);

struct usb_device *usb_first(struct usb_table *table);
/* Only refused ones; by the id that is listed. */
struct usb_device *usb_find_refused(struct daemon *daemon, const char *id);
/* The registered device's plug-in that is refused at present; NULL: none. */
struct usb_device *usb_find_refused_entry(struct daemon *daemon, int64_t number);
/* The USB device that the thing at this sysfs path is or hangs on; NULL: none that is known here. */
struct usb_device *usb_find_above(struct daemon *daemon, const char *syspath);

/* Somebody is registering what is behind it: nothing is told of it before that has ended. */
bool usb_is_registering(struct daemon *daemon, const char *syspath);

/* Fills in what the register keeps of the USB device at or above syspath; nothing when there is none. */
void usb_describe_entry(struct daemon *daemon, const char *syspath, struct registered_device *entry);

/* usb-known.c: fills known and entry. 0 or negative errno. */
int usb_know(struct daemon *daemon, struct usb_device *device);
/* A registered device that is seen at a new speed, or was registered before descriptors were kept. Recorded.
 */
int usb_learn(struct daemon *daemon, struct usb_device *device);

/* usb-tell.c */
void usb_compose(struct usb_device *device);
int usb_tell_refused(struct daemon *daemon, struct usb_device *device);
void usb_tell_gone(struct daemon *daemon, const struct usb_device *device);
struct js *usb_json(const struct usb_device *device);

/* usb-add.c: registers the refused device, now or when what is behind it has appeared (BUS_LATER). */
void usb_add(struct daemon *daemon, struct usb_device *device, const struct bus_request *request,
	struct bus_pending *pending, struct bus_answer *answer);
struct usb_adding;
struct usb_adding *usb_adding_free(struct usb_adding *adding);
/* What is behind the device may have appeared, or the device gone. */
void usb_adding_look(struct daemon *daemon);
struct usb_adding **usb_adding_of(struct daemon *daemon);
