/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * Members of ZIP files, and of the office documents and books that are ZIP files. An office document gets no
 * trust for being one: each member must be of a kind that is understood, save two that office programs put
 * into every document.
 */

#include "base/inflate.h"
#include "inspect/charset.h"
#include "inspect/inspection.h"
#include "inspect/sheet.h"
#include "inspect/zip.h"

#include <string.h>

#define MANIFEST "META-INF/manifest.xml"

struct unpacked {
	struct inflated inflated; /* owned, if it was deflated */
	const uint8_t *bytes;
	size_t size;
};

static void unpacked_clear(struct unpacked *u)
{
	inflated_clear(&u->inflated);
}

static int refuse_outcome(struct inspection *in, int outcome)
{
	switch (outcome) {
	case ZIP_ENCRYPTED:
		return inspection_kind(
			in, (struct kind){.family = KIND_ENCRYPTED, .name = "a ZIP file with a password"});
	case ZIP_UNKNOWN:
		return inspection_unreadable(in,
			"There is a ZIP file that is packed in an unusual way. Pack it again as a "
			"plain ZIP file, or copy the files themselves.");
	case ZIP_TOO_MANY:
		return inspection_unreadable(in, "There are too many parts in this file to look through all. "
						 "Copy them in smaller lots.");
	case ZIP_DAMAGED:
		return inspection_unreadable(in,
			"There is a ZIP file that is damaged or holds more than it shows. Pack it "
			"again, or copy the files themselves.");
	default:
		return outcome;
	}
}

static int unpack(struct inspection *in, const struct zip_member *member, struct unpacked *ret)
{
	int r = 0;

	*ret = (struct unpacked){.bytes = member->packed, .size = member->size};
	if (member->size > inspection_room(in))
		return inspection_unreadable(in,
			"There is too much in this file to be looked through. Copy its parts one by one.");
	if (member->deflated) {
		r = inflate_bytes(member->packed, member->packed_size, true, member->size, &ret->inflated);
		if (r < 0)
			return r;
		if (r != INFLATE_OK || ret->inflated.size != member->size ||
			ret->inflated.consumed != member->packed_size)
			return refuse_outcome(in, ZIP_DAMAGED);
		ret->bytes = ret->inflated.bytes;
	}
	if (member->size > 0 && inflate_crc32(ret->bytes, ret->size) != member->crc)
		return refuse_outcome(in, ZIP_DAMAGED);
	return 0;
}

/* --- office documents --- */

static bool name_is(const struct zip_member *member, const char *name)
{
	return strlen(name) == member->name_length && memcmp(name, member->name, member->name_length) == 0;
}

static bool name_like(const struct zip_member *member, const char *beginning, const char *end)
{
	size_t before = strlen(beginning), after = strlen(end);

	return member->name_length >= before + after && memcmp(member->name, beginning, before) == 0 &&
	       memcmp(member->name + member->name_length - after, end, after) == 0;
}

/* The page preview is a JPEG picture in one family of office documents and a PNG picture in the other. */
static enum part_role preview_role(const struct unpacked *u, enum kind_family family)
{
	return kind_of(u->bytes, u->size).family == family ? PART_PREVIEW : PART_FILE;
}

static enum part_role office_role(const struct zip_member *member, const struct unpacked *u)
{
	if (name_is(member, "docProps/thumbnail.jpeg"))
		return preview_role(u, KIND_IMAGE);
	if (name_like(member, "xl/printerSettings/", ".bin") ||
		name_like(member, "word/printerSettings", ".bin") ||
		name_like(member, "ppt/printerSettings/", ".bin"))
		return PART_SETTINGS;
	return PART_FILE;
}

static enum part_role open_document_role(const struct zip_member *member, const struct unpacked *u)
{
	if (name_is(member, "Thumbnails/thumbnail.png"))
		return preview_role(u, KIND_ICON_FORMAT);
	return name_is(member, "layout-cache") ? PART_SETTINGS : PART_FILE;
}

