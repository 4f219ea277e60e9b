/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Where things lie in the vault: `VAULT/<device name>/<date>T<time>Z/...original tree...` and `ascmhl/`
 * beside the tree.
 *
 * A directory is a vault only if it holds the marker file, which is written once into the file system that is
 * the vault. The empty mount point of a container that is not open has none and is therefore never taken for
 * the vault. Directories are 2750, files 0640; the group outing-managers is set on the root and inherited.
 *
 * Nothing here follows a symbolic link or overwrites anything.
 */

#include "base/cleanup.h"
#include "vault/name.h"

#define VAULT_MARKER    ".outing-guard-vault"
#define VAULT_GROUP     "outing-managers"
#define VAULT_USER      "outing-offload" /* owns the vault's contents */
#define VAULT_DIR_MODE  02750
#define VAULT_FILE_MODE 0640
#define VAULT_ID        33                 /* 32 hex digits */
#define VAULT_SESSION   (2 * NAME_MAX + 2) /* "<device name>/<date>T<time>Z", with terminator */

enum vault_open_outcome {
	VAULT_OPENED = 0,
	VAULT_NOT_A_VAULT = 1, /* no marker: not created, or the container is not open */
	VAULT_DAMAGED = 2,     /* a marker that cannot be understood */
};

/* Opens path as a vault. 0 with *ret_fd (directory, close-on-exec) and ret_id, a positive outcome, or an
 * errno. */
int vault_open(const char *path, int *ret_fd, char ret_id[static VAULT_ID]);
int vault_check(int vault_fd, char ret_id[static VAULT_ID]);

/* Makes an empty directory (lost+found does not count) a vault: owner and group when they exist and we are
 * root, mode, marker; durable on return. -ENOTEMPTY, -EEXIST if it already is one. */
int vault_init(int dirfd, char ret_id[static VAULT_ID]);

/* Bytes that an unprivileged writer may still use, and the file system's size. */
int vault_space(int vault_fd, uint64_t *ret_free, uint64_t *ret_total);

/* How many more files the file system can name; UINT64_MAX where it has no such limit. */
int vault_names(int vault_fd, uint64_t *ret_free);

/* Creates `<device name>/<date>T<time>Z`, or `...Z~2` and so on if that exists; parents durable. ret_path has
 * VAULT_SESSION bytes: the path relative to the vault, as kept in the state database. started: Unix seconds.
 */
int vault_session_create(int vault_fd, const char *device_name, int64_t started,
	char ret_path[static VAULT_SESSION], int *ret_fd);

/* Opens an existing session directory; the path is checked to be exactly two safe names. */
int vault_session_open(int vault_fd, const char *path, int *ret_fd);

/* Last name of a session path, for struct mhl_options.root_name; borrowed from path. */
const char *vault_session_name(const char *path);

/* mkdirat() with the vault's mode (an existing directory is fine), fsync of the parent, opened without
 * following links. */
int vault_directory_at(int dirfd, const char *name, int *ret_fd);
