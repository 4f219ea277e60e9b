/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Which reader gets which bytes, and what is refused outright. See inspection.h. */

#include "inspect/inspection.h"

#include "inspect/charset.h"
#include "inspect/picture.h"
#include "inspect/search.h"

#define RATIO_FROM   (1 << 20) /* bytes; smaller parts may be packed as tightly as they like */
#define CERTAIN      3         /* bytes of a signature that are no chance among decoded letters */
#define TITLE_MAX    4096
#define SMALL_STREAM 64
#define TEXT_HEAD    1024

/* --- saying --- */

int inspection_unreadable(struct inspection *in, const char *sentence)
{
	inspect_answer_worsen(in->answer, INSPECT_REFUSE, INSPECT_UNREADABLE, sentence);
	return INSPECTION_STOP;
}

int inspection_kind(struct inspection *in, struct kind kind)
{
	kind_refuse(kind, in->depth > 0 || in->decoded > 0, in->answer);
	return INSPECTION_STOP;
}

/* Whoever is refused for names gets its sentence at the end, when all of them were counted. */
int inspection_text_piece(struct inspection *in, const char *utf8, size_t size)
{
	return in->search && search_feed(in->search, utf8, size) ? INSPECTION_STOP : 0;
}

int inspection_text(struct inspection *in, const char *utf8, size_t size)
{
	int r = inspection_text_piece(in, utf8, size);

	return r == 0 ? inspection_text_piece(in, "\n\n", 2) : r;
}

int inspection_title(struct inspection *in, const char *bytes, size_t size)
{
	_cleanup_buffer_ struct buffer utf8 = {.max = 4 * TITLE_MAX};
	struct inspect_answer answer = {0};
	int r;

	if (!in->names || size == 0)
		return 0;
	charset_decode(CHARSET_EIGHT_BIT, bytes, size < TITLE_MAX ? size : TITLE_MAX, &utf8);
	if (utf8.error)
		return utf8.error;
	r = names_match_title(in->names, utf8.bytes, utf8.size, &answer);
	if (r < 0)
		return r;
	inspect_answer_worsen(in->answer, answer.verdict, answer.cause, answer.sentence);
	if (in->answer->verdict == INSPECT_REFUSE)
		return INSPECTION_STOP;
	return inspection_text(in, utf8.bytes, utf8.size);
}

/* --- limits --- */

size_t inspection_room(const struct inspection *in)
{
	uint64_t left = in->limits->unpacked_bytes - in->unpacked;

	return (size_t)(left < in->limits->part_bytes ? left : in->limits->part_bytes);
}

int inspection_member(struct inspection *in, const struct part *part, uint64_t packed)
{
	int r;

	if (in->depth >= in->limits->depth)
		return inspection_unreadable(in,
			"It is packed into too many layers to be looked through. Unpack it "
			"first and copy the files themselves.");
	if (part->size > in->limits->unpacked_bytes - in->unpacked)
		return inspection_unreadable(in,
			"There is too much in this file to be looked through. Copy its parts one by one.");
	if (part->size > RATIO_FROM && packed < part->size / in->limits->ratio)
		return inspection_unreadable(in,
			"What is in this file unpacks to far more than any document. It is "
			"not opened.");
	in->unpacked += part->size;
	in->depth++;
	r = inspection_part(in, part);
	in->depth--;
	return r;
}

/* --- pictures --- */

static bool within(const struct part *part, uint32_t side, uint32_t most)
{
	struct picture picture;

	return part->size <= most && picture_size(part->bytes, part->size, &picture) == 0 &&
	       picture.width <= side && picture.height <= side && picture_whole(part->bytes, part->size);
}

int inspection_icon(struct inspection *in)
{
	if (++in->icons <= in->limits->icons)
		return 0;
	return inspection_kind(in, (struct kind){.family = KIND_IMAGE, .name = "a large number of pictures"});
}

/* Texts in a picture file are text. */
static int read_picture_texts(struct inspection *in, const struct part *part)
{
	_cleanup_buffer_ struct buffer utf8 = {.max = 4 << 20}, bytes = {.max = 1 << 20};

	picture_texts(part->bytes, part->size, &bytes);
	charset_decode(CHARSET_EIGHT_BIT, bytes.bytes, bytes.size, &utf8);
	if (bytes.error)
		return bytes.error;
	return utf8.error ? utf8.error : inspection_text(in, utf8.bytes, utf8.size);
}

static int read_picture(struct inspection *in, const struct part *part, struct kind kind)
{
	const struct inspect_limits *l = in->limits;
	bool small = kind.family == KIND_ICON_FORMAT && within(part, l->icon_side, l->icon_bytes);
	int r;

	if (!small && part->role == PART_PREVIEW)
		small = within(part, l->preview_side, l->preview_bytes);
	if (!small)
		return inspection_kind(in, kind);
	r = inspection_icon(in);
	return r == 0 ? read_picture_texts(in, part) : r;
}

/* --- parts --- */

/* Kinds that are texts, so that a text may be of them. */
static bool is_text_kind(struct kind kind)
{
	return kind.family == KIND_RTF || kind.family == KIND_POSTSCRIPT || kind.family == KIND_ENCRYPTED ||
	       (kind.family == KIND_IMAGE && kind.text);
}

/* The whole file is for a program that has the readers. */
static int leave(struct inspection *in)
{
	in->elsewhere = true;
	return INSPECTION_STOP;
}

