/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * Disks, cameras, phones and tablets, and what udev's own probing (blkid) found on partitions.
 *
 * Identity and place come from sysfs (sysfs.h), the same way the helper sees them; from udev come only
 * file-system type, serial and label, the partition table's id, what outing-media and the hwdb said, and
 * whether it is done. Media are never opened here. A USB device that is not authorised is not there.
 */

#include "device/udev.h"

#include "base/fd.h"
#include "base/hex.h"
#include "base/number.h"
#include "device/sysfs.h"
#include "device/system-disk.h"
#include "device/udev-link.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/sysmacros.h>

struct device_monitor {
	struct udev_link *link;
};

/* Who is told. */
struct reporting {
	const struct device_monitor *monitor;
	device_callback callback;
	void *data;
};

static const struct udev_link_match block_disks = {"block", "disk"}, usb_devices = {"usb", "usb_device"};

int device_monitor_new(struct device_monitor **ret_monitor)
{
	const struct udev_link_match watched[] = {{"block", NULL}, usb_devices};
	_cleanup_(device_monitor_freep) struct device_monitor *monitor = calloc(1, sizeof *monitor);
	int r = monitor ? udev_link_new(watched, ELEMENTS(watched), &monitor->link) : -ENOMEM;

	if (r >= 0)
		*ret_monitor = TAKE_PTR(monitor);
	return r;
}

struct device_monitor *device_monitor_free(struct device_monitor *monitor)
{
	if (monitor)
		(void)udev_link_free(monitor->link);
	free(monitor);
	return NULL;
}

int device_monitor_fd(const struct device_monitor *monitor)
{
	return udev_link_fd(monitor->link);
}

static bool hex_byte(const char *text, uint8_t *ret_value)
{
	char digits[3] = {text[0], text[0] ? text[1] : '\0', '\0'};

	return hex_decode(digits, ret_value, 1) == 0;
}

/* udev stores exact bytes with \xHH for everything unusual; back to the bytes. */
static void decode(const char *text, char *ret_text, size_t size)
{
	size_t used = 0;

	while (*text && used + 1 < size) {
		uint8_t value = 0;

		if (text[0] == '\\' && text[1] == 'x' && hex_byte(text + 2, &value) && value) {
			ret_text[used++] = (char)value;
			text += 4;
		} else {
			ret_text[used++] = *text++;
		}
	}
	ret_text[used] = '\0';
}

static void take_file_system(struct udev_device *device, struct device_volume *volume)
{
	(void)facts_copy(volume->type, sizeof(volume->type), udev_link_property(device, "ID_FS_TYPE"));
	(void)facts_copy(volume->serial, sizeof(volume->serial), udev_link_property(device, "ID_FS_UUID"));
	decode(udev_link_property(device, "ID_FS_LABEL_ENC"), volume->label, sizeof(volume->label));
}

static bool take_volume(
	const struct device_monitor *monitor, const struct device_facts *disk, struct device_volume *volume)
{
	_cleanup_device_ struct udev_device *device = NULL;
	const char *name = strrchr(volume->node, '/');
	char path[DEVICE_PATH + DEVICE_TEXT];

	(void)snprintf(path, sizeof(path), "%s%s", disk->syspath, name ? name : "");
	device = udev_device_new_from_syspath(udev_link_context(monitor->link), path);
	if (!device || udev_device_get_is_initialized(device) <= 0)
		return false;
	take_file_system(device, volume);
	return true;
}

/* A disk without partitions is its own only volume, if udev found anything on it. */
static void take_whole_disk(struct udev_device *device, struct device_facts *facts)
{
	struct device_volume *volume = &facts->volume[0];

	if (facts->volumes || facts->size == 0 || !udev_link_property(device, "ID_FS_TYPE")[0])
		return;
	facts->volumes = 1;
	memcpy(volume->node, facts->node, sizeof(volume->node));
	volume->size = facts->size;
	take_file_system(device, volume);
}

