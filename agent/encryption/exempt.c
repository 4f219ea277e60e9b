/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * Rules by first bytes and by name together: the bytes must be those that the name promises. First comes what
 * is never accepted, whatever it is called (pictures, documents, archives); then each kind of boot file.
 *
 * A kernel may be packed by any packer and an initial file system is an archive, so packed data is accepted
 * under their names and nowhere else.
 */

#include "encryption/exempt.h"

#include "base/number.h"

#include <ctype.h>
#include <fnmatch.h>
#include <string.h>
#include <strings.h>

#define TEXT_MAX     (1U << 20)
#define SYMBOLS_MAX  (64U << 20) /* System.map */
#define FIRMWARE_MAX (64U << 20)
#define SMALL_MAX    (256U << 10)
#define ICON_MAX     (1U << 20)
#define LOOK_ON      300 /* files after which it is clear that this is no boot file system at all */
#define MEMTEST_MAX  (1U << 20)
#define LOADER_MAX   (8U << 20)
#define SCREEN_MAX   (8U << 20) /* the picture behind the boot menu */

struct file {
	const char *path, *name;
	uint64_t size;
	const uint8_t *head;
	size_t head_size;
};

struct magic {
	uint16_t offset;
	uint8_t length;
	const char *bytes;
};

static bool magic_is(const struct file *file, const struct magic *magic)
{
	return file->head_size >= (size_t)magic->offset + magic->length &&
	       memcmp(file->head + magic->offset, magic->bytes, magic->length) == 0;
}

static bool any_magic(const struct file *file, const struct magic *magics, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (magic_is(file, &magics[i]))
			return true;
	return false;
}

#define ANY_MAGIC(file, magics) any_magic(file, magics, ELEMENTS(magics))

/* Case does not count: the EFI system partition is FAT. */
static bool any_name(const char *text, const char *const *patterns, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (fnmatch(patterns[i], text, FNM_CASEFOLD) == 0)
			return true;
	return false;
}

#define ANY_NAME(text, patterns) any_name(text, patterns, ELEMENTS(patterns))

/* --- never --- */

static const struct magic never[] = {
	{0, 3, "\xff\xd8\xff"}, {0, 4, "GIF8"}, {0, 4, "II*\0"}, {0, 4, "MM\0*"}, {0, 4, "RIFF"},
	{4, 4, "ftyp"}, {0, 4, "\x1a\x45\xdf\xa3"}, {0, 4, "\0\0\1\xba"}, {0, 4, "\0\0\1\xb3"}, {0, 3, "ID3"},
	{0, 4, "OggS"}, {0, 4, "fLaC"}, /* pictures, film */
	{0, 5, "%PDF-"}, {0, 4, "PK\3\4"}, {0, 8, "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"}, {0, 5, "{\\rtf"},
	{0, 15, "SQLite format 3"},                                      /* documents */
	{0, 6, "7z\xbc\xaf\x27\x1c"}, {0, 4, "Rar!"}, {257, 5, "ustar"}, /* archives */
};
static const struct magic png[] = {{0, 8, "\x89PNG\r\n\x1a\n"}};

/* Boot menus have pictures of their own. */
static bool is_menu_picture(const struct file *file)
{
	static const char *const screens[] = {
		"grub*/.background_cache.png", "grub*/themes/*/background*.png"};
	static const char *const icons[] = {"grub*/themes/*.png", "efi/*/themes/*.png", "efi/*/icons/*.png",
		"efi/*/fonts/*.png", "efi/*/banners/*.png"};

	return ANY_MAGIC(file, png) && ((ANY_NAME(file->path, screens) && file->size <= SCREEN_MAX) ||
					       (ANY_NAME(file->path, icons) && file->size <= ICON_MAX));
}

/* Nothing that starts a computer is called so, however it begins. */
static bool is_archive(const struct file *file)
{
	static const char *const names[] = {
		"*.tar", "*.tar.*", "*.tgz", "*.tbz", "*.tbz2", "*.txz", "*.tlz", "*.tzst"};

	return ANY_NAME(file->name, names);
}

/* --- boot files --- */

static const struct magic packed[] = {{0, 2, "\x1f\x8b"}, {0, 6, "\xfd\x37zXZ\0"}, {0, 4, "\x28\xb5\x2f\xfd"},
	{0, 4, "\x02\x21\x4c\x18"}, {0, 4, "\x04\x22\x4d\x18"}, {0, 3, "\x5d\0\0"}, {0, 3, "BZh"},
	{0, 4, "\x89LZO"}};
static const struct magic cpio[] = {{0, 6, "070701"}, {0, 6, "070702"}};
static const struct magic kernels[] = {{0, 2, "MZ"}, {0x202, 4, "HdrS"}, {0x38, 4, "ARM\x64"},
	{0x24, 4, "\x18\x28\x6f\x01"}, {0, 4, "\x27\x05\x19\x56"}, {0, 4, "\xd0\x0d\xfe\xed"},
	{0, 4, "\177ELF"}, {0x30, 3, "RSC"}};
