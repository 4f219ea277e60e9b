/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * What a header is worth: one made by hand per situation, read through a descriptor and judged. Real headers
 * made by cryptsetup are in tests/integration/test_keys.py.
 */

#include "base/sandbox.h"
#include "encryption/header.h"
#include "luks-image.h"

#include <setjmp.h>
#include <stdarg.h>
#include <sys/wait.h>

#include <cmocka.h>

static int image = -1;

static int up(void **state)
{
	image = luks_image_new();
	return image < 0 ? -1 : header_prepare();
}

static int down(void **state)
{
	image = close_fd(image);
	return 0;
}

static struct header_facts facts;

static struct header_verdict judged(void)
{
	struct header_verdict verdict;

	assert_int_equal(header_read(image, LUKS_IMAGE_SIZE, &facts), 0);
	assert_true(header_facts_sane(&facts));
	header_judge(&facts, &verdict);
	assert_true(verdict.reason[0] != 0);
	assert_int_equal(verdict.verdict == STORAGE_ENCRYPTED, verdict.fix[0] == 0);
	return verdict;
}

static void expect(enum storage_verdict wanted, const char *words)
{
	struct header_verdict verdict = judged();

	if (verdict.verdict != wanted || !strstr(verdict.reason, words))
		fail_msg("%s: %s (wanted %s: %s)", storage_verdict_name(verdict.verdict), verdict.reason,
			storage_verdict_name(wanted), words);
}

#define CRYPT(cipher)                                                                          \
	"{\"type\":\"crypt\",\"offset\":\"16777216\",\"size\":\"dynamic\",\"iv_tweak\":\"0\"," \
	"\"encryption\":\"" cipher "\",\"sector_size\":4096}"
#define KDF_ARGON2(time, memory) \
	"{\"type\":\"argon2id\",\"time\":" #time ",\"memory\":" #memory ",\"cpus\":4,\"salt\":\"AAAA\"}"
#define KDF_PBKDF2(iterations) \
	"{\"type\":\"pbkdf2\",\"hash\":\"sha256\",\"iterations\":" #iterations ",\"salt\":\"AAAA\"}"
#define SLOT(cipher, kdf)                                                                                 \
	"{\"type\":\"luks2\",\"key_size\":64,\"af\":{\"type\":\"luks1\",\"stripes\":4000,\"hash\":"       \
	"\"sha256\"},\"area\":{\"type\":\"raw\",\"offset\":\"32768\",\"size\":\"258048\",\"encryption\":" \
	"\"" cipher "\",\"key_size\":64},\"kdf\":" kdf "}"
#define GOOD_SLOT SLOT("aes-xts-plain64", KDF_ARGON2(4, 1048576))
#define DIGEST    "{\"type\":\"pbkdf2\",\"keyslots\":[\"0\"],\"segments\":[\"0\"]}"
#define HEADER(slots, tokens, segments, config)                                     \
	"{\"keyslots\":{" slots "},\"tokens\":{" tokens "},\"segments\":{" segments \
	"},\"digests\":{\"0\":" DIGEST                                              \
	"},\"config\":{\"json_size\":\"12288\",\"keyslots_size\":\"16744448\"" config "}}"
#define SEGMENTS(segments) HEADER("\"0\":" GOOD_SLOT, "", segments, "")
#define CIPHER(cipher)     SEGMENTS("\"0\":" CRYPT(cipher))
#define TOKEN(token)       HEADER("\"0\":" GOOD_SLOT, "\"0\":" token, "\"0\":" CRYPT("aes-xts-plain64"), "")
#define COST(kdf)          HEADER("\"0\":" SLOT("aes-xts-plain64", kdf), "", "\"0\":" CRYPT("aes-xts-plain64"), "")
#define REQUIRES(word)     ",\"requirements\":{\"mandatory\":[\"" word "\"]}"
#define CONVERSION(mode) \
	",\"1\":{\"type\":\"reencrypt\",\"key_size\":1,\"mode\":\"" mode "\",\"direction\":\"forward\"}"
#define LINEAR(flags) "{\"type\":\"linear\",\"offset\":\"16777216\",\"size\":\"1048576\"" flags "}"
#define CONVERTING(mode, segments) \
	HEADER("\"0\":" GOOD_SLOT CONVERSION(mode), "", segments, REQUIRES("online-reencrypt-v2"))

struct row {
	const char *json;
	enum storage_verdict verdict;
	const char *words;
};

