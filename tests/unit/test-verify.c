/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Verification: a whole vault is said to be whole, and each way of harming one is found and named. */

#include "base/fd.h"
#include "folder.h"
#include "vault/layout.h"
#include "vault/mhl.h"
#include "vault/verify.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

struct found {
	char text[4096];
	uint64_t files_expected, bytes_expected;
	unsigned cancel_after, asked;
};

static struct found found;
static char session[VAULT_SESSION];

static int on_finding(const struct verify_finding *finding, void *data)
{
	size_t used = strlen(found.text);

	assert_true(finding->detail[0] != 0);
	(void)snprintf(found.text + used, sizeof found.text - used, "%s:%s|", verify_kind_name(finding->kind),
		finding->path);
	return 0;
}

static int on_progress(
	const struct verify_totals *so_far, uint64_t files_expected, uint64_t bytes_expected, void *data)
{
	found.files_expected = files_expected;
	found.bytes_expected = bytes_expected;
	return 0;
}

static bool on_cancelled(void *data)
{
	return found.cancel_after > 0 && ++found.asked >= found.cancel_after;
}

static int verify(int vault_fd, struct verify_totals *ret_totals)
{
	const struct verify_events events = {on_finding, on_progress, on_cancelled, NULL};
	_cleanup_close_ int spool = -1;

	found.text[0] = 0;
	assert_int_equal(verify_spool(vault_fd, &spool), 0);
	return verify_vault(vault_fd, spool, &events, ret_totals);
}

static void findings_are(int vault_fd, const char *expected)
{
	struct verify_totals totals;

	assert_int_equal(verify(vault_fd, &totals), 0);
	assert_string_equal(found.text, expected);
}

