/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * Walking sysfs. Directory names and attributes come from the kernel, but their content from hostile devices
 * (serial, product): all text is bounded and none of it is used as a path.
 */

#include "device/sysfs.h"

#include "base/fd.h"
#include "base/number.h"
#include "device/topology.h"

#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/sysmacros.h>

#define STACK_BELOW_MAX 256
#define STACK_DEPTH_MAX 16
#define SECTOR          512

static void closedirp(DIR **d)
{
	if (*d)
		(void)closedir(*d);
}

bool sysfs_read(const char *path, const char *attribute, char *ret_text, size_t size)
{
	_cleanup_close_ int fd = -1;
	char file[PATH_MAX], data[512];
	char *start = data;
	size_t length;
	ssize_t n;

	ret_text[0] = '\0';
	if (snprintf(file, sizeof(file), "%s/%s", path, attribute) >= (int)sizeof(file))
		return false;
	fd = open(file, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (fd < 0)
		return false;
	n = fd_read_full(fd, data, sizeof(data) - 1);
	if (n < 0)
		return false;
	data[n] = '\0';
	while (isspace((unsigned char)*start))
		start++;
	length = strlen(start);
	while (length > 0 && isspace((unsigned char)start[length - 1]))
		start[--length] = '\0';
	return facts_copy(ret_text, size, start) || (size_t)n == sizeof(data) - 1;
}

uint64_t sysfs_read_u64(const char *path, const char *attribute, uint64_t missing)
{
	char text[32];
	uint64_t value;

	(void)sysfs_read(path, attribute, text, sizeof(text));
	return number_parse_u64(text, &value) < 0 ? missing : value;
}

static unsigned read_hex(const char *path, const char *attribute)
{
	char text[16], *end;
	unsigned long value;

	(void)sysfs_read(path, attribute, text, sizeof(text));
	value = strtoul(text, &end, 16);
	return *end || end == text || value > 0xffff ? 0 : (unsigned)value;
}

/* Decimal digits followed by `after`; the text behind it, NULL for anything else. */
static const char *parse_part(const char *text, char after, unsigned *ret_value)
{
	unsigned long value;
	char *stop;

	if (!isdigit((unsigned char)*text))
		return NULL;
	errno = 0;
	value = strtoul(text, &stop, 10);
	if (errno || value > UINT_MAX || *stop != after)
		return NULL;
	*ret_value = (unsigned)value;
	return after ? stop + 1 : stop;
}

int sysfs_parse_number(const char *text, dev_t *ret_number)
{
	char copy[32];
	unsigned major_number, minor_number;
	size_t length = strcspn(text, " \t\n");
	const char *rest;

	if (length >= sizeof(copy))
		return -EINVAL;
	memcpy(copy, text, length);
	copy[length] = '\0';
	rest = parse_part(copy, ':', &major_number);
	if (!rest || !parse_part(rest, '\0', &minor_number))
		return -EINVAL;
	*ret_number = makedev(major_number, minor_number);
	return 0;
}

int sysfs_read_number(const char *path, dev_t *ret_number)
{
	char text[32];

	(void)sysfs_read(path, "dev", text, sizeof(text));
	return sysfs_parse_number(text, ret_number) < 0 ? -ENODEV : 0;
}

int sysfs_block_path(const char *root, dev_t number, char ret_path[static DEVICE_PATH])
{
	char link[PATH_MAX], real[PATH_MAX];

	(void)snprintf(link, sizeof(link), "%s/dev/block/%u:%u", root, major(number), minor(number));
	if (!realpath(link, real))
		return errno == ENOENT ? -ENODEV : -errno;
	if (strlen(real) >= DEVICE_PATH)
		return -ENAMETOOLONG;
	(void)facts_copy(ret_path, DEVICE_PATH, real);
	return 0;
}

/* Last part of the target of a link in sysfs, such as "subsystem" or "driver". */
static void read_link_name(const char *path, const char *name, char *ret_text, size_t size)
{
	char file[PATH_MAX], target[PATH_MAX];
	const char *slash;
	ssize_t n;

	ret_text[0] = '\0';
	if (snprintf(file, sizeof(file), "%s/%s", path, name) >= (int)sizeof(file))
		return;
	n = readlink(file, target, sizeof(target) - 1);
	if (n <= 0)
		return;
	target[n] = '\0';
	slash = strrchr(target, '/');
	(void)facts_copy(ret_text, size, slash ? slash + 1 : target);
}

static bool exists(const char *path, const char *name)
{
	char file[PATH_MAX];

	return snprintf(file, sizeof(file), "%s/%s", path, name) < (int)sizeof(file) &&
	       access(file, F_OK) == 0;
}

/* A USB device (not an interface): the one place whose serial identifies the thing people hold in their
 * hands. */
static void take_usb_device(const char *path, struct device_facts *facts)
{
	if (facts->vendor_id || facts->product_id || !exists(path, "idVendor"))
		return;
	facts->vendor_id = read_hex(path, "idVendor");
	facts->product_id = read_hex(path, "idProduct");
	facts->serial_cut = sysfs_read(path, "serial", facts->serial, sizeof(facts->serial));
	(void)sysfs_read(path, "manufacturer", facts->vendor, sizeof(facts->vendor));
	(void)sysfs_read(path, "product", facts->product, sizeof(facts->product));
}

/* "3:0:0:1" as a SCSI device is called: host, channel, target, logical unit. */
static bool parse_scsi_lun(const char *path, unsigned *ret_lun)
{
	const char *at = strrchr(path, '/');
	unsigned ignored;

	for (int i = 0; i < 3 && at; i++)
		at = parse_part(i == 0 ? at + 1 : at, ':', &ignored);
	return at && parse_part(at, '\0', ret_lun);
}

/* Names that the disk itself gives; a USB device's own words replace them later. */
static void take_disk_words(const char *path, const char *subsystem, struct device_facts *facts)
{
	if (strcmp(subsystem, "scsi") == 0 && parse_scsi_lun(path, &facts->lun)) {
		(void)sysfs_read(path, "vendor", facts->vendor, sizeof(facts->vendor));
		(void)sysfs_read(path, "model", facts->product, sizeof(facts->product));
	} else if (strcmp(subsystem, "nvme") == 0 && exists(path, "model")) {
		(void)sysfs_read(path, "model", facts->product, sizeof(facts->product));
		facts->serial_cut = sysfs_read(path, "serial", facts->serial, sizeof(facts->serial));
	} else if (strcmp(subsystem, "mmc") == 0) {
		(void)sysfs_read(path, "name", facts->product, sizeof(facts->product));
		facts->serial_cut = sysfs_read(path, "serial", facts->serial, sizeof(facts->serial));
	}
}

static void see_parent(const char *path, struct topology *topology, struct device_facts *facts)
{
	char subsystem[32], driver[32], type[16] = "", removable[16] = "";
	struct topology_parent parent = {subsystem, driver, type, removable};

	read_link_name(path, "subsystem", subsystem, sizeof(subsystem));
	if (!subsystem[0])
		return;
	read_link_name(path, "driver", driver, sizeof(driver));
	if (strcmp(subsystem, "mmc") == 0)
		(void)sysfs_read(path, "type", type, sizeof(type));
	if (strcmp(subsystem, "pci") == 0)
		(void)sysfs_read(path, "removable", removable, sizeof(removable));
	topology_see(topology, &parent);
	take_disk_words(path, subsystem, facts);
	if (strcmp(subsystem, "usb") == 0)
		take_usb_device(path, facts);
}

/* From the disk's directory up to "devices", which is never left. */
static void walk_up(const char *root, const char *disk, struct device_facts *facts)
{
	struct topology topology = {0};
	char path[DEVICE_PATH], top[PATH_MAX], real_root[PATH_MAX];
	char *slash;

	if (!realpath(root, real_root))
		return;
	if (snprintf(top, sizeof(top), "%s/devices", real_root) >= (int)sizeof(top))
		return;
	(void)snprintf(path, sizeof(path), "%s", disk);
	while ((slash = strrchr(path, '/')) && slash != path) {
		*slash = '\0';
		if (strncmp(path, top, strlen(top)) != 0 || strcmp(path, top) == 0)
			break;
		see_parent(path, &topology, facts);
	}
	facts->bus = topology.bus;
	facts->in_reader_slot = topology.in_reader_slot;
	facts->external = topology_external(&topology);
}

static void name_node(const char *path, char ret_node[static DEVICE_TEXT])
{
	const char *name = strrchr(path, '/');
	char node[DEVICE_TEXT];

	(void)snprintf(node, sizeof(node), "/dev/%.100s", name ? name + 1 : path);
	/* The kernel writes '/' in names as '!'. */
	for (char *p = node + 5; *p; p++)
		if (*p == '!')
			*p = '/';
	memcpy(ret_node, node, sizeof(node));
}

static void take_partition(const char *disk, const char *name, struct device_facts *facts)
{
	struct device_volume volume = {0};
	char path[DEVICE_PATH + NAME_MAX + 2];

	(void)snprintf(path, sizeof(path), "%s/%s", disk, name);
	volume.number = (unsigned)sysfs_read_u64(path, "partition", 0);
	if (volume.number == 0)
		return;
	if (facts->volumes == DEVICE_PARTITIONS_MAX) {
		facts->more_volumes = true;
		return;
	}
	name_node(path, volume.node);
	volume.start = sysfs_read_u64(path, "start", 0) * SECTOR;
	volume.size = sysfs_read_u64(path, "size", 0) * SECTOR;
	facts->volume[facts->volumes++] = volume;
}

static int by_number(const void *a, const void *b)
{
	const struct device_volume *x = a, *y = b;

	return (x->number > y->number) - (x->number < y->number);
}

static void take_partitions(const char *disk, struct device_facts *facts)
{
	_cleanup_(closedirp) DIR *dir = opendir(disk);
	const struct dirent *entry;

	while (dir && (entry = readdir(dir)))
		if (entry->d_name[0] != '.' && entry->d_type == DT_DIR)
			take_partition(disk, entry->d_name, facts);
	if (facts->volumes > 1)
		qsort(facts->volume, facts->volumes, sizeof(facts->volume[0]), by_number);
}

int sysfs_disk_facts(const char *root, dev_t number, struct device_facts *ret_facts)
{
	struct device_facts facts = {.kind = DEVICE_DISK, .number = number};
	int r;

	r = sysfs_block_path(root, number, facts.syspath);
	if (r < 0)
		return r;
	if (exists(facts.syspath, "partition"))
		return -ENODEV;
	name_node(facts.syspath, facts.node);
	facts.size = sysfs_read_u64(facts.syspath, "size", 0) * SECTOR;
	facts.diskseq = sysfs_read_u64(facts.syspath, "diskseq", 0);
	facts.read_only = sysfs_read_u64(facts.syspath, "ro", 0) != 0;
	walk_up(root, facts.syspath, &facts);
	take_partitions(facts.syspath, &facts);
	*ret_facts = facts;
	return 0;
}

struct members {
	dev_t *numbers;
	size_t count, max;
};

/* Calls visit with the directory of each device that a link in path/folder leads to, until it returns
 * non-zero. */
static int each_link(
	const char *path, const char *folder, int (*visit)(const char *file, void *data), void *data)
{
	_cleanup_(closedirp) DIR *dir = NULL;
	char file[DEVICE_PATH + NAME_MAX + 16];
	const struct dirent *entry;
	int r = 0;

	(void)snprintf(file, sizeof(file), "%s/%s", path, folder);
	dir = opendir(file);
	while (dir && r == 0 && (entry = readdir(dir))) {
		if (entry->d_name[0] == '.')
			continue;
		(void)snprintf(file, sizeof(file), "%s/%s/%s", path, folder, entry->d_name);
		r = visit(file, data);
	}
	return r;
}

static int add_member(const char *file, void *data)
{
	struct members *members = data;
	dev_t number;

	if (sysfs_read_number(file, &number) < 0)
		return 0;
	if (members->count == members->max)
		return -E2BIG;
	members->numbers[members->count++] = number;
	return 0;
}

int sysfs_below(const char *root, dev_t number, dev_t *ret_numbers, size_t max, size_t *ret_count)
{
	struct members members = {.numbers = ret_numbers, .max = max};
	char path[DEVICE_PATH];
	int r;

	r = sysfs_block_path(root, number, path);
	if (r < 0)
		return r;
	if (exists(path, "partition")) {
		*strrchr(path, '/') = '\0';
		r = add_member(path, &members);
	} else {
		r = each_link(path, "slaves", add_member, &members);
	}
	*ret_count = members.count;
	return r;
}

static int lowest(const char *root, dev_t number, unsigned depth, sysfs_visit visit, void *data)
{
	dev_t below[STACK_BELOW_MAX];
	char path[DEVICE_PATH];
	size_t count;
	int r;

	if (depth > STACK_DEPTH_MAX)
		return -ELOOP;
	r = sysfs_below(root, number, below, ELEMENTS(below), &count);
	if (r < 0)
		return r;
	for (size_t i = 0; i < count && r == 0; i++)
		r = lowest(root, below[i], depth + 1, visit, data);
	if (r != 0 || count > 0)
		return r;
	r = sysfs_block_path(root, number, path);
	return r < 0 ? r : visit(number, path, data);
}

int sysfs_lowest_disks(const char *root, dev_t number, sysfs_visit visit, void *data)
{
	return lowest(root, number, 0, visit, data);
}

int sysfs_holders(const char *path, sysfs_holder visit, void *data)
{
	_cleanup_(closedirp) DIR *dir = opendir(path);
	char file[DEVICE_PATH + NAME_MAX + 2];
	const struct dirent *entry;
	int r = each_link(path, "holders", visit, data);

	while (r == 0 && dir && (entry = readdir(dir))) {
		(void)snprintf(file, sizeof(file), "%s/%s", path, entry->d_name);
		if (entry->d_name[0] != '.' && exists(file, "partition"))
			r = each_link(file, "holders", visit, data);
	}
	return r;
}

static int has_prefix(const char *file, void *data)
{
	const char *prefix = data;
	char uuid[DEVICE_TEXT];

	(void)sysfs_read(file, "dm/uuid", uuid, sizeof(uuid));
	return strncmp(uuid, prefix, strlen(prefix)) == 0;
}

bool sysfs_held_by(const char *path, const char *uuid_prefix)
{
	char prefix[DEVICE_TEXT];

	(void)facts_copy(prefix, sizeof(prefix), uuid_prefix);
	return sysfs_holders(path, has_prefix, prefix) != 0;
}
