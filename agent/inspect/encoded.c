/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Runs of letters that are bytes. See encoded.h. */

#include "inspect/encoded.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#define TOKEN_MIN      16 /* letters of base64 that are worth decoding; as many are looked at together */
#define FULL_LINE      40 /* after a line of so many, the next one may go on with it */
#define MIXED_PER_CENT 4  /* of small letters, capitals and digits each */
#define HEX_LINE_MIN   4  /* bytes */
#define HEX_MIN        8

static const char uu_begin[] = "begin ";

struct search {
	encoded_visit visit;
	void *data;
	struct buffer found;
	bool uuencode; /* a line says that it begins */
};

static int deliver(struct search *s, enum encoded_form form, bool mixed)
{
	int r = s->found.error;

	if (r == 0 && s->found.size > 0)
		r = s->visit(s->data, form, (const uint8_t *)s->found.bytes, s->found.size, mixed);
	s->found.size = 0;
	return r;
}

/* --- base64 --- */

/* Value of a letter, 64: none. Both alphabets. */
static uint8_t sextet(uint8_t c)
{
	if (c >= 'A' && c <= 'Z')
		return (uint8_t)(c - 'A');
	if (c >= 'a' && c <= 'z')
		return (uint8_t)(c - 'a' + 26);
	if (c >= '0' && c <= '9')
		return (uint8_t)(c - '0' + 52);
	if (c == '+' || c == '-')
		return 62;
	return c == '/' || c == '_' ? 63 : 64;
}

static uint8_t letters[256]; /* 1: of the alphabet */

static __attribute__((constructor)) void fill_letters(void)
{
	for (unsigned c = 0; c < 256; c++)
		letters[c] = sextet((uint8_t)c) < 64;
}

static size_t token_length(const char *at, const char *end)
{
	const char *start = at;

	while (at < end && letters[(uint8_t)*at])
		at++;
	return (size_t)(at - start);
}

static const char *skip_white(const char *at, const char *end)
{
	while (at < end && (*at == ' ' || (*at >= '\t' && *at <= '\r')))
		at++;
	return at;
}

struct run {
	uint32_t bits;
	unsigned count;
	size_t kinds[3]; /* small, capital, digit */
	size_t total;
};

static void add_token(struct run *run, const char *at, size_t length, struct buffer *out)
{
	for (size_t i = 0; i < length; i++) {
		uint8_t c = (uint8_t)at[i];

		run->kinds[0] += c >= 'a' && c <= 'z';
		run->kinds[1] += c >= 'A' && c <= 'Z';
		run->kinds[2] += c >= '0' && c <= '9';
		run->bits = run->bits << 6 | sextet(c);
		run->count += 6;
		if (run->count >= 8) {
			run->count -= 8;
			buffer_add_char(out, (char)(run->bits >> run->count & 0xff));
		}
	}
	run->total += length;
}

static bool is_mixed(const struct run *run)
{
	for (size_t i = 0; i < ELEMENTS(run->kinds); i++)
		if (run->kinds[i] * 100 < run->total * MIXED_PER_CENT)
			return false;
	return true;
}

/* Whether what follows a token of that length is its next line; a word in the middle of a line is not. */
static bool goes_on(const char *at, const char *end, size_t length, size_t next_length)
{
	const char *after = at + next_length;

	if (next_length == 0 || (length < FULL_LINE && next_length != length))
		return false;
	return after == end || *after != ' ';
}

/* at: a token of length letters. Behind the run. */
static const char *take_run(
	const char *at, const char *end, size_t length, struct run *run, struct buffer *out)
{
	for (;;) {
		const char *next;
		size_t next_length;

		add_token(run, at, length, out);
		at += length;
		next = skip_white(at, end);
		if (next == at || next == end)
			return at;
		next_length = token_length(next, end);
		if (!goes_on(next, end, length, next_length))
			return at;
		at = next;
		length = next_length;
	}
}

