/* SPDX-License-Identifier: GPL-3.0-or-later */

/* What a word of the register means where it stands. See names-match.h. */

#include "inspect/names-match.h"
#include "inspect/names-words.h"

#define NEAR         600 /* bytes between a date of birth and the name it belongs to */
#define BESIDE       120 /* the same for a short id */
#define ADJACENT     200
#define FIRSTS       3 /* different first names that are refused */
#define SURNAMES     3 /* different surnames that are asked about */
#define SURNAME_BITS 1024

#define WEAK (NAMES_WORD | NAMES_COMMON)

void match_found(struct names_match *match, enum finding found)
{
	if (found > match->tally->found)
		match->tally->found = found;
}

/* --- first name and surname --- */

struct pair {
	uint32_t earlier, later; /* roles */
};

static bool fits(uint32_t a, uint32_t b)
{
	return a & (NAMES_FIRST | NAMES_MIDDLE) && b & NAMES_LAST;
}

/* Both lists are in order of the children. The pair with the least doubt is returned. */
static bool same_child(const struct mention *earlier, const struct mention *later, struct pair *ret_pair)
{
	bool found = false;
	size_t j = 0;

	for (size_t i = 0; i < earlier->count; i++) {
		const struct names_entry *a = &earlier->entries[i];

		while (j < later->count && later->entries[j].child < a->child)
			j++;
		for (size_t k = j; k < later->count && later->entries[k].child == a->child; k++) {
			const struct names_entry *b = &later->entries[k];

			if (!fits(a->role, b->role) && !fits(b->role, a->role))
				continue;
			*ret_pair = (struct pair){a->role, b->role};
			found = true;
			if (!((a->role | b->role) & WEAK))
				return true;
		}
	}
	return found;
}

static bool is_raised(const struct mention *mention)
{
	return mention->flags & (WORD_CAPITAL | WORD_CAPS | WORD_ODD | WORD_PIECED);
}

static bool is_lower(const struct mention *mention)
{
	return !(mention->flags & (WORD_CAPITAL | WORD_CAPS));
}

/* "may park": one blank between them, as in a sentence. */
static bool may_be_verb(const struct mention *earlier, const struct mention *later, const struct pair *pair)
{
	return pair->earlier & NAMES_VERB && later->start - earlier->end == 1;
}

/* Side by side. */
static enum finding judge_neighbours(const struct mention *earlier, const struct mention *later,
	const struct pair *pair, const struct gap *gap)
{
	bool earlier_word = pair->earlier & NAMES_WORD, later_word = pair->later & NAMES_WORD;

	if (gap->lines > 1 && (pair->earlier | pair->later) & WEAK)
		return FOUND_NOTHING;
	if (earlier_word && later_word)
		return (is_raised(earlier) && is_raised(later)) || (is_lower(earlier) && is_lower(later) &&
									   !may_be_verb(earlier, later, pair))
			       ? FOUND_FULL
			       : FOUND_MAYBE;
	if (earlier_word || later_word)
		return is_raised(earlier_word ? earlier : later) || is_lower(earlier_word ? later : earlier)
			       ? FOUND_FULL
			       : FOUND_MAYBE;
	return FOUND_FULL;
}

/* With words between them. A surname that is no English word may have one word before it, whatever it is. */
static enum finding judge_apart(const struct mention *earlier, const struct mention *later,
	const struct pair *pair, const struct gap *gap)
{
	uint32_t both = pair->earlier | pair->later;

	if (!(both & WEAK))
		return gap->words <= 2 || (gap->words == 3 && gap->named) ? FOUND_FULL : FOUND_NOTHING;
	if (gap->lines > 0)
		return FOUND_NOTHING;
	if (gap->words == 1 && !(pair->later & NAMES_WORD) && !(pair->earlier & NAMES_VERB))
		return FOUND_FULL;
	return gap->words <= 2 && gap->named && is_raised(earlier) && is_raised(later) ? FOUND_FULL
										       : FOUND_NOTHING;
}

static void judge_pair(struct names_match *match, const struct mention *one, const struct mention *other)
{
	const struct mention *earlier = one->start < other->start ? one : other;
	const struct mention *later = earlier == one ? other : one;
	struct pair pair;
	struct gap gap;

	if (later->start < earlier->end || later->start - earlier->end > ADJACENT ||
		!same_child(earlier, later, &pair))
		return;
	match_gap(match, earlier->end, later->start, &gap);
	if (!gap.seen)
		return;
	match_found(match, gap.words == 0 ? judge_neighbours(earlier, later, &pair, &gap)
					  : judge_apart(earlier, later, &pair, &gap));
}

