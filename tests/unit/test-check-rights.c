/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Who may install: what sudo's and polkit's files give to whom, and which of those are staff. */

#include "outing/check-rights.h"
#include "outing/polkit.h"
#include "outing/sudoers.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static struct grants grants;

static int no_include(const char *path, bool folder, void *data)
{
	(void)snprintf(data, 256, "%s%s", folder ? "folder " : "file ", path);
	return 0;
}

static void sudo(const char *text)
{
	_cleanup_(sudoers_freep) struct sudoers *sudoers = NULL;
	_cleanup_free_ char *copy = strdup(text);
	char included[256] = "";

	grants = (struct grants){0};
	assert_int_equal(sudoers_new(&sudoers), 0);
	assert_int_equal(sudoers_add(sudoers, copy, "sudoers", no_include, included), 0);
	sudoers_resolve(sudoers, &grants);
}

static bool has(enum grant_to to, const char *name)
{
	for (size_t i = 0; i < grants.count; i++)
		if (grants.list[i].to == to && strcmp(grants.list[i].name, name) == 0)
			return true;
	return false;
}

static void the_ordinary_file_is_understood(void **state)
{
	sudo("Defaults\tenv_reset\nDefaults secure_path=\"/usr/sbin:/usr/bin\"\n# User alias specification\n"
	     "root\tALL=(ALL:ALL) ALL\n%sudo\tALL=(ALL:ALL) ALL\n@includedir /etc/sudoers.d\n");
	assert_int_equal(grants.count, 2);
	assert_true(has(GRANT_USER, "root"));
	assert_true(has(GRANT_GROUP, "sudo"));
	assert_string_equal(grants.unclear, "");
}

static void commands_that_install_count(void **state)
{
	sudo("anna ALL=(root) NOPASSWD: /usr/bin/apt-get update, /usr/bin/apt upgrade\n"
	     "bert ALL = /sbin/shutdown -h now, /usr/bin/systemctl restart cups\n"
	     "cleo ALL=(nobody) ALL\n"
	     "dora ALL=/usr/local/bin/\n"
	     "emil ALL=/usr/bin/*\n"
	     "%#1234 ALL=ALL\n"
	     "#1005 ALL = NOPASSWD:SETENV: sha256:abcd /bin/bash\n"
	     "fred ALL = /usr/bin/python3.11 /opt/x.py\n"
	     "gina ALL = /usr/bin/less /var/log/syslog\n"
	     "hans ALL = /usr/bin/docker\n"
	     "ines ALL = /usr/lib/linuxmint/mintUpdate/checkAPT.py\n");
	assert_true(has(GRANT_USER, "fred"));
	assert_true(has(GRANT_USER, "gina"));
	assert_true(has(GRANT_USER, "hans"));
	assert_false(has(GRANT_USER, "ines"));
	assert_true(has(GRANT_USER, "anna"));
	assert_false(has(GRANT_USER, "bert"));
	assert_false(has(GRANT_USER, "cleo"));
	assert_true(has(GRANT_USER, "dora"));
	assert_true(has(GRANT_USER, "emil"));
	assert_true(has(GRANT_GID, "1234"));
	assert_true(has(GRANT_UID, "1005"));
	assert_string_equal(grants.unclear, "");
}

static void aliases_are_followed(void **state)
{
	sudo("STAFF ALL = INSTALL\nHELPERS ALL = PRINT\n"
	     "User_Alias STAFF = anna, bert : HELPERS = cleo\n"
	     "Cmnd_Alias INSTALL = /usr/bin/dpkg, PRINT : PRINT = /usr/sbin/lpadmin\n");
	assert_true(has(GRANT_USER, "anna"));
	assert_true(has(GRANT_USER, "bert"));
	assert_false(has(GRANT_USER, "cleo"));
	assert_string_equal(grants.unclear, "");
}

