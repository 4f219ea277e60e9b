/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * systemd-creds as a child. It reads or writes the key through descriptor 3, a pipe: its own messages (it
 * warns about a host key on plain storage, for example) must not end up among the key's bytes.
 *
 * The TPM2 chip holds the key in whatever state the firmware is. systemd-creds would bind it to PCR 7, which
 * an update of the firmware or of its list of revoked loaders changes: every photo would be lost with it, and
 * a thief who starts this very computer is given the vault's key in either case. What is bound to no PCR at
 * all is not opened by systemd 252; nothing writes to PCR 16, which is for debugging.
 */

#include "vault/sealing.h"

#include "base/fd.h"
#include "base/process.h"

#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>

#define PROGRAM     "/usr/bin/systemd-creds"
#define PIPE        "/proc/self/fd/3"
#define KEY_MAX     4096
#define OPTION_SIZE 64

static void set_option(char option[static OPTION_SIZE], const char *name)
{
	(void)snprintf(option, OPTION_SIZE, "--name=%s", name);
}

static int run(const char *const *arguments, int wire_fd)
{
	const struct process_options options = {
		.argv = arguments, .wire_fd = wire_fd, .output_fd = STDERR_FILENO};
	_cleanup_close_ int pidfd = -1;
	pid_t pid;
	int status, r = process_start(&options, &pid, &pidfd);

	if (r >= 0)
		r = process_wait(pidfd, &status);
	if (r < 0)
		return r;
	return status == 0 ? 0 : CONTAINER_NOT_SEALED;
}

bool sealing_has_tpm2(void)
{
	static const char *const arguments[] = {PROGRAM, "has-tpm2", "--quiet", NULL};

	return run(arguments, -1) == 0;
}

/* The pipe holds the whole key before the child starts: a pipe's buffer is far larger. */
static int fill_pipe(const struct secret *key, int *ret_read_end)
{
	_cleanup_close_ int read_end = -1, write_end = -1;
	int ends[2], r;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return -errno;
	read_end = ends[0];
	write_end = ends[1];
	r = key->size <= PIPE_BUF ? fd_write_full(write_end, key->bytes, key->size) : -EFBIG;
	if (r >= 0)
		*ret_read_end = TAKE_FD(read_end);
	return r;
}

static int make_durable(const char *path)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0 || fchmod(fd, 0600) < 0 || fsync(fd) < 0)
		return -errno;
	return 0;
}

static int write_note(const char *path, enum container_sealing sealing)
{
	const char *text = sealing == CONTAINER_SEALED_TPM2 ? "tpm2\n" : "host\n";
	const char *slash = strrchr(path, '/');
	char directory[PATH_MAX], name[NAME_MAX + 1];
	_cleanup_close_ int fd = -1;

	if (!slash || (size_t)snprintf(name, sizeof name, "%s.sealing", slash + 1) >= sizeof name ||
		(size_t)snprintf(directory, sizeof directory, "%.*s", (int)(slash - path) + 1, path) >=
			sizeof directory)
		return -ENAMETOOLONG;
	fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	return fd_replace_file_at(fd, name, text, strlen(text), 0600);
}

int sealing_seal_named(
	const char *name, const char *path, const struct secret *key, enum container_sealing *ret_sealing)
{
	bool tpm2 = sealing_has_tpm2();
	char option[OPTION_SIZE];
	const char *const arguments[] = {PROGRAM, "encrypt", option,
		tpm2 ? "--with-key=host+tpm2" : "--with-key=host", "--tpm2-pcrs=16", PIPE, path, NULL};
	_cleanup_close_ int read_end = -1;
	enum container_sealing sealing = tpm2 ? CONTAINER_SEALED_TPM2 : CONTAINER_SEALED_HOST;
	int r;

	set_option(option, name);
	if (access(path, F_OK) == 0)
		return -EEXIST;
	r = fill_pipe(key, &read_end);
	if (r == 0)
		r = run(arguments, read_end);
	if (r == 0)
		r = make_durable(path);
	if (r == 0)
		r = write_note(path, sealing);
	if (r == 0)
		*ret_sealing = sealing;
	return r;
}

static int from_unit(struct secret **ret_key)
{
	const char *directory = getenv("CREDENTIALS_DIRECTORY");
	char path[PATH_MAX];
	_cleanup_close_ int fd = -1;

	if (!directory || (size_t)snprintf(path, sizeof path, "%s/" SEALING_NAME, directory) >= sizeof path)
		return -ENOENT;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	return fd < 0 ? -errno : secret_read(fd, KEY_MAX, ret_key);
}

int sealing_open_named(const char *name, const char *path, struct secret **ret_key)
{
	char option[OPTION_SIZE];
	const char *const arguments[] = {PROGRAM, "decrypt", option, path, PIPE, NULL};
	_cleanup_close_ int read_end = -1, write_end = -1;
	int ends[2], r;

	set_option(option, name);
	if (pipe2(ends, O_CLOEXEC) < 0)
		return -errno;
	read_end = ends[0];
	write_end = ends[1];
	r = run(arguments, write_end);
	write_end = close_fd(write_end);
	return r != 0 ? r : secret_read(read_end, KEY_MAX, ret_key);
}

int sealing_seal(const char *path, const struct secret *key, enum container_sealing *ret_sealing)
{
	return sealing_seal_named(SEALING_NAME, path, key, ret_sealing);
}

int sealing_open(const char *path, struct secret **ret_key)
{
	int r = from_unit(ret_key);

	return r == -ENOENT ? sealing_open_named(SEALING_NAME, path, ret_key) : r;
}

enum container_sealing sealing_kind(const char *path)
{
	_cleanup_free_ char *text = NULL;
	char note[PATH_MAX];

	if ((size_t)snprintf(note, sizeof note, "%s.sealing", path) >= sizeof note ||
		fd_read_file_at(AT_FDCWD, note, 64, &text, NULL) < 0)
		return CONTAINER_SEALED_UNKNOWN;
	if (strcmp(text, "tpm2\n") == 0)
		return CONTAINER_SEALED_TPM2;
	return strcmp(text, "host\n") == 0 ? CONTAINER_SEALED_HOST : CONTAINER_SEALED_UNKNOWN;
}
