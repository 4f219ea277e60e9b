/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Who a device is: keys, ids, serials that cannot be trusted, and media that cannot be told apart. */

#include "device/identity.h"
#include "device/known-media.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static struct device_facts camera(void)
{
	struct device_facts f = {
		.kind = DEVICE_DISK,
		.bus = DEVICE_BUS_USB,
		.external = true,
		.syspath = "/sys/devices/usb1/1-1/host2/block/sdb",
		.size = 8053063680,
		.vendor_id = 0x04b0,
		.product_id = 0x0429,
		.serial = "000003012345",
		.table_type = "dos",
		.table_id = "6a1b2c3d",
		.volumes = 1,
		.volume = {{.node = "/dev/sdb1",
			.number = 1,
			.type = "vfat",
			.serial = "1A2B-3C4D",
			.label = "BLUE ROOM"}},
	};

	return f;
}

static struct device_identity identity(const struct device_facts *facts, bool is_reader)
{
	struct device_identity result = {0};

	assert_int_equal(identity_of(facts, is_reader, &result), 0);
	return result;
}

static void a_camera_is_known_by_its_serial(void **state)
{
	struct device_facts f = camera();
	struct device_identity i = identity(&f, false);

	assert_string_equal(i.device_key, "usb:04b0:0429:000003012345");
	assert_string_equal(i.media_key, "card:6a1b2c3d:1A2B-3C4D:BLUE%20ROOM:8053063680");
	assert_string_equal(i.key, i.device_key);
	assert_false(i.known_by_media);
	assert_int_equal(strlen(i.id), 15);
	assert_memory_equal(i.id, "disk-", 5);
}

static void the_same_key_gives_the_same_id_and_another_another(void **state)
{
	struct device_facts a = camera(), b = camera();
	struct device_identity x, y;

	(void)strcpy(b.syspath, "/sys/devices/usb2/2-4/host7/block/sdc");
	x = identity(&a, false);
	y = identity(&b, false);
	assert_string_equal(x.id, y.id);
	(void)strcpy(b.serial, "000003012346");
	y = identity(&b, false);
	assert_string_not_equal(x.id, y.id);
}

static void a_card_in_a_reader_is_known_by_itself(void **state)
{
	struct device_facts f = camera();
	struct device_identity i = identity(&f, true);

	assert_true(i.known_by_media);
	assert_string_equal(i.key, i.media_key);
	assert_true(i.device_key[0]);
	f.in_reader_slot = true;
	i = identity(&f, false);
	assert_true(i.known_by_media);
	assert_string_equal(i.device_key, "");
}

static void without_a_sane_serial_the_card_counts(void **state)
{
	struct device_facts f = camera();
	struct device_identity i;

	(void)strcpy(f.serial, "000000000000");
	i = identity(&f, false);
	assert_false(i.serial_is_sane);
	assert_string_equal(i.device_key, "");
	assert_string_equal(i.key, i.media_key);
	f.serial[0] = '\0';
	f.table_id[0] = '\0';
	f.volumes = 0;
	i = identity(&f, false);
	assert_string_equal(i.key, "");
	assert_memory_equal(i.id, "disk-", 5);
}

static void two_slots_of_one_camera_differ(void **state)
{
	struct device_facts f = camera(), g = camera();
	struct device_identity i, j;

	g.lun = 1;
	i = identity(&f, false);
	j = identity(&g, false);
	assert_string_equal(j.device_key, "usb:04b0:0429:000003012345:1");
	assert_string_not_equal(i.id, j.id);
}

static void no_text_can_forge_a_key(void **state)
{
	struct device_facts f = camera(), g = camera();
	struct device_identity i, j;

	(void)strcpy(f.serial, "A1B2:C3%/ x");
	i = identity(&f, false);
	assert_string_equal(i.device_key, "usb:04b0:0429:A1B2%3AC3%25%2F%20x");
	(void)strcpy(f.volume[0].serial, "1:2");
	(void)strcpy(f.volume[0].label, "3");
	(void)strcpy(g.volume[0].serial, "1");
	(void)strcpy(g.volume[0].label, "2:3");
	i = identity(&f, true);
	j = identity(&g, true);
	assert_string_not_equal(i.media_key, j.media_key);
	(void)strcpy(g.volume[0].label, "\xff\n\x01z\xc3\xbc");
	j = identity(&g, true);
	assert_string_equal(j.media_key, "card:6a1b2c3d:1:%FF%0A%01z%C3%BC:8053063680");
}

