/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Lines as they look, in ASCII as far as they do, handed to a search of their own. See names-match.h. */

#include "inspect/names-match.h"

#include <ctype.h>

#define LINE_SIDE 512 /* bytes of a line on either side of the letters in question */

struct line {
	char text[1024];
	size_t size;
	struct names_match *look;
};

static void put(struct line *line, const char *text, size_t size)
{
	if (line->size + size > sizeof line->text) {
		(void)names_match_feed(line->look, line->text, line->size);
		line->size = 0;
	}
	memcpy(line->text + line->size, text, size);
	line->size += size;
}

static void put_letter(struct line *line, const struct fold *fold, const char *text, size_t length)
{
	char look[FOLD_TEXT];

	if ((unsigned char)fold->look[0] >= 0x80) {
		put(line, text, length);
		return;
	}
	memcpy(look, fold->look, FOLD_TEXT);
	if (fold->upper)
		look[0] = (char)toupper(look[0]);
	put(line, look, fold->look_size);
}

static void put_character(struct line *line, const struct fold *fold, const char *text, size_t length)
{
	switch (fold->kind) {
	case FOLD_NOTHING:
	case FOLD_REVERSE:
		break;
	case FOLD_LETTER:
		put_letter(line, fold, text, length);
		break;
	case FOLD_DIGIT:
		put(line, fold->plain, 1);
		break;
	case FOLD_JOINER:
		put(line, "-", 1);
		break;
	case FOLD_SPACE:
		put(line, fold->plain_size == 1 ? fold->plain : " ", 1);
		break;
	case FOLD_LINE:
		put(line, "\n", 1);
		break;
	}
}

static void put_line(struct names_match *match, size_t from, size_t to)
{
	const char *text = (const char *)match_window(match);
	struct line line = {.look = match->look};

	for (size_t at = from; at < to;) {
		uint32_t c;
		size_t length = fold_decode(text + at, to - at, &c);

		if (c < 0x80)
			put(&line, text + at, 1);
		else
			put_character(&line, match_fold(match, c), text + at, length);
		at += length;
	}
	put(&line, "\n", 1);
	(void)names_match_feed(line.look, line.text, line.size);
	explicit_bzero(line.text, sizeof line.text);
}

static int begin(struct names_match *match)
{
	struct names_match *look = match_begin(match->names, match->tally);

	if (!look)
		return -ENOMEM;
	look->title = match->title;
	look->reads_look = true;
	match->look = look;
	return 0;
}

void match_look(struct names_match *match, size_t start, size_t end)
{
	const uint8_t *text = match_window(match);
	size_t from = start, to = end;

	if (match->reads_look || match->base + end <= match->looked)
		return;
	if (!match->look && begin(match) < 0) {
		match_found(match, FOUND_UNSURE);
		return;
	}
	while (from > 0 && start - from < LINE_SIDE && text[from - 1] != '\n' &&
		match->base + from > match->looked)
		from--;
	while (to < match->used && to - end < LINE_SIDE && text[to] != '\n')
		to++;
	while (to < match->used && (text[to] & 0xc0) == 0x80)
		to--;
	put_line(match, from, to);
	match->looked = match->base + to;
}

void match_look_end(struct names_match *match)
{
	if (match->look && match->tally->found < FOUND_FULL)
		match_finish(match->look);
}
