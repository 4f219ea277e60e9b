/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Words for the numbers of the protocol. See protocol.h. Pure. */

#include "wipe/protocol.h"

#include <string.h>

const char *wipe_method_name(enum wipe_method method)
{
	switch (method) {
	case WIPE_METHOD_CLEAR:
		return "clear";
	case WIPE_METHOD_CLEAR_2PASS:
		return "clear-2pass";
	}
	return "unknown";
}

int wipe_method_parse(const char *text, enum wipe_method *ret_method)
{
	for (enum wipe_method m = WIPE_METHOD_CLEAR; m <= WIPE_METHOD_CLEAR_2PASS; m++)
		if (strcmp(text, wipe_method_name(m)) == 0) {
			*ret_method = m;
			return 0;
		}
	return -EINVAL;
}

const char *wipe_phase_text(enum wipe_phase phase)
{
	switch (phase) {
	case WIPE_PHASE_SCAN:
		return "looking at the card";
	case WIPE_PHASE_PROBE:
		return "checking its capacity";
	case WIPE_PHASE_RANDOM:
		return "overwriting (first pass)";
	case WIPE_PHASE_RANDOM_CHECK:
		return "checking the first pass";
	case WIPE_PHASE_ZERO:
		return "clearing";
	case WIPE_PHASE_READ_BACK:
		return "reading everything back";
	}
	return "working";
}

const char *wipe_file_system_name(enum wipe_file_system file_system)
{
	switch (file_system) {
	case WIPE_FS_NONE:
		return "none";
	case WIPE_FS_FAT12:
		return "FAT12";
	case WIPE_FS_FAT16:
		return "FAT16";
	case WIPE_FS_FAT32:
		return "FAT32";
	case WIPE_FS_EXFAT:
		return "exFAT";
	}
	return "unknown";
}
