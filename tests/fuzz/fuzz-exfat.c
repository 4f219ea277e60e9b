/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * exFAT cards with any bytes in any place. The first byte chooses whether the checksums are made right again
 * after the change, without which the parser would hardly be reached.
 */

#include "card-fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void reseal_sets(struct image *i)
{
	for (size_t at = i->data; at + 32 * 20 < i->size; at += 32)
		if (i->bytes[at] == 0x85 && i->bytes[at + 1] < 19)
			ex_reseal(i->bytes + at);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct image i;

	if (size == 0)
		return 0;
	i = image_exfat(40, data[0] & 4);
	image_fill_exfat(&i);
	fuzz_patch(&i, data + 1, size - 1);
	if (data[0] & 1)
		ex_seal(&i);
	if (data[0] & 2)
		reseal_sets(&i);
	fuzz_look(&i);
	image_free(&i);
	return 0;
}
