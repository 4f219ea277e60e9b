/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * Samples, cells, facts in JSON, and devices that are not there. What lies on real devices is looked at in
 * tests/integration/test_judge.py.
 */

#include "base/clock.h"
#include "encryption/content-cell.h"
#include "encryption/content-sample.h"
#include "encryption/facts.h"
#include "machine.h"

#include <signal.h>
#include <sys/socket.h>

/* --- samples --- */

#define SIZE (16U << 20)

static uint8_t *bytes;
static unsigned reads;

static int read_bytes(void *data, uint64_t offset, void *buffer, size_t size)
{
	reads++;
	assert_true(offset + size <= SIZE);
	memcpy(buffer, bytes + offset, size);
	return 0;
}

static int read_nothing(void *data, uint64_t offset, void *buffer, size_t size)
{
	return -EIO;
}

static enum content_sample sampled(void)
{
	enum content_sample sample = CONTENT_NOT_SAMPLED;

	assert_int_equal(sample_range(read_bytes, NULL, 0, SIZE, &sample), 0);
	return sample;
}

static void fill_random(size_t start, size_t size)
{
	uint64_t state = 88172645463325252ULL;

	for (size_t i = start; i < start + size; i++) {
		state ^= state << 13;
		state ^= state >> 7;
		state ^= state << 17;
		bytes[i] = (uint8_t)(state >> 32);
	}
}

static void fill_text(size_t start, size_t size)
{
	static const char text[] = "an invented sentence about nothing. ";

	for (size_t i = 0; i < size; i++)
		bytes[start + i] = (uint8_t)text[i % (sizeof text - 1)];
}

static void samples(void **state)
{
	bytes = calloc(1, SIZE);
	assert_non_null(bytes);
	assert_int_equal(sampled(), CONTENT_BLANK);
	memset(bytes, 0xff, SIZE);
	assert_int_equal(sampled(), CONTENT_BLANK);
	fill_random(0, SIZE);
	assert_int_equal(sampled(), CONTENT_RANDOM);
	reads = 0;
	fill_text(0, SIZE);
	assert_int_equal(sampled(), CONTENT_DATA);
	assert_true(reads < 64);
	free(bytes);
}

static void a_little_data_among_nothing(void **state)
{
	bytes = calloc(1, SIZE);
	assert_non_null(bytes);
	fill_text(SIZE - 4096, 4096);
	assert_int_equal(sampled(), CONTENT_DATA);
	memset(bytes, 0, SIZE);
	fill_text(5000, 100);
	assert_int_equal(sampled(), CONTENT_DATA);
	memset(bytes, 0, SIZE);
	fill_text(SIZE / 2, SIZE / 16);
	assert_int_equal(sampled(), CONTENT_DATA);
	memset(bytes, 0, SIZE);
	fill_text(SIZE / 3 / 4096 * 4096, 4096);
	assert_int_equal(sampled(), CONTENT_DATA);
	memset(bytes, 0, SIZE);
	fill_random(SIZE / 4, SIZE / 4);
	assert_int_equal(sampled(), CONTENT_RANDOM);
	free(bytes);
}

static void a_sample_that_cannot_be_read(void **state)
{
	enum content_sample sample = CONTENT_NOT_SAMPLED;

	assert_int_equal(sample_range(read_nothing, NULL, 0, SIZE, &sample), -EIO);
	assert_int_equal(sample, CONTENT_NOT_SAMPLED);
	assert_int_equal(sample_range(read_nothing, NULL, 0, 100, &sample), 0);
	assert_int_equal(sample, CONTENT_NOT_SAMPLED);
}

/* --- cells --- */

static int add_one(const void *input, void *ret_answer)
{
	*(int *)ret_answer = *(const int *)input + 1;
	return 0;
}

static int hang(const void *input, void *ret_answer)
{
	while (input)
		(void)pause();
	return 0;
}

static int die(const void *input, void *ret_answer)
{
	(void)raise(SIGKILL);
	return 0;
}

static int refuse(const void *input, void *ret_answer)
{
	return -EACCES;
}

