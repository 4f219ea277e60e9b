/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Datasets and containers of PTP: what is whole is taken, what is a byte short or long is not, and no command
 * that means "all objects" can be made. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/number.h"
#include "ptp/container.h"
#include "ptp/dataset.h"

#include <string.h>

#define STORAGE_INFO                                                                                        \
	4, 0, 3, 0, 1, 0, 0, 0, 0, 0, 8, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 9, 9, 9, 3, 'S', 0, 'D', 0, 0, \
		0, 0

static void a_storage_info_is_taken_whole(void **state)
{
	static const uint8_t bytes[] = {STORAGE_INFO};
	struct ptp_storage_info info;

	assert_int_equal(ptp_parse_storage_info(bytes, sizeof bytes, &info), 0);
	assert_int_equal(info.access, PTP_ACCESS_READ_ONLY);
	assert_int_equal(info.capacity, UINT64_C(8) << 32);
	assert_int_equal(info.free_bytes, UINT64_C(0x0807060504030201));
	assert_string_equal(info.description, "SD");
	assert_string_equal(info.label, "");
}

static void a_byte_short_or_long_is_refused(void **state)
{
	static const uint8_t bytes[] = {STORAGE_INFO, 0};
	struct ptp_storage_info info;

	for (size_t size = 0; size < sizeof bytes - 1; size++)
		assert_int_equal(ptp_parse_storage_info(bytes, size, &info), -EBADMSG);
	assert_int_equal(ptp_parse_storage_info(bytes, sizeof bytes, &info), -EBADMSG);
}

static void counts_are_not_believed(void **state)
{
	static const uint8_t many[] = {0xff, 0xff, 0xff, 0xff, 1, 0, 0, 0}, two[] = {2, 0, 0, 0, 1, 0, 0, 0};
	static const uint8_t good[] = {1, 0, 0, 0, 1, 0, 1, 0};
	struct ptp_u32s list = {0};
	struct ptp_u16s short_list = {0};

	assert_int_equal(ptp_parse_u32s(many, sizeof many, &list), -EBADMSG);
	assert_int_equal(ptp_parse_u32s(two, sizeof two, &list), -EBADMSG);
	assert_int_equal(ptp_parse_u16s(many, sizeof many, &short_list), -EBADMSG);
	assert_int_equal(ptp_parse_u32s(good, sizeof good, &list), 0);
	assert_int_equal(list.count, 1);
	assert_true(ptp_u32s_have(&list, 0x10001));
	assert_false(ptp_u32s_have(&list, 1));
	ptp_u32s_clear(&list);
}

static void texts_become_utf8(void **state)
{
	static const uint8_t umlaut[] = {3, 'a', 0, 0xe4, 0, 0, 0}, face[] = {3, 0x3d, 0xd8, 0, 0xde, 0, 0};
	static const uint8_t half[] = {2, 0x3d, 0xd8, 0, 0}, padded[] = {3, 'a', 0, 0, 0, 0, 0};
	static const uint8_t open_ended[] = {1, 'a', 0}, hidden[] = {4, 'a', 0, 0, 0, 'b', 0, 0, 0};
	struct ptp_value value;

	assert_int_equal(ptp_parse_value(umlaut, sizeof umlaut, PTP_TYPE_TEXT, &value), 0);
	assert_string_equal(value.text, "a\u00e4");
	assert_int_equal(ptp_parse_value(face, sizeof face, PTP_TYPE_TEXT, &value), 0);
	assert_string_equal(value.text, "\U0001f600");
	assert_int_equal(ptp_parse_value(half, sizeof half, PTP_TYPE_TEXT, &value), 0);
	assert_string_equal(value.text, "\xed\xa0\xbd");
	assert_int_equal(ptp_parse_value(padded, sizeof padded, PTP_TYPE_TEXT, &value), 0);
	assert_string_equal(value.text, "a");
	assert_int_equal(ptp_parse_value(open_ended, sizeof open_ended, PTP_TYPE_TEXT, &value), -EBADMSG);
	assert_int_equal(ptp_parse_value(hidden, sizeof hidden, PTP_TYPE_TEXT, &value), -EBADMSG);
}

