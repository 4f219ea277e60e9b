/* SPDX-License-Identifier: GPL-3.0-or-later */

/* From names to entries. See names-build.h. */

#include "inspect/names-build.h"

#include "base/secret.h"
#include "inspect/names-date.h"
#include "inspect/names-spell.h"
#include "inspect/names-words.h"

#include <ctype.h>

#define NAMES_OF_A_CHILD 24
#define IGNORED_MAX      64
#define ID_MAX           32
#define ID_ALONE         6 /* characters from which an id with a digit says who it is by itself */
#define NUMBER_ALONE     7 /* the same for one of digits only */
#define FAMILIES         4 /* children of one surname from which an initial says nothing */

struct name {
	struct spelled spelled;
	uint32_t role, first;
};

/* All that is in clear: in locked memory, wiped with each child. */
struct work {
	struct spelling spelling;
	struct spelled joined, initial;
	struct name name[NAMES_OF_A_CHILD];
	size_t count;
	char number[ID_MAX + NAMES_HASH_PAD];
};

struct names_build {
	const struct names_keys *keys;
	const struct folder *folder;
	struct secret *memory;
	struct work *work;
	struct names_body body;
	size_t room;
	uint64_t ignored[IGNORED_MAX];
	size_t ignored_count;
	struct names_build_notes notes;
	bool has_more; /* the present child has entries that are no names */
};

struct names_build *names_build_free(struct names_build *build)
{
	if (!build)
		return NULL;
	names_body_clear(&build->body);
	(void)secret_free(build->memory);
	free(build);
	return NULL;
}

int names_build_new(
	const struct names_keys *keys, const struct folder *folder, struct names_build **ret_build)
{
	_cleanup_(names_build_freep) struct names_build *build = calloc(1, sizeof *build);
	int r;

	if (!build)
		return -ENOMEM;
	build->keys = keys;
	build->folder = folder;
	r = secret_new(sizeof *build->work, &build->memory);
	if (r < 0)
		return r;
	build->work = (struct work *)(void *)build->memory->bytes;
	*ret_build = TAKE_PTR(build);
	return 0;
}

/* --- entries --- */

static int push(struct names_build *build, struct names_entry entry)
{
	struct names_body *body = &build->body;

	if (body->count == NAMES_ENTRIES_MAX)
		return NAMES_BUILD_TOO_MANY;
	if (body->count == build->room) {
		size_t room = build->room ? build->room * 2 : 256;
		struct names_entry *more = reallocarray(body->entries, room, sizeof *more);

		if (!more)
			return -ENOMEM;
		body->entries = more;
		build->room = room;
	}
	entry.child = body->children;
	body->entries[body->count++] = entry;
	return NAMES_BUILD_OK;
}

static int push_text(struct names_build *build, enum names_domain domain, const char *text, size_t size,
	uint32_t role, uint32_t first)
{
	return push(build, (struct names_entry){.hash = names_hash(build->keys, domain, text, size),
				   .mark = names_mark(build->keys, text, size),
				   .first = first,
				   .role = role});
}

/* The word with every l an i: what is compared when letters were swapped for ones that look alike. */
static int push_look(struct names_build *build, const char *text, size_t size, uint32_t role, uint32_t first)
{
	char merged[NAMES_WORD_MAX + NAMES_HASH_PAD] = {0};
	int r;

	for (size_t i = 0; i < size; i++)
		merged[i] = text[i] == 'l' ? 'i' : text[i];
	r = push_text(build, NAMES_OF_LOOKS, merged, size, role, first);
	explicit_bzero(merged, sizeof merged);
	return r;
}

/* The same with a pair of letters in place of each of one: ae for a diaeresis, rn for m. Returns its size, 0
 * when there is nothing to replace or no room. */
static size_t replace(const char *text, size_t size, const char *what, const char *by, char *ret_text)
{
	size_t length = strlen(what), n = 0;
	bool any = false;

	for (size_t i = 0; i < size;) {
		bool here = size - i >= length && memcmp(text + i, what, length) == 0;
		const char *from = here ? by : text + i;
		size_t count = here ? strlen(by) : 1;

		if (n + count > NAMES_WORD_MAX)
			return 0;
		memcpy(ret_text + n, from, count);
		n += count;
		i += here ? length : 1;
		any |= here;
	}
	return any ? n : 0;
}

