/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * One search through one text, shared by the files that make it up:
 *
 *   names-scan.c     bytes into words, quickly; nearly every word is passed over here
 *   names-wide.c     words with letters beyond ASCII
 *   names-spaced.c   words in pieces: hyphens, line ends, s p a c e d letters, scripts without spaces
 *   names-number.c   ids and dates
 *   names-mention.c  what a word that is in the register means where it stands
 *   names-context.c  what stands around it
 *
 * Positions count bytes from the beginning of the text. The window always holds MATCH_BEHIND bytes before the
 * word that is looked at and MATCH_AHEAD behind it, where the text has as many. Internal to the files
 * names-*.c.
 */

#include "inspect/names-fold.h"
#include "inspect/names-table.h"

#define MATCH_WINDOW  (64 << 10)
#define MATCH_BEHIND  1024
#define MATCH_AHEAD   1024
#define MATCH_PAD     64 /* zero bytes around the window */
#define MATCH_PIECES  8
#define MATCH_LETTERS 64
#define MATCH_RECENT  32
#define MATCH_FOLDS   4096 /* a power of two */

enum word_flag {
	WORD_CAPITAL = 1 << 0, /* Amelia */
	WORD_CAPS = 1 << 1,    /* AMELIA */
	WORD_ODD = 1 << 2,     /* AmeIia, Ame1ia, or with letters of another script */
	WORD_PIECED = 1 << 3,  /* put together from pieces or spaced letters */
};

/* A word in normal form; plain and look have NAMES_HASH_PAD bytes behind them. */
struct word {
	uint64_t start, end;
	const char *plain, *look;
	size_t plain_size, look_size;
	unsigned flags;
};

struct mention {
	uint64_t start, end;
	const struct names_entry *entries;
	size_t count;
	uint32_t role; /* of all entries, or-ed */
	unsigned flags;
};

enum finding {
	FOUND_NOTHING = 0,
	FOUND_MAYBE, /* asks */
	FOUND_FIRST,
	FOUND_SURNAMES,
	FOUND_FULL,   /* from here on: refused */
	FOUND_UNSURE, /* memory ran out */
	FOUND_INITIAL,
	FOUND_ID,
	FOUND_BORN,
	FOUND_THREE,
	FOUND_TITLE,
};

struct piece {
	uint64_t start;
	size_t at; /* in the chain's text */
};

/* Pieces that may be one word. */
struct chain {
	char text[NAMES_WORD_MAX + NAMES_HASH_PAD];
	size_t size, count;
	struct piece piece[MATCH_PIECES];
	uint64_t end;
};

struct letters {
	char text[4 * MATCH_LETTERS + NAMES_HASH_PAD];
	uint64_t start[MATCH_LETTERS];
	size_t at[MATCH_LETTERS + 1];
	size_t count;
	uint64_t end;
};

/* What has been found so far; the bits of sure and likely are first names, those of surnames hashes of them.
 */
struct tally {
	enum finding found;
	bool childcare;
	uint64_t *sure, *likely, *surnames;
	size_t sure_count, likely_count, surname_count;
	struct fold *folds; /* MATCH_FOLDS; NULL: no letter beyond ASCII so far */
	struct fold spare;  /* in place of them when memory ran out */
};

struct names_match {
	const struct names *names;
	struct tally *tally; /* own, or that of the search whose look this one reads */
	bool title;
	bool reads_look; /* this is such a search itself */
	struct names_match
		*look;   /* reads lines with letters beyond ASCII as what they look like; NULL in there */
	uint64_t looked; /* up to this position lines were handed to it */
	uint64_t base;   /* position of the window's first byte */
	size_t used, at;
	uint64_t last_start, last_end; /* of the latest word */
	bool open_end;                 /* it ended with an invisible hyphen */
	size_t last_size;
	char last[NAMES_WORD_MAX +
		  NAMES_HASH_PAD]; /* a latest word that is not simply in the window; last_size 0 */
	struct chain chain;
	struct letters letters;
	struct mention recent[MATCH_RECENT];
	size_t mentions;
	size_t rescan;   /* index in the window from which to look again, 0: none */
	uint64_t turned; /* up to this position text that is shown backwards was turned round */
	size_t touched;  /* bytes of the window that were ever written */
	uint8_t memory[MATCH_PAD + MATCH_WINDOW + MATCH_PAD];
};