static enum part_role role_of(
	const struct zip *zip, const struct zip_member *member, const struct unpacked *u)
{
	if (zip_find(zip, "[Content_Types].xml"))
		return office_role(member, u);
	return zip_find(zip, "mimetype") ? open_document_role(member, u) : PART_FILE;
}

/* In UTF-8, whatever it was written in. */
static int unpack_xml(struct inspection *in, const struct zip_member *member, struct buffer *out)
{
	_cleanup_(unpacked_clear) struct unpacked u = {0};
	enum charset charset;
	size_t mark = 0;
	int r = unpack(in, member, &u);

	if (r != 0)
		return r;
	out->max = 4 * u.size + 1;
	charset = charset_of(u.bytes, u.size, &mark);
	charset_decode(charset, u.bytes + mark, u.size - mark, out);
	return out->error;
}

static int read_rows(
	struct inspection *in, const struct zip_member *member, const struct sheet_strings *strings)
{
	_cleanup_buffer_ struct buffer xml = {0}, rows = {.max = inspection_room(in)};
	int r = unpack_xml(in, member, &xml);

	if (r != 0)
		return r;
	sheet_rows(xml.bytes, xml.size, strings, &rows);
	return rows.error ? rows.error : inspection_text(in, rows.bytes, rows.size);
}

static int read_workbook(struct inspection *in, const struct zip *zip)
{
	const struct zip_member *shared = zip_find(zip, "xl/sharedStrings.xml");
	_cleanup_(sheet_strings_clear) struct sheet_strings strings = {0};
	_cleanup_buffer_ struct buffer xml = {0};
	int r = shared ? unpack_xml(in, shared, &xml) : 0;

	if (r != 0)
		return r;
	sheet_strings_read(xml.bytes ? xml.bytes : "", xml.size, &strings);
	r = strings.text.error ? strings.text.error : strings.starts.error;
	for (size_t i = 0; r == 0 && i < zip->count; i++)
		if (name_like(&zip->members[i], "xl/worksheets/", ".xml"))
			r = read_rows(in, &zip->members[i], &strings);
	return r;
}

/* --- members --- */

static int read_member(struct inspection *in, const struct zip *zip, const struct zip_member *member)
{
	_cleanup_(unpacked_clear) struct unpacked u = {0};
	struct part part;
	int r = inspection_title(in, member->name, member->name_length);

	if (r == 0)
		r = inspection_title(in, member->comment, member->comment_length);
	if (r != 0 || member->directory)
		return r;
	r = unpack(in, member, &u);
	if (r != 0)
		return r;
	if (name_is(member, MANIFEST) && memmem(u.bytes, u.size, "encryption-data", 15))
		return inspection_kind(
			in, (struct kind){.family = KIND_ENCRYPTED, .name = "a document with a password"});
	part = (struct part){u.bytes, u.size, role_of(zip, member, &u)};
	return inspection_member(in, &part, member->packed_size);
}

/* The manifest first, so that a document with a password is called that. */
static int read_members(struct inspection *in, const struct zip *zip)
{
	const struct zip_member *manifest = zip_find(zip, MANIFEST);
	int r = manifest ? read_member(in, zip, manifest) : 0;

	for (size_t i = 0; r == 0 && i < zip->count; i++)
		if (!name_is(&zip->members[i], MANIFEST))
			r = read_member(in, zip, &zip->members[i]);
	if (r == 0 && zip_find(zip, "[Content_Types].xml"))
		r = read_workbook(in, zip);
	return r;
}

int zip_read(struct inspection *in, const struct part *part)
{
	struct zip zip;
	int r = zip_parse(part->bytes, part->size, in->limits->parts, &zip);

	if (r != ZIP_OK)
		r = refuse_outcome(in, r);
	else
		r = inspection_title(in, zip.comment, zip.comment_length);
	if (r == 0)
		r = read_members(in, &zip);
	zip_clear(&zip);
	return r;
}
