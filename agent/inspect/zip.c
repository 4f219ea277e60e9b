/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Table and heads of a ZIP file, compared. See zip.h. */

#include "inspect/zip.h"

#include "base/number.h"

#include <string.h>

#define END_SIZE         22
#define ENTRY_SIZE       46
#define HEAD_SIZE        30
#define DESCRIPTOR_SIZE  12
#define FLAG_ENCRYPTED   (1U << 0)
#define FLAG_DESCRIPTOR  (1U << 3)
#define FLAG_PATCHED     (1U << 5)
#define FLAG_STRONG      (1U << 6)
#define FLAG_HIDDEN      (1U << 13)
#define METHOD_STORED    0
#define METHOD_DEFLATED  8
#define EXTRA_ZIP64      0x0001
#define EXTRA_AES        0x9901
#define EXTRA_NTFS       0x000a
#define EXTRA_TIME       0x5455
#define EXTRA_UNIX       0x7875
#define EXTRA_UNIX_OLD   0x5855
#define EXTRA_UNIX_INFO  0x7855
#define EXTRA_PADDING    0xa220
#define EXTRA_JAR        0xcafe
#define EXTRA_SMALL      40 /* bytes of a field of any kind */
#define EXTRA_PADDED_MAX 4096

/* A member as one of its two places describes it. */
struct record {
	uint32_t flags, method, crc, packed_size, size;
	const uint8_t *name, *extra;
	size_t name_length, extra_length;
	size_t head; /* where it begins */
};

struct reader {
	const uint8_t *bytes;
	size_t size, table, table_end;
	struct zip *zip;
	struct record *records; /* in the order of the table */
};

/* --- the end --- */

static bool find_end(struct reader *z, size_t *ret_count)
{
	const uint8_t *end = NULL;
	size_t look = z->size < END_SIZE + UINT16_MAX ? z->size : END_SIZE + UINT16_MAX;

	/* The last one there is, and its comment reaches exactly to the last byte. */
	for (size_t back = END_SIZE; back <= look; back++) {
		const uint8_t *at = z->bytes + z->size - back;

		if (memcmp(at, "PK\x05\x06", 4) != 0)
			continue;
		if (load_le16(at + 20) != back - END_SIZE)
			return false;
		end = at;
		break;
	}
	if (!end || load_le16(end + 4) != 0 || load_le16(end + 6) != 0 ||
		load_le16(end + 8) != load_le16(end + 10))
		return false;
	z->table_end = (size_t)(end - z->bytes);
	z->table = load_le32(end + 16);
	z->zip->comment = (const char *)end + END_SIZE;
	z->zip->comment_length = load_le16(end + 20);
	*ret_count = load_le16(end + 8);
	return z->table <= z->table_end && z->table_end - z->table == load_le32(end + 12);
}

/* --- records --- */

/* Fields that carry nothing but times and owners, or are too small to carry anything. */
static bool extra_field_harmless(unsigned id, const uint8_t *field, size_t length)
{
	switch (id) {
	case EXTRA_PADDING:
		for (size_t i = 4; i < length; i++)
			if (field[i] != 0)
				return false;
		return length <= EXTRA_PADDED_MAX;
	case EXTRA_NTFS:
	case EXTRA_TIME:
	case EXTRA_UNIX:
	case EXTRA_UNIX_OLD:
	case EXTRA_UNIX_INFO:
	case EXTRA_JAR:
		return length <= EXTRA_SMALL;
	default:
		return false;
	}
}

static int check_extra(const struct record *record)
{
	size_t at = 0;

	while (record->extra_length - at >= 4) {
		const uint8_t *field = record->extra + at;
		unsigned id = load_le16(field);
		size_t length = load_le16(field + 2);

		if (length > record->extra_length - at - 4)
			return ZIP_DAMAGED;
		if (id == EXTRA_AES)
			return ZIP_ENCRYPTED;
		/* Small sizes may be given in large fields; see take_large_sizes(). */
		if (id != EXTRA_ZIP64 && !extra_field_harmless(id, field + 4, length))
			return ZIP_UNKNOWN;
		at += 4 + length;
	}
	return at == record->extra_length ? ZIP_OK : ZIP_DAMAGED;
}