static inline const uint8_t *match_window(const struct names_match *match)
{
	return match->memory + MATCH_PAD;
}

/* The character at a position; a line break before the beginning, behind the end, and outside the window. */
static inline uint8_t match_char(const struct names_match *match, uint64_t position)
{
	return position >= match->base && position - match->base < match->used
		       ? match_window(match)[position - match->base]
		       : '\n';
}

static inline bool match_among(uint8_t c, const char *set)
{
	return c && strchr(set, c);
}

void match_found(struct names_match *match, enum finding found);

/* --- names-match.c --- */

/* With an empty window, which costs no memory before text is fed; NULL when there is none. */
struct names_match *match_begin(const struct names *names, struct tally *tally);

/* Wipes what was fed. NULL is taken. */
void match_wipe(struct names_match *match);

/* --- names-scan.c --- */

/* What is left in the window is searched. */
void match_finish(struct names_match *match);

/* --- names-wide.c --- */

/* As folder_fold(), remembered. */
const struct fold *match_fold(struct names_match *match, uint32_t code_point);

/* The run of the window's bytes from start to end holds bytes above 0x7f. */
void match_wide(struct names_match *match, size_t start, size_t end);

/* --- names-look.c --- */

/* The line around such a run, as the letters it looks like, is searched as well: whatever takes its
 * surroundings to be understood (initials, ids in groups, dates) is found there. */
void match_look(struct names_match *match, size_t start, size_t end);

/* What that search found is counted. */
void match_look_end(struct names_match *match);

/* --- names-spaced.c --- */

/* The latest word, for what follows to be joined to. plain NULL: it is ASCII, in the window. */
void match_remember(struct names_match *match, const struct word *word);

/* Bytes that may join two words: hyphens, full stops, ... */
extern const bool match_joiners[256];

/* The word that begins at position may be the rest of the latest one. */
bool match_is_joined(const struct names_match *match, uint64_t position);

/* The word follows the latest one with a joiner between. */
void match_join(struct names_match *match, const struct word *word);

/* A word of a single letter. */
void match_letter(struct names_match *match, const struct word *word);

/* What has been spelled so far is complete. */
void match_spelled(struct names_match *match);

/* Names anywhere inside a word whose characters begin at the given offsets (count + 1 of them). */
void match_inside(struct names_match *match, const struct word *word, const size_t *offsets, size_t count,
	size_t least);

/* --- names-number.c --- */

/* A run of letters and digits from start to end in text, which stands at position base of the document and
 * has NAMES_HASH_PAD bytes behind it. */
void match_number(
	struct names_match *match, const char *text, size_t size, size_t start, size_t end, uint64_t base);

/* --- names-mention.c --- */

/* Looks the word up and judges what it finds; true when it is in the register as it is written. */
bool match_word(struct names_match *match, const struct word *word);

/* An id or a date of birth was found. */
void match_record(struct names_match *match, uint64_t start, uint64_t end, const struct names_entry *entries,
	size_t count);

/* --- names-context.c --- */

struct gap {
	size_t words, lines; /* words: beside initials, particles, asides and labels of columns */
	bool named;          /* each word between could be part of a name, or labels a column */
	bool seen;           /* all of it could be looked at */
};

/* What stands between two words. */
void match_gap(const struct names_match *match, uint64_t from, uint64_t to, struct gap *ret_gap);

/* Alone in a cell or on a line. */
bool match_is_cell(const struct names_match *match, const struct word *word);

/* Where English would have a name: inside a sentence, not behind an article. month: the word is one as well.
 */
bool match_is_placed(const struct names_match *match, const struct word *word, bool month);

/* Followed by what must be a surname, as of somebody who is not in the register. */
bool match_is_stranger(const struct names_match *match, const struct word *word);

/* Part of a path, an address or an identifier. */
bool match_is_identifier(const struct names_match *match, const struct word *word);

/* Part of an e-mail address. */
bool match_is_address(const struct names_match *match, const struct word *word);

/* Initials before or behind the word, in lower case; returns how many (at most 4). */
size_t match_initials(const struct names_match *match, const struct word *word, char ret_initials[static 4]);