static const struct magic pe[] = {{0, 2, "MZ"}};
static const struct magic elf[] = {{0, 4, "\177ELF"}};
static const struct magic boot_sector[] = {{510, 2, "\x55\xaa"}};

static bool is_kernel(const struct file *file)
{
	static const char *const names[] = {"vmlinu[xz]*", "linux", "linux-[0-9]*", "linux.efi", "kernel",
		"kernel[-.0-9]*", "bzimage*", "image", "image.*", "image-[0-9]*", "zimage*", "uimage*", "xen",
		"xen[-.]*", "memtest86*", "memdisk", "*.itb", "*.fit"};

	/* The memory test comes in forms that begin with nothing but code. */
	if (fnmatch("memtest86*", file->name, FNM_CASEFOLD) == 0 && file->size <= MEMTEST_MAX)
		return true;
	return ANY_NAME(file->name, names) && (ANY_MAGIC(file, kernels) || ANY_MAGIC(file, packed));
}

static bool is_initial_files(const struct file *file)
{
	static const char *const names[] = {"initrd*", "initramfs*", "*-ucode.img", "microcode*", "ucode*",
		"uinitrd*", "*initrd*.img", "booster-*.img"};
	static const struct magic wrapped[] = {{0, 4, "\x27\x05\x19\x56"}};

	return ANY_NAME(file->name, names) &&
	       (ANY_MAGIC(file, packed) || ANY_MAGIC(file, cpio) || ANY_MAGIC(file, wrapped));
}

static bool is_efi_program(const struct file *file)
{
	static const char *const names[] = {
		"*.efi", "*.efi.signed", "*.efi.mui", "*.mui", "*.efi.bak", "bootmgr", "bootmgr.*"};
	static const char *const drivers[] = {"efi/microsoft/*.dll", "boot/*.dll"};

	return ANY_MAGIC(file, pe) && (ANY_NAME(file->name, names) || ANY_NAME(file->path, drivers));
}

static bool is_loader_part(const struct file *file)
{
	static const char *const programs[] = {"*.mod", "*.module", "*.c32", "*.elf", "efiemu*.o", "*.exec"};
	static const char *const images[] = {
		"grub*/*/*.img", "ldlinux.*", "*/ldlinux.*", "*.bin", "bootcode.bin"};
	static const char *const firmware[] = {"fixup*.dat", "start*.elf", "bootcode.bin", "*.dtb", "*.dtbo"};
	static const struct magic tree[] = {{0, 4, "\xd0\x0d\xfe\xed"}};

	if (ANY_NAME(file->name, programs) && ANY_MAGIC(file, elf))
		return true;
	if (file->size <= LOADER_MAX && ANY_NAME(file->path, images) &&
		(ANY_MAGIC(file, boot_sector) || ANY_MAGIC(file, elf) ||
			strncasecmp(file->path, "grub", 4) == 0))
		return true;
	return ANY_NAME(file->name, firmware) &&
	       (ANY_MAGIC(file, tree) || ANY_MAGIC(file, elf) || file->size <= SMALL_MAX);
}

static bool is_windows_boot(const struct file *file)
{
	static const char *const hives[] = {"bcd*", "*.log", "*.log1", "*.log2"};
	static const char *const names[] = {"bootstat.dat", "bootnxt", "*.p7b", "*.stl", "*.cip",
		"wpsettings.dat", "indexervolumeguid", "tracking.log", "reagent.xml", "*.jfm",
		"resetconfig.xml"};
	static const char *const logs[] = {"bcd*.regtrans-ms", "bcd*.blf"};
	static const struct magic hive[] = {{0, 4, "regf"}};
	static const struct magic ramdisk[] = {{0, 4, "$SDI"}};
	static const struct magic recovery[] = {{0, 8, "MSWIM\0\0\0"}};

	if (((ANY_NAME(file->name, hives) && (ANY_MAGIC(file, hive) || file->size <= SMALL_MAX)) ||
		    (ANY_NAME(file->name, logs) && file->size <= TEXT_MAX)) &&
		(strcasestr(file->path, "microsoft/") || strncasecmp(file->path, "boot/", 5) == 0))
		return true;
	if (fnmatch("*.sdi", file->name, FNM_CASEFOLD) == 0)
		return ANY_MAGIC(file, ramdisk);
	if (fnmatch("recovery/windowsre/winre*.wim", file->path, FNM_CASEFOLD) == 0)
		return ANY_MAGIC(file, recovery);
	return (ANY_NAME(file->name, names) ||
		       fnmatch("recovery/logs/*.xml", file->path, FNM_CASEFOLD) == 0) &&
	       file->size <= SMALL_MAX;
}

/* --- what lies beside boot files --- */

static bool is_text(const struct file *file)
{
	return !memchr(file->head, 0, file->head_size);
}

