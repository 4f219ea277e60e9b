/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Automatic login: what the files of each login screen say, and what the options of a getty mean. */

#include "outing/check-autologin.h"
#include "outing/getty.h"
#include "outing/ini.h"
#include "outing/login.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

/* Feeds the files in turn and says who would be logged in. */
static const char *user_of(const char *manager, const char *const *files)
{
	static struct autologin_memory memory;

	memory = (struct autologin_memory){0};
	for (; *files; files++) {
		_cleanup_free_ char *copy = strdup(*files);

		autologin_feed(manager, copy, &memory);
	}
	return autologin_user(manager, &memory);
}

#define USER(manager, ...) user_of(manager, (const char *const[]){__VA_ARGS__, NULL})

static void gdm_needs_the_name_and_the_switch(void **state)
{
	assert_string_equal(
		USER("gdm", "[daemon]\nAutomaticLoginEnable=TRUE\nAutomaticLogin=anna\n"), "anna");
	assert_string_equal(USER("gdm", "[daemon]\nTimedLoginEnable = yes\nTimedLogin = anna\n"), "anna");
	assert_null(USER("gdm", "[daemon]\nAutomaticLogin=anna\n"));
	assert_null(USER("gdm", "[daemon]\nAutomaticLoginEnable=true\nAutomaticLogin=\n"));
	assert_null(USER("gdm", "[daemon]\n#AutomaticLoginEnable=true\n#AutomaticLogin=anna\n"));
	assert_null(USER("gdm", "[other]\nAutomaticLoginEnable=true\nAutomaticLogin=anna\n"));
}

static void gdm_files_add_up(void **state)
{
	assert_string_equal(
		USER("gdm", "[daemon]\nAutomaticLogin=anna\n", "[daemon]\nAutomaticLoginEnable=1\n"), "anna");
	assert_null(USER("gdm", "[daemon]\nAutomaticLogin=anna\nAutomaticLoginEnable=1\n",
		"[daemon]\nAutomaticLoginEnable=false\n"));
}

static void lightdm_sections_override_by_seat(void **state)
{
	assert_string_equal(USER("lightdm", "[Seat:*]\nautologin-user=anna\n"), "anna");
	assert_string_equal(USER("lightdm", "[SeatDefaults]\nautologin-user=anna\n"), "anna");
	assert_string_equal(USER("lightdm", "[Seat:seat0]\nautologin-guest=true\n"), "a guest");
	assert_null(USER("lightdm", "[SeatDefaults]\nautologin-user=anna\n", "[Seat:*]\nautologin-user=\n"));
	assert_string_equal(
		USER("lightdm", "[Seat:*]\nautologin-user=anna\n", "[Seat:seat1]\nautologin-user=\n"),
		"anna");
	assert_null(USER("lightdm", "[LightDM]\nautologin-user=anna\n"));
	assert_null(USER("lightdm", "[Seat:*]\nallow-guest=false\n"));
}

static void the_others_have_words_of_their_own(void **state)
{
	assert_string_equal(USER("sddm", "[Autologin]\nUser=anna\nSession=plasma\n"), "anna");
	assert_null(USER("sddm", "[Autologin]\nUser=anna\n", "[Autologin]\nUser=\n"));
	assert_null(USER("sddm", "[Users]\nUser=anna\n"));
	assert_string_equal(USER("greetd", "[terminal]\nvt = 1\n[default_session]\ncommand = "
					   "\"agreety\"\n[initial_session]\ncommand = "
					   "\"sway\"\nuser = \"anna\"\n"),
		"anna");
	assert_null(USER("greetd", "[default_session]\ncommand = \"agreety\"\nuser = \"greeter\"\n"));
	assert_string_equal(USER("lxdm", "[base]\nautologin=anna\n"), "anna");
	assert_null(USER("lxdm", "[base]\n# autologin=anna\n"));
	assert_string_equal(USER("slim", "default_user anna\nauto_login          yes\n"), "a guest");
	assert_null(USER("slim", "auto_login no\n"));
	assert_string_equal(USER("emptty", "AUTOLOGIN=true\n"), "a guest");
	assert_null(USER("ly", "auto_login_user = null\n"));
	assert_null(USER("no-such-manager", "[Autologin]\nUser=anna\n"));
}

static enum getty_answer getty(const char *command)
{
	_cleanup_free_ char *copy = strdup(command);

