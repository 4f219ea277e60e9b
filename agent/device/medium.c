/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * The judgement over a whole medium. Which partitions there are is the kernel's word (the caller took it from
 * sysfs), because what the kernel made is what can be mounted; the partition table is read only for its id.
 *
 * A file system over the whole disk beside a partition table, or one hidden inside an encrypted volume's
 * header, could be mounted past the encryption: the table of magics at the end looks for those.
 */

#include "device/medium.h"

#include "base/number.h"
#include "device/cryptheader.h"

#include <string.h>

#define HEAD       CRYPTHEADER_HEAD
#define LUKS_MAGIC "LUKS\xba\xbe"

struct magic {
	uint32_t offset;
	uint8_t length;
	const char *bytes;
};

/* File systems and containers that announce themselves beyond the first sector, and those that do in it. */
static const struct magic magics[] = {
	{0, 4, "XFSB"}, {0, 4, "hsqs"}, {3, 8, "NTFS    "}, {3, 8, "EXFAT   "}, {1024, 4, "H+\0\4"},
	{1024, 4, "HX\0\5"}, {1024, 4, "\x10\x20\xf5\xf2"}, /* f2fs */
	{1024, 4, "\xe2\xe1\xf5\xe0"},                      /* erofs */
	{1030, 2, "\x34\x34"},                              /* nilfs2 */
	{512, 8, "LABELONE"},                               /* LVM */
	{4096, 4, "\xfc\x4e\x2b\xa9"},                      /* md 1.2 */
	{4086, 10, "SWAPSPACE2"}, {32768, 4, "JFS1"}, {32769, 5, "CD001"}, {32769, 5, "BEA01"},
	{32769, 5, "NSR02"}, {32769, 5, "NSR03"}, {65588, 8, "ReIsErFs"}, {65588, 8, "ReIsEr2F"},
	{65588, 8, "ReIsEr3F"}, {65600, 8, "_BHRfS_M"}, {65536, 4, "\x01\x16\x19\x70"}, /* gfs2 */
};

static int read_head(
	const struct medium_source *source, uint64_t start, uint64_t size, uint8_t head[static HEAD])
{
	memset(head, 0, HEAD);
	return source->read(source->data, start, head, size < HEAD ? (size_t)size : HEAD);
}

static bool power_of_two(unsigned value)
{
	return value != 0 && (value & (value - 1)) == 0;
}

static bool looks_like_fat(const uint8_t *head)
{
	unsigned sector = load_le16(head + 11);

	return (head[0] == 0xeb || head[0] == 0xe9) && power_of_two(sector) && sector >= 512 &&
	       sector <= 4096 && power_of_two(head[13]) && load_le16(head + 14) != 0 &&
	       (head[16] == 1 || head[16] == 2);
}

static bool looks_like_exfat(const uint8_t *head)
{
	return memcmp(head + 3, "EXFAT   ", 8) == 0;
}

static bool looks_like_ext(const uint8_t *block)
{
	return load_le16(block + 56) == 0xef53 && load_le32(block + 24) <= 6 && load_le32(block + 76) <= 1;
}

static void take_serial(const uint8_t *head, char ret_serial[static 16])
{
	const uint8_t *serial;

	if (looks_like_exfat(head))
		serial = head + 100;
	else if (looks_like_fat(head))
		serial = head + (load_le16(head + 22) ? 39 : 67);
	else
		return;
	if (load_le32(serial) != 0)
		(void)snprintf(
			ret_serial, 16, "%02X%02X-%02X%02X", serial[3], serial[2], serial[1], serial[0]);
}

static void take_gpt_id(const struct medium_source *source, char ret_id[static 40])
{
	uint8_t header[512];
	const uint8_t *g = header + 56;

	if (source->sector < 512 || source->size < 3ULL * source->sector ||
		source->read(source->data, source->sector, header, sizeof(header)) < 0 ||
		memcmp(header, "EFI PART", 8) != 0)
		return;
	(void)snprintf(ret_id, 40, "%08x-%04x-%04x-%02x%02x-%02x%02x%02x%02x%02x%02x", load_le32(g),
		load_le16(g + 4), load_le16(g + 6), g[8], g[9], g[10], g[11], g[12], g[13], g[14], g[15]);
}

