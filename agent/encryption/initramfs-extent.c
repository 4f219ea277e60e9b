/* SPDX-License-Identifier: GPL-3.0-or-later */

/* zstd (RFC 8878) and lz4 by the headers of their blocks, PE by its section table. See initramfs-extent.h. */

#include "encryption/initramfs-extent.h"

#include "base/number.h"

#include <string.h>

#define ZSTD_MAGIC    0xfd2fb528U
#define ZSTD_SKIP     0x184d2a50U
#define LZ4_LEGACY    0x184c2102U
#define LZ4_CHUNK_MAX (8U * 1024 * 1024 + 8U * 1024 * 1024 / 255 + 16)
#define SECTIONS_MAX  96

static bool peek(const struct initramfs_source *source, uint64_t at, void *buffer, size_t size)
{
	return at <= source->size && size <= source->size - at &&
	       source->read(source->data, at, buffer, size) == 0;
}

static bool peek_le32(const struct initramfs_source *source, uint64_t at, uint32_t *ret)
{
	uint8_t word[4];

	if (!peek(source, at, word, sizeof word))
		return false;
	*ret = load_le32(word);
	return true;
}

/* Behind the header of the frame at `at`; false when it is cut. */
static bool zstd_frame_header(
	const struct initramfs_source *source, uint64_t at, uint64_t *ret_at, bool *ret_sum)
{
	static const uint8_t dictionary[4] = {0, 1, 2, 4}, content[4] = {0, 2, 4, 8};
	uint8_t flags;
	bool single;

	if (!peek(source, at + 4, &flags, 1))
		return false;
	single = flags & 0x20;
	*ret_sum = flags & 4;
	*ret_at = at + 5 + !single + dictionary[flags & 3] +
		  ((flags >> 6) == 0 && single ? 1U : content[flags >> 6]);
	return true;
}

static bool zstd_frame(const struct initramfs_source *source, uint64_t *at)
{
	uint64_t next;
	bool sum, last;

	if (!zstd_frame_header(source, *at, &next, &sum))
		return false;
	do {
		uint8_t header[3];
		uint32_t word;

		if (!peek(source, next, header, sizeof header))
			return false;
		word = header[0] | (uint32_t)header[1] << 8 | (uint32_t)header[2] << 16;
		last = word & 1;
		next += 3 + ((word >> 1 & 3) == 1 ? 1 : word >> 3);
	} while (!last);
	*at = next + (sum ? 4 : 0);
	return true;
}

static uint64_t end_of_zstd(const struct initramfs_source *source, uint64_t at)
{
	uint32_t magic, size;

	while (peek_le32(source, at, &magic)) {
		if (magic == ZSTD_MAGIC) {
			if (!zstd_frame(source, &at))
				return source->size;
		} else if ((magic & 0xfffffff0U) == ZSTD_SKIP && peek_le32(source, at + 4, &size)) {
			at += 8 + (uint64_t)size;
		} else {
			break;
		}
	}
	return at < source->size ? at : source->size;
}

static uint64_t end_of_lz4(const struct initramfs_source *source, uint64_t at)
{
	uint32_t word;

	while (peek_le32(source, at, &word) && word != 0 && (word <= LZ4_CHUNK_MAX || word == LZ4_LEGACY))
		at += 4 + (word == LZ4_LEGACY ? 0 : (uint64_t)word);
	return at < source->size ? at : source->size;
}

uint64_t extent_of_compressed(const struct initramfs_source *source, uint64_t at)
{
	uint32_t magic;

	if (!peek_le32(source, at, &magic))
		return source->size;
	if (magic == ZSTD_MAGIC || (magic & 0xfffffff0U) == ZSTD_SKIP)
		return end_of_zstd(source, at);
	return magic == LZ4_LEGACY ? end_of_lz4(source, at) : source->size;
}

/* Text, its size, its checksum, the magic; zeros may stand before the magic's block. */
uint64_t extent_without_bootconfig(const struct initramfs_source *source)
{
	static const char magic[] = "#BOOTCONFIG\n";
	const uint64_t tail = sizeof magic - 1 + 8;
	uint8_t end[sizeof magic - 1 + 8];
	uint32_t text;

	if (source->size < tail || !peek(source, source->size - tail, end, sizeof end) ||
		memcmp(end + 8, magic, sizeof magic - 1) != 0)
		return source->size;
	text = load_le32(end);
	return text <= source->size - tail ? source->size - tail - text : source->size;
}

bool extent_is_pe(const struct initramfs_source *source)
{
	char magic[2];

	return peek(source, 0, magic, sizeof magic) && memcmp(magic, "MZ", 2) == 0;
}

static bool find_sections(const struct initramfs_source *source, uint64_t *ret_at, unsigned *ret_count)
{
	uint8_t header[24];
	uint32_t at;

	if (!peek_le32(source, 0x3c, &at) || !peek(source, at, header, sizeof header) ||
		memcmp(header, "PE\0\0", 4) != 0)
		return false;
	*ret_count = load_le16(header + 6);
	*ret_at = (uint64_t)at + sizeof header + load_le16(header + 20);
	return *ret_count <= SECTIONS_MAX;
}

int extent_each_section(const struct initramfs_source *source,
	int (*visit)(const char *name, uint64_t offset, uint64_t size, void *data), void *data)
{
	uint64_t at;
	unsigned count;

	if (!find_sections(source, &at, &count))
		return -EBADMSG;
	for (unsigned i = 0; i < count; i++) {
		uint8_t section[40];
		char name[9] = "";
		uint32_t size, stored, offset;
		int r;

		if (!peek(source, at + 40ULL * i, section, sizeof section))
			return -EBADMSG;
		memcpy(name, section, 8);
		size = load_le32(section + 8);
		stored = load_le32(section + 16);
		offset = load_le32(section + 20);
		if (name[0] != '.' || stored == 0)
			continue;
		if (offset > source->size || stored > source->size - offset)
			return -EBADMSG;
		r = visit(name + 1, offset, size < stored && size > 0 ? size : stored, data);
		if (r != 0)
			return r;
	}
	return 0;
}
