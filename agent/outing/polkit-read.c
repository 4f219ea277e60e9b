/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Where polkit looks. See polkit.h. */

#include "outing/polkit.h"
#include "outing/rootfs.h"

typedef void parse_function(char *text, const char *where, struct grants *grants);

static int read_folder(const char *root, const char *folder, const char *suffix, parse_function *parse,
	struct grants *grants, char *path)
{
	_cleanup_names_ struct rootfs_names names = {0};
	int r;

	(void)rootfs_path(path, "%s", folder);
	r = rootfs_list(root, folder, suffix, &names);
	if (r == -ENOENT)
		return 0;
	for (size_t i = 0; r == 0 && i < names.count; i++) {
		_cleanup_free_ char *text = NULL;

		if (!rootfs_path(path, "%s/%s", folder, names.name[i]))
			return -ENAMETOOLONG;
		r = rootfs_text(root, path, &text);
		if (r == 0)
			parse(text, path, grants);
		else if (r == -ENOENT)
			r = 0;
	}
	return r;
}

/* .pkla files lie one folder deeper: 10-vendor.d, 50-local.d, ... */
static int read_authorities(const char *root, const char *top, struct grants *grants, char *path)
{
	_cleanup_names_ struct rootfs_names names = {0};
	int r;

	(void)rootfs_path(path, "%s", top);
	r = rootfs_list(root, top, ".d", &names);
	if (r == -ENOENT)
		return 0;
	for (size_t i = 0; r == 0 && i < names.count; i++) {
		char folder[ROOTFS_PATH];

		if (!rootfs_path(folder, "%s/%s", top, names.name[i]))
			return -ENAMETOOLONG;
		r = read_folder(root, folder, ".pkla", polkit_parse_pkla, grants, path);
	}
	return r;
}

/* Newer versions of polkit ask a helper about .pkla files, and only where it is installed. */
static bool uses_pkla(const char *root)
{
	return rootfs_exists(root, "/usr/sbin/pkla-check-authorization") != 0 ||
	       rootfs_exists(root, "/usr/bin/pkla-check-authorization") != 0 ||
	       rootfs_exists(root, "/usr/share/polkit-1/rules.d") == 0;
}

int polkit_load(const char *root, struct grants *grants, char *ret_path)
{
	static const char *const folders[] = {"/etc/polkit-1/rules.d", "/run/polkit-1/rules.d",
		"/usr/local/share/polkit-1/rules.d", "/usr/share/polkit-1/rules.d"};
	static const char *const authorities[] = {
		"/etc/polkit-1/localauthority", "/var/lib/polkit-1/localauthority"};
	int r = 0;

	for (size_t i = 0; r == 0 && i < ELEMENTS(folders); i++)
		r = read_folder(root, folders[i], ".rules", polkit_parse_rules, grants, ret_path);
	for (size_t i = 0; r == 0 && i < ELEMENTS(authorities) && uses_pkla(root); i++)
		r = read_authorities(root, authorities[i], grants, ret_path);
	if (r == 0 && uses_pkla(root))
		r = read_folder(root, "/etc/polkit-1/localauthority.conf.d", ".conf", polkit_parse_admins,
			grants, ret_path);
	return r;
}
