/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Cards made byte by byte in memory, so that a test can break exactly one of them.
 *
 * They are small on purpose: one sector a cluster (FAT) or eight (exFAT). Writers here follow the
 * specifications on their own and share no code with the parsers under test.
 */

#include "wipe/card.h"

#include "base/number.h"

#include <string.h>

struct image {
	uint8_t *bytes;
	size_t size;
	unsigned bits; /* 12, 16, 32; 64: exFAT */
	uint64_t start;
	uint32_t reserved, fat_sectors, root_entries, clusters, cluster_bytes;
	uint64_t fat, fat2, root, data; /* byte offsets */
	uint32_t next;                  /* free cluster */
	uint64_t bitmap;                /* exFAT */
	uint64_t folder_at;             /* where the next entry of the present folder goes */
};

static inline int image_read(void *data, uint64_t offset, void *buffer, size_t size)
{
	const struct image *i = data;

	memcpy(buffer, i->bytes + offset, size);
	return 0;
}

static inline struct source image_source(struct image *i)
{
	return (struct source){.read = image_read, .data = i, .size = i->size};
}

static inline void image_free(struct image *i)
{
	free(i->bytes);
	i->bytes = NULL;
}

#define _cleanup_image_ _cleanup_(image_free)

static inline void image_table(struct image *i, unsigned slot, uint8_t type, uint32_t start, uint32_t sectors)
{
	uint8_t *e = i->bytes + 446 + slot * 16;

	e[4] = type;
	store_le32(e + 8, start);
	store_le32(e + 12, sectors);
	store_le32(i->bytes + 440, 0x0B1E0002);
	i->bytes[510] = 0x55;
	i->bytes[511] = 0xAA;
}

/* --- FAT
 * ---------------------------------------------------------------------------------------------------- */

static inline void fat_put(struct image *i, uint32_t cluster, uint32_t value)
{
	uint64_t copies[2] = {i->fat, i->fat2};

	for (unsigned c = 0; c < 2; c++) {
		uint8_t *at = i->bytes + copies[c] + (uint64_t)cluster * i->bits / 8;
		uint16_t old = load_le16(at);

		if (i->bits == 32)
			store_le32(at, value);
		else if (i->bits == 16)
			store_le16(at, (uint16_t)value);
		else if (cluster % 2)
			store_le16(at, (uint16_t)((old & 0x000F) | value << 4));
		else
			store_le16(at, (uint16_t)((old & 0xF000) | (value & 0xFFF)));
	}
}

static inline uint32_t fat_eoc(const struct image *i)
{
	return i->bits == 32 ? 0x0FFFFFFF : i->bits == 16 ? 0xFFFF : 0xFFF;
}

static inline uint8_t *fat_at(const struct image *i, uint32_t cluster)
{
	return i->bytes + i->data + (uint64_t)(cluster - 2) * i->cluster_bytes;
}

static inline void fat_boot_sector(const struct image *i, uint32_t sectors, uint8_t *boot)
{
	memcpy(boot,
		"\xEB\x58\x90"
		"TESTCARD",
		11);
	store_le16(boot + 11, 512);
	boot[13] = (uint8_t)(i->cluster_bytes / 512);
	store_le16(boot + 14, (uint16_t)i->reserved);
	boot[16] = 2;
	store_le16(boot + 17, (uint16_t)i->root_entries);
	boot[21] = 0xF8;
	store_le32(boot + 32, sectors);
	if (i->bits == 32) {
		store_le32(boot + 36, i->fat_sectors);
		store_le32(boot + 44, 2);
		store_le16(boot + 48, 1);
		store_le16(boot + 50, 6);
		store_le32(boot + 67, 0x20261122);
	} else {
		store_le16(boot + 22, (uint16_t)i->fat_sectors);
		store_le32(boot + 39, 0x20261122);
	}
	boot[510] = 0x55;
	boot[511] = 0xAA;
}

