/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * One pass over all records of the table, which gives each file its folder, name, size and the place of its
 * first bytes; then each file is shown to exempt_see(). Records of deleted files are passed over, as a mount
 * would. A second stream of data in a file could hide anything and counts as a file of its own.
 */

#include "encryption/exempt-ntfs.h"

#include "base/number.h"

#include <string.h>

#define RECORD_MAX   4096
#define SECTOR       512 /* what the fix-ups of a record count in */
#define RUNS_MAX     64
#define NAME_SIZE    256
#define PATH_SIZE    1024
#define DEPTH_MAX    16
#define ROOT         5  /* record of the root folder */
#define FIRST_FILE   24 /* the records before are the file system's own */
#define STREAM_SMALL 4096

#define ATTRIBUTE_LIST 0x20U
#define ATTRIBUTE_NAME 0x30U
#define ATTRIBUTE_DATA 0x80U
#define ATTRIBUTE_END  0xffffffffU

#define FLAG_USED   1U
#define FLAG_FOLDER 2U

struct run {
	uint64_t first, count; /* clusters */
};

struct entry {
	bool used, folder, stream;
	uint32_t parent;
	uint64_t size, place; /* bytes; place 0: no data of its own */
	char name[NAME_SIZE];
};

struct ntfs {
	ntfs_read read;
	void *data;
	uint64_t size, cluster;
	uint32_t record;
	size_t run_count, entry_count;
	struct run runs[RUNS_MAX]; /* of the table */
	struct entry *entries;
};

/* --- the volume --- */

static bool power_of_two(uint64_t value)
{
	return value != 0 && (value & (value - 1)) == 0;
}

/* Small numbers count clusters, large ones (negative as a byte) are exponents of two. */
static uint64_t scaled(uint8_t value, uint64_t unit)
{
	return value < 0x80 ? value * unit : 256U - value < 32 ? 1ULL << (256U - value) : 0;
}

static int read_head(struct ntfs *ntfs, uint64_t *ret_table)
{
	uint8_t head[SECTOR];
	uint64_t sector, first;
	int r = ntfs->read(ntfs->data, 0, head, sizeof head);

	if (r < 0)
		return r;
	sector = load_le16(head + 11);
	ntfs->cluster = head[13] <= 0x80 ? head[13] * sector : scaled(head[13], 0) * sector;
	ntfs->record = (uint32_t)scaled(head[64], ntfs->cluster);
	first = load_le64(head + 48);
	if (memcmp(head + 3, "NTFS    ", 8) != 0 || !power_of_two(sector) || sector < 256 || sector > 4096 ||
		!power_of_two(ntfs->cluster) || ntfs->cluster > (2U << 20) || !power_of_two(ntfs->record) ||
		ntfs->record < SECTOR || ntfs->record > RECORD_MAX || first == 0 ||
		first >= ntfs->size / ntfs->cluster)
		return -EBADMSG;
	*ret_table = first * ntfs->cluster;
	return 0;
}

/* --- records --- */

/* The last two bytes of each sector of a record are kept at its head, and stand for its number there. */
static int fix_up(const struct ntfs *ntfs, uint8_t *record)
{
	uint32_t at = load_le16(record + 4), count = load_le16(record + 6);

	if (memcmp(record, "FILE", 4) != 0 || count != ntfs->record / SECTOR + 1 ||
		at + 2 * count > SECTOR - 2)
		return -EBADMSG;
	for (uint32_t i = 1; i < count; i++) {
		uint8_t *end = record + (size_t)i * SECTOR - 2;

		if (memcmp(end, record + at, 2) != 0)
			return -EBADMSG;
		memcpy(end, record + at + (size_t)2 * i, 2);
	}
	return 0;
}

struct attribute {
	uint32_t type;
	bool resident, named;
	uint64_t first_cluster_number; /* of the file, where this part begins */
	uint64_t size;
	const uint8_t *content; /* resident: size bytes; else the list of runs */
	size_t content_size;
	size_t offset; /* of content in the record */
};

/* The attribute at *at, which is moved on. 0, 1 at the end, -EBADMSG. */
static int next_attribute(const struct ntfs *ntfs, const uint8_t *record, size_t *at, struct attribute *ret)
{
	const uint8_t *a = record + *at;
	size_t length, content;

	if (*at + 8 > ntfs->record)
		return -EBADMSG;
	*ret = (struct attribute){.type = load_le32(a)};
	if (ret->type == ATTRIBUTE_END)
		return 1;
	length = load_le32(a + 4);
	if (length < 24 || length > ntfs->record - *at || length % 8 != 0)
		return -EBADMSG;
	ret->resident = a[8] == 0;
	ret->named = a[9] != 0;
	if (!ret->resident && length < 64)
		return -EBADMSG;
	content = ret->resident ? load_le16(a + 20) : load_le16(a + 32);
	ret->size = ret->resident ? load_le32(a + 16) : load_le64(a + 48);
	ret->first_cluster_number = ret->resident ? 0 : load_le64(a + 16);
	if (content > length || (ret->resident && ret->size > length - content))
		return -EBADMSG;
	ret->content = a + content;
	ret->content_size = length - content;
	ret->offset = *at + content;
	*at += length;
	return 0;
}

