/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * Records a computer so that a wrong verdict can be looked into elsewhere. Nothing is copied as it is: each
 * file of the record is composed from what was understood, so that what was not understood (volume keys in
 * tables, serial numbers, names of files and persons, options of network mounts) cannot be in it.
 */

#include "encryption/leaf-walk.h"

#include "base/fd.h"
#include "base/json.h"
#include "encryption/facts.h"
#include "encryption/recorded.h"
#include "encryption/tar.h"

#include <ctype.h>
#include <fcntl.h>
#include <stdarg.h>
#include <string.h>

#define NAMES_MAX  4096
#define NAMESPACES 64
#define FILE_MAX   (16U << 20)
#define PARENTS    64

typedef char sysroot_name[SYSROOT_NAME];

struct collecting {
	struct leaf_walk *walk;
	struct tar tar;
	struct js *places;
	size_t files, namespaces;
	size_t parent_count;
	char parents[PARENTS][SYSROOT_PATH]; /* folders of /sys that were written */
};

static _printf_(3, 4) void put(struct collecting *c, const char *text, const char *format, ...)
{
	char path[SYSROOT_PATH];
	va_list arguments;

	va_start(arguments, format);
	(void)vsnprintf(path, sizeof path, format, arguments);
	va_end(arguments);
	tar_file(&c->tar, path, text, strlen(text));
}

/* Copies one small attribute of a block device, if there is one. */
static void put_attribute(struct collecting *c, const char *name, const char *folder, const char *attribute)
{
	char text[128];

	if (sysroot_read(c->walk->root, text, sizeof text, "/sys/class/block/%s/%s", name, attribute) >= 0)
		put(c, text, "%s/%s", folder, attribute);
}

/* --- devices --- */

/* The kernel's link, without the way back: "devices/pci0000:00/..." */
static const char *folder_of(const char *link)
{
	const char *devices = strstr(link, "devices/");

	return devices ? devices : link;
}

static void put_link_name(struct collecting *c, const char *folder, const char *name)
{
	char target[SYSROOT_PATH], path[SYSROOT_PATH];

	if (sysroot_link(c->walk->root, target, sizeof target, "/sys/%s/%s", folder, name) < 0)
		return;
	if ((size_t)snprintf(path, sizeof path, "sys/%s/%s", folder, name) < sizeof path)
		tar_link(&c->tar, path, target);
}

static void put_parent_attribute(struct collecting *c, const char *folder, const char *name)
{
	char text[64];

	if (sysroot_read(c->walk->root, text, sizeof text, "/sys/%s/%s", folder, name) >= 0)
		put(c, text, "sys/%s/%s", folder, name);
}

static bool is_new_parent(struct collecting *c, const char *folder)
{
	for (size_t i = 0; i < c->parent_count; i++)
		if (strcmp(c->parents[i], folder) == 0)
			return false;
	if (c->parent_count < PARENTS)
		(void)snprintf(c->parents[c->parent_count++], SYSROOT_PATH, "%s", folder);
	return true;
}

/* What a disk hangs on, which tells whether it leaves the building by itself. */
static void put_parents(struct collecting *c, const char *disk)
{
	char folder[SYSROOT_PATH], target[SYSROOT_PATH];
	char *slash;

	(void)snprintf(folder, sizeof folder, "%s", disk);
	while ((slash = strrchr(folder, '/'))) {
		*slash = 0;
		if (!strchr(folder, '/') || !is_new_parent(c, folder))
			return;
		if (sysroot_link(c->walk->root, target, sizeof target, "/sys/%s/subsystem", folder) < 0)
			continue;
		put_link_name(c, folder, "subsystem");
		put_link_name(c, folder, "driver");
		put_parent_attribute(c, folder, "removable");
		if (strstr(target, "/mmc"))
			put_parent_attribute(c, folder, "type");
	}
}

static void put_holders(struct collecting *c, const char *name, const char *folder)
{
	sysroot_name *names = calloc(NAMES_MAX, sizeof *names);
	_cleanup_free_ _unused_ void *owner = names;
	char path[SYSROOT_NAME + 32];
	size_t count = 0;

	(void)snprintf(path, sizeof path, "/sys/class/block/%s/holders", name);
	if (!names || sysroot_list(c->walk->root, path, names, NAMES_MAX, &count) < 0)
		return;
	for (size_t i = 0; i < count; i++)
		put(c, "", "%s/holders/%s", folder, names[i]);
}

