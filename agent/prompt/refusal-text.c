/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Sentences about refusals. See refusal-text.h. */

#include "prompt/refusal-text.h"

#include "control/text.h"

#include <string.h>

#define FILE_COLUMNS  40
#define FILE_TAIL     12
#define STICK_COLUMNS 40

struct words {
	const char *one;
	const char *many;
};

/* One that has a name is "the photo “...”". */
static const struct words nouns[REFUSAL_KINDS] = {
	[REFUSAL_PHOTO] = {"photo", "photos"},
	[REFUSAL_FILM] = {"film", "films"},
	[REFUSAL_SOUND] = {"sound recording", "sound recordings"},
	[REFUSAL_DOCUMENT] = {"document", "documents"},
	[REFUSAL_UNREADABLE] = {"file", "files that cannot be looked through"},
	[REFUSAL_NAME] = {"file or folder with a name that may not be shown",
		"files or folders with names that may not be shown"},
	[REFUSAL_TOO_LARGE] = {"file", "files that are too large to be looked at"},
	[REFUSAL_CROWDED] = {"file", "files that came too many at once"},
	[REFUSAL_NOT_WRITTEN] = {"file", "files that the stick did not take"},
};

static bool ends_with_stick(const char *name)
{
	size_t length = strlen(name);

	return length >= 5 && strcasecmp(name + length - 5, "stick") == 0;
}

/* The first columns of a clean text, with a mark when that is not all of it. */
static char *shortened(const char *clean, size_t columns)
{
	char *text = NULL;

	if (text_width(clean) <= columns)
		return strdup(clean);
	return asprintf(&text, "%.*s…", (int)text_fit(clean, columns - 1), clean) < 0 ? NULL : text;
}

char *refusal_stick(const char *name)
{
	_cleanup_free_ char *clean = text_clean(name ? name : ""), *shown = NULL;
	char *text = NULL;

	if (!clean)
		return NULL;
	if (!*clean)
		return strdup("the stick");
	shown = shortened(clean, STICK_COLUMNS);
	if (!shown || asprintf(&text, ends_with_stick(clean) ? "the %s" : "the stick “%s”", shown) < 0)
		return NULL;
	return text;
}

/* Where the last columns of a clean text begin. */
static const char *tail_of(const char *clean, size_t columns)
{
	const char *tail = clean;

	while (text_width(tail) > columns)
		tail += text_fit(tail, 1) > 0 ? text_fit(tail, 1) : text_fit(tail, 2);
	return tail;
}

/* A long name loses its middle: its end says what sort of file it is. */
char *refusal_file(const char *path)
{
	const char *slash = strrchr(path, '/');
	_cleanup_free_ char *clean = text_clean(slash ? slash + 1 : path);
	char *text = NULL;

	if (!clean || text_width(clean) <= FILE_COLUMNS)
		return TAKE_PTR(clean);
	if (asprintf(&text, "%.*s…%s", (int)text_fit(clean, FILE_COLUMNS - FILE_TAIL - 1), clean,
		    tail_of(clean, FILE_TAIL)) < 0)
		return NULL;
	return text;
}

/* "two", "12", "100,000". */
static void put_number(FILE *out, uint64_t number)
{
	static const char *const small[] = {"no", "one", "two", "three", "four", "five", "six", "seven",
		"eight", "nine", "ten", "eleven", "twelve"};

	if (number < ELEMENTS(small)) {
		fputs(small[number], out);
		return;
	}
	if (number >= 1000) {
		char digits[32];
		int length = snprintf(digits, sizeof digits, "%llu", (unsigned long long)number);

		for (int i = 0; i < length; i++) {
			if (i > 0 && (length - i) % 3 == 0)
				fputc(',', out);
			fputc(digits[i], out);
		}
		return;
	}
	fprintf(out, "%u", (unsigned)number);
}

static bool is_media(enum refusal_kind kind)
{
	return kind == REFUSAL_PHOTO || kind == REFUSAL_FILM || kind == REFUSAL_SOUND;
}

