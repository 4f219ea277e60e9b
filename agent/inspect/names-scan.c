/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * From bytes to words. Sixty-four bytes at a time become three masks (letters, digits, others that belong to
 * words), from which words are taken bit by bit; a word that the filter does not know costs a multiplication.
 * See names-match.h.
 */

#include "inspect/names-match.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#define BLOCK   64
#define RUN_MAX 512 /* bytes without a space that are looked at together */
#define OVERLAP 64  /* of those, bytes that are looked at once more with what follows */

struct masks {
	uint64_t letters, odd; /* odd: digits, bytes above 0x7f, and the bar that is taken for a letter */
};

#ifdef __SSE2__

static inline uint64_t bits(__m128i where, int shift)
{
	return (uint64_t)(unsigned)_mm_movemask_epi8(where) << shift;
}

/* Bytes of x that are at most `most`, both taken as unsigned. */
static inline __m128i at_most(__m128i x, char most)
{
	return _mm_cmpeq_epi8(_mm_min_epu8(x, _mm_set1_epi8(most)), x);
}

static inline struct masks classify(const uint8_t *bytes)
{
	struct masks masks = {0, 0};

	for (int i = 0; i < BLOCK; i += 16) {
		__m128i x = _mm_loadu_si128((const __m128i *)(const void *)(bytes + i));
		__m128i folded = _mm_or_si128(x, _mm_set1_epi8(0x20));

		masks.letters |= bits(at_most(_mm_sub_epi8(folded, _mm_set1_epi8('a')), 25), i);
		masks.odd |= bits(at_most(_mm_sub_epi8(x, _mm_set1_epi8('0')), 9), i);
		masks.odd |= bits(_mm_cmpeq_epi8(x, _mm_set1_epi8('|')), i);
		masks.odd |= bits(x, i);
	}
	return masks;
}

#else

static inline struct masks classify(const uint8_t *bytes)
{
	struct masks masks = {0, 0};

	for (unsigned i = 0; i < BLOCK; i++) {
		uint8_t c = bytes[i];

		masks.letters |= (uint64_t)((uint8_t)((c | 0x20) - 'a') < 26) << i;
		masks.odd |= (uint64_t)((uint8_t)(c - '0') < 10 || c >= 0x80 || c == '|') << i;
	}
	return masks;
}

#endif

static inline bool is_upper(uint8_t c)
{
	return c >= 'A' && c <= 'Z';
}

static inline bool is_letter(uint8_t c)
{
	return (uint8_t)((c | 0x20) - 'a') < 26;
}

/* --- a word of ASCII letters --- */

static unsigned ascii_flags(const uint8_t *text, size_t size)
{
	size_t uppers = 0;

	for (size_t i = 0; i < size; i++)
		uppers += is_upper(text[i]);
	if (uppers == size && size > 1)
		return WORD_CAPS;
	return (is_upper(*text) ? WORD_CAPITAL : 0U) |
	       (uppers > is_upper(*text) || *text == 'l' ? WORD_ODD : 0U);
}

/* The word in lower case, in memory of the caller's. */
static struct word ascii_word(const struct names_match *match, size_t start, size_t end, char *lower)
{
	const uint8_t *text = match_window(match) + start;
	size_t size = end - start < NAMES_WORD_MAX ? end - start : NAMES_WORD_MAX;

	for (size_t i = 0; i < size; i++)
		lower[i] = (char)(text[i] | 0x20);
	memset(lower + size, 0, NAMES_HASH_PAD);
	return (struct word){
		match->base + start, match->base + end, lower, lower, size, size, ascii_flags(text, size)};
}

static __attribute__((noinline)) void consider_join(struct names_match *match, size_t start, size_t end)
{
	char lower[NAMES_WORD_MAX + NAMES_HASH_PAD];

	if (match_is_joined(match, match->base + start)) {
		struct word word = ascii_word(match, start, end, lower);

		match_join(match, &word);
	}
	match->open_end = false;
}