static bool holds_system(dev_t number)
{
	struct system_disks disks;

	/* Not knowing means hands off. */
	if (system_disks_find(&SYSTEM_ROOTS, &disks) < 0)
		return true;
	return system_disks_contain(&disks, number);
}

static int disk_facts(const struct device_monitor *monitor, dev_t number, struct device_facts *ret_facts)
{
	_cleanup_device_ struct udev_device *device = NULL;
	struct device_facts facts;
	int r;

	device = udev_device_new_from_devnum(udev_link_context(monitor->link), 'b', number);
	if (!device)
		return -ENODEV;
	r = sysfs_disk_facts(SYSFS_ROOT, number, &facts);
	if (r < 0)
		return r;
	facts.settled = udev_device_get_is_initialized(device) > 0;
	(void)facts_copy(
		facts.table_type, sizeof(facts.table_type), udev_link_property(device, "ID_PART_TABLE_TYPE"));
	(void)facts_copy(
		facts.table_id, sizeof(facts.table_id), udev_link_property(device, "ID_PART_TABLE_UUID"));
	(void)facts_copy(facts.media, sizeof(facts.media), udev_link_property(device, "OUTING_MEDIA"));
	facts.hardware_encrypted =
		strcmp(udev_link_property(device, "OUTING_GUARD_HARDWARE_ENCRYPTED"), "1") == 0;
	for (size_t i = 0; i < facts.volumes; i++)
		facts.settled &= take_volume(monitor, &facts, &facts.volume[i]);
	take_whole_disk(device, &facts);
	facts.external |= strcmp(udev_link_property(device, "OUTING_GUARD"), "1") == 0;
	facts.holds_system = facts.external && holds_system(number);
	*ret_facts = facts;
	return 0;
}

static bool interface_is_mtp(const char *device, const char *interface)
{
	char path[PATH_MAX], name[DEVICE_TEXT];

	if (!strchr(interface, ':') ||
		snprintf(path, sizeof(path), "%s/%s", device, interface) >= (int)sizeof(path))
		return false;
	(void)sysfs_read(path, "interface", name, sizeof(name));
	return strcasestr(name, "mtp") != NULL;
}

/* Phones often have MTP in a vendor's class and say so in the interface's name only. */
static bool calls_itself_mtp(const char *path)
{
	DIR *directory = opendir(path);
	const struct dirent *entry;
	bool found = false;

	while (directory && !found && (entry = readdir(directory)))
		found = interface_is_mtp(path, entry->d_name);
	if (directory)
		(void)closedir(directory);
	return found;
}

/* Interface classes as udev lists them: ":060101:..."; still image capture is 06/01/01. Our own rules take
 * the other properties away from what the desktop may not open, and say so in theirs. */
static enum device_kind usb_kind(struct udev_device *device)
{
	const char *exit = udev_link_property(device, "OUTING_EXIT"), *path = udev_device_get_syspath(device);

	if (strcmp(exit, "mtp") == 0)
		return DEVICE_MTP;
	if (strcmp(exit, "ptp") == 0)
		return DEVICE_PTP;
	if (strcmp(udev_link_property(device, "ID_MTP_DEVICE"), "1") == 0)
		return DEVICE_MTP;
	if (strstr(udev_link_property(device, "ID_USB_INTERFACES"), ":060101:") ||
		udev_link_property(device, "ID_GPHOTO2")[0])
		return DEVICE_PTP;
	/* A player, a phone, one that offers debugging: perhaps with files as well. */
	return *exit && strcmp(exit, "storage") != 0 && path && calls_itself_mtp(path) ? DEVICE_MTP
										       : DEVICE_OTHER;
}

/* Before that, no driver and no program talks to it, and neither do we. */
static bool is_authorised(struct udev_device *device)
{
	const char *path = udev_device_get_syspath(device);
	char text[8] = "";

	if (path)
		(void)sysfs_read(path, "authorized", text, sizeof(text));
	return strcmp(text, "1") == 0;
}

