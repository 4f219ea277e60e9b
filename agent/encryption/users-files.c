/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * The uses that /proc and file systems tell: mounts, btrfs members, swap, journals, zram's overflow, loop
 * devices. A path is only a way to a device number; one that cannot be resolved names no device and adds
 * nothing, the device is then found taken by somebody unnamed.
 */

#include "encryption/users.h"

#include "base/fd.h"
#include "base/number.h"

#include <ctype.h>
#include <fcntl.h>
#include <string.h>

#define NAMES_MAX 512
#define PROC_MAX  65536
#define FILE_MAX  (16U << 20)

typedef char sysroot_name[SYSROOT_NAME];

static const char deleted[] = " (deleted)";

/* "/dev/mapper/home", "/dev/nvme0n1p3" or any other node. */
size_t users_find_path(const struct sysroot *root, const struct users *users, const char *path)
{
	struct sysroot_place place;
	char name[SYSROOT_NAME];
	size_t found;

	if (strncmp(path, "/dev/mapper/", 12) == 0)
		for (size_t i = 0; i < users->node_count; i++)
			if (users->nodes[i].kind == USERS_DM && strcmp(users->nodes[i].label, path + 12) == 0)
				return i;
	if (strncmp(path, "/dev/", 5) == 0 && strlen(path + 5) < sizeof name) {
		(void)snprintf(name, sizeof name, "%s", path + 5);
		for (char *c = name; *c; c++)
			if (*c == '/')
				*c = '!';
		found = users_find_name(users, name);
		if (found != USERS_NONE)
			return found;
	}
	if (root->place(root, path, NULL, &place) < 0 || !place.is_device)
		return USERS_NONE;
	return users_find(users, place.device);
}

static int add(struct users *users, size_t lower, enum users_kind kind, const char *what, const char *text)
{
	struct users_use use = {.lower = lower, .upper = USERS_NONE, .kind = kind};

	if (lower == USERS_NONE)
		return 0;
	(void)snprintf(use.what, sizeof use.what, "%s", what);
	(void)snprintf(use.text, sizeof use.text, "%s", text);
	for (size_t i = 0; i < users->use_count; i++)
		if (users->uses[i].lower == lower && users->uses[i].kind == kind &&
			strcmp(users->uses[i].text, use.text) == 0)
			return 0;
	return users_add(users, &use);
}

/* --- mounts --- */

static int add_second_devices(const struct sysroot *root, struct users *users, const struct mount *mount)
{
	static const char *const options[] = {"logdev", "rtdev"};
	char path[SYSROOT_PATH];
	int r = 0;

	for (size_t i = 0; r >= 0 && i < ELEMENTS(options); i++) {
		mount_option(mount, options[i], path, sizeof path);
		if (path[0])
			r = add(users, users_find_path(root, users, path), USERS_JOURNAL, mount->type,
				mount->point);
	}
	return r;
}

enum origin {
	FROM_SYSTEM, /* the computer's own mount table, as its first process sees it */
	FROM_HERE,   /* ours: a service may have one of its own, but only here can a path be opened */
	FROM_OTHERS,
};

static struct users_use *find_mount(struct users *users, size_t lower, const char *point)
{
	for (size_t i = 0; i < users->use_count; i++) {
		struct users_use *use = &users->uses[i];

		if (use->lower == lower && use->kind == USERS_MOUNT &&
			(!point || strncmp(use->text, point, sizeof use->text - 1) == 0))
			return use;
	}
	return NULL;
}

/* The system's mount points are what people know; those of others count where it has none. */
static int see_mount(
	const struct sysroot *root, struct users *users, const struct mount *mount, enum origin origin)
{
	size_t lower = mount->device.major ? users_find(users, mount->device) : USERS_NONE;
	struct users_use *use;
	int r = add_second_devices(root, users, mount);

	/* btrfs has device numbers of its own; its members are found by add_btrfs_members(). */
	if (r >= 0 && strcmp(mount->type, "btrfs") == 0)
		lower = users_find_path(root, users, mount->source);
	if (r < 0 || lower == USERS_NONE)
		return r;
	if (origin == FROM_SYSTEM || !find_mount(users, lower, NULL))
		r = add(users, lower, USERS_MOUNT, mount->type, mount->point);
	use = find_mount(users, lower, mount->point);
	if (use && origin == FROM_HERE && mount->whole && mount->device.major)
		use->whole = true;
	return r;
}

static int see_mounts(const struct sysroot *root, struct users *users, const char *text, enum origin origin)
{
	_cleanup_free_ struct mount *mount = calloc(1, sizeof *mount);
	int r = mount ? 0 : -ENOMEM;

	while (r >= 0) {
		int n = mount_next(&text, mount);

		if (n == -ENOENT)
			break;
		if (n >= 0)
			r = see_mount(root, users, mount, origin);
	}
	return r;
}

