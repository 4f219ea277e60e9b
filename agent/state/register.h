/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * The register: the devices that belong to the setting, each with a name people use.
 *
 * A device is known by one key (device/ says how keys are made): its device key, or its media key for a card
 * that is known by what is on it. Names are unique among registered devices whatever their case, keys are
 * unique too. A removed device stays in the file for the history of its sessions, but none of the find
 * functions returns it, and its name and key may be registered again.
 *
 * descriptors is how a USB device described itself, as the agent writes it (device/usb-identity.h): a hash
 * for each speed it was seen at. port is set only where the serial does not identify it, which is weaker.
 *
 * Needs an open state (state/state.h). All errors that are not an enum register_outcome are negative errno.
 */

#include "base/cleanup.h"
#include "policy/role.h"

struct state;

#define REGISTER_NAME_CHARACTERS  64
#define REGISTER_NAME_SIZE        256
#define REGISTER_TEXT_SIZE        256
#define REGISTER_KEY_SIZE         512
#define REGISTER_ID_SIZE          32
#define REGISTER_DESCRIPTORS_SIZE 1024

enum register_outcome {
	REGISTER_OK = 0,
	REGISTER_NONE = 1,       /* nobody of that name, key or id */
	REGISTER_NAME_TAKEN = 2, /* another registered device has this name, perhaps in another case */
	REGISTER_KEY_TAKEN = 3,  /* this device is registered already */
	REGISTER_NAME_BAD = 4,   /* see register_name_check() */
	REGISTER_TEXT_BAD = 5,   /* room, person, key, id: too long, not UTF-8, or control characters */
};

struct registered_device {
	int64_t number;            /* row, stable for ever; set by register_add() */
	char id[REGISTER_ID_SIZE]; /* "disk-0123456789", as shown to people */
	char name[REGISTER_NAME_SIZE];
	enum role role;
	char room[REGISTER_TEXT_SIZE];   /* "" when not given */
	char person[REGISTER_TEXT_SIZE]; /* "" when not given */
	char key[REGISTER_KEY_SIZE];     /* what it is known by: equal to device_key or media_key */
	char device_key[REGISTER_KEY_SIZE];
	char media_key[REGISTER_KEY_SIZE];
	char vendor[REGISTER_TEXT_SIZE];
	char product[REGISTER_TEXT_SIZE];
	char serial[REGISTER_TEXT_SIZE];
	char kind[16];                               /* "disk", "ptp", "mtp", "other" */
	char descriptors[REGISTER_DESCRIPTORS_SIZE]; /* see below; "" when it was registered without */
	char port[REGISTER_TEXT_SIZE]; /* the socket it was registered at, of one without a sane serial */
	int64_t added_at;              /* Unix seconds; 0: register_add() takes the present time */
	char added_by[REGISTER_TEXT_SIZE];
	int64_t last_offload; /* end of the last committed session of this key, 0: never; computed */
	int64_t last_clear;   /* end of the last finished clear of this key, 0: never; computed */
};

/* REGISTER_OK, or REGISTER_NAME_BAD with a sentence in *ret_sentence (static text; may be NULL). A name has 1
 * to 64 characters of printable UTF-8, none of them '/' or a control character, does not begin with '.', '-'
 * or a space and does not end with a space or '.': it is also a folder's name in the vault. Pure. */
int register_name_check(const char *name, const char **ret_sentence);

/* All return REGISTER_OK, another outcome, or negative errno. Vendor, product and serial are what the device
 * says, so what cannot be printed in them is replaced; every other text must be good. ret_number may be NULL.
 */
int register_add(struct state *state, const struct registered_device *device, int64_t *ret_number);
int register_rename(struct state *state, const char *name, const char *new_name);
/* NULL leaves that one as it is, "" takes it away. */
int register_assign(struct state *state, const char *name, const char *room, const char *person);
int register_remove(struct state *state, const char *name, const char *removed_by);

/* The same device under other keys and another id: what it is known by has been rewritten. Its history stays
 * with it. REGISTER_NONE, REGISTER_KEY_TAKEN, REGISTER_TEXT_BAD. */
int register_rekey(
	struct state *state, int64_t number, const char *id, const char *key, const char *media_key);

/* What it says of itself by now, and where: of a device that was registered before, or changed with a
 * manager's knowledge. REGISTER_NONE, REGISTER_TEXT_BAD. */
int register_redescribe(struct state *state, int64_t number, const char *descriptors, const char *port);

/*
 * The USB device that this key means, whatever is in it: an entry of that key, or of one of its further units
 * (key:1, ...). REGISTER_NONE.
 */
int register_find_usb(struct state *state, const char *device_key, struct registered_device *ret_device);

/* name: in any case. key: the key it is known by. id: "disk-...". REGISTER_NONE when not registered. */
int register_find_by_name(struct state *state, const char *name, struct registered_device *ret_device);
int register_find_by_key(struct state *state, const char *key, struct registered_device *ret_device);
int register_find_by_id(struct state *state, const char *id, struct registered_device *ret_device);

/* Calls visit for each registered device by name, until it returns non-zero, which is then returned. visit
 * may not change the register. */
int register_each(
	struct state *state, int (*visit)(const struct registered_device *device, void *data), void *data);