static void put_file(int dirfd, const char *path, const char *content)
{
	_cleanup_close_ int fd = openat(dirfd, path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(fd_write_full(fd, content, strlen(content)), 0);
}

static void record(struct mhl_writer *writer, int dirfd, const char *path, const char *content)
{
	struct mhl_file file = {.path = path, .size = strlen(content), .modified = 1, .hashed = 2};

	put_file(dirfd, path, content);
	assert_int_equal(sha512_of(content, strlen(content), file.hashes.sha512), 0);
	xxh128_of(content, strlen(content), file.hashes.xxh128);
	assert_int_equal(mhl_writer_file(writer, &file), 0);
}

static int make_session(int vault_fd)
{
	_cleanup_(mhl_writer_freep) struct mhl_writer *writer = NULL;
	struct mhl_options options = {.started = 1795325506};
	struct mhl_written written;
	int fd = -1;

	assert_int_equal(vault_session_create(vault_fd, "Blue Room camera", 1795325506, session, &fd), 0);
	options.root_name = vault_session_name(session);
	assert_int_equal(mhl_writer_new(fd, &options, &writer), 0);
	assert_int_equal(mkdirat(fd, "DCIM", 0750), 0);
	assert_int_equal(mkdirat(fd, "EMPTY", 0750), 0);
	record(writer, fd, "DCIM/IMG_0001.JPG", "red");
	record(writer, fd, "DCIM/IMG_0002.JPG", "blue");
	assert_int_equal(mhl_writer_directory(writer, "DCIM", 3), 0);
	assert_int_equal(mhl_writer_directory(writer, "EMPTY", 3), 0);
	record(writer, fd, "empty.txt", "");
	assert_int_equal(mhl_writer_commit(writer, &written), 0);
	return fd;
}

/* A vault with one session; returns the session's directory. */
static int make_vault(void **state)
{
	struct folder *folder = *state;
	char id[VAULT_ID];

	found = (struct found){0};
	assert_int_equal(vault_init(folder->fd, id), 0);
	return make_session(folder->fd);
}

static void a_whole_vault_is_whole(void **state)
{
	_unused_ _cleanup_close_ int fd = make_vault(state);
	struct folder *folder = *state;
	struct verify_totals totals;

	assert_int_equal(verify(folder->fd, &totals), 0);
	assert_string_equal(found.text, "");
	assert_int_equal(totals.findings, 0);
	assert_int_equal(totals.sessions, 1);
	assert_int_equal(totals.files, 3);
	assert_int_equal(totals.bytes, 7);
	assert_int_equal(found.files_expected, 3);
	assert_int_equal(found.bytes_expected, 7);
}

static void an_empty_vault_has_no_sessions(void **state)
{
	struct folder *folder = *state;
	struct verify_totals totals;
	char id[VAULT_ID];

	found = (struct found){0};
	assert_int_equal(vault_init(folder->fd, id), 0);
	assert_int_equal(mkdirat(folder->fd, "lost+found", 0700), 0);
	assert_int_equal(verify(folder->fd, &totals), 0);
	assert_int_equal(totals.sessions, 0);
	assert_int_equal(totals.findings, 0);
}

static void missing_files_are_named(void **state)
{
	_cleanup_close_ int fd = make_vault(state);
	struct folder *folder = *state;

	assert_int_equal(unlinkat(fd, "DCIM/IMG_0001.JPG", 0), 0);
	assert_int_equal(unlinkat(fd, "EMPTY", AT_REMOVEDIR), 0);
	findings_are(folder->fd, "missing:DCIM/IMG_0001.JPG|missing:EMPTY|");
}

static void changed_files_are_named(void **state)
{
	_cleanup_close_ int fd = make_vault(state);
	struct folder *folder = *state;

	put_file(fd, "DCIM/IMG_0001.JPG", "rad");
	put_file(fd, "DCIM/IMG_0002.JPG", "blue and more");
	findings_are(folder->fd, "changed:DCIM/IMG_0001.JPG|changed:DCIM/IMG_0002.JPG|");
}

static void links_are_not_followed(void **state)
{
	_cleanup_close_ int fd = make_vault(state);
	struct folder *folder = *state;

	put_file(folder->fd, "elsewhere", "red");
	assert_int_equal(unlinkat(fd, "DCIM/IMG_0001.JPG", 0), 0);
	assert_int_equal(symlinkat("../../../../elsewhere", fd, "DCIM/IMG_0001.JPG"), 0);
	assert_int_equal(unlinkat(folder->fd, "elsewhere", 0), 0);
	findings_are(folder->fd, "changed:DCIM/IMG_0001.JPG|extra:DCIM/IMG_0001.JPG|");
}

static void extra_things_are_named(void **state)
{
	_cleanup_close_ int fd = make_vault(state);
	struct folder *folder = *state;
	struct verify_totals totals;

	put_file(fd, "EMPTY/IMG_0003.JPG", "new");
	assert_int_equal(mkdirat(fd, "EMPTY/DCIM", 0700), 0);
	assert_int_equal(verify(folder->fd, &totals), 0);
	assert_int_equal(totals.findings, 2);
	assert_non_null(strstr(found.text, "extra:EMPTY/IMG_0003.JPG|"));
	assert_non_null(strstr(found.text, "extra:EMPTY/DCIM|"));
	put_file(fd, MHL_DIRECTORY "/0002_more.mhl", "x");
	assert_int_equal(unlinkat(fd, "EMPTY/IMG_0003.JPG", 0), 0);
	assert_int_equal(unlinkat(fd, "EMPTY/DCIM", AT_REMOVEDIR), 0);
	findings_are(folder->fd, "extra:ascmhl/0002_more.mhl|");
}

static void strays_beside_sessions_are_named(void **state)
{
	_unused_ _cleanup_close_ int fd = make_vault(state);
	struct folder *folder = *state;

	put_file(folder->fd, "letter.txt", "x");
	findings_are(folder->fd, "extra:letter.txt|");
	assert_int_equal(unlinkat(folder->fd, "letter.txt", 0), 0);
	put_file(folder->fd, "Blue Room camera/letter.txt", "x");
	findings_are(folder->fd, "extra:Blue Room camera/letter.txt|");
}

#define MANIFEST MHL_DIRECTORY "/0001_2026-11-22T053146Z_2026-11-22_053146Z.mhl"

static void a_changed_manifest_vouches_for_nothing(void **state)
{
	_cleanup_close_ int fd = make_vault(state);
	struct folder *folder = *state;
	_cleanup_free_ char *text = NULL;
	size_t size;

	assert_int_equal(fd_read_file_at(fd, MANIFEST, 1 << 20, &text, &size), 0);
	*strstr(text, "IMG_0001") = 'i';
	put_file(fd, MANIFEST, text);
	findings_are(folder->fd, "manifest-changed:" MANIFEST "|");
	put_file(fd, MANIFEST, "nonsense");
	findings_are(folder->fd, "manifest-bad:" MANIFEST "|");
	assert_int_equal(unlinkat(fd, MANIFEST, 0), 0);
	findings_are(folder->fd, "manifest-missing:" MANIFEST "|");
}

static void a_session_without_a_chain(void **state)
{
	_cleanup_close_ int fd = make_vault(state);
	struct folder *folder = *state;

	put_file(fd, MHL_DIRECTORY "/" MHL_CHAIN, "nonsense");
	findings_are(folder->fd, "chain-bad:ascmhl/ascmhl_chain.xml|");
	assert_int_equal(unlinkat(fd, MHL_DIRECTORY "/" MHL_CHAIN, 0), 0);
	findings_are(folder->fd, "no-history:|");
}

static void it_can_be_cancelled(void **state)
{
	_unused_ _cleanup_close_ int fd = make_vault(state);
	struct folder *folder = *state;
	struct verify_totals totals;

	for (found.cancel_after = 1; found.cancel_after < 8; found.cancel_after++) {
		found.asked = 0;
		assert_int_equal(verify(folder->fd, &totals), -ECANCELED);
	}
}

static void one_session_alone(void **state)
{
	_cleanup_close_ int fd = make_vault(state), spool = -1;
	struct folder *folder = *state;
	const struct verify_events events = {on_finding, NULL, NULL, NULL};
	struct verify_totals totals;

	put_file(fd, "DCIM/IMG_0001.JPG", "rad");
	assert_int_equal(verify_spool(folder->fd, &spool), 0);
	assert_int_equal(verify_session(folder->fd, session, spool, &events, &totals), 0);
	assert_int_equal(totals.findings, 1);
	assert_int_equal(verify_session(folder->fd, "none/none", spool, &events, &totals), -ENOENT);
	assert_int_equal(verify_session(folder->fd, "../x", spool, &events, &totals), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_FOLDER(a_whole_vault_is_whole),
		WITH_FOLDER(an_empty_vault_has_no_sessions),
		WITH_FOLDER(missing_files_are_named),
		WITH_FOLDER(changed_files_are_named),
		WITH_FOLDER(links_are_not_followed),
		WITH_FOLDER(extra_things_are_named),
		WITH_FOLDER(strays_beside_sessions_are_named),
		WITH_FOLDER(a_changed_manifest_vouches_for_nothing),
		WITH_FOLDER(a_session_without_a_chain),
		WITH_FOLDER(it_can_be_cancelled),
		WITH_FOLDER(one_session_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
