/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * A folder as what lies on the simulated camera: each file is an object, and deleting the object deletes the
 * file. A file that cannot be written to is protected. Aborts when the folder cannot be read.
 */

#include "camera.h"

void camera_load_folder(struct camera *camera, const char *folder);

/* One option (mtp, root-only, blind, split, without-empty, without-size, locked, formats; fuller: than it
 * lists) or fault (KIND:OPERATION:SKIP:TIMES:NUMBER:MORE, numbers as camera.h has them) of a command line. */
void camera_take_option(struct camera *camera, const char *word);
