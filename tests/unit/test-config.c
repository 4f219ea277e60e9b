/* SPDX-License-Identifier: GPL-3.0-or-later */

/* The configuration: defaults, the shipped file, and every way a file can be wrong. */

#include "base/fd.h"
#include "policy/config.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static int parse(const char *text, struct config *config, struct config_errors *errors)
{
	return config_parse("house.conf", text, strlen(text), config, errors);
}

static void one_error(const char *text, unsigned line, const char *key, const char *part)
{
	struct config config;
	struct config_errors errors;

	memset(&config, 0x5a, sizeof(config));
	if (parse(text, &config, &errors) != -EBADMSG)
		fail_msg("accepted: %s", text);
	assert_int_equal(errors.count, 1);
	assert_string_equal(errors.file, "house.conf");
	if (errors.list[0].line != line)
		fail_msg("line %u, not %u: %s", errors.list[0].line, line, text);
	assert_string_equal(errors.list[0].key, key);
	if (!strstr(errors.list[0].text, part))
		fail_msg("\"%s\" does not say \"%s\"", errors.list[0].text, part);
	for (size_t i = 0; i < sizeof(config); i++)
		assert_int_equal(((unsigned char *)&config)[i], 0x5a);
}

static void an_empty_file_gives_the_defaults(void **state)
{
	struct config config, defaults;
	struct config_errors errors;

	config_defaults(&defaults);
	assert_int_equal(parse("", &config, &errors), 0);
	assert_memory_equal(&config, &defaults, sizeof(config));
	assert_int_equal(errors.count, 0);
	assert_string_equal(config.vault.path, "/var/lib/outing-guard/vault");
	assert_true(config.vault.reserve == 1ULL << 30);
	assert_true(config.offload.automatic);
	assert_int_equal(config.wipe.method, CONFIG_WIPE_CLEAR);
	assert_true(config.wipe.keep_folders);
	assert_int_equal(config.wipe.protected_files, CONFIG_PROTECTED_ASK);
	assert_true(config.audit.retention_days == 365);
	assert_true(config.hooks.enabled);
	assert_string_equal(config.hooks.user, "outing-hooks");
	assert_true(config.hooks.timeout_seconds == 30);
	assert_int_equal(config.outing.policy, CONFIG_OUTING_TRANSFER_ALL);
	assert_false(config.outing.accept_weak);
	assert_true(config.outing.try_keys);
	assert_string_equal(config.checks.malware_product, "");
	assert_true(config.checks.passwords && config.checks.automatic_login && config.checks.screen_lock);
	assert_true(config.checks.malware && config.checks.passwords_reviewed && config.checks.updates);
	assert_true(config.checks.install_rights && config.checks.hibernation);
	assert_int_equal(config.log.level, LOG_LEVEL_INFO);
}

static void every_key_can_be_set(void **state)
{
	struct config config;
	struct config_errors errors;

	assert_int_equal(parse("vault: { path = \"/data/vault\"; reserve = \"512M\"; };\n"
			       "offload: { automatic = false; };\n"
			       "wipe: { method = \"clear-2pass\"; keep_folders = false;\n"
			       "        protected_files = \"clear\"; };\n"
			       "audit: { retention_days = 31; };\n"
			       "hooks: { enabled = false; user = \"_hooks\"; timeout_seconds = 600; };\n"
			       "outing: { policy = \"names-only\"; accept_weak = true; sentence = \"\"; };\n"
			       "checks: { malware_product = \"Example Shield\"; malware_max_days = 3;\n"
			       "          screen_lock = false; };\n"
			       "log: { level = \"debug\"; };\n",
				 &config, &errors),
		0);
	assert_int_equal(config.outing.policy, CONFIG_OUTING_NAMES_ONLY);
	assert_true(config.outing.accept_weak);
	assert_string_equal(config.outing.sentence, "");
	assert_string_equal(config.checks.malware_product, "Example Shield");
	assert_true(config.checks.malware_max_days == 3);
	assert_false(config.checks.screen_lock);
	assert_string_equal(config.vault.path, "/data/vault");
	assert_true(config.vault.reserve == 512ULL << 20);
	assert_false(config.offload.automatic);
	assert_int_equal(config.wipe.method, CONFIG_WIPE_CLEAR_2PASS);
	assert_false(config.wipe.keep_folders);
	assert_int_equal(config.wipe.protected_files, CONFIG_PROTECTED_CLEAR);
	assert_true(config.audit.retention_days == 31);
	assert_false(config.hooks.enabled);
	assert_string_equal(config.hooks.user, "_hooks");
	assert_true(config.hooks.timeout_seconds == 600);
	assert_int_equal(config.log.level, LOG_LEVEL_DEBUG);
}