/* --- hexadecimal --- */

static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* Of two digits that are known to be such. */
static char hex_byte(const char *digits)
{
	return (char)(uint8_t)((unsigned)hex_value(digits[0]) << 4 | (unsigned)hex_value(digits[1]));
}

static size_t hex_length(const char *at, const char *end)
{
	const char *start = at;

	while (at < end && hex_value(*at) >= 0)
		at++;
	return (size_t)(at - start);
}

/* Behind the address at the beginning of a dump's line. */
static const char *skip_address(const char *at, const char *end)
{
	size_t length = hex_length(at, end);
	const char *after = at + length;

	if (length >= 4 && end - after >= 2 && (after[0] == ':' || (after[0] == ' ' && after[1] == ' ')))
		return after + 1;
	return at;
}

static const char *skip_between(const char *at, const char *end)
{
	const char *start = at;

	while (at < end && memchr(" \t,:;-{[(\"'&#", *at, 13) && at - start < 8)
		at++;
	if (end - at > 2 && (at[0] == '0' || at[0] == '\\') && (at[1] == 'x' || at[1] == 'X'))
		at += 2;
	return at;
}

/* The bytes of one line; two spaces in the middle end them, behind which dumps show them as characters. */
static size_t hex_line(const char *at, const char *end, struct buffer *out)
{
	size_t count = 0;

	at = skip_white(at, end);
	/* Most lines begin with a word that is none of it. */
	if (at == end || (hex_value(*at) < 0 && !memchr("\\{[(\"'&#", *at, 8)))
		return 0;
	at = skip_address(at, end);
	for (;;) {
		const char *group = skip_between(at, end);
		size_t length = hex_length(group, end);

		if (length == 0 || length % 2)
			return count;
		for (size_t i = 0; i < length; i += 2)
			buffer_add_char(out, hex_byte(group + i));
		count += length / 2;
		at = group + length;
	}
}

static bool begins_uuencode(const char *at, const char *end)
{
	return *at == 'b' && (size_t)(end - at) >= sizeof uu_begin - 1 &&
	       memcmp(at, uu_begin, sizeof uu_begin - 1) == 0;
}

static int find_hex(struct search *s, const char *at, const char *end)
{
	size_t bytes = 0;

	while (at < end) {
		const char *line_end = memchr(at, '\n', (size_t)(end - at));
		size_t before = s->found.size, count;
		int r;

		if (!line_end)
			line_end = end;
		s->uuencode |= begins_uuencode(at, line_end);
		count = hex_line(at, line_end, &s->found);
		if (count < HEX_LINE_MIN && (count == 0 || bytes == 0)) {
			s->found.size = s->found.size < before ? s->found.size : before;
			r = bytes >= HEX_MIN ? deliver(s, ENCODED_HEX, false) : 0;
			if (r != 0)
				return r;
			s->found.size = bytes = 0;
		} else {
			bytes += count;
		}
		at = line_end + 1;
	}
	return bytes >= HEX_MIN ? deliver(s, ENCODED_HEX, false) : s->found.error;
}

/* A token that is nothing but hexadecimal digits may be meant as such as well. */
static int try_hex_token(struct search *s, const char *at, size_t length)
{
	if (length % 2 != 0 || hex_length(at, at + length) != length)
		return 0;
	for (size_t i = 0; i < length; i += 2)
		buffer_add_char(&s->found, hex_byte(at + i));
	return deliver(s, ENCODED_HEX, false);
}

/* Of the next TOKEN_MIN bytes, a bit for each that is not of the alphabet. */
#ifdef __SSE2__

/* Bytes of x that are at most `most`, both taken as unsigned. */
static inline __m128i at_most(__m128i x, char most)
{
	return _mm_cmpeq_epi8(_mm_min_epu8(x, _mm_set1_epi8(most)), x);
}