static int read_as(struct inspection *in, const struct part *part, struct kind kind, bool is_text)
{
	const struct inspect_readers *readers = in->readers;

	switch (kind.family) {
	case KIND_ZIP:
		return readers ? readers->zip(in, part) : leave(in);
	case KIND_PDF:
		return readers ? readers->pdf(in, part, is_text) : leave(in);
	case KIND_TAR:
		return readers ? readers->tarball(in, part) : leave(in);
	case KIND_SEVENZIP:
		return readers ? readers->sevenzip(in, part) : leave(in);
	case KIND_STREAM:
		return readers ? readers->stream(in, part) : leave(in);
	case KIND_ICON_FORMAT:
	case KIND_IMAGE:
		return read_picture(in, part, kind);
	case KIND_RTF:
		return is_text ? 0 : inspection_kind(in, kind);
	case KIND_FILM:
	case KIND_AUDIO:
	case KIND_ARCHIVE:
	case KIND_OLDOFFICE:
	case KIND_DISK:
	case KIND_ENCRYPTED:
	case KIND_PROGRAM:
	case KIND_DATABASE:
	case KIND_FONT:
	case KIND_POSTSCRIPT:
	case KIND_UNKNOWN:
		return inspection_kind(in, kind);
	}
	return inspection_kind(in, kind);
}

/* A reader of tar and ZIP archives answers for every byte, whatever it looks like from another end. */
static bool accounts_for_all(struct kind kind)
{
	return kind.family == KIND_TAR || kind.family == KIND_ZIP;
}

static int read_others(struct inspection *in, const struct part *part, struct kind first, bool is_text)
{
	struct kind others[KIND_OTHERS_MAX];
	/* Of a text only its beginning can say more. */
	size_t look = is_text && part->size > TEXT_HEAD ? TEXT_HEAD : part->size;
	size_t count = accounts_for_all(first) ? 0 : kind_others(part->bytes, look, others);
	int r = 0;

	for (size_t i = 0; r == 0 && i < count; i++)
		if (!is_text || others[i].family == KIND_PDF || is_text_kind(others[i]))
			r = read_as(in, part, others[i], is_text);
	return r;
}

static int read_file(struct inspection *in, const struct part *part)
{
	struct kind kind = kind_of(part->bytes, part->size);
	bool is_text = false;
	int r = text_read(in, part, &is_text);

	if (r != 0)
		return r;
	if (!is_text || kind.family == KIND_PDF || is_text_kind(kind))
		r = read_as(in, part, kind, is_text);
	return r == 0 ? read_others(in, part, kind, is_text) : r;
}

/* Chance makes short pieces of letters look like anything; pieces that are read must say what they are. */
static int read_encoded(struct inspection *in, const struct part *part)
{
	struct kind kind = kind_of(part->bytes, part->size);
	bool is_text = false;

	if (kind.family != KIND_UNKNOWN && kind.certain >= CERTAIN)
		return kind.family == KIND_FONT ? 0 : read_file(in, part);
	return text_read(in, part, &is_text);
}

static int read_settings(struct inspection *in, const struct part *part)
{
	_cleanup_buffer_ struct buffer utf8 = {.max = 1 << 20};
	struct kind kind = kind_of(part->bytes, part->size);
	bool is_text = false;
	int r = text_read(in, part, &is_text);

	if (r != 0 || is_text)
		return r;
	if (kind.family != KIND_UNKNOWN || part->size > in->limits->preview_bytes)
		return inspection_kind(in, kind);
	/* Both as bytes and as wide characters with their zeros left out. */
	for (size_t i = 0; i < part->size; i++) {
		bool shown = part->bytes[i] >= ' ' && part->bytes[i] < 0x7f;

		if (shown)
			buffer_add_char(&utf8, (char)part->bytes[i]);
		else if (part->bytes[i] != 0 || i == 0 || part->bytes[i - 1] == 0)
			buffer_divide(&utf8, '\n');
	}
	return utf8.error ? utf8.error : inspection_text(in, utf8.bytes, utf8.size);
}

static int read_stream(struct inspection *in, const struct part *part)
{
	struct kind kind = kind_of(part->bytes, part->size);

	if (part->size < SMALL_STREAM || kind.certain < CERTAIN)
		return 0;
	switch (kind.family) {
	case KIND_IMAGE:
	case KIND_ICON_FORMAT:
	case KIND_FILM:
	case KIND_AUDIO:
	case KIND_ZIP:
	case KIND_PDF:
	case KIND_RTF:
	case KIND_TAR:
	case KIND_SEVENZIP:
	case KIND_STREAM:
	case KIND_ARCHIVE:
	case KIND_OLDOFFICE:
	case KIND_DISK:
	case KIND_ENCRYPTED:
	case KIND_DATABASE:
		return read_as(in, part, kind, false);
	case KIND_UNKNOWN:
	case KIND_PROGRAM:
	case KIND_FONT:
	case KIND_POSTSCRIPT:
		return 0;
	}
	return 0;
}

int inspection_part(struct inspection *in, const struct part *part)
{
	if (part->size == 0)
		return 0;
	if (++in->parts > in->limits->parts)
		return inspection_unreadable(in, "There are too many parts in this file to look through all. "
						 "Copy them in smaller lots.");
	switch (part->role) {
	case PART_FILE:
	case PART_PREVIEW:
		return read_file(in, part);
	case PART_ENCODED:
		return read_encoded(in, part);
	case PART_SETTINGS:
		return read_settings(in, part);
	case PART_STREAM:
		return read_stream(in, part);
	}
	return -EINVAL;
}