/* An empty volume with about that many clusters of 512 bytes, in a partition from sector 8 or alone. */
static inline struct image image_fat(unsigned bits, uint32_t clusters, bool partitioned)
{
	struct image i = {.bits = bits, .clusters = clusters, .cluster_bytes = 512, .next = 2};
	uint32_t sectors;

	i.reserved = bits == 32 ? 32 : 1;
	i.root_entries = bits == 32 ? 0 : 64;
	i.fat_sectors = ((clusters + 2) * bits / 8 + 512) / 512;
	sectors = i.reserved + 2 * i.fat_sectors + i.root_entries * 32 / 512 + clusters;
	i.start = partitioned ? 8 * 512 : 0;
	i.size = i.start + (uint64_t)sectors * 512 + (partitioned ? 4 * 512 : 0);
	i.bytes = calloc(1, i.size);
	i.fat = i.start + (uint64_t)i.reserved * 512;
	i.fat2 = i.fat + (uint64_t)i.fat_sectors * 512;
	i.root = i.fat2 + (uint64_t)i.fat_sectors * 512;
	i.data = i.root + (uint64_t)i.root_entries * 32;
	if (partitioned)
		image_table(&i, 0, bits == 32 ? 0x0C : bits == 16 ? 0x06 : 0x01, 8, sectors);
	fat_boot_sector(&i, sectors, i.bytes + i.start);
	fat_put(&i, 0, bits == 32 ? 0x0FFFFFF8 : bits == 16 ? 0xFFF8 : 0xFF8);
	fat_put(&i, 1, fat_eoc(&i));
	if (bits == 32) {
		fat_boot_sector(&i, sectors, i.bytes + i.start + 6 * 512);
		store_le32(i.bytes + i.start + 512, 0x41615252);
		store_le32(i.bytes + i.start + 7 * 512, 0x41615252);
		fat_put(&i, i.next, fat_eoc(&i));
		i.root = i.data;
		i.next++;
	}
	i.folder_at = i.root;
	return i;
}

/* A chain of that many clusters, filled; returns the first, 0 for none. */
static inline uint32_t fat_chain(struct image *i, uint32_t count, uint8_t fill)
{
	uint32_t first = i->next;

	for (uint32_t n = 0; n < count; n++, i->next++) {
		memset(fat_at(i, i->next), fill, i->cluster_bytes);
		fat_put(i, i->next, n + 1 < count ? i->next + 1 : fat_eoc(i));
	}
	return count ? first : 0;
}

/* Appends a short entry to the present folder; name is 11 bytes. */
static inline uint8_t *fat_entry(
	struct image *i, const char *name, uint8_t attributes, uint32_t cluster, uint32_t size)
{
	uint8_t *e = i->bytes + i->folder_at;

	memcpy(e, name, 11);
	e[11] = attributes;
	store_le16(e + 20, (uint16_t)(i->bits == 32 ? cluster >> 16 : 0));
	store_le16(e + 26, (uint16_t)cluster);
	store_le32(e + 28, size);
	i->folder_at += 32;
	return e;
}

static inline uint8_t fat_alias_sum(const char *name)
{
	uint8_t sum = 0;

	for (int n = 0; n < 11; n++)
		sum = (uint8_t)((uint8_t)(sum << 7 | sum >> 1) + (uint8_t)name[n]);
	return sum;
}

/* Slots of a long name in front of an entry whose 11 bytes are alias. */
static inline void fat_long(struct image *i, const uint16_t *units, size_t count, const char *alias)
{
	static const uint8_t places[13] = {1, 3, 5, 7, 9, 14, 16, 18, 20, 22, 24, 28, 30};
	size_t slots = (count + 12) / 13;

	for (size_t s = slots; s > 0; s--) {
		uint8_t *e = i->bytes + i->folder_at;

		memset(e, 0, 32);
		e[0] = (uint8_t)(s | (s == slots ? 0x40 : 0));
		e[11] = 0x0F;
		e[13] = fat_alias_sum(alias);
		for (size_t n = 0; n < 13; n++) {
			size_t at = (s - 1) * 13 + n;

			store_le16(e + places[n], at < count ? units[at] : at == count ? 0 : 0xFFFF);
		}
		i->folder_at += 32;
	}
}