static void several_hosts_and_long_lines(void **state)
{
	sudo("anna HOST1 = /bin/true : \\\n  HOST2 = (root) NOPASSWD: /usr/bin/apt\n"
	     "bert ALL = (nobody) ALL, (root) /bin/sh\n"
	     "cleo , dora ALL=ALL\n\"emil smith\" ALL=ALL\n");
	assert_true(has(GRANT_USER, "anna"));
	assert_true(has(GRANT_USER, "bert"));
	assert_true(has(GRANT_USER, "cleo"));
	assert_true(has(GRANT_USER, "dora"));
	assert_true(has(GRANT_USER, "emil smith"));
}

static void everybody_is_everybody(void **state)
{
	sudo("ALL, !anna ALL=(ALL) NOPASSWD: ALL\n");
	assert_true(has(GRANT_EVERYBODY, ""));
	/* the administrator's own password is asked for */
	sudo("Defaults targetpw\nALL ALL=(ALL) ALL\n");
	assert_int_equal(grants.count, 0);
	sudo("Defaults targetpw\nDefaults !targetpw\nALL ALL=(ALL) ALL\n");
	assert_int_equal(grants.count, 1);
	sudo("Defaults targetpw\nanna ALL=(ALL) NOPASSWD: ALL\n");
	assert_int_equal(grants.count, 1);
}

static void what_is_not_understood_is_said(void **state)
{
	const char *const odd[] = {"+netgroup ALL=ALL\n", "anna ALL\n", "anna\n", "anna ALL=MISSING\n",
		"MISSING ALL=ALL\n", "Cmnd_Alias A = B : B = A\nanna ALL=A\n", "anna ALL=(root ALL\n"};

	for (size_t i = 0; i < ELEMENTS(odd); i++) {
		sudo(odd[i]);
		assert_string_equal(grants.unclear, "sudoers");
	}
}

/* --- polkit --- */

static void rules(const char *text)
{
	_cleanup_free_ char *copy = strdup(text);

	grants = (struct grants){0};
	polkit_parse_rules(copy, "x.rules", &grants);
}

#define RULE(condition) \
	"polkit.addRule(function(action, subject) { if (" condition ") return polkit.Result.YES; });\n"

static void rules_for_administrators_are_fine(void **state)
{
	rules(RULE("action.id == \"org.freedesktop.packagekit.package-install\" && subject.active && "
		   "subject.isInGroup(\"wheel\")"));
	assert_int_equal(grants.count, 0);
	assert_string_equal(grants.unclear, "");
	rules(RULE("action.id == \"org.freedesktop.NetworkManager.settings.modify.system\""));
	assert_string_equal(grants.unclear, "");
	rules("// polkit.Result.YES org.freedesktop.packagekit.package-install\npolkit.addRule(function(a, "
	      "s) { return "
	      "polkit.Result.NO; });");
	assert_string_equal(grants.unclear, "");
}

static void open_rules_are_not_missed(void **state)
{
	const char *const open[] = {RULE("action.id == 'org.freedesktop.packagekit.package-install'"),
		RULE("action.id.indexOf(\"org.freedesktop.packagekit.\") == 0 && subject.local"),
		RULE("subject.active"), RULE("action.id.match(/install/)"),
		RULE("action.id == \"org.freedesktop.policykit.exec\" && subject.user == \"anna\""),
		RULE("action.id == \"org.freedesktop.packagekit.package-install\" && "
		     "!subject.isInGroup(\"wheel\")"),
		"function ok() { return polkit.Result.YES; }\npolkit.addRule(ok);",
		RULE("action.id == \"org.x.y\"") RULE("action.id == \"io.snapcraft.snapd.manage\"")};

	for (size_t i = 0; i < ELEMENTS(open); i++) {
		rules(open[i]);
		assert_string_equal(grants.unclear, "x.rules");
	}
}

static void rules_for_a_group_give_to_that_group(void **state)
{
	rules(RULE(
		"action.id == \"org.freedesktop.Flatpak.app-install\" && subject.isInGroup(\"teachers\")"));
	assert_true(has(GRANT_GROUP, "teachers"));
	assert_string_equal(grants.unclear, "");
	rules("polkit.addAdminRule(function(action, subject) { return [\"unix-group:sudo\", "
	      "\"unix-user:anna\"]; });");
	assert_int_equal(grants.count, 1);
	assert_true(has(GRANT_USER, "anna"));
}

