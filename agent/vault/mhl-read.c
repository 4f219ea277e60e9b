/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Bounded reader of manifests and chains. See mhl.h. */

#include "vault/mhl.h"

int mhl_read_manifest(int fd, mhl_visit_fn visit, void *data, uint8_t ret_sha512[SHA512_SIZE])
{
	return -ENOSYS;
}

int mhl_read_chain(int fd, struct mhl_chain_entry *ret_entries, size_t max, size_t *ret_count)
{
	return -ENOSYS;
}