	return getty_judge_command(copy);
}

static void ordinary_gettys_ask(void **state)
{
	assert_int_equal(getty("-/sbin/agetty -o '-p -- \\\\u' --noclear - $TERM"), GETTY_ASKS);
	assert_int_equal(getty("-/sbin/agetty -o '-p -- \\\\u' --keep-baud 115200,57600,38400,9600 - $TERM"),
		GETTY_ASKS);
	assert_int_equal(getty("-/sbin/agetty --noclear %I $TERM"), GETTY_ASKS);
	assert_int_equal(getty("/sbin/agetty -f /etc/issue.a -a"), GETTY_AUTOLOGIN);
	assert_int_equal(getty("/sbin/agetty -f -a tty1"), GETTY_ASKS);
	assert_int_equal(getty("/sbin/agetty --login-program /bin/login -L tty1"), GETTY_ASKS);
}

static void gettys_that_log_in_are_found(void **state)
{
	const char *const commands[] = {"-/sbin/agetty --autologin anna --noclear %I $TERM",
		"-/sbin/agetty --autologin=anna %I", "/sbin/agetty -a anna %I", "/sbin/agetty -aanna %I",
		"/sbin/agetty -Ja anna %I", "/sbin/agetty --autol anna tty1", "@/sbin/agetty agetty -a anna",
		"-/sbin/agetty -o '-p -f -- anna' -n %I", "-/sbin/agetty --login-options \"-f anna\" %I"};

	for (size_t i = 0; i < ELEMENTS(commands); i++)
		assert_int_equal(getty(commands[i]), GETTY_AUTOLOGIN);
}

static void gettys_that_start_a_shell_are_found(void **state)
{
	assert_int_equal(getty("/bin/bash"), GETTY_NO_LOGIN);
	assert_int_equal(getty("-/sbin/agetty -n -l /bin/bash tty9"), GETTY_NO_LOGIN);
	assert_int_equal(getty("-/sbin/agetty --login-program=/usr/bin/startx tty9"), GETTY_NO_LOGIN);
	assert_int_equal(getty("/bin/login"), GETTY_ASKS);
	assert_int_equal(getty("/usr/bin/kmscon --vt=%I --seats=seat0"), GETTY_ASKS);
	assert_int_equal(getty(""), GETTY_ASKS);
}

static void sessions_are_read(void **state)
{
	char text[] =
		"# This is private data. Do not "
		"parse.\nUID=1000\nUSER=anna\nACTIVE=1\nSTATE=active\nREMOTE=0\n"
		"TYPE=wayland\nCLASS=user\nSCOPE=session-2.scope\nDESKTOP=gnome\nSERVICE=gdm-autologin\n";
	struct login login;

	login_parse(text, &login);
	assert_int_equal(login.uid, 1000);
	assert_string_equal(login.user, "anna");
	assert_string_equal(login.desktop, "gnome");
	assert_string_equal(login.service, "gdm-autologin");
	assert_true(login_is_graphical(&login));
	assert_false(login.closing);
}

static int find_b(const char *section, const char *key, const char *value, void *data)
{
	if (strcmp(section, "two") == 0 && strcmp(key, "b") == 0)
		(void)snprintf(data, 32, "%s", value ? value : "(null)");
	return 0;
}

static void ini_files_are_cut(void **state)
{
	char text[] = "a=1\r\n[one]\nb = 2\n; c=3\n[two]\n  b =  \"x = y\"  \nlonely\n[unfinished\nb=4\n",
	     found[32] = "";

	assert_int_equal(ini_each(text, find_b, found), 0);
	assert_string_equal(found, "x = y");
	assert_true(ini_true("Yes"));
	assert_true(ini_false("OFF"));
	assert_false(ini_true("maybe"));
	assert_false(ini_false("maybe"));
	assert_false(ini_true(NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gdm_needs_the_name_and_the_switch),
		cmocka_unit_test(gdm_files_add_up),
		cmocka_unit_test(lightdm_sections_override_by_seat),
		cmocka_unit_test(the_others_have_words_of_their_own),
		cmocka_unit_test(ordinary_gettys_ask),
		cmocka_unit_test(gettys_that_log_in_are_found),
		cmocka_unit_test(gettys_that_start_a_shell_are_found),
		cmocka_unit_test(sessions_are_read),
		cmocka_unit_test(ini_files_are_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
