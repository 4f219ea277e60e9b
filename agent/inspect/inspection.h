/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * One file being looked into: what all readers of formats share. Each reader gets bytes, hands on what it
 * finds in them (parts, text, titles), and says what it cannot read; it never decides that something is fine.
 *
 * Every function that returns int gives 0 to go on, INSPECTION_STOP when the answer is REFUSE and nothing can
 * make it worse, or a negative errno when looking itself failed, which ends in a refusal as well.
 */

#include "inspect/kind.h"
#include "inspect/names.h"

#define INSPECTION_STOP 1

enum part_role {
	PART_FILE = 0, /* must be of a kind that is understood */
	PART_ENCODED,  /* was found written down in a text: small pieces of no kind are chance */
	PART_PREVIEW,  /* where office programs put the picture of the first page */
	PART_SETTINGS, /* where office programs put bytes for a printer or a layout */
	PART_STREAM, /* inside a document that is read otherwise: only pictures and the like are looked for */
};

struct part {
	const uint8_t *bytes; /* borrowed */
	size_t size;
	enum part_role role;
};

struct inspection;

/* Of what is not text. A program without them cannot answer for such files. */
struct inspect_readers {
	int (*zip)(struct inspection *in, const struct part *part);
	int (*pdf)(struct inspection *in, const struct part *part, bool tentative);
	int (*tarball)(struct inspection *in, const struct part *part);
	int (*sevenzip)(struct inspection *in, const struct part *part);
	int (*stream)(struct inspection *in, const struct part *part);
};

struct inspection {
	const struct inspect_readers *readers; /* NULL: none */
	const struct inspect_limits *limits;
	const struct names *names;
	struct search *search; /* NULL: there are no names */
	struct inspect_answer *answer;
	uint32_t depth;   /* of the part that is being read */
	uint32_t parts;   /* so far */
	uint32_t icons;   /* small pictures so far */
	uint32_t decoded; /* encodings undone around it */
	uint64_t unpacked;
	bool elsewhere; /* a reader that this program does not have is needed */
};

/* Judges a part by all that it may be. */
int inspection_part(struct inspection *in, const struct part *part);

/* The same, a level deeper, if there may be one more: a member of an archive, an attachment. packed: the
 * bytes that it took there. */
int inspection_member(struct inspection *in, const struct part *part, uint64_t packed);

/* Before unpacking: how many bytes the next part may have at most. */
size_t inspection_room(const struct inspection *in);

/* Text for the search for names, as UTF-8, and the end of a paragraph. */
int inspection_text(struct inspection *in, const char *utf8, size_t size);

/* The same without the end: the paragraph goes on with what comes next. */
int inspection_text_piece(struct inspection *in, const char *utf8, size_t size);

/* The name of a file, folder or attachment, or a title, in bytes of whatever charset. */
int inspection_title(struct inspection *in, const char *bytes, size_t size);

/* Refusals; always INSPECTION_STOP. The sentence is whole and names no file. */
int inspection_unreadable(struct inspection *in, const char *sentence);
int inspection_kind(struct inspection *in, struct kind kind);

/* Counts a small picture that may pass; too many of them are a large one. */
int inspection_icon(struct inspection *in);

/* --- readers, each for bytes of that kind --- */

int text_read(struct inspection *in, const struct part *part, bool *ret_is_text);
int zip_read(struct inspection *in, const struct part *part);
int tarball_read(struct inspection *in, const struct part *part);
int sevenzip_read(struct inspection *in, const struct part *part);
int stream_read(struct inspection *in, const struct part *part);

/* tentative: it is text as well; bytes that turn out to be no PDF document are not refused then. */
int pdf_read(struct inspection *in, const struct part *part, bool tentative);
