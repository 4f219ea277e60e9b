/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * libudev: the monitor, the enumeration, and what udev's own probing (blkid) found on partitions. The only
 * file that includes libudev's header.
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

#include <dirent.h>
#include <fcntl.h>
#include <libudev.h>
#include <limits.h>
#include <string.h>
#include <sys/sysmacros.h>

#define QUEUE_BYTES (4 * 1024 * 1024)

struct device_monitor {
	struct udev *udev;
	struct udev_monitor *monitor;
};

static void device_unrefp(struct udev_device **d)
{
	(void)udev_device_unref(*d);
}

static void enumerate_unrefp(struct udev_enumerate **e)
{
	(void)udev_enumerate_unref(*e);
}

#define _cleanup_device_    _cleanup_(device_unrefp)
#define _cleanup_enumerate_ _cleanup_(enumerate_unrefp)

static int open_monitor(struct device_monitor *monitor)
{
	int r;

	monitor->udev = udev_new();
	if (!monitor->udev)
		return -ENOMEM;
	monitor->monitor = udev_monitor_new_from_netlink(monitor->udev, "udev");
	if (!monitor->monitor)
		return errno ? -errno : -ENOMEM;
	r = udev_monitor_filter_add_match_subsystem_devtype(monitor->monitor, "block", NULL);
	if (r < 0)
		return r;
	r = udev_monitor_filter_add_match_subsystem_devtype(monitor->monitor, "usb", "usb_device");
	if (r < 0)
		return r;
	/* A larger queue is a comfort, not a need: an overrun is noticed. */
	(void)udev_monitor_set_receive_buffer_size(monitor->monitor, QUEUE_BYTES);
	return udev_monitor_enable_receiving(monitor->monitor);
}

int device_monitor_new(struct device_monitor **ret_monitor)
{
	struct device_monitor *monitor = calloc(1, sizeof(*monitor));
	int r;

	if (!monitor)
		return -ENOMEM;
	r = open_monitor(monitor);
	if (r < 0) {
		(void)device_monitor_free(monitor);
		return r;
	}
	*ret_monitor = monitor;
	return 0;
}

struct device_monitor *device_monitor_free(struct device_monitor *monitor)
{
	if (monitor) {
		(void)udev_monitor_unref(monitor->monitor);
		(void)udev_unref(monitor->udev);
		free(monitor);
	}
	return NULL;
}

int device_monitor_fd(const struct device_monitor *monitor)
{
	return udev_monitor_get_fd(monitor->monitor);
}

static const char *property(struct udev_device *device, const char *name)
{
	const char *value = udev_device_get_property_value(device, name);

	return value ? value : "";
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
	(void)facts_copy(volume->type, sizeof(volume->type), property(device, "ID_FS_TYPE"));
	(void)facts_copy(volume->serial, sizeof(volume->serial), property(device, "ID_FS_UUID"));
	decode(property(device, "ID_FS_LABEL_ENC"), volume->label, sizeof(volume->label));
}

static bool take_volume(
	struct device_monitor *monitor, const struct device_facts *disk, struct device_volume *volume)
{
	_cleanup_device_ struct udev_device *device = NULL;
	const char *name = strrchr(volume->node, '/');
	char path[DEVICE_PATH + DEVICE_TEXT];

	(void)snprintf(path, sizeof(path), "%s%s", disk->syspath, name ? name : "");
	device = udev_device_new_from_syspath(monitor->udev, path);
	if (!device || udev_device_get_is_initialized(device) <= 0)
		return false;
	take_file_system(device, volume);
	return true;
}

