/* SPDX-License-Identifier: GPL-3.0-or-later */

/* The small pieces that everything stands on: numbers, UTF-8, JSON, hashes, sets, wire, files. */

#include "base/clock.h"
#include "base/fd.h"
#include "base/hex.h"
#include "base/json.h"
#include "base/number.h"
#include "base/process.h"
#include "base/setdigest.h"
#include "base/utf8.h"
#include "base/wire-worker.h"
#include "base/xxh128.h"

#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <cmocka.h>

static void numbers_are_checked(void **state)
{
	uint64_t value = 7;

	assert_int_equal(number_parse_u64("18446744073709551615", &value), 0);
	assert_true(value == UINT64_MAX);
	assert_int_equal(number_parse_u64("18446744073709551616", &value), -ERANGE);
	assert_int_equal(number_parse_u64("", &value), -EINVAL);
	assert_int_equal(number_parse_u64(" 1", &value), -EINVAL);
	assert_int_equal(number_parse_u64("-1", &value), -EINVAL);
	assert_int_equal(number_parse_u64("1x", &value), -EINVAL);
	assert_int_equal(number_parse_size("512M", &value), 0);
	assert_true(value == 512ULL << 20);
	assert_int_equal(number_parse_size("512MB", &value), -EINVAL);
	assert_int_equal(number_parse_size("99999999999T", &value), -ERANGE);
	assert_int_equal(number_parse_span("1y", &value), 0);
	assert_true(value == 365ULL * 86400);
	assert_int_equal(number_parse_span("31", &value), -EINVAL);
}

static void sizes_read_well(void **state)
{
	char text[NUMBER_SIZE_TEXT];

	assert_string_equal(number_format_size(999, text), "999 bytes");
	assert_string_equal(number_format_size(3400000000ULL, text), "3.4 GB");
	assert_string_equal(number_format_size(999960, text), "1.0 MB");
	assert_string_equal(number_format_size(UINT64_MAX, text), "18.4 EB");
}

static void utf8_follows_the_standard(void **state)
{
	_cleanup_free_ char *clean = NULL;
	char bytes[4];

	assert_true(utf8_valid("Z\xc3\xbcrich \xe2\x82\xac \xf0\x9f\x90\x9d", 17));
	assert_false(utf8_valid("\xc0\xaf", 2));
	assert_false(utf8_valid("\xed\xa0\x80", 3));
	assert_false(utf8_valid("\xf4\x90\x80\x80", 4));
	assert_false(utf8_valid("\xe2\x82", 2));
	clean = utf8_sanitize("a\xff"
			      "b",
		3);
	assert_string_equal(clean, "a\xef\xbf\xbd"
				   "b");
	assert_int_equal(utf8_encode(0x20ac, bytes), 3);
	assert_memory_equal(bytes, "\xe2\x82\xac", 3);
	assert_int_equal(utf8_encode(0xd800, bytes), 3);
	assert_memory_equal(bytes, "\xef\xbf\xbd", 3);
}

static void json_round_trip(void **state)
{
	_cleanup_js_ struct js *object = js_object(), *again = NULL;
	_cleanup_free_ char *text = NULL;
	struct js *list = js_array();
	uint64_t number;
	bool flag;

	js_set_string(object, "name", "bad \xff byte");
	js_set_u64(object, "size", UINT64_MAX);
	js_set_bool(object, "present", true);
	js_set_time(object, "at", 1);
	js_append_string(list, "one");
	js_set(object, "list", list);
	assert_int_equal(js_text(object, false, &text), 0);
	assert_string_equal(text,
		"{\"name\":\"bad \xef\xbf\xbd byte\",\"size\":18446744073709551615,\"present\":true,"
		"\"at\":\"1970-01-01T00:00:01Z\",\"list\":[\"one\"]}");
	assert_int_equal(js_parse(text, strlen(text), &again), 0);
	assert_int_equal(js_get_u64(again, "size", &number), 0);
	assert_true(number == UINT64_MAX);
	assert_int_equal(js_get_bool(again, "present", &flag), 0);
	assert_int_equal(js_get_u64(again, "name", &number), -EINVAL);
	assert_int_equal(js_get_u64(again, "none", &number), -ENOENT);
	assert_string_equal(js_string(js_at(js_get(again, "list"), 0)), "one");
	assert_null(js_at(js_get(again, "list"), 1));
}