static __attribute__((noinline)) void consider(struct names_match *match, size_t start, size_t end)
{
	char lower[NAMES_WORD_MAX + NAMES_HASH_PAD];
	struct word word = ascii_word(match, start, end, lower);

	(void)match_word(match, &word);
}

static __attribute__((noinline)) void spell_out(struct names_match *match, size_t start, size_t end)
{
	char lower[NAMES_WORD_MAX + NAMES_HASH_PAD];
	struct word word;

	if (end - start > 1) {
		match_spelled(match);
		return;
	}
	word = ascii_word(match, start, end, lower);
	match_letter(match, &word);
}

static __attribute__((noinline)) void pass_word(struct names_match *match, size_t start, size_t end)
{
	const struct names *names = match->names;
	const uint8_t *text = match_window(match);

	if (match_joiners[match_char(match, match->last_end)] || match->open_end)
		consider_join(match, start, end);
	if (end - start == 1 || match->letters.count > 0)
		spell_out(match, start, end);
	if (names_may_hold(names, names_mark(&names->keys, text + start, end - start)))
		consider(match, start, end);
	match->last_start = match->base + start;
	match->last_end = match->base + end;
	match->last_size = 0;
}

/* --- a run with digits --- */

/* Letters that digits and bars stand for. */
static char meant(uint8_t c)
{
	static const char digits[] = "oizeasbtbg";

	if (c >= '0' && c <= '9')
		return digits[c - '0'];
	return c == '|' ? 'l' : (char)(c | 0x20);
}

static void consider_disguised(struct names_match *match, size_t start, size_t end)
{
	const uint8_t *text = match_window(match);
	char look[NAMES_WORD_MAX + NAMES_HASH_PAD];
	size_t size = end - start, letters = 0;
	struct word word;

	if (size < 4 || size > 32)
		return;
	for (size_t i = 0; i < size; i++) {
		letters += is_letter(text[start + i]);
		look[i] = meant(text[start + i]);
	}
	if (letters * 3 < size || letters == size)
		return;
	memset(look + size, 0, NAMES_HASH_PAD);
	word = (struct word){match->base + start, match->base + end, look, look, size, size,
		WORD_ODD | (is_upper(text[start]) ? WORD_CAPITAL : 0U)};
	(void)match_word(match, &word);
}

static void pass_numbers(struct names_match *match, size_t start, size_t end)
{
	const uint8_t *text = match_window(match);
	bool digits = false;

	for (size_t at = start, stop; at < end; at = stop) {
		for (stop = at; stop < end && is_letter(text[stop]); stop++)
			;
		if (stop > at) {
			pass_word(match, at, stop);
			continue;
		}
		digits |= (text[at] >= '0' && text[at] <= '9');
		stop = at + 1;
	}
	consider_disguised(match, start, end);
	if (digits)
		match_number(match, (const char *)text, match->used, start, end, match->base);
}

static __attribute__((noinline)) void pass_odd(struct names_match *match, size_t start, size_t end)
{
	const uint8_t *text = match_window(match);
	size_t at = start;

	while (at < end && text[at] < 0x80)
		at++;
	if (at == end) {
		pass_numbers(match, start, end);
		return;
	}
	match_wide(match, start, end);
	match_look(match, start, end);
}

/* --- runs --- */

static inline uint64_t below(unsigned n)
{
	return n >= BLOCK ? ~0ULL : (1ULL << n) - 1;
}

static inline unsigned trailing(uint64_t x)
{
	return x ? (unsigned)__builtin_ctzll(x) : BLOCK;
}

static inline unsigned leading(uint64_t x)
{
	return x ? (unsigned)__builtin_clzll(x) : BLOCK;
}

struct run {
	size_t start;
	bool open, odd;
};

