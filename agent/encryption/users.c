/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * Block devices from /sys/class/block and what maps what. A device that vanishes while it is read is left
 * out; one that holds another without saying how is kept as a use that could not be read.
 */

#include "encryption/users.h"

#include "base/number.h"

#include <string.h>

#define NODES_MAX 4096
#define NAMES_MAX 512

static int grow(void **array, size_t count, size_t size)
{
	void *larger;

	if (count & (count - 1))
		return 0;
	larger = reallocarray(*array, count ? count * 2 : 1, size);
	if (!larger)
		return -ENOMEM;
	*array = larger;
	return 0;
}

int users_add(struct users *users, const struct users_use *use)
{
	int r = grow((void **)&users->uses, users->use_count, sizeof *users->uses);

	if (r < 0)
		return r;
	users->uses[users->use_count++] = *use;
	return 0;
}

size_t users_find(const struct users *users, struct sysroot_device number)
{
	for (size_t i = 0; i < users->node_count; i++)
		if (users->nodes[i].number.major == number.major &&
			users->nodes[i].number.minor == number.minor)
			return i;
	return USERS_NONE;
}

size_t users_find_name(const struct users *users, const char *name)
{
	for (size_t i = 0; i < users->node_count; i++)
		if (strcmp(users->nodes[i].name, name) == 0)
			return i;
	return USERS_NONE;
}

/* --- nodes --- */

static uint64_t read_number(const struct sysroot *root, const char *name, const char *what, uint64_t missing)
{
	char text[32];
	uint64_t value;

	if (sysroot_read(root, text, sizeof text, "/sys/class/block/%s/%s", name, what) < 0 ||
		number_parse_u64(text, &value) < 0)
		return missing;
	return value;
}

/* In sectors. Without a size a device would count as one without a medium, so it must be there. */
static int read_size(const struct sysroot *root, const char *name, uint64_t *ret_sectors)
{
	char text[32];
	int r = sysroot_read(root, text, sizeof text, "/sys/class/block/%s/size", name);

	return r < 0 ? r : number_parse_u64(text, ret_sectors);
}

static bool has(const struct sysroot *root, const char *name, const char *what)
{
	return sysroot_exists(root, "/sys/class/block/%s/%s", name, what);
}

static enum users_node_kind kind_of(const struct sysroot *root, const struct users_node *node)
{
	if (has(root, node->name, "partition"))
		return USERS_PARTITION_OF_DISK;
	if (has(root, node->name, "dm"))
		return USERS_DM;
	if (has(root, node->name, "md"))
		return USERS_MD;
	if (has(root, node->name, "bcache") && strncmp(node->name, "bcache", 6) == 0)
		return USERS_BCACHE;
	/* A loop device without a file has no "loop" folder, and no size either. */
	if (has(root, node->name, "loop"))
		return USERS_LOOP;
	if (strncmp(node->name, "zram", 4) == 0)
		return USERS_ZRAM;
	return node->real ? USERS_DISK : USERS_VIRTUAL;
}

/* Disks of NVMe controllers that share them hang under "virtual" although they are hardware. */
static bool is_hardware(const char *link)
{
	return !strstr(link, "/devices/virtual/") || strstr(link, "/devices/virtual/nvme-subsystem/");
}

static int load_node(const struct sysroot *root, const char *name, struct users_node *node)
{
	char link[SYSROOT_PATH], text[32];
	uint64_t sectors;
	int r;

	*node = (struct users_node){.parent = USERS_NONE};
	(void)snprintf(node->name, sizeof node->name, "%s", name);
	(void)snprintf(node->label, sizeof node->label, "%s", name);
	r = sysroot_link(root, link, sizeof link, "/sys/class/block/%s", name);
	if (r >= 0)
		r = sysroot_read(root, text, sizeof text, "/sys/class/block/%s/dev", name);
	if (r >= 0)
		r = sysroot_parse_device(text, &node->number);
	if (r < 0)
		return r;
	r = read_size(root, name, &sectors);
	if (r < 0)
		return r;
	node->size = sectors > UINT64_MAX / 512 ? UINT64_MAX : sectors * 512;
	node->start = read_number(root, name, "start", 0) * 512;
	node->real = is_hardware(link);
	node->hidden = read_number(root, name, "hidden", 0) != 0;
	node->kind = kind_of(root, node);
	(void)sysroot_read(root, node->model, sizeof node->model, "/sys/class/block/%s/device/model", name);
	node->model[strcspn(node->model, "\n")] = 0;
	for (size_t i = strlen(node->model); i > 0 && node->model[i - 1] == ' '; i--)
		node->model[i - 1] = 0;
	return 0;
}

