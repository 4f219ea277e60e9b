/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* Encryption headers made by hand, with right checksums, in a file in memory. */

#include "base/fd.h"
#include "base/number.h"
#include "base/sha512.h"

#include <string.h>
#include <sys/mman.h>

#define LUKS_IMAGE_SIZE (32 * 1024 * 1024)
#define LUKS2_COPY      16384
#define LUKS_IMAGE_UUID "6f2b1c1e-0000-4000-8000-00000000c0de"

static inline void store_be32(uint8_t *p, uint32_t v)
{
	p[0] = (uint8_t)(v >> 24);
	p[1] = (uint8_t)(v >> 16);
	p[2] = (uint8_t)(v >> 8);
	p[3] = (uint8_t)v;
}

static inline int luks_image_new(void)
{
	int fd = memfd_create("image", MFD_CLOEXEC);

	return fd >= 0 && ftruncate(fd, LUKS_IMAGE_SIZE) == 0 ? fd : -1;
}

static inline void luks2_copy(uint8_t *copy, const char *json, bool second)
{
	memset(copy, 0, LUKS2_COPY);
	memcpy(copy, second ? "SKUL\xba\xbe\0\2" : "LUKS\xba\xbe\0\2", 8);
	store_be32(copy + 12, LUKS2_COPY);
	store_be32(copy + 20, 3);
	memcpy(copy + 72, "sha256", 7);
	memset(copy + 104, second ? 0x5a : 0xa5, 64);
	(void)snprintf((char *)copy + 168, 40, "%s", LUKS_IMAGE_UUID);
	store_be32(copy + 260, second ? LUKS2_COPY : 0);
	(void)snprintf((char *)copy + 4096, LUKS2_COPY - 4096, "%s", json);
	(void)sha256_of(copy, LUKS2_COPY, copy + 448);
}

static inline int luks2_put(int fd, const char *json)
{
	uint8_t both[2 * LUKS2_COPY];

	luks2_copy(both, json, false);
	luks2_copy(both + LUKS2_COPY, json, true);
	return fd_pwrite_full(fd, both, sizeof both, 0);
}

static inline int luks1_put(
	int fd, const char *cipher, const char *mode, uint32_t key_bytes, uint32_t iterations)
{
	uint8_t head[4096] = "LUKS\xba\xbe\0\1";

	(void)snprintf((char *)head + 8, 32, "%s", cipher);
	(void)snprintf((char *)head + 40, 32, "%s", mode);
	(void)snprintf((char *)head + 72, 32, "sha256");
	store_be32(head + 104, 4096);
	store_be32(head + 108, key_bytes);
	store_be32(head + 164, 1000);
	(void)snprintf((char *)head + 168, 40, "%s", LUKS_IMAGE_UUID);
	for (size_t i = 0; i < 8; i++) {
		store_be32(head + 208 + 48 * i, i == 0 && iterations ? 0x00ac71f3 : 0xdead);
		store_be32(head + 212 + 48 * i, i == 0 ? iterations : 0);
		store_be32(head + 248 + 48 * i, 8 + 512 * (uint32_t)i);
		store_be32(head + 252 + 48 * i, 4000);
	}
	return fd_pwrite_full(fd, head, sizeof head, 0);
}

/* BitLocker: one key with this protection. */
static inline int bitlocker_put(int fd, uint16_t protection, uint16_t state, uint16_t next)
{
	uint8_t head[4096] = "\xeb\x58\x90-FVE-FS-", block[4096] = "-FVE-FS-", *entry = block + 64 + 48;

	store_le64(head + 176, 65536);
	store_le16(block + 10, 2);
	store_le16(block + 12, state);
	store_le16(block + 14, next);
	store_le32(block + 64, 48 + 80);
	store_le32(block + 72, 48);
	store_le16(block + 64 + 36, 0x8004);
	store_le16(entry, 80);
	store_le16(entry + 2, 2);
	store_le16(entry + 4, 8);
	store_le16(entry + 8 + 26, protection);
	return fd_pwrite_full(fd, head, sizeof head, 0) < 0 ? -EIO
							    : fd_pwrite_full(fd, block, sizeof block, 65536);
}
