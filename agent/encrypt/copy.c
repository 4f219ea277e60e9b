/* SPDX-License-Identifier: GPL-3.0-or-later */

/* See copy.h. Paths are walked name by name: openat2() may be closed to us by the unit. */

#include "encrypt/copy.h"

#include "base/fd.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#define CHUNK ((size_t)1 << 20)

struct pass {
	const struct copy *copy;
	struct sha512 *hash;
	uint8_t *buffer;
	uint64_t files, bytes, missing;
};

static int open_folder(int at, const char *name, bool make)
{
	int fd;

	if (make && mkdirat(at, name, 0777) < 0 && errno != EEXIST)
		return -errno;
	fd = openat(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

/* Opens a path below root, making folders on the way if flags create the file. */
static int open_below(int root, const char *path, int flags)
{
	_cleanup_close_ int folder = fcntl(root, F_DUPFD_CLOEXEC, 0);
	_cleanup_free_ char *copy = strdup(path);
	char *name = copy, *slash;
	int fd;

	if (folder < 0 || !copy)
		return copy ? -errno : -ENOMEM;
	while ((slash = strchr(name, '/'))) {
		*slash = '\0';
		fd = open_folder(folder, name, flags & O_CREAT);
		if (fd < 0)
			return fd;
		(void)close_fd(folder);
		folder = fd;
		name = slash + 1;
	}
	fd = openat(folder, name, flags | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0666);
	return fd < 0 ? -errno : fd;
}

/* Reads all of from, writes it to to unless that is -1. 0 when size and hash are as listed. */
static int pass_bytes(struct pass *pass, int from, int to, const struct encrypt_file *file)
{
	uint8_t digest[SHA512_SIZE];
	uint64_t size = 0;
	ssize_t n;
	int r = sha512_reset(pass->hash);

	while (r == 0 && (n = fd_read_full(from, pass->buffer, CHUNK)) != 0) {
		if (n < 0)
			return (int)n;
		size += (uint64_t)n;
		pass->bytes += (uint64_t)n;
		r = sha512_update(pass->hash, pass->buffer, (size_t)n);
		if (r == 0 && to >= 0)
			r = fd_write_full(to, pass->buffer, (size_t)n);
		if (r == 0)
			r = pass->copy->progress(pass->copy->data, pass->files, pass->bytes);
	}
	if (r == 0)
		r = sha512_final(pass->hash, digest);
	if (r != 0)
		return r;
	return size == file->size && memcmp(digest, file->sha512, sizeof digest) == 0 ? 0
										      : ENCRYPT_NOT_PUT_BACK;
}

static bool is_name_refused(int error)
{
	return error == -EILSEQ || error == -EINVAL || error == -ENAMETOOLONG;
}

static int copy_one(struct pass *pass, const struct file_list_entry *entry)
{
	const struct timespec times[2] = {{.tv_nsec = UTIME_NOW}, {.tv_sec = entry->file.mtime}};
	_cleanup_close_ int from = open_below(pass->copy->vault_fd, entry->stored, O_RDONLY), to = -1;
	int r;

	if (from < 0)
		return from;
	to = open_below(pass->copy->stick_fd, entry->path, O_WRONLY | O_CREAT | O_TRUNC);
	if (is_name_refused(to)) {
		pass->missing++;
		return 0;
	}
	if (to < 0)
		return to;
	r = pass_bytes(pass, from, to, &entry->file);
	if (r == 0)
		(void)futimens(to, times);
	return r;
}

static int compare_one(struct pass *pass, const struct file_list_entry *entry)
{
	_cleanup_close_ int fd = open_below(pass->copy->stick_fd, entry->path, O_RDONLY);

	if (fd == -ENOENT || is_name_refused(fd)) {
		pass->missing++;
		return 0;
	}
	return fd < 0 ? fd : pass_bytes(pass, fd, -1, &entry->file);
}

/* Errors of one file are the stick's or the vault's: the sentence says what to do about either. */
static int as_outcome(int r)
{
	return r < 0 && r != -ENOMEM && r != -EBADMSG && r != -EPIPE ? ENCRYPT_NOT_PUT_BACK : r;
}

static int each(const struct copy *copy, int (*one)(struct pass *pass, const struct file_list_entry *entry),
	uint64_t *ret_missing)
{
	_cleanup_free_ uint8_t *buffer = malloc(CHUNK);
	_cleanup_(sha512_freep) struct sha512 *hash = NULL;
	struct pass pass = {.copy = copy, .buffer = buffer};
	struct file_list_entry entry;
	size_t offset = 0;
	int r = buffer ? sha512_new(&hash) : -ENOMEM;

	pass.hash = hash;
	while (r == 0 && (r = file_list_next(copy->list, copy->list_size, &offset, &entry)) > 0) {
		r = as_outcome(one(&pass, &entry));
		pass.files++;
	}
	*ret_missing = pass.missing;
	return r;
}

int copy_files(const struct copy *copy, uint64_t *ret_left_out)
{
	return each(copy, copy_one, ret_left_out);
}

int copy_compare(const struct copy *copy, uint64_t left_out)
{
	uint64_t missing = 0;
	int r = each(copy, compare_one, &missing);

	return r == 0 && missing > left_out ? ENCRYPT_NOT_PUT_BACK : r;
}