static void put_kind(struct collecting *c, const struct users_node *node, const char *folder)
{
	char path[SYSROOT_PATH];

	switch (node->kind) {
	case USERS_DM:
		put(c, node->label, "%s/dm/name", folder);
		return;
	case USERS_MD:
		put(c, "raid", "%s/md/level", folder);
		return;
	case USERS_BCACHE:
		put(c, "yes", "%s/bcache/recorded", folder);
		return;
	case USERS_LOOP:
		if (sysroot_read(c->walk->root, path, sizeof path, "/sys/class/block/%s/loop/backing_file",
			    node->name) >= 0)
			put(c, strncmp(path, "/dev/", 5) == 0 ? path : "/a file", "%s/loop/backing_file",
				folder);
		return;
	case USERS_ZRAM:
		if (sysroot_read(c->walk->root, path, sizeof path, "/sys/class/block/%s/backing_dev",
			    node->name) >= 0)
			put(c, strncmp(path, "/dev/", 5) == 0 ? path : "none", "%s/backing_dev", folder);
		return;
	case USERS_PARTITION_OF_DISK:
	case USERS_DISK:
	case USERS_VIRTUAL:
		return;
	}
}

static void put_table(struct collecting *c, const struct users_node *node)
{
	_cleanup_free_ char *text = NULL;
	_cleanup_fclose_ FILE *file = NULL;
	size_t size = 0;
	char line[4096];

	if (node->kind != USERS_DM || node->table_error < 0)
		return;
	file = open_memstream(&text, &size);
	if (!file)
		return;
	for (size_t i = 0; i < node->table.count; i++) {
		(void)dmtable_format(&node->table.targets[i], line, sizeof line);
		(void)fprintf(file, "%s\n", line);
	}
	if (fflush(file) == 0 && text)
		put(c, text, "dm/%u:%u", node->number.major, node->number.minor);
}

static void put_node(struct collecting *c, const struct users_node *node)
{
	static const char *const attributes[] = {"dev", "size", "partition", "start", "hidden", "ro"};
	char link[SYSROOT_PATH], path[SYSROOT_PATH], target[SYSROOT_PATH + 8];
	const char *folder;

	if (sysroot_link(c->walk->root, link, sizeof link, "/sys/class/block/%s", node->name) < 0)
		return;
	folder = folder_of(link);
	(void)snprintf(path, sizeof path, "sys/class/block/%s", node->name);
	(void)snprintf(target, sizeof target, "../../%s", folder);
	tar_link(&c->tar, path, target);
	(void)snprintf(path, sizeof path, "sys/dev/block/%u:%u", node->number.major, node->number.minor);
	tar_link(&c->tar, path, target);
	if ((size_t)snprintf(path, sizeof path, "sys/%s", folder) >= sizeof path)
		return;
	for (size_t i = 0; i < ELEMENTS(attributes); i++)
		put_attribute(c, node->name, path, attributes[i]);
	put_kind(c, node, path);
	put_holders(c, node->name, path);
	put_table(c, node);
	if (node->real && node->kind == USERS_DISK) {
		if (node->model[0])
			put(c, node->model, "%s/device/model", path);
		put_parents(c, folder);
	}
}

/* --- mounts --- */

static void print_escaped(FILE *file, const char *text)
{
	for (; *text; text++)
		if (strchr(" \t\n\\", *text))
			(void)fprintf(file, "\\%03o", (unsigned char)*text);
		else
			(void)fputc(*text, file);
}

/* Mount points below these name a person. */
static void print_point(FILE *file, const char *point)
{
	static const char *const personal[] = {"/home/", "/media/", "/run/media/", "/run/user/"};

	for (size_t i = 0; i < ELEMENTS(personal); i++)
		if (strncmp(point, personal[i], strlen(personal[i])) == 0) {
			(void)fprintf(file, "%sperson", personal[i]);
			return;
		}
	print_escaped(file, point);
}