static void rows_are_judged(const struct row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		assert_int_equal(luks2_put(image, rows[i].json), 0);
		print_message("%s\n", rows[i].words);
		expect(rows[i].verdict, rows[i].words);
	}
}

static void luks2_ciphers(void **state)
{
	static const struct row rows[] = {
		{CIPHER("aes-xts-plain64"), STORAGE_ENCRYPTED,
			"LUKS2: aes-xts-plain64 with a key of 256 bits"},
		{CIPHER("xchacha12,aes-adiantum-plain64"), STORAGE_ENCRYPTED, "adiantum"},
		{CIPHER("aes-cbc-essiv:sha256"), STORAGE_ENCRYPTED, "essiv"},
		{CIPHER("aes-cbc-plain64"), STORAGE_WEAK, "predictable"},
		{CIPHER("aes-cbc-null"), STORAGE_WEAK, "equal parts"},
		{CIPHER("aes-ecb"), STORAGE_WEAK, "ECB"},
		{CIPHER("des3_ede-cbc-essiv:sha256"), STORAGE_WEAK, "outdated"},
		{CIPHER("blowfish-cbc-plain64"), STORAGE_WEAK, "outdated"},
		{CIPHER("cipher_null-ecb"), STORAGE_NOT_ENCRYPTED, "cipher_null"},
		{CIPHER("rot13-xts-plain64"), STORAGE_UNKNOWN, "not known to be good"},
		{HEADER("\"0\":" SLOT("cipher_null-ecb", KDF_ARGON2(4, 1048576)), "",
			 "\"0\":" CRYPT("aes-xts-plain64"), ""),
			STORAGE_NOT_ENCRYPTED, "its own header"},
	};

	rows_are_judged(rows, ELEMENTS(rows));
}

static void luks2_segments(void **state)
{
	static const struct row rows[] = {
		{SEGMENTS("\"0\":" CRYPT("aes-xts-plain64") ",\"1\":" LINEAR("")), STORAGE_NOT_ENCRYPTED,
			"in clear"},
		{SEGMENTS("\"0\":" LINEAR("")), STORAGE_NOT_ENCRYPTED, "in clear"},
		{SEGMENTS(
			 "\"0\":" CRYPT("aes-xts-plain64") ",\"1\":" LINEAR(",\"flags\":[\"backup-final\"]")),
			STORAGE_ENCRYPTED, "aes"},
		{SEGMENTS("\"0\":" LINEAR(",\"flags\":[\"backup-final\"]")), STORAGE_UNKNOWN, "where"},
		{SEGMENTS(""), STORAGE_UNKNOWN, "where"},
		{SEGMENTS("\"0\":{\"type\":\"hw-opal\",\"offset\":\"0\",\"size\":\"1\"}"), STORAGE_UNKNOWN,
			"OPAL"},
		{SEGMENTS("\"0\":{\"type\":\"hw-opal-crypt\",\"offset\":\"0\",\"size\":\"1\",\"encryption\":"
			  "\"aes-xts-plain64\",\"sector_size\":512}"),
			STORAGE_ENCRYPTED, "aes"},
		{SEGMENTS("\"0\":{\"type\":\"mirror\",\"offset\":\"0\"}"), STORAGE_UNKNOWN, "not known"},
	};

	rows_are_judged(rows, ELEMENTS(rows));
}

static void luks2_conversions(void **state)
{
	static const struct row rows[] = {
		{CONVERTING("reencrypt", "\"0\":" CRYPT("aes-xts-plain64")), STORAGE_ENCRYPTED, "anew"},
		{CONVERTING("encrypt", "\"0\":" LINEAR("")), STORAGE_NOT_ENCRYPTED, "not finished"},
		{CONVERTING("encrypt", "\"0\":" CRYPT("aes-xts-plain64")), STORAGE_NOT_ENCRYPTED,
			"not finished"},
		{CONVERTING("decrypt", "\"0\":" CRYPT("aes-xts-plain64")), STORAGE_WEAK, "taken away"},
		{CONVERTING("decrypt", "\"0\":" CRYPT("aes-xts-plain64") ",\"1\":" LINEAR("")),
			STORAGE_NOT_ENCRYPTED, "in clear"},
		{CONVERTING("sideways", "\"0\":" CRYPT("aes-xts-plain64")), STORAGE_UNKNOWN, "not known"},
		{CONVERTING("reencrypt",
			 "\"0\":{\"type\":\"crypt\",\"offset\":\"0\",\"encryption\":\"aes-xts-plain64\","
			 "\"sector_size\":512,\"flags\":[\"in-reencryption\"]}"),
			STORAGE_UNKNOWN, "interrupted"},
		{HEADER("\"0\":" GOOD_SLOT, "", "\"0\":" CRYPT("aes-xts-plain64"),
			 REQUIRES("online-reencrypt")),
			STORAGE_UNKNOWN, "how far"},
		{HEADER("\"0\":" GOOD_SLOT, "", "\"0\":" CRYPT("aes-xts-plain64"),
			 REQUIRES("offline-reencrypt")),
			STORAGE_UNKNOWN, "interrupted"},
		{HEADER("\"0\":" GOOD_SLOT, "", "\"0\":" CRYPT("aes-xts-plain64"), REQUIRES("sorcery")),
			STORAGE_UNKNOWN, "requires"},
	};

	rows_are_judged(rows, ELEMENTS(rows));
}