static void json_refuses_what_is_not(void **state)
{
	static const char *const bad[] = {"", "{", "{}x", "[1,]", "{\"a\":1", "nul", "\"\xff\"", "'a'"};
	char deep[128];
	struct js *js = NULL;

	for (size_t i = 0; i < ELEMENTS(bad); i++)
		assert_int_equal(js_parse(bad[i], strlen(bad[i]), &js), -EINVAL);
	memset(deep, '[', 64);
	memset(deep + 64, ']', 64);
	assert_int_equal(js_parse(deep, sizeof deep, &js), -EINVAL);
	assert_null(js);
}

static void hashes_match_known_answers(void **state)
{
	uint8_t sha[SHA512_SIZE], xxh[XXH128_SIZE];
	char hex[SHA512_HEX_SIZE];

	assert_int_equal(sha512_of("abc", 3, sha), 0);
	hex_encode(sha, 16, hex);
	assert_string_equal(hex, "ddaf35a193617abacc417349ae204131");
	xxh128_of("", 0, xxh);
	hex_encode(xxh, sizeof xxh, hex);
	assert_string_equal(hex, "99aa06d3014798d86001c324468d497f");
	assert_int_equal(hex_decode("0aF", sha, 2), -EINVAL);
	assert_int_equal(hex_decode("0aFf", sha, 2), 0);
	assert_int_equal(sha[1], 0xff);
}

static void sets_ignore_order_but_nothing_else(void **state)
{
	struct set_digest a = SET_DIGEST_NULL, b = SET_DIGEST_NULL, c = SET_DIGEST_NULL;

	assert_int_equal(set_digest_add(&a, "DCIM/1.JPG", 10, 5), 0);
	assert_int_equal(set_digest_add(&a, "DCIM/2.JPG", 10, 7), 0);
	assert_int_equal(set_digest_add(&b, "DCIM/2.JPG", 10, 7), 0);
	assert_int_equal(set_digest_add(&b, "DCIM/1.JPG", 10, 5), 0);
	assert_true(set_digest_equal(&a, &b));
	assert_int_equal(set_digest_add(&c, "DCIM/2.JPG", 10, 5), 0);
	assert_int_equal(set_digest_add(&c, "DCIM/1.JPG", 10, 7), 0);
	assert_false(set_digest_equal(&a, &c));
	assert_int_equal(set_digest_add(&a, "x", 1, UINT64_MAX), -EOVERFLOW);
	assert_int_equal(a.files, 2);
}

static void wire_carries_messages_and_descriptors(void **state)
{
	_cleanup_free_ struct wire_message *message = calloc(1, sizeof *message);
	_cleanup_close_ int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
	int fds[2];

	assert_int_equal(wire_pair(fds), 0);
	assert_int_equal(wire_send_fds(fds[0], 4, "hi", 2, &null, 1), 0);
	assert_int_equal(wire_receive(fds[1], message), 1);
	assert_int_equal(message->type, 4);
	assert_string_equal((char *)message->payload, "hi");
	assert_int_equal(message->fd_count, 1);
	wire_message_clear(message);
	assert_int_equal(send(fds[0], "x", 1, 0) == 1 ? wire_receive(fds[1], message) : 0, -EBADMSG);
	assert_int_equal(wire_send(fds[0], 1, "", WIRE_PAYLOAD_MAX + 1), -EMSGSIZE);
	(void)close(fds[0]);
	assert_int_equal(wire_receive(fds[1], message), 0);
	assert_int_equal(wire_send(fds[1], 1, NULL, 0), -EPIPE);
	(void)close(fds[1]);
}

