/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * Start-up images made by hand, not compressed: the archives in them, what is between, and every place where
 * one can be cut. Compressed ones are in tests/integration/test_keys.py.
 */

#include "base/number.h"
#include "encryption/initramfs-extent.h"
#include "encryption/initramfs.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

static uint8_t image[256 * 1024];
static size_t size;

static char found[8][64];
static size_t count;

static int begin(void **state)
{
	memset(image, 0, sizeof image);
	memset(found, 0, sizeof found);
	size = count = 0;
	return 0;
}

static int read_memory(void *data, uint64_t offset, void *buffer, size_t n)
{
	if (offset > size || n > size - offset)
		fail_msg("read past the end: %llu + %zu", (unsigned long long)offset, n);
	memcpy(buffer, image + offset, n);
	return 0;
}

static struct initramfs_source source(void)
{
	return (struct initramfs_source){read_memory, NULL, size};
}

static bool wanted(const char *name, uint64_t bytes, void *data)
{
	return strstr(name, "key") != NULL || strcmp(name, INITRAMFS_CMDLINE) == 0;
}

static int keep(const char *name, const void *bytes, size_t n, void *data)
{
	assert_true(count < ELEMENTS(found));
	(void)snprintf(found[count++], sizeof found[0], "%s=%.*s", name, (int)n, (const char *)bytes);
	return 0;
}

static int parse(void)
{
	const struct initramfs_source from = source();
	const struct initramfs_visitor visitor = {wanted, keep, NULL};

	count = 0;
	return initramfs_parse(&from, &visitor);
}

static void put(const void *bytes, size_t n)
{
	assert_true(size + n <= sizeof image);
	memcpy(image + size, bytes, n);
	size += n;
}

static void pad(size_t start)
{
	while ((size - start) % 4)
		image[size++] = 0;
}

static void put_member(size_t start, const char *name, unsigned mode, const char *content)
{
	char header[128];

	(void)snprintf(header, sizeof header, "070701%08X%08X%08X%08X%08X%08X%08zX%08X%08X%08X%08X%08zX%08X",
		1U, mode, 0U, 0U, 1U, 0U, strlen(content), 0U, 0U, 0U, 0U, strlen(name) + 1, 0U);
	put(header, 110);
	put(name, strlen(name) + 1);
	pad(start);
	put(content, strlen(content));
	pad(start);
}

static void put_archive(const char *name, const char *content)
{
	size_t start = size;

	put_member(start, "init", S_IFREG | 0755, "#!/bin/sh");
	put_member(start, "etc", S_IFDIR | 0755, "");
	put_member(start, name, S_IFREG | 0600, content);
	put_member(start, "etc/link.key", S_IFLNK | 0777, "elsewhere");
	put_member(start, "TRAILER!!!", 0, "");
}

static void files_are_found_by_name(void **state)
{
	put_archive("./etc/a.key", "one");
	assert_int_equal(parse(), 0);
	assert_int_equal(count, 1);
	assert_string_equal(found[0], "etc/a.key=one");
}

static void archives_follow_each_other(void **state)
{
	put_archive("/a.key", "one");
	size += 512;
	put_archive("b.key", "two");
	put_archive("c.key", "three");
	size += 1024;
	assert_int_equal(parse(), 0);
	assert_int_equal(count, 3);
	assert_string_equal(found[2], "c.key=three");
}

/* An image that ends early is never "nothing was found". */
static void a_cut_image_is_an_error_wherever_it_is_cut(void **state)
{
	size_t whole;

	put_archive("a.key", "one");
	whole = size;
	assert_int_equal(parse(), 0);
	for (size = 1; size < whole; size++) {
		int r = parse();

		/* Zeros that pad the end of the trailer may go. */
		if (r != -EBADMSG && r != -ENOMSG && whole - size > 3)
			fail_msg("cut at %zu of %zu: %d", size, whole, r);
	}
}

static void rubbish_behind_an_archive_is_an_error(void **state)
{
	put_archive("a.key", "one");
	put("\1\2\3\4 something else", 19);
	assert_int_equal(parse(), -EBADMSG);
}

static void other_files_are_no_images(void **state)
{
	put("just some text that is no image at all", 38);
	assert_int_equal(parse(), -ENOMSG);
	size = 0;
	assert_int_equal(parse(), -ENOMSG);
	size = 4096;
	memset(image, 0, sizeof image);
	assert_int_equal(parse(), -ENOMSG);
}

