/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * What is stacked on external disks, judged over worlds made of a few numbers; what the configuration makes
 * of it; and disks that are declared external.
 *
 * 1 to 9 are inner disks, 10 to 19 external ones, from 20 on what lies on others.
 */

#include "device/declared.h"
#include "encryption/stack.h"
#include "policy/access.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define KEY    "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
#define CRYPT  "crypt", "aes-xts-plain64 " KEY " 0 8:16 0"
#define NULLED "crypt", "cipher_null-ecb - 0 8:16 0"

struct piece {
	const char *type, *arguments;
};

struct thing {
	dev_t number, below[3];
	struct piece table[3]; /* none: not a device-mapper device */
	int error;             /* of its table */
};

static const struct thing *find(void *data, dev_t number)
{
	for (const struct thing *t = data; t->number; t++)
		if (t->number == number)
			return t;
	return NULL;
}

static int table_of(void *data, dev_t number, struct dmtable *ret_table)
{
	const struct thing *thing = find(data, number);

	if (thing->error)
		return thing->error;
	if (!thing->table[0].type)
		return -ENXIO;
	for (size_t i = 0; i < 3 && thing->table[i].type; i++) {
		struct dmtable_target target;

		dmtable_parse(i * 8, 8, thing->table[i].type, thing->table[i].arguments, &target);
		assert_int_equal(dmtable_add(ret_table, &target), 0);
	}
	return 0;
}

static int below_of(void *data, dev_t number, dev_t ret_numbers[static STACK_BELOW_MAX], size_t *ret_count)
{
	const struct thing *thing = find(data, number);

	*ret_count = 0;
	for (size_t i = 0; thing && i < 3 && thing->below[i]; i++)
		ret_numbers[(*ret_count)++] = thing->below[i];
	return 0;
}

static int external(void *data, dev_t disk)
{
	(void)data;
	return disk == 19 ? -EIO : disk >= 10;
}

static int judge(const struct thing *world, enum stack_verdict *ret_verdict)
{
	const struct stack_source source = {table_of, below_of, external, (void *)(uintptr_t)world};

	return stack_judge(&source, 30, ret_verdict);
}

static enum stack_verdict verdict(const struct thing *world)
{
	enum stack_verdict said;

	assert_int_equal(judge(world, &said), 0);
	return said;
}
#define WORLD(...) ((const struct thing[]){__VA_ARGS__, {0}})

static void encryption_over_a_stick(void **state)
{
	(void)state;
	assert_int_equal(verdict(WORLD({30, {10}, {{CRYPT}}})), STACK_ENCRYPTED);
	assert_int_equal(verdict(WORLD({30, {20}, {{CRYPT}}}, {20, {10}})), STACK_ENCRYPTED);
	assert_int_equal(verdict(WORLD({30, {10}, {{CRYPT}, {"zero", ""}}})), STACK_ENCRYPTED);
	assert_int_equal(
		verdict(WORLD({30, {20}, {{"linear", "253:0 0"}}}, {20, {10}, {{CRYPT}}})), STACK_ENCRYPTED);
	assert_int_equal(
		verdict(WORLD({30, {20}, {{CRYPT}}}, {20, {10}, {{"linear", "8:16 0"}}})), STACK_ENCRYPTED);
}

static void what_only_looks_like_encryption(void **state)
{
	(void)state;
	assert_int_equal(verdict(WORLD({30, {10}, {{NULLED}}})), STACK_PLAIN);
	assert_int_equal(
		verdict(WORLD({30, {10}, {{"crypt", "rot13-xts-plain64 " KEY " 0 8:16 0"}}})), STACK_PLAIN);
	assert_int_equal(verdict(WORLD({30, {10}, {{CRYPT}, {"linear", "8:16 9"}}})), STACK_PLAIN);
	assert_int_equal(verdict(WORLD({30, {10}, {{"zero", ""}}})), STACK_PLAIN);
	assert_int_equal(verdict(WORLD({30, {10}, {{CRYPT}}, -EIO})), STACK_PLAIN);
	assert_int_equal(verdict(WORLD({30, {10}, {{"nonsense", "8:16"}}})), STACK_PLAIN);
}