static inline unsigned strangers(const char *at)
{
	__m128i x = _mm_loadu_si128((const __m128i *)(const void *)at);
	__m128i folded = _mm_or_si128(x, _mm_set1_epi8(0x20));
	__m128i known = at_most(_mm_sub_epi8(folded, _mm_set1_epi8('a')), 25);

	known = _mm_or_si128(known, at_most(_mm_sub_epi8(x, _mm_set1_epi8('0')), 9));
	known = _mm_or_si128(known, _mm_cmpeq_epi8(x, _mm_set1_epi8('+')));
	known = _mm_or_si128(known, _mm_cmpeq_epi8(x, _mm_set1_epi8('-')));
	known = _mm_or_si128(known, _mm_cmpeq_epi8(x, _mm_set1_epi8('/')));
	known = _mm_or_si128(known, _mm_cmpeq_epi8(x, _mm_set1_epi8('_')));
	return ~(unsigned)_mm_movemask_epi8(known) & 0xffff;
}

#else

static inline unsigned strangers(const char *at)
{
	unsigned found = 0;

	for (unsigned i = 0; i < TOKEN_MIN; i++)
		found |= (letters[(uint8_t)at[i]] ? 0U : 1U) << i;
	return found;
}

#endif

/* The next token that is long enough. at never stands inside of one that is too short: a step goes behind the
 * last stranger of those in view. */
static const char *next_token(const char *at, const char *end, size_t *ret_length)
{
	while (end - at >= TOKEN_MIN) {
		unsigned found = strangers(at);

		if (found == 0) {
			*ret_length = token_length(at, end);
			return at;
		}
		at += 32 - __builtin_clz(found);
	}
	return NULL;
}

static int find_base64(struct search *s, const char *at, const char *end)
{
	size_t length = 0;

	while ((at = next_token(at, end, &length))) {
		struct run run = {0};
		int r = try_hex_token(s, at, length);

		if (r != 0)
			return r;
		at = take_run(at, end, length, &run, &s->found);
		r = deliver(s, ENCODED_BASE64, is_mixed(&run));
		if (r != 0)
			return r;
	}
	return 0;
}

/* --- uuencode --- */

static void uu_line(const char *at, const char *end, struct buffer *out)
{
	size_t wanted = at < end ? ((size_t)(*at - ' ') & 63) : 0;
	uint32_t bits = 0;
	unsigned count = 0;

	for (at++; at < end && wanted > 0; at++) {
		bits = bits << 6 | ((uint32_t)(*at - ' ') & 63);
		count += 6;
		if (count >= 8) {
			count -= 8;
			buffer_add_char(out, (char)(bits >> count & 0xff));
			wanted--;
		}
	}
}

static const char *line_after(const char *at, const char *end)
{
	const char *line_end = at < end ? memchr(at, '\n', (size_t)(end - at)) : NULL;

	return line_end ? line_end + 1 : end;
}

static int find_uuencode(struct search *s, const char *at, const char *end)
{
	while ((at = memmem(at, (size_t)(end - at), uu_begin, sizeof uu_begin - 1))) {
		const char *line = line_after(at, end), *next;
		int r;

		for (; line < end && *line != '`' && *line != '\n' && *line > ' ' && *line < 'a';
			line = next) {
			next = line_after(line, end);
			uu_line(line, next, &s->found);
		}
		r = deliver(s, ENCODED_UUENCODE, true);
		if (r != 0)
			return r;
		at += sizeof uu_begin - 1;
	}
	return 0;
}

int encoded_find(const char *utf8, size_t size, encoded_visit visit, void *data)
{
	struct search s = {.visit = visit, .data = data};
	const char *end = utf8 + size;
	int r = find_base64(&s, utf8, end);

	if (r == 0)
		r = find_hex(&s, utf8, end);
	if (r == 0 && s.uuencode)
		r = find_uuencode(&s, utf8, end);
	buffer_clear(&s.found);
	return r;
}