static int push_misread(
	struct names_build *build, const struct spelled *spelled, uint32_t role, uint32_t first)
{
	static const char *const pairs[][2] = {{"m", "rn"}, {"w", "vv"}};
	char text[NAMES_WORD_MAX + NAMES_HASH_PAD] = {0};
	int r = NAMES_BUILD_OK;

	for (size_t i = 0; i < 2 * ELEMENTS(pairs) && r == NAMES_BUILD_OK; i++) {
		size_t kept = i % 2; /* letters at the beginning that stay, as capitals do */
		size_t n = replace(spelled->look + kept, spelled->look_size - kept, pairs[i / 2][0],
			pairs[i / 2][1], text + kept);

		text[0] = kept ? spelled->look[0] : text[0];
		if (n > 0 && n + kept >= 5 && n + kept <= NAMES_WORD_MAX)
			r = push_look(build, text, n + kept, role | NAMES_MISREAD, first);
	}
	explicit_bzero(text, sizeof text);
	return r;
}

static int push_spelled(
	struct names_build *build, const struct spelled *spelled, uint32_t role, uint32_t first)
{
	bool differs = spelled->plain_size != spelled->look_size ||
		       memcmp(spelled->plain, spelled->look, spelled->plain_size) != 0;
	int r = push_text(build, NAMES_OF_WORD, spelled->plain, spelled->plain_size, role, first);

	build->body.unspaced |= spelled->unspaced;
	if (r == NAMES_BUILD_OK && differs && spelled->look_size > 0)
		r = push_text(build, NAMES_OF_WORD, spelled->look, spelled->look_size, role, first);
	if (r == NAMES_BUILD_OK && spelled->pairs_size != spelled->plain_size)
		r = push_text(build, NAMES_OF_WORD, spelled->pairs, spelled->pairs_size, role, first);
	if (r == NAMES_BUILD_OK && spelled->look_size > 0)
		r = push_look(build, spelled->look, spelled->look_size, role, first);
	return r != NAMES_BUILD_OK ? r : push_misread(build, spelled, role, first);
}

/* --- names of one child --- */

static bool is_ignored(const struct names_build *build, const struct spelled *spelled)
{
	uint64_t hash = names_hash(build->keys, NAMES_OF_WORD, spelled->plain, spelled->plain_size);

	for (size_t i = 0; i < build->ignored_count; i++)
		if (build->ignored[i] == hash)
			return true;
	return false;
}

static uint32_t more_roles(const struct names_build *build, const struct spelled *spelled, uint32_t role)
{
	unsigned words = names_words(spelled->plain, spelled->plain_size);
	unsigned own = role & NAMES_LAST ? NAMES_WORDS_LAST : NAMES_WORDS_FIRST;

	if ((words & (own | NAMES_WORDS_AFTER | NAMES_WORDS_BEFORE | NAMES_WORDS_PARTICLE |
			     NAMES_WORDS_MONTH)) ||
		(spelled->letters <= 2 && !spelled->unspaced))
		role |= NAMES_WORD;
	if (role & NAMES_LAST && words & NAMES_WORDS_COMMON)
		role |= NAMES_COMMON;
	if (words & NAMES_WORDS_MONTH)
		role |= NAMES_MONTH;
	if (words & NAMES_WORDS_VERB)
		role |= NAMES_VERB;
	if (is_ignored(build, spelled))
		role |= NAMES_IGNORED;
	return role;
}

static int note_name(struct names_build *build, const struct spelled *spelled, uint32_t role)
{
	struct work *work = build->work;
	struct name *name = &work->name[work->count];

	if (spelled->letters == 0 || (spelled->letters == 1 && !spelled->unspaced))
		return NAMES_BUILD_OK;
	if (work->count == NAMES_OF_A_CHILD)
		return NAMES_BUILD_LONG;
	name->spelled = *spelled;
	name->role = more_roles(build, spelled, role);
	name->first = role & NAMES_FIRST ? (uint32_t)names_hash(build->keys, NAMES_OF_WORD, spelled->plain,
						   spelled->plain_size)
					 : 0;
	work->count++;
	return NAMES_BUILD_OK;
}

/* Parts from..to as one word. */
static int join(struct work *work, size_t from, size_t to)
{
	int r = 0;

	memset(&work->joined, 0, sizeof work->joined);
	for (size_t i = from; i < to && r >= 0; i++)
		r = spell_join(&work->joined, &work->spelling.part[i]);
	return r < 0 ? NAMES_BUILD_LONG : NAMES_BUILD_OK;
}

