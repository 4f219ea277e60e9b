/* SPDX-License-Identifier: GPL-3.0-or-later */

/* The pure parts of the gate's service: what may be asked, names of mount points, options of mounts. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/utf8.h"
#include "device/mount-options.h"
#include "folder.h"
#include "gate/mountpoint.h"
#include "gate/notice.h"
#include "gate/request.h"

#include <string.h>
#include <sys/stat.h>

/* --- requests --- */

static const struct gate_open plain = {
	.node = "/dev/sdb1", .type = "vfat", .label = "STICK", .uid = 1000, .keep_seconds = 900};

static int ask(const struct gate_open *open)
{
	struct gate_open got;

	return request_open(open, sizeof *open, &got);
}

static void a_request_is_taken_whole(void **state)
{
	static const char *const types[] = {"vfat", "exfat", "ntfs", "ext2", "ext3", "ext4"};
	struct gate_open open = plain, got;

	assert_int_equal(request_open(&open, sizeof open, &got), 0);
	assert_memory_equal(&open, &got, sizeof got);
	for (size_t i = 0; i < ELEMENTS(types); i++) {
		(void)snprintf(open.type, sizeof open.type, "%s", types[i]);
		assert_int_equal(ask(&open), 0);
	}
	assert_int_equal(request_open(&open, sizeof open - 1, &got), -EBADMSG);
	assert_int_equal(request_open(&open, 0, &got), -EBADMSG);
}

static void types_that_are_never_written(void **state)
{
	static const char *const types[] = {
		"", "btrfs", "xfs", "udf", "hfsplus", "crypto_LUKS", "fuse", "VFAT"};
	struct gate_open open = plain;

	for (size_t i = 0; i < ELEMENTS(types); i++) {
		(void)snprintf(open.type, sizeof open.type, "%s", types[i]);
		assert_int_equal(ask(&open), -EOPNOTSUPP);
	}
}

static void nodes_that_are_none(void **state)
{
	static const char *const nodes[] = {"", "/dev/", "sdb1", "/etc/passwd", "/dev/../etc/passwd",
		"/dev/sdb 1", "/dev/sdb1\n", "/dev/./sdb"};
	struct gate_open open = plain;

	for (size_t i = 0; i < ELEMENTS(nodes); i++) {
		(void)snprintf(open.node, sizeof open.node, "%s", nodes[i]);
		assert_int_equal(ask(&open), -EBADMSG);
	}
}

static void every_text_must_end(void **state)
{
	struct gate_open open = plain;

	memset(open.node, 'a', sizeof open.node);
	assert_int_equal(ask(&open), -EBADMSG);
	open = plain;
	memset(open.type, 'a', sizeof open.type);
	assert_int_equal(ask(&open), -EBADMSG);
	open = plain;
	memset(open.label, 'a', sizeof open.label);
	assert_int_equal(ask(&open), -EBADMSG);
}

static void numbers_that_are_refused(void **state)
{
	struct gate_open open = plain;
	struct gate_allow allow = {.seconds = REQUEST_SECONDS_MAX}, got;

	open.uid = 0;
	assert_int_equal(ask(&open), -EBADMSG);
	open.uid = UINT32_MAX;
	assert_int_equal(ask(&open), -EBADMSG);
	open = plain;
	open.flags = 1;
	assert_int_equal(ask(&open), -EBADMSG);
	open = plain;
	open.keep_seconds = REQUEST_SECONDS_MAX + 1;
	assert_int_equal(ask(&open), -EBADMSG);
	assert_int_equal(request_allow(&allow, sizeof allow, &got), 0);
	assert_int_equal(request_allow(&allow, sizeof allow - 1, &got), -EBADMSG);
	allow.seconds++;
	assert_int_equal(request_allow(&allow, sizeof allow, &got), -EBADMSG);
}

/* --- names of mount points --- */

static void a_label_becomes_a_name(void **state)
{
	static const struct {
		const char *label, *name;
	} cases[] = {{"STICK", "STICK"}, {"Blue Room", "Blue Room"}, {"Bärengruppe ☃", "Bärengruppe ☃"},
		{"", "Stick"}, {"   ", "Stick"}, {"..", "Stick"}, {"../../etc", "_.._etc"},
		{".hidden", "hidden"}, {". .x ", "x"}, {"a/b\\c", "a_b_c"}, {"a\nb\tc\x7f", "abc"},
		{"\xff\xfe", "__"}, {"a\u202egnp.exe", "agnp.exe"}, {"\u200b\ufeff", "Stick"},
		{"\u200b..", "Stick"}, {"\xc2\x85x", "\x78"}, {"/", "_"}};

	for (size_t i = 0; i < ELEMENTS(cases); i++) {
		char name[GATE_LABEL_SIZE + 8];

		request_name(cases[i].label, 0, name);
		assert_string_equal(name, cases[i].name);
	}
}

static void a_taken_name_gets_a_number(void **state)
{
	char name[GATE_LABEL_SIZE + 8], longest[GATE_LABEL_SIZE];

	request_name("STICK", 1, name);
	assert_string_equal(name, "STICK 2");
	memset(longest, 'n', sizeof longest);
	longest[sizeof longest - 1] = 0;
	request_name(longest, 62, name);
	assert_string_equal(name + sizeof longest - 1, " 63");
}