/* True when the window must be read again from match->rescan on. */
static inline bool end_run(struct names_match *match, struct run *run, size_t end)
{
	run->open = false;
	if (run->odd)
		pass_odd(match, run->start, end);
	else
		pass_word(match, run->start, end);
	return match->rescan > 0;
}

/* Words that all begin and end in one block. */
struct words {
	size_t at;             /* of the block */
	uint64_t starts, ends; /* a bit for each; an end is the byte behind the word */
	unsigned start, end;   /* of the latest one; end 0: none yet */
};

static inline void remember(struct names_match *match, const struct words *w)
{
	if (w->end == 0)
		return;
	match->last_start = match->base + w->at + w->start;
	match->last_end = match->base + w->at + w->end;
	match->last_size = 0;
}

/* Whether pass_word() has to see it: nearly every word stands by itself, and nobody is called so. */
static inline bool is_of_interest(
	const struct names_match *match, uint8_t before, const uint8_t *word, size_t size)
{
	return size == 1 || match_joiners[before] || match->open_end || match->letters.count > 0 ||
	       names_may_hold(match->names, names_mark(&match->names->keys, word, size));
}

static inline bool pass_words(struct names_match *match, struct words *w)
{
	const uint8_t *text = match_window(match) + w->at;
	uint8_t before = match_char(match, match->last_end);

	for (; w->starts; w->starts &= w->starts - 1, w->ends &= w->ends - 1) {
		unsigned start = (unsigned)__builtin_ctzll(w->starts);
		unsigned end = (unsigned)__builtin_ctzll(w->ends);

		if (is_of_interest(match, before, text + start, end - start)) {
			remember(match, w);
			pass_word(match, w->at + start, w->at + end);
			if (match->rescan > 0)
				return true;
		}
		w->start = start;
		w->end = end;
		before = text[end];
	}
	remember(match, w);
	return false;
}

/* Most text is nothing but letters and what stands between them. */
static inline bool pass_letters(struct names_match *match, struct run *run, size_t at, uint64_t letters)
{
	unsigned open;
	struct words w = {.at = at};

	if (run->open) {
		unsigned length = trailing(~letters);

		if (length == BLOCK)
			return false;
		letters &= ~below(length);
		if (end_run(match, run, at + length))
			return true;
	}
	open = leading(~letters);
	letters &= below(BLOCK - open);
	w.starts = letters & ~(letters << 1);
	w.ends = ~letters & letters << 1;
	if (pass_words(match, &w))
		return true;
	if (open > 0)
		*run = (struct run){at + BLOCK - open, true, false};
	return false;
}

static inline bool pass_block(struct names_match *match, struct run *run, size_t at)
{
	struct masks masks = classify(match_window(match) + at);
	uint64_t words = masks.letters | masks.odd, odd = masks.odd;
	unsigned from = 0;

	if (!odd && !run->odd)
		return pass_letters(match, run, at, masks.letters);
	for (;;) {
		unsigned length;

		if (!run->open) {
			if (!(words >> from))
				return false;
			from += trailing(words >> from);
			*run = (struct run){at + from, true, false};
		}
		length = trailing(~(words >> from));
		if (from + length > BLOCK)
			length = BLOCK - from;
		run->odd |= (odd >> from & below(length)) != 0;
		from += length;
		if (from == BLOCK)
			return false;
		if (end_run(match, run, at + from))
			return true;
	}
}

static size_t whole_character(const struct names_match *match, size_t at)
{
	const uint8_t *text = match_window(match);

	for (int n = 0; n < 3 && (text[at] & 0xc0) == 0x80; n++)
		at--;
	return at;
}

/* Text without spaces goes on for long: what is there is looked at, its end once more with what follows. */
static void cut_run(struct names_match *match, struct run *run, size_t at)
{
	size_t end = whole_character(match, at);

	if (!end_run(match, run, end))
		match->rescan = whole_character(match, end - OVERLAP);
}

