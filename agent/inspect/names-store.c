/* SPDX-License-Identifier: GPL-3.0-or-later */

/* The two files. See names-store.h. */

#include "inspect/names-store.h"

#include "base/fd.h"
#include "base/log.h"
#include "vault/sealing.h"

#include <fcntl.h>
#include <limits.h>
#include <string.h>

#define CREDENTIAL_NAME "outing-names-key"
#define CREDENTIAL_MAX  (64 << 10)

static int open_directory(const char *directory)
{
	int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

static int key_path(const char *directory, char path[static PATH_MAX])
{
	int n = snprintf(path, PATH_MAX, "%s/" NAMES_KEY_FILE, directory);

	return n < 0 || n >= PATH_MAX ? -ENAMETOOLONG : 0;
}

/* The key as it lies there: bare when it is as long as a key. */
static int read_key(const char *directory, struct secret **ret_key)
{
	_cleanup_(secret_freep) struct secret *content = NULL, *opened = NULL;
	_cleanup_close_ int fd = -1;
	char path[PATH_MAX];
	int r = key_path(directory, path);

	if (r < 0)
		return r;
	fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT ? NAMES_STORE_LOCKED : -errno;
	r = secret_read(fd, CREDENTIAL_MAX, &content);
	if (r < 0)
		return r == -ENODATA ? NAMES_STORE_LOCKED : r;
	if (content->size != NAMES_KEY_SIZE) {
		r = sealing_open_named(CREDENTIAL_NAME, path, &opened);
		if (r != 0 || opened->size != NAMES_KEY_SIZE)
			return NAMES_STORE_LOCKED;
	}
	*ret_key = opened ? TAKE_PTR(opened) : TAKE_PTR(content);
	return NAMES_STORE_OK;
}

static int remove_if_there(int fd, const char *name)
{
	return unlinkat(fd, name, 0) < 0 && errno != ENOENT ? -errno : 0;
}

static int remove_key(int fd)
{
	int r = remove_if_there(fd, NAMES_KEY_FILE);

	return r < 0 ? r : remove_if_there(fd, NAMES_KEY_FILE ".sealing");
}

/* Where the chip does not do it, the key lies bare, as it does on a computer without one. */
static int write_key(int fd, const char *directory, const struct secret *key)
{
	enum container_sealing sealing;
	char path[PATH_MAX];
	int r = key_path(directory, path);

	if (r >= 0 && sealing_has_tpm2()) {
		r = sealing_seal_named(CREDENTIAL_NAME, path, key, &sealing);
		if (r == 0)
			return fd_sync_dir(fd);
		log_warning("the TPM2 chip could not seal the key of the names; it is kept in a file of the "
			    "superuser's");
		r = remove_key(fd);
	}
	return r < 0 ? r : fd_replace_file_at(fd, NAMES_KEY_FILE, key->bytes, key->size, 0600);
}

int names_store_key(const char *directory, struct secret **ret_key)
{
	_cleanup_(secret_freep) struct secret *key = NULL;
	_cleanup_close_ int fd = open_directory(directory);
	int r = fd < 0 ? fd : read_key(directory, ret_key);

	if (r != NAMES_STORE_LOCKED)
		return r;
	r = remove_key(fd);
	if (r >= 0)
		r = secret_random(NAMES_KEY_SIZE, &key);
	if (r >= 0)
		r = write_key(fd, directory, key);
	if (r >= 0)
		*ret_key = TAKE_PTR(key);
	return r;
}

int names_store_load(const char *directory, struct secret **ret_key, char **ret_table, size_t *ret_size)
{
	_cleanup_close_ int fd = open_directory(directory);
	_cleanup_free_ char *table = NULL;
	size_t size;
	int r = fd < 0 ? fd : fd_read_file_at(fd, NAMES_TABLE_FILE, NAMES_TABLE_MAX, &table, &size);

	if (r == -ENOENT && fd >= 0)
		return NAMES_STORE_NONE;
	if (r < 0)
		return r;
	r = read_key(directory, ret_key);
	if (r != NAMES_STORE_OK)
		return r;
	*ret_table = TAKE_PTR(table);
	*ret_size = size;
	return NAMES_STORE_OK;
}

int names_store_save(const char *directory, const void *table, size_t size)
{
	_cleanup_close_ int fd = open_directory(directory);

	return fd < 0 ? fd : fd_replace_file_at(fd, NAMES_TABLE_FILE, table, size, 0600);
}

int names_store_clear(const char *directory)
{
	_cleanup_close_ int fd = open_directory(directory);
	bool there = fd >= 0 && faccessat(fd, NAMES_TABLE_FILE, F_OK, 0) == 0;
	int r = fd < 0 ? fd : remove_if_there(fd, NAMES_TABLE_FILE);

	if (r >= 0)
		r = remove_key(fd);
	if (r >= 0)
		r = fd_sync_dir(fd);
	return r < 0 ? r : there ? NAMES_STORE_OK : NAMES_STORE_NONE;
}
