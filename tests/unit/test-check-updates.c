/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Updates: the order of versions, what is installed, what a list has newer, and how old a list is. */

#include "outing/check-updates.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static int compare(const char *a, const char *b)
{
	return debversion_compare((struct debversion){a, strlen(a)}, (struct debversion){b, strlen(b)});
}

static void versions_have_an_order(void **state)
{
	const char *const older_first[][2] = {{"1.0", "1.1"}, {"1.9", "1.10"}, {"1.0~rc1", "1.0"},
		{"1.0~rc1", "1.0~rc2"}, {"1.0", "1.0a"}, {"1.0a", "1.0+b"}, {"1.0-1", "1.0-2"},
		{"1.0-1~deb12u1", "1.0-1"}, {"9", "1:0"}, {"1:9", "2:1"}, {"1.0-1", "1.0.1-1"},
		{"1.2.3-4+deb12u1", "1.2.3-4+deb12u2"}, {"1.0", "1.0-1"}, {"1.0-9", "1.0-10"}, {"0:1", "1:0"},
		{"1~~", "1~"}, {"1~", "1"}, {"2.0-1", "2.0-1+b1"}, {"", "1"}, {"1.0-1-1", "1.0-1-2"},
		{"7.4.052-1ubuntu3", "7.4.052-1ubuntu3.1"}};
	const char *const equal[][2] = {{"1.0", "1.0"}, {"0:1.0", "1.0"}, {"1.00", "1.0"}, {"1.01", "1.1"},
		{"1.0-0", "1.0"}, {"", ""}};

	for (size_t i = 0; i < ELEMENTS(older_first); i++) {
		assert_true(compare(older_first[i][0], older_first[i][1]) < 0);
		assert_true(compare(older_first[i][1], older_first[i][0]) > 0);
	}
	for (size_t i = 0; i < ELEMENTS(equal); i++)
		assert_int_equal(compare(equal[i][0], equal[i][1]), 0);
}

#define STATUS                                                                                    \
	"Package: libfish1\nStatus: install ok installed\nArchitecture: amd64\nVersion: "         \
	"1.0-1\nDescription: fish\n"                                                              \
	" Version: 9\n\n"                                                                         \
	"Package: libfish1\nStatus: install ok installed\nArchitecture: i386\nVersion: 1.0-1\n\n" \
	"Package: gone\nStatus: deinstall ok config-files\nArchitecture: amd64\nVersion: 1.0\n\n" \
	"Package: kept\nStatus: hold ok installed\nArchitecture: all\nVersion: 2.0\n\n\n"         \
	"Package: newer\nStatus: install ok installed\nArchitecture: amd64\nVersion: 3.0"

static void only_what_is_installed_and_older_is_behind(void **state)
{
	static const char list[] = "Package: libfish1\nArchitecture: amd64\nVersion: 1.0-1+deb12u1\n\n"
				   "Package: libfish1\nArchitecture: amd64\nVersion: 0.9\n\n"
				   "Package: gone\nArchitecture: amd64\nVersion: 2.0\n\n"
				   "Package: kept\nArchitecture: all\nVersion: 2.1\n\n"
				   "Package: newer\nArchitecture: amd64\nVersion: 2.9\n\n"
				   "Package: other\nArchitecture: amd64\nVersion: 2.9\n";
	_cleanup_packages_ struct packages packages = {0};
	size_t behind = 0;

	assert_int_equal(packages_parse_status(STATUS, strlen(STATUS), &packages), 0);
	assert_int_equal(packages.count, 4);
	assert_int_equal(packages.broken, 0);
	assert_int_equal(packages_compare(&packages, list, strlen(list)), 6);
	for (size_t i = 0; i < packages.count; i++) {
		const struct package *package = &packages.list[i];

		behind += package->behind;
		if (package->behind && package->name.size == 8)
			assert_memory_equal(package->architecture.text, "amd64", 5);
		assert_int_equal(package->held, package->name.size == 4);
	}
	assert_int_equal(behind, 2);
}

