/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * The process that parses one image. It gets the descriptor and a pipe, gives up everything else, and writes
 * what is wanted to the pipe: name, bytes, and at the end how it went. Whatever it writes is believed as much
 * as the image itself.
 */

#include "encryption/initramfs.h"

#include "base/clock.h"
#include "base/fd.h"
#include "base/sandbox.h"

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#define MEMORY_MAX (1ULL << 30)
#define SECONDS    120
#define FILES_MAX  64

/* Before each file; one with size 0 and no name is the end. */
struct record {
	uint32_t name_size, size;
	int32_t result;
};

/* --- the child --- */

struct child {
	int fd, pipe;
	initramfs_wanted wanted;
	void *data;
};

static int read_image(void *data, uint64_t offset, void *buffer, size_t size)
{
	ssize_t n = fd_pread_full(((const struct child *)data)->fd, buffer, size, offset);

	if (n < 0)
		return (int)n;
	return (size_t)n == size ? 0 : -EIO;
}

static bool child_wanted(const char *name, uint64_t size, void *data)
{
	const struct child *child = data;

	return strlen(name) < INITRAMFS_NAME && child->wanted(name, size, child->data);
}

static int child_file(const char *name, const void *bytes, size_t size, void *data)
{
	const struct child *child = data;
	struct record record = {.name_size = (uint32_t)strlen(name), .size = (uint32_t)size};
	int r = fd_write_full(child->pipe, &record, sizeof record);

	if (r >= 0)
		r = fd_write_full(child->pipe, name, record.name_size);
	return r < 0 ? r : fd_write_full(child->pipe, bytes, size);
}

static int lock_in(void)
{
	static const char *const calls[] = {"pread64"};
	int r;

	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0)
		return -errno;
	r = sandbox_limits(MEMORY_MAX, SECONDS);
	if (r == 0)
		r = sandbox_become(NULL);
	return r < 0 ? r : sandbox_seccomp(calls, ELEMENTS(calls), NULL, 0);
}

static _noreturn_ void child_run(struct child *child, uint64_t size)
{
	const struct initramfs_source source = {read_image, child, size};
	const struct initramfs_visitor visitor = {child_wanted, child_file, child};
	struct record end = {0};

	end.result = lock_in();
	if (end.result >= 0)
		end.result = initramfs_parse(&source, &visitor);
	_exit(fd_write_full(child->pipe, &end, sizeof end) < 0);
}

/* --- the parent --- */

static int receive_file(int fd, const struct record *record, uint64_t deadline, struct initramfs_files *files)
{
	struct initramfs_file *file = &files->file[files->count];
	int r;

	if (files->count == FILES_MAX)
		return -EFBIG;
	if (record->name_size >= INITRAMFS_NAME || record->size == 0 || record->size > INITRAMFS_FILE_MAX)
		return -EIO;
	memset(file, 0, sizeof *file);
	r = secret_new(record->size, &file->bytes);
	if (r < 0)
		return r;
	files->count++;
	r = fd_read_before(fd, file->name, record->name_size, deadline);
	return r < 0 ? r : fd_read_before(fd, file->bytes->bytes, record->size, deadline);
}

static int receive_all(int fd, struct initramfs_files *files)
{
	uint64_t deadline = clock_monotonic_ns() + SECONDS * 1000000000ULL;

	for (;;) {
		struct record record = {0};
		int r = fd_read_before(fd, &record, sizeof record, deadline);

		if (r < 0)
			return r;
		if (record.name_size == 0 && record.size == 0)
			return record.result > 0 ? -EIO : record.result;
		r = receive_file(fd, &record, deadline, files);
		if (r < 0)
			return r;
	}
}

void initramfs_files_clear(struct initramfs_files *files)
{
	for (size_t i = 0; i < files->count; i++)
		files->file[i].bytes = secret_free(files->file[i].bytes);
	free(files->file);
	*files = (struct initramfs_files){0};
}

int initramfs_read(
	int fd, uint64_t size, initramfs_wanted wanted, void *data, struct initramfs_files *ret_files)
{
	struct child child = {.fd = fd, .wanted = wanted, .data = data};
	_cleanup_close_ int ours = -1, theirs = -1;
	struct initramfs_files files = {.file = calloc(FILES_MAX, sizeof *files.file)};
	int ends[2], r;
	pid_t pid;

	if (!files.file || pipe2(ends, O_CLOEXEC) < 0) {
		r = files.file ? -errno : -ENOMEM;
		free(files.file);
		return r;
	}
	ours = ends[0];
	child.pipe = theirs = ends[1];
	pid = fork();
	if (pid == 0)
		child_run(&child, size);
	theirs = close_fd(theirs);
	r = pid < 0 ? -EAGAIN : receive_all(ours, &files);
	if (pid > 0) {
		(void)kill(pid, SIGKILL);
		(void)waitpid(pid, NULL, 0);
	}
	if (r < 0)
		initramfs_files_clear(&files);
	else
		*ret_files = files;
	return r;
}