static void the_longest_texts_fit_or_are_refused(void **state)
{
	struct device_facts f = camera();
	struct device_identity i;
	char small[4];

	memset(f.serial, '~' + 1, sizeof(f.serial) - 1);
	memset(f.volume[0].label, ':', sizeof(f.volume[0].label) - 1);
	memset(f.volume[0].serial, ':', sizeof(f.volume[0].serial) - 1);
	memset(f.table_id, '8', sizeof(f.table_id) - 1);
	i = identity(&f, true);
	assert_string_equal(i.device_key, "");
	assert_true(strlen(i.media_key) < IDENTITY_KEY_SIZE - 1);
	assert_non_null(strstr(i.media_key, "::8053063680"));
	assert_int_equal(identity_encode("abcd", small, sizeof(small)), -ENOBUFS);
	assert_int_equal(identity_encode("abc", small, sizeof(small)), 0);
	assert_int_equal(identity_encode("a b", small, sizeof(small)), -ENOBUFS);
	assert_int_equal(identity_encode("", small, sizeof(small)), 0);
	assert_int_equal(identity_encode("", small, 0), -ENOBUFS);
}

static void a_cut_serial_is_not_trusted(void **state)
{
	struct device_facts f = camera();

	f.serial_cut = true;
	assert_true(identity(&f, false).known_by_media);
}

static void serials_are_judged(void **state)
{
	static const char *const good[] = {"000003012345", "4C530001230101117233", "AA04012700007638",
		"E0D55E6CE1B4", "FX-7781", "0000000123"};
	static const char *const bad[] = {"", "0", "123", "000000000000", "FFFFFFFF", "0123456789ABCDEF",
		"0123456789abcdef", "123456789012", "Serial", "none", "abc\001def", "caf\xc3\xa9 12345",
		" 12345678", "12345678 ", "0000-0000", "00000001", "000000000099", "xxxx", "--------",
		"DEADBEEF"};

	for (size_t i = 0; i < ELEMENTS(good); i++)
		if (!identity_serial_is_sane(good[i]))
			fail_msg("refused: %s", good[i]);
	for (size_t i = 0; i < ELEMENTS(bad); i++)
		if (identity_serial_is_sane(bad[i]))
			fail_msg("taken: %s", bad[i]);
}

static void a_phone_is_known_by_its_usb_serial(void **state)
{
	struct device_facts f = {.kind = DEVICE_MTP,
		.bus = DEVICE_BUS_USB,
		.external = true,
		.vendor_id = 0x18d1,
		.product_id = 0x4ee1,
		.serial = "HT7960201234"};
	struct device_identity i = identity(&f, true);

	assert_string_equal(i.key, "usb:18d1:4ee1:HT7960201234");
	assert_memory_equal(i.id, "usb-", 4);
	assert_int_equal(strlen(i.id), 14);
	assert_string_equal(i.media_key, "");
}

static void a_thunderbolt_disk_has_its_own_kind_of_key(void **state)
{
	struct device_facts f = camera();

	f.bus = DEVICE_BUS_THUNDERBOLT;
	f.vendor_id = f.product_id = 0;
	assert_string_equal(identity(&f, false).device_key, "thunderbolt:-:-:000003012345");
	f.bus = DEVICE_BUS_INTERNAL;
	assert_string_equal(identity(&f, false).device_key, "");
}

static void an_empty_reader_has_no_media_key(void **state)
{
	struct device_facts f = camera();

	f.size = 0;
	assert_string_equal(identity(&f, true).key, "");
}

static void equal_keys_are_all_ambiguous(void **state)
{
	const char *keys[] = {"card:a", "card:b", "", "card:a", "", NULL, "card:a"};
	bool ambiguous[ELEMENTS(keys)];

	identity_find_ambiguous(keys, ELEMENTS(keys), ambiguous);
	assert_true(ambiguous[0] && ambiguous[3] && ambiguous[6]);
	assert_false(ambiguous[1] || ambiguous[2] || ambiguous[4] || ambiguous[5]);
	identity_find_ambiguous(keys, 0, NULL);
}