/* A worker that was killed before it read its answer. What it said before is still heard. */
static void wire_peer_that_died_is_gone_for_senders_too(void **state)
{
	_cleanup_free_ struct wire_message *message = calloc(1, sizeof *message);
	int fds[2];

	assert_non_null(message);
	assert_int_equal(wire_pair(fds), 0);
	assert_int_equal(wire_send(fds[0], 7, NULL, 0), 0);
	assert_int_equal(wire_send(fds[1], 8, NULL, 0), 0);
	(void)close(fds[1]);
	assert_int_equal(wire_send(fds[0], 7, NULL, 0), -EPIPE);
	assert_int_equal(wire_send(fds[0], 7, NULL, 0), -EPIPE);
	assert_int_equal(wire_receive(fds[0], message), 1);
	assert_int_equal(message->type, 8);
	assert_int_equal(wire_receive(fds[0], message), 0);
	(void)close(fds[0]);
}

static void a_worker_hears_a_cancel_a_go_and_the_end_of_its_supervisor(void **state)
{
	enum { CANCEL = 5, GO };
	_cleanup_free_ struct wire_worker *worker = calloc(1, sizeof *worker);
	int fds[2];

	assert_non_null(worker);
	assert_int_equal(wire_pair(fds), 0);
	wire_worker_init(worker, fds[1], CANCEL, GO);
	assert_false(wire_worker_cancelled(worker));
	assert_int_equal(wire_send(fds[0], GO, NULL, 0), 0);
	assert_int_equal(wire_worker_wait(worker), 0);
	assert_true(worker->may_go);
	assert_int_equal(wire_send(fds[0], CANCEL, NULL, 0), 0);
	assert_true(wire_worker_cancelled(worker));

	wire_worker_init(worker, fds[1], CANCEL, GO);
	assert_int_equal(wire_send(fds[0], CANCEL, NULL, 0), 0);
	assert_int_equal(wire_worker_wait(worker), 0);
	assert_true(worker->cancelled && !worker->may_go);

	wire_worker_init(worker, fds[1], CANCEL, GO);
	(void)close(fds[0]);
	assert_int_equal(wire_worker_wait(worker), -EPIPE);
	assert_true(wire_worker_cancelled(worker));
	wire_worker_clear(worker);
	(void)close(fds[1]);
}

static void progress_is_told_at_each_phase_and_four_times_a_second(void **state)
{
	_cleanup_free_ struct wire_worker *worker = calloc(1, sizeof *worker);
	uint64_t begun = clock_monotonic_ns();
	bool due;

	assert_non_null(worker);
	wire_worker_init(worker, -1, 0, 0);
	assert_true(wire_worker_progress_due(worker, 1, 0, 10));
	assert_true(wire_worker_progress_due(worker, 1, 10, 10));
	assert_true(wire_worker_progress_due(worker, 2, 0, 10));
	due = wire_worker_progress_due(worker, 2, 1, 10);
	assert_true(!due || clock_monotonic_ns() - begun >= 250000000);
	worker->told_ns -= 1000000000; /* a second ago */
	assert_true(wire_worker_progress_due(worker, 2, 1, 10));
}

