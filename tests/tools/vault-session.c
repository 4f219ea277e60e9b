/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * Puts a folder into a vault as an offload would leave it: `vault-session VAULT DEVICE SOURCE [SECONDS]`
 * prints the session's path. Only for tests: it verifies nothing and records nothing.
 */

#include "base/clock.h"
#include "base/fault.h"
#include "base/fd.h"
#include "base/number.h"
#include "vault/layout.h"
#include "vault/mhl.h"

#include <dirent.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

struct job {
	struct mhl_writer *writer;
	int64_t now;
	char path[MHL_PATH_MAX + 1]; /* stored form */
};

static int copy_file(struct job *job, int from_fd, int to_dir, const char *stored, const struct stat *st)
{
	const struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}, st->st_mtim};
	struct mhl_file file = {
		.path = job->path,
		.size = (uint64_t)st->st_size,
		.modified = st->st_mtime,
		.hashed = job->now,
	};
	_cleanup_close_ int to = -1;
	_cleanup_free_ char *data = NULL;
	size_t size;
	int r = fd_read_file(from_fd, 1U << 30, &data, &size);

	if (r < 0)
		return r;
	to = openat(to_dir, stored, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, VAULT_FILE_MODE);
	if (to < 0)
		return -errno;
	r = fd_write_full(to, data, size);
	if (r < 0 || fchmod(to, VAULT_FILE_MODE) < 0 || futimens(to, times) < 0)
		return r < 0 ? r : -errno;
	xxh128_of(data, size, file.hashes.xxh128);
	r = sha512_of(data, size, file.hashes.sha512);
	return r < 0 ? r : mhl_writer_file(job->writer, &file);
}

static int copy_tree(struct job *job, int from, int to);

static int copy_entry(struct job *job, int from_dir, int to_dir, const char *name)
{
	_cleanup_close_ int from = openat(from_dir, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC), to = -1;
	size_t used = strlen(job->path);
	char stored[VAULT_NAME];
	struct stat st;
	int r = vault_name_store(name, strlen(name), stored);

	if (r < 0 || from < 0 || fstat(from, &st) < 0)
		return r < 0 ? r : -errno;
	(void)snprintf(job->path + used, sizeof job->path - used, "%s%s", used ? "/" : "", stored);
	if (S_ISDIR(st.st_mode)) {
		r = vault_directory_at(to_dir, stored, &to);
		if (r >= 0)
			r = copy_tree(job, from, to);
		if (r >= 0)
			r = mhl_writer_directory(job->writer, job->path, st.st_mtime);
	} else {
		r = copy_file(job, from, to_dir, stored, &st);
	}
	job->path[used] = 0;
	return r;
}

static int copy_tree(struct job *job, int from, int to)
{
	int fd = openat(from, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), r = 0;
	DIR *directory = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;

	if (!directory)
		return -errno;
	while (r >= 0 && (errno = 0, entry = readdir(directory)))
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			r = copy_entry(job, from, to, entry->d_name);
	if (r >= 0)
		r = -errno;
	(void)closedir(directory);
	return r;
}

static int run(char **arguments, const char *seconds)
{
	_cleanup_close_ int vault = -1, session = -1, source = -1;
	char id[VAULT_ID], path[VAULT_SESSION];
	uint64_t started = (uint64_t)clock_now();
	struct job job = {.now = clock_now()};
	struct mhl_written written;
	int r = vault_open(arguments[0], &vault, id);

	if (r != 0 || (seconds && number_parse_u64(seconds, &started) < 0))
		return r < 0 ? r : -EINVAL;
	source = open(arguments[2], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	r = source < 0 ? -errno : vault_session_create(vault, arguments[1], (int64_t)started, path, &session);
	if (r >= 0) {
		const struct mhl_options options = {
			.root_name = vault_session_name(path),
			.hostname = "nursery-pc",
			.comment = arguments[1],
			.started = (int64_t)started,
		};
		r = mhl_writer_new(session, &options, &job.writer);
	}
	if (r >= 0)
		r = copy_tree(&job, source, session);
	if (r >= 0)
		r = mhl_writer_commit(job.writer, &written);
	(void)mhl_writer_free(job.writer);
	if (r >= 0)
		(void)puts(path);
	return r;
}

int main(int argc, char **argv)
{
	int r;

	fault_init("vault-session");
	r = argc == 4 || argc == 5 ? run(argv + 1, argc == 5 ? argv[4] : NULL) : -EINVAL;

	if (r < 0)
		(void)fprintf(stderr, "vault-session: %s\n", strerror(-r));
	return r < 0;
}