static int see_process_mounts(
	const struct sysroot *root, struct users *users, const char *pid, enum origin origin)
{
	_cleanup_free_ char *text = NULL;
	char path[SYSROOT_PATH];
	int r;

	if ((size_t)snprintf(path, sizeof path, "%s/proc/%s/mountinfo", root->prefix, pid) >= sizeof path)
		return -ENAMETOOLONG;
	r = fd_read_file_at(AT_FDCWD, path, FILE_MAX, &text, NULL);
	return r < 0 ? r : see_mounts(root, users, text, origin);
}

static int add_our_mounts(const struct sysroot *root, struct users *users)
{
	int r = see_process_mounts(root, users, "1", FROM_SYSTEM);

	if (r == -ENOMEM)
		return r;
	if (r < 0)
		r = see_process_mounts(root, users, "self", FROM_SYSTEM);
	return r < 0 ? r : see_process_mounts(root, users, "self", FROM_HERE);
}

struct seen {
	sysroot_name *list;
	size_t count;
};

/* Is this namespace one that was not looked at yet? Without a link nobody can tell: then it is. */
static bool is_new_namespace(const struct sysroot *root, const char *pid, struct seen *seen)
{
	char link[SYSROOT_NAME];

	if (sysroot_link(root, link, sizeof link, "/proc/%s/ns/mnt", pid) < 0)
		return true;
	for (size_t i = 0; i < seen->count; i++)
		if (strcmp(seen->list[i], link) == 0)
			return false;
	if (seen->count < NAMES_MAX)
		memcpy(seen->list[seen->count++], link, sizeof link);
	return true;
}

static int see_process(const struct sysroot *root, struct users *users, const char *pid, struct seen *seen)
{
	int r;

	if (!isdigit((unsigned char)pid[0]) || !is_new_namespace(root, pid, seen))
		return 0;
	r = see_process_mounts(root, users, pid, FROM_OTHERS);
	return r == -ENOMEM ? r : 0; /* it may have ended */
}

static int add_other_namespaces(const struct sysroot *root, struct users *users)
{
	sysroot_name *names = calloc(PROC_MAX, sizeof *names);
	_cleanup_free_ _unused_ void *owner = names;
	struct seen seen = {.list = calloc(NAMES_MAX, sizeof *seen.list)};
	_cleanup_free_ _unused_ void *seen_owner = seen.list;
	size_t count = 0;
	int r = names && seen.list ? 0 : -ENOMEM;

	if (r < 0 || sysroot_list(root, "/proc", names, PROC_MAX, &count) < 0)
		return r;
	(void)is_new_namespace(root, "self", &seen);
	(void)is_new_namespace(root, "1", &seen);
	for (size_t i = 0; r >= 0 && i < count; i++)
		r = see_process(root, users, names[i], &seen);
	return r;
}

static bool has_member(const sysroot_name *names, size_t count, const struct users *users, size_t node)
{
	for (size_t i = 0; i < count; i++)
		if (users_find_name(users, names[i]) == node)
			return true;
	return false;
}

/* Each member of a btrfs is used for every place where any member's name stands in the mount table. */
static int add_members(struct users *users, const sysroot_name *names, size_t count)
{
	size_t known = users->use_count;
	int r = 0;

	for (size_t i = 0; r >= 0 && i < count; i++) {
		size_t lower = users_find_name(users, names[i]);
		bool mounted = false;

		for (size_t u = 0; r >= 0 && u < known; u++) {
			struct users_use use = users->uses[u];

			if (use.kind != USERS_MOUNT || strcmp(use.what, "btrfs") != 0 ||
				!has_member(names, count, users, use.lower))
				continue;
			mounted = true;
			r = add(users, lower, USERS_MOUNT, "btrfs", use.text);
		}
		if (r >= 0 && !mounted)
			r = add(users, lower, USERS_MOUNT, "btrfs", "");
	}
	return r;
}

static int add_btrfs_members(const struct sysroot *root, struct users *users)
{
	sysroot_name *ids = calloc(NAMES_MAX, sizeof *ids), *names = calloc(NAMES_MAX, sizeof *names);
	_cleanup_free_ _unused_ void *owner = ids, *names_owner = names;
	size_t count = 0, members;
	int r = ids && names ? 0 : -ENOMEM;

	if (r < 0 || sysroot_list(root, "/sys/fs/btrfs", ids, NAMES_MAX, &count) < 0)
		return r;
	for (size_t i = 0; r >= 0 && i < count; i++) {
		char path[SYSROOT_NAME + 32];

		(void)snprintf(path, sizeof path, "/sys/fs/btrfs/%s/devices", ids[i]);
		if (sysroot_list(root, path, names, NAMES_MAX, &members) >= 0)
			r = add_members(users, names, members);
	}
	return r;
}

