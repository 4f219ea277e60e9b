/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Any bytes are of a kind, and a picture that is refused from its first half is refused as a whole. */

#include "inspect/inspect.h"
#include "inspect/kind.h"
#include "inspect/picture.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_picture(const uint8_t *data, size_t size)
{
	struct buffer texts = {.max = 1 << 20};
	struct picture picture;

	(void)picture_size(data, size, &picture);
	if (picture_whole(data, size))
		picture_texts(data, size, &texts);
	buffer_clear(&texts);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct kind others[KIND_OTHERS_MAX];
	struct inspect_answer early;
	size_t count = kind_others(data, size, others);

	if (count > KIND_OTHERS_MAX)
		abort();
	for (size_t i = 0; i < count; i++)
		if (!others[i].name)
			abort();
	if (kind_early(data, size, &early) &&
		(early.verdict != INSPECT_REFUSE || !inspect_answer_valid(&early)))
		abort();
	check_picture(data, size);
	return 0;
}
