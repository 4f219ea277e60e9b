/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Device-mapper tables as the kernel prints them: what encrypts, how well, and what only passes data on. */

#include "encryption/dmtable.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define KEY_512                                                            \
	"00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff" \
	"00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
#define KEY_256 "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
#define KEY_128 "00112233445566778899aabbccddeeff"

static struct dmtable_target parse(const char *type, const char *arguments)
{
	struct dmtable_target target;

	dmtable_parse(0, 2048, type, arguments, &target);
	return target;
}

static void cipher_is(const char *cipher, const char *key, enum dmtable_strength strength)
{
	char arguments[512];
	struct dmtable_target target;

	(void)snprintf(arguments, sizeof arguments, "%s %s 0 7:3 32768 1 allow_discards", cipher, key);
	target = parse("crypt", arguments);
	assert_int_equal(target.kind, DMTABLE_CRYPT);
	if (target.strength != strength)
		print_error("%s: %d (%s)\n", cipher, (int)target.strength, target.weakness);
	assert_int_equal(target.strength, strength);
	assert_int_equal(strength == DMTABLE_WEAK, target.weakness[0] != 0);
	assert_int_equal(target.device_count, 1);
	assert_int_equal(target.devices[0].major, 7);
	assert_int_equal(target.devices[0].minor, 3);
}

static void real_ciphers_are_strong(void **state)
{
	cipher_is("aes-xts-plain64", ":64:logon:cryptsetup:0f0f-d0", DMTABLE_STRONG);
	cipher_is("aes-xts-plain64", KEY_512, DMTABLE_STRONG);
	cipher_is("aes-xts-plain64", KEY_256, DMTABLE_STRONG);
	cipher_is("capi:xts(aes)-plain64", KEY_512, DMTABLE_STRONG);
	cipher_is("serpent-xts-plain64", KEY_512, DMTABLE_STRONG);
	cipher_is("aes-cbc-essiv:sha256", KEY_256, DMTABLE_STRONG);
	cipher_is("aes:64-cbc-lmk", KEY_512, DMTABLE_STRONG);
	cipher_is("aes-lrw-benbi", KEY_256, DMTABLE_STRONG);
	cipher_is("xchacha12,aes-adiantum-plain64", KEY_256, DMTABLE_STRONG);
	cipher_is("capi:adiantum(xchacha12,aes,nhpoly1305)-plain64", KEY_256, DMTABLE_STRONG);
	cipher_is("capi:authenc(hmac(sha256),xts(aes))-random", KEY_512 KEY_256, DMTABLE_STRONG);
}

static void paper_ciphers_are_not(void **state)
{
	cipher_is("cipher_null-ecb", "-", DMTABLE_NULL_CIPHER);
	cipher_is("cipher_null-ecb-null", KEY_256, DMTABLE_NULL_CIPHER);
	cipher_is("capi:ecb(cipher_null)-null", KEY_256, DMTABLE_NULL_CIPHER);
	cipher_is("aes-ecb", KEY_256, DMTABLE_WEAK);
	cipher_is("capi:ecb(aes)-null", KEY_256, DMTABLE_WEAK);
	cipher_is("aes-cbc-null", KEY_256, DMTABLE_WEAK);
	cipher_is("aes-cbc-plain", KEY_256, DMTABLE_WEAK);
	cipher_is("aes-cbc-plain64", KEY_256, DMTABLE_WEAK);
	cipher_is("aes-xts-plain64", KEY_128, DMTABLE_WEAK);
	cipher_is("aes-xts-plain64", "-", DMTABLE_WEAK);
	cipher_is("aes-xts", KEY_512, DMTABLE_WEAK);
	cipher_is("des-cbc-essiv:sha256", "0011223344556677", DMTABLE_WEAK);
	cipher_is("des3_ede-cbc-essiv:sha256", KEY_256, DMTABLE_WEAK);
	cipher_is("blowfish-cbc-essiv:sha256", KEY_256, DMTABLE_WEAK);
	cipher_is("capi:cbc(des3_ede)-essiv:sha256", KEY_256, DMTABLE_WEAK);
}