static void print_source(const struct collecting *c, FILE *file, const char *source)
{
	char path[LEAF_USE];
	size_t node = strncmp(source, "/dev/", 5) == 0
			      ? users_find_path(c->walk->root, &c->walk->users, source)
			      : USERS_NONE;

	print_escaped(file, node == USERS_NONE ? "none" : leaf_path(&c->walk->users.nodes[node], path));
}

static void print_second_devices(const struct collecting *c, FILE *file, const struct mount *mount)
{
	static const char *const options[] = {"logdev", "rtdev"};
	char path[SYSROOT_PATH];

	for (size_t i = 0; i < ELEMENTS(options); i++) {
		mount_option(mount, options[i], path, sizeof path);
		if (!path[0])
			continue;
		(void)fprintf(file, ",%s=", options[i]);
		print_source(c, file, path);
	}
}

static void print_mount(const struct collecting *c, FILE *file, const struct mount *mount)
{
	(void)fprintf(file, "%llu 1 %u:%u %s ", (unsigned long long)mount->id, mount->device.major,
		mount->device.minor, mount->whole ? "/" : "/a-part");
	print_point(file, mount->point);
	(void)fprintf(file, " rw - ");
	print_escaped(file, mount->type);
	(void)fputc(' ', file);
	print_source(c, file, mount->source);
	(void)fprintf(file, " rw");
	print_second_devices(c, file, mount);
	(void)fputc('\n', file);
}

static void put_mounts(struct collecting *c, const char *pid, const char *as)
{
	_cleanup_free_ struct mount *mount = calloc(1, sizeof *mount);
	_cleanup_free_ char *text = NULL, *composed = NULL;
	_cleanup_fclose_ FILE *file = NULL;
	char path[SYSROOT_PATH];
	size_t size = 0;
	int r;

	if (!mount ||
		(size_t)snprintf(path, sizeof path, "%s/proc/%s/mountinfo", c->walk->root->prefix, pid) >=
			sizeof path ||
		fd_read_file_at(AT_FDCWD, path, FILE_MAX, &text, NULL) < 0)
		return;
	file = open_memstream(&composed, &size);
	for (const char *rest = text; file && (r = mount_next(&rest, mount)) != -ENOENT;)
		if (r >= 0)
			print_mount(c, file, mount);
	if (file && fflush(file) == 0)
		put(c, composed, "proc/%s/mountinfo", as);
}

/* One process of each other mount namespace, under a number of its own. */
static void put_other_namespaces(struct collecting *c)
{
	sysroot_name *names = calloc(NAMES_MAX * 16, sizeof *names), *seen = calloc(NAMESPACES, sizeof *seen);
	_cleanup_free_ _unused_ void *owner = names, *seen_owner = seen;
	size_t count = 0, known = 0;
	char link[SYSROOT_NAME], as[32];

	if (!names || !seen || sysroot_list(c->walk->root, "/proc", names, NAMES_MAX * 16, &count) < 0)
		return;
	for (size_t i = 0; i < count && known < NAMESPACES; i++) {
		bool old = !isdigit((unsigned char)names[i][0]) || strcmp(names[i], "1") == 0;

		if (old || sysroot_link(c->walk->root, link, sizeof link, "/proc/%s/ns/mnt", names[i]) < 0)
			continue;
		for (size_t k = 0; k < known; k++)
			old = old || strcmp(seen[k], link) == 0;
		if (old)
			continue;
		memcpy(seen[known++], link, sizeof link);
		(void)snprintf(as, sizeof as, "%zu", 1000 + known);
		put_mounts(c, names[i], as);
	}
}

/* --- the rest --- */

static void put_names(struct collecting *c, const char *folder, const char *below)
{
	sysroot_name *names = calloc(NAMES_MAX, sizeof *names);
	_cleanup_free_ _unused_ void *owner = names;
	size_t count = 0;

	if (!names || sysroot_list(c->walk->root, folder, names, NAMES_MAX, &count) < 0)
		return;
	for (size_t i = 0; i < count; i++)
		put(c, "", "%s/%s%s", folder + 1, names[i], below);
}