static bool is_particle(const struct spelled *spelled)
{
	return spelled->letters <= 1 ||
	       names_words(spelled->plain, spelled->plain_size) & NAMES_WORDS_PARTICLE;
}

/* "Mary-Jane Rose": maryjane and mary are first names, maryjanerose is one, jane and rose are middle names.
 */
static int add_first(struct names_build *build)
{
	struct work *work = build->work;
	const struct spelling *s = &work->spelling;
	size_t first_word = 0;
	int r = NAMES_BUILD_OK;

	while (first_word < s->count && s->word[first_word] == s->word[0])
		first_word++;
	for (size_t i = 0; i < s->count && r == NAMES_BUILD_OK; i++)
		r = note_name(build, &s->part[i], i == 0 ? NAMES_FIRST : NAMES_MIDDLE);
	if (r == NAMES_BUILD_OK && first_word > 1) {
		r = join(work, 0, first_word);
		if (r == NAMES_BUILD_OK)
			r = note_name(build, &work->joined, NAMES_FIRST);
	}
	if (r == NAMES_BUILD_OK && s->count > first_word) {
		r = join(work, 0, s->count);
		if (r == NAMES_BUILD_OK)
			r = note_name(build, &work->joined, NAMES_FIRST);
	}
	return r;
}

/* "de la Cruz-Smith": delacruzsmith, cruz and smith. */
static int add_last(struct names_build *build)
{
	struct work *work = build->work;
	const struct spelling *s = &work->spelling;
	int r = NAMES_BUILD_OK;

	for (size_t i = 0; i < s->count && r == NAMES_BUILD_OK; i++)
		if (s->count == 1 || !is_particle(&s->part[i]))
			r = note_name(build, &s->part[i], NAMES_LAST);
	if (r == NAMES_BUILD_OK && s->count > 1) {
		r = join(work, 0, s->count);
		if (r == NAMES_BUILD_OK)
			r = note_name(build, &work->joined, NAMES_LAST);
	}
	return r;
}

static int add_name(struct names_build *build, const char *text, size_t size, enum names_field field)
{
	struct spelling *s = &build->work->spelling;
	int r = spell(build->folder, text, size, s);

	if (r < 0)
		return NAMES_BUILD_LONG;
	if (field == NAMES_FIELD_LAST)
		return add_last(build);
	if (field != NAMES_FIELD_MIDDLE)
		return add_first(build);
	for (size_t i = 0; i < s->count && r == NAMES_BUILD_OK; i++)
		r = note_name(build, &s->part[i], NAMES_MIDDLE);
	return r;
}

/* Where the surname begins in "Amelia van der Testchild". */
static size_t surname_at(const char *text, size_t size)
{
	size_t at = size;

	for (;;) {
		size_t end = at, start;

		while (end > 0 && text[end - 1] == ' ')
			end--;
		start = end;
		while (start > 0 && text[start - 1] != ' ')
			start--;
		if (start == 0)
			return at == size ? 0 : at;
		if (at != size) {
			char word[8] = {0};

			for (size_t i = 0; i < end - start && i < 7; i++)
				word[i] = (char)tolower((unsigned char)text[start + i]);
			if (end - start > 6 || !(names_words(word, end - start) & NAMES_WORDS_PARTICLE))
				return at;
		}
		at = start;
	}
}

static int add_whole(struct names_build *build, const char *text, size_t size)
{
	const char *comma = memchr(text, ',', size);
	size_t at;
	int r;

	if (comma) {
		at = (size_t)(comma - text);
		r = add_name(build, text, at, NAMES_FIELD_LAST);
		return r != NAMES_BUILD_OK ? r : add_name(build, comma + 1, size - at - 1, NAMES_FIELD_FIRST);
	}
	while (size > 0 && text[size - 1] == ' ')
		size--;
	at = surname_at(text, size);
	r = add_name(build, text, at ? at : size, NAMES_FIELD_FIRST);
	return r != NAMES_BUILD_OK || at == 0 ? r : add_name(build, text + at, size - at, NAMES_FIELD_LAST);
}