static void strangers_are_unknown(void **state)
{
	cipher_is("rot13-xts-plain64", KEY_512, DMTABLE_UNKNOWN_CIPHER);
	cipher_is("aes-xyz-plain64", KEY_512, DMTABLE_UNKNOWN_CIPHER);
	cipher_is("aes", KEY_512, DMTABLE_UNKNOWN_CIPHER);
	cipher_is("capi:", KEY_512, DMTABLE_UNKNOWN_CIPHER);
	cipher_is("capi:xts(aes)", KEY_512, DMTABLE_UNKNOWN_CIPHER);
	cipher_is("capi:xts(rot13)-plain64", KEY_512, DMTABLE_UNKNOWN_CIPHER);
}

static void keys_are_measured_and_not_kept(void **state)
{
	struct dmtable_target target = parse("crypt", "aes-xts-plain64 " KEY_512 " 0 8:2 0");

	assert_int_equal(target.key_bits, 512);
	assert_null(memmem(&target, sizeof target, "00112233", 8));
	target = parse("crypt", "aes-xts-plain64 :32:logon:x 0 8:2 0");
	assert_int_equal(target.key_bits, 256);
	target = parse("crypt", "aes-xts-plain64 :999999999:logon:x 0 8:2 0");
	assert_int_equal(target.key_bits, 0);
}

static void half_a_line_is_unknown(void **state)
{
	assert_int_equal(parse("crypt", "").kind, DMTABLE_UNKNOWN);
	assert_int_equal(parse("crypt", "aes-xts-plain64 " KEY_512 " 0").kind, DMTABLE_UNKNOWN);
	assert_int_equal(parse("crypt", "aes-xts-plain64 " KEY_512 " 0 /dev/sda 0").kind, DMTABLE_UNKNOWN);
	assert_int_equal(parse("linear", "").kind, DMTABLE_UNKNOWN);
	assert_int_equal(parse("snapshot-origin", "254:1").kind, DMTABLE_UNKNOWN);
	assert_int_equal(parse("invented", "254:1").kind, DMTABLE_UNKNOWN);
}

static void legs_are_found(void **state)
{
	struct dmtable_target target = parse("raid", "raid1 3 0 region_size 1024 2 - 254:0 254:1 254:2");

	assert_int_equal(target.kind, DMTABLE_PASS);
	assert_int_equal(target.device_count, 3);
	target = parse("cache", "254:3 254:4 254:5 128 1 writethrough smq 0");
	assert_int_equal(target.device_count, 3);
	assert_int_equal(target.devices[2].minor, 5);
	target = parse("linear", "8:99999999999 0");
	assert_int_equal(target.kind, DMTABLE_UNKNOWN);
	assert_int_equal(parse("zero", "").kind, DMTABLE_NOTHING);
}

static void too_many_legs_are_unknown(void **state)
{
	char arguments[1024] = "";

	for (unsigned i = 0; i <= DMTABLE_DEVICES_MAX; i++)
		(void)snprintf(
			arguments + strlen(arguments), sizeof arguments - strlen(arguments), " 254:%u", i);
	assert_int_equal(parse("raid", arguments).kind, DMTABLE_UNKNOWN);
}

static void gaps_are_seen(void **state)
{
	struct dmtable table = {0};
	struct dmtable_target target;

	assert_false(dmtable_covers(&table, 0));
	dmtable_parse(0, 100, "linear", "8:1 0", &target);
	assert_int_equal(dmtable_add(&table, &target), 0);
	assert_true(dmtable_covers(&table, 100));
	assert_false(dmtable_covers(&table, 200));
	dmtable_parse(150, 50, "linear", "8:1 0", &target);
	assert_int_equal(dmtable_add(&table, &target), 0);
	assert_false(dmtable_covers(&table, 200));
	table.targets[1].start = 100;
	table.targets[1].size = 100;
	assert_true(dmtable_covers(&table, 200));
	table.targets[1].size = UINT64_MAX;
	assert_false(dmtable_covers(&table, 99));
	dmtable_clear(&table);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(real_ciphers_are_strong),
		cmocka_unit_test(paper_ciphers_are_not),
		cmocka_unit_test(strangers_are_unknown),
		cmocka_unit_test(keys_are_measured_and_not_kept),
		cmocka_unit_test(half_a_line_is_unknown),
		cmocka_unit_test(legs_are_found),
		cmocka_unit_test(too_many_legs_are_unknown),
		cmocka_unit_test(gaps_are_seen),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