static void put_btrfs(struct collecting *c)
{
	sysroot_name *names = calloc(NAMES_MAX, sizeof *names);
	_cleanup_free_ _unused_ void *owner = names;
	char path[SYSROOT_NAME + 32];
	size_t count = 0;

	if (!names || sysroot_list(c->walk->root, "/sys/fs/btrfs", names, NAMES_MAX, &count) < 0)
		return;
	for (size_t i = 0; i < count; i++) {
		(void)snprintf(path, sizeof path, "/sys/fs/btrfs/%s/devices", names[i]);
		put_names(c, path, "");
	}
}

static void print_swap(struct collecting *c, FILE *file, const char *line)
{
	char path[SYSROOT_PATH], text[LEAF_USE];
	struct sysroot_place place;
	size_t length = strcspn(line, " \t\n"), node;

	if (line[0] != '/')
		return;
	mount_unescape(line, length, path, sizeof path);
	line += length + strspn(line + length, " \t");
	if (strncmp(line, "file", 4) != 0) {
		node = users_find_path(c->walk->root, &c->walk->users, path);
		if (node != USERS_NONE)
			(void)fprintf(
				file, "%s partition 0 0 0\n", leaf_path(&c->walk->users.nodes[node], text));
		return;
	}
	(void)snprintf(text, sizeof text, "/swap-file-%zu", ++c->files);
	if (c->walk->root->place(c->walk->root, path, NULL, &place) >= 0)
		js_set(c->places, text, facts_place(&place));
	(void)fprintf(file, "%s file 0 0 0\n", text);
}

static void put_swaps(struct collecting *c)
{
	_cleanup_free_ char *text = NULL, *composed = NULL;
	_cleanup_fclose_ FILE *file = NULL;
	char path[SYSROOT_PATH];
	size_t size = 0;

	if ((size_t)snprintf(path, sizeof path, "%s/proc/swaps", c->walk->root->prefix) >= sizeof path ||
		fd_read_file_at(AT_FDCWD, path, FILE_MAX, &text, NULL) < 0)
		return;
	file = open_memstream(&composed, &size);
	for (const char *line = text; file && *line;) {
		print_swap(c, file, line);
		line += strcspn(line, "\n");
		line += *line != 0;
	}
	if (file && fflush(file) == 0)
		put(c, composed, "proc/swaps");
}

static void remember_keys(struct leaf_walk *walk, size_t index)
{
	struct content *content = &walk->nodes[index].content;

	if (content->has_header)
		content->has_keys = leaf_find_keys(walk, index, &content->keys);
}

static void put_facts(struct collecting *c)
{
	_cleanup_js_ struct js *facts = js_object();
	struct js *contents = js_object();
	_cleanup_free_ char *text = NULL;
	char number[32];

	js_set_u64(facts, "version", RECORDED_VERSION);
	for (size_t i = 0; i < c->walk->users.node_count; i++) {
		const struct users_node *node = &c->walk->users.nodes[i];

		if (!c->walk->nodes[i].wanted)
			continue;
		remember_keys(c->walk, i);
		(void)snprintf(number, sizeof number, "%u:%u", node->number.major, node->number.minor);
		js_set(contents, number, facts_content(&c->walk->nodes[i].content));
	}
	js_set(facts, "contents", contents);
	js_set(facts, "places", TAKE_PTR(c->places));
	if (js_text(facts, true, &text) < 0)
		c->tar.error = -ENOMEM;
	else
		put(c, text, RECORDED_FACTS);
}

int leaf_collect(const struct sysroot *root, const struct leaf_options *options, int fd)
{
	_cleanup_(leaf_close) struct leaf_walk walk;
	_cleanup_free_ struct collecting *c = calloc(1, sizeof *c);
	int r = leaf_open(root, options, &walk);

	if (r < 0)
		return r;
	if (!c)
		return -ENOMEM;
	*c = (struct collecting){.walk = &walk, .tar = {.fd = fd}, .places = js_object()};
	for (size_t i = 0; i < walk.users.node_count; i++)
		put_node(c, &walk.users.nodes[i]);
	put_mounts(c, "1", "1");
	put_mounts(c, "self", "self");
	put_other_namespaces(c);
	put_btrfs(c);
	put_swaps(c);
	put_names(c, "/proc/fs/jbd2", "/info");
	put_facts(c);
	return tar_end(&c->tar);
}