static char *shipped_file(size_t *ret_size)
{
	char *text = NULL;

	assert_int_equal(
		fd_read_file_at(AT_FDCWD, "packaging/outing-guard.conf", CONFIG_SIZE_MAX, &text, ret_size),
		0);
	return text;
}

/* The keys of the file in order, by its own layout: "group:" in column 0, "  name = value;" below. */
static bool next_key(char **cursor, char *group, char *ret_key, char *ret_value)
{
	char name[64];

	for (char *line; (line = strsep(cursor, "\n"));) {
		if (sscanf(line, "%63[a-z_]:", group) == 1 && line[strlen(group)] == ':')
			continue;
		if (sscanf(line, "  %63[a-z_] = %511[^;]", name, ret_value) == 2) {
			(void)snprintf(ret_key, 160, "%s.%s", group, name);
			return true;
		}
	}
	return false;
}

static void the_shipped_file_states_every_key_with_its_default(void **state)
{
	char group[64] = "", key[160], value[CONFIG_VALUE_SIZE], expected[CONFIG_VALUE_SIZE];
	_cleanup_free_ char *text = NULL;
	struct config config, defaults;
	struct config_errors errors;
	size_t size, i = 0;
	char *cursor;

	text = shipped_file(&size);
	assert_int_equal(config_parse("shipped", text, size, &config, &errors), 0);
	config_defaults(&defaults);
	assert_memory_equal(&config, &defaults, sizeof(config));
	cursor = text;
	for (; next_key(&cursor, group, key, value); i++) {
		assert_non_null(config_key(i));
		assert_string_equal(key, config_key(i));
		assert_string_equal(value, config_value(&defaults, i, expected));
	}
	assert_null(config_key(i));
	assert_null(config_value(&defaults, i, expected));
	assert_true(i >= 11);
}

static void mistakes_name_line_key_and_what_is_allowed(void **state)
{
	one_error("\n\nwipes: { };", 3, "wipes", "no such key");
	one_error("wipe: {\n  methods = \"clear\";\n};", 2, "wipe.methods", "no such key");
	one_error("wipe: {\n  method = \"shred\";\n};", 2, "wipe.method", "\"clear\" or \"clear-2pass\"");
	one_error("wipe: { method = 2; };", 1, "wipe.method", "is a number but must be \"clear\"");
	one_error("wipe: { keep_folders = \"true\"; };", 1, "wipe.keep_folders", "text in quotes");
	one_error("wipe: { keep_folders = 1; };", 1, "wipe.keep_folders", "true or false");
	one_error("audit: { retention_days = 30; };", 1, "audit.retention_days", "31 to 3660");
	one_error("audit: { retention_days = -31; };", 1, "audit.retention_days", "31 to 3660");
	one_error("audit: { retention_days = 31.5; };", 1, "audit.retention_days", "decimal number");
	one_error("audit: { retention_days = 99999999999L; };", 1, "audit.retention_days", "31 to 3660");
	one_error("audit = 5;", 1, "audit", "must be a group");
	one_error("audit: { retention_days = [31]; };", 1, "audit.retention_days", "is a list");
	one_error("audit: { retention_days: { }; };", 1, "audit.retention_days", "is a group");
	one_error("vault: { reserve = 5; };", 1, "vault.reserve", "size in quotes");
	one_error("vault: { reserve = \"17T\"; };", 1, "vault.reserve", "size in quotes");
	one_error("hooks: { timeout_seconds = 0; };", 1, "hooks.timeout_seconds", "1 to 600");
	one_error("log: { level = \"loud\"; };", 1, "log.level", "\"debug\"");
	one_error("log: { level = \"info\"", 1, "", "syntax");
	one_error("log: { level = \"info\"; level = \"info\"; };", 1, "", "duplicate");
}