/* The run at *at of a list; 0, 1 at the end, -EBADMSG. A hole has first 0. */
static int next_run(const struct attribute *list, size_t *at, uint64_t *last, struct run *ret)
{
	const uint8_t *p = list->content + *at;
	size_t counts, offsets;
	uint64_t delta = 0;

	if (*at >= list->content_size || p[0] == 0)
		return 1;
	counts = p[0] & 15;
	offsets = p[0] >> 4;
	if (counts == 0 || counts > 8 || offsets > 8 || 1 + counts + offsets > list->content_size - *at)
		return -EBADMSG;
	*ret = (struct run){0};
	for (size_t i = 0; i < counts; i++)
		ret->count |= (uint64_t)p[1 + i] << (8 * i);
	for (size_t i = 0; i < offsets; i++)
		delta |= (uint64_t)p[1 + counts + i] << (8 * i);
	if (offsets > 0 && offsets < 8 && (p[counts + offsets] & 0x80))
		delta |= UINT64_MAX << (8 * offsets);
	*at += 1 + counts + offsets;
	if (offsets > 0)
		ret->first = *last += delta;
	return 0;
}

/* --- what a record says --- */

static uint32_t reference(const uint8_t *bytes)
{
	uint64_t number = load_le64(bytes) & 0xffffffffffffULL;

	return number > UINT32_MAX ? UINT32_MAX : (uint32_t)number;
}

/* Characters that are not ASCII become "?": the names of boot files are. */
static int take_name(const struct attribute *attribute, struct entry *entry)
{
	const uint8_t *name = attribute->content;
	size_t length;

	if (!attribute->resident || attribute->size < 66)
		return -EBADMSG;
	length = name[64];
	if (66 + 2 * length > attribute->size || length >= NAME_SIZE)
		return -EBADMSG;
	if (name[65] == 2 && entry->name[0]) /* the short name of DOS beside the real one */
		return 0;
	entry->parent = reference(name);
	for (size_t i = 0; i < length; i++) {
		uint16_t c = load_le16(name + 66 + 2 * i);

		entry->name[i] = c >= 0x20 && c < 0x7f && c != '/' ? (char)c : '?';
	}
	entry->name[length] = 0;
	return 0;
}

static int take_data(
	const struct ntfs *ntfs, const struct attribute *attribute, uint64_t record_at, struct entry *entry)
{
	uint64_t last = 0;
	struct run run = {0};
	size_t at = 0;
	int r;

	if (attribute->named) {
		entry->stream = entry->stream || attribute->size > STREAM_SMALL;
		return 0;
	}
	if (attribute->first_cluster_number != 0)
		return 0;
	entry->size = attribute->size;
	if (attribute->resident) {
		entry->place = record_at + attribute->offset;
		return 0;
	}
	r = next_run(attribute, &at, &last, &run);
	if (r < 0)
		return r;
	if (r == 0 && run.first < ntfs->size / ntfs->cluster)
		entry->place = run.first * ntfs->cluster;
	return 0;
}

static int take_attributes(struct ntfs *ntfs, const uint8_t *record, uint64_t record_at, struct entry *entry)
{
	size_t at = load_le16(record + 20);
	struct attribute attribute;
	int r;

	while ((r = next_attribute(ntfs, record, &at, &attribute)) == 0) {
		if (attribute.type == ATTRIBUTE_NAME)
			r = take_name(&attribute, entry);
		else if (attribute.type == ATTRIBUTE_DATA)
			r = take_data(ntfs, &attribute, record_at, entry);
		if (r < 0)
			return r;
	}
	return r < 0 ? r : 0;
}

/* A record may continue another one. */
static int take_record(struct ntfs *ntfs, uint8_t *record, uint64_t record_at, size_t index)
{
	uint32_t base, flags;
	int r;

	if (memcmp(record, "FILE", 4) != 0)
		return 0; /* never used */
	r = fix_up(ntfs, record);
	if (r < 0)
		return r;
	flags = load_le16(record + 22);
	base = load_le64(record + 32) ? reference(record + 32) : (uint32_t)index;
	if (!(flags & FLAG_USED))
		return 0;
	if (base >= ntfs->entry_count)
		return -EBADMSG;
	if (base == index) {
		ntfs->entries[base].used = true;
		ntfs->entries[base].folder = flags & FLAG_FOLDER;
	}
	return take_attributes(ntfs, record, record_at, &ntfs->entries[base]);
}

/* --- the table --- */

static int read_table_runs(struct ntfs *ntfs, const struct attribute *list)
{
	uint64_t last = 0, clusters = 0;
	struct run run;
	size_t at = 0;
	int r;

	while ((r = next_run(list, &at, &last, &run)) == 0) {
		if (ntfs->run_count == RUNS_MAX || run.first == 0 || run.count > ntfs->size / ntfs->cluster ||
			run.first > ntfs->size / ntfs->cluster - run.count)
			return -EBADMSG;
		ntfs->runs[ntfs->run_count++] = run;
		clusters += run.count;
	}
	if (r < 0)
		return r;
	return list->size <= clusters * ntfs->cluster ? 0 : -EBADMSG;
}

