/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * What the card fuzzers share: a good card in memory is changed by the input, a list of patches (four bytes
 * of place, one of length, then the bytes), and looked at. Whatever a card says, nothing is read outside it;
 * and a card that is accepted must have a plan whose image is an accepted, empty card, and which survives as
 * bytes.
 */

#include "../unit/card-image.h"

#include "wipe/resume.h"

static inline void fuzz_patch(struct image *i, const uint8_t *data, size_t size)
{
	while (size > 5) {
		uint64_t at = load_le32(data) % i->size;
		size_t length = data[4] % 64 + 1U;

		data += 5;
		size -= 5;
		if (length > size)
			length = size;
		if (length > i->size - at)
			length = i->size - at;
		memcpy(i->bytes + at, data, length);
		data += length;
		size -= length;
	}
}

static inline void fuzz_demand(bool fact)
{
	if (!fact)
		abort();
}

static inline void fuzz_plan(const struct source *source, const struct card *card)
{
	_cleanup_(plan_freep) struct plan *plan = NULL, *parsed = NULL;
	_cleanup_free_ uint8_t *bytes = NULL, *image = NULL;
	struct image planned = {.size = source->size};
	struct source planned_source;
	struct card again;
	size_t size;
	int r = card_plan(source, card, &plan);

	if (r != 0)
		return;
	image = planned.bytes = malloc(source->size);
	plan_image(plan, 0, image, source->size, false);
	fuzz_demand(plan_matches(plan, 0, image, source->size));
	planned_source = image_source(&planned);
	r = card_look(&planned_source, false, &again);
	fuzz_demand(r == 0 && again.tree.set.files == 0);
	card_clear(&again);
	fuzz_demand(resume_check(&planned_source, plan) == 0);
	r = plan_serialise(plan, &bytes, &size);
	fuzz_demand(r == 0 && plan_parse(bytes, size, &parsed) == 0);
}

static inline void fuzz_look(struct image *i)
{
	struct source source = image_source(i);
	struct card card;
	int r = card_look(&source, false, &card);

	fuzz_demand(r >= 0 && r < WIPE_READ_ERROR);
	if (r == 0)
		fuzz_plan(&source, &card);
	card_clear(&card);
}
