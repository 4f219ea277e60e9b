/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Containers, streams and short signatures of pictures, films, recordings and disks. See kind-internal.h. */

#include "inspect/kind-internal.h"

#include "base/number.h"

#include <string.h>

#define TS_PACKET      188
#define TS_PACKETS     5
#define AUDIO_FRAMES   3
#define BOOT_SECTOR    512
#define EXT_MAGIC      1080
#define ISO_DESCRIPTOR 32769
#define BTRFS_MAGIC    65600
#define SWAP_MAGIC     4086

static bool is_one_of(const uint8_t *four, const char *const *list, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (memcmp(four, list[i], 4) == 0)
			return true;
	return false;
}

/* --- ISO base media --- */

static struct kind brand_kind(const uint8_t *brand)
{
	static const char *const pictures[] = {"heic", "heix", "heim", "heis", "hevc", "hevx", "mif1", "mif2",
		"msf1", "miaf", "avif", "avis", "MiHE", "MiHB", "MA1A", "MA1B", "j2ki", "jpeg"};
	static const char *const sounds[] = {"M4A ", "M4B ", "M4P ", "F4A ", "F4B "};

	if (is_one_of(brand, pictures, ELEMENTS(pictures)))
		return (struct kind){KIND_IMAGE, 8, false, "a HEIC or AVIF picture"};
	if (is_one_of(brand, sounds, ELEMENTS(sounds)))
		return (struct kind){KIND_AUDIO, 2, false, "a sound recording"};
	if (memcmp(brand, "crx ", 4) == 0)
		return (struct kind){KIND_IMAGE, 8, false, "a raw camera picture"};
	return (struct kind){KIND_FILM, 8, false, "an MP4 or QuickTime film"};
}

/* "The free", "Was wide": a letter may begin like a box. A film taken for text here is binary throughout and
 * refused as that. */
static bool may_be_text(const uint8_t *bytes, size_t size)
{
	for (size_t i = 0; i < size; i++)
		if (bytes[i] < ' ' && bytes[i] != '\t' && bytes[i] != '\n' && bytes[i] != '\r')
			return false;
	return true;
}

bool kind_box(const uint8_t *bytes, size_t size, struct kind *ret)
{
	static const char *const others[] = {
		"moov", "mdat", "free", "skip", "wide", "pnot", "moof", "styp", "uuid", "sidx", "meta"};

	if (size >= 12 && memcmp(bytes + 4, "ftyp", 4) == 0) {
		*ret = brand_kind(bytes + 8);
		return true;
	}
	/* Old QuickTime has no type box; its first box has a length that is no text. */
	if (size >= 8 && is_one_of(bytes + 4, others, ELEMENTS(others)) && !may_be_text(bytes, 4)) {
		*ret = (struct kind){KIND_FILM, 8, false, "an MP4 or QuickTime film"};
		return true;
	}
	return false;
}

/* --- RIFF --- */

bool kind_riff(const uint8_t *bytes, size_t size, struct kind *ret)
{
	static const char *const outer[] = {"RIFF", "RIFX", "RF64", "FORM"};
	static const struct {
		char form[5];
		struct kind kind;
	} forms[] = {
		{"WEBP", {KIND_IMAGE, 8, false, "a WebP picture"}},
		{"ILBM", {KIND_IMAGE, 8, false, "an ILBM picture"}},
		{"PBM ", {KIND_IMAGE, 8, false, "an ILBM picture"}},
		{"AVI ", {KIND_FILM, 8, false, "an AVI film"}},
		{"AVIX", {KIND_FILM, 8, false, "an AVI film"}},
		{"ACON", {KIND_IMAGE, 8, false, "an animated picture"}},
		{"WAVE", {KIND_AUDIO, 8, false, "a sound recording"}},
		{"RMID", {KIND_AUDIO, 8, false, "a music file"}},
		{"AIFF", {KIND_AUDIO, 8, false, "a sound recording"}},
		{"AIFC", {KIND_AUDIO, 8, false, "a sound recording"}},
	};

	if (size < 12 || !is_one_of(bytes, outer, ELEMENTS(outer)))
		return false;
	for (size_t i = 0; i < ELEMENTS(forms); i++)
		if (memcmp(bytes + 8, forms[i].form, 4) == 0) {
			*ret = forms[i].kind;
			return true;
		}
	return false;
}

/* --- rhythms --- */

static bool is_printable(uint8_t c)
{
	return c >= ' ' && c < 0x7f;
}

