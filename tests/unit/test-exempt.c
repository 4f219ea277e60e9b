/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Boot files and what is none: the pure rules, and the walk over a folder. */

#include "encryption/exempt.h"
#include "machine.h"

static struct exempt exempt;

static bool see_size(const char *path, const char *head, size_t head_size, uint64_t size)
{
	return exempt_see(&exempt, path, size, (const uint8_t *)head, head_size);
}

#define SEE(path, head) see_size(path, head, sizeof(head) - 1, 100000)

/* One file beside a kernel. */
static bool accepted(const char *path, const char *head, size_t head_size, uint64_t size)
{
	exempt = (struct exempt){0};
	(void)SEE("vmlinuz", "MZ");
	(void)see_size(path, head, head_size, size);
	return exempt_holds(&exempt);
}

#define ACCEPTS(path, head)       assert_true(accepted(path, head, sizeof(head) - 1, 5000))
#define REFUSES(path, head)       assert_false(accepted(path, head, sizeof(head) - 1, 5000))
#define REFUSES_OF(n, path, head) assert_false(accepted(path, head, sizeof(head) - 1, n))

static void what_distributions_put_there(void **state)
{
	ACCEPTS("vmlinuz-6.1.0-50-amd64", "MZ\xea\x07");
	ACCEPTS("vmlinuz-6.1.0-50-arm64", "\x1f\x8b\x08");
	ACCEPTS("initrd.img-6.1.0-50-amd64", "070701");
	ACCEPTS("initramfs-6.8.5-301.fc40.x86_64.img", "\x28\xb5\x2f\xfd");
	ACCEPTS("initramfs-linux-fallback.img", "\x02\x21\x4c\x18");
	ACCEPTS("intel-ucode.img", "070701");
	ACCEPTS("config-6.1.0-50-amd64", "CONFIG_X=y\n");
	ACCEPTS("System.map-6.1.0-50-amd64", "ffffffff81000000 T _text\n");
	ACCEPTS("symvers-6.8.5.xz", "\xfd\x37zXZ\0");
	ACCEPTS(".vmlinuz-6.8.5.hmac", "0123456789abcdef");
	ACCEPTS("grub/grub.cfg", "set timeout=5\n");
	ACCEPTS("grub/grubenv", "# GRUB Environment Block\n");
	ACCEPTS("grub/i386-pc/ext2.mod", "\177ELF");
	ACCEPTS("grub/i386-pc/modinfo.sh", "#!/bin/sh\n");
	ACCEPTS("grub/i386-pc/moddep.lst", "ext2: fshelp\n");
	ACCEPTS("grub/i386-pc/kernel.img", "\xea\0");
	ACCEPTS("grub/i386-pc/efiemu32.o", "\177ELF");
	ACCEPTS("EFI/refind/icons/os_debian.png", "\x89PNG\r\n\x1a\n");
	ACCEPTS("grub/fonts/unicode.pf2", "FILE\0\0\0\4PFF2");
	ACCEPTS("grub/locale/de.mo", "\xde\x12\x04\x95");
	ACCEPTS("grub/.background_cache.png", "\x89PNG\r\n\x1a\n");
	ACCEPTS("grub/themes/starfield/logo.png", "\x89PNG\r\n\x1a\n");
	ACCEPTS("grub/themes/linuxmint/theme.txt", "title-text: \"\"\n");
	ACCEPTS("grub2/themes/openSUSE/activate_theme", "#!/bin/sh\n");
	ACCEPTS("grub/themes/plain/COPYING", "a licence\n");
	assert_true(accepted("grub2/themes/system/background.png", "\x89PNG\r\n\x1a\n", 8, 3U << 20));
	assert_true(accepted("memtest86+_multiboot.bin", "\x0f\1\x15\0\1\2", 6, 180000));
	ACCEPTS("memtest86+x64.efi", "MZ");
	ACCEPTS("EFI/debian/grubx64.efi", "MZ");
	ACCEPTS("EFI/debian/BOOTX64.CSV", "\xff\xfeg\0");
	ACCEPTS("EFI/BOOT/BOOTX64.EFI", "MZ");
	ACCEPTS("loader/entries/one.conf", "title one\n");
	assert_true(accepted("loader/random-seed", "\1\2\3\0\5", 5, 32));
	ACCEPTS("EFI/Linux/whole-6.1.efi", "MZ");
	ACCEPTS("start4.elf", "\177ELF");
	ACCEPTS("overlays/vc4.dtbo", "\xd0\x0d\xfe\xed");
	ACCEPTS("cmdline.txt", "console=tty1\n");
}

