/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Names, order and lines of the audit log's files. See files.h. */

#include "audit/files.h"

#include "base/fd.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <time.h>

#define SUFFIX      ".jsonl"
#define BUFFER_SIZE (CHAIN_LINE_MAX + 2)

int audit_files_directory(const char *path, int *ret_dirfd, const char **ret_name)
{
	const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
	char directory[PATH_MAX] = ".";
	size_t length = slash ? (size_t)(slash - path) : 0, stem = strlen(name);
	int fd;

	if (stem <= sizeof SUFFIX - 1 || stem >= AUDIT_NAME_SIZE - 32 ||
		strcmp(name + stem - (sizeof SUFFIX - 1), SUFFIX) != 0)
		return -EINVAL;
	if (length >= sizeof directory)
		return -ENAMETOOLONG;
	if (slash) {
		memcpy(directory, path, length);
		directory[length] = 0;
	}
	fd = open(directory[0] ? directory : "/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	*ret_dirfd = fd;
	*ret_name = name;
	return 0;
}

/* "NAME-2026-11.jsonl" or "NAME-2026-11.2.jsonl", for the present name "NAME.jsonl". */
static bool is_old_name(const char *candidate, const char *name)
{
	size_t stem = strlen(name) - (sizeof SUFFIX - 1);
	const char *p = candidate + stem;

	if (strlen(candidate) >= AUDIT_NAME_SIZE || strncmp(candidate, name, stem) != 0)
		return false;
	for (const char *pattern = "-dddd-dd"; *pattern; pattern++, p++)
		if (*pattern == 'd' ? *p < '0' || *p > '9' : *p != *pattern)
			return false;
	if (p[0] == '.' && p[1] >= '0' && p[1] <= '9')
		for (p++; *p >= '0' && *p <= '9';)
			p++;
	return strcmp(p, SUFFIX) == 0;
}

static int first_seq(int dirfd, const char *name, uint64_t *ret_seq)
{
	_cleanup_close_ int fd = openat(dirfd, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
	char start[64];
	ssize_t n;

	if (fd < 0)
		return -errno;
	n = fd_read_full(fd, start, sizeof start);
	if (n < 0)
		return (int)n;
	*ret_seq = chain_claimed_seq(start, (size_t)n);
	return 0;
}

static int by_sequence(const void *a, const void *b)
{
	const struct audit_file *x = a, *y = b;

	if (x->first_seq != y->first_seq)
		return x->first_seq < y->first_seq ? -1 : 1;
	return strcmp(x->name, y->name);
}

static int add_file(int dirfd, const char *name, struct audit_files *files)
{
	struct audit_file file = {0}, *larger;
	size_t length = strlen(name);
	int r;

	if (files->count >= AUDIT_FILES_MAX)
		return -EMFILE;
	if (length >= sizeof file.name)
		return -ENAMETOOLONG;
	r = first_seq(dirfd, name, &file.first_seq);
	if (r < 0)
		return r;
	memcpy(file.name, name, length + 1);
	larger = realloc(files->list, (files->count + 1) * sizeof *larger);
	if (!larger)
		return -ENOMEM;
	files->list = larger;
	files->list[files->count++] = file;
	return 0;
}

static void closedirp(DIR **directory)
{
	if (*directory)
		(void)closedir(*directory);
}

int audit_files_list(int dirfd, const char *name, struct audit_files *ret_files)
{
	_cleanup_files_ struct audit_files files = {0};
	_cleanup_(closedirp) DIR *directory = NULL;
	int fd = openat(dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), r;

	if (fd < 0)
		return -errno;
	directory = fdopendir(fd);
	if (!directory) {
		r = -errno;
		(void)close_fd(fd);
		return r;
	}
	for (;;) {
		const struct dirent *entry;

		errno = 0;
		entry = readdir(directory);
		if (!entry && errno != 0)
			return -errno;
		if (!entry)
			break;
		r = is_old_name(entry->d_name, name) ? add_file(dirfd, entry->d_name, &files) : 0;
		if (r < 0)
			return r;
	}
	if (files.count > 1)
		qsort(files.list, files.count, sizeof *files.list, by_sequence);
	*ret_files = files;
	files = (struct audit_files){0};
	return 0;
}

void audit_files_clear(struct audit_files *files)
{
	free(files->list);
	*files = (struct audit_files){0};
}

int audit_files_old_name(
	const char *name, int64_t time, unsigned number, char ret_name[static AUDIT_NAME_SIZE])
{
	int stem = (int)(strlen(name) - (sizeof SUFFIX - 1)), n;
	time_t seconds = (time_t)time;
	struct tm tm;

	if (!gmtime_r(&seconds, &tm) || tm.tm_year < -900 || tm.tm_year > 8099)
		return -ERANGE;
	if (number == 0)
		n = snprintf(ret_name, AUDIT_NAME_SIZE, "%.*s-%04d-%02d" SUFFIX, stem, name,
			tm.tm_year + 1900, tm.tm_mon + 1);
	else
		n = snprintf(ret_name, AUDIT_NAME_SIZE, "%.*s-%04d-%02d.%u" SUFFIX, stem, name,
			tm.tm_year + 1900, tm.tm_mon + 1, number);
	return n > 0 && n < AUDIT_NAME_SIZE ? 0 : -ENAMETOOLONG;
}

int audit_lines_open(struct audit_lines *lines, int fd)
{
	*lines = (struct audit_lines){.fd = fd, .buffer = malloc(BUFFER_SIZE)};
	return lines->buffer ? 0 : -ENOMEM;
}

void audit_lines_close(struct audit_lines *lines)
{
	free(lines->buffer);
	lines->buffer = NULL;
}

/* 1: more bytes are there, 0: end of file. */
static int fill(struct audit_lines *lines)
{
	size_t kept = lines->end - lines->start;
	ssize_t n;

	memmove(lines->buffer, lines->buffer + lines->start, kept);
	lines->start = 0;
	lines->end = kept;
	n = fd_pread_full(lines->fd, lines->buffer + kept, BUFFER_SIZE - kept, lines->offset + kept);
	if (n < 0)
		return (int)n;
	lines->end += (size_t)n;
	return n > 0;
}

static int give(struct audit_lines *lines, size_t size, size_t skip, const char **ret_line, size_t *ret_size)
{
	*ret_line = lines->buffer + lines->start;
	*ret_size = size;
	lines->start += size + skip;
	lines->offset += size + skip;
	lines->number++;
	return 1;
}

int audit_lines_next(struct audit_lines *lines, const char **ret_line, size_t *ret_size)
{
	for (;;) {
		char *start = lines->buffer + lines->start;
		size_t have = lines->end - lines->start;
		char *newline = have > 0 ? memchr(start, '\n', have) : NULL;
		int r;

		if (newline)
			return give(lines, (size_t)(newline - start), 1, ret_line, ret_size);
		if (have > CHAIN_LINE_MAX)
			return give(lines, CHAIN_LINE_MAX + 1, 0, ret_line, ret_size);
		r = fill(lines);
		if (r < 0)
			return r;
		if (r == 0) {
			lines->torn = lines->end > lines->start;
			return 0;
		}
	}
}
