/* SPDX-License-Identifier: GPL-3.0-or-later */

/* A recorded plan of any bytes is refused, or it is one whose sectors and regions lie inside its device. */

#include "card-fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_(plan_freep) struct plan *plan = NULL;
	_cleanup_free_ uint8_t *sealed = malloc(size + SHA512_SIZE);
	uint8_t sector[PLAN_SECTOR];

	/* With a right checksum, or hardly anything would be looked at. */
	if (size > 0)
		memcpy(sealed, data, size);
	fuzz_demand(sha512_of(sealed, size, sealed + size) == 0);
	if (plan_parse(sealed, size + SHA512_SIZE, &plan) != 0)
		return 0;
	for (size_t i = 0; i < plan->region_count; i++)
		fuzz_demand(plan->regions[i].size <= plan->device_bytes &&
			    plan->regions[i].offset <= plan->device_bytes - plan->regions[i].size);
	for (size_t i = 0; i < plan->sector_count; i++) {
		fuzz_demand(plan->sectors[i].number < plan->device_bytes / PLAN_SECTOR);
		plan_image(plan, plan->sectors[i].number * PLAN_SECTOR, sector, sizeof sector, false);
	}
	return 0;
}
