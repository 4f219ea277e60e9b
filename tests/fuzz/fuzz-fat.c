/* SPDX-License-Identifier: GPL-3.0-or-later */

/* FAT cards with any bytes in any place. The first byte chooses the card, the rest changes it. */

#include "card-fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const unsigned bits[] = {12, 16, 32};
	unsigned kind;
	struct image i;

	if (size == 0)
		return 0;
	kind = data[0] % 3;
	i = image_fat(bits[kind], kind == 1 ? 4090 : 60, data[0] & 4);
	image_fill_fat(&i);
	fat_long_ascii(&i, "A long name in two slots.jpg", "ALONGN~1JPG");
	fat_file(&i, "ALONGN~1JPG", 600);
	fuzz_patch(&i, data + 1, size - 1);
	fuzz_look(&i);
	image_free(&i);
	return 0;
}
