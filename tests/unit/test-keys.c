/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * What is said about keys when something could not be looked at or not be tried, and what is remembered. That
 * keys are found is proven on real volumes in tests/integration/test_keys.py.
 */

#include "encryption/keys-cache.h"
#include "encryption/keys.h"
#include "folder.h"
#include "luks-image.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <sys/stat.h>

#include <cmocka.h>

static struct sysroot root;

static int no_place(
	const struct sysroot *from, const char *path, const char *loop, struct sysroot_place *ret_place)
{
	return -ENOENT;
}

static void put(struct folder *folder, const char *name, const void *bytes, size_t size)
{
	_cleanup_close_ int fd = openat(folder->fd, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(fd_write_full(fd, bytes, size), 0);
}

static struct header_facts facts;

/* A header of which nothing but its form is right: no key opens it. */
static int image_with_header(void)
{
	int image = luks_image_new();

	assert_true(image >= 0);
	assert_int_equal(luks1_put(image, "aes", "xts-plain64", 64, 1000), 0);
	assert_int_equal(header_prepare(), 0);
	assert_int_equal(header_read(image, LUKS_IMAGE_SIZE, &facts), 0);
	assert_int_equal(facts.header.fault, CRYPTHEADER_SOUND);
	return image;
}

static void use_root(const struct folder *folder)
{
	root = (struct sysroot){.prefix = folder->path, .place = no_place};
}

static struct keys_verdict judged(const struct keys_options *options, int fd)
{
	const struct keys_lock lock = {.device = "/dev/sda2", .fd = fd, .facts = &facts};
	struct keys_verdict verdict;

	assert_int_equal(keys_judge(&root, options, &lock, &verdict), 0);
	assert_int_equal(verdict.outcome == KEYS_NONE, verdict.reason[0] == 0);
	assert_int_equal(verdict.outcome == KEYS_NONE, verdict.fix[0] == 0);
	return verdict;
}

static bool refuse(const struct keys_progress *progress, void *data)
{
	assert_int_equal(progress->total, 1);
	assert_string_equal(progress->device, "/dev/sda2");
	return false;
}

static void what_was_not_tried_is_unknown(void **state)
{
	const struct keys_options off = {.try_keys = false}, stopped = {.try_keys = true, .progress = refuse},
				  on = {.try_keys = true};
	_cleanup_close_ int image = image_with_header();
	struct keys_verdict verdict;

	use_root(*state);
	verdict = judged(&off, image);
	assert_int_equal(verdict.outcome, KEYS_UNKNOWN);
	assert_int_equal(verdict.tried, 0);
	verdict = judged(&stopped, image);
	assert_int_equal(verdict.outcome, KEYS_UNKNOWN);
	assert_int_equal(verdict.tried, 0);
	verdict = judged(&on, -1);
	assert_int_equal(verdict.outcome, KEYS_UNKNOWN);
	verdict = judged(&on, image);
	assert_int_equal(verdict.outcome, KEYS_NONE);
	assert_int_equal(verdict.tried, 1);
}

static void a_damaged_header_is_unknown(void **state)
{
	const struct keys_options options = {.try_keys = true};
	_cleanup_close_ _unused_ int image = image_with_header();

	use_root(*state);
	facts.header.fault = CRYPTHEADER_DAMAGED;
	assert_int_equal(judged(&options, image).outcome, KEYS_UNKNOWN);
	facts.header.fault = CRYPTHEADER_SOUND;
	facts.header.kind = CRYPTHEADER_LUKS2;
	facts.checked = false;
	assert_int_equal(judged(&options, image).outcome, KEYS_UNKNOWN);
}

/* The file names a slot that is none, or key slots that lie where nothing can: no copy is made of it. */
static void slots_at_absurd_places_are_unknown(void **state)
{
	const struct keys_options options = {.try_keys = true};
	_cleanup_close_ int image = image_with_header();

	use_root(*state);
	facts.header.slot[0].area = 1ULL << 50;
	assert_int_equal(judged(&options, image).outcome, KEYS_UNKNOWN);
	facts.header.slot[0].area = 4096;
	facts.header.slot[0].area_size = 1ULL << 40;
	assert_int_equal(judged(&options, image).outcome, KEYS_UNKNOWN);
}

static void what_names_keys_must_be_readable(void **state)
{
	const struct keys_options options = {.try_keys = true};
	struct folder *folder = *state;
	_cleanup_close_ int image = image_with_header();
	struct keys_verdict verdict;

	use_root(folder);
	assert_int_equal(mkdirat(folder->fd, "etc", 0700), 0);
	assert_int_equal(mkdirat(folder->fd, "etc/crypttab", 0700), 0);
	verdict = judged(&options, image);
	assert_int_equal(verdict.outcome, KEYS_UNKNOWN);
	assert_non_null(strstr(verdict.reason, "/etc/crypttab"));
}

/* A place that cannot be judged is neither clear nor encrypted. */
static void a_key_that_opens_nothing_is_nothing_wherever_it_lies(void **state)
{
	const struct keys_options options = {.try_keys = true};
	struct folder *folder = *state;
	_cleanup_close_ int image = image_with_header();

	use_root(folder);
	assert_int_equal(mkdirat(folder->fd, "boot", 0700), 0);
	put(folder, "boot/some.key", "invented", 8);
	assert_int_equal(judged(&options, image).outcome, KEYS_NONE);
	assert_int_equal(judged(&options, image).tried, 2);
}

/* What lies in memory is gone when the computer is off; a stick that is mounted there is not. */
static void a_stick_below_run_is_no_memory(void **state)
{
	const struct keys_options options = {.try_keys = true};
	static const char memory[] = "data /dev/sda2 /run/a.key luks\n",
			  stick[] = "data /dev/sda2 /run/media/kim/KEYS/a.key luks\n";
	struct folder *folder = *state;
	_cleanup_close_ int image = image_with_header();

	use_root(folder);
	assert_int_equal(mkdirat(folder->fd, "etc", 0700), 0);
	assert_int_equal(mkdirat(folder->fd, "run", 0700), 0);
	assert_int_equal(mkdirat(folder->fd, "run/media", 0700), 0);
	assert_int_equal(mkdirat(folder->fd, "run/media/kim", 0700), 0);
	assert_int_equal(mkdirat(folder->fd, "run/media/kim/KEYS", 0700), 0);
	put(folder, "run/a.key", "invented", 8);
	put(folder, "run/media/kim/KEYS/a.key", "invented", 8);
	put(folder, "etc/crypttab", memory, sizeof memory - 1);
	assert_int_equal(judged(&options, image).tried, 1);
	put(folder, "etc/crypttab", stick, sizeof stick - 1);
	assert_int_equal(judged(&options, image).tried, 2);
}

/* The boot loader hands it over, and systemd opens the disk with it. */
static void a_credential_that_hands_in_a_passphrase(void **state)
{
	const struct keys_options options = {.try_keys = true};
	struct folder *folder = *state;
	_cleanup_close_ int image = image_with_header();
	struct keys_verdict verdict;

	use_root(folder);
	assert_int_equal(mkdirat(folder->fd, "boot", 0700), 0);
	assert_int_equal(mkdirat(folder->fd, "boot/loader", 0700), 0);
	assert_int_equal(mkdirat(folder->fd, "boot/loader/credentials", 0700), 0);
	put(folder, "boot/loader/credentials/network.cred", "sealed", 6);
	assert_int_equal(judged(&options, image).outcome, KEYS_NONE);
	put(folder, "boot/loader/credentials/cryptsetup.passphrase.cred", "sealed", 6);
	verdict = judged(&options, image);
	assert_int_equal(verdict.outcome, KEYS_UNKNOWN);
	assert_non_null(strstr(verdict.reason, "cryptsetup.passphrase.cred"));
}

static void a_device_in_quotes_is_meant_too(void **state)
{
	const struct keys_options options = {.try_keys = true};
	static const char text[] =
		"data UUID=\"" LUKS_IMAGE_UUID "\" none luks,keyscript=/usr/local/bin/opens-it\n";
	struct folder *folder = *state;
	_cleanup_close_ int image = image_with_header();

	use_root(folder);
	assert_int_equal(mkdirat(folder->fd, "etc", 0700), 0);
	put(folder, "etc/crypttab", text, sizeof text - 1);
	assert_int_equal(judged(&options, image).outcome, KEYS_UNKNOWN);
}

static void a_key_that_is_no_file_is_unknown(void **state)
{
	const struct keys_options options = {.try_keys = true};
	static const char text[] = "data /dev/sda2 /pipe luks\n";
	struct folder *folder = *state;
	_cleanup_close_ int image = image_with_header();

	use_root(folder);
	assert_int_equal(mkdirat(folder->fd, "etc", 0700), 0);
	put(folder, "etc/crypttab", text, sizeof text - 1);
	assert_int_equal(mkfifoat(folder->fd, "pipe", 0600), 0);
	assert_int_equal(judged(&options, image).outcome, KEYS_UNKNOWN);
}

/* --- what is remembered --- */

static void trials_are_remembered_by_lock_and_key(void **state)
{
	const struct folder *folder = *state;
	uint8_t lock[SHA512_SIZE] = {1}, key[SHA512_SIZE] = {2};
	_cleanup_(keys_cache_freep) struct keys_cache *cache = NULL, *again = NULL;
	char path[256];
	int slot;

	(void)snprintf(path, sizeof path, "%s/cache", folder->path);
	assert_int_equal(keys_cache_load(path, &cache), 0);
	assert_false(keys_cache_find_trial(cache, lock, key, &slot));
	keys_cache_add_trial(cache, lock, key, 7);
	keys_cache_add_trial(cache, key, lock, -1);
	assert_int_equal(keys_cache_save(cache), 0);
	assert_int_equal(keys_cache_load(path, &again), 0);
	assert_true(keys_cache_find_trial(again, lock, key, &slot));
	assert_int_equal(slot, 7);
	assert_true(keys_cache_find_trial(again, key, lock, &slot));
	assert_int_equal(slot, -1);
	assert_false(keys_cache_find_trial(again, lock, lock, &slot));
}

static void nothing_is_written_when_nothing_was_added(void **state)
{
	const struct folder *folder = *state;
	_cleanup_(keys_cache_freep) struct keys_cache *cache = NULL;
	char path[256];
	struct stat st;

	(void)snprintf(path, sizeof path, "%s/cache", folder->path);
	assert_int_equal(keys_cache_load(path, &cache), 0);
	assert_int_equal(keys_cache_save(cache), 0);
	assert_int_equal(stat(path, &st), -1);
}

static void a_cache_without_a_file_lasts_as_long_as_it_lives(void **state)
{
	_cleanup_(keys_cache_freep) struct keys_cache *cache = NULL;
	uint8_t lock[SHA512_SIZE] = {1};
	int slot;

	assert_int_equal(keys_cache_load(NULL, &cache), 0);
	keys_cache_add_trial(cache, lock, lock, 0);
	assert_true(keys_cache_find_trial(cache, lock, lock, &slot));
	assert_int_equal(keys_cache_save(cache), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_FOLDER(what_was_not_tried_is_unknown),
		WITH_FOLDER(a_damaged_header_is_unknown),
		WITH_FOLDER(slots_at_absurd_places_are_unknown),
		WITH_FOLDER(what_names_keys_must_be_readable),
		WITH_FOLDER(a_key_that_opens_nothing_is_nothing_wherever_it_lies),
		WITH_FOLDER(a_key_that_is_no_file_is_unknown),
		WITH_FOLDER(a_stick_below_run_is_no_memory),
		WITH_FOLDER(a_credential_that_hands_in_a_passphrase),
		WITH_FOLDER(a_device_in_quotes_is_meant_too),
		WITH_FOLDER(trials_are_remembered_by_lock_and_key),
		WITH_FOLDER(nothing_is_written_when_nothing_was_added),
		WITH_FOLDER(a_cache_without_a_file_lasts_as_long_as_it_lives),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