static void usb_facts(struct udev_device *device, struct device_facts *ret_facts)
{
	const char *path = udev_device_get_syspath(device), *node = udev_device_get_devnode(device);
	struct device_facts facts = {.kind = usb_kind(device), .bus = DEVICE_BUS_USB, .external = true};
	char text[16];

	(void)facts_copy(facts.syspath, sizeof(facts.syspath), path ? path : "");
	(void)facts_copy(facts.node, sizeof(facts.node), node ? node : "");
	facts.settled = udev_device_get_is_initialized(device) > 0;
	/* Since the start of the computer, in microseconds: udev keeps it as long as the device is there. */
	(void)number_parse_u64(udev_link_property(device, "USEC_INITIALIZED"), &facts.diskseq);
	(void)sysfs_read(facts.syspath, "idVendor", text, sizeof(text));
	facts.vendor_id = (unsigned)strtoul(text, NULL, 16);
	(void)sysfs_read(facts.syspath, "idProduct", text, sizeof(text));
	facts.product_id = (unsigned)strtoul(text, NULL, 16);
	facts.serial_cut = sysfs_read(facts.syspath, "serial", facts.serial, sizeof(facts.serial));
	(void)sysfs_read(facts.syspath, "manufacturer", facts.vendor, sizeof(facts.vendor));
	(void)sysfs_read(facts.syspath, "product", facts.product, sizeof(facts.product));
	*ret_facts = facts;
}

static bool is_optical(const char *name)
{
	return name && name[0] == 's' && name[1] == 'r';
}

static int report_disk(const struct reporting *to, dev_t number, enum device_event event)
{
	struct device_facts facts;
	int r;

	r = disk_facts(to->monitor, number, &facts);
	/* Gone again between event and look; its removal is reported by its own event. */
	if (r == -ENODEV)
		return 0;
	if (r < 0)
		return r;
	return facts.external ? to->callback(event, &facts, to->data) : 0;
}

static int report_removed(const struct reporting *to, struct udev_device *device, enum device_kind kind)
{
	const char *path = udev_device_get_syspath(device), *node = udev_device_get_devnode(device);
	struct device_facts facts = {.kind = kind};

	(void)facts_copy(facts.syspath, sizeof(facts.syspath), path ? path : "");
	(void)facts_copy(facts.node, sizeof(facts.node), node ? node : "");
	facts.number = kind == DEVICE_DISK ? udev_device_get_devnum(device) : 0;
	(void)number_parse_u64(udev_link_property(device, "DISKSEQ"), &facts.diskseq);
	return to->callback(DEVICE_REMOVED, &facts, to->data);
}

/* The disk of a partition; 0 when it is gone as well. */
static dev_t disk_of(struct udev_device *partition)
{
	struct udev_device *parent =
		udev_device_get_parent_with_subsystem_devtype(partition, "block", "disk");

	return parent ? udev_device_get_devnum(parent) : 0;
}

struct opened {
	const struct reporting *to;
	const char *node;
	uint64_t diskseq;
};

static int report_opened(dev_t disk, const char *path, void *data)
{
	const struct opened *opened = data;
	struct device_facts facts;
	int r;

	(void)path;
	r = disk_facts(opened->to->monitor, disk, &facts);
	if (r < 0)
		return r == -ENODEV ? 0 : r;
	if (!facts.external || facts.holds_system)
		return 0;
	(void)facts_copy(facts.opened, sizeof(facts.opened), opened->node);
	facts.opened_diskseq = opened->diskseq;
	return opened->to->callback(DEVICE_UNLOCKED, &facts, opened->to->data);
}

/* The rules have said of it that it is encrypted and stands on something external. */
static int handle_opened(const struct reporting *to, struct udev_device *device)
{
	const char *node = udev_device_get_devnode(device),
		   *uuid = udev_device_get_sysattr_value(device, "dm/uuid");
	struct opened opened = {to, node ? node : "", 0};
	int r;

	if (!uuid || strncmp(uuid, "CRYPT-", 6) != 0 ||
		strcmp(udev_link_property(device, "OUTING_MEDIA"), "encrypted") != 0)
		return 0;
	opened.diskseq = sysfs_read_u64(udev_device_get_syspath(device), "diskseq", 0);
	r = sysfs_lowest_disks(SYSFS_ROOT, udev_device_get_devnum(device), report_opened, &opened);
	return r == -ENODEV ? 0 : r;
}

