/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Key material in memory. See secret.h. */

#include "base/secret.h"

#include "base/fd.h"

#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/resource.h>

#define SECRET_MAX (1024 * 1024)

int secret_new(size_t size, struct secret **ret_secret)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	struct secret *secret;

	if (size == 0 || size > SECRET_MAX)
		return -EINVAL;
	secret = calloc(1, sizeof *secret);
	if (!secret)
		return -ENOMEM;
	secret->mapped = (size + page - 1) / page * page;
	secret->bytes =
		mmap(NULL, secret->mapped, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (secret->bytes == MAP_FAILED) {
		free(secret);
		return -ENOMEM;
	}
	(void)mlock(secret->bytes, secret->mapped);
	(void)madvise(secret->bytes, secret->mapped, MADV_DONTDUMP);
	(void)madvise(secret->bytes, secret->mapped, MADV_WIPEONFORK);
	secret->size = size;
	*ret_secret = secret;
	return 0;
}

struct secret *secret_free(struct secret *secret)
{
	if (!secret)
		return NULL;
	explicit_bzero(secret->bytes, secret->mapped);
	(void)munmap(secret->bytes, secret->mapped);
	free(secret);
	return NULL;
}

int secret_random(size_t size, struct secret **ret_secret)
{
	_cleanup_(secret_freep) struct secret *secret = NULL;
	int r = secret_new(size, &secret);

	if (r < 0)
		return r;
	for (size_t done = 0; done < size;) {
		ssize_t n = getrandom(secret->bytes + done, size - done, 0);
		if (n < 0 && errno != EINTR)
			return -errno;
		if (n > 0)
			done += (size_t)n;
	}
	*ret_secret = TAKE_PTR(secret);
	return 0;
}

int secret_read(int fd, size_t max, struct secret **ret_secret)
{
	_cleanup_(secret_freep) struct secret *secret = NULL;
	ssize_t n;
	int r;

	if (max >= SECRET_MAX)
		return -EINVAL;
	r = secret_new(max + 1, &secret);
	if (r < 0)
		return r;
	n = fd_read_full(fd, secret->bytes, max + 1);
	if (n < 0)
		return (int)n;
	if (n == 0)
		return -ENODATA;
	if ((size_t)n > max)
		return -EFBIG;
	secret->size = (size_t)n;
	*ret_secret = TAKE_PTR(secret);
	return 0;
}

int secret_harden_process(void)
{
	const struct rlimit none = {0, 0};

	if (setrlimit(RLIMIT_CORE, &none) < 0 || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
		return -errno;
	return 0;
}
