/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * How far the looking goes, and how small a picture must be to be no photo. What is beyond a limit is
 * refused, never passed without having been looked at.
 *
 * The rule for icons: a PNG, GIF, BMP or ICO file of at most icon_side pixels each way and at most icon_bytes
 * is clip art. Nothing else is: a JPEG, HEIC or WebP file of any size is a photo. The page preview that
 * office programs put into each document they save (one file of a fixed name) may be up to preview_side
 * pixels and preview_bytes. 0 for either side: none is let through.
 */

#include "base/cleanup.h"

struct inspect_limits {
	uint32_t icon_side; /* pixels */
	uint32_t icon_bytes;
	uint32_t icons;        /* in one file: a photo may be cut into many */
	uint32_t preview_side; /* pixels */
	uint32_t preview_bytes;

	uint64_t file_bytes;     /* a larger file is refused */
	uint64_t part_bytes;     /* one member, attachment or stream, unpacked */
	uint64_t unpacked_bytes; /* all of them together */
	uint32_t ratio;          /* unpacked for each packed byte, for parts above 1 MiB */
	uint32_t parts;          /* members of all archives, pages, encoded pieces, ... together */
	uint32_t depth;          /* a file in an archive in an archive has depth 2 */
	uint32_t unknown_bytes; /* encoded bytes of no known kind in a text, at most this many in one piece */

	uint64_t memory_bytes; /* address space of a worker */
	uint32_t cpu_seconds;
	uint32_t wall_ms;
};

#define INSPECT_LIMITS_DEFAULT                     \
	((struct inspect_limits){.icon_side = 128, \
		.icon_bytes = 32 << 10,            \
		.icons = 64,                       \
		.preview_side = 256,               \
		.preview_bytes = 96 << 10,         \
		.file_bytes = 256 << 20,           \
		.part_bytes = 128 << 20,           \
		.unpacked_bytes = 512 << 20,       \
		.ratio = 200,                      \
		.parts = 20000,                    \
		.depth = 6,                        \
		.unknown_bytes = 4 << 10,          \
		.memory_bytes = 1ULL << 30,        \
		.cpu_seconds = 20,                 \
		.wall_ms = 30000})
