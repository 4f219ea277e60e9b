/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * The documented interface and the authorization table say the same: every method of the XML is in the table
 * with these arguments and a known action, every action is in the polkit file, and nothing is in the table
 * that is not documented.
 */

#include "base/fd.h"
#include "bus/bouncer.h"
#include "bus/rate.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define XML_FILE    "agent/bus/org.outingguard.Agent1.xml"
#define POLICY_FILE "packaging/org.outingguard.policy"
#define SECOND      1000000000ULL

static char xml[65536], policy[65536];

static void read_text(const char *path, char *ret_text, size_t size)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : fd_read_full(fd, ret_text, size - 1);

	if (n <= 0)
		fail_msg("%s: run from the top of the source tree", path);
}

static int set_up(void **state)
{
	read_text(XML_FILE, xml, sizeof xml);
	read_text(POLICY_FILE, policy, sizeof policy);
	return 0;
}

/* The value of an attribute of the element that begins at text; false when it is not there before '>'. */
static bool attribute(const char *text, const char *name, char *value, size_t size)
{
	const char *end = strchr(text, '>'), *at = strstr(text, name), *stop;

	if (!at || !end || at > end)
		return false;
	at += strlen(name);
	stop = strchr(at, '"');
	if (!stop || (size_t)(stop - at) >= size)
		return false;
	memcpy(value, at, (size_t)(stop - at));
	value[stop - at] = 0;
	return true;
}

static void signature(const char *method, const char *end, const char *direction, char *ret)
{
	*ret = 0;
	for (const char *arg = strstr(method, "<arg "); arg && arg < end; arg = strstr(arg + 1, "<arg ")) {
		char type[8], way[8];

		assert_true(attribute(arg, "type=\"", type, sizeof type));
		assert_true(attribute(arg, "direction=\"", way, sizeof way));
		if (strcmp(way, direction) == 0)
			(void)strncat(ret, type, 15);
	}
}

static const char *end_of(const char *method)
{
	const char *end = strstr(method, "</method>"), *next = strstr(method + 1, "<method ");

	return next && next < end ? next : end;
}

static void every_documented_method_is_in_the_table(void **state)
{
	size_t methods = 0;

	for (const char *at = strstr(xml, "<method "); at; at = strstr(at + 1, "<method ")) {
		char name[64], input[16], output[16];
		const struct bouncer_rule *rule;

		assert_true(attribute(at, "name=\"", name, sizeof name));
		signature(at, end_of(at), "in", input);
		signature(at, end_of(at), "out", output);
		rule = bouncer_find(name);
		if (!rule)
			fail_msg("%s is not in the bouncer's table", name);
		assert_string_equal(rule->input, input);
		assert_string_equal(rule->output, output);
		methods++;
	}
	assert_int_equal(methods, BUS_MEMBERS);
}

static void every_property_is_readable_and_none_writable(void **state)
{
	size_t properties = 0;

	for (const char *at = strstr(xml, "<property "); at; at = strstr(at + 1, "<property ")) {
		char name[64], way[16];

		assert_true(attribute(at, "name=\"", name, sizeof name));
		assert_true(attribute(at, "access=\"", way, sizeof way));
		assert_string_equal(way, "read");
		assert_true(bouncer_property(name));
		properties++;
	}
	assert_int_equal(properties, 2);
}

static void every_rule_has_an_action_of_polkit(void **state)
{
	for (int i = 0; i < BUS_MEMBERS; i++) {
		const struct bouncer_rule *rule = bouncer_rule((enum bus_member)i);
		char wanted[96];

		assert_non_null(rule);
		assert_non_null(rule->action);
		assert_true(strlen(rule->input) <= BUS_TEXTS_MAX);
		(void)snprintf(wanted, sizeof wanted, "<action id=\"%s\">", rule->action);
		if (!strstr(policy, wanted))
			fail_msg("%s is not in %s", rule->action, POLICY_FILE);
	}
}

static void what_is_not_there_is_refused(void **state)
{
	assert_null(bouncer_find("DeleteEverything"));
	assert_null(bouncer_find(""));
	assert_null(bouncer_find("status"));
	assert_null(bouncer_rule(BUS_MEMBERS));
	assert_false(bouncer_property("Secret"));
}

static void what_changes_something_needs_more_than_looking(void **state)
{
	static const char *const changing[] = {"AddDevice", "RenameDevice", "AssignDevice", "AssignPerson",
		"RemoveDevice", "ExportDevices", "ImportDevices", "Offload", "Wipe", "Format", "CancelJob",
		"VaultCreate", "Reload", "RecordOuting", "ReturnOuting", "Attest", "AttestDevice",
		"ImportNames", "ClearNames"};

	for (size_t i = 0; i < ELEMENTS(changing); i++)
		assert_string_not_equal(bouncer_find(changing[i])->action, BOUNCER_STATUS);
	assert_string_equal(bouncer_find("Wipe")->action, BOUNCER_WIPE);
	assert_string_equal(bouncer_find("Format")->action, BOUNCER_FORMAT);
	assert_string_equal(bouncer_find("Attest")->action, BOUNCER_MANAGE);
	assert_string_equal(bouncer_find("ImportNames")->action, BOUNCER_MANAGE);
	assert_string_equal(bouncer_find("CountNames")->action, BOUNCER_MANAGE);
	assert_string_equal(bouncer_find("ClearNames")->action, BOUNCER_MANAGE);
}

static void only_documents_may_be_long(void **state)
{
	static const char *const documents[] = {"Check", "RecordOuting", "ReturnOuting"};
	size_t found = 0;

	for (size_t i = 0; i < ELEMENTS(documents); i++)
		assert_true(bouncer_find(documents[i])->takes_json);
	for (int i = 0; i < BUS_MEMBERS; i++)
		found += bouncer_rule((enum bus_member)i)->takes_json;
	assert_int_equal(found, ELEMENTS(documents));
}

static void a_user_cannot_call_without_end(void **state)
{
	struct rate rate = RATE_NULL;
	unsigned allowed = 0;

	for (int i = 0; i < RATE_BURST * 2; i++)
		allowed += rate_take(&rate, 1000, SECOND);
	assert_int_equal(allowed, RATE_BURST);
	assert_true(rate_take(&rate, 1001, SECOND));
	assert_true(rate_take(&rate, 1000, SECOND + SECOND / RATE_PER_SECOND));
	assert_false(rate_take(&rate, 1000, SECOND + SECOND / RATE_PER_SECOND));
}

static void many_users_share_what_is_left(void **state)
{
	struct rate rate = RATE_NULL;

	for (uid_t uid = 0; uid < RATE_USERS_MAX; uid++)
		while (rate_take(&rate, uid, SECOND))
			;
	for (uid_t uid = 5000; uid < 5100; uid++)
		assert_false(rate_take(&rate, uid, SECOND));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_documented_method_is_in_the_table),
		cmocka_unit_test(every_property_is_readable_and_none_writable),
		cmocka_unit_test(every_rule_has_an_action_of_polkit),
		cmocka_unit_test(what_is_not_there_is_refused),
		cmocka_unit_test(what_changes_something_needs_more_than_looking),
		cmocka_unit_test(only_documents_may_be_long),
		cmocka_unit_test(a_user_cannot_call_without_end),
		cmocka_unit_test(many_users_share_what_is_left),
	};

	return cmocka_run_group_tests(tests, set_up, NULL);
}
