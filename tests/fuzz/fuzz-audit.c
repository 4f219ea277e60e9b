/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * An audit log of any bytes is judged without reading outside it, and only what chains together is whole. The
 * bytes are fed as lines through the same pure check as a file; a log that is found whole must be found whole
 * again from its own last line as anchor, and broken with another anchor. If the first byte is '!', the hash
 * of each line is made right first, so that what lies behind that check is reached as well.
 */

#include "audit/chain.h"
#include "audit/walk.h"
#include "base/hex.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void walk_bytes(struct audit_walk *walk, const char *data, size_t size)
{
	bool first = true;

	for (const char *newline; size > 0 && (newline = memchr(data, '\n', size)); first = false) {
		size_t length = (size_t)(newline - data);

		if (audit_walk_line(walk, data, length, first) < 0)
			abort();
		data += length + 1;
		size -= length + 1;
	}
	audit_walk_end(walk, size > 0, true);
}

static void check_whole(const struct audit_walk *found, const char *data, size_t size)
{
	struct audit_walk again = {.anchor_seq = found->last.seq}, other = again;

	if (found->entries == 0 || found->last.seq < found->first_seq)
		abort();
	memcpy(again.anchor_hash, found->last.hash, sizeof again.anchor_hash);
	walk_bytes(&again, data, size);
	other.anchor_hash[0] = 'x';
	walk_bytes(&other, data, size);
	if (again.verdict != AUDIT_WHOLE || other.verdict == AUDIT_WHOLE)
		abort();
}

/* Puts the right hash into every line that is long enough to have one. */
static void sign(char *data, size_t size)
{
	const size_t tail = 9 + 128 + 2; /* ,"hash":" and digits and "} */

	for (char *newline; size > 0 && (newline = memchr(data, '\n', size));) {
		size_t length = (size_t)(newline - data);
		char hash[SHA512_HEX_SIZE];
		uint8_t digest[SHA512_SIZE];

		if (length > tail) {
			if (sha512_of(data, length - tail, digest) < 0)
				abort();
			(void)hex_encode(digest, sizeof digest, hash);
			memcpy(newline - 2 - 128, hash, 128);
		}
		data += length + 1;
		size -= length + 1;
	}
}

static void judge(const char *data, size_t size)
{
	struct audit_walk walk = {0};
	char sentence[512] = "";

	(void)chain_claimed_seq(data, size);
	walk_bytes(&walk, data, size);
	audit_walk_sentence(&walk, "audit.jsonl", 1, sentence, sizeof sentence);
	if (!sentence[0])
		abort();
	if (walk.verdict == AUDIT_WHOLE)
		check_whole(&walk, data, size);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_free_ char *copy = malloc(size + 1);

	if (!copy)
		return 0;
	memcpy(copy, data, size);
	if (size > 0 && copy[0] == '!') {
		sign(copy + 1, size - 1);
		judge(copy + 1, size - 1);
	} else {
		judge(copy, size);
	}
	return 0;
}
