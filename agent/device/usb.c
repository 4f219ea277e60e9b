/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Reading and switching, through the open directory only. See usb.h. */

#include "device/usb.h"

#include "base/fd.h"
#include "base/hex.h"
#include "device/sysfs.h"
#include "device/system-disk.h"

#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#define ATTRIBUTE_MAX 512
#define USB_MAJOR     189 /* Documentation/admin-guide/devices.txt */

static void closedirp(DIR **d)
{
	if (*d)
		(void)closedir(*d);
}

int usb_open(const char *syspath)
{
	int fd;

	if (strncmp(syspath, SYSFS_ROOT "/devices/", strlen(SYSFS_ROOT "/devices/")) != 0)
		return -EINVAL;
	fd = open(syspath, O_PATH | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	return fd < 0 ? (errno == ENOENT ? -ENODEV : -errno) : fd;
}

/* False when there is no such attribute; text is then "". */
static bool read_text(int dir, const char *name, char *ret_text, size_t size, bool *ret_cut)
{
	_cleanup_free_ char *text = NULL;
	char *start;
	size_t length;
	bool cut;

	ret_text[0] = '\0';
	if (fd_read_file_at(dir, name, ATTRIBUTE_MAX, &text, NULL) < 0)
		return false;
	start = text + strspn(text, " \t\n");
	length = strlen(start);
	while (length > 0 && isspace((unsigned char)start[length - 1]))
		start[--length] = '\0';
	cut = facts_copy(ret_text, size, start);
	if (ret_cut)
		*ret_cut = cut;
	return true;
}

static unsigned read_number(int dir, const char *name, int base)
{
	char text[16], *end;
	unsigned long value;

	(void)read_text(dir, name, text, sizeof(text), NULL);
	value = strtoul(text, &end, base);
	return end == text || value > 0xffff ? 0 : (unsigned)value;
}

static int read_descriptors(int dir, struct usb_facts *facts)
{
	_cleanup_free_ char *bytes = NULL;
	uint8_t digest[SHA512_SIZE];
	size_t size = 0;
	int r = fd_read_file_at(dir, "descriptors", USB_DESCRIPTORS_MAX, &bytes, &size);

	if (r == -ENOMEM || r == -ENODEV)
		return r;
	if (r < 0)
		return 0;
	r = sha512_of(bytes, size, digest);
	if (r < 0)
		return r;
	(void)hex_encode(digest, sizeof(digest), facts->sum);
	facts->readable =
		usb_descriptors_parse((const uint8_t *)bytes, size, &facts->interfaces, &facts->names) == 0;
	return 0;
}

static void read_node(int dir, char ret_node[static DEVICE_TEXT])
{
	(void)snprintf(ret_node, DEVICE_TEXT, "/dev/bus/usb/%03u/%03u", read_number(dir, "busnum", 10),
		read_number(dir, "devnum", 10));
}

int usb_read(int dir, const char *syspath, struct usb_facts *ret_facts)
{
	struct usb_facts facts = {0};
	const char *name = strrchr(syspath, '/');
	char text[16];
	int r;

	if (!read_text(dir, "authorized", text, sizeof(text), NULL))
		return -ENODEV;
	facts.authorized = strcmp(text, "0") != 0;
	(void)facts_copy(facts.syspath, sizeof(facts.syspath), syspath);
	facts.root_hub = name && strncmp(name, "/usb", 4) == 0;
	usb_port_of(syspath, facts.port);
	read_node(dir, facts.node);
	facts.vendor_id = read_number(dir, "idVendor", 16);
	facts.product_id = read_number(dir, "idProduct", 16);
	facts.speed = read_number(dir, "speed", 10);
	(void)read_text(dir, "manufacturer", facts.vendor, sizeof(facts.vendor), NULL);
	(void)read_text(dir, "product", facts.product, sizeof(facts.product), NULL);
	(void)read_text(dir, "serial", facts.serial, sizeof(facts.serial), &facts.serial_cut);
	r = read_descriptors(dir, &facts);
	if (r < 0)
		return r;
	*ret_facts = facts;
	return 0;
}

int usb_open_node(const char *node)
{
	_cleanup_close_ int fd = open(node, O_RDWR | O_CLOEXEC | O_NOCTTY);
	struct stat st;

	if (fd < 0)
		return errno == ENOENT || errno == ENXIO ? -ENODEV : -errno;
	if (fstat(fd, &st) < 0)
		return -errno;
	return S_ISCHR(st.st_mode) && major(st.st_rdev) == USB_MAJOR ? TAKE_FD(fd) : -ENOTTY;
}

/* The order is the proof: the directory was opened when the device was judged and still leads somewhere after
 * the node was opened, so no other device can have had its number in between. */
int usb_is_opened(int dir, const struct usb_facts *judged, int fd)
{
	_cleanup_free_ struct usb_facts *now = calloc(1, sizeof(*now));
	char text[32];
	struct stat st;
	dev_t number;
	int r;

	if (!now)
		return -ENOMEM;
	if (fstat(fd, &st) < 0)
		return -errno;
	if (!read_text(dir, "dev", text, sizeof(text), NULL) || sysfs_parse_number(text, &number) < 0)
		return -ENODEV;
	read_node(dir, now->node);
	r = read_descriptors(dir, now);
	if (r < 0)
		return r;
	return S_ISCHR(st.st_mode) && st.st_rdev == number && strcmp(now->node, judged->node) == 0 &&
			       strcmp(now->sum, judged->sum) == 0
		       ? 0
		       : -ESTALE;
}

static int write_text(int dir, const char *name, const char *text)
{
	_cleanup_close_ int fd = openat(dir, name, O_WRONLY | O_CLOEXEC | O_NOCTTY);

	if (fd < 0)
		return errno == ENOENT ? -ENODEV : -errno;
	return fd_write_full(fd, text, strlen(text));
}

int usb_authorize(int dir, bool authorize)
{
	return write_text(dir, "authorized", authorize ? "1" : "0");
}

int usb_announce(int dir)
{
	return write_text(dir, "uevent", "change");
}

int usb_set_default(int dir, bool authorize)
{
	return write_text(dir, "authorized_default", authorize ? "1" : "0");
}

/* Calls see with the name of each whole disk behind the device until it returns non-zero. */
static int each_disk(const char *syspath, int (*see)(const char *name, void *data), void *data)
{
	_cleanup_(closedirp) DIR *dir = opendir(SYSFS_ROOT "/block");
	const struct dirent *entry;
	size_t length = strlen(syspath);
	int r = 0;

	if (!dir)
		return -errno;
	while (r == 0 && (entry = readdir(dir))) {
		char link[NAME_MAX + 32], real[PATH_MAX];

		(void)snprintf(link, sizeof(link), SYSFS_ROOT "/block/%s", entry->d_name);
		if (entry->d_name[0] != '.' && realpath(link, real) && strncmp(real, syspath, length) == 0 &&
			real[length] == '/')
			r = see(entry->d_name, data);
	}
	return r;
}

/* Who has mounted or holds any part of a disk has claimed it; a second claim is refused. */
static int see_claim(const char *name, void *data)
{
	_cleanup_close_ int fd = -1;
	char node[NAME_MAX + 8];

	(void)data;
	(void)snprintf(node, sizeof(node), "/dev/%s", name);
	fd = open(node, O_RDONLY | O_EXCL | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
	if (fd < 0 && errno == EBUSY)
		return 1;
	return fd >= 0 || errno == ENOMEDIUM || errno == ENXIO || errno == ENOENT || errno == ENODEV ? 0
												     : -errno;
}

int usb_in_use(const char *syspath)
{
	return each_disk(syspath, see_claim, NULL);
}

static int see_system(const char *name, void *data)
{
	const struct system_disks *disks = data;
	char path[NAME_MAX + 32];
	dev_t number;

	(void)snprintf(path, sizeof(path), SYSFS_ROOT "/block/%s", name);
	return sysfs_read_number(path, &number) < 0 || system_disks_contain(disks, number);
}

static int see_any(const char *name, void *data)
{
	return 1;
}

bool usb_stands_under_system(const char *syspath)
{
	struct system_disks disks;

	if (system_disks_find(&SYSTEM_ROOTS, &disks) < 0)
		return each_disk(syspath, see_any, NULL) != 0;
	return each_disk(syspath, see_system, &disks) != 0 || usb_in_use(syspath) != 0;
}

/* ".../0000:00:14.0/usb1/1-2/1-2.3": the controller's name and, of the last part, what is behind the bus. */
void usb_port_of(const char *syspath, char ret_port[static DEVICE_TEXT])
{
	const char *hub = strstr(syspath, "/usb"), *controller, *last, *way;

	ret_port[0] = '\0';
	while (hub && !isdigit((unsigned char)hub[4]))
		hub = strstr(hub + 1, "/usb");
	last = strrchr(syspath, '/');
	if (!hub || !last || last == hub)
		return;
	way = strchr(last, '-');
	for (controller = hub; controller > syspath && controller[-1] != '/'; controller--)
		;
	if (!way || controller == hub || strchr(way, ':'))
		return;
	(void)snprintf(ret_port, DEVICE_TEXT, "%.*s-usb%s", (int)(hub - controller), controller, way);
}
