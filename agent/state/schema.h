/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * The tables and how they came to be: a list of steps, the n-th of which takes a database of version n-1 to
 * version n. A new database takes all of them, so upgrade and creation are the same code. A step that was
 * ever released is never changed; a change is a new step.
 */

#include "state/database.h"

#define SCHEMA_APPLICATION 0x4f475244 /* "OGRD", in the file's header */

unsigned schema_version(void);

/* The SQL of the step that leads to version (1 to schema_version()); for tests that need an old database. */
const char *schema_step(unsigned version);

/*
 * Version of the open database: 0 for an empty one. -EUCLEAN when it is a database of something else. May be
 * above schema_version().
 */
int schema_read(struct database *database, unsigned *ret_version);

/* Takes every step from what is there to schema_version(), each in a transaction of its own. */
int schema_upgrade(struct database *database);