static int add_id(struct names_build *build, const char *text, size_t size)
{
	char *number = build->work->number;
	size_t n = 0, digits = 0;
	uint32_t role;

	for (size_t at = 0; at < size;) {
		struct fold fold;
		uint32_t c;

		at += fold_decode(text + at, size - at, &c);
		folder_fold(build->folder, c, &fold);
		if ((fold.kind != FOLD_LETTER && fold.kind != FOLD_DIGIT) || fold.plain_size != 1)
			continue;
		if (n == ID_MAX)
			return NAMES_BUILD_LONG;
		number[n++] = fold.plain[0];
		digits += fold.kind == FOLD_DIGIT;
	}
	memset(number + n, 0, NAMES_HASH_PAD);
	if (n < 3)
		return NAMES_BUILD_OK;
	role = digits > 0 && n >= (digits == n ? NUMBER_ALONE : ID_ALONE) ? NAMES_ID : NAMES_SHORT_ID;
	build->notes.short_ids += role == NAMES_SHORT_ID;
	build->body.id_sizes |= 1ULL << n;
	build->has_more = true;
	return push_text(build, NAMES_OF_NUMBER, number, n, role, 0);
}

/* A time of day may follow, as spreadsheets write it. */
static bool only_midnight(const char *text, size_t size)
{
	for (size_t i = 0; i < size; i++)
		if (!strchr(" 0:.TZ", text[i]) || !text[i])
			return false;
	return true;
}

static int add_born(struct names_build *build, const char *text, size_t size)
{
	char number[NAMES_DATE_TEXT + NAMES_HASH_PAD] = {0};
	struct names_date date;
	size_t n;
	int r;

	while (size > 0 && *text == ' ') {
		text++;
		size--;
	}
	n = names_date_read(text, size, &date);
	if (n == 0 || !only_midnight(text + n, size - n))
		return NAMES_BUILD_NO_DATE;
	memcpy(number, date.text[0], NAMES_DATE_TEXT);
	build->body.born = true;
	build->has_more = true;
	r = push_text(build, NAMES_OF_DATE, number, NAMES_DATE_TEXT, NAMES_BORN, 0);
	explicit_bzero(number, sizeof number);
	explicit_bzero(&date, sizeof date);
	return r;
}

int names_build_add(struct names_build *build, enum names_field field, const char *text, size_t size)
{
	bool blank = true;

	for (size_t i = 0; i < size && blank; i++)
		blank = text[i] == ' ' || text[i] == '\t';
	if (blank)
		return NAMES_BUILD_OK;
	switch (field) {
	case NAMES_FIELD_NONE:
		return NAMES_BUILD_OK;
	case NAMES_FIELD_FIRST:
	case NAMES_FIELD_MIDDLE:
	case NAMES_FIELD_KNOWN:
	case NAMES_FIELD_LAST:
		return add_name(build, text, size, field);
	case NAMES_FIELD_WHOLE:
		return add_whole(build, text, size);
	case NAMES_FIELD_ID:
		return add_id(build, text, size);
	case NAMES_FIELD_BORN:
		return add_born(build, text, size);
	}
	return NAMES_BUILD_OK;
}

/* --- together --- */

static int push_pair(struct names_build *build, const struct name *one, const struct name *two)
{
	struct spelled *joined = &build->work->joined;
	uint32_t word = one->role & two->role & NAMES_WORD;

	*joined = one->spelled;
	if (spell_join(joined, &two->spelled) < 0 || (joined->letters < 5 && !joined->unspaced))
		return NAMES_BUILD_OK;
	return push_spelled(build, joined, NAMES_FULL | word, 0);
}

static int push_initial(struct names_build *build, const struct name *first, const struct name *last)
{
	struct spelled *joined = &build->work->joined;

	if (last->role & (NAMES_WORD | NAMES_COMMON) || last->spelled.letters < 4)
		return NAMES_BUILD_OK;
	spell_initial(&first->spelled, joined);
	if (spell_join(joined, &last->spelled) < 0)
		return NAMES_BUILD_OK;
	return push(build, (struct names_entry){.hash = names_hash(build->keys, NAMES_OF_INITIAL,
							joined->plain, joined->plain_size),
				   .role = NAMES_INITIAL});
}

static int push_together(struct names_build *build, const struct name *first)
{
	const struct work *work = build->work;
	int r = NAMES_BUILD_OK;

	for (size_t i = 0; i < work->count && r == NAMES_BUILD_OK; i++) {
		const struct name *last = &work->name[i];

		if (!(last->role & NAMES_LAST))
			continue;
		r = push_pair(build, first, last);
		if (r == NAMES_BUILD_OK)
			r = push_pair(build, last, first);
		if (r == NAMES_BUILD_OK)
			r = push_initial(build, first, last);
	}
	return r;
}

