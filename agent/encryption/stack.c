/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Down the stack, remembering whether anything above has encrypted. See stack.h. */

#include "encryption/stack.h"

#define DEPTH_MAX 16

struct walk {
	const struct stack_source *source;
	bool external, clear;
};

static bool good_cipher(const struct dmtable_target *target)
{
	switch (target->strength) {
	case DMTABLE_STRONG:
	case DMTABLE_WEAK:
		return true;
	case DMTABLE_NULL_CIPHER:
	case DMTABLE_UNKNOWN_CIPHER:
		break;
	}
	return false;
}

static bool encrypts(const struct dmtable *table)
{
	bool any = false;

	for (size_t i = 0; i < table->count; i++) {
		const struct dmtable_target *target = &table->targets[i];

		if (target->kind == DMTABLE_CRYPT && good_cipher(target))
			any = true;
		else if (target->kind != DMTABLE_NOTHING)
			return false;
	}
	return any;
}

static int go_down(struct walk *walk, dev_t number, bool encrypted, unsigned depth)
{
	const struct stack_source *source = walk->source;
	_cleanup_(dmtable_clear) struct dmtable table = {0};
	dev_t below[STACK_BELOW_MAX];
	size_t count = 0;
	int r;

	if (depth > DEPTH_MAX)
		return -ELOOP;
	r = source->below(source->data, number, below, &count);
	if (r < 0)
		return r;
	if (count == 0) {
		r = source->external(source->data, number);
		walk->external |= r > 0;
		walk->clear |= r > 0 && !encrypted;
		return r < 0 ? r : 0;
	}
	r = source->table(source->data, number, &table);
	if (r == 0)
		encrypted |= encrypts(&table);
	/* A table that cannot be read encrypts nothing, but the rest is looked at all the same. */
	for (size_t i = 0; i < count; i++) {
		r = go_down(walk, below[i], encrypted, depth + 1);
		if (r < 0)
			return r;
	}
	return 0;
}

int stack_judge(const struct stack_source *source, dev_t number, enum stack_verdict *ret_verdict)
{
	struct walk walk = {.source = source};
	int r = go_down(&walk, number, false, 0);

	if (walk.external)
		*ret_verdict = walk.clear || r < 0 ? STACK_PLAIN : STACK_ENCRYPTED;
	else
		*ret_verdict = STACK_INNER;
	return r;
}