static void luks2_costs(void **state)
{
	static const struct row rows[] = {
		{COST(KDF_ARGON2(4, 1048576)), STORAGE_ENCRYPTED, "aes"},
		{COST(KDF_ARGON2(4, 32768)), STORAGE_ENCRYPTED, "aes"},
		{COST(KDF_ARGON2(4, 32)), STORAGE_WEAK, "only 32 KiB"},
		{COST(KDF_ARGON2(1, 16384)), STORAGE_WEAK, "1 passes"},
		{COST(KDF_ARGON2(0, 1048576)), STORAGE_WEAK, "0 passes"},
		{COST(KDF_PBKDF2(1000)), STORAGE_WEAK, "only 1000 times"},
		{COST(KDF_PBKDF2(99999)), STORAGE_WEAK, "99999"},
		{COST(KDF_PBKDF2(100000)), STORAGE_ENCRYPTED, "aes"},
		{COST("{\"type\":\"scrypt\"}"), STORAGE_UNKNOWN, "not known"},
		/* Not tied to the data: opens nothing. */
		{HEADER("\"0\":" GOOD_SLOT ",\"1\":" SLOT("aes-xts-plain64", KDF_PBKDF2(1)), "",
			 "\"0\":" CRYPT("aes-xts-plain64"), ""),
			STORAGE_ENCRYPTED, "aes"},
		/* Opened by a random key, which cannot be guessed. */
		{HEADER("\"0\":" SLOT("aes-xts-plain64", KDF_PBKDF2(1000)),
			 "\"0\":{\"type\":\"systemd-recovery\",\"keyslots\":[\"0\"]}",
			 "\"0\":" CRYPT("aes-xts-plain64"), ""),
			STORAGE_ENCRYPTED, "aes"},
	};

	rows_are_judged(rows, ELEMENTS(rows));
}

static void luks2_tokens(void **state)
{
	static const struct row rows[] = {
		{TOKEN("{\"type\":\"systemd-tpm2\",\"keyslots\":[\"0\"]}"), STORAGE_WEAK, "without a person"},
		{TOKEN("{\"type\":\"systemd-tpm2\",\"keyslots\":[\"0\"],\"tpm2-pin\":false}"), STORAGE_WEAK,
			"without a person"},
		{TOKEN("{\"type\":\"systemd-tpm2\",\"keyslots\":[\"0\"],\"tpm2-pin\":true}"),
			STORAGE_ENCRYPTED, "aes"},
		{TOKEN("{\"type\":\"systemd-tpm2\",\"keyslots\":[]}"), STORAGE_ENCRYPTED, "aes"},
		{TOKEN("{\"type\":\"clevis\",\"keyslots\":[\"0\"],\"jwe\":{}}"), STORAGE_WEAK, "Clevis"},
		{TOKEN("{\"type\":\"ubuntu-fde\",\"keyslots\":[\"0\"]}"), STORAGE_WEAK, "without a person"},
		{TOKEN("{\"type\":\"ubuntu-fde-recovery\",\"keyslots\":[\"0\"]}"), STORAGE_ENCRYPTED, "aes"},
		{TOKEN("{\"type\":\"systemd-fido2\",\"keyslots\":[\"0\"]}"), STORAGE_WEAK, "FIDO2"},
		{TOKEN("{\"type\":\"systemd-fido2\",\"keyslots\":[\"0\"],\"fido2-clientPin-required\":false,"
		       "\"fido2-up-required\":false,\"fido2-uv-required\":false}"),
			STORAGE_WEAK, "FIDO2"},
		{TOKEN("{\"type\":\"systemd-fido2\",\"keyslots\":[\"0\"],\"fido2-clientPin-required\":false,"
		       "\"fido2-up-required\":true}"),
			STORAGE_ENCRYPTED, "aes"},
		{TOKEN("{\"type\":\"systemd-fido2\",\"keyslots\":[\"0\"],\"fido2-clientPin-required\":true}"),
			STORAGE_ENCRYPTED, "aes"},
		{TOKEN("{\"type\":\"luks2-keyring\",\"keyslots\":[\"0\"]}"), STORAGE_ENCRYPTED, "aes"},
		{TOKEN("{\"type\":\"doorbell\",\"keyslots\":[\"0\"]}"), STORAGE_UNKNOWN, "doorbell"},
	};

	rows_are_judged(rows, ELEMENTS(rows));
}

