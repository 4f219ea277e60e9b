/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * Layout: a header of 24 bytes (signature, version, options, a pointer to the root table). A table has
 * bloom words and hash buckets, which only make looking up faster and are skipped, and items of 24 bytes:
 * hash, parent item, where its part of the key is, type ('v' value, 'H' table, 'L' list), pointer to content.
 * A key is the part of its parent followed by its own. All of this is little-endian; only values are in the
 * byte order of the computer that wrote the file, which the signature tells. See gvdb.h.
 */

#include "outing/gvdb.h"

#include "base/number.h"

#include <string.h>

#define HEADER_SIZE 24
#define ITEM_SIZE   24
#define DEPTH_MAX   32
#define NO_PARENT   UINT32_MAX

struct file {
	const uint8_t *bytes;
	size_t size;
	bool swapped;
};

struct table {
	const struct file *file;
	const uint8_t *items;
	uint32_t count;
};

struct span {
	const uint8_t *bytes;
	size_t size;
};

static bool span_at(const struct file *file, const uint8_t *pointer, struct span *ret_span)
{
	uint32_t start = load_le32(pointer), end = load_le32(pointer + 4);

	if (start > end || end > file->size)
		return false;
	*ret_span = (struct span){file->bytes + start, end - start};
	return true;
}

static bool open_file(const void *data, size_t size, struct file *ret_file)
{
	*ret_file = (struct file){.bytes = data, .size = size};
	if (size < HEADER_SIZE || size > UINT32_MAX)
		return false;
	if (memcmp(data, "GVariant", 8) == 0)
		return true;
	ret_file->swapped = true;
	return memcmp(data, "raVGtnai", 8) == 0;
}

static bool open_table(const struct file *file, struct span span, struct table *ret_table)
{
	uint64_t bloom, buckets, before;

	if (span.size < 8)
		return false;
	bloom = load_le32(span.bytes) & 0x07ffffff;
	buckets = load_le32(span.bytes + 4);
	before = 8 + 4 * (bloom + buckets);
	if (before > span.size)
		return false;
	*ret_table = (struct table){file, span.bytes + before, (uint32_t)((span.size - before) / ITEM_SIZE)};
	return true;
}

static bool key_part(const struct table *table, const uint8_t *item, struct span *ret_span)
{
	uint32_t start = load_le32(item + 8);
	uint16_t size = load_le16(item + 12);

	if (start > table->file->size || size > table->file->size - start)
		return false;
	*ret_span = (struct span){table->file->bytes + start, size};
	return true;
}

/* Does the item's whole key spell this text? Compared from its end, up the chain of parents. */
static enum gvdb_answer spells(const struct table *table, const uint8_t *item, const char *key, size_t size)
{
	for (unsigned depth = 0; depth < DEPTH_MAX; depth++) {
		struct span part;
		uint32_t parent = load_le32(item + 4);

		if (!key_part(table, item, &part))
			return GVDB_DAMAGED;
		if (part.size > size || memcmp(key + size - part.size, part.bytes, part.size) != 0)
			return GVDB_ABSENT;
		size -= part.size;
		if (parent == NO_PARENT)
			return size == 0 ? GVDB_FOUND : GVDB_ABSENT;
		if (parent >= table->count)
			return GVDB_DAMAGED;
		item = table->items + (size_t)parent * ITEM_SIZE;
	}
	return GVDB_DAMAGED;
}

static enum gvdb_answer find(
	const struct table *table, const char *key, uint8_t type, struct span *ret_content)
{
	size_t size = strlen(key);

	for (uint32_t i = 0; i < table->count; i++) {
		const uint8_t *item = table->items + (size_t)i * ITEM_SIZE;
		enum gvdb_answer answer;

		if (item[14] != type)
			continue;
		answer = spells(table, item, key, size);
		if (answer == GVDB_FOUND && !span_at(table->file, item + 16, ret_content))
			return GVDB_DAMAGED;
		if (answer != GVDB_ABSENT)
			return answer;
	}
	return GVDB_ABSENT;
}

static bool open_root(const void *data, size_t size, struct file *file, struct table *ret_table)
{
	struct span root;

	return open_file(data, size, file) && span_at(file, file->bytes + 16, &root) &&
	       open_table(file, root, ret_table);
}

/* value, NUL, type: the serialised form of a variant. */
static bool number_of(const struct file *file, struct span content, int64_t *ret_value)
{
	static const char types[] = "bynqiuxt";
	static const uint8_t sizes[] = {1, 1, 2, 2, 4, 4, 8, 8};
	const char *type;
	uint64_t value = 0;
	size_t size;

	if (content.size < 3 || content.bytes[content.size - 2] != 0)
		return false;
	type = strchr(types, content.bytes[content.size - 1]);
	size = content.size - 2;
	if (!type || !*type || size != sizes[type - types])
		return false;
	for (size_t i = 0; i < size; i++)
		value |= (uint64_t)content.bytes[file->swapped ? size - 1 - i : i] << (8 * i);
	if (*type == 'n')
		*ret_value = (int16_t)value;
	else if (*type == 'i')
		*ret_value = (int32_t)value;
	else
		*ret_value = value > INT64_MAX && *type == 't' ? INT64_MAX : (int64_t)value;
	return true;
}

enum gvdb_answer gvdb_lookup(const void *data, size_t size, const char *key, int64_t *ret_value)
{
	struct file file;
	struct table table;
	struct span content;
	enum gvdb_answer answer;

	*ret_value = 0;
	if (!open_root(data, size, &file, &table))
		return GVDB_DAMAGED;
	answer = find(&table, key, 'v', &content);
	if (answer == GVDB_FOUND && !number_of(&file, content, ret_value))
		return GVDB_ABSENT;
	return answer;
}

enum gvdb_answer gvdb_lookup_in(const void *data, size_t size, const char *name, const char *key)
{
	struct file file;
	struct table table, nested;
	struct span content;
	enum gvdb_answer answer;

	if (!open_root(data, size, &file, &table))
		return GVDB_DAMAGED;
	answer = find(&table, name, 'H', &content);
	if (answer != GVDB_FOUND)
		return answer;
	if (!open_table(&file, content, &nested))
		return GVDB_DAMAGED;
	return find(&nested, key, 'v', &content);
}
