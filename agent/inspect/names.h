/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * The register of children's names as the computer keeps it, and the search for those names in text.
 *
 * The register is a table of keyed hashes; children in it have numbers, never names. Nothing here writes,
 * logs or returns a name or a piece of the text that was searched: an answer is one of a few fixed sentences.
 * Pure: bytes in, verdict out; bounded memory however long the text is.
 *
 * What is found, worst first:
 *   REFUSE  a child's full name in any order; an initial with a rare surname; an id; a date of birth (or a
 * short id) near one of that child's names; three or more different first names, where those that are
 *           followed by a surname of somebody else count only in a text that speaks of a nursery; in a title
 *           (file, folder, label): one unambiguous first name
 *   ASK     one or two first names; three or more surnames; in a title: a word that is also a name
 *   PASS    nothing of that
 * English words that are names (Rose, Will, May) count only in a name's place: capitalised in mid-sentence,
 * beside a surname or a date of birth, alone in a cell of a table.
 */

#include "inspect/verdict.h"

#define NAMES_KEY_SIZE  32        /* bytes */
#define NAMES_TABLE_MAX (8 << 20) /* bytes; more is -EFBIG */
#define NAMES_TITLE_MAX 4096 /* bytes of a title that are judged as one; behind them it is read like text */

struct names;
struct names_match;

/*
 * Opens a table. Nothing is borrowed from bytes or key. -EBADMSG: damaged, or not made with this key (it is
 * never taken for an empty one); -EPROTONOSUPPORT: made by a later version; -EFBIG; -ENOMEM.
 */
int names_parse(
	const void *bytes, size_t size, const uint8_t key[static NAMES_KEY_SIZE], struct names **ret_names);

/* A register without children, for a computer on which none was imported: everything passes. */
int names_empty(struct names **ret_names);

struct names *names_free(struct names *names);
DEFINE_CLEANUP(struct names, names_free);

/* How many children there are. */
uint32_t names_children(const struct names *names);

/* A search through one document; names is borrowed and may be shared by any number of searches. */
int names_match_new(const struct names *names, struct names_match **ret_match);
struct names_match *names_match_free(struct names_match *match);
DEFINE_CLEANUP(struct names_match, names_match_free);

/* More of the text, cut anywhere, also inside a character. Bytes that are no UTF-8 are read as Windows-1252.
 * Cells of a table, paragraphs and pages should be divided by tabs or line breaks. Returns true once the
 * verdict is REFUSE: the rest need not be read. */
bool names_match_feed(struct names_match *match, const char *utf8, size_t size);

/* The end of the text, and the answer (with an empty sentence when it passes). May be called once; feed
 * nothing afterwards. */
void names_match_end(struct names_match *match, struct inspect_answer *ret_answer);

/* The name of a file, folder, volume or archive member, a title or an author in metadata. */
int names_match_title(
	const struct names *names, const char *utf8, size_t size, struct inspect_answer *ret_answer);