/* A disk without partitions is its own only volume, if udev found anything on it. */
static void take_whole_disk(struct udev_device *device, struct device_facts *facts)
{
	struct device_volume *volume = &facts->volume[0];

	if (facts->volumes || facts->size == 0 || !property(device, "ID_FS_TYPE")[0])
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

static int disk_facts(struct device_monitor *monitor, dev_t number, struct device_facts *ret_facts)
{
	_cleanup_device_ struct udev_device *device = NULL;
	struct device_facts facts;
	int r;

	device = udev_device_new_from_devnum(monitor->udev, 'b', number);
	if (!device)
		return -ENODEV;
	r = sysfs_disk_facts(SYSFS_ROOT, number, &facts);
	if (r < 0)
		return r;
	facts.settled = udev_device_get_is_initialized(device) > 0;
	(void)facts_copy(facts.table_type, sizeof(facts.table_type), property(device, "ID_PART_TABLE_TYPE"));
	(void)facts_copy(facts.table_id, sizeof(facts.table_id), property(device, "ID_PART_TABLE_UUID"));
	(void)facts_copy(facts.media, sizeof(facts.media), property(device, "OUTING_MEDIA"));
	facts.hardware_encrypted = strcmp(property(device, "OUTING_GUARD_HARDWARE_ENCRYPTED"), "1") == 0;
	for (size_t i = 0; i < facts.volumes; i++)
		facts.settled &= take_volume(monitor, &facts, &facts.volume[i]);
	take_whole_disk(device, &facts);
	facts.external |= strcmp(property(device, "OUTING_GUARD"), "1") == 0;
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
	const char *exit = property(device, "OUTING_EXIT"), *path = udev_device_get_syspath(device);

	if (strcmp(exit, "mtp") == 0)
		return DEVICE_MTP;
	if (strcmp(exit, "ptp") == 0)
		return DEVICE_PTP;
	if (strcmp(property(device, "ID_MTP_DEVICE"), "1") == 0)
		return DEVICE_MTP;
	if (strstr(property(device, "ID_USB_INTERFACES"), ":060101:") || property(device, "ID_GPHOTO2")[0])
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
	(void)number_parse_u64(property(device, "USEC_INITIALIZED"), &facts.diskseq);
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

static int report_disk(struct device_monitor *monitor, dev_t number, enum device_event event,
	device_callback callback, void *data)
{
	struct device_facts facts;
	int r;

	r = disk_facts(monitor, number, &facts);
	/* Gone again between event and look; its removal is reported by its own event. */
	if (r == -ENODEV)
		return 0;
	if (r < 0)
		return r;
	return facts.external ? callback(event, &facts, data) : 0;
}

static int report_removed(
	struct udev_device *device, enum device_kind kind, device_callback callback, void *data)
{
	const char *path = udev_device_get_syspath(device), *node = udev_device_get_devnode(device);
	struct device_facts facts = {.kind = kind};

	(void)facts_copy(facts.syspath, sizeof(facts.syspath), path ? path : "");
	(void)facts_copy(facts.node, sizeof(facts.node), node ? node : "");
	facts.number = kind == DEVICE_DISK ? udev_device_get_devnum(device) : 0;
	(void)number_parse_u64(property(device, "DISKSEQ"), &facts.diskseq);
	return callback(DEVICE_REMOVED, &facts, data);
}

/* The disk of a partition; 0 when it is gone as well. */
static dev_t disk_of(struct udev_device *partition)
{
	struct udev_device *parent =
		udev_device_get_parent_with_subsystem_devtype(partition, "block", "disk");

	return parent ? udev_device_get_devnum(parent) : 0;
}

struct opened {
	struct device_monitor *monitor;
	const char *node;
	uint64_t diskseq;
	device_callback callback;
	void *data;
};

static int report_opened(dev_t disk, const char *path, void *data)
{
	const struct opened *opened = data;
	struct device_facts facts;
	int r;

	(void)path;
	r = disk_facts(opened->monitor, disk, &facts);
	if (r < 0)
		return r == -ENODEV ? 0 : r;
	if (!facts.external || facts.holds_system)
		return 0;
	(void)facts_copy(facts.opened, sizeof(facts.opened), opened->node);
	facts.opened_diskseq = opened->diskseq;
	return opened->callback(DEVICE_UNLOCKED, &facts, opened->data);
}

/* The rules have said of it that it is encrypted and stands on something external. */
static int handle_opened(
	struct device_monitor *monitor, struct udev_device *device, device_callback callback, void *data)
{
	const char *node = udev_device_get_devnode(device),
		   *uuid = udev_device_get_sysattr_value(device, "dm/uuid");
	struct opened opened = {monitor, node ? node : "", 0, callback, data};
	int r;

	if (!uuid || strncmp(uuid, "CRYPT-", 6) != 0 ||
		strcmp(property(device, "OUTING_MEDIA"), "encrypted") != 0)
		return 0;
	opened.diskseq = sysfs_read_u64(udev_device_get_syspath(device), "diskseq", 0);
	r = sysfs_lowest_disks(SYSFS_ROOT, udev_device_get_devnum(device), report_opened, &opened);
	return r == -ENODEV ? 0 : r;
}

static int handle_block(struct device_monitor *monitor, struct udev_device *device, const char *action,
	device_callback callback, void *data)
{
	const char *type = udev_device_get_devtype(device);
	dev_t number;

	if (!type || is_optical(udev_device_get_sysname(device)))
		return 0;
	if (strcmp(type, "partition") == 0) {
		number = disk_of(device);
		return number ? report_disk(monitor, number, DEVICE_CHANGED, callback, data) : 0;
	}
	if (strcmp(action, "remove") == 0)
		return report_removed(device, DEVICE_DISK, callback, data);
	if (strncmp(udev_device_get_sysname(device), "dm-", 3) == 0)
		return handle_opened(monitor, device, callback, data);
	return report_disk(monitor, udev_device_get_devnum(device),
		strcmp(action, "add") == 0 ? DEVICE_ADDED : DEVICE_CHANGED, callback, data);
}

static int handle_usb(struct udev_device *device, const char *action, device_callback callback, void *data)
{
	enum device_kind kind = usb_kind(device);
	struct device_facts facts;

	/* What has gone may have lost its properties; the callee knows by the path whether it was there. */
	if (strcmp(action, "remove") == 0 || !is_authorised(device))
		return report_removed(device, kind, callback, data);
	if (kind == DEVICE_OTHER)
		return 0;
	usb_facts(device, &facts);
	return callback(strcmp(action, "add") == 0 ? DEVICE_ADDED : DEVICE_CHANGED, &facts, data);
}

static int handle(struct device_monitor *monitor, struct udev_device *device, const char *action,
	device_callback callback, void *data)
{
	const char *subsystem = udev_device_get_subsystem(device);

	if (!subsystem || !action)
		return 0;
	if (strcmp(subsystem, "block") == 0)
		return handle_block(monitor, device, action, callback, data);
	return handle_usb(device, action, callback, data);
}

static int enumerate(struct device_monitor *monitor, const char *subsystem, const char *type,
	device_callback callback, void *data)
{
	_cleanup_enumerate_ struct udev_enumerate *list = udev_enumerate_new(monitor->udev);
	struct udev_list_entry *entry;
	int r;

	if (!list)
		return -ENOMEM;
	r = udev_enumerate_add_match_subsystem(list, subsystem);
	if (r < 0)
		return r;
	r = udev_enumerate_add_match_property(list, "DEVTYPE", type);
	if (r < 0)
		return r;
	r = udev_enumerate_scan_devices(list);
	if (r < 0)
		return r;
	udev_list_entry_foreach(entry, udev_enumerate_get_list_entry(list))
	{
		_cleanup_device_ struct udev_device *device =
			udev_device_new_from_syspath(monitor->udev, udev_list_entry_get_name(entry));

		r = device ? handle(monitor, device, "add", callback, data) : 0;
		if (r != 0)
			return r;
	}
	return 0;
}

int device_monitor_enumerate(struct device_monitor *monitor, device_callback callback, void *data)
{
	int r;

	r = enumerate(monitor, "block", "disk", callback, data);
	return r != 0 ? r : enumerate(monitor, "usb", "usb_device", callback, data);
}

int device_monitor_dispatch(struct device_monitor *monitor, device_callback callback, void *data)
{
	for (;;) {
		_cleanup_device_ struct udev_device *device = NULL;
		int r;

		errno = 0;
		device = udev_monitor_receive_device(monitor->monitor);
		if (!device && errno == ENOBUFS)
			return -ENOBUFS;
		if (!device)
			return 0;
		r = handle(monitor, device, udev_device_get_action(device), callback, data);
		if (r != 0)
			return r;
	}
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