static void files_are_replaced_whole(void **state)
{
	char directory[] = "/tmp/outing-test-XXXXXX";
	_cleanup_free_ char *data = NULL;
	_cleanup_close_ int dirfd = -1;
	struct stat st;
	size_t size;

	assert_non_null(mkdtemp(directory));
	dirfd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_int_equal(fd_replace_file_at(dirfd, "f", "one", 3, 0600), 0);
	assert_int_equal(fd_replace_file_at(dirfd, "f", "second", 6, 0640), 0);
	assert_int_equal(fd_read_file_at(dirfd, "f", 6, &data, &size), 0);
	assert_string_equal(data, "second");
	assert_int_equal(fstatat(dirfd, "f", &st, 0), 0);
	assert_int_equal(st.st_mode & 07777, 0640);
	assert_int_equal(fd_read_file_at(dirfd, "f", 5, &data, &size), -EFBIG);
	assert_int_equal(fd_make_dir_at(dirfd, "f", 0700), -ENOTDIR);
	assert_int_equal(unlinkat(dirfd, "f", 0), 0);
	assert_int_equal(rmdir(directory), 0);
}

static void an_answer_is_read_before_its_deadline(void **state)
{
	uint64_t never = clock_monotonic_ns() + 3600 * 1000000000ULL;
	char answer[4] = "";
	int ends[2];

	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	assert_int_equal(fd_write_full(ends[1], "yes", 3), 0);
	assert_int_equal(fd_read_before(ends[0], answer, 3, 0), -ETIMEDOUT);
	assert_int_equal(fd_read_before(ends[0], answer, 3, never), 0);
	assert_string_equal(answer, "yes");
	assert_int_equal(fd_write_full(ends[1], "n", 1), 0);
	assert_int_equal(fd_read_before(ends[0], answer, 2, clock_monotonic_ns() + 1000000), -ETIMEDOUT);
	assert_int_equal(fd_read_before(ends[0], answer, 0, 0), 0);
	(void)close(ends[1]);
	assert_int_equal(fd_read_before(ends[0], answer, 2, never), -EIO);
	(void)close(ends[0]);
	assert_int_equal(fd_read_before(ends[0], answer, 2, never), -EBADF);
}

static void children_are_watched(void **state)
{
	const char *const argv[] = {"/bin/sh", "-c", "test -e /proc/self/fd/3 && exit 9; exit 5", NULL};
	const char *const missing[] = {"/nonexistent/program", NULL};
	const char *const slow[] = {"/bin/cat", NULL};
	struct process_options options = {.argv = argv, .wire_fd = -1, .output_fd = -1};
	_cleanup_close_ int pidfd = -1, wire = -1;
	int fds[2], status;
	pid_t pid;

	assert_int_equal(process_start(&options, &pid, &pidfd), 0);
	assert_int_equal(process_wait(pidfd, &status), 0);
	assert_int_equal(status, 5);
	pidfd = close_fd(pidfd);
	assert_int_equal(wire_pair(fds), 0);
	wire = fds[0];
	options.wire_fd = fds[1];
	assert_int_equal(process_start(&options, &pid, &pidfd), 0);
	(void)close(fds[1]);
	assert_int_equal(process_wait(pidfd, &status), 0);
	assert_int_equal(status, 9);
	pidfd = close_fd(pidfd);
	options.wire_fd = -1;
	options.argv = missing;
	assert_int_equal(process_start(&options, &pid, &pidfd), -ENOENT);
	options.argv = slow;
	options.user = "no-such-user-here";
	assert_int_equal(process_start(&options, &pid, &pidfd), -ESRCH);
}

static void children_are_ended_whatever_they_do(void **state)
{
	const char *const deaf[] = {"/bin/sh", "-c", "trap '' TERM; read line <&3", NULL};
	const char *const done[] = {"/bin/sh", "-c", "exit 3", NULL};
	struct process_options options = {.argv = deaf, .wire_fd = -1, .output_fd = -1};
	_cleanup_close_ int input = -1, pidfd = -1;
	int fds[2];
	pid_t pid;

	assert_int_equal(wire_pair(fds), 0);
	input = fds[0];
	options.wire_fd = fds[1];
	assert_int_equal(process_end(-1, 100), -1);
	options.argv = done;
	assert_int_equal(process_start(&options, &pid, &pidfd), 0);
	assert_int_equal(process_end(pidfd, 20000), 3);
	pidfd = close_fd(pidfd);
	options.argv = deaf;
	assert_int_equal(process_start(&options, &pid, &pidfd), 0);
	assert_int_equal(process_end(pidfd, 0), 256 + SIGKILL);
	(void)close(fds[1]);
}

