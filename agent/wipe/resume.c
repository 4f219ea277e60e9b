/* SPDX-License-Identifier: GPL-3.0-or-later */

/* The check before a clear goes on. See resume.h. Pure. */

#include "wipe/resume.h"

#include <string.h>

#define PIECE ((size_t)64 * 1024)

static int check_identity(const struct source *source, const struct plan *plan)
{
	bool any = false;

	for (size_t i = 0; i < plan->sector_count; i++) {
		const struct plan_sector *s = &plan->sectors[i];
		uint8_t bytes[PLAN_SECTOR];
		int r;

		if (!(s->flags & PLAN_IDENTITY))
			continue;
		r = source_read(source, s->number * PLAN_SECTOR, bytes, sizeof bytes);
		if (r != 0)
			return r;
		if (!plan_same_identity(s, bytes))
			return WIPE_CARD_CHANGED;
		any = true;
	}
	return any ? 0 : WIPE_PLAN_INVALID;
}

static int region_equals(const struct source *source, const struct plan *plan,
	const struct plan_region *region, bool stage, bool *ret_equal)
{
	_cleanup_free_ uint8_t *have = malloc(PIECE), *want = malloc(PIECE);

	if (!have || !want)
		return -ENOMEM;
	for (uint64_t at = 0; at < region->size && *ret_equal; at += PIECE) {
		size_t size = region->size - at < PIECE ? (size_t)(region->size - at) : PIECE;
		int r = source_read(source, region->offset + at, have, size);

		if (r != 0)
			return r;
		plan_image(plan, region->offset + at, want, size, stage);
		*ret_equal = memcmp(have, want, size) == 0;
	}
	return 0;
}

static int regions_equal(const struct source *source, const struct plan *plan, enum plan_region_kind kind,
	bool stage, bool *ret_equal)
{
	*ret_equal = true;
	for (size_t i = 0; i < plan->region_count && *ret_equal; i++) {
		int r = 0;

		if (plan->regions[i].kind == (uint32_t)kind)
			r = region_equals(source, plan, &plan->regions[i], stage, ret_equal);
		if (r != 0)
			return r;
	}
	return 0;
}

int resume_check(const struct source *source, const struct plan *plan)
{
	bool equal;
	int r;

	if (plan->device_bytes != source->size)
		return WIPE_CARD_CHANGED;
	r = check_identity(source, plan);
	if (r == 0)
		r = regions_equal(source, plan, PLAN_ROOT, true, &equal);
	if (r != 0 || equal)
		return r;
	r = regions_equal(source, plan, PLAN_ROOT, false, &equal);
	if (r == 0 && equal)
		r = regions_equal(source, plan, PLAN_FOLDER, false, &equal);
	return r == 0 && !equal ? WIPE_OFFLOAD_FIRST : r;
}