/* Words that begin before limit, from match->at on. A run is finished even when it goes beyond. */
static void scan(struct names_match *match, size_t limit)
{
	while (match->at < limit && match->tally->found < FOUND_FULL) {
		struct run run = {0};
		size_t at = match->at;

		match->rescan = 0;
		for (; (at < limit || run.open) && match->rescan == 0; at += BLOCK) {
			if (run.open && at - run.start >= RUN_MAX)
				cut_run(match, &run, at);
			else if (pass_block(match, &run, at))
				break;
		}
		match->at = match->rescan > 0 ? match->rescan : at;
	}
}

/* --- the window --- */

/* Words before this index can be looked at: what is behind it is their surroundings. */
static size_t settled(const struct names_match *match)
{
	const uint8_t *text = match_window(match);
	size_t limit = match->used > MATCH_AHEAD ? match->used - MATCH_AHEAD : 0;

	for (size_t at = limit; at > match->at && limit - at < RUN_MAX; at--)
		if (text[at - 1] <= ' ')
			return at;
	return limit;
}

static void make_room(struct names_match *match)
{
	uint8_t *text = match->memory + MATCH_PAD;
	size_t drop = match->at > MATCH_BEHIND ? match->at - MATCH_BEHIND : 0;

	memmove(text, text + drop, match->used - drop);
	match->base += drop;
	match->used -= drop;
	match->at -= drop;
}

bool names_match_feed(struct names_match *match, const char *utf8, size_t size)
{
	uint8_t *text = match->memory + MATCH_PAD;

	while (size > 0 && match->tally->found < FOUND_FULL) {
		size_t n = MATCH_WINDOW - match->used < size ? MATCH_WINDOW - match->used : size;

		memcpy(text + match->used, utf8, n);
		match->used += n;
		if (match->used > match->touched)
			match->touched = match->used;
		utf8 += n;
		size -= n;
		if (match->used == MATCH_WINDOW) {
			scan(match, settled(match));
			make_room(match);
		}
	}
	return match->tally->found >= FOUND_FULL;
}

static const char *sentence(enum finding found)
{
	switch (found) {
	case FOUND_NOTHING:
		return "";
	case FOUND_MAYBE:
		return "Words in it may be the full name of a child.";
	case FOUND_FIRST:
		return "There is a word in it that is the first name of a child here.";
	case FOUND_SURNAMES:
		return "Several surnames of children here are in it.";
	case FOUND_UNSURE:
		return "It could not be searched for the names of children, because the computer has too "
		       "little "
		       "free memory.";
	case FOUND_FULL:
		return "The full name of a child is in it.";
	case FOUND_INITIAL:
		return "The initial and the surname of a child are in it.";
	case FOUND_ID:
		return "The number by which a child is registered is in it.";
	case FOUND_BORN:
		return "A child's name is in it together with the date of birth or the number of that child.";
	case FOUND_THREE:
		return "The first names of three or more children are in it.";
	case FOUND_TITLE:
		return "The name of the file or folder has the name of a child in it.";
	}
	return "";
}

void match_finish(struct names_match *match)
{
	memset(match->memory + MATCH_PAD + match->used, 0, MATCH_PAD);
	scan(match, match->used);
	if (match->tally->found < FOUND_FULL)
		match_spelled(match);
}

void names_match_end(struct names_match *match, struct inspect_answer *ret_answer)
{
	match_finish(match);
	match_look_end(match);
	if (match->tally->childcare && match->tally->likely_count >= 3)
		match_found(match, FOUND_THREE);
	*ret_answer = (struct inspect_answer){INSPECT_PASS, INSPECT_CLEAN, ""};
	if (match->tally->found > FOUND_NOTHING) {
		ret_answer->verdict = match->tally->found >= FOUND_FULL ? INSPECT_REFUSE : INSPECT_ASK;
		ret_answer->cause = INSPECT_NAMES;
	}
	(void)snprintf(
		ret_answer->sentence, sizeof ret_answer->sentence, "%s", sentence(match->tally->found));
}