static inline void fat_long_ascii(struct image *i, const char *name, const char *alias)
{
	uint16_t units[256];
	size_t count = strlen(name);

	for (size_t n = 0; n < count; n++)
		units[n] = (uint8_t)name[n];
	fat_long(i, units, count, alias);
}

/* A file of that many bytes. */
static inline uint8_t *fat_file(struct image *i, const char *name, uint32_t size)
{
	return fat_entry(i, name, 0x20, fat_chain(i, (size + 511) / 512, 0xAB), size);
}

/* Makes a folder of one cluster in the present one and goes into it; returns its cluster. */
static inline uint32_t fat_folder(struct image *i, const char *name, uint32_t parent)
{
	uint32_t cluster = fat_chain(i, 1, 0);

	fat_entry(i, name, 0x10, cluster, 0);
	i->folder_at = (uint64_t)(fat_at(i, cluster) - i->bytes);
	fat_entry(i, ".          ", 0x10, cluster, 0);
	fat_entry(i, "..         ", 0x10, parent, 0);
	return cluster;
}

/* Label, DCIM/100MEDIA with two pictures, one file beside it. Leaves the root as present folder. */
static inline void image_fill_fat(struct image *i)
{
	uint64_t root;
	uint32_t dcim;

	fat_entry(i, "BLUE ROOM  ", 0x08, 0, 0);
	fat_file(i, "NOTE    TXT", 700);
	root = i->folder_at + 32;
	dcim = fat_folder(i, "DCIM       ", 0);
	fat_folder(i, "100MEDIA   ", dcim);
	fat_file(i, "IMG_0001JPG", 3000);
	fat_file(i, "IMG_0002JPG", 512);
	i->folder_at = root;
}

static inline struct set_digest image_fat_set(void)
{
	struct set_digest set = SET_DIGEST_NULL;

	(void)set_digest_add(&set, "NOTE.TXT", 8, 700);
	(void)set_digest_add(&set, "DCIM/100MEDIA/IMG_0001.JPG", 26, 3000);
	(void)set_digest_add(&set, "DCIM/100MEDIA/IMG_0002.JPG", 26, 512);
	return set;
}

/* --- exFAT
 * -------------------------------------------------------------------------------------------------- */

#define EX_CLUSTER 4096U

static inline uint32_t ex_sum32(const uint8_t *bytes, size_t size, bool boot)
{
	uint32_t sum = 0;

	for (size_t n = 0; n < size; n++)
		if (!boot || (n != 106 && n != 107 && n != 112))
			sum = (sum << 31 | sum >> 1) + bytes[n];
	return sum;
}

/* Checksum sectors and spare region from the main boot sector. */
static inline void ex_seal(struct image *i)
{
	uint8_t *boot = i->bytes + i->start;
	uint32_t sum = ex_sum32(boot, 11 * 512, true);

	for (unsigned n = 0; n < 128; n++)
		store_le32(boot + 11 * 512 + n * 4, sum);
	memcpy(boot + 12 * 512, boot, 12 * 512);
}

static inline uint8_t *ex_at(const struct image *i, uint32_t cluster)
{
	return i->bytes + i->data + (uint64_t)(cluster - 2) * EX_CLUSTER;
}

static inline void ex_put(struct image *i, uint32_t cluster, uint32_t value)
{
	store_le32(i->bytes + i->fat + (uint64_t)cluster * 4, value);
}

static inline void ex_mark(struct image *i, uint32_t cluster)
{
	i->bytes[i->bitmap + (cluster - 2) / 8] |= (uint8_t)(1U << ((cluster - 2) % 8));
}

