/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * Whether a disk is external, whose serial counts, and which disks the running system stands on: over folders
 * that look like /sys and /proc of many computers.
 */

#include "device/sysfs.h"
#include "device/system-disk.h"
#include "device/topology.h"

#include <fcntl.h>
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <cmocka.h>

static char house[64], sys_root[80], proc_root[80];

static void write_text(const char *path, const char *text)
{
	_cleanup_fclose_ FILE *f = fopen(path, "we");

	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
}

static void make_folders(const char *path)
{
	char part[512];

	for (const char *p = path + 1; *p; p++)
		if (*p == '/') {
			(void)snprintf(part, sizeof(part), "%.*s", (int)(p - path), path);
			assert_true(mkdir(part, 0700) == 0 || errno == EEXIST);
		}
	assert_true(mkdir(path, 0700) == 0 || errno == EEXIST);
}

/* One directory below sys/devices with its subsystem, driver and up to four "attribute=value". */
static void device(const char *path, const char *subsystem, const char *driver, const char *const *attributes)
{
	char folder[400], file[500], target[100];

	(void)snprintf(folder, sizeof(folder), "%s/devices/%s", sys_root, path);
	make_folders(folder);
	(void)snprintf(file, sizeof(file), "%s/subsystem", folder);
	(void)snprintf(target, sizeof(target), "../../bus/%s", subsystem);
	assert_int_equal(symlink(target, file), 0);
	if (driver) {
		(void)snprintf(file, sizeof(file), "%s/driver", folder);
		(void)snprintf(target, sizeof(target), "../../drivers/%s", driver);
		assert_int_equal(symlink(target, file), 0);
	}
	for (; attributes && *attributes; attributes++) {
		const char *equals = strchr(*attributes, '=');

		(void)snprintf(
			file, sizeof(file), "%s/%.*s", folder, (int)(equals - *attributes), *attributes);
		write_text(file, equals + 1);
	}
}
#define WITH(...) ((const char *const[]){__VA_ARGS__, NULL})

/* Makes dev/block/M:m point to a device directory that has the attribute "dev". */
static void number_it(const char *path, unsigned major_number, unsigned minor_number)
{
	char link[200], target[500], dev[32], file[500];

	(void)snprintf(link, sizeof(link), "%s/dev/block", sys_root);
	make_folders(link);
	(void)snprintf(link, sizeof(link), "%s/dev/block/%u:%u", sys_root, major_number, minor_number);
	(void)snprintf(target, sizeof(target), "../../devices/%s", path);
	assert_int_equal(symlink(target, link), 0);
	(void)snprintf(dev, sizeof(dev), "%u:%u\n", major_number, minor_number);
	(void)snprintf(file, sizeof(file), "%s/devices/%s/dev", sys_root, path);
	write_text(file, dev);
}

static void slave(const char *path, const char *of)
{
	char folder[400], link[500], target[500];
	const char *name = strrchr(of, '/');

	(void)snprintf(folder, sizeof(folder), "%s/devices/%s/slaves", sys_root, path);
	make_folders(folder);
	(void)snprintf(link, sizeof(link), "%s/%s", folder, name + 1);
	(void)snprintf(target, sizeof(target), "%s/devices/%s", sys_root, of);
	assert_int_equal(symlink(target, link), 0);
}

static int begin(void **state)
{
	(void)snprintf(house, sizeof(house), "/tmp/outing-topology-XXXXXX");
	assert_non_null(mkdtemp(house));
	(void)snprintf(sys_root, sizeof(sys_root), "%s/sys", house);
	(void)snprintf(proc_root, sizeof(proc_root), "%s/proc", house);
	return 0;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *where)
{
	return remove(path);
}