/* How many of that kind are named: one, or two that are not known by numbers in a camera. 0: they are
 * counted. */
static size_t named(const struct burst *burst, enum refusal_kind kind)
{
	size_t most = is_media(kind) ? 1 : 2, count = (size_t)burst->count[kind];

	return count <= most && burst_file(burst, kind, count - 1) ? count : 0;
}

/* "the documents “plan.odt” and “class list.ods”". */
static int put_names(FILE *out, const struct burst *burst, enum refusal_kind kind, size_t count)
{
	bool document = kind == REFUSAL_DOCUMENT;

	fprintf(out, "the %s", count == 1 ? nouns[kind].one : document ? "documents" : "files");
	for (size_t i = 0; i < count; i++) {
		_cleanup_free_ char *name = refusal_file(burst_file(burst, kind, i)->path);

		if (!name)
			return -ENOMEM;
		fprintf(out, "%s “%s”", i > 0 ? " and" : "", name);
	}
	return 0;
}

static int put_item(FILE *out, const struct burst *burst, enum refusal_kind kind)
{
	size_t names = named(burst, kind);

	if (names > 0)
		return put_names(out, burst, kind, names);
	put_number(out, burst->count[kind]);
	fprintf(out, " %s", burst->count[kind] == 1 ? nouns[kind].one : nouns[kind].many);
	return 0;
}

/* Between things of a list, the last of which is number count - 1. */
static void put_comma(FILE *out, size_t number, size_t count)
{
	if (number > 0)
		fputs(number + 1 < count ? ", " : " and ", out);
}

/* "Two photos and the document “class list.ods” were not copied to the white stick." */
static int put_what(FILE *out, const struct burst *burst)
{
	_cleanup_free_ char *stick = refusal_stick(burst->name);
	size_t count = 0, number = 0;
	int r = stick ? 0 : -ENOMEM;

	for (size_t i = 0; i < REFUSAL_KINDS; i++)
		count += burst->count[i] > 0;
	for (unsigned i = 0; i < REFUSAL_KINDS && r == 0; i++) {
		if (burst->count[i] == 0)
			continue;
		put_comma(out, number++, count);
		r = put_item(out, burst, (enum refusal_kind)i);
	}
	if (r == 0)
		fprintf(out, " %s not copied to %s.", burst_total(burst) == 1 ? "was" : "were", stick);
	return r;
}

static bool has(const struct burst *burst, enum refusal_kind kind)
{
	return burst->count[kind] > 0;
}

static char upper(char c)
{
	return c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
}

/* "Photos of children and documents with their names may only travel on an encrypted stick." */
static void put_rule(FILE *out, const struct burst *burst)
{
	static const enum refusal_kind media[] = {REFUSAL_PHOTO, REFUSAL_FILM, REFUSAL_SOUND};
	bool documents = has(burst, REFUSAL_DOCUMENT);
	size_t count = 0, number = 0;

	for (size_t i = 0; i < ELEMENTS(media); i++)
		count += has(burst, media[i]);
	if (count == 0 && !documents)
		return;
	fputc(' ', out);
	for (size_t i = 0; i < ELEMENTS(media); i++)
		if (has(burst, media[i])) {
			const char *noun = nouns[media[i]].many;

			put_comma(out, number, count);
			fprintf(out, "%c%s", number++ == 0 ? upper(noun[0]) : noun[0], noun + 1);
		}
	if (count > 0)
		fputs(documents ? " of children and documents with their names" : " of children", out);
	else
		fputs("Documents with children's names", out);
	fputs(" may only travel on an encrypted stick.", out);
}

