/* SPDX-License-Identifier: GPL-3.0-or-later */

/* The first sectors of a card of any bytes are a table with one partition inside the card, no table, or
 * refused. */

#include "card-fuzz.h"

#define DEVICE_BYTES (1 << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct image i = {.bytes = calloc(1, DEVICE_BYTES), .size = DEVICE_BYTES};
	struct source source = image_source(&i);
	struct mbr_layout layout;

	memcpy(i.bytes, data, size < 4096 ? size : 4096);
	if (mbr_parse(&source, &layout) == 0)
		fuzz_demand(layout.size > 0 && layout.start < i.size &&
			    layout.size <= i.size - layout.start &&
			    (layout.partitioned || layout.start == 0));
	fuzz_look(&i);
	image_free(&i);
	return 0;
}