static void what_windows_puts_there(void **state)
{
	ACCEPTS("EFI/Microsoft/Boot/BCD", "regf");
	ACCEPTS("EFI/Microsoft/Boot/bootmgfw.efi", "MZ");
	ACCEPTS("EFI/Microsoft/Boot/de-DE/bootmgr.efi.mui", "MZ");
	ACCEPTS("EFI/Microsoft/Boot/Fonts/wgl4_boot.ttf", "\0\1\0\0\0");
	ACCEPTS("EFI/Microsoft/Boot/kdnet_uart16550.dll", "MZ");
	ACCEPTS("Recovery/WindowsRE/Winre.wim", "MSWIM\0\0\0");
	ACCEPTS("Recovery/WindowsRE/boot.sdi", "$SDI0001");
	ACCEPTS("Recovery/WindowsRE/ReAgent.xml", "<?xml");
	ACCEPTS("Recovery/Logs/Reload.xml", "\xff\xfe<\0?\0");
	REFUSES("Logs/Reload.xml", "\xff\xfe<\0?\0");
	ACCEPTS("System Volume Information/WPSettings.dat", "\x0c\0\0\0");
	ACCEPTS("System Volume Information/tracking.log", "\0\0\0\0");
	ACCEPTS("EFI/HP/BIOS/Current/U70.bin", "firmware\0");
	ACCEPTS("EFI/APPLE/FIRMWARE/MBP81_0047_2CB_LOCKED.scap", "\xbd\x86\x66\x3b");
	assert_true(accepted("EFI/Microsoft/Boot/BCD{1}.TMContainer00000000000000000001.regtrans-ms",
		"\0\0\0\0", 4, 512U << 10));
	ACCEPTS("EFI/Dell/logs/diags_current.xml", "<?xml");
	REFUSES("EFI/HP/photo.bin", "\xff\xd8\xff\xe0");
	REFUSES("EFI/HP/children.doc", "a document");
}

static void what_does_not_belong_there(void **state)
{
	REFUSES("EFI/photo.jpg", "\xff\xd8\xff\xe0");
	REFUSES("initrd.img", "\xff\xd8\xff\xe1");
	REFUSES("vmlinuz-holiday.jpg", "\xff\xd8\xff\xe1");
	REFUSES("photo.png", "\x89PNG\r\n\x1a\n");
	REFUSES("grub/photo.png", "\x89PNG\r\n\x1a\n");
	REFUSES("list.pdf", "%PDF-1.7");
	REFUSES("children.docx", "PK\3\4");
	REFUSES("children.csv", "name,room\n");
	REFUSES("names.txt", "an invented name\n");
	REFUSES("photos.tar.gz", "\x1f\x8b\x08");
	REFUSES("photos.zip", "PK\3\4");
	REFUSES("film.mp4", "\0\0\0\x20"
			    "ftypisom");
	REFUSES("unknown", "whatever");
	REFUSES("data.bin", "whatever");
	REFUSES("program.exe", "MZ");
	REFUSES("elsewhere/Winre.wim", "MSWIM\0\0\0");
	REFUSES("grub.cfg", "binary\0binary");
	REFUSES("grub/themes/plain/children.txt", "an invented name\n");
	REFUSES("grub/themes/plain/theme.txt", "binary\0binary");
	REFUSES("theme.txt", "title\n");
	REFUSES_OF(9U << 20, "grub/themes/plain/background.png", "\x89PNG\r\n\x1a\n");
	REFUSES_OF(3U << 20, "grub/themes/plain/photo.png", "\x89PNG\r\n\x1a\n");
	REFUSES("memtest86+.bin", "\xff\xd8\xff\xe0");
	REFUSES_OF(9U << 20, "memtest86+.bin", "\1\2\3");
	REFUSES_OF(5U << 20, "grub/grub.cfg", "far too long");
	REFUSES_OF(9U << 20, "grub/.background_cache.png", "\x89PNG\r\n\x1a\n");
}