/* The first record is the table's own. One whose list of runs goes on elsewhere is too large for us. */
static int read_table_head(struct ntfs *ntfs, uint64_t table)
{
	uint8_t record[RECORD_MAX];
	struct attribute attribute;
	size_t at;
	int r = ntfs->read(ntfs->data, table, record, ntfs->record);

	if (r >= 0)
		r = fix_up(ntfs, record);
	if (r < 0)
		return r;
	at = load_le16(record + 20);
	while ((r = next_attribute(ntfs, record, &at, &attribute)) == 0) {
		if (attribute.type == ATTRIBUTE_LIST)
			return -E2BIG;
		if (attribute.type != ATTRIBUTE_DATA || attribute.named || attribute.resident)
			continue;
		if (attribute.size / ntfs->record > EXEMPT_FILES)
			return -E2BIG;
		ntfs->entry_count = (size_t)(attribute.size / ntfs->record);
		return read_table_runs(ntfs, &attribute);
	}
	return -EBADMSG;
}

static int read_records(struct ntfs *ntfs)
{
	uint8_t record[RECORD_MAX];
	size_t index = 0;
	int r = 0;

	for (size_t i = 0; i < ntfs->run_count; i++) {
		uint64_t at = ntfs->runs[i].first * ntfs->cluster;
		uint64_t end = at + ntfs->runs[i].count * ntfs->cluster;

		for (; r >= 0 && at + ntfs->record <= end && index < ntfs->entry_count; at += ntfs->record) {
			r = ntfs->read(ntfs->data, at, record, ntfs->record);
			if (r >= 0)
				r = take_record(ntfs, record, at, index++);
		}
	}
	return r < 0 ? r : index == ntfs->entry_count ? 0 : -EBADMSG;
}

/* --- files --- */

/* False when the file lies below no folder that is there. */
static bool make_path(const struct ntfs *ntfs, size_t index, char *ret_path)
{
	const struct entry *entry = &ntfs->entries[index];
	char path[PATH_SIZE], longer[PATH_SIZE];

	(void)snprintf(path, sizeof path, "%s", entry->name);
	for (unsigned depth = 0; entry->parent != ROOT; depth++) {
		if (depth == DEPTH_MAX || entry->parent >= ntfs->entry_count)
			return false;
		entry = &ntfs->entries[entry->parent];
		if (!entry->used || !entry->folder ||
			(size_t)snprintf(longer, sizeof longer, "%s/%s", entry->name, path) >= sizeof longer)
			return false;
		memcpy(path, longer, sizeof path);
	}
	memcpy(ret_path, path, sizeof path);
	return true;
}

static int show(const struct ntfs *ntfs, size_t index, struct exempt *exempt)
{
	const struct entry *entry = &ntfs->entries[index];
	uint8_t head[EXEMPT_HEAD] = {0};
	size_t size = entry->size < sizeof head ? (size_t)entry->size : sizeof head;
	char path[PATH_SIZE];
	int r = 0;

	if (entry->stream || !make_path(ntfs, index, path)) {
		exempt_see_other(exempt, entry->name);
		return 0;
	}
	/* The file system's own, in a folder of its own. */
	if (strncmp(path, "$Extend/", 8) == 0)
		return 0;
	if (size > 0 && (entry->place == 0 || entry->place > ntfs->size - size))
		size = 0;
	if (size > 0)
		r = ntfs->read(ntfs->data, entry->place, head, size);
	if (r >= 0)
		(void)exempt_see(exempt, path, entry->size, head, size);
	return r;
}

int exempt_scan_ntfs(ntfs_read read, void *data, uint64_t size, struct exempt *ret_exempt)
{
	struct ntfs ntfs = {.read = read, .data = data, .size = size};
	_cleanup_free_ struct entry *entries = NULL;
	struct exempt exempt = {0};
	uint64_t table;
	int r = size < RECORD_MAX ? -EBADMSG : read_head(&ntfs, &table);

	if (r >= 0)
		r = read_table_head(&ntfs, table);
	if (r < 0)
		return r;
	entries = calloc(ntfs.entry_count + 1, sizeof *entries);
	if (!entries)
		return -ENOMEM;
	ntfs.entries = entries;
	r = read_records(&ntfs);
	for (size_t i = FIRST_FILE; r >= 0 && i < ntfs.entry_count; i++) {
		if (entries[i].used && entries[i].stream && entries[i].folder)
			exempt_see_other(&exempt, entries[i].name);
		if (entries[i].used && !entries[i].folder && entries[i].name[0])
			r = show(&ntfs, i, &exempt);
	}
	if (r < 0)
		return r;
	*ret_exempt = exempt;
	return 0;
}
