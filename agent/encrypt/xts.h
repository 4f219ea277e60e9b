/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * AES-256 in XTS mode by sector number, as the kernel's dm-crypt does it for "aes-xts-plain64": what is
 * encrypted here is what the kernel decrypts. libcrypto does the work.
 */

#include "base/secret.h"

#define XTS_SECTOR 512 /* bytes that are encrypted together */

struct xts;

/* key: 64 bytes, one half for the data, the other for the tweak; borrowed for the call. */
int xts_new(const struct secret *key, struct xts **ret_xts);
struct xts *xts_free(struct xts *xts);
DEFINE_CLEANUP(struct xts, xts_free);

/* In place; offset and size are bytes of the volume and whole sectors. 0, -EINVAL or -EIO. */
int xts_encrypt(struct xts *xts, uint64_t offset, uint8_t *bytes, size_t size);
