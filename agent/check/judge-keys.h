/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* Joins encryption/keys.h to encryption/leaf.h: the keys of each header that the judge meets. */

#include "encryption/keys.h"
#include "encryption/leaf.h"

struct judge_keys {
	struct keys_options options;
	struct keys_places *places; /* collected with the first header; owned */
};

/* A leaf_keys callback; data is a struct judge_keys. Blocks for as long as trying takes. */
bool judge_keys_find(const struct sysroot *root, const char *device, const struct content *content,
	void *data, struct header_verdict *ret_verdict);

void judge_keys_clear(struct judge_keys *keys);
