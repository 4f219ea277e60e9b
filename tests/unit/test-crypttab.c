/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Where keys come from, as text says it: crypttab, command lines, and which names are worth a look. */

#include "encryption/crypttab.h"
#include "encryption/keys-name.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static struct crypttab_entry entries[8];
static size_t count;

static int keep(const struct crypttab_entry *entry, void *data)
{
	assert_true(count < ELEMENTS(entries));
	entries[count++] = *entry;
	return 0;
}

static int begin(void **state)
{
	memset(entries, 0, sizeof entries);
	count = 0;
	return 0;
}

static void lines_become_entries(void **state)
{
	static const char text[] = "# a comment\n\n"
				   "root UUID=1234 none luks,discard\n"
				   "  data\t/dev/sda3   /etc/keys/a\\040b.key  luks\n"
				   "short /dev/sda4\n"
				   "noted /dev/sda5 # key field left out\n"
				   "nothing\n"
				   "last /dev/sda6 - -";

	assert_int_equal(crypttab_parse(text, keep, NULL), 0);
	assert_int_equal(count, 5);
	assert_string_equal(entries[0].name, "root");
	assert_string_equal(entries[0].device, "UUID=1234");
	assert_string_equal(entries[0].options, "luks,discard");
	assert_string_equal(entries[1].key, "/etc/keys/a b.key");
	assert_string_equal(entries[2].key, "");
	assert_string_equal(entries[3].key, "");
	assert_string_equal(entries[4].key, "-");
}

static void a_line_that_is_too_long_is_said_and_others_are_read(void **state)
{
	char text[CRYPTTAB_TEXT + 64];

	(void)snprintf(text, sizeof text, "a /dev/sda1 %0*d luks\nb /dev/sda2 none\n", CRYPTTAB_TEXT, 7);
	assert_int_equal(crypttab_parse(text, keep, NULL), -EBADMSG);
	assert_int_equal(count, 1);
	assert_string_equal(entries[0].name, "b");
}

static int stop(const struct crypttab_entry *entry, void *data)
{
	return -ENOMEM;
}

static void a_visitor_can_stop(void **state)
{
	assert_int_equal(crypttab_parse("a b c d\ne f g h\n", stop, NULL), -ENOMEM);
	assert_int_equal(crypttab_parse_cmdline("luks.key=/a", stop, NULL), -ENOMEM);
}

static void options_are_whole_words(void **state)
{
	const struct crypttab_entry entry = {.options = "luks,keyfile-offset=512,tpm2-device=auto,last"};
	char value[16];

	assert_true(crypttab_option(&entry, "luks", value, sizeof value));
	assert_string_equal(value, "");
	assert_true(crypttab_option(&entry, "keyfile-offset", value, sizeof value));
	assert_string_equal(value, "512");
	assert_true(crypttab_option(&entry, "last", NULL, 0));
	assert_false(crypttab_option(&entry, "keyfile", value, sizeof value));
	assert_false(crypttab_option(&entry, "tpm2", value, sizeof value));
	assert_false(crypttab_option(&(struct crypttab_entry){0}, "luks", value, sizeof value));
}

static void keys_are_of_kinds(void **state)
{
	static const struct {
		const char *key;
		enum crypttab_key kind;
		const char *path, *device;
	} rows[] = {
		{"", CRYPTTAB_KEY_NONE, "", ""},
		{"none", CRYPTTAB_KEY_NONE, "", ""},
		{"-", CRYPTTAB_KEY_NONE, "", ""},
		{"/dev/urandom", CRYPTTAB_KEY_RANDOM, "", ""},
		{"/etc/a.key", CRYPTTAB_KEY_FILE, "/etc/a.key", ""},
		{"/etc/a:b.key", CRYPTTAB_KEY_FILE, "/etc/a:b.key", ""},
		{"/a.key:UUID=12-34", CRYPTTAB_KEY_ON_DEVICE, "/a.key", "UUID=12-34"},
		{"/a.key:/dev/sdb1", CRYPTTAB_KEY_ON_DEVICE, "/a.key", "/dev/sdb1"},
		{"/dev/disk/by-label/stick:/a.key:10", CRYPTTAB_KEY_ON_DEVICE, "/a.key",
			"/dev/disk/by-label/stick"},
		{"/dev/sdb1", CRYPTTAB_KEY_ON_DEVICE, "", "/dev/sdb1"},
		{"PARTLABEL=keys", CRYPTTAB_KEY_ON_DEVICE, "", "PARTLABEL=keys"},
		{"root_crypt", CRYPTTAB_KEY_OTHER, "", ""},
	};
	char path[CRYPTTAB_TEXT], device[CRYPTTAB_TEXT];

	for (size_t i = 0; i < ELEMENTS(rows); i++) {
		struct crypttab_entry entry = {0};

		(void)snprintf(entry.key, sizeof entry.key, "%s", rows[i].key);
		print_message("%s\n", rows[i].key);
		assert_int_equal(crypttab_key_of(&entry, path, device), rows[i].kind);
		assert_string_equal(path, rows[i].path);
		assert_string_equal(device, rows[i].device);
	}
}

