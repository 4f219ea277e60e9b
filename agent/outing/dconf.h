/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * A user's effective settings as dconf answers them: the databases of /etc/dconf/profile/user in their order,
 * locks included, then what the distribution's schema overrides say, then the schema's default, which the
 * caller knows. Where a value came from is part of the answer.
 */

#include "base/cleanup.h"

#define DCONF_SOURCES_MAX 16

struct dconf {
	const char *root;
	size_t count;
	struct {
		char path[512];
		char *data;
		size_t size;
	} source[DCONF_SOURCES_MAX]; /* the user's own first */
	char *overrides;             /* all *.gschema.override files, one behind the other */
	char unreadable[512];        /* a database that exists and could not be read; "" none */
	int error;
};

enum dconf_origin {
	DCONF_DEFAULT,  /* nobody has said anything */
	DCONF_OVERRIDE, /* the distribution */
	DCONF_SYSTEM,   /* the technician: a system database */
	DCONF_LOCKED,   /* the same, and the user cannot change it */
	DCONF_USER,
	DCONF_DAMAGED, /* a database that is not understood */
};

/* home: the user's, absolute. 0 or -ENOMEM; what could not be read is noted in the struct. */
int dconf_open(const char *root, const char *home, struct dconf *ret_dconf);
void dconf_close(struct dconf *dconf);
#define _cleanup_dconf_ _cleanup_(dconf_close)

/* schema "org.gnome.desktop.screensaver", key "lock-enabled"; *ret_value is set unless DCONF_DEFAULT or
 * DCONF_DAMAGED. Booleans are 0 and 1. */
enum dconf_origin dconf_read(
	const struct dconf *dconf, const char *schema, const char *key, int64_t *ret_value);

/* Pure: the last value for schema and key in override text, which is copied, not cut. False: none. */
bool dconf_override(const char *text, const char *schema, const char *key, int64_t *ret_value);
