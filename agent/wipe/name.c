/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * Names as the kernel shows them. See name.h. Pure.
 *
 * Code page 437 is what the offload's mount asks for and what mkfs.fat and cameras write. An upper half
 * letter under the lower-case flag is refused: the kernel's table for that is not worth guessing at.
 */

#include "wipe/name.h"

#include "base/utf8.h"

#include <string.h>

static const uint16_t upper_half[128] = {
	0x00C7,
	0x00FC,
	0x00E9,
	0x00E2,
	0x00E4,
	0x00E0,
	0x00E5,
	0x00E7,
	0x00EA,
	0x00EB,
	0x00E8,
	0x00EF,
	0x00EE,
	0x00EC,
	0x00C4,
	0x00C5,
	0x00C9,
	0x00E6,
	0x00C6,
	0x00F4,
	0x00F6,
	0x00F2,
	0x00FB,
	0x00F9,
	0x00FF,
	0x00D6,
	0x00DC,
	0x00A2,
	0x00A3,
	0x00A5,
	0x20A7,
	0x0192,
	0x00E1,
	0x00ED,
	0x00F3,
	0x00FA,
	0x00F1,
	0x00D1,
	0x00AA,
	0x00BA,
	0x00BF,
	0x2310,
	0x00AC,
	0x00BD,
	0x00BC,
	0x00A1,
	0x00AB,
	0x00BB,
	0x2591,
	0x2592,
	0x2593,
	0x2502,
	0x2524,
	0x2561,
	0x2562,
	0x2556,
	0x2555,
	0x2563,
	0x2551,
	0x2557,
	0x255D,
	0x255C,
	0x255B,
	0x2510,
	0x2514,
	0x2534,
	0x252C,
	0x251C,
	0x2500,
	0x253C,
	0x255E,
	0x255F,
	0x255A,
	0x2554,
	0x2569,
	0x2566,
	0x2560,
	0x2550,
	0x256C,
	0x2567,
	0x2568,
	0x2564,
	0x2565,
	0x2559,
	0x2558,
	0x2552,
	0x2553,
	0x256B,
	0x256A,
	0x2518,
	0x250C,
	0x2588,
	0x2584,
	0x258C,
	0x2590,
	0x2580,
	0x03B1,
	0x00DF,
	0x0393,
	0x03C0,
	0x03A3,
	0x03C3,
	0x00B5,
	0x03C4,
	0x03A6,
	0x0398,
	0x03A9,
	0x03B4,
	0x221E,
	0x03C6,
	0x03B5,
	0x2229,
	0x2261,
	0x00B1,
	0x2265,
	0x2264,
	0x2320,
	0x2321,
	0x00F7,
	0x2248,
	0x00B0,
	0x2219,
	0x00B7,
	0x221A,
	0x207F,
	0x00B2,
	0x25A0,
	0x00A0,
};

static bool is_forbidden(uint16_t unit)
{
	return unit < 0x20 || unit == 0x7F || unit == 0xFFFF || (unit < 0x80 && strchr("\"*/:<>?\\|", unit));
}

static bool is_high(uint16_t unit)
{
	return (unit & 0xFC00) == 0xD800;
}

static bool is_low(uint16_t unit)
{
	return (unit & 0xFC00) == 0xDC00;
}

size_t name_undotted(const struct name *name)
{
	size_t size = name->size;

	while (size > 0 && name->bytes[size - 1] == '.')
		size--;
	return size;
}

static void append(struct name *name, uint32_t code_point)
{
	name->size += utf8_encode(code_point, name->bytes + name->size);
}

int name_from_utf16(const uint16_t *units, size_t count, bool dot_at_end, struct name *ret_name)
{
	struct name name = {0};

	if (count == 0 || count > NAME_UNITS_MAX)
		return WIPE_BAD_NAME;
	for (size_t i = 0; i < count; i++) {
		uint32_t code_point = units[i];

		if (is_forbidden(units[i]) || is_low(units[i]))
			return WIPE_BAD_NAME;
		if (is_high(units[i])) {
			if (i + 1 == count || !is_low(units[i + 1]))
				return WIPE_BAD_NAME;
			code_point = 0x10000 + ((units[i] & 0x3FFU) << 10) + (units[i + 1] & 0x3FFU);
			i++;
		}
		append(&name, code_point);
	}
	name.bytes[name.size] = 0;
	if (name_undotted(&name) == 0 || (!dot_at_end && name_undotted(&name) < name.size))
		return WIPE_BAD_NAME;
	*ret_name = name;
	return 0;
}

/* One byte of an 8.3 name. */
static int short_character(uint8_t byte, bool lower, uint32_t *ret_code_point)
{
	if (byte >= 0x80) {
		*ret_code_point = upper_half[byte - 0x80];
		return lower ? WIPE_BAD_NAME : 0;
	}
	if (is_forbidden(byte) || byte == '.')
		return WIPE_BAD_NAME;
	*ret_code_point = lower && byte >= 'A' && byte <= 'Z' ? byte + 32U : byte;
	return 0;
}

static int append_part(struct name *name, const uint8_t *raw, size_t size, bool lower)
{
	while (size > 0 && raw[size - 1] == ' ')
		size--;
	for (size_t i = 0; i < size; i++) {
		uint32_t code_point;
		int r = short_character(raw[i], lower, &code_point);

		if (r != 0)
			return r;
		append(name, code_point);
	}
	return 0;
}

int name_from_short(
	const uint8_t raw[static 11], bool lower_base, bool lower_extension, struct name *ret_name)
{
	struct name name = {0};
	uint8_t base[8];
	size_t before;
	int r;

	memcpy(base, raw, sizeof base);
	if (base[0] == 0x05)
		base[0] = 0xE5;
	if (base[0] == ' ')
		return WIPE_BAD_NAME;
	r = append_part(&name, base, sizeof base, lower_base);
	if (r != 0)
		return r;
	before = name.size;
	append(&name, '.');
	r = append_part(&name, raw + 8, 3, lower_extension);
	if (r != 0)
		return r;
	if (name.size == before + 1)
		name.size = before;
	name.bytes[name.size] = 0;
	*ret_name = name;
	return 0;
}

static void put_label(char *text, size_t room, size_t *used, uint32_t code_point)
{
	char bytes[4];
	size_t size = utf8_encode(code_point, bytes);

	if (*used + size + 1 > room)
		return;
	memcpy(text + *used, bytes, size);
	*used += size;
	text[*used] = 0;
}

static void trim(char *text, size_t used)
{
	while (used > 0 && text[used - 1] == ' ')
		text[--used] = 0;
}

void name_label_from_short(const uint8_t raw[static 11], char *ret_text, size_t room)
{
	size_t used = 0;

	ret_text[0] = 0;
	for (size_t i = 0; i < 11; i++)
		put_label(ret_text, room, &used,
			raw[i] >= 0x80                    ? upper_half[raw[i] - 0x80]
			: raw[i] < 0x20 || raw[i] == 0x7F ? '?'
							  : raw[i]);
	trim(ret_text, used);
}

void name_label_from_utf16(const uint16_t *units, size_t count, char *ret_text, size_t room)
{
	size_t used = 0;

	ret_text[0] = 0;
	for (size_t i = 0; i < count; i++)
		put_label(ret_text, room, &used,
			units[i] < 0x20 || units[i] == 0x7F || (units[i] & 0xF800) == 0xD800 ? '?'
											     : units[i]);
	trim(ret_text, used);
}
