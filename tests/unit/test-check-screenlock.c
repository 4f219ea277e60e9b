/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * Screen locks: dconf databases that dconf itself wrote (tests/unit/data/dconf-*), KDE's and Xfce's files,
 * and which name means which desktop.
 */

#include "base/fd.h"
#include "base/number.h"
#include "outing/dconf.h"
#include "outing/desktop.h"
#include "outing/gvdb.h"
#include "outing/screenlock.h"
#include "outing/xfconf.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/mman.h>

#include <cmocka.h>

#define DATABASE "tests/unit/data/dconf-system"

static char *database(size_t *ret_size)
{
	char *data;

	assert_int_equal(fd_read_file_at(AT_FDCWD, DATABASE, 1 << 20, &data, ret_size), 0);
	return data;
}

static void values_are_found(void **state)
{
	size_t size;
	_cleanup_free_ char *data = database(&size);
	int64_t value;

	assert_int_equal(
		gvdb_lookup(data, size, "/org/gnome/desktop/session/idle-delay", &value), GVDB_FOUND);
	assert_int_equal(value, 900);
	assert_int_equal(
		gvdb_lookup(data, size, "/org/gnome/desktop/screensaver/lock-enabled", &value), GVDB_FOUND);
	assert_int_equal(value, 0);
	assert_int_equal(gvdb_lookup(data, size, "/org/mate/session/idle-delay", &value), GVDB_FOUND);
	assert_int_equal(value, 30);
	assert_int_equal(gvdb_lookup(data, size, "/org/gnome/desktop/session/idle", &value), GVDB_ABSENT);
	assert_int_equal(gvdb_lookup(data, size, "idle-delay", &value), GVDB_ABSENT);
	assert_int_equal(gvdb_lookup(data, size, "", &value), GVDB_ABSENT);
	/* a text is no number */
	assert_int_equal(
		gvdb_lookup(data, size, "/org/gnome/desktop/background/picture-uri", &value), GVDB_ABSENT);
}

static void locks_are_found(void **state)
{
	size_t size;
	_cleanup_free_ char *data = database(&size);

	assert_int_equal(
		gvdb_lookup_in(data, size, ".locks", "/org/gnome/desktop/session/idle-delay"), GVDB_FOUND);
	assert_int_equal(gvdb_lookup_in(data, size, ".locks", "/org/gnome/desktop/screensaver/lock-enabled"),
		GVDB_ABSENT);
	assert_int_equal(gvdb_lookup_in(data, size, ".nothing", "/org"), GVDB_ABSENT);
}

static void cut_and_changed_databases_never_answer_wrongly(void **state)
{
	size_t size;
	_cleanup_free_ char *data = database(&size);
	int64_t value;

	for (size_t cut = 0; cut < size; cut++) {
		_cleanup_free_ char *part = malloc(cut + 1);

		memcpy(part, data, cut);
		if (gvdb_lookup(part, cut, "/org/gnome/desktop/session/idle-delay", &value) == GVDB_FOUND)
			assert_int_equal(value, 900);
	}
	data[0] = 'X';
	assert_int_equal(gvdb_lookup(data, size, "/x", &value), GVDB_DAMAGED);
}

static void a_parent_that_is_its_own_ends(void **state)
{
	size_t size;
	_cleanup_free_ char *data = database(&size);
	int64_t value;

	/* Every item becomes its own parent, and has no name of its own. */
	for (size_t i = 0; i < 15; i++) {
		store_le32(data + 0x5c + i * 24 + 4, (uint32_t)i);
		store_le16(data + 0x5c + i * 24 + 12, 0);
	}
	assert_int_equal(
		gvdb_lookup(data, size, "/org/gnome/desktop/session/idle-delay", &value), GVDB_DAMAGED);
}

static void a_parent_that_is_not_there_is_damage(void **state)
{
	size_t size;
	_cleanup_free_ char *data = database(&size);
	int64_t value;

	for (size_t i = 0; i < 15; i++)
		store_le32(data + 0x5c + i * 24 + 4, 15);
	assert_int_equal(
		gvdb_lookup(data, size, "/org/gnome/desktop/session/idle-delay", &value), GVDB_DAMAGED);
}

static void the_other_byte_order_is_read(void **state)
{
	size_t size;
	_cleanup_free_ char *data = database(&size);
	int64_t value;

	memcpy(data, "raVGtnai", 8);
	assert_int_equal(gvdb_lookup(data, size, "/org/mate/session/idle-delay", &value), GVDB_FOUND);
	assert_int_equal(value, 30 << 24);
}

static void overrides_of_the_distribution_count(void **state)
{
	const char *text = "[org.gnome.desktop.session]\nidle-delay=uint32 600\n"
			   "[org.gnome.desktop.session:ubuntu]\nidle-delay = 0\n"
			   "[org.gnome.desktop.screensaver]\nlock-enabled=false\npicture-uri='file:///x'\n";
	int64_t value;

	assert_true(dconf_override(text, "org.gnome.desktop.session", "idle-delay", &value));
	assert_int_equal(value, 0);
	assert_true(dconf_override(text, "org.gnome.desktop.screensaver", "lock-enabled", &value));
	assert_int_equal(value, 0);
	assert_false(dconf_override(text, "org.gnome.desktop.screensaver", "picture-uri", &value));
	assert_false(dconf_override(text, "org.gnome.desktop", "idle-delay", &value));
}