static void values_have_their_width(void **state)
{
	static const uint8_t bytes[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};
	struct ptp_value value;

	assert_int_equal(ptp_parse_value(bytes, 8, PTP_TYPE_U64, &value), 0);
	assert_int_equal(value.number, UINT64_C(0x0807060504030201));
	assert_int_equal(ptp_parse_value(bytes, 4, PTP_TYPE_U64, &value), -EBADMSG);
	assert_int_equal(ptp_parse_value(bytes, 16, PTP_TYPE_U128, &value), 0);
	assert_memory_equal(value.uid, bytes, 16);
	assert_int_equal(ptp_parse_value(bytes, 16, 0x4242, &value), -EBADMSG);
}

static int count_property(
	uint32_t handle, unsigned property, unsigned type, const struct ptp_value *value, void *data)
{
	unsigned *count = data;

	assert_int_equal(handle, 5);
	assert_true(property == PTP_PROP_OBJECT_SIZE ? value->number == 7 : value->kind == PTP_VALUE_TEXT);
	(*count)++;
	return 0;
}

static void a_property_list_is_looked_over_first(void **state)
{
	static const uint8_t bytes[] = {2, 0, 0, 0, 5, 0, 0, 0, 4, 0xdc, 8, 0, 7, 0, 0, 0, 0, 0, 0, 0, 5, 0,
		0, 0, 7, 0xdc, 0xff, 0xff, 2, 'x', 0, 0, 0};
	unsigned count = 0;

	assert_int_equal(ptp_parse_property_list(bytes, sizeof bytes, count_property, &count), 0);
	assert_int_equal(count, 2);
	for (size_t size = 0; size < sizeof bytes; size++)
		assert_int_equal(ptp_parse_property_list(bytes, size, count_property, &count), -EBADMSG);
	assert_int_equal(count, 2);
}

static void dates_are_of_the_calendar(void **state)
{
	static const char *const bad[] = {"", "20261127", "20261127T05531", "20260231T101010",
		"20261127T240000", "20261127T055319X", "20261127T055319+1", "2026-1-27T055319"};
	int64_t seconds;

	assert_int_equal(ptp_parse_date("19700102T000000", &seconds), 0);
	assert_int_equal(seconds, 86400);
	assert_int_equal(ptp_parse_date("19700102T000000.0Z", &seconds), 0);
	assert_int_equal(seconds, 86400);
	assert_int_equal(ptp_parse_date("19700102T010000+0100", &seconds), 0);
	assert_int_equal(seconds, 86400);
	for (size_t i = 0; i < ELEMENTS(bad); i++)
		assert_int_equal(ptp_parse_date(bad[i], &seconds), -EINVAL);
}

static void no_command_means_all_objects(void **state)
{
	static const enum ptp_operation one[] = {PTP_DELETE_OBJECT, PTP_FORMAT_STORE, PTP_GET_OBJECT,
		PTP_GET_OBJECT_INFO, PTP_SET_OBJECT_PROTECTION, PTP_GET_PARTIAL_OBJECT,
		PTP_GET_PARTIAL_OBJECT_64};
	static const uint32_t all[] = {0, 0xffffffff};
	uint8_t bytes[PTP_COMMAND_SIZE];
	size_t size;

	for (size_t i = 0; i < ELEMENTS(one); i++)
		for (size_t k = 0; k < ELEMENTS(all); k++)
			for (size_t count = 0; count <= PTP_PARAMS_MAX; count++) {
				struct ptp_command command = {
					.operation = one[i], .count = count, .params = {all[k]}};
				assert_true(ptp_encode_command(&command, bytes, &size) < 0);
			}
}

static void only_known_commands_are_made(void **state)
{
	uint8_t bytes[PTP_COMMAND_SIZE];
	unsigned made = 0;
	size_t size;

	for (unsigned code = 0; code <= 0xffff; code++)
		for (size_t count = 0; count <= PTP_PARAMS_MAX; count++) {
			struct ptp_command command = {.operation = (enum ptp_operation)code,
				.transaction = 9,
				.count = count,
				.params = {7, code == PTP_DELETE_OBJECT || code == PTP_FORMAT_STORE ? 0 : 1,
					2, 3, 4}};
			if (ptp_encode_command(&command, bytes, &size) == 0) {
				made++;
				assert_int_equal(size, 12 + 4 * count);
				assert_int_equal(load_le32(bytes), size);
				assert_int_equal(load_le16(bytes + 6), code);
			}
		}
	/* 17 operations, two of which take one to three parameters. */
	assert_int_equal(made, 21);
}

