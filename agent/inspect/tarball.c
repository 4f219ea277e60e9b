/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Blocks of 512 bytes. See tarball.h. */

#include "inspect/tarball.h"

#include <string.h>

#define BLOCK         512
#define NAME          0
#define NAME_SIZE     100
#define LENGTH        124
#define LENGTH_SIZE   12
#define CHECKSUM      148
#define CHECKSUM_SIZE 8
#define TYPE          156
#define LINK          157
#define USER          265
#define USER_SIZE     32
#define GROUP         297
#define PREFIX        345
#define PREFIX_SIZE   155

static bool octal(const uint8_t *field, size_t size, size_t *ret)
{
	size_t i = 0, value = 0;

	while (i < size && field[i] == ' ')
		i++;
	for (; i < size && field[i] >= '0' && field[i] <= '7'; i++)
		value = value << 3 | (size_t)(field[i] - '0');
	for (; i < size; i++)
		if (field[i] != 0 && field[i] != ' ')
			return false;
	*ret = value;
	return value < (size_t)1 << 40;
}

static bool checksum_right(const uint8_t *block)
{
	size_t sum = 0, said;

	for (size_t i = 0; i < BLOCK; i++)
		sum += i >= CHECKSUM && i < CHECKSUM + CHECKSUM_SIZE ? ' ' : block[i];
	return octal(block + CHECKSUM, CHECKSUM_SIZE, &said) && said == sum;
}

static bool zeros(const uint8_t *bytes, size_t size)
{
	return size == 0 || (bytes[0] == 0 && memcmp(bytes, bytes + 1, size - 1) == 0);
}

static size_t field_length(const uint8_t *field, size_t size)
{
	return strnlen((const char *)field, size);
}

/* Nothing stands behind the end of a text. */
static bool fields_clean(const uint8_t *block)
{
	static const struct {
		size_t at, size;
	} texts[] = {{NAME, NAME_SIZE}, {LINK, NAME_SIZE}, {USER, USER_SIZE}, {GROUP, USER_SIZE}};

	for (size_t i = 0; i < ELEMENTS(texts); i++) {
		size_t length = field_length(block + texts[i].at, texts[i].size);

		if (!zeros(block + texts[i].at + length, texts[i].size - length))
			return false;
	}
	return zeros(block + 500, BLOCK - 500);
}

static const char *field(const uint8_t *block, size_t at, size_t size, size_t *ret_length)
{
	*ret_length = field_length(block + at, size);
	return (const char *)block + at;
}

static void note_texts(const uint8_t *block, struct tarball_member *ret)
{
	ret->name = field(block, NAME, NAME_SIZE, &ret->name_length);
	ret->folder = field(block, PREFIX, PREFIX_SIZE, &ret->folder_length);
	ret->link = field(block, LINK, NAME_SIZE, &ret->link_length);
	ret->user = field(block, USER, USER_SIZE, &ret->user_length);
	ret->group = field(block, GROUP, USER_SIZE, &ret->group_length);
}

/* A header that gives the next member another size is a second way to read the archive. */
static bool changes_sizes(const struct tarball_member *member)
{
	return memmem(member->bytes, member->size, " size=", 6) ||
	       memmem(member->bytes, member->size, "sparse", 6);
}

/* Headers that carry a name: all they hold is a name. */
static bool read_header(uint8_t type, struct tarball_member *ret)
{
	bool clean;

	if (type == 'x' || type == 'g') {
		ret->name = (const char *)ret->bytes;
		ret->name_length = ret->size;
		return !changes_sizes(ret);
	}
	if (type != 'L' && type != 'K')
		return true;
	ret->name = (const char *)ret->bytes;
	ret->name_length = strnlen(ret->name, ret->size);
	clean = zeros(ret->bytes + ret->name_length, ret->size - ret->name_length);
	ret->size = 0;
	return clean;
}

static bool type_known(uint8_t type)
{
	return type && strchr("0125gxLK", type);
}

/* From a block of zeros to the end there is nothing else. */
static int read_end(struct tarball *t)
{
	bool clean = t->size - t->at >= BLOCK && zeros(t->bytes + t->at, t->size - t->at);

	t->at = t->size;
	return clean ? TARBALL_END : TARBALL_DAMAGED;
}

static int read_member(struct tarball *t, const uint8_t *block, struct tarball_member *ret)
{
	uint8_t type = block[TYPE];
	size_t padding;

	if (!checksum_right(block) || memcmp(block + 257, "ustar", 5) != 0 ||
		(type != 0 && !type_known(type)) || !fields_clean(block) ||
		!octal(block + LENGTH, LENGTH_SIZE, &ret->size))
		return TARBALL_DAMAGED;
	if (ret->size > 0 && (type == '1' || type == '2' || type == '5'))
		return TARBALL_DAMAGED;
	t->at += BLOCK;
	padding = (BLOCK - ret->size % BLOCK) % BLOCK;
	if (ret->size > t->size - t->at || padding > t->size - t->at - ret->size ||
		!zeros(t->bytes + t->at + ret->size, padding))
		return TARBALL_DAMAGED;
	note_texts(block, ret);
	ret->bytes = t->bytes + t->at;
	t->at += ret->size + padding;
	return read_header(type, ret) ? TARBALL_MEMBER : TARBALL_DAMAGED;
}

int tarball_next(struct tarball *t, struct tarball_member *ret)
{
	*ret = (struct tarball_member){0};
	if (t->size - t->at < BLOCK)
		return t->at == t->size ? TARBALL_END : TARBALL_DAMAGED;
	if (zeros(t->bytes + t->at, BLOCK))
		return read_end(t);
	return read_member(t, t->bytes + t->at, ret);
}