static void pkla(const char *text)
{
	_cleanup_free_ char *copy = strdup(text);

	grants = (struct grants){0};
	polkit_parse_pkla(copy, "x.pkla", &grants);
}

static void pkla_files_are_understood(void **state)
{
	pkla("[Install]\nIdentity=unix-group:admin;unix-group:sudo\nAction=org.freedesktop.packagekit."
	     "package-install\n"
	     "ResultActive=yes\n");
	assert_int_equal(grants.count, 0);
	pkla("[Print]\nIdentity=unix-user:*\nAction=org.opensuse.cupspkhelper.mechanism.*\nResultActive=yes\n"
	     "[Install]\nIdentity=unix-group:teachers\nAction=org.debian.apt.*\nResultActive=auth_self_keep\n"
	     "[No]\nIdentity=unix-user:bert\nAction=org.debian.apt.*\nResultActive=auth_admin\n");
	assert_int_equal(grants.count, 1);
	assert_true(has(GRANT_GROUP, "teachers"));
	pkla("[All]\nIdentity=unix-user:*\nAction=*\nResultAny=yes\n");
	assert_true(has(GRANT_EVERYBODY, ""));
	pkla("[Odd]\nIdentity=unix-netgroup:x\nAction=*\nResultAny=yes\n");
	assert_string_equal(grants.unclear, "x.pkla");
}

static void others_that_are_asked_are_unclear(void **state)
{
	char admins[] = "[Configuration]\nAdminIdentities=unix-user:0;unix-group:sudo;unix-user:anna\n";

	rules("polkit.addRule(function(a, s) { return polkit.spawn(['/usr/local/bin/may', a.id]); });");
	assert_string_equal(grants.unclear, "x.rules");
	rules("polkit.addRule(function(a, s) { return polkit.spawn(['/usr/sbin/pkla-check-authorization', "
	      "a.id]); });");
	assert_string_equal(grants.unclear, "");
	polkit_parse_admins(admins, "x.conf", &grants);
	assert_int_equal(grants.count, 1);
	assert_true(has(GRANT_USER, "anna"));
}

/* --- who is staff --- */

#define PASSWD                                     \
	"root:!:0:0::/root:/bin/bash\n"            \
	"tina:h:1000:1000::/home/tina:/bin/bash\n" \
	"anna:h:1001:1001::/home/anna:/bin/bash\n"

static enum check_verdict judge_with(
	const char *passwd, const char *groups, uint32_t logged_in, struct finding *finding)
{
	_cleanup_accounts_ struct accounts accounts = {.uid_min = 1000, .uid_max = 60000};
	_cleanup_free_ char *p = strdup(passwd), *g = strdup(groups);
	static struct logins logins;

	logins = (struct logins){.count = logged_in ? 1 : 0, .list = {{.uid = logged_in, .type = "wayland"}}};
	memset(finding, 0, sizeof *finding);
	assert_int_equal(accounts_parse_passwd(&accounts, p), 0);
	assert_int_equal(accounts_parse_group(&accounts, g), 0);
	check_rights_judge(&accounts, &logins, &grants, 20780, finding);
	return finding->verdict;
}