static void cells(void **state)
{
	int input[40], answer[40] = {0};
	struct cell list[40];

	for (int i = 0; i < 40; i++) {
		input[i] = i;
		list[i] = (struct cell){
			.run = add_one, .input = &input[i], .answer = &answer[i], .size = sizeof answer[i]};
	}
	list[3].run = die;
	list[5].run = refuse;
	cell_run(list, 40, 10000);
	for (int i = 0; i < 40; i++) {
		assert_int_equal(list[i].result, i == 3 ? -EIO : i == 5 ? -EACCES : 0);
		if (list[i].result == 0)
			assert_int_equal(answer[i], i + 1);
	}
}

static void a_cell_that_hangs_holds_up_nobody(void **state)
{
	int input = 1, answer[2] = {0};
	struct cell list[2] = {{.run = hang, .input = &input, .answer = &answer[0], .size = sizeof answer[0]},
		{.run = add_one, .input = &input, .answer = &answer[1], .size = sizeof answer[1]}};
	uint64_t start = clock_monotonic_ns();

	cell_run(list, 2, 300);
	assert_int_equal(list[0].result, -ETIMEDOUT);
	assert_int_equal(list[1].result, 0);
	assert_int_equal(answer[1], 2);
	assert_true(clock_monotonic_ns() - start < 5000000000ULL);
}

/* Which of a few things a locked-in process can still do. */
static int try_things(const void *input, void *ret_answer)
{
	_cleanup_close_ int zero = open("/dev/zero", O_RDONLY | O_CLOEXEC);
	unsigned *can = ret_answer;
	char byte;
	int r = cell_lock_in(CELL_READS, -1);

	if (r < 0)
		return r;
	*can = (read(zero, &byte, 1) == 1 ? 1U : 0) |
	       (open("/dev/null", O_RDONLY | O_CLOEXEC) >= 0 ? 2U : 0) |
	       (socket(AF_UNIX, SOCK_STREAM, 0) >= 0 ? 4U : 0) | (kill(getppid(), 0) == 0 ? 8U : 0) |
	       (getuid() == 12345 ? 16U : 0) | (mkdir("/tmp/outing-test-cell", 0700) == 0 ? 32U : 0);
	return 0;
}

static void a_locked_in_process_can_only_read(void **state)
{
	unsigned can = 0;
	struct cell cell = {.run = try_things, .answer = &can, .size = sizeof can};

	cell_run(&cell, 1, 10000);
	assert_int_equal(cell.result, 0);
	assert_int_equal(can, 1);
}

/* --- devices that are not there, or are others --- */

static void devices_that_are_not_there(void **state)
{
	const struct sysroot root = sysroot_live;
	const struct content_wish wishes[] = {
		{.name = "outing-nothing", .number = {7, 200}, .size = SIZE},
		{.name = "null", .number = {1, 3}, .size = SIZE},
	};
	struct content found[2] = {0};

	assert_int_equal(content_live(&root, wishes, 2, found), 0);
	assert_int_equal(found[0].error, -ENOENT);
	assert_int_equal(found[1].error, -ENODEV);
}

/* --- facts --- */

static const struct content everything = {.busy = true,
	.probe = CONTENT_KNOWN,
	.type = "crypto_LUKS",
	.part_type = "0x83",
	.has_table = true,
	.sample = CONTENT_RANDOM,
	.rest = CONTENT_DATA,
	.drive_locks = true,
	.has_header = true,
	.header = {.verdict = STORAGE_WEAK, .reason = "r", .fix = "f", .command = "c"},
	.has_keys = true,
	.keys = {.verdict = STORAGE_NOT_ENCRYPTED, .reason = "k"},
	.scan = CONTENT_SCANNED,
	.exempt = {.files = 4, .boot_files = 2, .offender = "an invented name.jpg"}};

static void facts_survive_being_written(void **state)
{
	_cleanup_js_ struct js *json = facts_content(&everything);
	_cleanup_free_ char *text = NULL;
	struct content again;

	assert_int_equal(js_text(json, false, &text), 0);
	assert_null(strstr(text, "invented"));
	assert_int_equal(facts_parse_content(json, &again), 0);
	assert_string_equal(again.exempt.offender, "a file");
	memcpy(again.exempt.offender, everything.exempt.offender, sizeof again.exempt.offender);
	assert_memory_equal(&again.header, &everything.header, sizeof again.header);
	assert_memory_equal(&again.keys, &everything.keys, sizeof again.keys);
	assert_memory_equal(&again.exempt, &everything.exempt, sizeof again.exempt);
	assert_string_equal(again.type, everything.type);
	assert_string_equal(again.part_type, everything.part_type);
	assert_true(again.busy && again.has_table && again.drive_locks && again.probe == CONTENT_KNOWN);
	assert_true(again.sample == CONTENT_RANDOM && again.rest == CONTENT_DATA);
}

