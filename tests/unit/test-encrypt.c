/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * Encrypting a stick, without a stick: what is judged, listed and made in memory; and the writer on devices
 * that lie, die and wear out.
 */

#include "base/hex.h"
#include "base/secret.h"
#include "encrypt/file-list.h"
#include "encrypt/passphrase.h"
#include "encrypt/writer.h"
#include "encrypt/xts.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/mman.h>

#include <cmocka.h>

#define STICK (VOLUME_BYTES_MIN + (1U << 20))

static struct secret *secret_of(const char *text)
{
	struct secret *secret;

	assert_int_equal(secret_new(strlen(text), &secret), 0);
	memcpy(secret->bytes, text, strlen(text));
	return secret;
}

/* --- passphrases --- */

static void passphrases_are_judged(void **state)
{
	static const struct {
		const char *text;
		enum passphrase_outcome outcome;
	} rows[] = {
		{"purple kettle sings at dawn", PASSPHRASE_OK},
		{"giraffe-lemon-tuba", PASSPHRASE_OK},
		{"Kürbis Löffel Giraffe Nebel", PASSPHRASE_OK},
		{"eleven char", PASSPHRASE_SHORT},
		{"öööööööööö", PASSPHRASE_SHORT}, /* bytes are no characters */
		{"aaaaaaaaaaaaaaaaaaaa", PASSPHRASE_WEAK},
		{"passwordpassword", PASSPHRASE_WEAK},
		{"kindergarten2026", PASSPHRASE_WEAK},
		{"Password1234!", PASSPHRASE_WEAK},
		{"purple kettle\nsings at dawn", PASSPHRASE_UNTYPABLE},
		{"purple kettle \x01 at dawn", PASSPHRASE_UNTYPABLE},
		{"purple kettle \xff at dawn", PASSPHRASE_UNTYPABLE},
	};

	for (size_t i = 0; i < ELEMENTS(rows); i++) {
		_cleanup_(secret_freep) struct secret *secret = secret_of(rows[i].text);
		char sentence[PASSPHRASE_SENTENCE] = "untouched";

		if (passphrase_check(secret, sentence) != rows[i].outcome)
			fail_msg("%s: %s", rows[i].text, sentence);
		assert_int_equal(*sentence == '\0', rows[i].outcome == PASSPHRASE_OK);
		assert_null(strstr(sentence, rows[i].text));
	}
}