static void known_media_are_found_by_hash_only(void **state)
{
	const struct known_medium media[] = {
		{"usb:04b0:0429:000003012345", ROLE_CAMERA},
		{"usb:05e3:0749:A1B2C3D4", ROLE_READER},
		{"card:6a1b2c3d:1A2B-3C4D:BLUE%20ROOM:8053063680", ROLE_CAMERA},
		{"usb:0781:5567:4C530001230101117233", ROLE_STICK},
		{"usb:18d1:4ee1:0123456789ABCDEF", ROLE_PHONE},
	};
	_cleanup_free_ char *text = NULL;
	size_t size;

	assert_int_equal(known_media_format(media, ELEMENTS(media), &text), 0);
	size = strlen(text);
	assert_null(strstr(text, "000003012345"));
	assert_null(strstr(text, "BLUE"));
	assert_int_equal(known_media_find(text, size, media[0].key), ROLE_CAMERA);
	assert_int_equal(known_media_find(text, size, media[1].key), ROLE_READER);
	assert_int_equal(known_media_find(text, size, media[3].key), ROLE_STICK);
	assert_int_equal(known_media_find(text, size, media[4].key), ROLE_NONE);
	assert_int_equal(known_media_find(text, size, "card:6a1b2c3d:1A2B-3C4D::8053063680"), ROLE_CAMERA);
	assert_int_equal(
		known_media_find(text, size, "card:6a1b2c3d:1A2B-3C4D:OTHER:8053063680"), ROLE_CAMERA);
	assert_int_equal(known_media_find(text, size, "card:6a1b2c3d:1A2B-3C4D::8053063681"), ROLE_NONE);
	assert_int_equal(known_media_find(text, size, "nonsense"), ROLE_NONE);
	assert_int_equal(known_media_find(text, size, ""), ROLE_NONE);
}

static void a_damaged_list_knows_nobody_it_does_not_fully_name(void **state)
{
	const struct known_medium media[] = {
		{"usb:04b0:0429:000003012345", ROLE_CAMERA},
		{"usb:04b0:0429:000003012346", ROLE_CAMERA},
	};
	const struct known_medium wrong = {"no key at all", ROLE_CAMERA}, card = {"card:a:b:c", ROLE_CAMERA};
	_cleanup_free_ char *text = NULL, *none = NULL;
	size_t size;

	assert_int_equal(known_media_format(media, ELEMENTS(media), &text), 0);
	size = strlen(text);
	for (size_t cut = 0; cut < size; cut++)
		assert_int_equal(known_media_find(text, cut, media[1].key), ROLE_NONE);
	text[0] = 'O';
	assert_int_equal(known_media_find(text, size, media[0].key), ROLE_NONE);
	assert_int_equal(known_media_format(&wrong, 1, &none), -EINVAL);
	assert_int_equal(known_media_format(&card, 1, &none), -EINVAL);
	assert_null(none);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_camera_is_known_by_its_serial),
		cmocka_unit_test(the_same_key_gives_the_same_id_and_another_another),
		cmocka_unit_test(a_card_in_a_reader_is_known_by_itself),
		cmocka_unit_test(without_a_sane_serial_the_card_counts),
		cmocka_unit_test(two_slots_of_one_camera_differ),
		cmocka_unit_test(no_text_can_forge_a_key),
		cmocka_unit_test(the_longest_texts_fit_or_are_refused),
		cmocka_unit_test(a_cut_serial_is_not_trusted),
		cmocka_unit_test(serials_are_judged),
		cmocka_unit_test(a_phone_is_known_by_its_usb_serial),
		cmocka_unit_test(a_thunderbolt_disk_has_its_own_kind_of_key),
		cmocka_unit_test(an_empty_reader_has_no_media_key),
		cmocka_unit_test(equal_keys_are_all_ambiguous),
		cmocka_unit_test(known_media_are_found_by_hash_only),
		cmocka_unit_test(a_damaged_list_knows_nobody_it_does_not_fully_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
