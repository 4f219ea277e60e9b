/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * What the desktop may do with an external medium, from what the medium is and what the setting wants. Pure.
 *
 * The words are what the udev rules act upon. Whatever is not known is ACCESS_NONE, and a configuration that
 * cannot be read counts as one that refuses everything.
 */

#include "policy/config.h"
#include "policy/role.h"

enum access {
	ACCESS_NONE = 0, /* "none": hidden, and read-only */
	ACCESS_HAND,     /* "hand": can be looked at by hand; nothing mounts it by itself */
	ACCESS_READ,     /* "read": visible and read-only */
	ACCESS_WRITE,    /* "write" */
};

/* config NULL: it could not be read. role: as the register has it. What goes through the gate is the gate's
 * alone: whoever else had it mounted would keep the gate from taking it. */
enum access access_of_plain(const struct config *config, enum role role);
enum access access_of_encrypted(const struct config *config);

const char *access_name(enum access access);
