/* SPDX-License-Identifier: GPL-3.0-or-later */

/* The vault's directories. See layout.h. */

#include "vault/layout.h"

int vault_open(const char *path, int *ret_fd, char ret_id[static VAULT_ID])
{
	return -ENOSYS;
}

int vault_check(int vault_fd, char ret_id[static VAULT_ID])
{
	return -ENOSYS;
}

int vault_init(int dirfd, char ret_id[static VAULT_ID])
{
	return -ENOSYS;
}

int vault_space(int vault_fd, uint64_t *ret_free, uint64_t *ret_total)
{
	return -ENOSYS;
}

int vault_session_create(int vault_fd, const char *device_name, int64_t started,
	char ret_path[static VAULT_SESSION], int *ret_fd)
{
	return -ENOSYS;
}

int vault_session_open(int vault_fd, const char *path, int *ret_fd)
{
	return -ENOSYS;
}

const char *vault_session_name(const char *path)
{
	return path;
}

int vault_directory_at(int dirfd, const char *name, int *ret_fd)
{
	return -ENOSYS;
}

int vault_name_store(const char *raw, size_t size, char ret_name[static VAULT_NAME])
{
	return -ENOSYS;
}

int vault_path_store(const char *raw, size_t size, char **ret_path)
{
	return -ENOSYS;
}

int vault_name_variant(const char *name, unsigned number, char ret_name[static VAULT_NAME])
{
	return -ENOSYS;
}