static void staff_is_told_from_the_technician(void **state)
{
	_cleanup_free_ struct finding *finding = finding_new();

	grants = (struct grants){0};
	assert_int_equal(judge_with(PASSWD, "sudo:x:27:\n", 0, finding), CHECK_PASS);
	assert_int_equal(finding->detail_count, 0);
	assert_int_equal(judge_with(PASSWD, "sudo:x:27:tina\n", 0, finding), CHECK_PASS);
	assert_non_null(strstr(finding->detail[0], "technician's account"));
	assert_int_equal(judge_with(PASSWD, "sudo:x:27:tina\n", 1001, finding), CHECK_PASS);
	assert_int_equal(judge_with(PASSWD, "sudo:x:27:tina\n", 1000, finding), CHECK_FAIL);
	assert_int_equal(
		judge_with(PASSWD, "wheel:x:27:anna\nouting-staff:x:90:anna\n", 0, finding), CHECK_FAIL);
	assert_non_null(strstr(finding->reason, "\"anna\" is an account of the staff"));
	/* Whoever may start containers or write to the raw disk may do anything. */
	assert_int_equal(
		judge_with(PASSWD, "docker:x:27:anna\nouting-staff:x:90:anna\n", 0, finding), CHECK_FAIL);
	assert_int_equal(
		judge_with(PASSWD, "disk:x:6:anna\nouting-staff:x:90:anna\n", 0, finding), CHECK_FAIL);
	assert_int_equal(
		judge_with(PASSWD, "plugdev:x:46:anna\nouting-staff:x:90:anna\n", 0, finding), CHECK_PASS);
	assert_int_equal(
		judge_with(PASSWD, "admin:x:27:anna\nouting-managers:x:91:anna\nouting-staff:x:90:anna\n",
			1001, finding),
		CHECK_PASS);
	assert_int_equal(
		judge_with("anna:h:1001:1001::/home/anna:/bin/bash\n", "sudo:x:27:anna\n", 0, finding),
		CHECK_FAIL);
	assert_int_equal(
		judge_with("anna:!:1001:1001::/home/anna:/bin/bash\n", "sudo:x:27:anna\n", 0, finding),
		CHECK_PASS);
}

static void grants_reach_accounts(void **state)
{
	_cleanup_free_ struct finding *finding = finding_new();
	const struct {
		enum grant_to to;
		const char *name;
		enum check_verdict verdict;
	} cases[] = {{GRANT_USER, "anna", CHECK_FAIL}, {GRANT_USER, "bert", CHECK_PASS},
		{GRANT_UID, "1001", CHECK_FAIL}, {GRANT_GROUP, "outing-staff", CHECK_FAIL},
		{GRANT_GID, "90", CHECK_FAIL}, {GRANT_GID, "91", CHECK_PASS},
		{GRANT_EVERYBODY, "", CHECK_FAIL}};

	for (size_t i = 0; i < ELEMENTS(cases); i++) {
		grants = (struct grants){0};
		grants_add(&grants, cases[i].to, cases[i].name, "/etc/sudoers.d/x");
		assert_int_equal(
			judge_with(PASSWD, "outing-staff:x:90:anna\n", 0, finding), cases[i].verdict);
	}
	grants = (struct grants){0};
	grants_add(&grants, GRANT_EVERYBODY, "", "/etc/sudoers");
	assert_int_equal(judge_with(PASSWD, "", 0, finding), CHECK_FAIL);
	grants = (struct grants){0};
	grants_unclear(&grants, "/etc/sudoers.d/odd");
	assert_int_equal(judge_with(PASSWD, "", 0, finding), CHECK_UNKNOWN);
	assert_non_null(strstr(finding->reason, "/etc/sudoers.d/odd"));
}

static void a_second_root_fails(void **state)
{
	_cleanup_free_ struct finding *finding = finding_new();

	grants = (struct grants){0};
	assert_int_equal(judge_with(PASSWD "toor:h:0:0::/root:/bin/sh\n", "", 0, finding), CHECK_FAIL);
	assert_int_equal(judge_with(PASSWD "toor:*:0:0::/root:/bin/sh\n", "", 0, finding), CHECK_PASS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_ordinary_file_is_understood),
		cmocka_unit_test(commands_that_install_count),
		cmocka_unit_test(aliases_are_followed),
		cmocka_unit_test(several_hosts_and_long_lines),
		cmocka_unit_test(everybody_is_everybody),
		cmocka_unit_test(what_is_not_understood_is_said),
		cmocka_unit_test(rules_for_administrators_are_fine),
		cmocka_unit_test(open_rules_are_not_missed),
		cmocka_unit_test(rules_for_a_group_give_to_that_group),
		cmocka_unit_test(pkla_files_are_understood),
		cmocka_unit_test(others_that_are_asked_are_unclear),
		cmocka_unit_test(staff_is_told_from_the_technician),
		cmocka_unit_test(grants_reach_accounts),
		cmocka_unit_test(a_second_root_fails),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