static void luks2_what_is_no_header(void **state)
{
	static const struct row rows[] = {
		{"", STORAGE_UNKNOWN, "damaged"},
		{"{}", STORAGE_UNKNOWN, "damaged"},
		{"{\"segments\":[]}", STORAGE_UNKNOWN, "damaged"},
		{SEGMENTS("\"0\":{\"type\":\"crypt\",\"offset\":\"x\"}"), STORAGE_UNKNOWN, "damaged"},
		{SEGMENTS("\"0\":{\"type\":\"crypt\",\"offset\":\"0\"}"), STORAGE_UNKNOWN, "damaged"},
		{HEADER("\"0\":{}", "", "\"0\":" CRYPT("aes-xts-plain64"), ""), STORAGE_UNKNOWN, "damaged"},
		{HEADER("\"32\":" GOOD_SLOT, "", "\"0\":" CRYPT("aes-xts-plain64"), ""), STORAGE_UNKNOWN,
			"damaged"},
		{TOKEN("{\"type\":\"clevis\"}"), STORAGE_UNKNOWN, "damaged"},
		{TOKEN("{\"type\":\"clevis\",\"keyslots\":[\"99\"]}"), STORAGE_UNKNOWN, "damaged"},
		{HEADER("\"0\":" GOOD_SLOT, "", "\"0\":" CRYPT("aes-xts-plain64"), ",\"requirements\":[]"),
			STORAGE_UNKNOWN, "damaged"},
	};

	rows_are_judged(rows, ELEMENTS(rows));
}

static void flip(uint64_t offset)
{
	uint8_t byte;

	assert_int_equal(fd_pread_full(image, &byte, 1, offset), 1);
	byte ^= 1;
	assert_int_equal(fd_pwrite_full(image, &byte, 1, offset), 0);
}

static void a_damaged_copy_is_unknown_whichever_it_is(void **state)
{
	/* Label, salt and checksum of the first; magic, sequence, checksum and text of the second. */
	static const uint64_t places[] = {
		30, 110, 450, LUKS2_COPY, LUKS2_COPY + 23, LUKS2_COPY + 450, LUKS2_COPY + 5000};

	for (size_t i = 0; i < ELEMENTS(places); i++) {
		assert_int_equal(luks2_put(image, CIPHER("aes-xts-plain64")), 0);
		expect(STORAGE_ENCRYPTED, "aes");
		flip(places[i]);
		expect(STORAGE_UNKNOWN, "header");
		assert_int_equal(facts.header.kind, CRYPTHEADER_LUKS2);
	}
}

static void a_second_copy_alone_is_found(void **state)
{
	static const uint8_t zeros[LUKS2_COPY];

	assert_int_equal(luks2_put(image, CIPHER("aes-xts-plain64")), 0);
	assert_int_equal(fd_pwrite_full(image, zeros, sizeof zeros, 0), 0);
	expect(STORAGE_UNKNOWN, "overwritten");
	assert_true(facts.only_second);
}

static void any_change_of_a_header_changes_its_identity(void **state)
{
	uint8_t before[SHA512_SIZE];

	assert_int_equal(luks2_put(image, CIPHER("aes-xts-plain64")), 0);
	(void)judged();
	memcpy(before, facts.identity, sizeof before);
	assert_int_equal(luks2_put(image, COST(KDF_PBKDF2(100001))), 0);
	(void)judged();
	assert_memory_not_equal(before, facts.identity, sizeof before);
	assert_string_equal(facts.header.uuid, LUKS_IMAGE_UUID);
}