/* --- dates of birth and short ids --- */

#define RECORD (NAMES_BORN | NAMES_SHORT_ID)
#define NAME   (NAMES_FIRST | NAMES_LAST)

static bool belong_together(const struct mention *one, const struct mention *other)
{
	for (size_t i = 0; i < one->count; i++)
		for (size_t j = 0; j < other->count; j++) {
			uint32_t a = one->entries[i].role, b = other->entries[j].role;

			if (one->entries[i].child == other->entries[j].child &&
				((a & RECORD && b & NAME) || (a & NAME && b & RECORD)))
				return true;
		}
	return false;
}

static uint64_t distance(const struct mention *one, const struct mention *other)
{
	return one->start < other->start ? other->start - one->start : one->start - other->start;
}

static bool is_near(const struct mention *one, const struct mention *other)
{
	return (one->role | other->role) & NAMES_BORN || distance(one, other) <= BESIDE;
}

static void judge_recent(struct names_match *match, const struct mention *mention)
{
	size_t count = match->mentions < MATCH_RECENT ? match->mentions : MATCH_RECENT;

	for (size_t i = 0; i < count && match->tally->found < FOUND_FULL; i++) {
		const struct mention *other = &match->recent[i];

		if (distance(mention, other) > NEAR)
			continue;
		if ((mention->role | other->role) & RECORD && belong_together(mention, other) &&
			is_near(mention, other))
			match_found(match, FOUND_BORN);
		judge_pair(match, mention, other);
	}
}

static void remember(struct names_match *match, const struct mention *mention)
{
	match->recent[match->mentions++ % MATCH_RECENT] = *mention;
}

void match_record(struct names_match *match, uint64_t start, uint64_t end, const struct names_entry *entries,
	size_t count)
{
	struct mention mention = {.start = start, .end = end, .entries = entries, .count = count};

	for (size_t i = 0; i < count; i++)
		mention.role |= entries[i].role;
	if (mention.role & NAMES_ID)
		match_found(match, FOUND_ID);
	judge_recent(match, &mention);
	remember(match, &mention);
}

/* --- how many --- */

static bool set_bit(uint64_t *bits, uint32_t n)
{
	uint64_t bit = 1ULL << (n % 64);
	bool fresh = !(bits[n / 64] & bit);

	bits[n / 64] |= bit;
	return fresh;
}

static void count_first(struct names_match *match, const struct mention *mention, bool sure)
{
	for (size_t i = 0; i < mention->count; i++) {
		uint32_t number = mention->entries[i].first;

		if (!(mention->entries[i].role & NAMES_FIRST) || mention->entries[i].role & NAMES_IGNORED)
			continue;
		if (sure)
			match->tally->sure_count += set_bit(match->tally->sure, number);
		match->tally->likely_count += set_bit(match->tally->likely, number);
		match_found(match, FOUND_FIRST);
	}
	if (match->tally->sure_count >= FIRSTS ||
		(match->tally->childcare && match->tally->likely_count >= FIRSTS))
		match_found(match, FOUND_THREE);
}

/* What is common to all entries of the role: a name is an English word for everybody. */
static uint32_t role_of_first(const struct mention *mention)
{
	for (size_t i = 0; i < mention->count; i++)
		if (mention->entries[i].role & NAMES_FIRST)
			return mention->entries[i].role;
	return 0;
}

static void judge_title(struct names_match *match, const struct mention *mention, const struct word *word)
{
	uint32_t role = role_of_first(mention);

	if (role & NAMES_IGNORED)
		return;
	if (!(role & NAMES_WORD) && !(mention->role & NAMES_MISREAD))
		match_found(match, FOUND_TITLE);
	else if (word->flags & (WORD_CAPITAL | WORD_CAPS) || match_is_cell(match, word) ||
		 (word->start == 0 && match_char(match, word->end) == '.'))
		count_first(match, mention, false);
}

