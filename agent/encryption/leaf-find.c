/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * Which devices are leaves, which of them leave the building by themselves, and what must be looked at.
 *
 * A disk with partitions is not a leaf, its partitions are; but where something uses the disk as a whole (a
 * RAID made by the firmware, a mounted image) it is one too, and where room is left outside the partitions it
 * is one for that: what a deleted partition held is still there. Devices without a medium and the hidden
 * halves of shared NVMe disks are none.
 */

#include "encryption/leaf-walk.h"

#include "device/sysfs.h"
#include "device/topology.h"

#include <linux/major.h>
#include <string.h>
#include <sys/sysmacros.h>

bool leaf_counts(const struct leaf_walk *walk, const struct users_use *use)
{
	const struct users_node *lower = &walk->users.nodes[use->lower];

	return use->kind != USERS_PARTITION || !lower->real || !walk->nodes[use->upper].is_leaf;
}

bool leaf_is_used_as_a_whole(const struct leaf_walk *walk, size_t node)
{
	for (size_t i = 0; i < walk->users.use_count; i++)
		if (walk->users.uses[i].lower == node && walk->users.uses[i].kind != USERS_PARTITION)
			return true;
	return false;
}

static bool is_leaf(const struct leaf_walk *walk, size_t index, bool *ret_rest_only)
{
	const struct users_node *node = &walk->users.nodes[index];

	*ret_rest_only = false;
	if (!node->real || node->hidden || node->size == 0)
		return false;
	if (node->kind != USERS_DISK && node->kind != USERS_PARTITION_OF_DISK)
		return false;
	if (!node->has_partitions || leaf_is_used_as_a_whole(walk, index))
		return true;
	*ret_rest_only = leaf_has_rest(walk, index);
	return *ret_rest_only;
}

/* NVMe disks that several controllers may share hang below none of them; the controllers are listed beside
 * the disk. */
static dev_t topology_number(const struct leaf_walk *walk, size_t index)
{
	const struct users_node *node = &walk->users.nodes[index];

	if (node->parent != USERS_NONE)
		node = &walk->users.nodes[node->parent];
	for (size_t i = 0; i < walk->users.node_count; i++) {
		const struct users_node *path = &walk->users.nodes[i];
		char link[SYSROOT_PATH];
		const char *c = strstr(path->name, "c");
		size_t head = c ? (size_t)(c - path->name) : 0;

		/* "nvme0c1n1" is a way to "nvme0n1". */
		if (path->hidden && head > 0 && strncmp(path->name, node->name, head) == 0 &&
			strchr(c, 'n') && strcmp(strchr(c, 'n'), node->name + head) == 0 &&
			sysroot_link(walk->root, link, sizeof link, "/sys/class/block/%s", path->name) >= 0)
			return makedev(path->number.major, path->number.minor);
	}
	return makedev(node->number.major, node->number.minor);
}

/* A disc in the computer's own drive is taken out as easily as a stick. */
static bool is_external(const struct leaf_walk *walk, size_t index)
{
	_cleanup_free_ struct device_facts *facts = calloc(1, sizeof *facts);
	char sys[SYSROOT_PATH];

	if (walk->users.nodes[index].number.major == SCSI_CDROM_MAJOR)
		return true;

	if (!facts || (size_t)snprintf(sys, sizeof sys, "%s/sys", walk->root->prefix) >= sizeof sys ||
		sysfs_disk_facts(sys, topology_number(walk, index), facts) < 0)
		return false;
	return facts->external;
}

/* Everything above a leaf that is reached without passing encryption. */
static void want(struct leaf_walk *walk, size_t index, unsigned depth)
{
	if (walk->nodes[index].wanted || depth > 64)
		return;
	walk->nodes[index].wanted = true;
	for (size_t i = 0; i < walk->users.use_count; i++) {
		const struct users_use *use = &walk->users.uses[i];

		if (use->lower == index && use->upper != USERS_NONE && use->kind != USERS_CRYPT &&
			leaf_counts(walk, use))
			want(walk, use->upper, depth + 1);
	}
}

static int find_named(struct leaf_walk *walk)
{
	for (size_t i = 0; i < walk->options->device_count; i++) {
		const char *name = walk->options->devices[i];
		size_t found;

		if (strncmp(name, "/dev/", 5) == 0)
			name += 5;
		found = users_find_name(&walk->users, name);
		for (size_t k = 0; found == USERS_NONE && k < walk->users.node_count; k++)
			if (strncmp(name, "mapper/", 7) == 0 &&
				strcmp(walk->users.nodes[k].label, name + 7) == 0)
				found = k;
		if (found == USERS_NONE)
			return -ENOENT;
		walk->nodes[found].is_leaf = true;
	}
	return 0;
}

int leaf_find(struct leaf_walk *walk)
{
	bool any = false;
	int r = find_named(walk);

	if (r < 0)
		return r;
	for (size_t i = 0; i < walk->users.node_count; i++) {
		if (walk->options->device_count == 0)
			walk->nodes[i].is_leaf = is_leaf(walk, i, &walk->nodes[i].rest_only);
		any = any || walk->nodes[i].is_leaf;
	}
	for (size_t i = 0; i < walk->users.node_count; i++) {
		if (!walk->nodes[i].is_leaf)
			continue;
		walk->nodes[i].external = is_external(walk, i);
		want(walk, i, 0);
	}
	return any ? 0 : -ENODEV;
}
