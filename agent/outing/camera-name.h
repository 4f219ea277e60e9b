/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Whether a path on a card is one that a camera chose: DCIM/100MSDCF/DSC00001.JPG and its like, never
 * anything that a person may have typed. The setting may let older pictures stay on a camera only while no
 * name is linked with them, and a file's name is where a child's name would be.
 *
 * The letters that DCF leaves free ("AMY_0001.JPG", "100LILYS") can be set by people on many cameras, so they
 * count only if they are known words of cameras, or too short to be a name. What is not known is a "no".
 * Pure; keeps, copies and logs nothing.
 */

#include "base/cleanup.h"

/* path: as a session keeps it, relative, '/' between names, any bytes. */
bool camera_named(const char *path);
