/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Who a device is: pure functions from facts to the two keys of the register.
 *
 * device key   usb:VID:PID:SERIAL[:LUN]          only when the serial is sane
 *              port:VID:PID:SOCKET               a camera or phone without one: weaker (usb-identity.h)
 * media key    card:PTUUID:VOLSERIAL:LABEL:BYTES  only when there is a table id or a volume serial
 *
 * Hostile parts are percent-encoded, so keys are printable ASCII without spaces and ':' only separates. A
 * device is known by its device key; a card in a registered reader, in the computer's own slot, or in a
 * device without a sane serial by its media key. A device with neither has no key and cannot be registered.
 * Never guesses: two present devices with the same key are both ambiguous, and the caller refuses both.
 */

#include "device/facts.h"

#define IDENTITY_KEY_SIZE 512
#define IDENTITY_ID_SIZE  16

struct device_identity {
	char device_key[IDENTITY_KEY_SIZE]; /* empty: none */
	char media_key[IDENTITY_KEY_SIZE];  /* empty: none */
	char key[IDENTITY_KEY_SIZE];        /* the one it is known by; empty: it cannot be told apart */
	char id[IDENTITY_ID_SIZE]; /* "disk-" + 10 hex digits of SHA-512(key); "usb-..." for PTP and MTP */
	bool known_by_media;
	bool serial_is_sane;
};

/* is_reader: the register has this device key with role reader. Returns 0 or -EIO (hashing failed). A device
 * without any key gets an id from its place (syspath), good for showing it, with key empty. */
int identity_of(const struct device_facts *facts, bool is_reader, struct device_identity *ret_identity);

/* The device key alone, for looking up whether it is a reader. Empty when the serial is not sane. */
void identity_device_key(const struct device_facts *facts, char ret_key[static IDENTITY_KEY_SIZE]);

/* "disk-" (or "usb-") and ten hex digits. Returns 0 or -EIO. */
int identity_id(const char *prefix, const char *key, char ret_id[static IDENTITY_ID_SIZE]);

/* False for missing, short, all the same digit, known fillers, non-printable or cut serials. */
bool identity_serial_is_sane(const char *serial);

/* Marks every entry whose non-empty key occurs more than once. ambiguous has count entries. */
void identity_find_ambiguous(const char *const *keys, size_t count, bool *ret_ambiguous);

/* Printable ASCII but '%', ':' and '/' stays, all else becomes %XX. -ENOBUFS when it does not fit. */
int identity_encode(const char *text, char *ret_text, size_t size);

const char *device_kind_name(enum device_kind kind); /* "disk", "ptp", "mtp", "other" */
const char *device_bus_name(enum device_bus bus);    /* "internal", "usb", "sd", "thunderbolt", "firewire" */
