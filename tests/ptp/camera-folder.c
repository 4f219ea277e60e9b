/* SPDX-License-Identifier: GPL-3.0-or-later */

/* See camera-folder.h. */

#include "camera-folder.h"

#include <dirent.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

static void die(const char *what)
{
	perror(what);
	abort();
}

static char *date_of(time_t time)
{
	char text[32], *copy;
	struct tm tm;

	if (!gmtime_r(&time, &tm) || strftime(text, sizeof text, "%Y%m%dT%H%M%S", &tm) == 0)
		die("date");
	copy = strdup(text);
	if (!copy)
		die("date");
	return copy;
}

static void add_folder(struct camera *camera, const char *path, uint32_t storage, uint32_t parent);

static void add_entry(
	struct camera *camera, const char *folder, const char *name, uint32_t storage, uint32_t parent)
{
	struct camera_object *object;
	struct stat st;
	char *path;

	if (asprintf(&path, "%s/%s", folder, name) < 0 || lstat(path, &st) < 0)
		die(name);
	if (S_ISDIR(st.st_mode)) {
		object = camera_add_folder(camera, storage, parent, name);
		object->date = date_of(st.st_mtime);
		add_folder(camera, path, storage, object->handle);
		free(path);
	} else if (S_ISREG(st.st_mode)) {
		object = camera_add(camera, storage, parent, name, (uint64_t)st.st_size, 0);
		object->date = date_of(st.st_mtime);
		object->path = path;
		object->protection = (st.st_mode & 0200) == 0;
	}
}

static void add_folder(struct camera *camera, const char *path, uint32_t storage, uint32_t parent)
{
	DIR *directory = opendir(path);
	struct dirent *entry;

	if (!directory)
		die(path);
	while ((entry = readdir(directory)))
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			add_entry(camera, path, entry->d_name, storage, parent);
	(void)closedir(directory);
}

void camera_load_folder(struct camera *camera, const char *folder)
{
	add_folder(camera, folder, 0, 0);
}

void camera_take_option(struct camera *camera, const char *word)
{
	struct camera_fault fault = {0};
	unsigned kind, operation, more;
	unsigned long long number;

	if (sscanf(word, "%u:%x:%u:%u:%llx:%x", &kind, &operation, &fault.skip, &fault.times, &number,
		    &more) == 6) {
		fault.kind = (enum camera_fault_kind)kind;
		fault.operation = (uint16_t)operation;
		fault.number = number;
		fault.more = more;
		camera_fault(camera, fault);
		return;
	}
	if (strcmp(word, "locked") == 0)
		camera->stores[0].absent = true;
	camera->mtp |= strcmp(word, "mtp") == 0;
	camera->formats |= strcmp(word, "formats") == 0;
	if (strcmp(word, "fuller") == 0)
		camera->unlisted = 3000000;
	camera->root_only |= strcmp(word, "root-only") == 0;
	camera->blind |= strcmp(word, "blind") == 0;
	camera->split |= strcmp(word, "split") == 0;
	camera->without_empty |= strcmp(word, "without-empty") == 0;
	camera->without_size |= strcmp(word, "without-size") == 0;
}