static int end(void **state)
{
	return nftw(house, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

#define SATA "pci0000:00/0000:00:17.0/ata1/host0/target0:0:0/0:0:0:0/block/sda"
#define USB  "pci0000:00/0000:00:14.0/usb1/1-2"
#define CAM  USB "/1-2:1.0/host3/target3:0:0/3:0:0:0/block/sdb"
#define CAM2 USB "/1-2:1.0/host3/target3:0:0/3:0:0:1/block/sdc"

static void plug_sata(void)
{
	device("pci0000:00/0000:00:17.0", "pci", "ahci", WITH("removable=fixed\n"));
	device("pci0000:00/0000:00:17.0/ata1/host0/target0:0:0/0:0:0:0", "scsi", "sd",
		WITH("vendor=ATA     \n", "model=Sunny SSD   \n"));
	device(SATA, "block", NULL, WITH("size=976773168\n", "ro=0\n", "removable=1\n", "diskseq=1\n"));
	number_it(SATA, 8, 0);
	device(SATA "/sda1", "block", NULL, WITH("partition=1\n", "start=2048\n", "size=1048576\n"));
	number_it(SATA "/sda1", 8, 1);
	device(SATA "/sda2", "block", NULL, WITH("partition=2\n", "start=1050624\n", "size=975722496\n"));
	number_it(SATA "/sda2", 8, 2);
}

static void plug_camera(void)
{
	device("pci0000:00/0000:00:14.0", "pci", "xhci_hcd", WITH("removable=fixed\n"));
	device("pci0000:00/0000:00:14.0/usb1", "usb", "usb",
		WITH("idVendor=1d6b\n", "idProduct=0002\n", "serial=0000:00:14.0\n"));
	device(USB, "usb", "usb",
		WITH("idVendor=04b0\n", "idProduct=0429\n", "serial=000003012345\n",
			"manufacturer=Sunny Optics\n", "product=Blue Room 500\n"));
	device(USB "/1-2:1.0", "usb", "usb-storage", NULL);
	device(USB "/1-2:1.0/host3/target3:0:0/3:0:0:0", "scsi", "sd",
		WITH("vendor=SUNNY   \n", "model=DSC\n"));
	device(USB "/1-2:1.0/host3/target3:0:0/3:0:0:1", "scsi", "sd",
		WITH("vendor=SUNNY   \n", "model=DSC\n"));
	device(CAM, "block", NULL, WITH("size=15728640\n", "ro=1\n", "removable=0\n", "diskseq=9\n"));
	number_it(CAM, 8, 16);
	device(CAM "/sdb1", "block", NULL,
		WITH("partition=1\n", "start=8192\n", "size=15720448\n", "ro=1\n"));
	number_it(CAM "/sdb1", 8, 17);
	device(CAM2, "block", NULL, WITH("size=0\n", "ro=0\n", "diskseq=10\n"));
	number_it(CAM2, 8, 32);
}

static struct device_facts facts_of(unsigned major_number, unsigned minor_number)
{
	struct device_facts facts = {0};

	assert_int_equal(sysfs_disk_facts(sys_root, makedev(major_number, minor_number), &facts), 0);
	return facts;
}

static void a_usb_camera_is_external(void **state)
{
	struct device_facts f;

	plug_camera();
	f = facts_of(8, 16);
	assert_true(f.external);
	assert_int_equal(f.bus, DEVICE_BUS_USB);
	assert_false(f.in_reader_slot);
	assert_int_equal(f.vendor_id, 0x04b0);
	assert_int_equal(f.product_id, 0x0429);
	assert_string_equal(f.serial, "000003012345");
	assert_string_equal(f.vendor, "Sunny Optics");
	assert_string_equal(f.product, "Blue Room 500");
	assert_string_equal(f.node, "/dev/sdb");
	assert_true(f.size == 8053063680);
	assert_true(f.diskseq == 9);
	assert_true(f.read_only);
	assert_int_equal(f.lun, 0);
	assert_int_equal(f.volumes, 1);
	assert_string_equal(f.volume[0].node, "/dev/sdb1");
	assert_int_equal(f.volume[0].number, 1);
	assert_true(f.volume[0].start == 8192 * 512);
	f = facts_of(8, 32);
	assert_int_equal(f.lun, 1);
	assert_true(f.size == 0);
	assert_string_equal(f.serial, "000003012345");
}

static void an_internal_disk_is_not_whatever_removable_says(void **state)
{
	struct device_facts f;

	plug_sata();
	f = facts_of(8, 0);
	assert_false(f.external);
	assert_int_equal(f.bus, DEVICE_BUS_INTERNAL);
	assert_int_equal(f.volumes, 2);
	assert_int_equal(f.volume[0].number, 1);
	assert_int_equal(f.volume[1].number, 2);
	assert_string_equal(f.product, "Sunny SSD");
}

static void a_partition_is_no_disk(void **state)
{
	struct device_facts f;

	plug_sata();
	assert_int_equal(sysfs_disk_facts(sys_root, makedev(8, 1), &f), -ENODEV);
	assert_int_equal(sysfs_disk_facts(sys_root, makedev(8, 99), &f), -ENODEV);
}

struct chain_row {
	const char *story;
	struct topology_parent chain[8]; /* nearest first */
	enum device_bus bus;
	bool slot;
};

static const struct chain_row chains[] = {
	{"SATA disk", {{"scsi", "sd", "", ""}, {"scsi", "", "", ""}, {"pci", "ahci", "", "fixed"}},
		DEVICE_BUS_INTERNAL, false},
	{"NVMe disk", {{"nvme", "", "", ""}, {"pci", "nvme", "", "fixed"}, {"pci", "pcieport", "", "fixed"}},
		DEVICE_BUS_INTERNAL, false},
	{"NVMe in a Thunderbolt case",
		{{"nvme", "", "", ""}, {"pci", "nvme", "", "removable"}, {"pci", "pcieport", "", "removable"},
			{"pci", "pcieport", "", "fixed"}},
		DEVICE_BUS_THUNDERBOLT, false},
	{"SATA behind a Thunderbolt dock", {{"scsi", "sd", "", ""}, {"pci", "ahci", "", "removable"}},
		DEVICE_BUS_THUNDERBOLT, false},
	{"firmware says nothing about the port", {{"nvme", "", "", ""}, {"pci", "nvme", "", "unknown"}},
		DEVICE_BUS_INTERNAL, false},
	{"USB stick",
		{{"scsi", "sd", "", ""}, {"usb", "usb-storage", "", ""}, {"usb", "usb", "", "removable"},
			{"pci", "xhci_hcd", "", "fixed"}},
		DEVICE_BUS_USB, false},
	{"USB stick on a Thunderbolt dock",
		{{"scsi", "sd", "", ""}, {"usb", "uas", "", ""}, {"pci", "xhci_hcd", "", "removable"}},
		DEVICE_BUS_USB, false},
	{"SD card in the computer's slot",
		{{"mmc", "mmcblk", "SD", ""}, {"mmc_host", "", "", ""}, {"pci", "sdhci-pci", "", "fixed"}},
		DEVICE_BUS_SD, true},
	{"SD combo card", {{"mmc", "mmcblk", "SDcombo", ""}, {"platform", "sdhci", "", ""}}, DEVICE_BUS_SD,
		true},
	{"eMMC", {{"mmc", "mmcblk", "MMC", ""}, {"mmc_host", "", "", ""}, {"platform", "sdhci", "", ""}},
		DEVICE_BUS_INTERNAL, false},
	{"SD card behind a USB card controller", {{"mmc", "mmcblk", "SD", ""}, {"usb", "rtsx_usb", "", ""}},
		DEVICE_BUS_SD, true},
	{"MMC behind a USB card controller", {{"mmc", "mmcblk", "MMC", ""}, {"usb", "rtsx_usb", "", ""}},
		DEVICE_BUS_USB, false},
	{"memory stick", {{"memstick", "mspro_block", "", ""}, {"pci", "", "", ""}}, DEVICE_BUS_SD, true},
	{"PC card", {{"pcmcia", "pata_pcmcia", "", ""}, {"pci", "yenta_cardbus", "", ""}}, DEVICE_BUS_SD,
		true},
	{"floppy", {{"platform", "floppy", "", ""}}, DEVICE_BUS_SD, true},
	{"FireWire disk",
		{{"scsi", "sd", "", ""}, {"firewire", "sbp2", "", ""}, {"pci", "firewire_ohci", "", ""}},
		DEVICE_BUS_FIREWIRE, false},
	{"virtio disk", {{"virtio", "virtio_blk", "", ""}, {"pci", "virtio-pci", "", "unknown"}},
		DEVICE_BUS_INTERNAL, false},
	{"no parents at all", {{NULL, NULL, NULL, NULL}}, DEVICE_BUS_INTERNAL, false},
};

static void many_computers(void **state)
{
	for (size_t i = 0; i < ELEMENTS(chains); i++) {
		struct topology topology = {0};

		for (const struct topology_parent *p = chains[i].chain; p->subsystem; p++)
			topology_see(&topology, p);
		if (topology.bus != chains[i].bus || topology.in_reader_slot != chains[i].slot ||
			topology_external(&topology) != (chains[i].bus != DEVICE_BUS_INTERNAL))
			fail_msg("%s", chains[i].story);
	}
}

#define MMC  "platform/sdhci/mmc_host/mmc0/mmc0:aaaa/block/mmcblk0"
#define NVME "pci0000:00/0000:00:1d.0/0000:3c:00.0/nvme/nvme1/nvme1n1"

static void cards_and_thunderbolt_through_sysfs(void **state)
{
	struct device_facts f;

	device("platform/sdhci/mmc_host/mmc0/mmc0:aaaa", "mmc", "mmcblk",
		WITH("type=SD\n", "name=SU08G\n", "serial=0x12345678\n"));
	device(MMC, "block", NULL, WITH("size=15523840\n"));
	number_it(MMC, 179, 0);
	device(MMC "/mmcblk0p1", "block", NULL, WITH("partition=1\n", "start=8192\n", "size=15515648\n"));
	device("pci0000:00/0000:00:1d.0/0000:3c:00.0", "pci", "nvme", WITH("removable=removable\n"));
	device("pci0000:00/0000:00:1d.0/0000:3c:00.0/nvme/nvme1", "nvme", NULL,
		WITH("model=Sunny Portable         \n", "serial=S4EVNF0M          \n"));
	device(NVME, "block", NULL, WITH("size=1000215216\n"));
	number_it(NVME, 259, 0);
	f = facts_of(179, 0);
	assert_int_equal(f.bus, DEVICE_BUS_SD);
	assert_true(f.in_reader_slot && f.external);
	assert_string_equal(f.product, "SU08G");
	assert_string_equal(f.volume[0].node, "/dev/mmcblk0p1");
	assert_true(f.diskseq == 0);
	f = facts_of(259, 0);
	assert_int_equal(f.bus, DEVICE_BUS_THUNDERBOLT);
	assert_string_equal(f.serial, "S4EVNF0M");
	assert_string_equal(f.product, "Sunny Portable");
	assert_int_equal(f.vendor_id, 0);
}

static void attributes_of_hostile_length_are_cut(void **state)
{
	char serial[300], line[320];
	struct device_facts f;

	plug_camera();
	memset(serial, 'A', sizeof(serial) - 1);
	serial[sizeof(serial) - 1] = '\0';
	(void)snprintf(line, sizeof(line), "%s/devices/" USB "/serial", sys_root);
	write_text(line, serial);
	(void)snprintf(line, sizeof(line), "%s/devices/" CAM "/size", sys_root);
	write_text(line, "-5\n");
	f = facts_of(8, 16);
	assert_true(f.serial_cut);
	assert_int_equal(strlen(f.serial), DEVICE_TEXT - 1);
	assert_true(f.size == 0);
}

static void more_partitions_than_fit_are_said(void **state)
{
	char path[200], attribute[32];
	struct device_facts f;

	plug_camera();
	for (unsigned i = 2; i < 40; i++) {
		(void)snprintf(path, sizeof(path), CAM "/sdb%u", i);
		(void)snprintf(attribute, sizeof(attribute), "partition=%u\n", i);
		device(path, "block", NULL, WITH(attribute));
	}
	f = facts_of(8, 16);
	assert_true(f.more_volumes);
	assert_int_equal(f.volumes, DEVICE_PARTITIONS_MAX);
}

static void write_proc(const char *mountinfo, const char *swaps)
{
	char path[200];

	(void)snprintf(path, sizeof(path), "%s/self", proc_root);
	make_folders(path);
	(void)snprintf(path, sizeof(path), "%s/self/mountinfo", proc_root);
	write_text(path, mountinfo);
	(void)snprintf(path, sizeof(path), "%s/swaps", proc_root);
	write_text(path, swaps);
}

static bool is_system(unsigned major_number, unsigned minor_number)
{
	const struct system_roots roots = {sys_root, proc_root, ""};
	struct system_disks disks;

	assert_int_equal(system_disks_find(&roots, &disks), 0);
	return system_disks_contain(&disks, makedev(major_number, minor_number));
}

static void the_disk_under_the_root_is_the_systems(void **state)
{
	plug_sata();
	plug_camera();
	write_proc("22 1 8:2 / / rw,relatime shared:1 - ext4 /dev/sda2 rw\n"
		   "23 22 0:5 / /dev rw - devtmpfs udev rw\n"
		   "40 22 8:17 / /media/alice/BLUE\\040ROOM rw - vfat /dev/sdb1 rw\n",
		"Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n");
	assert_true(is_system(8, 0));
	assert_false(is_system(8, 16));
}

static void a_system_started_from_usb_is_protected(void **state)
{
	plug_camera();
	write_proc("22 1 8:17 / / rw - ext4 /dev/sdb1 rw\n", "");
	assert_true(facts_of(8, 16).external);
	assert_true(is_system(8, 16));
	assert_false(is_system(8, 32));
}

static void the_system_is_found_below_encryption_and_volumes(void **state)
{
	plug_sata();
	plug_camera();
	device("virtual/block/dm-0", "block", NULL, NULL);
	number_it("virtual/block/dm-0", 254, 0);
	slave("virtual/block/dm-0", CAM "/sdb1");
	device("virtual/block/dm-1", "block", NULL, NULL);
	number_it("virtual/block/dm-1", 254, 1);
	slave("virtual/block/dm-1", "virtual/block/dm-0");
	slave("virtual/block/dm-1", SATA "/sda2");
	write_proc("22 1 254:1 / / rw - ext4 /dev/mapper/vg-root rw\n", "");
	assert_true(is_system(8, 16));
	assert_true(is_system(8, 0));
	assert_false(is_system(8, 32));
}

static void other_mounts_do_not_make_a_system(void **state)
{
	plug_camera();
	write_proc("22 1 8:17 / /home rw - vfat /dev/sdb1 rw\n"
		   "23 1 8:17 / /boot/x rw - vfat /dev/sdb1 rw\n"
		   "24 1 8:17 /boot /mnt rw - vfat /dev/sdb1 rw\n"
		   "short line\n\n"
		   "25 1 x:y / / rw - ext4 /dev/sdb1 rw\n"
		   "26 1 8:17 / / rw ext4 /dev/sdb1 rw\n",
		"");
	assert_false(is_system(8, 16));
	write_proc("22 1 8:17 / /boot/efi rw - vfat /dev/sdb1 rw\n", "");
	assert_true(is_system(8, 16));
}

static void stacks_without_an_end_are_given_up(void **state)
{
	device("virtual/block/dm-0", "block", NULL, NULL);
	number_it("virtual/block/dm-0", 254, 0);
	slave("virtual/block/dm-0", "virtual/block/dm-0");
	write_proc("22 1 254:0 / / rw - ext4 /dev/mapper/x rw\n", "");
	assert_false(is_system(254, 0));
}

static void no_proc_is_an_error(void **state)
{
	const struct system_roots roots = {sys_root, proc_root, ""};
	struct system_disks disks;

	assert_int_equal(system_disks_find(&roots, &disks), -ENOENT);
}

static void lines_are_taken_apart(void **state)
{
	char source[32];
	dev_t number = 0;

	assert_true(system_mount_line("22 1 0:40 /@ / rw,x shared:1 master:2 - btrfs /dev/my\\040disk rw", "",
		&number, source, sizeof(source)));
	assert_string_equal(source, "/dev/my disk");
	assert_true(number == makedev(0, 40));
	assert_false(system_mount_line(
		"22 1 8:1 / /media rw - ext4 /dev/sda1 rw", "", &number, source, sizeof(source)));
	assert_true(system_mount_line(
		"22 1 8:1 / /root rw - ext4 /dev/sda1 rw", "/root", &number, source, sizeof(source)));
	assert_true(system_mount_line("22 1 8:2 / /root/boot/efi rw - vfat /dev/sda2 rw", "/root", &number,
		source, sizeof(source)));
	assert_false(system_mount_line(
		"1 1 0:2 / / rw - rootfs rootfs rw", "/root", &number, source, sizeof(source)));
	assert_false(system_mount_line(
		"22 1 8:1 / /root rw - ext4 /dev/sda1 rw", "", &number, source, sizeof(source)));
	assert_false(system_mount_line("", "", &number, source, sizeof(source)));
	assert_false(system_mount_line(" - ", "", &number, source, sizeof(source)));
	assert_false(system_mount_line("1 2 3:4 / / - ", "", &number, source, sizeof(source)));
	assert_true(system_swap_line("/dev/sda3    partition 1 0 -2", source, sizeof(source)));
	assert_string_equal(source, "/dev/sda3");
	assert_true(system_swap_line("/a\\040b\\134c file 1 0 -2", source, sizeof(source)));
	assert_string_equal(source, "/a b\\c");
	assert_false(system_swap_line("Filename Type", source, sizeof(source)));
	assert_true(system_swap_line("/0123456789012345678901234567890123456789 f", source, sizeof(source)));
	assert_int_equal(strlen(source), sizeof(source) - 1);
}

#define T(test) cmocka_unit_test_setup_teardown(test, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_usb_camera_is_external),
		T(an_internal_disk_is_not_whatever_removable_says),
		T(a_partition_is_no_disk),
		cmocka_unit_test(many_computers),
		T(cards_and_thunderbolt_through_sysfs),
		T(attributes_of_hostile_length_are_cut),
		T(more_partitions_than_fit_are_said),
		T(the_disk_under_the_root_is_the_systems),
		T(a_system_started_from_usb_is_protected),
		T(the_system_is_found_below_encryption_and_volumes),
		T(other_mounts_do_not_make_a_system),
		T(stacks_without_an_end_are_given_up),
		T(no_proc_is_an_error),
		cmocka_unit_test(lines_are_taken_apart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