static void stop_signals_are_read_not_taken(void **state)
{
	sigset_t before;
	_cleanup_close_ int fd = -1;

	assert_int_equal(sigprocmask(SIG_BLOCK, NULL, &before), 0);
	fd = process_stop_signals();
	assert_true(fd >= 0);
	assert_false(process_stop_asked(fd));
	assert_int_equal(raise(SIGTERM), 0);
	assert_true(process_stop_asked(fd));
	assert_false(process_stop_asked(fd));
	assert_int_equal(sigprocmask(SIG_SETMASK, &before, NULL), 0);
}

static void times_are_utc(void **state)
{
	char text[CLOCK_TEXT];

	assert_string_equal(clock_format(1795411906, text), "2026-11-23T05:31:46Z");
	assert_string_equal(clock_format_name(1795411906, text), "2026-11-23T053146Z");
	assert_string_equal(clock_format(INT64_MAX, text), "unknown");
}

static void times_are_read_strictly(void **state)
{
	static const char *const bad[] = {"", "2026-11-23", "2026-11-23T05:31:46", "2026-11-23 05:31:46Z",
		"2026-02-31T05:31:46Z", "2026-13-01T05:31:46Z", "2026-11-23T24:00:00Z",
		"2026-11-23T05:60:00Z", "2026-11-23T05:31:60Z", "2026-11-23T05:31:46.Z",
		"2026-11-23T05:31:46+0100", "2026-11-23T05:31:46+24:00", "2026-11-23T05:31:46ZZ",
		"2026-11-23T05:31:46Z ", "26-11-23T05:31:46Z", "2026-11-00T05:31:46Z", "+026-11-23T05:31:46Z",
		"2026-11-23T05:31"};
	int64_t seconds = 0;

	assert_int_equal(clock_parse("2026-11-23T05:31:46Z", &seconds), 0);
	assert_true(seconds == 1795411906);
	assert_int_equal(clock_parse("2026-11-23T06:31:46.999+01:00", &seconds), 0);
	assert_true(seconds == 1795411906);
	assert_int_equal(clock_parse("2026-11-23T00:01:46-05:30", &seconds), 0);
	assert_true(seconds == 1795411906);
	assert_int_equal(clock_parse("2028-02-29T00:00:00Z", &seconds), 0);
	seconds = 7;
	for (size_t i = 0; i < ELEMENTS(bad); i++)
		if (clock_parse(bad[i], &seconds) != -EINVAL || seconds != 7)
			fail_msg("\"%s\" was taken", bad[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_are_checked),
		cmocka_unit_test(sizes_read_well),
		cmocka_unit_test(utf8_follows_the_standard),
		cmocka_unit_test(json_round_trip),
		cmocka_unit_test(json_refuses_what_is_not),
		cmocka_unit_test(hashes_match_known_answers),
		cmocka_unit_test(sets_ignore_order_but_nothing_else),
		cmocka_unit_test(wire_carries_messages_and_descriptors),
		cmocka_unit_test(wire_peer_that_died_is_gone_for_senders_too),
		cmocka_unit_test(a_worker_hears_a_cancel_a_go_and_the_end_of_its_supervisor),
		cmocka_unit_test(progress_is_told_at_each_phase_and_four_times_a_second),
		cmocka_unit_test(files_are_replaced_whole),
		cmocka_unit_test(an_answer_is_read_before_its_deadline),
		cmocka_unit_test(children_are_watched),
		cmocka_unit_test(children_are_ended_whatever_they_do),
		cmocka_unit_test(stop_signals_are_read_not_taken),
		cmocka_unit_test(times_are_utc),
		cmocka_unit_test(times_are_read_strictly),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