static void half_installed_packages_are_counted(void **state)
{
	static const char text[] =
		"Package: a\nStatus: install ok half-configured\nVersion: 1\n\nPackage: b\nStatus: "
		"install ok installed\nVersion: 1\n";
	_cleanup_packages_ struct packages packages = {0};

	assert_int_equal(packages_parse_status(text, strlen(text), &packages), 0);
	assert_int_equal(packages.broken, 1);
}

static void an_empty_status_is_no_answer(void **state)
{
	struct packages packages;

	assert_int_equal(packages_parse_status("", 0, &packages), -EBADMSG);
	assert_int_equal(packages_parse_status("Version: 1\n", 11, &packages), -EBADMSG);
}

static void security_lists_are_known_by_name(void **state)
{
	const char *const yes[] = {
		"security.debian.org_debian-security_dists_bookworm-security_main_binary-amd64_Packages",
		"archive.ubuntu.com_ubuntu_dists_noble-security_universe_binary-amd64_Packages",
		"esm.ubuntu.com_apps_ubuntu_dists_jammy-apps-security_InRelease",
		"security.debian.org_dists_stretch_updates_main_binary-amd64_Packages"};
	const char *const no[] = {"deb.debian.org_debian_dists_bookworm_main_binary-amd64_Packages",
		"deb.debian.org_debian_dists_bookworm-updates_InRelease", "lock", "partial",
		"x_dists_security_main",
		"repo-security.example.org_apt_dists_stable_main_binary-amd64_Packages"};

	for (size_t i = 0; i < ELEMENTS(yes); i++)
		assert_true(packages_is_security(yes[i]));
	for (size_t i = 0; i < ELEMENTS(no); i++)
		assert_false(packages_is_security(no[i]));
}

static void release_dates_are_read(void **state)
{
	static const char good[] =
		"-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA512\n\nOrigin: Debian\nDate: Sat, 14 Nov 2026 "
		"10:12:01 UTC\nValid-Until: Sat, 21 Nov 2026 10:12:01 UTC\n";
	const char *const bad[] = {"", "Origin: x\n", "Date: yesterday\n",
		"Date: Sat, 14 Nov 2026 10:12:01 CET\n", "Date: Sat, 14 Nov 2026\n"};
	int64_t date;

	assert_int_equal(packages_release_date(good, strlen(good), &date), 0);
	assert_int_equal(date, 1794651121);
	for (size_t i = 0; i < ELEMENTS(bad); i++)
		assert_int_equal(packages_release_date(bad[i], strlen(bad[i]), &date), -EBADMSG);
}

#define DAY 86400LL
#define NOW 1795000000LL

static enum check_verdict judge(const struct packages *packages, int64_t oldest, struct finding *finding)
{
	memset(finding, 0, sizeof *finding);
	check_updates_judge(packages, oldest, NOW, 14, finding);
	return finding->verdict;
}

static void the_verdict(void **state)
{
	_cleanup_free_ struct finding *finding = finding_new();
	struct package list[] = {{.name = {"libfish1", 8}}, {.name = {"kept", 4}, .held = true}};
	struct packages packages = {ELEMENTS(list), list, 0};

	assert_int_equal(judge(&packages, NOW - 3 * DAY, finding), CHECK_PASS);
	assert_int_equal(judge(&packages, NOW - 15 * DAY, finding), CHECK_FAIL);
	assert_int_equal(judge(&packages, NOW + 3 * DAY, finding), CHECK_UNKNOWN);
	list[0].behind = list[1].behind = true;
	assert_int_equal(judge(&packages, NOW - 3 * DAY, finding), CHECK_FAIL);
	assert_non_null(strstr(finding->reason, "2 security updates wait"));
	assert_string_equal(finding->detail[0], "Waiting: libfish1, kept (held back).");
	list[0].behind = list[1].behind = false;
	packages.broken = 1;
	assert_int_equal(judge(&packages, NOW - 3 * DAY, finding), CHECK_FAIL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(versions_have_an_order),
		cmocka_unit_test(only_what_is_installed_and_older_is_behind),
		cmocka_unit_test(half_installed_packages_are_counted),
		cmocka_unit_test(an_empty_status_is_no_answer),
		cmocka_unit_test(security_lists_are_known_by_name),
		cmocka_unit_test(release_dates_are_read),
		cmocka_unit_test(the_verdict),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
