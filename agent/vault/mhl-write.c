/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Streaming writer of one ASC MHL generation. See mhl.h. */

#include "vault/mhl.h"

int mhl_writer_new(int root_fd, const struct mhl_options *options, struct mhl_writer **ret_writer)
{
	return -ENOSYS;
}

struct mhl_writer *mhl_writer_free(struct mhl_writer *writer)
{
	return NULL;
}

int mhl_writer_file(struct mhl_writer *writer, const struct mhl_file *file)
{
	return -ENOSYS;
}

int mhl_writer_directory(struct mhl_writer *writer, const char *path, int64_t modified)
{
	return -ENOSYS;
}

int mhl_writer_commit(struct mhl_writer *writer, struct mhl_written *ret_written)
{
	return -ENOSYS;
}
