/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * How fast a file is looked into, all of it, by what a worker calls and without the worker around it:
 *
 *   inspect-time KEY TABLE FILE ROUNDS     bytes a second of processor time, best of ROUNDS, and the verdict
 */

#include "base/fd.h"
#include "inspect/inspect.h"
#include "inspect/names.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

static int load_names(const char *key_path, const char *table_path, struct names **ret_names)
{
	_cleanup_free_ char *key = NULL, *table = NULL;
	size_t key_size, table_size;
	int r = fd_read_file_at(AT_FDCWD, key_path, NAMES_KEY_SIZE, &key, &key_size);

	if (r >= 0)
		r = fd_read_file_at(AT_FDCWD, table_path, NAMES_TABLE_MAX, &table, &table_size);
	if (r >= 0 && key_size != NAMES_KEY_SIZE)
		r = -EINVAL;
	return r < 0 ? r : names_parse(table, table_size, (const uint8_t *)key, ret_names);
}

/* Of this process alone: others on the computer do not count. */
static uint64_t cpu_ns(void)
{
	struct timespec now;

	return clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now) < 0
		       ? 0
		       : (uint64_t)now.tv_sec * 1000000000U + (uint64_t)now.tv_nsec;
}

static int measure(const struct names *names, const char *path, unsigned rounds)
{
	const struct inspect_limits limits = INSPECT_LIMITS_DEFAULT;
	const struct inspect_with with = {.readers = &inspect_readers, .limits = &limits, .names = names};
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct inspect_answer answer = {0};
	uint64_t best = UINT64_MAX;
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return -errno;
	for (unsigned i = 0; i < rounds; i++) {
		uint64_t start = cpu_ns(), taken;
		int r = inspect_fd(&with, fd, NULL, &answer);

		if (r < 0)
			return r;
		taken = cpu_ns() - start;
		if (taken < best)
			best = taken;
	}
	(void)printf(
		"%.0f %s\n", (double)st.st_size * 1e9 / (double)best, inspect_verdict_name(answer.verdict));
	return 0;
}

int main(int argc, char **argv)
{
	_cleanup_(names_freep) struct names *names = NULL;
	int r;

	if (argc != 5)
		return 2;
	inspect_warm_up(&inspect_readers);
	r = load_names(argv[1], argv[2], &names);
	if (r >= 0)
		r = measure(names, argv[3], (unsigned)strtoul(argv[4], NULL, 10));
	if (r < 0)
		(void)fprintf(stderr, "%s\n", strerror(-r));
	return r < 0 ? 3 : 0;
}
