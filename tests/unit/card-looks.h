/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* What is read from an image of a card, for the tests that damage one. */

#include "card-image.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

/* The caller clears the card. */
static inline int image_look(struct image *i, struct card *card)
{
	struct source source = image_source(i);

	return card_look(&source, false, card);
}

static inline void image_is(struct image *i, enum wipe_outcome expected)
{
	struct card card;
	int r = image_look(i, &card);

	card_clear(&card);
	if (r != (int)expected)
		fail_msg("%s instead of %s", r < 0 ? "error" : wipe_outcome_name((enum wipe_outcome)r),
			wipe_outcome_name(expected));
}