static void stacks_without_encryption(void **state)
{
	(void)state;
	assert_int_equal(verdict(WORLD({30, {10}, {{"linear", "8:16 0"}}})), STACK_PLAIN);
	assert_int_equal(verdict(WORLD({30, {1, 10}})), STACK_PLAIN);
	assert_int_equal(verdict(WORLD({30, {20, 21}}, {20, {10}, {{CRYPT}}}, {21, {11}})), STACK_PLAIN);
	assert_int_equal(verdict(WORLD({30, {20, 21}}, {20, {10}, {{CRYPT}}}, {21, {11}, {{CRYPT}}})),
		STACK_ENCRYPTED);
}

static void inner_stacks_are_nobodys_business(void **state)
{
	(void)state;
	assert_int_equal(verdict(WORLD({30, {1}, {{"linear", "8:0 0"}}})), STACK_INNER);
	assert_int_equal(verdict(WORLD({30, {1, 2}})), STACK_INNER);
	assert_int_equal(verdict(WORLD({30, {20}, {{CRYPT}}}, {20, {1, 2}})), STACK_INNER);
}

static void errors_close_only_where_something_external_was_seen(void **state)
{
	enum stack_verdict said;

	(void)state;
	assert_int_equal(judge(WORLD({30, {1, 19}}), &said), -EIO);
	assert_int_equal(said, STACK_INNER);
	assert_int_equal(judge(WORLD({30, {10, 19}, {{CRYPT}}}), &said), -EIO);
	assert_int_equal(said, STACK_PLAIN);
	assert_int_equal(judge(WORLD({30, {30}}), &said), -ELOOP);
	assert_int_equal(said, STACK_INNER);
}

static void the_configuration_decides_what_may_be_done(void **state)
{
	struct config config;

	(void)state;
	config_defaults(&config);
	assert_int_equal(access_of_encrypted(&config), ACCESS_WRITE);
	config.removable.encrypted = CONFIG_ENCRYPTED_READ_ONLY;
	assert_int_equal(access_of_encrypted(&config), ACCESS_READ);
	config.removable.encrypted = CONFIG_ENCRYPTED_REFUSE;
	assert_int_equal(access_of_encrypted(&config), ACCESS_NONE);
	config.removable.unencrypted = CONFIG_UNENCRYPTED_GATE;
	config.removable.unknown_device = CONFIG_UNKNOWN_REFUSE;
	assert_int_equal(access_of_plain(&config, ROLE_NONE), ACCESS_HAND);
	assert_int_equal(access_of_plain(&config, ROLE_STICK), ACCESS_NONE);
	config.removable.unknown_device = CONFIG_UNKNOWN_GATE;
	assert_int_equal(access_of_plain(&config, ROLE_NONE), ACCESS_NONE);
	assert_int_equal(access_of_plain(&config, ROLE_STICK), ACCESS_NONE);
	assert_int_equal(access_of_plain(&config, ROLE_PHONE), ACCESS_HAND);
	config.removable.unencrypted = CONFIG_UNENCRYPTED_READ_ONLY;
	assert_int_equal(access_of_plain(&config, ROLE_STICK), ACCESS_READ);
	config.removable.unencrypted = CONFIG_UNENCRYPTED_REFUSE;
	assert_int_equal(access_of_plain(&config, ROLE_NONE), ACCESS_NONE);
	assert_int_equal(access_of_plain(NULL, ROLE_STICK), ACCESS_NONE);
	assert_int_equal(access_of_encrypted(NULL), ACCESS_NONE);
	assert_string_equal(access_name(ACCESS_NONE), "none");
	assert_string_equal(access_name(ACCESS_HAND), "hand");
	assert_string_equal(access_name(ACCESS_READ), "read");
	assert_string_equal(access_name(ACCESS_WRITE), "write");
}

static void a_declaration_is_one_whole_line(void **state)
{
	(void)state;
	assert_true(declared_in("S:disk/by-id/x\nE:ID_BUS=ata\nE:OUTING_GUARD=1\nG:systemd\n"));
	assert_true(declared_in("E:OUTING_GUARD=1"));
	assert_false(declared_in(""));
	assert_false(declared_in("E:OUTING_GUARD=10\nE:ID_MODEL=E:OUTING_GUARD=1\nE:OUTING_GUARD=\n"));
	assert_false(declared_external("/nowhere", 1));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(encryption_over_a_stick),
		cmocka_unit_test(what_only_looks_like_encryption),
		cmocka_unit_test(stacks_without_encryption),
		cmocka_unit_test(inner_stacks_are_nobodys_business),
		cmocka_unit_test(errors_close_only_where_something_external_was_seen),
		cmocka_unit_test(the_configuration_decides_what_may_be_done),
		cmocka_unit_test(a_declaration_is_one_whole_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