/* Packets of 188 bytes that begin with 'G', as they are, or after 4 bytes of time (AVCHD), or before 16 of
 * parity. Of a text, what follows the 'G' would be letters each time. */
static bool transport_stream(const uint8_t *bytes, size_t size, size_t first, size_t step)
{
	bool text = true;

	if (size < first + step * (TS_PACKETS - 1) + 4)
		return false;
	for (size_t i = 0; i < TS_PACKETS; i++) {
		const uint8_t *packet = bytes + first + i * step;

		if (packet[0] != 0x47)
			return false;
		for (size_t k = 1; k < 4; k++)
			text = text && is_printable(packet[k]);
	}
	return !text;
}

/* Length of an MPEG audio frame by its header, 0: it is none. */
static size_t mpeg_audio_frame(const uint8_t *h)
{
	static const uint16_t rates[2][16] = {
		{0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 0},
		{0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160, 0}};
	static const uint16_t frequencies[3] = {44100, 48000, 32000};
	unsigned version = h[1] >> 3 & 3, layer = h[1] >> 1 & 3, rate = h[2] >> 4, frequency = h[2] >> 2 & 3;
	size_t kilobits, hertz;

	if (h[0] != 0xff || (h[1] & 0xe0) != 0xe0 || version == 1 || layer != 1 || frequency == 3)
		return 0;
	kilobits = rates[version != 3][rate];
	hertz = (size_t)frequencies[frequency] >> (version == 3 ? 0 : version == 2 ? 1 : 2);
	if (kilobits == 0)
		return 0;
	return (version == 3 ? 144000 : 72000) * kilobits / hertz + (h[2] >> 1 & 1);
}

static size_t adts_frame(const uint8_t *h)
{
	if (h[0] != 0xff || (h[1] & 0xf6) != 0xf0)
		return 0;
	return (size_t)(h[3] & 3) << 11 | (size_t)h[4] << 3 | h[5] >> 5;
}

static bool frames(const uint8_t *bytes, size_t size, size_t (*length)(const uint8_t *))
{
	size_t at = 0;

	for (unsigned i = 0; i < AUDIO_FRAMES; i++) {
		size_t n;

		if (size < 7 || at > size - 7)
			return i == AUDIO_FRAMES - 1;
		n = length(bytes + at);
		if (n < 7)
			return false;
		at += n;
	}
	return true;
}

bool kind_rhythm(const uint8_t *bytes, size_t size, struct kind *ret)
{
	if (transport_stream(bytes, size, 0, TS_PACKET) || transport_stream(bytes, size, 4, TS_PACKET + 4) ||
		transport_stream(bytes, size, 0, TS_PACKET + 16)) {
		*ret = (struct kind){KIND_FILM, 5, false, "an MPEG film"};
		return true;
	}
	if ((size >= 10 && memcmp(bytes, "ID3", 3) == 0 && bytes[3] < 8 && bytes[4] < 8) ||
		frames(bytes, size, mpeg_audio_frame) || frames(bytes, size, adts_frame)) {
		*ret = (struct kind){KIND_AUDIO, 2, false, "a sound recording"};
		return true;
	}
	return false;
}

/* --- pictures with short signatures --- */

static bool is_bmp(const uint8_t *b, size_t size)
{
	static const uint8_t headers[] = {12, 16, 40, 52, 56, 64, 108, 124};

	return size >= 26 && b[0] == 'B' && b[1] == 'M' && load_le32(b + 6) == 0 && load_le32(b + 14) < 256 &&
	       memchr(headers, (int)load_le32(b + 14), sizeof headers);
}

static bool is_ico(const uint8_t *b, size_t size)
{
	return size >= 22 && load_le16(b) == 0 && (load_le16(b + 2) == 1 || load_le16(b + 2) == 2) &&
	       load_le16(b + 4) > 0 && load_le16(b + 4) < 256 && b[9] == 0 &&
	       load_le32(b + 18) >= 6 + 16U * load_le16(b + 4);
}

static size_t skip(const uint8_t *b, size_t size, size_t at, const char *set)
{
	while (at < size && b[at] && strchr(set, b[at]))
		at++;
	return at;
}

