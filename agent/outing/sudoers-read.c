/* SPDX-License-Identifier: GPL-3.0-or-later */

/* sudo's files and what they include. See sudoers.h. */

#include "outing/rootfs.h"
#include "outing/sudoers.h"

#include <string.h>

#define MAIN_FILE "/etc/sudoers"
#define DEPTH_MAX 8

struct loading {
	const char *root;
	struct sudoers *sudoers;
	unsigned depth;
	char *path; /* what is being read */
};

static int include(const char *path, bool folder, void *data);

static int load_file(struct loading *loading, const char *path)
{
	_cleanup_free_ char *text = NULL;
	char own[ROOTFS_PATH];
	int r;

	if (loading->depth > DEPTH_MAX)
		return -ELOOP;
	(void)rootfs_path(loading->path, "%s", path);
	(void)snprintf(own, sizeof own, "%s", loading->path);
	r = rootfs_text(loading->root, own, &text);
	if (r < 0)
		return r;
	loading->depth++;
	r = sudoers_add(loading->sudoers, text, own, include, loading);
	loading->depth--;
	return r;
}

/* sudo passes over names with a dot or a tilde at the end. */
static int load_folder(struct loading *loading, const char *folder)
{
	_cleanup_names_ struct rootfs_names names = {0};
	int r;

	(void)rootfs_path(loading->path, "%s", folder);
	r = rootfs_list(loading->root, folder, "", &names);
	if (r == -ENOENT)
		return 0;
	for (size_t i = 0; r == 0 && i < names.count; i++) {
		const char *name = names.name[i];
		char path[ROOTFS_PATH];

		if (strchr(name, '.') || name[strlen(name) - 1] == '~')
			continue;
		if (!rootfs_path(path, "%s/%s", folder, name))
			return -ENAMETOOLONG;
		r = load_file(loading, path);
		/* A folder in it is passed over. */
		if (r == -EINVAL)
			r = 0;
	}
	return r;
}

static int include(const char *path, bool folder, void *data)
{
	struct loading *loading = data;
	char whole[ROOTFS_PATH];
	int r;

	/* %h stands for the host's name: not followed. */
	if (strchr(path, '%'))
		return -EBADMSG;
	if (!rootfs_path(whole, path[0] == '/' ? "%s%s" : "%s/%s", path[0] == '/' ? "" : "/etc", path))
		return -ENAMETOOLONG;
	r = folder ? load_folder(loading, whole) : load_file(loading, whole);
	return r == -ENOENT ? -EBADMSG : r;
}

int sudoers_load(const char *root, struct grants *grants, char *ret_path)
{
	_cleanup_(sudoers_freep) struct sudoers *sudoers = NULL;
	struct loading loading = {.root = root, .path = ret_path};
	int r = sudoers_new(&sudoers);

	loading.sudoers = sudoers;
	if (r == 0)
		r = load_file(&loading, MAIN_FILE);
	if (r == 0)
		sudoers_resolve(sudoers, grants);
	return r;
}
