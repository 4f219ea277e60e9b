/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Device-mapper over libdevmapper, whose header no other file includes: live tables, and a device of our own
 * over another one.
 *
 * A device of our own holds what is below it exclusively: nobody else can mount or claim that while it
 * exists. It waits for nobody: udev is told that the device is not its business and is not waited for. Needs
 * root.
 */

#include "base/cleanup.h"

#include <sys/types.h>

/* One target of a live table. The texts may hold a volume key: to be parsed where they lie, never copied. A
 * negative return ends the walk. */
typedef int (*mapper_visit)(
	uint64_t start, uint64_t size, const char *type, const char *arguments, void *data);

/* -ENXIO: no such device, -EIO: device-mapper refused; or what visit returned. */
int mapper_targets(uint32_t major, uint32_t minor, mapper_visit visit, void *data);

struct mapper_linear {
	const char *name, *uuid;
	dev_t below;
	uint64_t sectors; /* of 512 bytes, from its beginning */
};

/* A writable device over all of another one, also where that is read-only for everybody else. -EBUSY: there
 * is one of that name, or what is below is in use; -EROFS: what is below is locked against writing. */
int mapper_create_linear(const struct mapper_linear *linear, dev_t *ret_number);

/* Whoever uses the device gets errors from now on, and nothing more reaches what is below it; sectors is all
 * of it, in units of 512 bytes. 0, -ENXIO: there is none. */
int mapper_cut_off(const char *name, uint64_t sectors);

/* 0: gone. -EBUSY: still in use after seconds; it goes by itself with its last user. -ENXIO: there is none.
 */
int mapper_remove(const char *name);
