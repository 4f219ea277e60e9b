/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * Manifests and chains of any bytes: the readers end, stay within their limits, and hand out nothing but
 * paths that stay below the session. Anything accepted survives being given to the directory hashes.
 */

#include "base/fd.h"
#include "vault/mhl.h"
#include "vault/name.h"

#include <string.h>
#include <sys/mman.h>

static int visit(const struct mhl_entry *entry, void *data)
{
	unsigned *count = data;

	if (mhl_check_path(entry->path, strlen(entry->path)) < 0 || entry->path[0] == '/' ||
		strstr(entry->path, "/../") || strncmp(entry->path, "../", 3) == 0)
		abort();
	return ++*count > 100000 ? -E2BIG : 0;
}

static void read_chain(int fd)
{
	struct mhl_chain_entry entries[8];
	size_t count = 0;

	if (lseek(fd, 0, SEEK_SET) < 0 || mhl_read_chain(fd, entries, ELEMENTS(entries), &count) < 0)
		return;
	if (count == 0 || count > ELEMENTS(entries))
		abort();
	for (size_t i = 0; i < count; i++)
		if (!vault_name_safe(entries[i].name, strlen(entries[i].name)) ||
			entries[i].sequence != i + 1)
			abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_close_ int fd = memfd_create("fuzz", MFD_CLOEXEC);
	uint8_t digest[SHA512_SIZE];
	unsigned count = 0;

	if (fd < 0 || fd_write_full(fd, data, size) < 0 || lseek(fd, 0, SEEK_SET) < 0)
		abort();
	(void)mhl_read_manifest(fd, visit, &count, digest);
	read_chain(fd);
	return 0;
}