static void take_table_id(const struct medium_source *source, const uint8_t *head, char ret_id[static 40])
{
	if (head[510] != 0x55 || head[511] != 0xaa || looks_like_fat(head) || looks_like_exfat(head))
		return;
	for (size_t i = 0; i < 4; i++)
		if (head[446 + 16 * i + 4] == 0xee) {
			take_gpt_id(source, ret_id);
			return;
		}
	(void)snprintf(ret_id, 40, "%08x", load_le32(head + 440));
}

static bool magic_at(const struct magic *magic, uint64_t base, const uint8_t *block)
{
	return magic->offset >= base && magic->offset + magic->length <= base + HEAD &&
	       memcmp(block + (magic->offset - base), magic->bytes, magic->length) == 0;
}

/* 1 when something mountable announces itself in the volume, 0 when not, or a negative errno. */
static int foreign(const struct medium_source *source, uint64_t start, uint64_t size)
{
	static const uint32_t bases[] = {0, 1024, 4096, 32768, 65536};
	uint8_t block[HEAD];

	for (size_t b = 0; b < ELEMENTS(bases) && bases[b] + HEAD <= size; b++) {
		int r = source->read(source->data, start + bases[b], block, HEAD);

		if (r < 0)
			return r;
		if (bases[b] == 1024 && looks_like_ext(block))
			return 1;
		for (size_t i = 0; i < ELEMENTS(magics); i++)
			if (magic_at(&magics[i], bases[b], block))
				return 1;
	}
	return 0;
}

static enum medium_verdict judge_volume(const struct medium_source *source, uint64_t start, uint64_t size,
	struct medium *medium, bool *ret_luks)
{
	enum medium_verdict verdict;
	uint8_t head[HEAD];
	uint64_t end;

	*ret_luks = false;
	if (add_overflows(start, size, &end) || end > source->size || size == 0)
		return MEDIUM_PLAIN;
	if (read_head(source, start, size, head) < 0)
		return MEDIUM_UNKNOWN;
	*ret_luks = memcmp(head, LUKS_MAGIC, sizeof(LUKS_MAGIC) - 1) == 0;
	if (cryptheader_judge(source, start, size, head, &verdict)) {
		int other = verdict == MEDIUM_ENCRYPTED ? foreign(source, start, size) : 0;

		return other < 0 ? MEDIUM_UNKNOWN : other ? MEDIUM_PLAIN : verdict;
	}
	if (!medium->serial[0])
		take_serial(head, medium->serial);
	return MEDIUM_PLAIN;
}

/* The worst of all partitions, and nothing over the disk as a whole. */
static enum medium_verdict judge_parts(
	const struct medium_source *source, const uint8_t *head, struct medium *medium)
{
	enum medium_verdict verdict = source->more_parts ? MEDIUM_PLAIN : MEDIUM_ENCRYPTED;
	enum medium_verdict ignored;
	int other;

	for (size_t i = 0; i < source->parts; i++) {
		bool luks;
		enum medium_verdict v =
			judge_volume(source, source->part[i].start, source->part[i].size, medium, &luks);

		if (v < verdict)
			verdict = v;
		if (v == MEDIUM_ENCRYPTED && luks)
			medium->locked |= UINT64_C(1) << i;
	}
	if (verdict != MEDIUM_ENCRYPTED)
		return verdict;
	if (looks_like_fat(head) || cryptheader_judge(source, 0, source->size, head, &ignored))
		return MEDIUM_PLAIN;
	other = foreign(source, 0, source->size);
	return other < 0 ? MEDIUM_UNKNOWN : other ? MEDIUM_PLAIN : MEDIUM_ENCRYPTED;
}

int medium_judge(const struct medium_source *source, struct medium *ret_medium)
{
	struct medium medium = {0};
	uint8_t head[HEAD];
	bool luks;
	int r;

	if (source->size < 512) {
		*ret_medium = medium;
		return 0;
	}
	r = read_head(source, 0, source->size, head);
	if (r < 0)
		return r;
	take_table_id(source, head, medium.table_id);
	if (source->parts || source->more_parts)
		medium.verdict = judge_parts(source, head, &medium);
	else
		medium.verdict = judge_volume(source, 0, source->size, &medium, &luks);
	*ret_medium = medium;
	return 0;
}

const char *medium_verdict_name(enum medium_verdict verdict)
{
	switch (verdict) {
	case MEDIUM_ENCRYPTED:
		return "encrypted";
	case MEDIUM_PLAIN:
		return "plain";
	case MEDIUM_UNKNOWN:
		break;
	}
	return "unknown";
}
