/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * A whole encrypted stick, byte for byte, before a single one of them is on the stick: LUKS2 header, and
 * behind it an empty file system, encrypted. Any part of it can be asked for, so that it can be written from
 * front to back and compared from front to back.
 *
 * That is why this is not done through the kernel's dm-crypt: the stick is held by one exclusive descriptor
 * in a process without rights from before the first look until after the last comparison, no half-made
 * mapping is ever offered to the desktop, and what is compared is what lies on the medium itself. Every byte
 * of it is written, so nothing of what lay there before remains.
 */

#include "encrypt/filesystem.h"
#include "encryption/luks.h"

#define VOLUME_BYTES_MIN (64ULL << 20)

struct volume;

struct volume_options {
	uint64_t bytes; /* of the stick */
	const struct secret *passphrase;
	enum filesystem filesystem;
	const char *label; /* as filesystem_label() gave it */
};

/* Key slot and file system are made: takes a second or two, starts programs, needs /proc. 0, a positive enum
 * filesystem_outcome, or a negative errno (-EINVAL: the size is no good). */
int volume_new(const struct volume_options *options, struct volume **ret_volume);
struct volume *volume_free(struct volume *volume);
DEFINE_CLEANUP(struct volume, volume_free);

/* Bytes at offset, multiples of 4096 or up to the end. with_header false: the header's room reads as zeros.
 */
int volume_read(struct volume *volume, uint64_t offset, uint8_t *ret_bytes, size_t size, bool with_header);

const char *volume_uuid(const struct volume *volume);