static int parse(const char *text, struct content *ret_content)
{
	_cleanup_js_ struct js *json = NULL;

	assert_int_equal(js_parse(text, strlen(text), &json), 0);
	return facts_parse_content(json, ret_content);
}

#define HEAD                                                                                 \
	"{\"busy\":false,\"signature\":\"known\",\"type\":\"ext4\",\"partition_type\":\"\"," \
	"\"partition_table\":false,\"sample\":\"blank\",\"rest\":\"blank\",\"drive_locks\":false"

static void facts_that_are_not_understood(void **state)
{
	static const char *const wrong[] = {"[]", "{}", "{\"error\":0}", "{\"error\":-5}",
		"{\"error\":\"5\"}", HEAD ",\"boot\":{}}", HEAD ",\"boot\":{\"files\":1,\"boot_files\":2}}",
		HEAD ",\"header\":{\"verdict\":\"good\",\"reason\":\"\",\"fix\":\"\",\"command\":\"\"}}",
		HEAD ",\"keys\":{\"verdict\":\"weak\"}}", "{\"empty\":false}", "{\"empty\":1}",
		("{\"busy\":1,\"signature\":\"known\",\"type\":\"ext4\",\"partition_type\":\"\","
		 "\"partition_table\":false,\"sample\":\"blank\",\"rest\":\"blank\",\"drive_locks\":false}")};
	struct content content;

	assert_int_equal(parse(HEAD "}", &content), 0);
	assert_int_equal(parse("{\"error\":5}", &content), 0);
	assert_int_equal(content.error, -5);
	assert_int_equal(parse("{\"empty\":true}", &content), 0);
	assert_true(content.empty);
	for (size_t i = 0; i < ELEMENTS(wrong); i++)
		assert_int_equal(parse(wrong[i], &content), -EINVAL);
}

static void contents_from_elsewhere_are_checked(void **state)
{
	struct content content = everything;

	content.has_header = false;
	assert_true(content_sane(&content));
	memset(content.type, 'x', sizeof content.type);
	assert_false(content_sane(&content));
	content = everything;
	content.has_header = false;
	memset(content.exempt.offender, 'x', sizeof content.exempt.offender);
	assert_false(content_sane(&content));
}

static void a_line_of_a_table_keeps_everything_but_the_key(void **state)
{
	static const char key[] = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
	struct dmtable_target target, again;
	char arguments[256], line[512];

	(void)snprintf(arguments, sizeof arguments, "aes-xts-plain64 %s 0 8:2 4096 1 allow_discards", key);
	dmtable_parse(0, 2048, "crypt", arguments, &target);
	assert_int_equal(target.offsets[0], 4096);
	assert_true((size_t)dmtable_format(&target, line, sizeof line) < sizeof line);
	assert_null(strstr(line, "00112233"));
	assert_int_equal(strncmp(line, "0 2048 crypt ", 13), 0);
	dmtable_parse(0, 2048, "crypt", line + 13, &again);
	assert_memory_equal(&again, &target, sizeof again);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(samples),
		cmocka_unit_test(a_little_data_among_nothing),
		cmocka_unit_test(a_sample_that_cannot_be_read),
		cmocka_unit_test(cells),
		cmocka_unit_test(a_cell_that_hangs_holds_up_nobody),
		cmocka_unit_test(a_locked_in_process_can_only_read),
		cmocka_unit_test(devices_that_are_not_there),
		cmocka_unit_test(facts_survive_being_written),
		cmocka_unit_test(facts_that_are_not_understood),
		cmocka_unit_test(contents_from_elsewhere_are_checked),
		cmocka_unit_test(a_line_of_a_table_keeps_everything_but_the_key),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
