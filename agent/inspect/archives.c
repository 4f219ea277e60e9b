/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * 7-Zip archives and compressed streams, by libarchive's wrapper, and tar archives by our own reading.
 * Whatever is not accounted for (bytes behind the end, kinds of members that are not known) is refused.
 */

#include "base/number.h"
#include "base/unpack.h"
#include "inspect/buffer.h"
#include "inspect/inspection.h"
#include "inspect/tarball.h"

#include <string.h>

#define PIECE           65536
#define SEVENZIP_HEADER 32

static int refuse_damaged(struct inspection *in)
{
	return inspection_unreadable(in,
		"There is a packed file that is damaged, has a password, or holds more than it "
		"shows. Copy the files themselves.");
}

static int refuse_large(struct inspection *in)
{
	return inspection_unreadable(
		in, "There is too much in this file to be looked through. Copy its parts one by one.");
}

/* All that comes out, into memory. */
static int drain(struct inspection *in, struct unpack *unpack, struct buffer *out)
{
	out->max = inspection_room(in);
	for (;;) {
		char piece[PIECE];
		ssize_t n = unpack_read(unpack, piece, sizeof piece);

		if (n == 0)
			return out->error == -EFBIG ? refuse_large(in) : out->error;
		if (n < 0)
			return n == -ENOMEM ? -ENOMEM : refuse_damaged(in);
		buffer_add(out, piece, (size_t)n);
		if (out->error)
			return out->error == -EFBIG ? refuse_large(in) : out->error;
	}
}

/* --- one compressed stream --- */

struct bytes {
	const uint8_t *at;
	size_t left;
};

static ssize_t give(void *data, void *buffer, size_t size)
{
	struct bytes *bytes = data;
	size_t n = size < bytes->left ? size : bytes->left;

	memcpy(buffer, bytes->at, n);
	bytes->at += n;
	bytes->left -= n;
	return (ssize_t)n;
}

/* A gzip file has a place for the name it had, and one for a remark. */
static int read_gzip_texts(struct inspection *in, const struct part *part)
{
	const char *at = (const char *)part->bytes + 10, *end = (const char *)part->bytes + part->size;
	uint8_t flags;
	int r = 0;

	if (part->size < 18 || part->bytes[0] != 0x1f || part->bytes[1] != 0x8b)
		return 0;
	flags = part->bytes[3];
	if (flags & 0xe4) /* more fields, or such that nobody uses */
		return refuse_damaged(in);
	for (unsigned flag = 8; r == 0 && flag <= 16; flag <<= 1)
		if (flags & flag) {
			size_t length = strnlen(at, (size_t)(end - at));

			r = inspection_title(in, at, length);
			at += length < (size_t)(end - at) ? length + 1 : length;
		}
	return r;
}

int stream_read(struct inspection *in, const struct part *part)
{
	_cleanup_(unpack_freep) struct unpack *unpack = NULL;
	_cleanup_buffer_ struct buffer out = {0};
	struct bytes source = {part->bytes, part->size};
	struct part inner = {.role = PART_FILE};
	int r = read_gzip_texts(in, part);

	if (r != 0)
		return r;
	r = unpack_new(give, &source, &unpack);
	if (r < 0)
		return r == -ENOMEM ? r : refuse_damaged(in);
	r = drain(in, unpack, &out);
	if (r != 0)
		return r;
	if (source.left > 0 || unpack_consumed(unpack) != part->size)
		return refuse_damaged(in);
	inner.bytes = (const uint8_t *)out.bytes;
	inner.size = out.size;
	return inspection_member(in, &inner, part->size);
}

/* --- 7-Zip --- */

/* Its table is the last thing in it. */
static bool sevenzip_whole(const struct part *part)
{
	const uint8_t *b = part->bytes;
	uint64_t offset, size;

	if (part->size < SEVENZIP_HEADER)
		return false;
	offset = load_le64(b + 12);
	size = load_le64(b + 20);
	return offset <= part->size && size <= part->size && SEVENZIP_HEADER + offset + size == part->size;
}

static int read_sevenzip_member(
	struct inspection *in, struct unpack *unpack, const struct unpack_member *member, uint64_t packed)
{
	_cleanup_buffer_ struct buffer out = {0};
	struct part part = {.role = PART_FILE};
	int r = inspection_title(in, member->path, strlen(member->path));

	if (r == 0)
		r = inspection_title(in, member->link, strlen(member->link));
	if (r != 0 || member->directory)
		return r;
	if (member->encrypted)
		return inspection_kind(in,
			(struct kind){.family = KIND_ENCRYPTED, .name = "a 7-Zip archive with a password"});
	r = drain(in, unpack, &out);
	if (r != 0)
		return r;
	part.bytes = (const uint8_t *)out.bytes;
	part.size = out.size;
	return inspection_member(in, &part, packed);
}

int sevenzip_read(struct inspection *in, const struct part *part)
{
	_cleanup_(unpack_freep) struct unpack *unpack = NULL;
	struct unpack_member member;
	int r;

	if (!sevenzip_whole(part))
		return refuse_damaged(in);
	r = unpack_new_archive(part->bytes, part->size, &unpack);
	if (r < 0)
		return r == -ENOMEM ? r : refuse_damaged(in);
	while ((r = unpack_next(unpack, &member)) > 0) {
		if (++in->parts > in->limits->parts)
			return refuse_large(in);
		r = read_sevenzip_member(in, unpack, &member, part->size);
		if (r != 0)
			return r;
	}
	return r < 0 ? refuse_damaged(in) : 0;
}

/* --- tar --- */

static int read_tar_member(struct inspection *in, const struct tarball_member *member)
{
	const struct part part = {member->bytes, member->size, PART_FILE};
	int r = inspection_title(in, member->name, member->name_length);

	if (r == 0)
		r = inspection_title(in, member->folder, member->folder_length);
	if (r == 0)
		r = inspection_title(in, member->link, member->link_length);
	/* Owners are members of staff, as a rule. */
	if (r == 0)
		r = inspection_text(in, member->user, member->user_length);
	if (r == 0)
		r = inspection_text(in, member->group, member->group_length);
	return r == 0 ? inspection_member(in, &part, member->size) : r;
}

int tarball_read(struct inspection *in, const struct part *part)
{
	struct tarball tarball = {.bytes = part->bytes, .size = part->size};
	struct tarball_member member;
	int r;

	while ((r = tarball_next(&tarball, &member)) == TARBALL_MEMBER) {
		r = read_tar_member(in, &member);
		if (r != 0)
			return r;
	}
	return r == TARBALL_END ? 0 : refuse_damaged(in);
}