static void judge_first(struct names_match *match, const struct mention *mention, const struct word *word)
{
	uint32_t role = role_of_first(mention);

	if (match->title) {
		judge_title(match, mention, word);
		return;
	}
	if (role & NAMES_WORD && !(word->flags & WORD_PIECED)) {
		bool cell = word->flags & (WORD_CAPITAL | WORD_CAPS) && match_is_cell(match, word);

		if (!cell && !match_is_placed(match, word, role & NAMES_MONTH))
			return;
		if (match_is_identifier(match, word))
			return;
	}
	if (match_is_address(match, word))
		return;
	count_first(match, mention, !match_is_stranger(match, word) && !match_is_identifier(match, word));
}

static void judge_surname(struct names_match *match, const struct mention *mention, const struct word *word)
{
	const struct names *names = match->names;
	char text[4 + NAMES_WORD_MAX], initials[4];
	size_t count = match_initials(match, word, initials), known;

	for (size_t i = 0; i < count; i++) {
		text[0] = initials[i];
		memcpy(text + 1, word->plain, word->plain_size);
		if (names_find(names, names_hash(&names->keys, NAMES_OF_INITIAL, text, word->plain_size + 1),
			    &known) &&
			!(mention->role & WEAK))
			match_found(match, FOUND_INITIAL);
	}
	if (mention->role & WEAK || match_is_address(match, word))
		return;
	match->tally->surname_count +=
		set_bit(match->tally->surnames, (uint32_t)(mention->entries[0].hash % SURNAME_BITS));
	if (match->tally->surname_count >= SURNAMES)
		match_found(match, FOUND_SURNAMES);
}

/* --- looking up --- */

/* Two English words written as one may be a third: rosewood. */
static bool may_be_english(const struct names_match *match, const struct mention *mention)
{
	return mention->role & NAMES_WORD && !match->title &&
	       !(mention->flags & (WORD_CAPS | WORD_ODD | WORD_PIECED));
}

static void mention_word(
	struct names_match *match, const struct word *word, const struct names_entry *entries, size_t count)
{
	struct mention mention = {word->start, word->end, entries, count, 0, word->flags};

	for (size_t i = 0; i < count; i++)
		mention.role |= entries[i].role;
	if (mention.role & NAMES_FULL)
		match_found(match, may_be_english(match, &mention) ? FOUND_MAYBE : FOUND_FULL);
	judge_recent(match, &mention);
	if (mention.role & NAMES_LAST)
		judge_surname(match, &mention, word);
	if (mention.role & NAMES_FIRST)
		judge_first(match, &mention, word);
	if (mention.role & (NAMES_FIRST | NAMES_MIDDLE | NAMES_LAST))
		remember(match, &mention);
}

static const struct names_entry *find(
	const struct names *names, enum names_domain domain, const char *text, size_t size, size_t *ret_count)
{
	*ret_count = 0;
	return size == 0 ? NULL : names_find(names, names_hash(&names->keys, domain, text, size), ret_count);
}

/* A word that looks like a name is believed only when something about it is odd. */
static const struct names_entry *find_look(
	const struct names_match *match, const struct word *word, size_t *ret_count)
{
	char merged[NAMES_WORD_MAX + NAMES_HASH_PAD];
	const struct names_entry *entries;

	memset(merged, 0, sizeof merged);
	for (size_t i = 0; i < word->look_size; i++)
		merged[i] = word->look[i] == 'l' ? 'i' : word->look[i];
	entries = find(match->names, NAMES_OF_LOOKS, merged, word->look_size, ret_count);
	if (entries && !(entries->role & NAMES_MISREAD) && (!(word->flags & WORD_ODD) || word->look_size < 4))
		return NULL;
	return entries;
}

static bool may_hold(const struct names *names, const char *text, size_t size)
{
	return size > 0 && names_may_hold(names, names_mark(&names->keys, text, size));
}

bool match_word(struct names_match *match, const struct word *word)
{
	const struct names *names = match->names;
	bool same = word->plain == word->look;
	const struct names_entry *entries;
	size_t count;

	if (!may_hold(names, word->plain, word->plain_size) &&
		(same || !may_hold(names, word->look, word->look_size)))
		return false;
	entries = find(names, NAMES_OF_WORD, word->plain, word->plain_size, &count);
	if (!entries && !same)
		entries = find(names, NAMES_OF_WORD, word->look, word->look_size, &count);
	if (!entries)
		entries = find_look(match, word, &count);
	if (entries)
		mention_word(match, word, entries, count);
	else if (names_words(word->plain, word->plain_size) & NAMES_WORDS_CHILDCARE)
		match->tally->childcare = true;
	return entries != NULL;
}
