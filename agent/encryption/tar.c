/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Heads of 512 bytes, data filled up to 512 bytes. See tar.h. */

#include "encryption/tar.h"

#include "base/fd.h"

#include <string.h>

#define BLOCK 512

struct head {
	char name[100], mode[8], uid[8], gid[8], size[12], mtime[12], checksum[8], type, target[100],
		magic[6], version[2], user[32], group[32], major[8], minor[8], prefix[155], filler[12];
};

_Static_assert(sizeof(struct head) == BLOCK, "a head is one block");

/* The name is cut at a "/" into prefix and name when it is too long for the name alone. */
static int set_name(struct head *head, const char *path)
{
	size_t size = strlen(path);
	const char *cut = path;

	if (size <= sizeof head->name) {
		memcpy(head->name, path, size);
		return 0;
	}
	while ((cut = strchr(cut + 1, '/')))
		if (size - (size_t)(cut + 1 - path) <= sizeof head->name)
			break;
	if (!cut || (size_t)(cut - path) > sizeof head->prefix)
		return -ENAMETOOLONG;
	memcpy(head->prefix, path, (size_t)(cut - path));
	memcpy(head->name, cut + 1, strlen(cut + 1));
	return 0;
}

static void set_checksum(struct head *head)
{
	const unsigned char *bytes = (const unsigned char *)head;
	unsigned sum = 0;

	memset(head->checksum, ' ', sizeof head->checksum);
	for (size_t i = 0; i < BLOCK; i++)
		sum += bytes[i];
	(void)snprintf(head->checksum, sizeof head->checksum, "%06o", sum);
}

static int write_data(int fd, const void *data, size_t size)
{
	static const char zeros[BLOCK];
	int r = fd_write_full(fd, data, size);

	return r < 0 || size % BLOCK == 0 ? r : fd_write_full(fd, zeros, BLOCK - size % BLOCK);
}

static int write_entry(int fd, char type, const char *path, const char *target, const void *data, size_t size)
{
	struct head head = {.type = type, .magic = "ustar", .version = {'0', '0'}};
	int r = set_name(&head, path);

	if (r < 0)
		return r;
	memcpy(head.mode, "0000644", 7);
	memcpy(head.uid, "0000000", 7);
	memcpy(head.gid, "0000000", 7);
	memcpy(head.mtime, "00000000000", 11);
	(void)snprintf(head.size, sizeof head.size, "%011llo", (unsigned long long)size);
	if (target)
		memcpy(head.target, target, strnlen(target, sizeof head.target));
	set_checksum(&head);
	r = fd_write_full(fd, &head, sizeof head);
	return r < 0 || size == 0 ? r : write_data(fd, data, size);
}

void tar_file(struct tar *tar, const char *path, const void *data, size_t size)
{
	if (tar->error == 0)
		tar->error = write_entry(tar->fd, '0', path, NULL, data, size);
}

void tar_link(struct tar *tar, const char *path, const char *target)
{
	if (tar->error == 0 && strlen(target) > sizeof((struct head *)NULL)->target)
		tar->error = write_entry(tar->fd, 'K', "././@LongLink", NULL, target, strlen(target) + 1);
	if (tar->error == 0)
		tar->error = write_entry(tar->fd, '2', path, target, NULL, 0);
}

int tar_end(struct tar *tar)
{
	static const char zeros[2 * BLOCK];

	if (tar->error == 0)
		tar->error = fd_write_full(tar->fd, zeros, sizeof zeros);
	return tar->error;
}
