/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Which files, by their names, might hold keys, are start-up images, or name keys. Pure. A name is only a
 * reason to look: what a file is, only trying tells.
 */

#include "base/cleanup.h"

/* Names have no leading slash where they come from an image; with or without one is the same. */
bool keys_name_may_be_key(const char *name);
bool keys_name_is_image(const char *name);

/* Must an image of that name be understood? Others may be something else altogether. */
bool keys_name_is_surely_image(const char *name);

/* A crypttab inside an image. */
bool keys_name_is_crypttab(const char *name);

/* A sealed passphrase that the boot loader hands to systemd. */
bool keys_name_is_credential(const char *name);

/* Text with words of a kernel command line in it: boot loaders' configuration. */
bool keys_name_is_cmdline(const char *name);