static void luks1(void **state)
{
	static const struct {
		const char *cipher, *mode;
		uint32_t bytes, iterations;
		enum storage_verdict verdict;
		const char *words;
	} rows[] = {
		{"aes", "xts-plain64", 64, 500000, STORAGE_ENCRYPTED,
			"LUKS1: aes-xts-plain64 with a key of 256"},
		{"aes", "xts-plain64", 32, 500000, STORAGE_ENCRYPTED, "128"},
		{"aes", "xts-plain64", 64, 0, STORAGE_ENCRYPTED, "LUKS1"},
		{"aes", "xts-plain64", 64, 1000, STORAGE_WEAK, "1000 times"},
		{"aes", "xts-plain64", 16, 500000, STORAGE_WEAK, "too short"},
		{"aes", "ecb", 32, 500000, STORAGE_WEAK, "ECB"},
		{"cipher_null", "ecb", 16, 500000, STORAGE_NOT_ENCRYPTED, "cipher_null"},
		{"aesthetic", "xts-plain64", 64, 500000, STORAGE_UNKNOWN, "aesthetic"},
		{"", "xts-plain64", 64, 500000, STORAGE_UNKNOWN, "damaged"},
		{"aes", "xts-plain64", 8, 500000, STORAGE_UNKNOWN, "damaged"},
		{"aes", "xts-plain64", 4096, 500000, STORAGE_UNKNOWN, "damaged"},
	};

	for (size_t i = 0; i < ELEMENTS(rows); i++) {
		assert_int_equal(
			luks1_put(image, rows[i].cipher, rows[i].mode, rows[i].bytes, rows[i].iterations), 0);
		expect(rows[i].verdict, rows[i].words);
	}
}

/* Clevis has no token in LUKS1: it writes behind the key slots. */
static void luks1_with_clevis(void **state)
{
	static const uint8_t clevis[] = {0xcb, 0x6e, 0x89, 0x04, 0x81, 0xff, 0x40, 0xda, 0xa8, 0x4a, 0x07,
		0xab, 0x9a, 0xb5, 0x71, 0x5e};
	uint8_t meta[512] = "LUKSMETA\0\0\0\1";

	assert_int_equal(luks1_put(image, "aes", "xts-plain64", 64, 500000), 0);
	assert_int_equal(fd_pwrite_full(image, meta, sizeof meta, 0x1f9000), 0);
	expect(STORAGE_ENCRYPTED, "LUKS1");
	memcpy(meta + 16, clevis, sizeof clevis);
	assert_int_equal(fd_pwrite_full(image, meta, sizeof meta, 0x1f9000), 0);
	expect(STORAGE_WEAK, "Clevis");
	assert_int_equal(facts.header.token[0].slots, 1);
}

static void luks1_damage(void **state)
{
	/* Version, a cipher without end, payload, slot state, stripes, uuid. */
	static const uint64_t places[] = {7, 108, 209, 255};

	for (size_t i = 0; i < ELEMENTS(places); i++) {
		assert_int_equal(luks1_put(image, "aes", "xts-plain64", 64, 500000), 0);
		flip(places[i]);
		expect(STORAGE_UNKNOWN, "");
	}
	assert_int_equal(luks1_put(image, "aes", "xts-plain64", 64, 500000), 0);
	assert_int_equal(fd_pwrite_full(image, "LUKS\xde\xad", 6, 0), 0);
	expect(STORAGE_UNKNOWN, "interrupted");
}

static void bitlocker(void **state)
{
	static const struct {
		uint16_t protection, state, next;
		enum storage_verdict verdict;
		const char *words;
	} rows[] = {
		{0x2000, 4, 4, STORAGE_ENCRYPTED, "BitLocker"},
		{0x0800, 4, 4, STORAGE_ENCRYPTED, "BitLocker"},
		{0x0500, 4, 4, STORAGE_ENCRYPTED, "BitLocker"},
		{0x1000, 4, 4, STORAGE_ENCRYPTED, "BitLocker"},
		{0x0100, 4, 4, STORAGE_WEAK, "without a person"},
		{0x0000, 4, 4, STORAGE_NOT_ENCRYPTED, "suspended"},
		{0x0000, 2, 4, STORAGE_NOT_ENCRYPTED, "suspended"},
		{0x2000, 2, 4, STORAGE_UNKNOWN, "not finished"},
		{0x2000, 4, 1, STORAGE_UNKNOWN, "not finished"},
		{0x7777, 4, 4, STORAGE_UNKNOWN, "not known"},
	};

	for (size_t i = 0; i < ELEMENTS(rows); i++) {
		assert_int_equal(bitlocker_put(image, rows[i].protection, rows[i].state, rows[i].next), 0);
		expect(rows[i].verdict, rows[i].words);
	}
	assert_int_equal(bitlocker_put(image, 0x2000, 4, 4), 0);
	assert_int_equal(fd_pwrite_full(image,
				 "\x3b\x4d\xa8\x92\x80\xdd\x0e\x4d\x9e\x4e\xb1\xe3\x28\x4e\xae\xd8", 16, 160),
		0);
	expect(STORAGE_UNKNOWN, "from now on");
	assert_int_equal(bitlocker_put(image, 0x2000, 4, 4), 0);
	flip(65536);
	expect(STORAGE_UNKNOWN, "damaged");
}