static void folders_are_made_and_removed(void **state)
{
	const struct folder *folder = *state;
	char root[128], first[256], second[256];
	mode_t before = umask(0077);
	struct stat st;

	(void)snprintf(root, sizeof root, "%s/media", folder->path);
	assert_int_equal(mountpoint_make(root, 0, "STICK", first, sizeof first), 0);
	(void)umask(before);
	assert_int_equal(stat(root, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0755);
	assert_int_equal(mountpoint_make(root, 0, "STICK", second, sizeof second), 0);
	assert_string_equal(first + strlen(root), "/root/STICK");
	assert_string_equal(second + strlen(root), "/root/STICK 2");
	assert_int_equal(stat(second, &st), 0);
	assert_int_equal(st.st_uid, geteuid());
	mountpoint_remove(second);
	mountpoint_remove(second);
	assert_int_equal(access(second, F_OK), -1);
	assert_int_equal(mountpoint_make(root, 4000000000, "STICK", first, sizeof first), -ESRCH);
}

static void a_folder_of_somebody_else_is_not_entered(void **state)
{
	const struct folder *folder = *state;
	char root[128], user[160], path[256];

	(void)snprintf(root, sizeof root, "%s/media", folder->path);
	(void)snprintf(user, sizeof user, "%s/root", root);
	assert_int_equal(mkdir(root, 0755), 0);
	assert_int_equal(symlink("/tmp", user), 0);
	assert_int_equal(mountpoint_make(root, 0, "STICK", path, sizeof path), -EPERM);
	assert_int_equal(unlink(user), 0);
	assert_int_equal(mkdir(user, 0777), 0);
	assert_int_equal(chmod(user, 0777), 0);
	assert_int_equal(mountpoint_make(root, 0, "STICK", path, sizeof path), -EPERM);
}

/* --- options of mounts --- */

static void join(const struct mount_options *options, char *ret, size_t size)
{
	size_t used = 0;

	ret[0] = 0;
	for (size_t i = 0; i < options->count; i++)
		used += (size_t)snprintf(ret + used, size - used, "%s%s%s%s", i ? "," : "",
			options->list[i].key, options->list[i].value[0] ? "=" : "", options->list[i].value);
}

static void options_of_a_writer(void **state)
{
	static const struct {
		const char *type, *driver, *options;
		bool has_owners;
	} cases[] = {{"vfat", "vfat", "utf8=1,errors=remount-ro,time_offset=-60,umask=0077,uid=993,gid=992",
			     false},
		{"exfat", "exfat",
			"iocharset=utf8,errors=remount-ro,time_offset=-60,umask=0077,uid=993,gid=992", false},
		{"ntfs", "ntfs3", "iocharset=utf8,umask=0077,uid=993,gid=992", false},
		{"ext2", "ext4", "errors=remount-ro", true}, {"ext3", "ext4", "errors=remount-ro", true},
		{"ext4", "ext4", "errors=remount-ro", true}};
	const struct mount_writer writer = {993, 992, -60};

	for (size_t i = 0; i < ELEMENTS(cases); i++) {
		struct mount_options options;
		char text[256];

		assert_int_equal(mount_options(cases[i].type, &writer, &options), 0);
		join(&options, text, sizeof text);
		assert_string_equal(text, cases[i].options);
		assert_string_equal(options.driver, cases[i].driver);
		assert_int_equal(options.has_owners, cases[i].has_owners);
	}
}

static void options_of_a_reader(void **state)
{
	static const struct {
		const char *type, *options;
	} cases[] = {{"vfat", "utf8=1,tz=UTC,umask=0022"}, {"exfat", "iocharset=utf8,umask=0022"},
		{"ext2", ""}, {"ext4", "noload"}, {"xfs", "norecovery"}, {"ntfs", ""}};

	for (size_t i = 0; i < ELEMENTS(cases); i++) {
		struct mount_options options;
		char text[256];

		assert_int_equal(mount_options(cases[i].type, NULL, &options), 0);
		join(&options, text, sizeof text);
		assert_string_equal(text, cases[i].options);
	}
	assert_int_equal(mount_options("swap", NULL, &(struct mount_options){0}), -EOPNOTSUPP);
}

/* --- reports --- */

static void a_file_that_was_not_taken_is_counted(void **state)
{
	for (int event = GATE_REFUSED_NAME; event <= GATE_FINISHED; event++) {
		const struct gate_notice notice = {(enum gate_event)event, "not-written", NULL, EIO};
		_cleanup_free_ char *line = NULL;

		assert_int_equal(notice_json(&notice, &line), 0);
		assert_int_equal(notice_is_unwritten(line), event == GATE_NOT_WRITTEN);
	}
	assert_false(notice_is_unwritten(""));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_request_is_taken_whole),
		cmocka_unit_test(types_that_are_never_written),
		cmocka_unit_test(nodes_that_are_none),
		cmocka_unit_test(every_text_must_end),
		cmocka_unit_test(numbers_that_are_refused),
		cmocka_unit_test(a_label_becomes_a_name),
		cmocka_unit_test(a_taken_name_gets_a_number),
		WITH_FOLDER(folders_are_made_and_removed),
		WITH_FOLDER(a_folder_of_somebody_else_is_not_entered),
		cmocka_unit_test(options_of_a_writer),
		cmocka_unit_test(options_of_a_reader),
		cmocka_unit_test(a_file_that_was_not_taken_is_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