static inline uint32_t ex_chain(struct image *i, uint32_t count, uint8_t fill, bool contiguous)
{
	uint32_t first = i->next;

	for (uint32_t n = 0; n < count; n++, i->next++) {
		memset(ex_at(i, i->next), fill, EX_CLUSTER);
		ex_mark(i, i->next);
		if (!contiguous)
			ex_put(i, i->next, n + 1 < count ? i->next + 1 : 0xFFFFFFFF);
	}
	return count ? first : 0;
}

static inline uint8_t *ex_system(struct image *i, uint8_t type)
{
	uint8_t *e = i->bytes + i->folder_at;

	e[0] = type;
	i->folder_at += 32;
	return e;
}

/* Identity, but for a to z. */
static inline size_t ex_upcase(uint8_t *to)
{
	size_t n = 0;

	store_le16(to + 2 * n++, 0xFFFF);
	store_le16(to + 2 * n++, 'a');
	for (uint16_t c = 'A'; c <= 'Z'; c++)
		store_le16(to + 2 * n++, c);
	store_le16(to + 2 * n++, 0xFFFF);
	store_le16(to + 2 * n++, (uint16_t)(0xFFFF - 'z'));
	return n * 2;
}

static inline struct image image_exfat(uint32_t clusters, bool partitioned)
{
	struct image i = {.bits = 64, .clusters = clusters, .cluster_bytes = EX_CLUSTER, .next = 2};
	uint32_t heap, sectors;
	uint8_t *boot, *e;
	size_t upcase;

	i.fat_sectors = (clusters + 2) * 4 / 512 + 1;
	heap = (24 + i.fat_sectors + 7) / 8 * 8;
	sectors = heap + clusters * 8;
	i.start = partitioned ? 8 * 512 : 0;
	i.size = i.start + (uint64_t)sectors * 512 + (partitioned ? 4 * 512 : 0);
	i.bytes = calloc(1, i.size);
	i.fat = i.start + 24 * 512;
	i.data = i.start + (uint64_t)heap * 512;
	boot = i.bytes + i.start;
	if (partitioned)
		image_table(&i, 0, 0x07, 8, sectors);
	memcpy(boot,
		"\xEB\x76\x90"
		"EXFAT   ",
		11);
	store_le64(boot + 72, sectors);
	store_le32(boot + 80, 24);
	store_le32(boot + 84, i.fat_sectors);
	store_le32(boot + 88, heap);
	store_le32(boot + 92, clusters);
	store_le32(boot + 96, 4);
	store_le32(boot + 100, 0x20261122);
	store_le16(boot + 104, 0x0100);
	boot[108] = 9;
	boot[109] = 3;
	boot[110] = 1;
	boot[112] = 50;
	for (unsigned s = 0; s < 9; s++) {
		boot[s * 512 + 510] = 0x55;
		boot[s * 512 + 511] = 0xAA;
	}
	ex_seal(&i);
	ex_put(&i, 0, 0xFFFFFFF8);
	ex_put(&i, 1, 0xFFFFFFFF);
	i.bitmap = i.data;
	(void)ex_chain(&i, 1, 0, false);
	ex_mark(&i, 2);
	upcase = ex_upcase(ex_at(&i, ex_chain(&i, 1, 0, false)));
	(void)ex_chain(&i, 1, 0, false);
	i.root = i.folder_at = i.data + 2 * EX_CLUSTER;
	e = ex_system(&i, 0x83);
	e[1] = 4;
	memcpy(e + 2, "B\0l\0u\0e\0", 8);
	e = ex_system(&i, 0x81);
	store_le32(e + 20, 2);
	store_le64(e + 24, (clusters + 7) / 8);
	e = ex_system(&i, 0x82);
	store_le32(e + 4, ex_sum32(ex_at(&i, 3), upcase, false));
	store_le32(e + 20, 3);
	store_le64(e + 24, upcase);
	return i;
}

/* Recomputes a set's checksum after a change. */
static inline void ex_reseal(uint8_t *set)
{
	uint16_t sum = 0;

	for (size_t n = 0; n < (set[1] + 1U) * 32; n++)
		if (n != 2 && n != 3)
			sum = (uint16_t)((uint16_t)(sum << 15 | sum >> 1) + set[n]);
	store_le16(set + 2, sum);
}