static void a_delete_names_one_object_and_no_format(void **state)
{
	struct ptp_command command = {.operation = PTP_DELETE_OBJECT, .count = 1, .params = {7, 0}};
	uint8_t bytes[PTP_COMMAND_SIZE];
	size_t size;

	assert_int_equal(ptp_encode_command(&command, bytes, &size), -EINVAL);
	command.count = 2;
	command.params[1] = PTP_FORMAT_ASSOCIATION;
	assert_int_equal(ptp_encode_command(&command, bytes, &size), -EPERM);
	command.params[1] = 0;
	assert_int_equal(ptp_encode_command(&command, bytes, &size), 0);
	assert_int_equal(size, 20);
	assert_int_equal(load_le32(bytes + 12), 7);
	assert_int_equal(load_le32(bytes + 16), 0);
}

static void heads_of_impossible_length_are_refused(void **state)
{
	uint8_t bytes[PTP_HEAD_SIZE] = {12, 0, 0, 0, 3, 0, 1, 0x20, 1, 0, 0, 0};
	struct ptp_head head;

	assert_int_equal(ptp_parse_head(bytes, &head), 0);
	assert_int_equal(head.type, PTP_RESPONSE);
	bytes[0] = 11;
	assert_int_equal(ptp_parse_head(bytes, &head), -EBADMSG);
	bytes[0] = 14;
	assert_int_equal(ptp_parse_head(bytes, &head), -EBADMSG);
	bytes[0] = 36;
	assert_int_equal(ptp_parse_head(bytes, &head), -EBADMSG);
	bytes[4] = 2;
	assert_int_equal(ptp_parse_head(bytes, &head), 0);
	bytes[4] = 1;
	assert_int_equal(ptp_parse_head(bytes, &head), -EBADMSG);
}

static void events_are_taken_whole(void **state)
{
	uint8_t bytes[] = {16, 0, 0, 0, 4, 0, 2, 0x40, 0xff, 0xff, 0xff, 0xff, 5, 0, 0, 0};
	struct ptp_event event;

	assert_int_equal(ptp_parse_event(bytes, sizeof bytes, &event), 0);
	assert_int_equal(event.code, PTP_EVENT_OBJECT_ADDED);
	assert_int_equal(event.params[0], 5);
	assert_true(ptp_event_concerns_objects(&event));
	for (size_t size = 0; size < sizeof bytes; size++)
		assert_int_equal(ptp_parse_event(bytes, size, &event), -EBADMSG);
	bytes[7] = 0xc1;
	assert_int_equal(ptp_parse_event(bytes, sizeof bytes, &event), 0);
	assert_true(ptp_event_concerns_objects(&event));
}

static void answers_have_names(void **state)
{
	char buffer[PTP_NAME_SIZE];

	assert_string_equal(ptp_response_name(0x2013, buffer), "Store_Not_Available");
	assert_string_equal(ptp_response_name(0xbf01, buffer), "response 0xbf01");
	assert_string_equal(ptp_event_name(0x4005, buffer), "StoreRemoved");
	assert_string_equal(ptp_operation_name(0x100b, buffer), "DeleteObject");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_storage_info_is_taken_whole),
		cmocka_unit_test(a_byte_short_or_long_is_refused),
		cmocka_unit_test(counts_are_not_believed),
		cmocka_unit_test(texts_become_utf8),
		cmocka_unit_test(values_have_their_width),
		cmocka_unit_test(a_property_list_is_looked_over_first),
		cmocka_unit_test(dates_are_of_the_calendar),
		cmocka_unit_test(no_command_means_all_objects),
		cmocka_unit_test(only_known_commands_are_made),
		cmocka_unit_test(a_delete_names_one_object_and_no_format),
		cmocka_unit_test(heads_of_impossible_length_are_refused),
		cmocka_unit_test(events_are_taken_whole),
		cmocka_unit_test(answers_have_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
