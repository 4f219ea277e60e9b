/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * The up-case table of an exFAT volume: how that volume compares names. Kept byte for byte by the clear;
 * parsed here only to find equal names and to check name hashes.
 */

#include "wipe/outcome.h"

#define UPCASE_ENTRIES 65536

struct upcase {
	uint16_t to[UPCASE_ENTRIES];
};

/* bytes: the table as stored, possibly compressed. WIPE_BAD_UPCASE unless it covers all characters. */
int upcase_parse(const uint8_t *bytes, size_t size, struct upcase *ret_upcase);

/* Folds in place; returns the exFAT name hash of the result. */
uint16_t upcase_fold(const struct upcase *upcase, uint16_t *units, size_t count);