/* Sizes of all ones stand in a field of 64 bits each, in the order size, packed size. */
static int take_large_sizes(struct record *record)
{
	uint32_t *const sizes[] = {&record->size, &record->packed_size};

	for (size_t at = 0; record->extra_length - at >= 4;) {
		const uint8_t *field = record->extra + at, *value = field + 4;
		size_t length = load_le16(field + 2);

		at += 4 + length;
		if (load_le16(field) != EXTRA_ZIP64)
			continue;
		for (size_t i = 0; i < ELEMENTS(sizes); i++) {
			if (*sizes[i] != UINT32_MAX)
				continue;
			if (length < 8 || load_le64(value) >= UINT32_MAX)
				return ZIP_UNKNOWN;
			*sizes[i] = (uint32_t)load_le64(value);
			value += 8;
			length -= 8;
		}
	}
	return record->size == UINT32_MAX || record->packed_size == UINT32_MAX ? ZIP_UNKNOWN : ZIP_OK;
}

static int check_record(struct record *record)
{
	int r;

	if (record->flags & (FLAG_ENCRYPTED | FLAG_STRONG | FLAG_HIDDEN))
		return ZIP_ENCRYPTED;
	if (record->flags & FLAG_PATCHED)
		return ZIP_UNKNOWN;
	if (record->method != METHOD_STORED && record->method != METHOD_DEFLATED)
		return record->method == 99 ? ZIP_ENCRYPTED : ZIP_UNKNOWN;
	r = check_extra(record);
	return r == ZIP_OK ? take_large_sizes(record) : r;
}

/* One line of the table. */
static int read_entry(
	struct reader *z, size_t at, struct record *ret, struct zip_member *member, size_t *ret_next)
{
	const uint8_t *e = z->bytes + at;
	size_t left = z->table_end - at, comment_length, all;

	if (left < ENTRY_SIZE || memcmp(e, "PK\x01\x02", 4) != 0)
		return ZIP_DAMAGED;
	*ret = (struct record){load_le16(e + 8), load_le16(e + 10), load_le32(e + 16), load_le32(e + 20),
		load_le32(e + 24), e + ENTRY_SIZE, e + ENTRY_SIZE + load_le16(e + 28), load_le16(e + 28),
		load_le16(e + 30), load_le32(e + 42)};
	comment_length = load_le16(e + 32);
	all = ENTRY_SIZE + ret->name_length + ret->extra_length + comment_length;
	if (all > left || load_le16(e + 34) != 0)
		return ZIP_DAMAGED;
	member->comment = (const char *)ret->extra + ret->extra_length;
	member->comment_length = comment_length;
	*ret_next = at + all;
	return check_record(ret);
}

/* The head before the member itself; in a file that was written in one go it has no sizes. */
static int read_head(struct reader *z, const struct record *record, size_t *ret_data)
{
	const uint8_t *h = z->bytes + record->head;
	size_t left = record->head <= z->table ? z->table - record->head : 0;
	struct record head;
	bool later;
	int r;

	if (left < HEAD_SIZE || memcmp(h, "PK\x03\x04", 4) != 0)
		return ZIP_DAMAGED;
	head = (struct record){load_le16(h + 6), load_le16(h + 8), load_le32(h + 14), load_le32(h + 18),
		load_le32(h + 22), h + HEAD_SIZE, h + HEAD_SIZE + load_le16(h + 26), load_le16(h + 26),
		load_le16(h + 28), record->head};
	if (HEAD_SIZE + head.name_length + head.extra_length > left)
		return ZIP_DAMAGED;
	r = check_record(&head);
	if (r != ZIP_OK)
		return r;
	later = head.flags & FLAG_DESCRIPTOR && head.size == 0 && head.packed_size == 0;
	if (head.method != record->method || head.name_length != record->name_length ||
		memcmp(head.name, record->name, head.name_length) != 0)
		return ZIP_DAMAGED;
	if (!later && (head.size != record->size || head.packed_size != record->packed_size ||
			      head.crc != record->crc))
		return ZIP_DAMAGED;
	*ret_data = record->head + HEAD_SIZE + head.name_length + head.extra_length;
	return ZIP_OK;
}

static bool name_allowed(const struct record *record)
{
	return record->name_length > 0 && !memchr(record->name, 0, record->name_length);
}

/* --- all members --- */

static int read_table(struct reader *z)
{
	size_t at = z->table;

	for (size_t i = 0; i < z->zip->count; i++) {
		struct zip_member *member = &z->zip->members[i];
		struct record *record = &z->records[i];
		int r = read_entry(z, at, record, member, &at);

		if (r != ZIP_OK)
			return r;
		if (!name_allowed(record))
			return ZIP_DAMAGED;
		member->name = (const char *)record->name;
		member->name_length = record->name_length;
		member->packed_size = record->packed_size;
		member->size = record->size;
		member->crc = record->crc;
		member->deflated = record->method == METHOD_DEFLATED;
		member->directory = record->name[record->name_length - 1] == '/';
		if ((!member->deflated && member->size != member->packed_size) ||
			(member->directory && member->size > 0))
			return ZIP_DAMAGED;
	}
	return at == z->table_end ? ZIP_OK : ZIP_DAMAGED;
}