static const char *reason_of(enum refusal_kind kind)
{
	switch (kind) {
	case REFUSAL_PHOTO:
	case REFUSAL_FILM:
	case REFUSAL_SOUND:
	case REFUSAL_DOCUMENT:
		break;
	case REFUSAL_UNREADABLE:
		return "What cannot be looked through may hide photos or names. Save it as PDF or text, or "
		       "use "
		       "an encrypted stick.";
	case REFUSAL_NAME:
		return "A child must not be named by a file or folder. Give it another name, or use an "
		       "encrypted stick.";
	case REFUSAL_TOO_LARGE:
		return "What is too large to be looked at first may only travel on an encrypted stick.";
	case REFUSAL_CROWDED:
		return "Too much was copied at once. Copy the rest again when the others are done.";
	case REFUSAL_NOT_WRITTEN:
		return "The stick may be full or broken, or it was pulled out too early.";
	}
	return NULL;
}

/* The agent's own sentence tells most about a single file, but speaks of that one only. */
static int put_reasons(FILE *out, const struct burst *burst)
{
	bool single = burst_total(burst) == 1 && burst->sentence[0];
	_cleanup_free_ char *own = text_clean(burst->sentence);

	if (!own)
		return -ENOMEM;
	if (single && !has(burst, REFUSAL_PHOTO) && !has(burst, REFUSAL_FILM) && !has(burst, REFUSAL_SOUND))
		fprintf(out, " %s", own);
	put_rule(out, burst);
	for (unsigned i = 0; i < REFUSAL_KINDS; i++) {
		const char *reason = reason_of((enum refusal_kind)i);

		if (burst->count[i] > 0 && reason && (!single || i == REFUSAL_NAME))
			fprintf(out, " %s", reason);
	}
	return 0;
}

/* Whether an encrypted stick would have taken any of it. */
static bool encryption_helps(const struct burst *burst)
{
	return burst_total(burst) > burst->count[REFUSAL_CROWDED] + burst->count[REFUSAL_NOT_WRITTEN];
}

/* What a person may type as it stands: no character that a shell would read. */
static const char *typed(const char *device)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.:";

	return device[strspn(device, plain)] == '\0' ? device : "DEVICE";
}

static void put_commands(FILE *out, const struct burst *burst, const struct refusal_means *means)
{
	if (!means->present || (means->buttons && means->windows) || !encryption_helps(burst))
		return;
	fprintf(out, "\nTo encrypt the stick, type in a terminal: outingctl encrypt %s",
		typed(burst->device));
	if (burst->allowable > 0)
		fprintf(out, "\nA manager may allow a file: outingctl allow %s FILE --reason \"...\"",
			typed(burst->device));
}

static unsigned actions_of(const struct burst *burst, const struct refusal_means *means)
{
	unsigned actions = NOTE_KEEP;

	if (!means->buttons || !means->windows || !means->present || !encryption_helps(burst))
		return 0;
	actions |= NOTE_ENCRYPT;
	return burst->allowable > 0 ? actions | NOTE_MANAGER : actions;
}

static int put_body(FILE *out, const struct burst *burst, const struct refusal_means *means)
{
	int r = put_what(out, burst);

	if (r == 0)
		r = put_reasons(out, burst);
	if (r == 0)
		put_commands(out, burst, means);
	return r;
}

int refusal_text(const struct burst *burst, const struct refusal_means *means, struct note *ret_note)
{
	_cleanup_note_ struct note note = NOTE_NULL;
	_cleanup_free_ char *stick = refusal_stick(burst->name);
	_cleanup_fclose_ FILE *out = NULL;
	size_t size;
	int r;

	if (!stick || asprintf(&note.summary, "Not copied to %s", stick) < 0) {
		note.summary = NULL;
		return -ENOMEM;
	}
	out = open_memstream(&note.body, &size);
	if (!out)
		return -ENOMEM;
	r = put_body(out, burst, means);
	if (fflush(out) != 0 || r < 0)
		return -ENOMEM;
	fclosep(&out);
	note.body[0] = upper(note.body[0]);
	note.weight = NOTE_URGENT;
	note.actions = actions_of(burst, means);
	*ret_note = note;
	note = NOTE_NULL;
	return 0;
}