static void paths_and_users_are_checked(void **state)
{
	static const char *const paths[] = {
		"", "/", "vault", "/a/../b", "/a/..", "/a/./b", "/a//b", "/a/", "/a\\nb", "../x"};
	static const char *const users[] = {
		"", "root", "Nobody", "9lives", "-x", "a b", "abcdefghijklmnopqrstuvwxyzabcdefg"};
	char text[128];

	for (size_t i = 0; i < ELEMENTS(paths); i++) {
		(void)snprintf(text, sizeof(text), "vault: { path = \"%s\"; };", paths[i]);
		one_error(text, 1, "vault.path", "absolute path");
	}
	for (size_t i = 0; i < ELEMENTS(users); i++) {
		(void)snprintf(text, sizeof(text), "hooks: { user = \"%s\"; };", users[i]);
		one_error(text, 1, "hooks.user", "other than root");
	}
}

static void includes_and_strange_bytes_never_reach_the_library(void **state)
{
	struct config config;
	struct config_errors errors;
	char deep[64];

	one_error("# fine\n \t@include \"/etc/shadow\"\n", 2, "@include", "not allowed");
	one_error("@include \"other.conf\"", 1, "@include", "not allowed");
	memset(deep, '(', sizeof(deep));
	deep[63] = '\0';
	one_error(deep, 1, "", "nested too deep");
	assert_int_equal(config_parse("house.conf", "a\0b", 3, &config, &errors), -EBADMSG);
	assert_non_null(strstr(errors.list[0].text, "NUL"));
}

static void all_mistakes_are_collected(void **state)
{
	_cleanup_free_ char *text = NULL;
	struct config config;
	struct config_errors errors;

	assert_int_equal(parse("vault: { path = \"x\"; colour = 1; };\n"
			       "cameras: { };\n"
			       "log: { level = 7; };\n",
				 &config, &errors),
		-EBADMSG);
	text = config_errors_text(&errors);
	assert_non_null(text);
	assert_int_equal(errors.count, 4);
	assert_non_null(strstr(text, "house.conf:1: vault.path: must be an absolute path"));
	assert_non_null(strstr(text, "house.conf:1: vault.colour: there is no such key"));
	assert_non_null(strstr(text, "house.conf:2: cameras: there is no such key"));
	assert_non_null(strstr(text, "house.conf:3: log.level: is a number but must be \"error\""));
}

static void very_many_mistakes_are_counted(void **state)
{
	_cleanup_free_ char *said = NULL;
	char text[4096] = "";
	struct config config;
	struct config_errors errors;
	size_t used = 0;

	for (int i = 0; i < 40; i++)
		used += (size_t)snprintf(text + used, sizeof(text) - used, "key%d = 1;\n", i);
	assert_int_equal(parse(text, &config, &errors), -EBADMSG);
	assert_int_equal(errors.count, CONFIG_ERRORS_MAX);
	assert_int_equal(errors.dropped, 40 - CONFIG_ERRORS_MAX);
	said = config_errors_text(&errors);
	assert_non_null(strstr(said, "and 8 more errors"));
}

static void files_that_cannot_be_read_say_so(void **state)
{
	char folder[] = "/tmp/outing-config-XXXXXX", path[64];
	_cleanup_close_ int fd = -1;
	struct config config;
	struct config_errors errors;

	assert_non_null(mkdtemp(folder));
	(void)snprintf(path, sizeof(path), "%s/c.conf", folder);
	assert_int_equal(config_load(path, &config, &errors), -ENOENT);
	assert_int_equal(errors.count, 1);
	assert_string_equal(errors.file, path);
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, CONFIG_SIZE_MAX + 1), 0);
	assert_int_equal(config_load(path, &config, &errors), -EBADMSG);
	assert_non_null(strstr(errors.list[0].text, "larger than"));
	assert_int_equal(ftruncate(fd, 0), 0);
	assert_int_equal(fd_write_full(fd, "log: { level = \"error\"; };", 26), 0);
	assert_int_equal(config_load(path, &config, &errors), 0);
	assert_int_equal(config.log.level, LOG_LEVEL_ERROR);
	assert_int_equal(unlink(path), 0);
	assert_true(config_load(folder, &config, &errors) < 0);
	assert_int_equal(rmdir(folder), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_empty_file_gives_the_defaults),
		cmocka_unit_test(every_key_can_be_set),
		cmocka_unit_test(the_shipped_file_states_every_key_with_its_default),
		cmocka_unit_test(mistakes_name_line_key_and_what_is_allowed),
		cmocka_unit_test(paths_and_users_are_checked),
		cmocka_unit_test(includes_and_strange_bytes_never_reach_the_library),
		cmocka_unit_test(all_mistakes_are_collected),
		cmocka_unit_test(very_many_mistakes_are_counted),
		cmocka_unit_test(files_that_cannot_be_read_say_so),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