static void bad_members_are_errors(void **state)
{
	put_member(0, "a.key", S_IFREG | 0600, "one");
	put_member(0, "TRAILER!!!", 0, "");
	assert_int_equal(parse(), 0);
	image[20] = 'z'; /* mode */
	assert_int_equal(parse(), -EBADMSG);
	image[20] = '0';
	memset(image + 54, 'F', 8); /* size */
	assert_true(parse() < 0);
	memset(image + 54, '0', 8);
	memset(image + 94, '0', 8); /* no name at all */
	assert_int_equal(parse(), -EBADMSG);
}

static void put_le32(size_t at, uint32_t value)
{
	store_le32(image + at, value);
}

static void unified(const char *name, uint32_t offset, uint32_t bytes)
{
	memcpy(image, "MZ", 2);
	put_le32(0x3c, 64);
	memcpy(image + 64, "PE\0\0", 4);
	store_le16(image + 70, 1);
	(void)strncpy((char *)image + 88, name, 8);
	put_le32(88 + 8, bytes);
	put_le32(88 + 16, (bytes + 511) / 512 * 512);
	put_le32(88 + 20, offset);
}

static void a_unified_kernel_holds_an_image(void **state)
{
	size = 512;
	put_archive("a.key", "one");
	unified(".initrd", 512, (uint32_t)size - 512);
	size = (size + 511) / 512 * 512;
	assert_int_equal(parse(), 0);
	assert_string_equal(found[0], "a.key=one");
	unified(".text", 512, 1000);
	assert_int_equal(parse(), -ENOMSG);
	unified(".initrd", 512, 0x7fffffff);
	assert_int_equal(parse(), -ENOMSG);
	put_le32(0x3c, 0xfffffff0);
	assert_int_equal(parse(), -ENOMSG);
}

static void an_appended_boot_configuration_is_left_out(void **state)
{
	struct initramfs_source from;
	size_t whole;

	put_archive("a.key", "one");
	whole = size;
	put("x = y\n", 6);
	put("\6\0\0\0\0\0\0\0#BOOTCONFIG\n", 20);
	from = source();
	assert_int_equal(extent_without_bootconfig(&from), whole);
	assert_int_equal(parse(), 0);
	put_le32(whole + 6, 0xffffffff);
	assert_int_equal(parse(), -EBADMSG);
}

static void compressed_parts_end_where_their_blocks_say(void **state)
{
	struct initramfs_source from;

	/* zstd: one raw block of four bytes, no checksum, one segment with a size of one byte. */
	put("\x28\xb5\x2f\xfd\x20\x04\x21\x00\x00"
	    "abcd",
		13);
	put("next", 4);
	from = source();
	assert_int_equal(extent_of_compressed(&from, 0), 13);
	image[4] |= 4; /* with a checksum, that is what follows */
	assert_int_equal(extent_of_compressed(&from, 0), 17);
	size = 10;
	from = source();
	assert_int_equal(extent_of_compressed(&from, 0), 10);
	/* lz4: the old format, one chunk. */
	size = 0;
	put("\x02\x21\x4c\x18\x03\x00\x00\x00"
	    "abc",
		11);
	put("\xff\xff\xff\xff", 4);
	from = source();
	assert_int_equal(extent_of_compressed(&from, 0), 11);
	memcpy(image, "\x1f\x8b", 2);
	assert_int_equal(extent_of_compressed(&from, 0), size);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(files_are_found_by_name, begin),
		cmocka_unit_test_setup(archives_follow_each_other, begin),
		cmocka_unit_test_setup(a_cut_image_is_an_error_wherever_it_is_cut, begin),
		cmocka_unit_test_setup(rubbish_behind_an_archive_is_an_error, begin),
		cmocka_unit_test_setup(other_files_are_no_images, begin),
		cmocka_unit_test_setup(bad_members_are_errors, begin),
		cmocka_unit_test_setup(a_unified_kernel_holds_an_image, begin),
		cmocka_unit_test_setup(an_appended_boot_configuration_is_left_out, begin),
		cmocka_unit_test_setup(compressed_parts_end_where_their_blocks_say, begin),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
