/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * The parts of an image in order: zeros between them, cpio archives (newc) as they are or compressed. Inside
 * a compressed part there may again be several archives, but no further compression: so the kernel has it.
 */

#include "encryption/initramfs.h"

#include "base/unpack.h"
#include "encryption/initramfs-extent.h"

#include <string.h>
#include <sys/stat.h>

#define BUFFER        65536
#define UNPACKED_MAX  (4ULL << 30)
#define CPIO_HEADER   110
#define CPIO_NAME_MAX 4096

struct part {
	const struct initramfs_source *source;
	uint64_t at, end;
};

/* Bytes one after another, with a look ahead. */
struct stream {
	struct part part; /* for reading what is not compressed */
	ssize_t (*read)(void *data, void *buffer, size_t size);
	void *data;
	uint64_t position; /* of the next byte that is taken */
	size_t start, end;
	uint8_t buffer[BUFFER];
};

struct image {
	const struct initramfs_visitor *visitor;
	unsigned archives;
	uint64_t unpacked; /* all together */
};

static ssize_t read_part(void *data, void *buffer, size_t size)
{
	struct part *part = data;
	int r;

	if (size > part->end - part->at)
		size = part->end - part->at;
	r = size > 0 ? part->source->read(part->source->data, part->at, buffer, size) : 0;
	if (r < 0)
		return r;
	part->at += size;
	return (ssize_t)size;
}

static ssize_t read_unpacked(void *data, void *buffer, size_t size)
{
	return unpack_read(data, buffer, size);
}

/* How many of `size` bytes (at most BUFFER) are there, from buffer[start] on; fewer only at the end. */
static ssize_t ahead(struct stream *stream, size_t size)
{
	while (stream->end - stream->start < size) {
		ssize_t n;

		if (stream->start > 0) {
			memmove(stream->buffer, stream->buffer + stream->start, stream->end - stream->start);
			stream->end -= stream->start;
			stream->start = 0;
		}
		n = stream->read(stream->data, stream->buffer + stream->end, BUFFER - stream->end);
		if (n < 0)
			return n;
		if (n == 0)
			break;
		stream->end += (size_t)n;
	}
	return (ssize_t)(stream->end - stream->start < size ? stream->end - stream->start : size);
}

static void advance(struct stream *stream, size_t size)
{
	stream->start += size;
	stream->position += size;
}

/* Takes size bytes to where they belong, or nowhere. */
static int take(struct stream *stream, void *ret_bytes, uint64_t size)
{
	uint8_t *to = ret_bytes;

	while (size > 0) {
		ssize_t n = ahead(stream, size < BUFFER ? (size_t)size : BUFFER);

		if (n <= 0)
			return n < 0 ? (int)n : -EBADMSG;
		if (to) {
			memcpy(to, stream->buffer + stream->start, (size_t)n);
			to += n;
		}
		advance(stream, (size_t)n);
		size -= (uint64_t)n;
	}
	return 0;
}

static int skip_zeros(struct stream *stream)
{
	for (;;) {
		ssize_t n = ahead(stream, BUFFER);
		size_t zeros = 0;

		if (n <= 0)
			return (int)n;
		while (zeros < (size_t)n && stream->buffer[stream->start + zeros] == 0)
			zeros++;
		advance(stream, zeros);
		if (zeros < (size_t)n)
			return 0;
	}
}

/* --- cpio --- */

struct member {
	uint32_t mode, size, name_size;
};

static bool hex_field(const uint8_t *text, uint32_t *ret)
{
	uint32_t value = 0;

	for (int i = 0; i < 8; i++) {
		uint8_t c = text[i] | 0x20;

		if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f')))
			return false;
		value = value << 4 | (uint32_t)(c <= '9' ? c - '0' : c - 'a' + 10);
	}
	*ret = value;
	return true;
}

static bool is_cpio(const uint8_t *bytes)
{
	return memcmp(bytes, "070701", 6) == 0 || memcmp(bytes, "070702", 6) == 0;
}

static bool parse_member(const uint8_t *header, struct member *ret)
{
	return is_cpio(header) && hex_field(header + 14, &ret->mode) && hex_field(header + 54, &ret->size) &&
	       hex_field(header + 94, &ret->name_size) && ret->name_size > 0 &&
	       ret->name_size <= CPIO_NAME_MAX;
}

static const char *plain_name(const char *name)
{
	while (name[0] == '/' || (name[0] == '.' && name[1] == '/'))
		name++;
	return name;
}

static int take_file(struct image *image, struct stream *stream, const char *name, uint32_t size)
{
	const struct initramfs_visitor *visitor = image->visitor;
	_cleanup_free_ uint8_t *bytes = NULL;
	int r;

	if (!visitor->wanted(name, size, visitor->data))
		return take(stream, NULL, size);
	if (size > INITRAMFS_FILE_MAX)
		return -EFBIG;
	bytes = malloc(size + 1U);
	if (!bytes)
		return -ENOMEM;
	r = take(stream, bytes, size);
	if (r >= 0) {
		bytes[size] = 0;
		r = visitor->file(name, bytes, size, visitor->data);
	}
	explicit_bzero(bytes, size);
	return r;
}

