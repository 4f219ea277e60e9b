/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Partitions and file systems by libblkid. See probe.h. */

#include "device/probe.h"

#include <blkid/blkid.h>
#include <string.h>

#define SECTOR 512

static blkid_probe probe_free(blkid_probe probe)
{
	if (probe)
		blkid_free_probe(probe);
	return NULL;
}

static void probe_freep(blkid_probe *probe)
{
	*probe = probe_free(*probe);
}

/* Looks for a file system in one range, size 0: to the end. */
static int look_at(blkid_probe probe, int fd, uint64_t start, uint64_t size, enum probe_answer *ret_answer,
	char ret_type[static PROBE_TYPE])
{
	const char *type = NULL;
	int r;

	if (!probe)
		return -ENOMEM;
	if (blkid_probe_set_device(probe, fd, (blkid_loff_t)start, (blkid_loff_t)size) != 0)
		return -EIO;
	(void)blkid_probe_enable_superblocks(probe, 1);
	(void)blkid_probe_set_superblocks_flags(probe, BLKID_SUBLKS_TYPE | BLKID_SUBLKS_USAGE);
	r = blkid_do_safeprobe(probe);
	if (r == -1)
		return -EIO;
	if (r == 0)
		(void)blkid_probe_lookup_value(probe, "TYPE", &type, NULL);
	(void)snprintf(ret_type, PROBE_TYPE, "%s", type ? type : "");
	*ret_answer = r == -2 ? PROBE_SEVERAL : type ? PROBE_FOUND : PROBE_NOTHING;
	return 0;
}

/* The file system's type, or "" for nothing known or more than one answer. */
static int type_of(int fd, uint64_t start, uint64_t size, char ret_type[static PROBE_TYPE])
{
	_cleanup_(probe_freep) blkid_probe probe = blkid_new_probe();
	enum probe_answer answer;

	return look_at(probe, fd, start, size, &answer, ret_type);
}

static bool is_container(blkid_partition partition)
{
	int type = blkid_partition_get_type(partition);

	return blkid_partition_is_extended(partition) || type == 0x05 || type == 0x0f || type == 0x85;
}

static int add_partition(int fd, blkid_partition partition, struct probe_volume *volumes, size_t *count)
{
	struct probe_volume *volume = &volumes[*count];

	if (is_container(partition))
		return 0;
	if (*count == PROBE_VOLUMES_MAX)
		return -E2BIG;
	*volume = (struct probe_volume){
		.start = (uint64_t)blkid_partition_get_start(partition) * SECTOR,
		.size = (uint64_t)blkid_partition_get_size(partition) * SECTOR,
		.number = (unsigned)blkid_partition_get_partno(partition),
	};
	(*count)++;
	return type_of(fd, volume->start, volume->size, volume->type);
}

static int add_partitions(int fd, blkid_partlist list, struct probe_volume *volumes, size_t *count)
{
	int partitions = blkid_partlist_numof_partitions(list), r = 0;

	for (int i = 0; i < partitions && r >= 0; i++)
		r = add_partition(fd, blkid_partlist_get_partition(list, i), volumes, count);
	return r;
}

int probe_volumes(int fd, struct probe_volume ret_volumes[static PROBE_VOLUMES_MAX], size_t *ret_count)
{
	_cleanup_(probe_freep) blkid_probe probe = blkid_new_probe();
	blkid_partlist list;
	size_t count = 0;
	int r;

	if (!probe)
		return -ENOMEM;
	if (blkid_probe_set_device(probe, fd, 0, 0) != 0)
		return -EIO;
	/* A boot sector is no partition table: ask for a file system on the whole device first. */
	ret_volumes[0] = (struct probe_volume){.size = (uint64_t)blkid_probe_get_size(probe)};
	r = type_of(fd, 0, ret_volumes[0].size, ret_volumes[0].type);
	if (r < 0)
		return r;
	*ret_count = 1;
	if (ret_volumes[0].type[0] != 0)
		return 0;
	(void)blkid_probe_enable_partitions(probe, 1);
	list = blkid_probe_get_partitions(probe);
	if (!list)
		return 0;
	r = add_partitions(fd, list, ret_volumes, &count);
	if (r >= 0)
		*ret_count = count;
	return r;
}

int probe_signature(int fd, enum probe_answer *ret_answer, char ret_type[static PROBE_TYPE], bool *ret_table)
{
	_cleanup_(probe_freep) blkid_probe probe = blkid_new_probe();
	int r = look_at(probe, fd, 0, 0, ret_answer, ret_type);

	if (r < 0)
		return r;
	(void)blkid_probe_enable_superblocks(probe, 0);
	(void)blkid_probe_enable_partitions(probe, 1);
	*ret_table = blkid_do_fullprobe(probe) == 0 && blkid_probe_has_value(probe, "PTTYPE");
	return 0;
}

int probe_partition_type(int disk_fd, uint64_t start, char ret_type[static PROBE_PART_TYPE])
{
	_cleanup_(probe_freep) blkid_probe probe = blkid_new_probe();
	blkid_partlist list;
	const char *text = NULL;

	ret_type[0] = 0;
	if (!probe)
		return -ENOMEM;
	if (blkid_probe_set_device(probe, disk_fd, 0, 0) != 0)
		return -EIO;
	(void)blkid_probe_enable_partitions(probe, 1);
	list = blkid_probe_get_partitions(probe);
	for (int i = 0; list && i < blkid_partlist_numof_partitions(list); i++) {
		blkid_partition partition = blkid_partlist_get_partition(list, i);

		if ((uint64_t)blkid_partition_get_start(partition) * SECTOR != start)
			continue;
		text = blkid_partition_get_type_string(partition);
		if (text)
			(void)snprintf(ret_type, PROBE_PART_TYPE, "%s", text);
		else
			(void)snprintf(ret_type, PROBE_PART_TYPE, "0x%02x",
				(unsigned)blkid_partition_get_type(partition) & 0xffU);
	}
	return 0;
}
