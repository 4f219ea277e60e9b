/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * An exFAT volume: geometry and checksum of both boot regions, its allocation table, and the small sums and
 * entries of its directories.
 *
 * Both boot regions must be whole and equal (but for the three bytes that the checksum leaves out). Offsets
 * in struct exfat_volume are bytes from the start of the device and proven to lie inside it.
 */

#include "wipe/source.h"

#define EXFAT_ENTRY_SIZE      32
#define EXFAT_FIRST_CLUSTER   2U
#define EXFAT_BOOT_SECTORS    12U
#define EXFAT_FREE            0U
#define EXFAT_BAD             0xFFFFFFF7U
#define EXFAT_END             0xFFFFFFFFU
#define EXFAT_DIRECTORY_MAX   (256ULL << 20)
#define EXFAT_UPCASE_MAX      (65536U * 2)
#define EXFAT_FLAGS_OFFSET    106 /* bytes 106, 107 and 112 of a boot sector: not in the checksum */
#define EXFAT_PERCENT_OFFSET  112
#define EXFAT_ATTR_READ_ONLY  0x01
#define EXFAT_ATTR_DIRECTORY  0x10
#define EXFAT_FLAG_POSSIBLE   0x01
#define EXFAT_FLAG_CONTIGUOUS 0x02

enum exfat_type {
	EXFAT_TYPE_END = 0x00,
	EXFAT_TYPE_BITMAP = 0x81,
	EXFAT_TYPE_UPCASE = 0x82,
	EXFAT_TYPE_LABEL = 0x83,
	EXFAT_TYPE_FILE = 0x85,
	EXFAT_TYPE_GUID = 0xA0,
	EXFAT_TYPE_STREAM = 0xC0,
	EXFAT_TYPE_NAME = 0xC1,
};

struct exfat_volume {
	const struct source *device;
	uint32_t sector_bytes;
	uint32_t cluster_bytes;
	uint32_t clusters;
	uint32_t root_cluster;
	uint32_t serial;
	uint64_t start;
	uint64_t end;
	uint64_t fat_offset;
	uint64_t fat_bytes;
	uint64_t heap_offset;
};

/* WIPE_OTHER_FILE_SYSTEM if there is no exFAT at start. */
int exfat_open(const struct source *device, uint64_t start, uint64_t size, struct exfat_volume *ret_volume);

int exfat_get(const struct exfat_volume *volume, uint32_t cluster, uint32_t *ret_value);

uint64_t exfat_cluster_offset(const struct exfat_volume *volume, uint32_t cluster);

static inline bool exfat_cluster_valid(const struct exfat_volume *volume, uint32_t cluster)
{
	return cluster >= EXFAT_FIRST_CLUSTER && cluster - EXFAT_FIRST_CLUSTER < volume->clusters;
}

/* Checksums as the specification defines them. */
uint32_t exfat_checksum32(uint32_t sum, const void *bytes, size_t size);
uint16_t exfat_set_checksum(const uint8_t *entries, size_t count);
