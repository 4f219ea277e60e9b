/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Names and directories of the vault: what a card may call its files, and what is a vault at all. */

#include "base/fd.h"
#include "base/utf8.h"
#include "folder.h"
#include "vault/layout.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

static void stores(const char *raw, size_t size, const char *expected)
{
	char name[VAULT_NAME];

	assert_int_equal(vault_name_store(raw, size, name), 0);
	assert_string_equal(name, expected);
	assert_true(vault_name_safe(name, strlen(name)));
}

static void ordinary_names_stay(void **state)
{
	stores("IMG_0001.JPG", 12, "IMG_0001.JPG");
	stores("Ausflug im Mai \xc3\xbc.jpg", 21, "Ausflug im Mai \xc3\xbc.jpg");
	stores("ends in dots...", 15, "ends in dots...");
	stores(".hidden", 7, ".hidden");
	stores("...", 3, "...");
	stores("100%.jpg", 8, "100%.jpg");
	stores("<&>\"'", 5, "<&>\"'");
}

static void what_cannot_be_kept_is_escaped(void **state)
{
	stores("a\xff.jpg", 6, "a%FF.jpg");
	stores("a\nb", 3, "a%0Ab");
	stores("\x7f", 1, "%7F");
	stores("x\xc2\x9by", 4, "x%C2%9By");
	stores("\xef\xbf\xbf", 3, "%EF%BF%BF");
	stores("\xed\xa0\x80", 3, "%ED%A0%80");
	stores("ascmhl", 6, "%61scmhl");
	stores(".DS_Store", 9, "%2EDS_Store");
	stores("ascmhl2", 7, "ascmhl2");
}

static void escapes_are_unambiguous(void **state)
{
	stores("%FF", 3, "%25FF");
	stores("\xff", 1, "%FF");
	stores("%ff", 3, "%ff");
	stores("%%41", 4, "%%2541");
	stores("%61scmhl", 8, "%2561scmhl");
}

static void names_that_lead_elsewhere_are_refused(void **state)
{
	char name[VAULT_NAME];

	assert_int_equal(vault_name_store("", 0, name), -EINVAL);
	assert_int_equal(vault_name_store(".", 1, name), -EINVAL);
	assert_int_equal(vault_name_store("..", 2, name), -EINVAL);
	assert_int_equal(vault_name_store("a/b", 3, name), -EINVAL);
	assert_int_equal(vault_name_store("a\0b", 3, name), -EINVAL);
}

static void longest_names_fit_and_differ(void **state)
{
	char raw[NAME_MAX], one[VAULT_NAME], two[VAULT_NAME];

	memset(raw, 'x', sizeof raw);
	assert_int_equal(vault_name_store(raw, sizeof raw, one), 0);
	assert_int_equal(strlen(one), NAME_MAX);
	memset(raw, 0xff, sizeof raw);
	assert_int_equal(vault_name_store(raw, sizeof raw, one), 0);
	assert_true(strlen(one) <= NAME_MAX);
	raw[NAME_MAX - 1] = (char)0xfe;
	assert_int_equal(vault_name_store(raw, sizeof raw, two), 0);
	assert_string_not_equal(one, two);
	assert_memory_equal(one, two, 200);
}

static void cutting_keeps_characters_whole(void **state)
{
	char raw[3 * 85], name[VAULT_NAME];

	for (size_t i = 0; i < sizeof raw; i += 3)
		memcpy(raw + i, "\xe2\x82\xac", 3);
	raw[0] = raw[1] = raw[2] = '\x01';
	assert_int_equal(vault_name_store(raw, sizeof raw, name), 0);
	assert_true(strlen(name) <= NAME_MAX);
	assert_true(utf8_valid(name, strlen(name)));
	assert_non_null(strchr(name, '~'));
}

static void paths_are_stored_name_by_name(void **state)
{
	_cleanup_free_ char *path = NULL;

	assert_int_equal(vault_path_store("DCIM/100\xff/ascmhl/a.jpg", 22, &path), 0);
	assert_string_equal(path, "DCIM/100%FF/%61scmhl/a.jpg");
	assert_int_equal(vault_path_store("a//b", 4, &path), -EINVAL);
	assert_int_equal(vault_path_store("/a", 2, &path), -EINVAL);
	assert_int_equal(vault_path_store("a/../b", 6, &path), -EINVAL);
}

static void variants_keep_the_extension(void **state)
{
	char name[VAULT_NAME], longest[VAULT_NAME];

	assert_int_equal(vault_name_variant("IMG_0001.JPG", 2, name), 0);
	assert_string_equal(name, "IMG_0001~2.JPG");
	assert_int_equal(vault_name_variant(".hidden", 3, name), 0);
	assert_string_equal(name, ".hidden~3");
	memset(longest, 'x', NAME_MAX);
	memcpy(longest + NAME_MAX - 4, ".JPG", 5);
	assert_int_equal(vault_name_variant(longest, 12, name), 0);
	assert_int_equal(strlen(name), NAME_MAX);
	assert_string_equal(name + NAME_MAX - 7, "~12.JPG");
}

static void device_names_make_one_directory(void **state)
{
	char name[VAULT_NAME];

	assert_int_equal(vault_name_device("Blue Room camera", name), 0);
	assert_string_equal(name, "Blue Room camera");
	assert_int_equal(vault_name_device("../up", name), 0);
	assert_string_equal(name, "%2E.%2Fup");
	assert_int_equal(vault_name_device("", name), -EINVAL);
}

