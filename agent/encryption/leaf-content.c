/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * Asks for the contents of all wanted devices at once, and says which parts of a device no mapping covers:
 * what lies there was never encrypted by the mapping.
 */

#include "encryption/leaf-walk.h"

#include <string.h>

#define GAP_MIN (4ULL << 20) /* headers, and what is left over when sizes are rounded */
#define PIECES  4096
#define TABLE   (1ULL << 20) /* what a partition table may take at either end */

struct piece {
	uint64_t start, end; /* bytes */
};

/* False: it maps the device in a way that is not told by offsets; then all of it counts as covered. */
static bool add_pieces(const struct users_node *node, const struct dmtable_target *target,
	struct piece *pieces, size_t *count)
{
	bool striped = strcmp(target->type, "striped") == 0;

	if (target->kind != DMTABLE_CRYPT && strcmp(target->type, "linear") != 0 && !striped)
		return false;
	for (size_t i = 0; i < target->device_count; i++) {
		uint64_t size = striped ? target->size / target->device_count : target->size;

		if (target->devices[i].major != node->number.major ||
			target->devices[i].minor != node->number.minor)
			continue;
		if (*count == PIECES || target->offsets[i] > UINT64_MAX / 1024 || size > UINT64_MAX / 1024)
			return false;
		pieces[(*count)++] =
			(struct piece){target->offsets[i] * 512, (target->offsets[i] + size) * 512};
	}
	return true;
}

static int by_start(const void *a, const void *b)
{
	const struct piece *x = a, *y = b;

	return (x->start > y->start) - (x->start < y->start);
}

/* The largest ones count when there are too many. */
static void add_gap(struct content_wish *wish, uint64_t start, uint64_t end)
{
	size_t place = wish->range_count, smallest = 0;

	if (end > wish->size)
		end = wish->size;
	if (start >= end || end - start < GAP_MIN)
		return;
	for (size_t i = 1; i < wish->range_count; i++)
		if (wish->ranges[i].size < wish->ranges[smallest].size)
			smallest = i;
	if (place == CONTENT_RANGES_MAX) {
		if (wish->ranges[smallest].size >= end - start)
			return;
		place = smallest;
	} else {
		wish->range_count++;
	}
	wish->ranges[place] = (struct content_range){start, end - start};
}

/* An LVM keeps its notes in the first megabyte, and partitions begin behind it. */
static void add_gaps(const struct piece *pieces, size_t count, uint64_t from, struct content_wish *wish)
{
	uint64_t at = from;

	for (size_t i = 0; i < count; i++) {
		add_gap(wish, at == 0 ? GAP_MIN / 4 : at, pieces[i].start);
		if (pieces[i].end > at)
			at = pieces[i].end;
	}
	add_gap(wish, at, wish->size);
}

/* False when something uses it in a way that is not told by offsets. */
static bool find_mapped(
	const struct leaf_walk *walk, size_t index, struct piece *pieces, size_t *count, bool *ret_encrypted)
{
	for (size_t i = 0; i < walk->users.use_count; i++) {
		const struct users_use *use = &walk->users.uses[i];

		if (use->lower != index || !leaf_counts(walk, use))
			continue;
		if (!use->target || !add_pieces(&walk->users.nodes[index], use->target, pieces, count))
			return false;
		*ret_encrypted = *ret_encrypted || use->kind == USERS_CRYPT;
	}
	return true;
}

static int find_gaps(const struct leaf_walk *walk, size_t index, struct content_wish *wish)
{
	_cleanup_free_ struct piece *pieces = calloc(PIECES, sizeof *pieces);
	bool encrypted = false;
	size_t count = 0;

	if (!pieces)
		return -ENOMEM;
	if (!find_mapped(walk, index, pieces, &count, &encrypted) || count == 0)
		return 0;
	qsort(pieces, count, sizeof *pieces, by_start);
	/* What lies before it may be its header, so that is another question. */
	wish->head = encrypted ? pieces[0].start : 0;
	add_gaps(pieces, count, wish->head, wish);
	return 0;
}

/* What lies between partitions, before the first and behind the last. */
static int find_rest(const struct leaf_walk *walk, size_t index, struct content_wish *wish)
{
	_cleanup_free_ struct piece *pieces = calloc(PIECES, sizeof *pieces);
	uint64_t size = wish->size;
	size_t count = 0;

	if (!pieces)
		return -ENOMEM;
	for (size_t i = 0; i < walk->users.node_count && count < PIECES; i++) {
		const struct users_node *part = &walk->users.nodes[i];

		if (part->parent == index && part->size <= size && part->start <= size - part->size)
			pieces[count++] = (struct piece){part->start, part->start + part->size};
	}
	qsort(pieces, count, sizeof *pieces, by_start);
	wish->size = size > TABLE ? size - TABLE : 0;
	add_gaps(pieces, count, 0, wish);
	wish->size = size;
	return 0;
}

bool leaf_has_rest(const struct leaf_walk *walk, size_t index)
{
	struct content_wish wish = {.size = walk->users.nodes[index].size};

	return find_rest(walk, index, &wish) < 0 || wish.range_count > 0;
}

static void see_uses(const struct leaf_walk *walk, size_t index, struct content_wish *wish)
{
	wish->may_scan = true;
	for (size_t i = 0; i < walk->users.use_count; i++) {
		const struct users_use *use = &walk->users.uses[i];

		if (use->lower != index || !leaf_counts(walk, use))
			continue;
		wish->used = true;
		if (use->kind != USERS_MOUNT)
			wish->may_scan = false;
		else if (use->whole && !wish->mount_point)
			wish->mount_point = use->text;
	}
}

static int make_wish(const struct leaf_walk *walk, size_t index, struct content_wish *wish)
{
	const struct users_node *node = &walk->users.nodes[index];

	*wish = (struct content_wish){.name = node->name, .number = node->number, .size = node->size};
	if (node->parent != USERS_NONE) {
		const struct users_node *disk = &walk->users.nodes[node->parent];

		wish->has_disk = true;
		wish->disk_name = disk->name;
		wish->disk_number = disk->number;
		wish->start = node->start;
	}
	if (walk->nodes[index].rest_only) {
		wish->rest_only = wish->used = true;
		return find_rest(walk, index, wish);
	}
	see_uses(walk, index, wish);
	return find_gaps(walk, index, wish);
}

int leaf_read_contents(struct leaf_walk *walk)
{
	_cleanup_free_ struct content_wish *wishes = calloc(walk->users.node_count, sizeof *wishes);
	_cleanup_free_ struct content *contents = calloc(walk->users.node_count, sizeof *contents);
	_cleanup_free_ size_t *indexes = calloc(walk->users.node_count, sizeof *indexes);
	size_t count = 0;
	int r = 0;

	if (!wishes || !contents || !indexes)
		return -ENOMEM;
	for (size_t i = 0; r >= 0 && i < walk->users.node_count; i++)
		if (walk->nodes[i].wanted) {
			indexes[count] = i;
			r = make_wish(walk, i, &wishes[count++]);
		}
	if (r >= 0)
		r = walk->root->content(walk->root, wishes, count, contents);
	for (size_t i = 0; r >= 0 && i < count; i++)
		walk->nodes[indexes[i]].content = contents[i];
	return r;
}