/* "P6 width height maximum", and then bytes or numbers. */
static bool is_pnm(const uint8_t *b, size_t size)
{
	size_t i, digits;

	if (size < 8 || b[0] != 'P' || b[1] < '1' || b[1] > '7' || !memchr("\n\r\t ", b[2], 4))
		return false;
	i = skip(b, size, 3, "\n\r\t ");
	if (i < size && (b[i] == '#' || (b[1] == '7' && b[i] == 'W')))
		return true;
	digits = skip(b, size, i, "0123456789");
	i = skip(b, size, digits, "\n\r\t ");
	return digits > 3 && i > digits && i < size && skip(b, size, i, "0123456789") > i;
}

/* No signature: uncompressed or run-length true colour or grey of a possible size. */
static bool is_tga(const uint8_t *b, size_t size)
{
	static const char footer[] = "TRUEVISION-XFILE.";

	if (size >= 26 + 18 && memcmp(b + size - sizeof footer, footer, sizeof footer) == 0)
		return true;
	return size >= 18 && b[1] == 0 && (b[2] == 2 || b[2] == 3 || b[2] == 10 || b[2] == 11) &&
	       load_le32(b + 3) == 0 && b[7] == 0 && load_le16(b + 12) > 0 && load_le16(b + 14) > 0 &&
	       (b[16] == 8 || b[16] == 16 || b[16] == 24 || b[16] == 32);
}

bool kind_short_picture(const uint8_t *b, size_t size, struct kind *ret)
{
	if (is_bmp(b, size))
		*ret = (struct kind){KIND_ICON_FORMAT, 6, false, "a BMP picture"};
	else if (is_ico(b, size))
		*ret = (struct kind){KIND_ICON_FORMAT, 5, false, "an ICO picture"};
	else if (size >= 4 && b[0] == 0xff && b[1] == 0x0a)
		*ret = (struct kind){KIND_IMAGE, 2, false, "a JPEG XL picture"};
	else if (size >= 128 && b[0] == 10 && b[1] <= 5 && b[2] == 1 && b[3] <= 8)
		*ret = (struct kind){KIND_IMAGE, 2, false, "a PCX picture"};
	else if (is_pnm(b, size))
		*ret = (struct kind){KIND_IMAGE, 2, true, "a PNM picture"};
	else if (is_tga(b, size))
		*ret = (struct kind){KIND_IMAGE, 2, false, "a TGA picture"};
	else
		return false;
	return true;
}

/* --- disks --- */

static bool has(const uint8_t *bytes, size_t size, size_t offset, const char *magic, size_t length)
{
	return size >= length && size - length >= offset && memcmp(bytes + offset, magic, length) == 0;
}

/* A FAT or NTFS boot sector begins with a jump, a table of partitions has four entries of a known form. */
static bool boot_sector(const uint8_t *b, size_t size)
{
	if (size < BOOT_SECTOR || b[510] != 0x55 || b[511] != 0xaa)
		return false;
	if (b[0] == 0xeb || b[0] == 0xe9)
		return true;
	for (size_t i = 446; i < 510; i += 16)
		if (b[i] != 0 && b[i] != 0x80)
			return false;
	return true;
}

bool kind_disk(const uint8_t *bytes, size_t size, struct kind *ret)
{
	static const struct {
		size_t offset;
		const char *magic;
		size_t length;
	} magics[] = {{0, "QFI\xfb", 4}, {0, "KDMV", 4}, {0, "COWD", 4}, {0, "conectix", 8},
		{0, "vhdxfile", 8}, {64, "\x7f\x10\xda\xbe", 4}, {0, "hsqs", 4}, {0, "sqsh", 4},
		{0, "\x45\x3d\xcd\x28", 4}, {0, "MSWIM\0\0\0", 8}, {0, "XFSB\0\0", 6},
		{EXT_MAGIC, "\x53\xef", 2}, {ISO_DESCRIPTOR, "CD001", 5}, {ISO_DESCRIPTOR, "BEA01", 5},
		{BTRFS_MAGIC, "_BHRfS_M", 8}, {SWAP_MAGIC, "SWAPSPACE2", 10}, {512, "EFI PART", 8},
		{536, "LABELONE", 8}, {1024, "\x10\x20\xf5\xf2", 4}, {1024, "H+\0\x04", 4}, {32, "NXSB", 4}};

	*ret = (struct kind){KIND_DISK, 2, false, "the image of a disk"};
	for (size_t i = 0; i < ELEMENTS(magics); i++)
		if (has(bytes, size, magics[i].offset, magics[i].magic, magics[i].length))
			return true;
	return boot_sector(bytes, size) ||
	       (size >= BOOT_SECTOR && has(bytes, size, size - BOOT_SECTOR, "koly", 4));
}
