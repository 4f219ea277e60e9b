/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Lists of names. See keys-name.h. */

#include "encryption/keys-name.h"

#include "encryption/initramfs.h"

#include <string.h>
#include <strings.h>

static const char *base_of(const char *name)
{
	const char *slash = strrchr(name, '/');

	return slash ? slash + 1 : name;
}

static bool ends_in(const char *name, const char *const *ends, size_t count)
{
	size_t size = strlen(name);

	for (size_t i = 0; i < count; i++)
		if (size >= strlen(ends[i]) && strcasecmp(name + size - strlen(ends[i]), ends[i]) == 0)
			return true;
	return false;
}

static bool begins_with(const char *name, const char *const *starts, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (strncasecmp(name, starts[i], strlen(starts[i])) == 0)
			return true;
	return false;
}

static const char *plain(const char *name)
{
	return name + strspn(name, "/");
}

/* Programs, modules, keyboards and public halves have "key" in their names too. */
static bool is_known_other(const char *name)
{
	static const char *const folders[] = {"lib/", "lib32/", "lib64/", "libx32/", "bin/", "sbin/",
		"usr/lib/", "usr/lib32/", "usr/lib64/", "usr/bin/", "usr/sbin/", "usr/libexec/", "usr/share/",
		"scripts/", "hooks/"};
	static const char *const ends[] = {".mod", ".ko", ".ko.gz", ".ko.xz", ".ko.zst", ".pub", ".crt",
		".cer", ".der", ".auth", ".esl", ".asc", ".html", ".txt", ".sh", ".conf", ".cfg", ".map",
		".map.gz", ".lst", ".png", ".pf2", ".service", ".rules", ".hwdb", ".dtb", ".dtbo"};
	static const char *const starts[] = {"ssh_host_", "dropbear_", "authorized_keys", "known_hosts"};
	const char *base = base_of(name);

	return begins_with(name, folders, ELEMENTS(folders)) || ends_in(name, ends, ELEMENTS(ends)) ||
	       begins_with(base, starts, ELEMENTS(starts)) || strcasestr(base, "keyboard") ||
	       strcasestr(base, "keymap");
}

bool keys_name_may_be_key(const char *name)
{
	static const char *const folders[] = {"cryptroot/keyfiles/", "etc/cryptsetup-keys.d/", "etc/keys/"};
	const char *base;

	name = plain(name);
	base = base_of(name);
	if (begins_with(name, folders, ELEMENTS(folders)))
		return true;
	if (is_known_other(name))
		return false;
	return strcasestr(base, "key") || strcasestr(base, "luks") ||
	       (strcasestr(base, "crypt") && ends_in(base, (const char *const[]){".bin"}, 1));
}

bool keys_name_is_surely_image(const char *name)
{
	static const char *const starts[] = {"initrd", "initramfs", "uInitrd"};

	return begins_with(base_of(name), starts, ELEMENTS(starts));
}

bool keys_name_is_image(const char *name)
{
	static const char *const ends[] = {".img", ".efi", ".cpio", ".cpio.gz", ".initrd"};

	return keys_name_is_surely_image(name) || ends_in(name, ends, ELEMENTS(ends));
}

bool keys_name_is_crypttab(const char *name)
{
	static const char *const names[] = {"cryptroot/crypttab", "etc/crypttab", "etc/crypttab.initramfs"};

	name = plain(name);
	for (size_t i = 0; i < ELEMENTS(names); i++)
		if (strcmp(name, names[i]) == 0)
			return true;
	return false;
}

bool keys_name_is_credential(const char *name)
{
	static const char *const starts[] = {"cryptsetup."}, *const ends[] = {".cred"};

	return begins_with(base_of(name), starts, ELEMENTS(starts)) && ends_in(name, ends, ELEMENTS(ends));
}

bool keys_name_is_cmdline(const char *name)
{
	static const char *const bases[] = {"grub.cfg", "custom.cfg", "grubenv", "extlinux.conf",
		"syslinux.cfg", "refind_linux.conf", "cmdline.txt", "boot.cmd", INITRAMFS_CMDLINE};
	const char *base = base_of(name);

	for (size_t i = 0; i < ELEMENTS(bases); i++)
		if (strcasecmp(base, bases[i]) == 0)
			return true;
	return (strstr(name, "loader/entries/") || strstr(name, "etc/cmdline.d/")) &&
	       ends_in(base, (const char *const[]){".conf"}, 1);
}
