/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * A block is blank when all its bytes are 0 or all 255, random-looking when its bytes are spread as evenly as
 * those of a cipher. A few blocks decide against a device; for blank, which is an acquittal, many more are
 * read, and those where file systems keep copies of their head; small devices are read completely.
 */

#include "encryption/content-sample.h"

#include <string.h>

#define BLOCK       4096
#define EDGE        16 /* blocks at the beginning and at the end */
#define FEW         64
#define MANY        512
#define PIECE       64 /* blocks that are read at once where all are */
#define COPIES_STEP (128ULL << 20)

enum content_sample sample_worse(enum content_sample a, enum content_sample b)
{
	return a > b ? a : b;
}

/* 4096 random bytes give a chi-square of 255 with a deviation of 22.6; text, tables and code give thousands.
 */
static bool looks_random(const uint8_t *block)
{
	uint32_t count[256] = {0};
	double chi = 0;

	for (size_t i = 0; i < BLOCK; i++)
		count[block[i]]++;
	for (size_t i = 0; i < 256; i++) {
		double off = (double)count[i] - BLOCK / 256.0;

		chi += off * off / (BLOCK / 256.0);
	}
	return chi < 400;
}

static enum content_sample judge_block(const uint8_t *block)
{
	if ((block[0] == 0 || block[0] == 0xff) && memcmp(block, block + 1, BLOCK - 1) == 0)
		return CONTENT_BLANK;
	return looks_random(block) ? CONTENT_RANDOM : CONTENT_DATA;
}

struct sampling {
	sample_read read;
	void *data;
	uint64_t start, blocks;
	enum content_sample worst;
};

static int take(struct sampling *sampling, uint64_t number)
{
	uint8_t block[BLOCK];
	int r;

	if (number >= sampling->blocks || sampling->worst == CONTENT_DATA)
		return 0;
	r = sampling->read(sampling->data, sampling->start + number * BLOCK, block, BLOCK);
	if (r >= 0)
		sampling->worst = sample_worse(sampling->worst, judge_block(block));
	return r;
}

static int take_edges(struct sampling *sampling)
{
	int r = 0;

	for (uint64_t i = 0; r >= 0 && i < EDGE; i++) {
		r = take(sampling, i);
		if (r >= 0 && sampling->blocks > i)
			r = take(sampling, sampling->blocks - 1 - i);
	}
	return r;
}

/* Spread evenly, each moved inside its share so that no period of the content can hide from it. */
static int take_spread(struct sampling *sampling, uint64_t number)
{
	uint64_t share = sampling->blocks / number, state = sampling->blocks | 1;
	int r = 0;

	for (uint64_t i = 0; share > 0 && r >= 0 && i < number; i++) {
		state = state * 6364136223846793005ULL + 1442695040888963407ULL;
		r = take(sampling, i * share + (state >> 33) % share);
	}
	return r;
}

static int take_all(struct sampling *sampling)
{
	uint8_t piece[PIECE * BLOCK];

	for (uint64_t at = 0; at < sampling->blocks && sampling->worst != CONTENT_DATA; at += PIECE) {
		uint64_t left = sampling->blocks - at, count = left < PIECE ? left : PIECE;
		int r = sampling->read(sampling->data, sampling->start + at * BLOCK, piece, count * BLOCK);

		if (r < 0)
			return r;
		for (uint64_t i = 0; i < count; i++)
			sampling->worst = sample_worse(sampling->worst, judge_block(piece + i * BLOCK));
	}
	return 0;
}

/* Where ext file systems may have left copies of their superblock. */
static int take_copies(struct sampling *sampling)
{
	int r = 0;

	for (uint64_t at = 0; r >= 0 && at < sampling->blocks; at += COPIES_STEP / BLOCK)
		r = take(sampling, at);
	return r;
}

int sample_range(sample_read read, void *data, uint64_t start, uint64_t size, enum content_sample *ret_sample)
{
	struct sampling sampling = {.read = read, .data = data, .start = start, .blocks = size / BLOCK};
	int r;

	sampling.worst = sampling.blocks > 0 ? CONTENT_BLANK : CONTENT_NOT_SAMPLED;
	if (sampling.blocks <= MANY) {
		r = take_all(&sampling);
	} else {
		r = take_edges(&sampling);
		if (r >= 0)
			r = take_spread(&sampling, FEW);
		if (r >= 0 && sampling.worst == CONTENT_BLANK)
			r = take_spread(&sampling, MANY);
		if (r >= 0 && sampling.worst == CONTENT_BLANK)
			r = size <= SAMPLE_WHOLE ? take_all(&sampling) : take_copies(&sampling);
	}
	if (r >= 0)
		*ret_sample = sampling.worst;
	return r;
}