/* --- swap, journals, overflow, loop devices --- */

static int add_swap_file(const struct sysroot *root, struct users *users, const char *path)
{
	_cleanup_free_ struct mount *mount = calloc(1, sizeof *mount);
	_cleanup_free_ char *mounts = NULL;
	struct sysroot_place place;
	size_t lower;
	int r = mount ? 0 : -ENOMEM;

	if (r < 0 || root->place(root, path, NULL, &place) < 0 || place.is_device ||
		sysroot_mounts(root, &mounts) < 0 || mount_find(mounts, place.mount_id, mount) < 0)
		return r;
	lower = strcmp(mount->type, "btrfs") == 0 ? users_find_path(root, users, mount->source)
						  : users_find(users, mount->device);
	return add(users, lower, USERS_SWAP, "swap", "swap");
}

static int see_swap(const struct sysroot *root, struct users *users, const char *line, size_t size)
{
	size_t length = strcspn(line, " \t\n");
	char path[SYSROOT_PATH];
	const char *type;

	if (line[0] != '/' || length > size)
		return 0;
	mount_unescape(line, length, path, sizeof path);
	length += strspn(line + length, " \t");
	type = line + length;
	if (strlen(path) > strlen(deleted) && strcmp(path + strlen(path) - strlen(deleted), deleted) == 0)
		path[strlen(path) - strlen(deleted)] = 0;
	if (strncmp(type, "file", 4) == 0)
		return add_swap_file(root, users, path);
	return add(users, users_find_path(root, users, path), USERS_SWAP, "swap", "swap");
}

static int add_swaps(const struct sysroot *root, struct users *users)
{
	_cleanup_free_ char *text = NULL;
	char path[SYSROOT_PATH];
	int r;

	if ((size_t)snprintf(path, sizeof path, "%s/proc/swaps", root->prefix) >= sizeof path)
		return -ENAMETOOLONG;
	r = fd_read_file_at(AT_FDCWD, path, FILE_MAX, &text, NULL);
	/* A kernel without swap has no such file. */
	if (r < 0)
		return r == -ENOENT ? 0 : r;
	for (const char *line = text; r >= 0 && *line;) {
		size_t size = strcspn(line, "\n");

		r = see_swap(root, users, line, size);
		line += size;
		if (*line)
			line++;
	}
	return r;
}

/* "sda1-8" is a journal inside; a bare device name is a device that holds nothing but a journal. */
static int add_journals(const struct sysroot *root, struct users *users)
{
	sysroot_name *names = calloc(NAMES_MAX, sizeof *names);
	_cleanup_free_ _unused_ void *owner = names;
	size_t count = 0;
	int r = names ? 0 : -ENOMEM;

	if (r < 0 || sysroot_list(root, "/proc/fs/jbd2", names, NAMES_MAX, &count) < 0)
		return r;
	for (size_t i = 0; r >= 0 && i < count; i++)
		r = add(users, users_find_name(users, names[i]), USERS_JOURNAL, "ext4", "");
	return r;
}

static int add_overflow(const struct sysroot *root, struct users *users, size_t index)
{
	char path[SYSROOT_PATH];

	if (users->nodes[index].kind != USERS_ZRAM ||
		sysroot_read(root, path, sizeof path, "/sys/class/block/%s/backing_dev",
			users->nodes[index].name) < 0 ||
		path[0] != '/')
		return 0;
	return add(
		users, users_find_path(root, users, path), USERS_OVERFLOW, "zram", users->nodes[index].name);
}

static int add_loop(const struct sysroot *root, struct users *users, size_t index)
{
	struct users_use use = {.upper = index, .kind = USERS_OVER_LOOP, .what = "loop"};
	char path[SYSROOT_PATH];

	if (users->nodes[index].kind != USERS_LOOP ||
		sysroot_read(root, path, sizeof path, "/sys/class/block/%s/loop/backing_file",
			users->nodes[index].name) < 0 ||
		strncmp(path, "/dev/", 5) != 0)
		return 0;
	use.lower = users_find_path(root, users, path);
	return use.lower == USERS_NONE || use.lower == index ? 0 : users_add(users, &use);
}

int users_load_files(const struct sysroot *root, struct users *users)
{
	int r = add_our_mounts(root, users);

	if (r >= 0)
		r = add_other_namespaces(root, users);
	if (r >= 0)
		r = add_btrfs_members(root, users);
	if (r >= 0)
		r = add_swaps(root, users);
	if (r >= 0)
		r = add_journals(root, users);
	for (size_t i = 0; r >= 0 && i < users->node_count; i++) {
		r = add_overflow(root, users, i);
		if (r >= 0)
			r = add_loop(root, users, i);
	}
	return r;
}