static void packed_pictures_are_no_kernel(void **state)
{
	uint8_t sector[EXEMPT_HEAD] = {[510] = 0x55, [511] = 0xaa};

	ACCEPTS("Image.gz", "\x1f\x8b\x08");
	ACCEPTS("Image-6.1.0", "\x1f\x8b\x08");
	ACCEPTS("kernel8.img", "\x1f\x8b\x08");
	ACCEPTS("linux-6.1", "MZ");
	REFUSES("images.tar.gz", "\x1f\x8b\x08");
	REFUSES("images-of-summer.gz", "\x1f\x8b\x08");
	REFUSES("Image-2026.tgz", "\x1f\x8b\x08");
	REFUSES("initrd-pictures.tar.xz", "\xfd\x37zXZ\0");
	/* A copy of a whole card begins like a boot loader. */
	assert_true(accepted("stage2.bin", (const char *)sector, sizeof sector, 60000));
	assert_false(accepted("card.bin", (const char *)sector, sizeof sector, 64U << 20));
	assert_false(accepted("grub/a/card.img", (const char *)sector, sizeof sector, 64U << 20));
}

static void boot_files_must_be_there(void **state)
{
	exempt = (struct exempt){0};
	assert_false(exempt_holds(&exempt));
	assert_true(SEE("grub/grub.cfg", "text"));
	assert_false(exempt_holds(&exempt));
	assert_true(see_size("empty", "", 0, 0));
	assert_true(SEE("EFI/BOOT/BOOTX64.EFI", "MZ"));
	assert_true(exempt_holds(&exempt));
	exempt_see_other(&exempt, "pipe");
	assert_false(exempt_holds(&exempt));
}

static void the_first_offender_is_named_without_folders(void **state)
{
	exempt = (struct exempt){0};
	assert_true(SEE("EFI/private/a\nphoto.jpg", "\xff\xd8\xff"));
	assert_true(SEE("second.jpg", "\xff\xd8\xff"));
	assert_string_equal(exempt.offender, "a?photo.jpg");
	assert_false(SEE("vmlinuz", "MZ"));
	assert_string_equal(exempt.offender, "a?photo.jpg");
}

static void the_walk(void **state)
{
	int dirfd = ((struct folder *)*state)->fd;
	struct exempt found;

	put("MZ", "/EFI/BOOT/BOOTX64.EFI");
	put("set x", "/grub/grub.cfg");
	assert_int_equal(symlinkat("/etc/passwd", dirfd, "vmlinuz"), 0);
	assert_int_equal(exempt_scan(dirfd, &found), 0);
	assert_true(exempt_holds(&found));
	assert_int_equal(found.files, 2);
	put("\xff\xd8\xff\xe0", "/EFI/BOOT/photo.jpg");
	assert_int_equal(exempt_scan(dirfd, &found), 0);
	assert_false(exempt_holds(&found));
	assert_string_equal(found.offender, "photo.jpg");
}

static void what_is_no_file_ends_the_exemption(void **state)
{
	int dirfd = ((struct folder *)*state)->fd;
	struct exempt found;

	put("MZ", "/vmlinuz");
	assert_int_equal(mkfifoat(dirfd, "pipe", 0600), 0);
	assert_int_equal(exempt_scan(dirfd, &found), 0);
	assert_false(exempt_holds(&found));
	assert_string_equal(found.offender, "pipe");
}

static void too_deep_is_not_taken_for_boot_files(void **state)
{
	struct exempt found;

	put("MZ", "/vmlinuz");
	put("\xff\xd8\xff", "/1/2/3/4/5/6/7/8/9/10/11/12/13/14/15/16/17/18/photo.jpg");
	assert_int_equal(exempt_scan(((struct folder *)*state)->fd, &found), 0);
	assert_false(exempt_holds(&found));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_distributions_put_there),
		cmocka_unit_test(what_windows_puts_there),
		cmocka_unit_test(what_does_not_belong_there),
		cmocka_unit_test(packed_pictures_are_no_kernel),
		cmocka_unit_test(boot_files_must_be_there),
		cmocka_unit_test(the_first_offender_is_named_without_folders),
		cmocka_unit_test_setup_teardown(the_walk, up, folder_down),
		cmocka_unit_test_setup_teardown(what_is_no_file_ends_the_exemption, up, folder_down),
		cmocka_unit_test_setup_teardown(too_deep_is_not_taken_for_boot_files, up, folder_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