/* What is sorted. */
struct place {
	const struct record *record;
};

static int by_head(const void *a, const void *b)
{
	const struct place *x = a, *y = b;

	return (x->record->head > y->record->head) - (x->record->head < y->record->head);
}

static int by_name(const void *a, const void *b)
{
	const struct record *x = ((const struct place *)a)->record, *y = ((const struct place *)b)->record;
	size_t length = x->name_length < y->name_length ? x->name_length : y->name_length;
	int difference = memcmp(x->name, y->name, length);

	return difference ? difference
			  : (x->name_length > y->name_length) - (x->name_length < y->name_length);
}

/* What may follow a member that was written in one go: its checksum and sizes, in 32 or 64 bits. */
static size_t descriptor_size(const uint8_t *at, size_t left, const struct record *record)
{
	size_t mark = left >= 4 && memcmp(at, "PK\x07\x08", 4) == 0 ? 4 : 0;
	const uint8_t *d = at + mark;

	if (!(record->flags & FLAG_DESCRIPTOR) || left < mark + DESCRIPTOR_SIZE ||
		load_le32(d) != record->crc)
		return 0;
	if (load_le32(d + 4) == record->packed_size && load_le32(d + 8) == record->size)
		return mark + DESCRIPTOR_SIZE;
	if (left >= mark + DESCRIPTOR_SIZE + 8 && load_le64(d + 4) == record->packed_size &&
		load_le64(d + 12) == record->size)
		return mark + DESCRIPTOR_SIZE + 8;
	return 0;
}

/* From the first byte to the table, one behind the other. */
static int check_places(struct reader *z, const struct place *order)
{
	size_t expected = 0, data = 0;

	for (size_t i = 0; i < z->zip->count; i++) {
		const struct record *record = order[i].record;
		struct zip_member *member = &z->zip->members[record - z->records];
		int r;

		if (record->head != expected)
			return ZIP_DAMAGED;
		r = read_head(z, record, &data);
		if (r != ZIP_OK)
			return r;
		if (member->packed_size > z->table - data)
			return ZIP_DAMAGED;
		member->packed = z->bytes + data;
		expected = data + member->packed_size;
		expected += descriptor_size(z->bytes + expected, z->table - expected, record);
	}
	return expected == z->table ? ZIP_OK : ZIP_DAMAGED;
}

static int check_members(struct reader *z)
{
	_cleanup_free_ struct place *order = calloc(z->zip->count + 1, sizeof *order);

	if (!order)
		return -ENOMEM;
	for (size_t i = 0; i < z->zip->count; i++)
		order[i].record = &z->records[i];
	qsort(order, z->zip->count, sizeof *order, by_name);
	for (size_t i = 1; i < z->zip->count; i++)
		if (by_name(&order[i - 1], &order[i]) == 0)
			return ZIP_DAMAGED;
	qsort(order, z->zip->count, sizeof *order, by_head);
	return check_places(z, order);
}

int zip_parse(const void *bytes, size_t size, size_t members_max, struct zip *ret)
{
	struct reader z = {.bytes = bytes, .size = size, .zip = ret};
	_cleanup_free_ struct record *records = NULL;
	size_t count = 0;
	int r;

	*ret = (struct zip){0};
	if (!find_end(&z, &count))
		return ZIP_DAMAGED;
	if (count > members_max)
		return ZIP_TOO_MANY;
	z.records = records = calloc(count + 1, sizeof *records);
	ret->members = calloc(count + 1, sizeof *ret->members);
	if (!records || !ret->members)
		return -ENOMEM;
	ret->count = count;
	r = read_table(&z);
	return r == ZIP_OK ? check_members(&z) : r;
}

void zip_clear(struct zip *zip)
{
	free(zip->members);
	*zip = (struct zip){0};
}

const struct zip_member *zip_find(const struct zip *zip, const char *name)
{
	size_t length = strlen(name);

	for (size_t i = 0; i < zip->count; i++)
		if (zip->members[i].name_length == length && memcmp(zip->members[i].name, name, length) == 0)
			return &zip->members[i];
	return NULL;
}