static int file_of(const char *text)
{
	int fd = memfd_create("passphrase", MFD_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	return fd;
}

static void a_passphrase_is_read_to_its_end(void **state)
{
	_cleanup_close_ int line = file_of("purple kettle\n"), empty = file_of("\n");
	_cleanup_(secret_freep) struct secret *secret = NULL;

	assert_int_equal(passphrase_check_fd(line), 0);
	assert_int_equal(passphrase_read(line, &secret), 0);
	assert_int_equal(secret->size, strlen("purple kettle"));
	assert_int_equal(passphrase_read(empty, &secret), -ENODATA);
}

static void nobody_makes_the_agent_wait(void **state)
{
	_cleanup_close_ int zero = open("/dev/zero", O_RDONLY | O_CLOEXEC);
	_cleanup_(secret_freep) struct secret *secret = NULL;
	int ends[2];

	assert_true(zero >= 0);
	assert_int_equal(passphrase_check_fd(zero), -EINVAL);
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	assert_int_equal(passphrase_check_fd(ends[0]), 0);
	assert_int_equal(passphrase_read(ends[0], &secret), -EAGAIN);
	(void)close_fd(ends[0]);
	(void)close_fd(ends[1]);
}

/* --- what is written --- */

/* Answers of another implementation of AES-256-XTS. */
static void sectors_are_encrypted_as_the_kernel_does_it(void **state)
{
	static const struct {
		uint64_t offset;
		const char *first, *last;
	} rows[] = {
		{0ULL, "dc8c665b97cbc0246d4f1639a9678a3e", "f04100379dedfce370af7f179a14ca5a"},
		{4096ULL, "d669f5e2d9e798975a7ec16179cd66c7", "bbd9c9d26274b8442604905ee1a7e2ef"},
		{40031996687360ULL, "1ad4aaecba8050a2cdaaa7327fec9bf4", "375c22de994b439a13670532c94c0efc"},
	};
	_cleanup_(secret_freep) struct secret *key = NULL;
	_cleanup_(xts_freep) struct xts *xts = NULL;

	assert_int_equal(secret_new(64, &key), 0);
	for (size_t i = 0; i < 64; i++)
		key->bytes[i] = (uint8_t)i;
	assert_int_equal(xts_new(key, &xts), 0);
	for (size_t i = 0; i < ELEMENTS(rows); i++) {
		uint8_t sector[512];
		char text[33];

		for (size_t k = 0; k < sizeof sector; k++)
			sector[k] = (uint8_t)k;
		assert_int_equal(xts_encrypt(xts, rows[i].offset, sector, sizeof sector), 0);
		hex_encode(sector, 16, text);
		assert_string_equal(text, rows[i].first);
		hex_encode(sector + 496, 16, text);
		assert_string_equal(text, rows[i].last);
		assert_int_equal(xts_encrypt(xts, 1, sector, sizeof sector), -EINVAL);
		assert_int_equal(xts_encrypt(xts, 0, sector, 100), -EINVAL);
	}
}

static void labels_are_kept_as_they_are_or_not_at_all(void **state)
{
	char label[FILESYSTEM_LABEL_SIZE];

	filesystem_label("BLUE ROOM", label);
	assert_string_equal(label, "BLUE ROOM");
	filesystem_label("TWELVE CHARS", label);
	assert_string_equal(label, "");
	filesystem_label("B\xff", label);
	assert_string_equal(label, "");
}

static void what_does_not_fit_is_known_before(void **state)
{
	const uint64_t gib = 1ULL << 30;

	assert_true(filesystem_holds(FILESYSTEM_EXFAT, 16 * gib, 0, 0));
	assert_true(filesystem_holds(FILESYSTEM_EXFAT, 16 * gib, 3000, 15 * gib));
	assert_false(filesystem_holds(FILESYSTEM_EXFAT, 16 * gib, 10, 16 * gib));
	assert_false(filesystem_holds(FILESYSTEM_EXFAT, 16 * gib, 600000, gib));
	assert_false(filesystem_holds(FILESYSTEM_EXFAT, 16 * gib, UINT64_MAX, UINT64_MAX));
	assert_true(filesystem_holds(FILESYSTEM_EXT4, 16 * gib, 3000, 13 * gib));
	assert_false(filesystem_holds(FILESYSTEM_EXT4, 16 * gib, 3000, 15 * gib));
}

/* --- lists --- */

static void lists_lead_down_only(void **state)
{
	static const char *const bad[] = {"", "/etc/passwd", "..", "a/../b", "a//b", "a/", "./a", "a/."};

	assert_true(file_list_path_is_good("LETTERS/To the parents.txt"));
	assert_true(file_list_path_is_good("...") && file_list_path_is_good("a/..b"));
	for (size_t i = 0; i < ELEMENTS(bad); i++)
		assert_false(file_list_path_is_good(bad[i]));
}

static void a_list_is_read_as_it_was_written(void **state)
{
	_cleanup_close_ int fd = memfd_create("files", MFD_CLOEXEC);
	const struct encrypt_file file = {.size = 7, .mtime = 1700000000};
	struct file_list_entry entry;
	size_t offset = 0, size;
	char list[1024];
	ssize_t n;

	assert_int_equal(file_list_add(fd, &file, "A/B.TXT", "A/B.TXT"), 0);
	assert_int_equal(file_list_add(fd, &file, "C\xff", "C%FF"), 0);
	n = pread(fd, list, sizeof list, 0);
	assert_true(n > 0);
	size = (size_t)n;
	assert_int_equal(file_list_next(list, size, &offset, &entry), 1);
	assert_string_equal(entry.path, "A/B.TXT");
	assert_int_equal(entry.file.size, 7);
	assert_int_equal(file_list_next(list, size, &offset, &entry), 1);
	assert_string_equal(entry.stored, "C%FF");
	assert_int_equal(file_list_next(list, size, &offset, &entry), 0);
	for (size_t cut = 1; cut < sizeof file + 8; cut++) {
		offset = 0;
		assert_int_equal(file_list_next(list, cut, &offset, &entry), -EBADMSG);
		assert_int_equal(offset, 0);
	}
}

/* --- the writer --- */

struct stick {
	int fd;
	uint64_t bytes, gone_at, stuck_at;
	uint64_t cancel_after; /* calls of cancelled() */
	struct volume *volume;
	struct device device;
};

static int stick_read(void *data, uint64_t offset, void *buffer, size_t size)
{
	struct stick *s = data;

	return pread(s->fd, buffer, size, (off_t)offset) == (ssize_t)size ? 0 : -EIO;
}

static int stick_write(void *data, uint64_t offset, const void *buffer, size_t size)
{
	struct stick *s = data;

	if (s->gone_at && offset >= s->gone_at) {
		s->bytes = 0;
		return -EIO;
	}
	if (s->stuck_at && offset <= s->stuck_at && s->stuck_at < offset + size)
		return 0;
	return pwrite(s->fd, buffer, size, (off_t)offset) == (ssize_t)size ? 0 : -EIO;
}

static int stick_flush(void *data)
{
	return 0;
}

static int stick_size(void *data, uint64_t *ret_bytes)
{
	*ret_bytes = ((struct stick *)data)->bytes;
	return 0;
}

static int no_progress(void *data, const struct encrypt_progress *progress)
{
	return progress->done <= progress->total ? 0 : -ERANGE;
}

static bool is_cancelled(void *data)
{
	struct stick *s = data;

	return s->cancel_after > 0 && --s->cancel_after == 0;
}

static int set_up(void **state)
{
	struct stick *s = calloc(1, sizeof *s);
	_cleanup_(secret_freep) struct secret *passphrase = secret_of("purple kettle sings at dawn");
	const struct volume_options options = {
		.bytes = STICK, .passphrase = passphrase, .filesystem = FILESYSTEM_EXT4, .label = ""};

	assert_non_null(s);
	s->bytes = STICK;
	s->fd = memfd_create("stick", MFD_CLOEXEC);
	assert_int_equal(ftruncate(s->fd, STICK), 0);
	assert_int_equal(pwrite(s->fd, "old boot sector", 15, 0), 15);
	assert_int_equal(volume_new(&options, &s->volume), 0);
	s->device = (struct device){STICK, s, stick_read, stick_write, stick_flush, stick_size};
	*state = s;
	return 0;
}

static int tear_down(void **state)
{
	struct stick *s = *state;

	s->volume = volume_free(s->volume);
	(void)close_fd(s->fd);
	free(s);
	return 0;
}

static int run(struct stick *s, struct encrypt_result *result)
{
	const struct writer_hooks hooks = {s, no_progress, is_cancelled};

	memset(result, 0, sizeof *result);
	return writer_run(&s->device, s->volume, &hooks, result);
}

static bool begins_with_header(const struct stick *s)
{
	char magic[6];

	assert_int_equal(pread(s->fd, magic, sizeof magic, 0), sizeof magic);
	return memcmp(magic, "LUKS\xba\xbe", sizeof magic) == 0;
}

static void all_of_it_is_written_and_read_back(void **state)
{
	struct stick *s = *state;
	struct encrypt_result result;

	assert_int_equal(writer_check_left(&s->device), ENCRYPT_NOT_AS_LEFT);
	assert_int_equal(run(s, &result), ENCRYPT_DONE);
	assert_true(result.bytes_read_back == STICK && result.bytes_written >= STICK);
	assert_true(begins_with_header(s));
	assert_int_equal(writer_check_left(&s->device), ENCRYPT_NOT_AS_LEFT);
}

static void a_stick_that_does_not_keep_it_gets_no_header(void **state)
{
	struct stick *s = *state;
	struct encrypt_result result;

	s->stuck_at = STICK - 4096;
	assert_int_equal(run(s, &result), ENCRYPT_MISMATCH);
	assert_true(result.failed_offset > 0 && result.failed_offset <= s->stuck_at);
	assert_false(begins_with_header(s));
	assert_int_equal(writer_check_left(&s->device), 0);
}

static void a_header_that_is_not_kept_is_taken_back(void **state)
{
	struct stick *s = *state;
	struct encrypt_result result;

	s->stuck_at = LUKS_STICK_DATA - 4096; /* reads as zeros until the header comes */
	assert_int_equal(run(s, &result), ENCRYPT_MISMATCH);
	assert_false(begins_with_header(s));
}

static void a_stick_that_is_pulled_has_vanished(void **state)
{
	struct stick *s = *state;
	struct encrypt_result result;

	s->gone_at = STICK / 2;
	assert_int_equal(run(s, &result), ENCRYPT_VANISHED);
	assert_false(begins_with_header(s));
}

static void stopped_before_the_first_byte_nothing_is_changed(void **state)
{
	struct stick *s = *state;
	struct encrypt_result result;
	char text[15];

	s->cancel_after = 1;
	assert_int_equal(run(s, &result), ENCRYPT_CANCELLED);
	assert_int_equal(pread(s->fd, text, sizeof text, 0), sizeof text);
	assert_memory_equal(text, "old boot sector", sizeof text);
}

static void stopped_in_the_middle_it_can_go_on(void **state)
{
	struct stick *s = *state;
	struct encrypt_result result;

	s->cancel_after = 9;
	assert_int_equal(run(s, &result), ENCRYPT_INTERRUPTED);
	assert_int_equal(writer_check_left(&s->device), 0);
	assert_int_equal(run(s, &result), ENCRYPT_DONE);
}

static void every_outcome_has_its_words(void **state)
{
	enum encrypt_outcome outcome;

	for (uint32_t i = 0; i < _ENCRYPT_OUTCOME_MAX; i++) {
		assert_true(encrypt_outcome_from_number(i, &outcome));
		assert_true(strlen(encrypt_outcome_name(outcome)) > 3);
		assert_true(strlen(encrypt_outcome_sentence(outcome)) > 20);
	}
	assert_false(encrypt_outcome_from_number(_ENCRYPT_OUTCOME_MAX, &outcome));
}

#define WITH_STICK(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(passphrases_are_judged),
		cmocka_unit_test(a_passphrase_is_read_to_its_end),
		cmocka_unit_test(nobody_makes_the_agent_wait),
		cmocka_unit_test(sectors_are_encrypted_as_the_kernel_does_it),
		cmocka_unit_test(labels_are_kept_as_they_are_or_not_at_all),
		cmocka_unit_test(what_does_not_fit_is_known_before),
		cmocka_unit_test(lists_lead_down_only),
		cmocka_unit_test(a_list_is_read_as_it_was_written),
		WITH_STICK(all_of_it_is_written_and_read_back),
		WITH_STICK(a_stick_that_does_not_keep_it_gets_no_header),
		WITH_STICK(a_header_that_is_not_kept_is_taken_back),
		WITH_STICK(a_stick_that_is_pulled_has_vanished),
		WITH_STICK(stopped_before_the_first_byte_nothing_is_changed),
		WITH_STICK(stopped_in_the_middle_it_can_go_on),
		cmocka_unit_test(every_outcome_has_its_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
