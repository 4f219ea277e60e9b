/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Up-case tables. See upcase.h. Pure. */

#include "wipe/upcase.h"

#include "base/number.h"

#define IDENTITY_RUN 0xFFFF

int upcase_parse(const uint8_t *bytes, size_t size, struct upcase *ret_upcase)
{
	uint32_t index = 0;

	if (size % 2 != 0)
		return WIPE_BAD_UPCASE;
	for (uint32_t i = 0; i < UPCASE_ENTRIES; i++)
		ret_upcase->to[i] = (uint16_t)i;
	for (size_t at = 0; at < size; at += 2) {
		uint16_t unit = load_le16(bytes + at);

		if (unit == IDENTITY_RUN && at + 2 < size) {
			at += 2;
			index += load_le16(bytes + at);
			continue;
		}
		if (index >= UPCASE_ENTRIES)
			return WIPE_BAD_UPCASE;
		ret_upcase->to[index++] = unit;
	}
	return index >= UPCASE_ENTRIES - 1 && index <= UPCASE_ENTRIES ? 0 : WIPE_BAD_UPCASE;
}

uint16_t upcase_fold(const struct upcase *upcase, uint16_t *units, size_t count)
{
	uint16_t hash = 0;

	for (size_t i = 0; i < count; i++) {
		units[i] = upcase->to[units[i]];
		hash = (uint16_t)((uint16_t)(hash << 15 | hash >> 1) + (units[i] & 0xFF));
		hash = (uint16_t)((uint16_t)(hash << 15 | hash >> 1) + (units[i] >> 8));
	}
	return hash;
}