static void take_notes(struct names_build *build)
{
	const struct work *work = build->work;
	size_t firsts = 0, words = 0, ignored = 0;

	for (size_t i = 0; i < work->count; i++) {
		uint32_t role = work->name[i].role;

		firsts += (role & NAMES_FIRST) != 0;
		words += role & NAMES_FIRST && role & NAMES_WORD;
		ignored += role & NAMES_FIRST && role & NAMES_IGNORED;
	}
	build->notes.words += firsts > 0 && words == firsts;
	build->notes.ignored += firsts > 0 && ignored == firsts;
}

int names_build_child(struct names_build *build)
{
	struct work *work = build->work;
	int r = work->count == 0 && !build->has_more ? NAMES_BUILD_NAMELESS : NAMES_BUILD_OK;

	if (build->body.children == NAMES_CHILDREN_MAX)
		return NAMES_BUILD_TOO_MANY;
	for (size_t i = 0; i < work->count && r == NAMES_BUILD_OK; i++) {
		const struct name *name = &work->name[i];

		r = push_spelled(build, &name->spelled, name->role, name->first);
		if (r == NAMES_BUILD_OK && name->role & NAMES_FIRST)
			r = push_together(build, name);
	}
	take_notes(build);
	explicit_bzero(work, sizeof *work);
	build->has_more = false;
	build->body.children += r == NAMES_BUILD_OK;
	return r;
}

int names_build_ignore(struct names_build *build, const char *words)
{
	struct spelling *s = &build->work->spelling;

	while (*words) {
		size_t n = strcspn(words, ",;");

		if (spell(build->folder, words, n, s) < 0)
			return NAMES_BUILD_LONG;
		for (size_t i = 0; i < s->count; i++) {
			if (build->ignored_count == IGNORED_MAX)
				return NAMES_BUILD_LONG;
			build->ignored[build->ignored_count++] = names_hash(
				build->keys, NAMES_OF_WORD, s->part[i].plain, s->part[i].plain_size);
		}
		words += n;
		words += *words != 0;
	}
	return NAMES_BUILD_OK;
}

/* --- the end --- */

static int compare_numbers(const void *a, const void *b)
{
	const uint32_t *x = a, *y = b;

	return *x == *y ? 0 : *x < *y ? -1 : 1;
}

/* First names are numbered from 1; until now a part of the hash stood for the number. */
static int number_firsts(struct names_body *body)
{
	_cleanup_free_ uint32_t *seen = calloc(body->count + 1UL, sizeof *seen);
	size_t count = 0, kept = 0;

	if (!seen)
		return -ENOMEM;
	for (uint32_t i = 0; i < body->count; i++)
		if (body->entries[i].role & NAMES_FIRST)
			seen[count++] = body->entries[i].first;
	qsort(seen, count, sizeof *seen, compare_numbers);
	for (size_t i = 0; i < count; i++)
		if (kept == 0 || seen[kept - 1] != seen[i])
			seen[kept++] = seen[i];
	for (uint32_t i = 0; i < body->count; i++) {
		const uint32_t *found =
			body->entries[i].role & NAMES_FIRST
				? bsearch(&body->entries[i].first, seen, kept, sizeof *seen, compare_numbers)
				: NULL;

		body->entries[i].first = found ? (uint32_t)(found - seen) + 1 : 0;
	}
	body->firsts = (uint32_t)kept;
	return 0;
}

static void note_families(struct names_body *body)
{
	for (uint32_t i = 0, end; i < body->count; i = end) {
		uint32_t families = 0;

		for (end = i; end < body->count && body->entries[end].hash == body->entries[i].hash; end++)
			families += (body->entries[end].role & NAMES_LAST) != 0;
		for (uint32_t n = i; families > FAMILIES && n < end; n++)
			body->entries[n].role |= NAMES_COMMON;
	}
}

int names_build_finish(
	struct names_build *build, struct names_body *ret_body, struct names_build_notes *ret_notes)
{
	int r = number_firsts(&build->body);

	if (r < 0)
		return r;
	names_body_finish(&build->body);
	note_families(&build->body);
	names_body_finish(&build->body);
	*ret_body = build->body;
	*ret_notes = build->notes;
	build->body = (struct names_body){0};
	build->room = 0;
	return 0;
}
