/* SPDX-License-Identifier: GPL-3.0-or-later */

/* See file-list.h. */

#include "encrypt/file-list.h"

#include "base/fd.h"

#include <string.h>

#define NAME_MAX_SIZE 8192

int file_list_add(int fd, const struct encrypt_file *file, const char *path, const char *stored)
{
	struct encrypt_file head = *file;
	size_t path_size = strlen(path) + 1, stored_size = strlen(stored) + 1;
	int r;

	if (path_size > NAME_MAX_SIZE || stored_size > NAME_MAX_SIZE)
		return -E2BIG;
	head.path_size = (uint32_t)path_size;
	head.stored_size = (uint32_t)stored_size;
	r = fd_write_full(fd, &head, sizeof head);
	if (r >= 0)
		r = fd_write_full(fd, path, path_size);
	return r < 0 ? r : fd_write_full(fd, stored, stored_size);
}

bool file_list_path_is_good(const char *path)
{
	for (;;) {
		size_t n = strcspn(path, "/");

		if (n == 0 || (n == 1 && path[0] == '.') || (n == 2 && path[0] == '.' && path[1] == '.'))
			return false;
		if (path[n] == '\0')
			return true;
		path += n + 1;
	}
}

static const char *take_name(const char *list, size_t size, size_t *offset, uint32_t name_size)
{
	const char *name = list + *offset;

	if (name_size == 0 || name_size > NAME_MAX_SIZE || name_size > size - *offset ||
		strnlen(name, name_size) != name_size - 1 || !file_list_path_is_good(name))
		return NULL;
	*offset += name_size;
	return name;
}

int file_list_next(const char *list, size_t size, size_t *offset, struct file_list_entry *ret_entry)
{
	struct file_list_entry entry;
	size_t at = *offset;

	if (at == size)
		return 0;
	if (size - at < sizeof entry.file)
		return -EBADMSG;
	memcpy(&entry.file, list + at, sizeof entry.file);
	at += sizeof entry.file;
	entry.path = take_name(list, size, &at, entry.file.path_size);
	entry.stored = entry.path ? take_name(list, size, &at, entry.file.stored_size) : NULL;
	if (!entry.stored)
		return -EBADMSG;
	*offset = at;
	*ret_entry = entry;
	return 1;
}
