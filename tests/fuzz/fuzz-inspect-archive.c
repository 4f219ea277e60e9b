/* SPDX-License-Identifier: GPL-3.0-or-later */

/* ZIP and tar: an archive is refused, or its members lie inside it and do not overlap. */

#include "base/inflate.h"
#include "inspect/tarball.h"
#include "inspect/zip.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool inside(const uint8_t *data, size_t size, const void *at, size_t length)
{
	const uint8_t *b = at;

	return b >= data && b <= data + size && length <= size - (size_t)(b - data);
}

static void check_member(const uint8_t *data, size_t size, const struct zip_member *member)
{
	struct inflated inflated;

	if (!inside(data, size, member->packed, member->packed_size) ||
		!inside(data, size, member->name, member->name_length) ||
		!inside(data, size, member->comment, member->comment_length))
		abort();
	if (member->deflated &&
		inflate_bytes(member->packed, member->packed_size, true, 1 << 16, &inflated) == INFLATE_OK)
		if (inflated.consumed > member->packed_size || inflated.size > 1 << 16)
			abort();
	if (member->deflated)
		inflated_clear(&inflated);
}

static void check_zip(const uint8_t *data, size_t size)
{
	size_t packed = 0;
	struct zip zip;

	if (zip_parse(data, size, 1000, &zip) == ZIP_OK)
		for (size_t i = 0; i < zip.count; i++) {
			check_member(data, size, &zip.members[i]);
			packed += zip.members[i].packed_size;
		}
	if (packed > size)
		abort();
	zip_clear(&zip);
}

static void check_tar(const uint8_t *data, size_t size)
{
	struct tarball tarball = {.bytes = data, .size = size};
	struct tarball_member member;
	size_t total = 0;

	while (tarball_next(&tarball, &member) == TARBALL_MEMBER) {
		if (!inside(data, size, member.bytes, member.size) ||
			!inside(data, size, member.name, member.name_length))
			abort();
		total += member.size;
	}
	if (total > size)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	check_zip(data, size);
	check_tar(data, size);
	return 0;
}