/* 1 at the archive's end, 0 to go on. */
static int take_member(struct image *image, struct stream *stream, uint64_t archive)
{
	uint8_t header[CPIO_HEADER];
	char name[CPIO_NAME_MAX + 4];
	struct member member;
	int r = take(stream, header, sizeof header);

	if (r < 0)
		return r;
	if (!parse_member(header, &member))
		return -EBADMSG;
	r = take(stream, name, member.name_size);
	if (r < 0)
		return r;
	if (name[member.name_size - 1] != 0)
		return -EBADMSG;
	if (strcmp(name, "TRAILER!!!") == 0)
		return 1;
	r = take(stream, NULL, -(stream->position - archive) & 3);
	if (r >= 0)
		r = S_ISREG(member.mode) && member.size > 0
			    ? take_file(image, stream, plain_name(name), member.size)
			    : take(stream, NULL, member.size);
	return r != 0 ? r : take(stream, NULL, -(stream->position - archive) & 3);
}

static int take_archive(struct image *image, struct stream *stream)
{
	uint64_t archive = stream->position;
	int r;

	image->archives++;
	do {
		r = take_member(image, stream, archive);
		if (image->unpacked + stream->position > UNPACKED_MAX)
			return -EFBIG;
	} while (r == 0);
	return r < 0 ? r : 0;
}

/* All archives from here on; stops before what is none. */
static int take_archives(struct image *image, struct stream *stream, bool *ret_ended)
{
	for (;;) {
		ssize_t n;
		int r = skip_zeros(stream);

		if (r < 0)
			return r;
		n = ahead(stream, 6);
		if (n < 0)
			return (int)n;
		*ret_ended = n == 0;
		if (n < 6 || !is_cpio(stream->buffer + stream->start))
			return 0;
		r = take_archive(image, stream);
		if (r < 0)
			return r;
	}
}

/* --- parts --- */

static int take_compressed(struct image *image, struct stream *stream, const struct initramfs_source *source,
	uint64_t at, uint64_t *ret_next)
{
	struct part part = {source, at, extent_of_compressed(source, at)};
	_cleanup_(unpack_freep) struct unpack *unpack = NULL;
	bool ended = false;
	int r = unpack_new(read_part, &part, &unpack);

	if (r < 0)
		return r;
	stream->read = read_unpacked;
	stream->data = unpack;
	stream->position = stream->start = stream->end = 0;
	r = take_archives(image, stream, &ended);
	if (r < 0)
		return r;
	image->unpacked += stream->position;
	if (!ended || unpack_consumed(unpack) == 0)
		return -EBADMSG;
	*ret_next = part.end < source->size ? part.end : at + unpack_consumed(unpack);
	return 0;
}

static int take_plain(struct image *image, struct stream *stream, const struct initramfs_source *source,
	uint64_t at, uint64_t *ret_next, bool *ret_ended)
{
	int r;

	stream->part = (struct part){source, at, source->size};
	stream->read = read_part;
	stream->data = &stream->part;
	stream->position = stream->start = stream->end = 0;
	r = take_archives(image, stream, ret_ended);
	image->unpacked += stream->position;
	*ret_next = at + stream->position;
	return r;
}

static int take_image(struct image *image, const struct initramfs_source *source)
{
	_cleanup_free_ struct stream *stream = malloc(sizeof *stream);
	uint64_t at = 0;
	bool ended = false;
	int r;

	if (!stream)
		return -ENOMEM;
	for (;;) {
		r = take_plain(image, stream, source, at, &at, &ended);
		if (r < 0 || ended || at >= source->size)
			return r;
		r = take_compressed(image, stream, source, at, &at);
		if (r < 0)
			return r;
	}
}

/* What never showed an archive is no image; what did, is damaged. */
static int outcome(const struct image *image, int r)
{
	if ((r == -EBADMSG || r == 0) && image->archives == 0)
		return -ENOMSG;
	return r;
}

struct inner {
	const struct initramfs_source *outer;
	uint64_t offset;
};

static int read_inner(void *data, uint64_t offset, void *buffer, size_t size)
{
	const struct inner *inner = data;

	return inner->outer->read(inner->outer->data, inner->offset + offset, buffer, size);
}

struct unified {
	struct image image;
	const struct initramfs_source *source;
};

static int take_cmdline(struct unified *unified, const struct initramfs_source *section)
{
	const struct initramfs_visitor *visitor = unified->image.visitor;
	_cleanup_free_ char *text = NULL;
	int r;

	if (section->size > INITRAMFS_FILE_MAX ||
		!visitor->wanted(INITRAMFS_CMDLINE, section->size, visitor->data))
		return 0;
	text = malloc(section->size);
	if (!text)
		return -ENOMEM;
	r = section->read(section->data, 0, text, section->size);
	return r < 0 ? r : visitor->file(INITRAMFS_CMDLINE, text, section->size, visitor->data);
}

static int take_section(const char *name, uint64_t offset, uint64_t size, void *data)
{
	struct unified *unified = data;
	struct inner inner = {unified->source, offset};
	struct initramfs_source section = {read_inner, &inner, size};

	if (strcmp(name, "cmdline") == 0)
		return take_cmdline(unified, &section);
	return strcmp(name, "initrd") == 0 ? take_image(&unified->image, &section) : 0;
}

int initramfs_parse(const struct initramfs_source *source, const struct initramfs_visitor *visitor)
{
	struct unified unified = {.image = {.visitor = visitor}, .source = source};
	struct initramfs_source whole = *source;

	if (extent_is_pe(source))
		return outcome(&unified.image, extent_each_section(source, take_section, &unified));
	whole.size = extent_without_bootconfig(source);
	return outcome(&unified.image, take_image(&unified.image, &whole));
}