/* Taken out meanwhile; hidden halves of shared NVMe disks have no number either. */
static bool is_gone(const struct sysroot *root, const char *name)
{
	char text[32];
	int r = sysroot_read(root, text, sizeof text, "/sys/class/block/%s/dev", name);

	return r == -ENOENT || r == -ENODEV;
}

static int load_table(const struct sysroot *root, struct users_node *node)
{
	char name[SYSROOT_NAME];
	int r;

	if (sysroot_read(root, name, sizeof name, "/sys/class/block/%s/dm/name", node->name) >= 0)
		memcpy(node->label, name, sizeof name);
	r = root->table(root, node->number, &node->table);
	if (r == -ENOMEM)
		return r;
	node->table_error = r;
	return 0;
}

static int add_node(const struct sysroot *root, struct users *users, const char *name)
{
	struct users_node *node;
	int r = grow((void **)&users->nodes, users->node_count, sizeof *users->nodes);

	if (r < 0)
		return r;
	node = &users->nodes[users->node_count];
	r = load_node(root, name, node);
	if (r < 0)
		return is_gone(root, name) ? 0 : r;
	users->node_count++;
	return node->kind == USERS_DM ? load_table(root, node) : 0;
}

static int load_nodes(const struct sysroot *root, struct users *users)
{
	char(*names)[SYSROOT_NAME] = calloc(NODES_MAX, SYSROOT_NAME);
	_cleanup_free_ _unused_ void *owner = names;
	size_t count = 0;
	int r = names ? sysroot_list(root, "/sys/class/block", names, NODES_MAX, &count) : -ENOMEM;

	for (size_t i = 0; r >= 0 && i < count; i++)
		r = add_node(root, users, names[i]);
	return r;
}

/* The folder that a partition's folder lies in is its disk's. */
static int load_partition(const struct sysroot *root, struct users *users, size_t index)
{
	struct users_node *node = &users->nodes[index];
	struct users_use use = {.upper = index, .kind = USERS_PARTITION};
	struct sysroot_device number;
	char text[32];

	if (sysroot_read(root, text, sizeof text, "/sys/dev/block/%u:%u/../dev", node->number.major,
		    node->number.minor) < 0 ||
		sysroot_parse_device(text, &number) < 0)
		return 0;
	node->parent = use.lower = users_find(users, number);
	if (node->parent == USERS_NONE)
		return 0;
	users->nodes[node->parent].has_partitions = true;
	return users_add(users, &use);
}

/* --- what maps what --- */

static bool maps(const struct dmtable_target *target, struct sysroot_device number)
{
	for (size_t i = 0; i < target->device_count; i++)
		if (target->devices[i].major == number.major && target->devices[i].minor == number.minor)
			return true;
	return false;
}

static bool is_type(const struct dmtable_target *target, const char *type)
{
	return strcmp(target->type, type) == 0;
}

/* One use for each target that maps a node: they may differ in what they do. */
static int add_mapped(struct users *users, size_t upper, const struct dmtable_target *target)
{
	struct users_use use = {.upper = upper,
		.target = target,
		.kind = target->kind == DMTABLE_CRYPT ? USERS_CRYPT : USERS_PASS};
	int r = 0;

	(void)snprintf(use.what, sizeof use.what, "%s", target->type);
	for (size_t i = 0; r >= 0 && i < users->node_count; i++)
		if (maps(target, users->nodes[i].number)) {
			use.lower = i;
			r = users_add(users, &use);
		}
	return r;
}