static void other_things_are_no_header(void **state)
{
	uint8_t fvault[512] = {0};

	expect(STORAGE_UNKNOWN, "no encryption header");
	assert_int_equal(facts.header.kind, CRYPTHEADER_NONE);
	store_le16(fvault + 8, 1);
	store_le16(fvault + 10, 0x10);
	memcpy(fvault + 88, "CS\1", 3);
	assert_int_equal(fd_pwrite_full(image, fvault, sizeof fvault, 0), 0);
	expect(STORAGE_UNKNOWN, "Apple");
	assert_int_equal(header_read(image, 100, &facts), 0);
	assert_int_equal(facts.header.kind, CRYPTHEADER_NONE);
	assert_int_equal(header_read(-1, LUKS_IMAGE_SIZE, &facts), -EBADF);
	assert_int_equal(header_read(image, 2ULL * LUKS_IMAGE_SIZE, &facts), 0);
}

/* The bytes are hostile, so this must work where nothing else does. */
static void a_header_is_read_in_a_locked_in_process(void **state)
{
	static const char *const calls[] = {"pread64"};
	int status;
	pid_t pid;

	assert_int_equal(luks2_put(image, CIPHER("aes-xts-plain64")), 0);
	pid = fork();
	if (pid == 0) {
		if (sandbox_become(NULL) < 0 || sandbox_seccomp(calls, ELEMENTS(calls), NULL, 0) < 0)
			_exit(2);
		_exit(header_read(image, LUKS_IMAGE_SIZE, &facts) == 0 && facts.checked ? 0 : 1);
	}
	assert_true(pid > 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static void facts_of_strangers_are_checked(void **state)
{
	assert_int_equal(luks2_put(image, TOKEN("{\"type\":\"clevis\",\"keyslots\":[\"0\"]}")), 0);
	(void)judged();
	facts.header.token[0].type[0] = 'x';
	memset(facts.header.token[0].type, 'x', sizeof facts.header.token[0].type);
	assert_false(header_facts_sane(&facts));
	(void)judged();
	facts.header.slots = CRYPTHEADER_SLOTS + 1;
	assert_false(header_facts_sane(&facts));
	(void)judged();
	facts.header.slot[0].number = 32;
	assert_false(header_facts_sane(&facts));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(luks2_ciphers, up, down),
		cmocka_unit_test_setup_teardown(luks2_segments, up, down),
		cmocka_unit_test_setup_teardown(luks2_conversions, up, down),
		cmocka_unit_test_setup_teardown(luks2_costs, up, down),
		cmocka_unit_test_setup_teardown(luks2_tokens, up, down),
		cmocka_unit_test_setup_teardown(luks2_what_is_no_header, up, down),
		cmocka_unit_test_setup_teardown(a_damaged_copy_is_unknown_whichever_it_is, up, down),
		cmocka_unit_test_setup_teardown(a_second_copy_alone_is_found, up, down),
		cmocka_unit_test_setup_teardown(any_change_of_a_header_changes_its_identity, up, down),
		cmocka_unit_test_setup_teardown(luks1, up, down),
		cmocka_unit_test_setup_teardown(luks1_with_clevis, up, down),
		cmocka_unit_test_setup_teardown(luks1_damage, up, down),
		cmocka_unit_test_setup_teardown(bitlocker, up, down),
		cmocka_unit_test_setup_teardown(other_things_are_no_header, up, down),
		cmocka_unit_test_setup_teardown(a_header_is_read_in_a_locked_in_process, up, down),
		cmocka_unit_test_setup_teardown(facts_of_strangers_are_checked, up, down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