static void feed_kde(struct screenlock_kde_memory *memory, const char *text)
{
	_cleanup_free_ char *copy = strdup(text);

	screenlock_kde_feed(copy, memory);
}

static void kde_files_override_each_other(void **state)
{
	struct screenlock_kde_memory memory = {0};

	feed_kde(&memory, "[Daemon]\nAutolock=false\nTimeout=10\n");
	feed_kde(&memory, "[Greeter]\nTimeout=99\n[Daemon]\nAutolock=true\n");
	assert_string_equal(memory.autolock.value, "true");
	assert_string_equal(memory.timeout.value, "10");
}

static void kde_marks_what_may_not_change(void **state)
{
	struct screenlock_kde_memory key = {0}, section = {0}, file = {0};

	feed_kde(&key, "[Daemon]\nTimeout[$i]=5\nAutolock=true\n");
	feed_kde(&key, "[Daemon]\nTimeout=0\nAutolock=false\n");
	assert_string_equal(key.timeout.value, "5");
	assert_string_equal(key.autolock.value, "false");
	feed_kde(&section, "[Daemon][$i]\nTimeout=5\n");
	feed_kde(&section, "[Daemon]\nTimeout=0\nAutolock=false\n");
	assert_string_equal(section.timeout.value, "5");
	assert_string_equal(section.autolock.value, "");
	feed_kde(&file, "[$i]\n[Daemon]\nTimeout=5\n");
	feed_kde(&file, "[Daemon]\nTimeout=0\n");
	assert_string_equal(file.timeout.value, "5");
}

static void xfconf_paths_are_built(void **state)
{
	static const char text[] = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
				   "<channel name=\"xfce4-screensaver\" version=\"1.0\">\n"
				   "  <property name=\"saver\" type=\"empty\"><property name=\"enabled\" "
				   "type=\"bool\" value=\"true\"/></property>\n"
				   "  <property name=\"lock\" type=\"empty\">\n"
				   "    <property name=\"enabled\" type=\"bool\" value=\"false\"/>\n"
				   "    <property name=\"saver-activation\" type=\"empty\"><property "
				   "name=\"delay\" type=\"int\" value=\"3\"/></property>\n"
				   "  </property>\n</channel>\n";
	_cleanup_close_ int fd = memfd_create("test", MFD_CLOEXEC);
	struct xfconf_property p[] = {
		{.path = "/lock/enabled"}, {.path = "/lock/saver-activation/delay"}, {.path = "/enabled"}};

	assert_int_equal(fd_write_full(fd, text, sizeof text - 1), 0);
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	assert_int_equal(xfconf_parse(fd, p, ELEMENTS(p)), 0);
	assert_string_equal(p[0].value, "false");
	assert_string_equal(p[1].value, "3");
	assert_false(p[2].found);
}

static void desktops_have_many_names(void **state)
{
	const struct {
		const char *name;
		enum desktop desktop;
	} names[] = {{"GNOME", DESKTOP_GNOME}, {"ubuntu:GNOME", DESKTOP_GNOME},
		{"gnome-classic", DESKTOP_GNOME}, {"gnome-xorg", DESKTOP_GNOME}, {"pop:GNOME", DESKTOP_GNOME},
		{"KDE", DESKTOP_KDE}, {"plasmax11", DESKTOP_KDE}, {"plasma", DESKTOP_KDE},
		{"X-Cinnamon", DESKTOP_CINNAMON}, {"MATE", DESKTOP_MATE}, {"xfce", DESKTOP_XFCE},
		{"XFCE;", DESKTOP_XFCE}, {"startxfce4", DESKTOP_XFCE}, {"sway", DESKTOP_UNKNOWN},
		{"Budgie:GNOME", DESKTOP_UNKNOWN}, {"GNOME-Flashback:GNOME", DESKTOP_UNKNOWN},
		{"", DESKTOP_UNKNOWN}, {"automated", DESKTOP_UNKNOWN}};

	for (size_t i = 0; i < ELEMENTS(names); i++)
		assert_int_equal(desktop_of_name(names[i].name), names[i].desktop);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values_are_found),
		cmocka_unit_test(locks_are_found),
		cmocka_unit_test(cut_and_changed_databases_never_answer_wrongly),
		cmocka_unit_test(a_parent_that_is_its_own_ends),
		cmocka_unit_test(a_parent_that_is_not_there_is_damage),
		cmocka_unit_test(the_other_byte_order_is_read),
		cmocka_unit_test(overrides_of_the_distribution_count),
		cmocka_unit_test(kde_files_override_each_other),
		cmocka_unit_test(kde_marks_what_may_not_change),
		cmocka_unit_test(xfconf_paths_are_built),
		cmocka_unit_test(desktops_have_many_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