#define UUID "01234567-89ab-cdef-0123-456789abcdef"

static void command_lines(void **state)
{
	static const struct {
		const char *text, *device, *key, *options;
	} rows[] = {
		{"ro rd.luks.key=/a quiet", "", "/a", ""},
		{"luks.key=" UUID "=/a", "UUID=" UUID, "/a", ""},
		{"rd.luks.key=" UUID "=/a:LABEL=stick", "UUID=" UUID, "/a:LABEL=stick", ""},
		{"rd.luks.key=/a:LABEL=stick:UUID=" UUID, "UUID=" UUID, "/a:LABEL=stick", ""},
		{"rd.luks.options=" UUID "=tpm2-device=auto", "UUID=" UUID, "", "tpm2-device=auto"},
		{"luks.options=discard", "", "", "discard"},
		{"cryptkey=rootfs:/crypto_keyfile.bin", "", "/crypto_keyfile.bin", ""},
		{"cryptkey=/dev/sdb1:vfat:/a", "", "/dev/sdb1:/a", ""},
		{"cryptkey=/dev/sdb:0:512", "", "/dev/sdb", ""},
		{"cryptopts=target=r,source=/dev/sda2,key=/a", "/dev/sda2", "/a",
			"target=r,source=/dev/sda2,key=/a"},
		{"GRUB_CMDLINE_LINUX=\"quiet luks.key=/a ro\"", "", "/a", ""},
		{"rd.luks.key=\"/a\"", "", "/a", ""},
		{"linux /vmlinuz root=x luks.key=/a\n\tinitrd /initrd.img\n", "", "/a", ""},
	};

	for (size_t i = 0; i < ELEMENTS(rows); i++) {
		(void)begin(state);
		print_message("%s\n", rows[i].text);
		assert_int_equal(crypttab_parse_cmdline(rows[i].text, keep, NULL), 0);
		assert_int_equal(count, 1);
		assert_string_equal(entries[0].device, rows[i].device);
		assert_string_equal(entries[0].key, rows[i].key);
		assert_string_equal(entries[0].options, rows[i].options);
	}
	(void)begin(state);
	assert_int_equal(crypttab_parse_cmdline("xluks.key=/a noluks.key root=luks.key", keep, NULL), 0);
	assert_int_equal(count, 0);
}

static void names_worth_a_look(void **state)
{
	static const char *const keys[] = {"cryptroot/keyfiles/root.key", "/boot/data.key",
		"crypto_keyfile.bin", "etc/keys/anything", "etc/cryptsetup-keys.d/x", "keyfile",
		"boot/LUKS.bin", "root/my-keys"};
	static const char *const others[] = {"usr/lib/modules/6.1/kernel/crypto/trusted-keys.ko",
		"bin/keyctl", "etc/keymap.gz", "etc/udev/hwdb.d/60-keyboard.hwdb",
		"boot/grub/x86_64-efi/luks.mod", "id.key.pub", "etc/ssh/ssh_host_rsa_key", "init",
		"etc/crypttab", "boot/vmlinuz", "loader/keys/auto/db.auth"};

	for (size_t i = 0; i < ELEMENTS(keys); i++)
		if (!keys_name_may_be_key(keys[i]))
			fail_msg("%s", keys[i]);
	for (size_t i = 0; i < ELEMENTS(others); i++)
		if (keys_name_may_be_key(others[i]))
			fail_msg("%s", others[i]);
}

static void names_of_images_and_texts(void **state)
{
	assert_true(keys_name_is_surely_image("/boot/initrd.img-6.1"));
	assert_true(keys_name_is_surely_image("/boot/initramfs-linux.img"));
	assert_false(keys_name_is_surely_image("/boot/grub/core.img"));
	assert_true(keys_name_is_image("/boot/grub/core.img"));
	assert_true(keys_name_is_image("/efi/EFI/Linux/x.EFI"));
	assert_false(keys_name_is_image("/boot/vmlinuz-6.1"));
	assert_true(keys_name_is_crypttab("cryptroot/crypttab"));
	assert_true(keys_name_is_crypttab("/etc/crypttab"));
	assert_false(keys_name_is_crypttab("usr/share/etc/crypttab"));
	assert_true(keys_name_is_cmdline("/boot/grub/grub.cfg"));
	assert_true(keys_name_is_cmdline("/boot/loader/entries/a.conf"));
	assert_false(keys_name_is_cmdline("/boot/loader/loader.conf"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(lines_become_entries, begin),
		cmocka_unit_test_setup(a_line_that_is_too_long_is_said_and_others_are_read, begin),
		cmocka_unit_test_setup(a_visitor_can_stop, begin),
		cmocka_unit_test_setup(options_are_whole_words, begin),
		cmocka_unit_test_setup(keys_are_of_kinds, begin),
		cmocka_unit_test_setup(command_lines, begin),
		cmocka_unit_test_setup(names_worth_a_look, begin),
		cmocka_unit_test_setup(names_of_images_and_texts, begin),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
