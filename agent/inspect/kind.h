/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * What bytes are, by what they say themselves; a file's name decides nothing. Pure: no system call, no
 * allocation.
 *
 * Pictures are recognised, never decoded. Bytes may be several things at once (a ZIP file behind a picture):
 * kind_of() gives what they are from their beginning, kind_others() what else they may be read as, and
 * whoever judges them judges each. Bytes that are nothing known here are KIND_UNKNOWN, or text, which
 * inspect/text.h decides.
 */

#include "inspect/limits.h"
#include "inspect/verdict.h"

enum kind_family {
	KIND_UNKNOWN = 0,
	KIND_IMAGE,
	KIND_ICON_FORMAT, /* PNG, GIF, BMP, ICO: pictures unless they are small, see picture.h */
	KIND_FILM,
	KIND_AUDIO,
	KIND_ZIP,
	KIND_PDF,
	KIND_RTF,
	KIND_TAR,
	KIND_SEVENZIP,
	KIND_STREAM,    /* one compressed stream: gzip, bzip2, xz, zstd, lz4, lzma, compress */
	KIND_ARCHIVE,   /* archives that are not opened: RAR, CAB, LHA, ... */
	KIND_OLDOFFICE, /* compound files: .doc, .xls, .ppt, .msg, encrypted .docx, thumbnail caches */
	KIND_DISK,      /* disk images and file systems */
	KIND_ENCRYPTED,
	KIND_PROGRAM,
	KIND_DATABASE,
	KIND_FONT,
	KIND_POSTSCRIPT,
};

struct kind {
	enum kind_family family;
	uint8_t certain;  /* bytes that said so: two may be chance */
	bool text;        /* a picture in a format that is text */
	const char *name; /* "a JPEG picture"; NULL for KIND_UNKNOWN */
};

struct kind kind_of(const void *bytes, size_t size);

#define KIND_OTHERS_MAX 8

/* Other readings than kind_of()'s, at most KIND_OTHERS_MAX of them, in no order: what begins further inside,
 * or has its table at the end. size is of the whole file. Returns how many. */
size_t kind_others(const void *bytes, size_t size, struct kind ret_others[static KIND_OTHERS_MAX]);

/* From a file's first bytes, before it is whole: 1 when it is a photo, film or recording whatever follows,
 * with the answer; 0 when the whole file is needed. A few hundred bytes are enough for nearly all kinds. */
int kind_early(const void *bytes, size_t size, struct inspect_answer *ret);

/* The same with another rule for icons. */
int kind_early_limits(
	const void *bytes, size_t size, const struct inspect_limits *limits, struct inspect_answer *ret);

/* The answer for a kind that is refused because of what it is: IMAGE, FILM, AUDIO; or UNREADABLE with what to
 * do instead. inside: it lies in the file, it is not all of it. */
void kind_refuse(struct kind kind, bool inside, struct inspect_answer *answer);