static bool is_added(const char *action)
{
	return strcmp(action, "add") == 0 || strcmp(action, UDEV_LINK_PRESENT) == 0;
}

static int handle_block(const struct reporting *to, struct udev_device *device, const char *action)
{
	const char *type = udev_device_get_devtype(device);
	dev_t number;

	if (!type || is_optical(udev_device_get_sysname(device)))
		return 0;
	if (strcmp(type, "partition") == 0) {
		number = disk_of(device);
		return number ? report_disk(to, number, DEVICE_CHANGED) : 0;
	}
	if (strcmp(action, "remove") == 0)
		return report_removed(to, device, DEVICE_DISK);
	if (strncmp(udev_device_get_sysname(device), "dm-", 3) == 0)
		return handle_opened(to, device);
	return report_disk(
		to, udev_device_get_devnum(device), is_added(action) ? DEVICE_ADDED : DEVICE_CHANGED);
}

static int handle_usb(const struct reporting *to, struct udev_device *device, const char *action)
{
	enum device_kind kind = usb_kind(device);
	struct device_facts facts;

	/* What has gone may have lost its properties; the callee knows by the path whether it was there. */
	if (strcmp(action, "remove") == 0 || !is_authorised(device))
		return report_removed(to, device, kind);
	if (kind == DEVICE_OTHER)
		return 0;
	usb_facts(device, &facts);
	return to->callback(is_added(action) ? DEVICE_ADDED : DEVICE_CHANGED, &facts, to->data);
}

static int handle(struct udev_device *device, const char *action, void *data)
{
	const char *subsystem = udev_device_get_subsystem(device);

	if (!subsystem)
		return 0;
	return strcmp(subsystem, "block") == 0 ? handle_block(data, device, action)
					       : handle_usb(data, device, action);
}

int device_monitor_enumerate(struct device_monitor *monitor, device_callback callback, void *data)
{
	struct reporting to = {monitor, callback, data};
	int r = udev_link_each(monitor->link, &block_disks, handle, &to);

	return r != 0 ? r : udev_link_each(monitor->link, &usb_devices, handle, &to);
}

int device_monitor_dispatch(struct device_monitor *monitor, device_callback callback, void *data)
{
	struct reporting to = {monitor, callback, data};

	return udev_link_dispatch(monitor->link, handle, &to);
}

int device_monitor_lookup(struct device_monitor *monitor, dev_t number, struct device_facts *ret_facts)
{
	return disk_facts(monitor, number, ret_facts);
}

static int ask_for_change(const char *path, const char *partition)
{
	char file[DEVICE_PATH + DEVICE_TEXT + 16];
	_cleanup_close_ int fd = -1;

	(void)snprintf(file, sizeof(file), "%s%s/uevent", path, partition);
	fd = open(file, O_WRONLY | O_CLOEXEC | O_NOCTTY);
	if (fd < 0)
		return errno == ENOENT ? -ENODEV : -errno;
	return fd_write_full(fd, "change", strlen("change"));
}

int device_retrigger(const char *syspath)
{
	struct device_facts facts;
	dev_t number;
	int r;

	if (strlen(syspath) >= DEVICE_PATH)
		return -ENAMETOOLONG;
	r = ask_for_change(syspath, "");
	if (r < 0 || sysfs_read_number(syspath, &number) < 0)
		return r;
	r = sysfs_disk_facts(SYSFS_ROOT, number, &facts);
	for (size_t i = 0; r == 0 && i < facts.volumes; i++)
		r = ask_for_change(syspath, strrchr(facts.volume[i].node, '/'));
	return r;
}
