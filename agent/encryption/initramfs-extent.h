/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Where things in a start-up image end: compressed parts whose decoder would stumble over what follows, the
 * boot configuration that may be appended, and the sections of a unified kernel. Pure.
 */

#include "encryption/initramfs.h"

/* The end of the compressed part that starts at `at`: exact for zstd and legacy lz4, else the image's end. */
uint64_t extent_of_compressed(const struct initramfs_source *source, uint64_t at);

/* The image's size without an appended boot configuration. */
uint64_t extent_without_bootconfig(const struct initramfs_source *source);

/* Is it a PE program? */
bool extent_is_pe(const struct initramfs_source *source);

/* Calls visit for each section ("initrd" without its dot), until it returns non-zero, which is then returned.
 * -EBADMSG when the table is damaged. */
int extent_each_section(const struct initramfs_source *source,
	int (*visit)(const char *name, uint64_t offset, uint64_t size, void *data), void *data);