static void an_empty_directory_is_not_a_vault(void **state)
{
	struct folder *place = *state;
	char id[VAULT_ID] = "", again[VAULT_ID] = "";
	int fd = -1;

	assert_int_equal(vault_open(place->path, &fd, id), VAULT_NOT_A_VAULT);
	assert_int_equal(fd, -1);
	assert_int_equal(vault_init(place->fd, id), 0);
	assert_int_equal(strlen(id), VAULT_ID - 1);
	assert_int_equal(vault_open(place->path, &fd, again), VAULT_OPENED);
	assert_string_equal(id, again);
	(void)close_fd(fd);
	assert_int_equal(vault_init(place->fd, id), -EEXIST);
}

static void a_used_directory_is_not_made_a_vault(void **state)
{
	struct folder *place = *state;
	char id[VAULT_ID];

	assert_int_equal(mkdirat(place->fd, "lost+found", 0700), 0);
	assert_int_equal(fd_replace_file_at(place->fd, "letter.txt", "x", 1, 0600), 0);
	assert_int_equal(vault_init(place->fd, id), -ENOTEMPTY);
	assert_int_equal(unlinkat(place->fd, "letter.txt", 0), 0);
	assert_int_equal(vault_init(place->fd, id), 0);
}

static void a_strange_marker_is_damage(void **state)
{
	static const char *const markers[] = {
		"", "{}", "{\"format\":2}", "{\"format\":1,\"id\":\"xyz\"}", "[]"};
	struct folder *place = *state;
	char id[VAULT_ID];

	for (size_t i = 0; i < ELEMENTS(markers); i++) {
		assert_int_equal(
			fd_replace_file_at(place->fd, VAULT_MARKER, markers[i], strlen(markers[i]), 0600), 0);
		assert_int_equal(vault_check(place->fd, id), VAULT_DAMAGED);
	}
	assert_int_equal(unlinkat(place->fd, VAULT_MARKER, 0), 0);
	assert_int_equal(symlinkat("/etc/passwd", place->fd, VAULT_MARKER), 0);
	assert_int_equal(vault_check(place->fd, id), VAULT_DAMAGED);
}

static void sessions_never_share_a_directory(void **state)
{
	struct folder *place = *state;
	char id[VAULT_ID], one[VAULT_SESSION], two[VAULT_SESSION];
	int fd = -1, other = -1;
	struct stat st;

	assert_int_equal(vault_init(place->fd, id), 0);
	assert_int_equal(vault_session_create(place->fd, "Blue Room camera", 1795325506, one, &fd), 0);
	assert_string_equal(one, "Blue Room camera/2026-11-22T053146Z");
	assert_int_equal(vault_session_create(place->fd, "Blue Room camera", 1795325506, two, &other), 0);
	assert_string_equal(two, "Blue Room camera/2026-11-22T053146Z~2");
	assert_int_equal(fstat(fd, &st), 0);
	assert_int_equal(st.st_mode & 07777, VAULT_DIR_MODE);
	(void)close_fd(fd);
	(void)close_fd(other);
	assert_int_equal(vault_session_open(place->fd, two, &fd), 0);
	(void)close_fd(fd);
	assert_string_equal(vault_session_name(two), "2026-11-22T053146Z~2");
}

static void session_paths_stay_inside(void **state)
{
	struct folder *place = *state;
	int fd = -1;

	assert_int_equal(mkdirat(place->fd, "a", 0700), 0);
	assert_int_equal(symlinkat("/tmp", place->fd, "a/link"), 0);
	assert_int_equal(vault_session_open(place->fd, "a/..", &fd), -EINVAL);
	assert_int_equal(vault_session_open(place->fd, "../tmp", &fd), -EINVAL);
	assert_int_equal(vault_session_open(place->fd, "a/b/c", &fd), -EINVAL);
	assert_int_equal(vault_session_open(place->fd, "a", &fd), -EINVAL);
	assert_int_equal(vault_session_open(place->fd, "/a", &fd), -EINVAL);
	assert_true(vault_session_open(place->fd, "a/link", &fd) < 0);
	assert_int_equal(fd, -1);
}

static void free_space_is_the_file_systems(void **state)
{
	struct folder *place = *state;
	uint64_t available = 0, total = 0;

	assert_int_equal(vault_space(place->fd, &available, &total), 0);
	assert_true(total > 0 && available <= total);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ordinary_names_stay),
		cmocka_unit_test(what_cannot_be_kept_is_escaped),
		cmocka_unit_test(escapes_are_unambiguous),
		cmocka_unit_test(names_that_lead_elsewhere_are_refused),
		cmocka_unit_test(longest_names_fit_and_differ),
		cmocka_unit_test(cutting_keeps_characters_whole),
		cmocka_unit_test(paths_are_stored_name_by_name),
		cmocka_unit_test(variants_keep_the_extension),
		cmocka_unit_test(device_names_make_one_directory),
		WITH_FOLDER(an_empty_directory_is_not_a_vault),
		WITH_FOLDER(a_used_directory_is_not_made_a_vault),
		WITH_FOLDER(a_strange_marker_is_damage),
		WITH_FOLDER(sessions_never_share_a_directory),
		WITH_FOLDER(session_paths_stay_inside),
		WITH_FOLDER(free_space_is_the_file_systems),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
