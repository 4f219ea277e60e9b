/* SPDX-License-Identifier: GPL-3.0-or-later */

/* See gate-names.h. */

#include "gate/gate-names.h"

#include "base/fd.h"
#include "base/log.h"
#include "base/secret.h"
#include "base/wire.h"
#include "gate/service.h"
#include "gate/worker.h"
#include "inspect/names-store.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>

static int send_names(int wire_fd, enum judge_names which, int table_fd, int key_fd)
{
	const struct gate_names names = {.which = which};
	const int fds[] = {table_fd, key_fd};

	return wire_send_fds(
		wire_fd, GATE_NAMES, &names, sizeof names, fds, which == JUDGE_NAMES_HERE ? 2 : 0);
}

static int send_broken(int wire_fd, const char *what, int r)
{
	log_errno(LOG_LEVEL_ERROR, r,
		"The list of children's names in %s cannot be opened; everything is refused", what);
	return send_names(wire_fd, JUDGE_NAMES_BROKEN, -1, -1);
}

/* A copy of our own, for reading only: a worker in its sandbox cannot open it again. */
static int in_memory(const void *bytes, size_t size)
{
	_cleanup_close_ int fd = memfd_create("names", MFD_CLOEXEC);
	int r = fd < 0 ? -errno : fd_write_full(fd, bytes, size);
	char path[64];
	int ours;

	if (r < 0)
		return r;
	(void)snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	ours = open(path, O_RDONLY | O_CLOEXEC);
	return ours < 0 ? -errno : ours;
}

static int read_key(const char *path, struct secret **ret_key)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);

	return fd < 0 ? -errno : secret_read(fd, NAMES_KEY_SIZE, ret_key);
}

static int send_loaded(int wire_fd, const char *table, size_t size, const struct secret *key)
{
	_cleanup_close_ int table_fd = in_memory(table, size);
	_cleanup_close_ int key_fd = key ? in_memory(key->bytes, key->size) : -ENOKEY;

	if (table_fd < 0 || key_fd < 0)
		return table_fd < 0 ? table_fd : key_fd;
	return send_names(wire_fd, JUDGE_NAMES_HERE, table_fd, key_fd);
}

int gate_names_send(int wire_fd, const char *folder)
{
	_cleanup_(secret_freep) struct secret *key = NULL;
	_cleanup_free_ char *table = NULL;
	size_t size = 0;
	int r;

	if (!folder)
		folder = OUTING_STATEDIR;
	r = access(folder, F_OK) < 0 && errno == ENOENT ? NAMES_STORE_NONE
							: names_store_load(folder, &key, &table, &size);
	if (r == NAMES_STORE_NONE)
		return send_names(wire_fd, JUDGE_NAMES_NONE, -1, -1);
	return r == NAMES_STORE_OK ? send_loaded(wire_fd, table, size, key)
				   : send_broken(wire_fd, folder, r < 0 ? r : -ENOKEY);
}

/* Read at once, whole: what somebody writes over the file later changes nothing for those who read it twice.
 */
int gate_names_send_files(int wire_fd, const char *table, const char *key)
{
	_cleanup_(secret_freep) struct secret *secret = NULL;
	_cleanup_free_ char *bytes = NULL;
	size_t size = 0;
	int r = fd_read_file_at(AT_FDCWD, table, NAMES_TABLE_MAX, &bytes, &size);

	if (r < 0)
		return send_broken(wire_fd, table, r);
	r = read_key(key, &secret);
	return r < 0 ? send_broken(wire_fd, key, r) : send_loaded(wire_fd, bytes, size, secret);
}
