/* SPDX-License-Identifier: GPL-3.0-or-later */

/* May what waits in memory be written to a disk in the clear? */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/fd.h"
#include "gate/swap.h"

#include "folder.h"

#include <string.h>
#include <sys/stat.h>

static int storage(const char *path, struct storage_report *ret_report)
{
	*ret_report = (struct storage_report){
		.verdict = strstr(path, "crypt") ? STORAGE_ENCRYPTED : STORAGE_NOT_ENCRYPTED};
	if (strstr(path, "weak"))
		ret_report->verdict = STORAGE_WEAK;
	return strstr(path, "gone") ? -ENOMEM : 0;
}

static void put(void **state, const char *path, const char *text)
{
	int fd = ((struct folder *)*state)->fd;
	char part[128];

	for (const char *slash = strchr(path, '/'); slash; slash = strchr(slash + 1, '/')) {
		(void)snprintf(part, sizeof part, "%.*s", (int)(slash - path), path);
		(void)mkdirat(fd, part, 0700);
	}
	fd = openat(fd, path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	assert_int_equal(fd_write_full(fd, text, strlen(text)), 0);
	(void)close(fd);
}

static int check(void **state, char place[static SWAP_PLACE])
{
	const struct swap_view view = {((struct folder *)*state)->path, storage};

	*place = 0;
	return swap_check(&view, place);
}

#define HEAD  "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n"
#define CRYPT "/dev/mapper/crypt\tpartition\t1\t0\t-2\n"

static void where_it_is_safe(void **state)
{
	char place[SWAP_PLACE];

	assert_int_equal(check(state, place), 0);
	put(state, "proc/swaps", HEAD);
	assert_int_equal(check(state, place), 0);
	put(state, "proc/swaps", HEAD CRYPT);
	assert_int_equal(check(state, place), 0);
}

static void where_it_is_not(void **state)
{
	char place[SWAP_PLACE];

	put(state, "proc/swaps", HEAD CRYPT "/swap\\040file file\t1\t0\t-3\n");
	assert_int_equal(check(state, place), 1);
	assert_string_equal(place, "/swap file");
	put(state, "proc/swaps", HEAD "/dev/weak partition\t1\t0\t-3\n" CRYPT);
	assert_int_equal(check(state, place), 1);
	put(state, "proc/swaps", HEAD "/dev/gone partition\t1\t0\t-3");
	assert_int_equal(check(state, place), 1);
}

static void where_it_is_forbidden(void **state)
{
	char place[SWAP_PLACE];

	put(state, "proc/swaps", HEAD "/dev/sda3 partition\t1\t0\t-3\n");
	put(state, "proc/self/cgroup", "4:memory:/other\n0::/system.slice/gate.service\n");
	assert_int_equal(check(state, place), 1);
	put(state, "sys/fs/cgroup/system.slice/gate.service/memory.swap.max", "max\n");
	assert_int_equal(check(state, place), 1);
	put(state, "sys/fs/cgroup/system.slice/memory.swap.max", "0\n");
	assert_int_equal(check(state, place), 0);
	put(state, "sys/fs/cgroup/system.slice/memory.swap.max", "1024\n");
	assert_int_equal(check(state, place), 1);
	put(state, "sys/fs/cgroup/system.slice/gate.service/memory.swap.max", "0\n");
	assert_int_equal(check(state, place), 0);
	put(state, "proc/self/cgroup", "4:memory:/system.slice\n");
	assert_int_equal(check(state, place), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(where_it_is_safe, folder_up, folder_down),
		cmocka_unit_test_setup_teardown(where_it_is_not, folder_up, folder_down),
		cmocka_unit_test_setup_teardown(where_it_is_forbidden, folder_up, folder_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
