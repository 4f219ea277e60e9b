/* SPDX-License-Identifier: GPL-3.0-or-later */

/* What stands around a word. Reads the window, changes nothing. See names-match.h. */

#include "inspect/names-match.h"
#include "inspect/names-words.h"

#include <ctype.h>

#define GAP_MAX     200 /* bytes between first name and surname */
#define WORD_MAX    24  /* bytes of a neighbour that are looked at */
#define INITIAL_GAP 5   /* bytes between an initial and a surname */

static bool letter(uint8_t c)
{
	return isalpha(c) || c >= 0x80;
}

struct neighbour {
	uint64_t start, end;
	size_t size;
	char text[WORD_MAX + 1]; /* lower case, ASCII letters only */
	bool capital, caps, single;
};

static void read_neighbour(const struct names_match *match, uint64_t start, struct neighbour *ret)
{
	bool lower = false;

	*ret = (struct neighbour){.start = start};
	ret->capital = isupper(match_char(match, start)) || match_char(match, start) >= 0x80;
	for (ret->end = start; letter(match_char(match, ret->end)); ret->end++) {
		uint8_t c = match_char(match, ret->end);

		lower |= islower(c) != 0;
		if (ret->size < WORD_MAX)
			ret->text[ret->size++] = (char)tolower(c);
	}
	ret->single = ret->end - start == 1;
	ret->caps = !lower && !ret->single;
}

static unsigned words_of(const struct neighbour *word)
{
	return names_words(word->text, word->size);
}

/* An initial, "de la", or what labels a column. */
static bool is_filler(const struct names_match *match, const struct neighbour *word)
{
	if (word->single)
		return word->capital || match_char(match, word->end) == '.';
	return words_of(word) & (NAMES_WORDS_PARTICLE | NAMES_WORDS_LABEL);
}

/* Length of what stands at `at` if it is a character beyond ASCII that is no letter, else 0. */
static size_t no_letter(const struct names_match *match, uint64_t at)
{
	const char *text = (const char *)match_window(match) + (at - match->base);
	struct fold fold;
	uint32_t c;
	size_t length;

	if (match_char(match, at) < 0x80)
		return 0;
	length = fold_decode(text, match->used - (size_t)(at - match->base), &c);
	folder_fold(match->names->folder, c, &fold);
	return fold.kind == FOLD_LETTER ? 0 : length;
}

/* Behind the bracket or quotation mark that closes what begins at `at`, else `at`: "Amelia (Millie) T." */
static uint64_t behind_aside(const struct names_match *match, uint64_t at, uint64_t to)
{
	uint8_t c = match_char(match, at), closing = c == '(' ? ')' : c == '[' ? ']' : c == '"' ? '"' : 0;

	for (uint64_t end = at + 1; closing && end < to && end - at < WORD_MAX; end++)
		if (match_char(match, end) == closing)
			return end + 1;
	return at;
}

void match_gap(const struct names_match *match, uint64_t from, uint64_t to, struct gap *ret_gap)
{
	*ret_gap = (struct gap){.named = true, .seen = from >= match->base && to - from <= GAP_MAX};
	for (uint64_t at = from, next; ret_gap->seen && at < to; at = next) {
		struct neighbour word;

		next = at + no_letter(match, at);
		if (next == at)
			next = behind_aside(match, at, to);
		if (next > at)
			continue;
		next = at + 1;
		ret_gap->lines += match_char(match, at) == '\n';
		if (!letter(match_char(match, at)))
			continue;
		read_neighbour(match, at, &word);
		ret_gap->words += !is_filler(match, &word);
		ret_gap->named &= word.capital || is_filler(match, &word);
		next = word.end;
	}
}

/* --- cells --- */

static bool ends_cell(uint8_t c)
{
	return match_among(c, "\n\r\t;|\"");
}

/* A mark or number at the beginning of a line, as in lists. */
static uint64_t before_mark(const struct names_match *match, uint64_t at)
{
	uint64_t start = at;

	if (start > 0 && match_among(match_char(match, start - 1), "-*.)+#"))
		start--;
	while (start > 0 && isdigit(match_char(match, start - 1)))
		start--;
	while (start > 0 && match_char(match, start - 1) == ' ')
		start--;
	return start == 0 || match_char(match, start - 1) == '\n' ? start : at;
}

static uint64_t before_blanks(const struct names_match *match, uint64_t at)
{
	while (at > 0 && match_char(match, at - 1) == ' ')
		at--;
	return at;
}

static bool cell_begins(const struct names_match *match, uint64_t at)
{
	uint64_t start = before_blanks(match, at);

	if (start == at && match_char(match, at - 1) == ',' && match_char(match, at - 2) != ' ')
		return at > 0;
	start = before_mark(match, start);
	return start == 0 || ends_cell(match_char(match, start - 1));
}

static bool cell_ends(const struct names_match *match, uint64_t at)
{
	if (match_char(match, at) == ',')
		return match_char(match, at + 1) != ' ';
	while (match_char(match, at) == ' ')
		at++;
	return ends_cell(match_char(match, at));
}

bool match_is_cell(const struct names_match *match, const struct word *word)
{
	return cell_begins(match, word->start) && cell_ends(match, word->end);
}

