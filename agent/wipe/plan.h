/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * The image a card must have when it is clear: a short list of sectors, and every other sector zero.
 *
 * The plan is fixed and recorded before the first write. Everything later follows from it alone: what is
 * written, what the read-back is compared with, and after a power cut whether this is still the same card and
 * whether it was used since. Sectors are 512 bytes whatever the card's own are.
 *
 * Order of writing, so that a cut leaves no half tree: first the root folder with nothing in it (its stage
 * sectors), then the metadata regions, then the root as it will stay, then everything else.
 */

#include "wipe/extent.h"
#include "wipe/protocol.h"

#define PLAN_SECTOR      512
#define PLAN_SECTORS_MAX 1800
#define PLAN_REGIONS_MAX 4096

enum plan_sector_flag {
	PLAN_IDENTITY = 1 << 0,   /* never changed by the clear: proves that it is the same card */
	PLAN_EXFAT_BOOT = 1 << 1, /* but for bytes 106, 107 and 112 */
	PLAN_STAGE = 1 << 2,      /* not part of the final image: the root while it is empty */
	PLAN_FLAGS_ALL = 7,
};

struct plan_sector {
	uint64_t number;
	uint32_t flags;
	uint8_t bytes[PLAN_SECTOR];
};

enum plan_region_kind {
	PLAN_ROOT = 1,     /* where the root's entries lay before the clear */
	PLAN_FOLDER = 2,   /* a kept folder's cluster */
	PLAN_METADATA = 3, /* boot sectors, allocation tables, bitmap, up-case table */
};

struct plan_region {
	uint32_t kind;
	uint64_t offset; /* bytes, whole sectors */
	uint64_t size;
};

struct plan {
	uint64_t device_bytes;
	uint32_t file_system; /* enum wipe_file_system */
	size_t sector_count;  /* sorted by number, stage behind final */
	struct plan_sector *sectors;
	size_t region_count;
	struct plan_region *regions;
};

struct plan *plan_new(uint64_t device_bytes, enum wipe_file_system file_system);
struct plan *plan_free(struct plan *plan);
DEFINE_CLEANUP(struct plan, plan_free);

/* --- building; WIPE_UNUSUAL when a limit is reached --- */

/* Puts bytes anywhere; sectors that do not exist yet begin as zero. flags are added to the sectors'. */
int plan_put(struct plan *plan, uint64_t offset, const void *bytes, size_t size, uint32_t flags);

/* What the plan holds there now (flags: 0 or PLAN_STAGE). */
void plan_peek(const struct plan *plan, uint64_t offset, void *ret_bytes, size_t size, uint32_t flags);

int plan_add_region(struct plan *plan, enum plan_region_kind kind, uint64_t offset, uint64_t size);

/* Sorts, and drops final sectors that are all zero. Call once, last. */
void plan_finish(struct plan *plan);

/* --- using --- */

/* Fills buffer with the final image, or with stage (only meant for regions of kind PLAN_ROOT) with the empty
 * root's. offset and size are whole sectors. */
void plan_image(const struct plan *plan, uint64_t offset, uint8_t *ret_buffer, size_t size, bool stage);

/* True if bytes, read at offset (whole sectors), are the final image there. Fast where that is zero. */
bool plan_matches(const struct plan *plan, uint64_t offset, const uint8_t *bytes, size_t size);

/* Everything that a random pass leaves alone: all regions and the plan's sectors, sorted, neighbours joined.
 * Owned by the caller. */
int plan_preserved(const struct plan *plan, struct extent **ret_extents, size_t *ret_count);

/* True if read, a whole sector at sector->number, is still that identity sector. */
bool plan_same_identity(const struct plan_sector *sector, const uint8_t *read);

/* --- as bytes --- */

/* At most WIPE_PLAN_BYTES_MAX, owned by the caller; ends with a SHA-512 of everything before it. */
int plan_serialise(const struct plan *plan, uint8_t **ret_bytes, size_t *ret_size);

/* Never trusts its input. WIPE_PLAN_INVALID for anything that plan_serialise() did not write. */
int plan_parse(const uint8_t *bytes, size_t size, struct plan **ret_plan);