static inline uint16_t ex_hash(const uint16_t *units, size_t count)
{
	uint16_t hash = 0;

	for (size_t n = 0; n < count * 2; n++) {
		uint16_t unit = units[n / 2] >= 'a' && units[n / 2] <= 'z' ? (uint16_t)(units[n / 2] - 32)
									   : units[n / 2];

		hash = (uint16_t)((uint16_t)(hash << 15 | hash >> 1) + (n % 2 ? unit >> 8 : unit & 0xFF));
	}
	return hash;
}

static inline uint8_t *ex_set(struct image *i, const uint16_t *units, size_t count, uint16_t attributes,
	uint32_t cluster, uint64_t size, bool contiguous)
{
	size_t names = (count + 14) / 15;
	uint8_t *e = i->bytes + i->folder_at;

	e[0] = 0x85;
	e[1] = (uint8_t)(1 + names);
	store_le16(e + 4, attributes);
	e[32] = 0xC0;
	e[33] = (uint8_t)((size ? 1 : 0) | (contiguous ? 2 : 0));
	e[35] = (uint8_t)count;
	store_le16(e + 36, ex_hash(units, count));
	store_le64(e + 40, size);
	store_le32(e + 52, cluster);
	store_le64(e + 56, size);
	for (size_t n = 0; n < names; n++)
		e[64 + n * 32] = 0xC1;
	for (size_t n = 0; n < count; n++)
		store_le16(e + 64 + n / 15 * 32 + 2 + n % 15 * 2, units[n]);
	ex_reseal(e);
	i->folder_at += (2 + names) * 32;
	return e;
}

static inline uint8_t *ex_ascii(struct image *i, const char *name, uint16_t attributes, uint32_t cluster,
	uint64_t size, bool contiguous)
{
	uint16_t units[256];
	size_t count = strlen(name);

	for (size_t n = 0; n < count; n++)
		units[n] = (uint8_t)name[n];
	return ex_set(i, units, count, attributes, cluster, size, contiguous);
}

static inline uint8_t *ex_file(struct image *i, const char *name, uint64_t size, bool contiguous)
{
	uint32_t clusters = (uint32_t)((size + EX_CLUSTER - 1) / EX_CLUSTER);

	return ex_ascii(i, name, 0x20, ex_chain(i, clusters, 0xAB, contiguous), size, contiguous);
}

/* A folder of one cluster; goes into it. */
static inline uint32_t ex_folder(struct image *i, const char *name)
{
	uint32_t cluster = ex_chain(i, 1, 0, false);

	(void)ex_ascii(i, name, 0x10, cluster, EX_CLUSTER, false);
	i->folder_at = (uint64_t)(ex_at(i, cluster) - i->bytes);
	return cluster;
}

/* As image_fill_fat(), one picture contiguous and one in a chain. */
static inline void image_fill_exfat(struct image *i)
{
	uint64_t root;

	(void)ex_file(i, "NOTE.TXT", 700, true);
	root = i->folder_at + 3 * 32;
	(void)ex_folder(i, "DCIM");
	(void)ex_folder(i, "100MEDIA");
	(void)ex_file(i, "IMG_0001.JPG", 3 * EX_CLUSTER + 5, true);
	(void)ex_file(i, "a picture with a rather long name.jpg", 2 * EX_CLUSTER, false);
	i->folder_at = root;
}

static inline struct set_digest image_exfat_set(void)
{
	struct set_digest set = SET_DIGEST_NULL;

	(void)set_digest_add(&set, "NOTE.TXT", 8, 700);
	(void)set_digest_add(&set, "DCIM/100MEDIA/IMG_0001.JPG", 26, 3 * EX_CLUSTER + 5);
	(void)set_digest_add(&set, "DCIM/100MEDIA/a picture with a rather long name.jpg", 51, 2 * EX_CLUSTER);
	return set;
}