static bool is_setting(const struct file *file)
{
	static const char *const texts[] = {"*.cfg", "*.conf", "*.lst", "config-*", "cmdline*", "config.txt",
		"usercfg.txt", "syscfg.txt", "issue.txt", "gfxblacklist.txt", "device.map", "*.srel",
		"grubenv", ".vmlinuz*.hmac", "*.hmac", "readme", "licence.broadcom", "copying.linux",
		"installed-files*", "*.nsh", "*.entries", "custom.cfg", "machine-id", "refind_linux.conf",
		"*.sig", "autorun.inf", "*.ini", "systemversion.plist", "modinfo.sh"};
	static const char *const symbols[] = {"system.map*", "symvers*", "symtypes*"};
	static const char *const themes[] = {"grub*/themes/*/theme.txt", "grub*/themes/*/*.theme",
		"grub*/themes/*/*.inc", "grub*/themes/*/activate_theme", "grub*/themes/*/readme*",
		"grub*/themes/*/copying*", "grub*/themes/*/license*"};
	static const char *const tables[] = {"efi/*/boot*.csv", "efi/*/shim*.csv", "*/sbat*.csv"};

	if (ANY_NAME(file->name, symbols))
		return file->size <= SYMBOLS_MAX && (is_text(file) || ANY_MAGIC(file, packed));
	if (ANY_NAME(file->path, tables))
		return file->size <= SMALL_MAX;
	if (ANY_NAME(file->path, themes))
		return file->size <= SMALL_MAX && is_text(file);
	return ANY_NAME(file->name, texts) && file->size <= TEXT_MAX && is_text(file);
}

static bool is_resource(const struct file *file)
{
	static const char *const fonts[] = {"*.pf2", "*.ttf", "*.ttc"};
	static const char *const translations[] = {"*.mo", "*.gmo"};
	static const char *const seeds[] = {"loader/random-seed", "efi/*/random-seed", "*/random-seed"};
	static const char *const sealed[] = {"loader/credentials/*.cred"};
	static const char *const keys[] = {"*.cer", "*.crt", "*.der", "*.esl", "*.auth"};
	static const struct magic font[] = {
		{8, 4, "PFF2"}, {0, 4, "\0\1\0\0"}, {0, 4, "ttcf"}, {0, 4, "OTTO"}};
	static const struct magic translation[] = {{0, 4, "\xde\x12\x04\x95"}};

	if (ANY_NAME(file->name, fonts))
		return ANY_MAGIC(file, font) && file->size <= (32U << 20);
	if (ANY_NAME(file->name, translations))
		return ANY_MAGIC(file, translation) && file->size <= TEXT_MAX;
	if (ANY_NAME(file->path, seeds))
		return file->size <= 4096;
	return (ANY_NAME(file->name, keys) || ANY_NAME(file->path, sealed)) && file->size <= SMALL_MAX;
}

/* Makers of computers keep their firmware and the notes of its tests here. */
static bool is_firmware(const struct file *file)
{
	static const char *const makers[] = {"efi/hp/*", "efi/dell/*", "efi/lenovo/*", "efi/asus/*",
		"efi/acer/*", "efi/samsung/*", "efi/toshiba/*", "efi/fujitsu/*", "efi/apple/*", "efi/*/fw/*"};
	static const char *const images[] = {
		"*.bin", "*.rom", "*.cap", "*.scap", "*.fd", "*.sig", "*.s[0-9]*", "*.cat", "*.dat"};
	static const char *const notes[] = {"*.log", "*.xml", "*.cfg", "*.inf", "*.ini", "*.txt"};

	if (!ANY_NAME(file->path, makers))
		return false;
	return (ANY_NAME(file->name, images) && file->size <= FIRMWARE_MAX) ||
	       (ANY_NAME(file->name, notes) && file->size <= SMALL_MAX);
}

/* --- the verdict on one file --- */

static void keep_name(struct exempt *exempt, const char *name)
{
	(void)snprintf(exempt->offender, sizeof exempt->offender, "%s", name[0] ? name : "?");
	for (char *c = exempt->offender; *c; c++)
		if ((unsigned char)*c < 0x20 || *c == 0x7f)
			*c = '?';
}

void exempt_see_other(struct exempt *exempt, const char *name)
{
	if (!exempt->offender[0])
		keep_name(exempt, name);
}

bool exempt_see(struct exempt *exempt, const char *path, uint64_t size, const uint8_t *head, size_t head_size)
{
	const char *slash = strrchr(path, '/');
	struct file file = {path, slash ? slash + 1 : path, size, head, head_size};

	exempt->files++;
	if (size == 0 || is_menu_picture(&file))
		return true;
	if (!ANY_MAGIC(&file, never) && !ANY_MAGIC(&file, png) && !is_archive(&file)) {
		if (is_kernel(&file) || is_initial_files(&file) || is_efi_program(&file) ||
			is_loader_part(&file) || is_windows_boot(&file)) {
			exempt->boot_files++;
			return !exempt->offender[0];
		}
		if (is_setting(&file) || is_resource(&file) || is_firmware(&file))
			return true;
	}
	if (!exempt->offender[0])
		keep_name(exempt, file.name);
	return exempt->boot_files == 0 && exempt->files < LOOK_ON;
}

bool exempt_holds(const struct exempt *exempt)
{
	return !exempt->offender[0] && exempt->boot_files > 0;
}
