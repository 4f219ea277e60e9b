/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * One line of the audit log: made, and taken apart again. Pure functions of bytes.
 *
 *     {"seq":7,"time":"...","event":"...","fields":{...},"prev":"HASH of line 6","hash":"HASH"}
 *
 * HASH is SHA-512 in lower-case hexadecimal over everything before ,"hash" of that line. Lines are compared
 * as bytes, never as JSON: two spellings of one value are two different lines.
 */

#include "base/cleanup.h"
#include "base/json.h"
#include "base/sha512.h"

#define CHAIN_LINE_MAX   (256U * 1024)
#define CHAIN_FIRST_PREV "" /* becomes 128 zeros */

enum chain_outcome {
	CHAIN_OK = 0,
	CHAIN_BAD = 1, /* not a line of ours, or changed since it was written */
};

struct chain_entry {
	uint64_t seq;
	int64_t time; /* Unix seconds */
	char event[48];
	char prev[SHA512_HEX_SIZE];
	char hash[SHA512_HEX_SIZE];
	uint64_t expired_through; /* fields.expired_through of log-expired, else 0 */
};

/* The line with its newline, owned by the caller. fields is taken over, also on failure; NULL: {}. -EFBIG if
 * the line would be longer than CHAIN_LINE_MAX. */
int chain_format(uint64_t seq, int64_t time, const char *event, struct js *fields, const char *prev,
	char **ret_line, size_t *ret_size, char ret_hash[static SHA512_HEX_SIZE]);

/* line has no newline. CHAIN_OK: the hash is right and every member is there. Negative errno: hashing failed.
 */
int chain_parse(const char *line, size_t size, struct chain_entry *ret_entry);

/* The sequence number that a line claims, whether the line is whole or not; 0 if it does not say. */
uint64_t chain_claimed_seq(const char *line, size_t size);