/* --- sentences --- */

/* The word that ends right before `at`. */
static bool word_before(const struct names_match *match, uint64_t at, struct neighbour *ret)
{
	uint64_t start = at;

	while (start > 0 && at - start < WORD_MAX && letter(match_char(match, start - 1)))
		start--;
	if (start == at)
		return false;
	read_neighbour(match, start, ret);
	return true;
}

/* The last character of the line above, if that line looks like one that was only wrapped here. */
static uint64_t wrapped(const struct names_match *match, uint64_t at)
{
	uint64_t end = at - 1, start;

	if (end > 0 && match_char(match, end - 1) == '\r')
		end--;
	end = before_blanks(match, end);
	for (start = end; start > 0 && end - start < 40; start--)
		if (match_char(match, start - 1) == '\n')
			return at;
	return end - start >= 40 ? end : at;
}

static bool in_sentence(uint8_t c)
{
	return isalnum(c) || c >= 0x80 || match_among(c, ",;)'\"&");
}

bool match_is_placed(const struct names_match *match, const struct word *word, bool month)
{
	uint64_t at = before_blanks(match, word->start);
	struct neighbour before;
	unsigned words;

	if (!(word->flags & WORD_CAPITAL) || at == 0)
		return false;
	if (match_char(match, at - 1) == '\n')
		at = before_blanks(match, wrapped(match, at));
	if (at == 0 || !in_sentence(match_char(match, at - 1)))
		return false;
	if (month && (isdigit(match_char(match, at - 1)) || isdigit(match_char(match, word->end + 1))))
		return false;
	if (!word_before(match, at, &before))
		return true;
	words = words_of(&before);
	if (words & NAMES_WORDS_ARTICLE || (month && words & NAMES_WORDS_BEFORE))
		return false;
	return !before.capital || words & NAMES_WORDS_AFTER;
}

/* --- other people --- */

static bool is_of_register(const struct names_match *match, const struct neighbour *word)
{
	const struct names *names = match->names;
	char text[WORD_MAX + 1 + NAMES_HASH_PAD] = {0};
	const struct names_entry *entries;
	size_t count;

	memcpy(text, word->text, word->size);
	if (!names_may_hold(names, names_mark(&names->keys, text, word->size)))
		return false;
	entries = names_find(names, names_hash(&names->keys, NAMES_OF_WORD, text, word->size), &count);
	for (size_t i = 0; i < count; i++)
		if (entries[i].role & NAMES_FIRST && !(entries[i].role & NAMES_WORD))
			return true;
	return false;
}

bool match_is_stranger(const struct names_match *match, const struct word *word)
{
	uint64_t at = word->end;
	struct neighbour after = {.single = true};

	for (int initials = 0; initials < 3; initials++) {
		if (match_char(match, at) != ' ' || !letter(match_char(match, at + 1)))
			return false;
		read_neighbour(match, at + 1, &after);
		if (!after.single || match_char(match, after.end) != '.')
			break;
		at = after.end + 1;
	}
	if (!after.capital || after.single || after.caps)
		return false;
	return !(words_of(&after) & NAMES_WORDS_AFTER) && !is_of_register(match, &after);
}

bool match_is_address(const struct names_match *match, const struct word *word)
{
	uint64_t at = word->end;

	if (word->start > 0 && match_char(match, word->start - 1) == '@')
		return true;
	for (unsigned n = 0; n < 40; n++, at++) {
		uint8_t c = match_char(match, at);

		if (c == '@')
			return true;
		if (!isalnum(c) && !match_among(c, "._-+"))
			return false;
	}
	return false;
}

bool match_is_identifier(const struct names_match *match, const struct word *word)
{
	uint8_t before = word->start > 0 ? match_char(match, word->start - 1) : '\n';
	uint8_t after = match_char(match, word->end), next = match_char(match, word->end + 1);

	if (match_among(before, "/\\_.~=&?#%+$@:<{") || isdigit(before))
		return true;
	if (match_among(after, "/\\_=@(>}") || isdigit(after))
		return true;
	return (after == '.' || after == ':' || after == '-') && isalnum(next);
}

/* --- initials --- */

static bool is_initial(const struct names_match *match, uint64_t at)
{
	return isalpha(match_char(match, at)) && !letter(match_char(match, at + 1)) &&
	       (at == 0 || !letter(match_char(match, at - 1)));
}

size_t match_initials(const struct names_match *match, const struct word *word, char ret_initials[static 4])
{
	uint64_t at = word->start;
	size_t count = 0;

	while (count < 3) {
		uint64_t end = at;

		while (at > 0 && end - at < INITIAL_GAP && match_among(match_char(match, at - 1), " .\t"))
			at--;
		if (at == 0 || end == at || !is_initial(match, at - 1))
			break;
		ret_initials[count++] = (char)tolower(match_char(match, --at));
	}
	at = word->end;
	while (at - word->end < INITIAL_GAP && match_among(match_char(match, at), " ,\t"))
		at++;
	if (at > word->end && is_initial(match, at))
		ret_initials[count++] = (char)tolower(match_char(match, at));
	return count;
}
