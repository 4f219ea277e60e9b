/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Building and using the expected image. See plan.h; as bytes: plan-bytes.c. Pure. */

#include "wipe/plan.h"

#include "wipe/source.h"

#include <string.h>

struct plan *plan_new(uint64_t device_bytes, enum wipe_file_system file_system)
{
	_cleanup_(plan_freep) struct plan *plan = calloc(1, sizeof *plan);

	if (!plan)
		return NULL;
	plan->sectors = calloc(PLAN_SECTORS_MAX, sizeof *plan->sectors);
	plan->regions = calloc(PLAN_REGIONS_MAX, sizeof *plan->regions);
	if (!plan->sectors || !plan->regions)
		return NULL;
	plan->device_bytes = device_bytes;
	plan->file_system = file_system;
	return TAKE_PTR(plan);
}

struct plan *plan_free(struct plan *plan)
{
	if (plan) {
		free(plan->sectors);
		free(plan->regions);
	}
	free(plan);
	return NULL;
}

/* While building the list is in no order; the newest sectors are the likely ones. */
static struct plan_sector *find(const struct plan *plan, uint64_t number, uint32_t stage)
{
	for (size_t i = plan->sector_count; i > 0; i--) {
		struct plan_sector *s = &plan->sectors[i - 1];

		if (s->number == number && (s->flags & PLAN_STAGE) == stage)
			return s;
	}
	return NULL;
}

int plan_put(struct plan *plan, uint64_t offset, const void *bytes, size_t size, uint32_t flags)
{
	const uint8_t *from = bytes;

	if (size > plan->device_bytes || offset > plan->device_bytes - size)
		return WIPE_OUT_OF_RANGE;
	while (size > 0) {
		size_t at = offset % PLAN_SECTOR;
		size_t piece = PLAN_SECTOR - at < size ? PLAN_SECTOR - at : size;
		struct plan_sector *s = find(plan, offset / PLAN_SECTOR, flags & PLAN_STAGE);

		if (!s) {
			if (plan->sector_count == PLAN_SECTORS_MAX)
				return WIPE_UNUSUAL;
			s = &plan->sectors[plan->sector_count++];
			s->number = offset / PLAN_SECTOR;
		}
		s->flags |= flags;
		memcpy(s->bytes + at, from, piece);
		offset += piece;
		from += piece;
		size -= piece;
	}
	return 0;
}

void plan_peek(const struct plan *plan, uint64_t offset, void *ret_bytes, size_t size, uint32_t flags)
{
	uint8_t *to = ret_bytes;

	for (size_t i = 0; i < size; i++, offset++) {
		const struct plan_sector *s = find(plan, offset / PLAN_SECTOR, flags & PLAN_STAGE);

		to[i] = s ? s->bytes[offset % PLAN_SECTOR] : 0;
	}
}

int plan_add_region(struct plan *plan, enum plan_region_kind kind, uint64_t offset, uint64_t size)
{
	if (plan->region_count == PLAN_REGIONS_MAX)
		return WIPE_UNUSUAL;
	if (offset % PLAN_SECTOR != 0 || size % PLAN_SECTOR != 0 || size > plan->device_bytes ||
		offset > plan->device_bytes - size)
		return WIPE_OUT_OF_RANGE;
	plan->regions[plan->region_count++] = (struct plan_region){kind, offset, size};
	return 0;
}

static int compare(const void *a, const void *b)
{
	const struct plan_sector *x = a, *y = b;

	if (x->number != y->number)
		return x->number < y->number ? -1 : 1;
	return (int)(x->flags & PLAN_STAGE) - (int)(y->flags & PLAN_STAGE);
}

void plan_finish(struct plan *plan)
{
	size_t kept = 0;

	for (size_t i = 0; i < plan->sector_count; i++)
		if (plan->sectors[i].flags & (PLAN_STAGE | PLAN_IDENTITY) ||
			!bytes_are_zero(plan->sectors[i].bytes, PLAN_SECTOR))
			plan->sectors[kept++] = plan->sectors[i];
	plan->sector_count = kept;
	qsort(plan->sectors, kept, sizeof plan->sectors[0], compare);
}

/* Index of the first sector of the list at or behind number. */
static size_t first_from(const struct plan *plan, uint64_t number)
{
	size_t low = 0, high = plan->sector_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (plan->sectors[middle].number < number)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static bool is_stage(const struct plan_sector *sector)
{
	return sector->flags & PLAN_STAGE;
}

void plan_image(const struct plan *plan, uint64_t offset, uint8_t *ret_buffer, size_t size, bool stage)
{
	uint64_t first = offset / PLAN_SECTOR, end = first + size / PLAN_SECTOR;

	memset(ret_buffer, 0, size);
	for (size_t i = first_from(plan, first); i < plan->sector_count && plan->sectors[i].number < end; i++)
		if (is_stage(&plan->sectors[i]) == stage)
			memcpy(ret_buffer + (plan->sectors[i].number - first) * PLAN_SECTOR,
				plan->sectors[i].bytes, PLAN_SECTOR);
}

bool plan_matches(const struct plan *plan, uint64_t offset, const uint8_t *bytes, size_t size)
{
	uint64_t first = offset / PLAN_SECTOR, end = first + size / PLAN_SECTOR, next = first;

	for (size_t i = first_from(plan, first); i < plan->sector_count && plan->sectors[i].number < end;
		i++) {
		const struct plan_sector *s = &plan->sectors[i];

		if (is_stage(s))
			continue;
		if (!bytes_are_zero(bytes + (next - first) * PLAN_SECTOR, (s->number - next) * PLAN_SECTOR))
			return false;
		if (memcmp(bytes + (s->number - first) * PLAN_SECTOR, s->bytes, PLAN_SECTOR) != 0)
			return false;
		next = s->number + 1;
	}
	return bytes_are_zero(bytes + (next - first) * PLAN_SECTOR, (end - next) * PLAN_SECTOR);
}

static int compare_extents(const void *a, const void *b)
{
	const struct extent *x = a, *y = b;

	return x->offset < y->offset ? -1 : x->offset > y->offset;
}

int plan_preserved(const struct plan *plan, struct extent **ret_extents, size_t *ret_count)
{
	size_t count = 0, merged = 0;
	struct extent *list = calloc(plan->region_count + plan->sector_count + 1, sizeof *list);

	if (!list)
		return -ENOMEM;
	for (size_t i = 0; i < plan->region_count; i++)
		list[count++] = (struct extent){plan->regions[i].offset, plan->regions[i].size};
	for (size_t i = 0; i < plan->sector_count; i++)
		list[count++] = (struct extent){plan->sectors[i].number * PLAN_SECTOR, PLAN_SECTOR};
	qsort(list, count, sizeof *list, compare_extents);
	for (size_t i = 0; i < count; i++) {
		struct extent *last = merged > 0 ? &list[merged - 1] : NULL;
		uint64_t end = list[i].offset + list[i].size;

		if (!last || list[i].offset > last->offset + last->size)
			list[merged++] = list[i];
		else if (end > last->offset + last->size)
			last->size = end - last->offset;
	}
	*ret_extents = list;
	*ret_count = merged;
	return 0;
}

bool plan_same_identity(const struct plan_sector *sector, const uint8_t *read)
{
	uint8_t bytes[PLAN_SECTOR];

	memcpy(bytes, read, sizeof bytes);
	if (sector->flags & PLAN_EXFAT_BOOT) {
		memcpy(bytes + 106, sector->bytes + 106, 2);
		bytes[112] = sector->bytes[112];
	}
	return memcmp(bytes, sector->bytes, sizeof bytes) == 0;
}
