/* SPDX-License-Identifier: GPL-3.0-or-later */

/* The register on its way to a gate's worker: as it was when it was sent, and for reading only. */

#include "gate/gate-names.h"

#include "base/fd.h"
#include "base/wire.h"
#include "gate/service.h"
#include "gate/worker.h"

#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "folder.h"

static const char table[] = "a table", key[] = "0123456789abcdef0123456789abcdef";

static void put(const char *folder, const char *name, const char *text, char path[static PATH_MAX])
{
	_cleanup_close_ int fd = -1;

	(void)snprintf(path, PATH_MAX, "%s/%s", folder, name);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(fd_write_full(fd, text, strlen(text)), 0);
}

static void holds(int fd, const char *text)
{
	char bytes[64] = "";

	assert_int_equal(fcntl(fd, F_GETFL) & O_ACCMODE, O_RDONLY);
	assert_int_equal(fd_pread_full(fd, bytes, sizeof bytes, 0), strlen(text));
	assert_string_equal(bytes, text);
}

static void what_is_overwritten_later_was_read_before(void **state)
{
	char table_path[PATH_MAX], key_path[PATH_MAX];
	_cleanup_free_ struct wire_message *message = malloc(sizeof *message);
	const struct folder *folder = *state;
	struct gate_names names;
	int fds[2];

	put(folder->path, "names", table, table_path);
	put(folder->path, "key", key, key_path);
	assert_int_equal(wire_pair(fds), 0);
	assert_int_equal(gate_names_send_files(fds[0], table_path, key_path), 0);
	put(folder->path, "names", "torn", table_path);
	wire_message_init(message);
	assert_int_equal(wire_receive(fds[1], message), 1);
	assert_int_equal(message->type, GATE_NAMES);
	assert_int_equal(message->fd_count, 2);
	memcpy(&names, message->payload, sizeof names);
	assert_int_equal(names.which, JUDGE_NAMES_HERE);
	holds(message->fds[0], table);
	holds(message->fds[1], key);
	wire_message_clear(message);
	assert_int_equal(gate_names_send_files(fds[0], "/nothing/here", key_path), 0);
	assert_int_equal(wire_receive(fds[1], message), 1);
	memcpy(&names, message->payload, sizeof names);
	assert_int_equal(names.which, JUDGE_NAMES_BROKEN);
	wire_message_clear(message);
	(void)close(fds[0]);
	(void)close(fds[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_FOLDER(what_is_overwritten_later_was_read_before),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
