/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * The search for names through all texts of one file. What is fed is searched at once; a file with much text
 * has it searched by a thread beside the one that reads, if there is one: nearly half of the time that a
 * large document takes is the search. The order is that of feeding in either case, and so is what is found.
 *
 * One file each, and fed by one thread.
 */

#include "inspect/names.h"

struct search;

/* names is borrowed. */
int search_new(const struct names *names, struct search **ret_search);

/* The thread for it, which waits until there is enough. Returns when confine was run in it; when that fails
 * the process ends: nothing unconfined is beside a text. Negative errno when there is no thread, which is not
 * needed. */
int search_beside(struct search *search, int (*confine)(void *data), void *data);

/* As names_match_feed(), of what was searched so far: true once the verdict is REFUSE. */
bool search_feed(struct search *search, const char *utf8, size_t size);

/* Waits for the thread; may be called once. True when what was fed was refused as it came, the end of the
 * text left aside: had all been searched at once, nothing would have been read behind it. */
bool search_end(struct search *search, struct inspect_answer *ret_answer);

struct search *search_free(struct search *search);
DEFINE_CLEANUP(struct search, search_free);