/* What is written to the origin of a snapshot goes, as it was before, to the store that only the snapshot's
 * own table names. */
static int add_old_contents(struct users *users, const struct dmtable_target *snapshot)
{
	struct users_use use = {.kind = USERS_PASS, .target = snapshot, .what = "snapshot-origin"};
	struct sysroot_device origin, store;
	int r = 0;

	if (snapshot->device_count < 2)
		return 0;
	origin = (struct sysroot_device){snapshot->devices[0].major, snapshot->devices[0].minor};
	store = (struct sysroot_device){snapshot->devices[1].major, snapshot->devices[1].minor};
	use.lower = users_find(users, store);
	for (size_t i = 0; use.lower != USERS_NONE && r >= 0 && i < users->node_count; i++) {
		const struct dmtable *table = &users->nodes[i].table;

		use.upper = i;
		if (table->count > 0 && is_type(&table->targets[0], "snapshot-origin") &&
			maps(&table->targets[0], origin))
			r = users_add(users, &use);
	}
	return r;
}

static int add_table(struct users *users, size_t index)
{
	const struct dmtable *table = &users->nodes[index].table;
	int r = 0;

	for (size_t i = 0; r >= 0 && i < table->count; i++) {
		r = add_mapped(users, index, &table->targets[i]);
		if (r >= 0 && is_type(&table->targets[i], "snapshot"))
			r = add_old_contents(users, &table->targets[i]);
	}
	return r;
}

static bool is_known_use(const struct users *users, size_t lower, size_t upper)
{
	for (size_t i = 0; i < users->use_count; i++)
		if (users->uses[i].lower == lower && users->uses[i].upper == upper)
			return true;
	return false;
}

/* Holders that no table has explained: md, bcache, and mapped devices whose table could not be read. */
static int add_holders(const struct sysroot *root, struct users *users, size_t lower)
{
	char(*names)[SYSROOT_NAME] = calloc(NAMES_MAX, SYSROOT_NAME);
	_cleanup_free_ _unused_ void *owner = names;
	char path[SYSROOT_NAME + 32];
	size_t count = 0;
	int r;

	if (!names)
		return -ENOMEM;
	(void)snprintf(path, sizeof path, "/sys/class/block/%s/holders", users->nodes[lower].name);
	r = sysroot_list(root, path, names, NAMES_MAX, &count);
	if (r == -ENOENT || r == -ENODEV)
		return 0;
	if (r < 0)
		return users_add(users, &(struct users_use){.lower = lower,
						.upper = USERS_NONE,
						.kind = USERS_UNREADABLE,
						.text = "something that could not be listed"});
	for (size_t i = 0; r >= 0 && i < count; i++) {
		struct users_use use = {.lower = lower, .upper = users_find_name(users, names[i])};

		(void)snprintf(use.text, sizeof use.text, "%s", names[i]);
		if (use.upper != USERS_NONE && is_known_use(users, lower, use.upper))
			continue;
		use.kind = use.upper == USERS_NONE || users->nodes[use.upper].kind == USERS_DM
				   ? USERS_UNREADABLE
				   : USERS_PASS;
		r = users_add(users, &use);
	}
	return r;
}

int users_load(const struct sysroot *root, struct users *ret_users)
{
	struct users *users = ret_users;
	int r;

	*users = (struct users){0};
	r = load_nodes(root, users);
	for (size_t i = 0; r >= 0 && i < users->node_count; i++)
		if (users->nodes[i].kind == USERS_PARTITION_OF_DISK)
			r = load_partition(root, users, i);
	for (size_t i = 0; r >= 0 && i < users->node_count; i++)
		r = add_table(users, i);
	for (size_t i = 0; r >= 0 && i < users->node_count; i++)
		r = add_holders(root, users, i);
	return r < 0 ? r : users_load_files(root, users);
}

void users_clear(struct users *users)
{
	for (size_t i = 0; i < users->node_count; i++)
		dmtable_clear(&users->nodes[i].table);
	free(users->nodes);
	free(users->uses);
	*users = (struct users){0};
}
