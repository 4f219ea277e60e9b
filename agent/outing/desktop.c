/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Session files and the login screens' memory. See desktop.h. */

#include "outing/desktop.h"

#include "outing/ini.h"
#include "outing/rootfs.h"

#include <string.h>
#include <strings.h>

static const char *const folders[] = {"/usr/share/wayland-sessions", "/usr/share/xsessions",
	"/usr/local/share/wayland-sessions", "/usr/local/share/xsessions"};

/* One part of a name, without case. The order matters: "cinnamon" comes before anything it may contain. */
static enum desktop desktop_of_word(const char *word)
{
	static const struct {
		const char *word;
		bool whole;
		enum desktop desktop;
	} words[] = {
		{"cinnamon", false, DESKTOP_CINNAMON},
		{"plasma", false, DESKTOP_KDE},
		{"startkde", true, DESKTOP_KDE},
		{"kde", true, DESKTOP_KDE},
		{"mate", true, DESKTOP_MATE},
		{"mate-session", true, DESKTOP_MATE},
		{"xfce", false, DESKTOP_XFCE},
		{"xubuntu", true, DESKTOP_XFCE},
		{"gnome-flashback", false, DESKTOP_UNKNOWN},
		{"gnome", false, DESKTOP_GNOME},
		{"ubuntu", true, DESKTOP_GNOME},
		{"ubuntu-wayland", true, DESKTOP_GNOME},
		{"ubuntu-xorg", true, DESKTOP_GNOME},
	};

	for (size_t i = 0; i < ELEMENTS(words); i++)
		if (words[i].whole ? strcasecmp(word, words[i].word) == 0
				   : strcasestr(word, words[i].word) != NULL)
			return words[i].desktop;
	return DESKTOP_UNKNOWN;
}

enum desktop desktop_of_name(const char *name)
{
	char copy[256], *at = copy, *word;

	(void)snprintf(copy, sizeof copy, "%.255s", name);
	/* Budgie and others add GNOME to their own name, but lock by programs of their own. */
	while ((word = strsep(&at, ":;"))) {
		enum desktop desktop = desktop_of_word(word);

		if (strcasecmp(word, "budgie") == 0 || strcasecmp(word, "pantheon") == 0 ||
			strcasecmp(word, "unity") == 0 || strcasestr(word, "flashback"))
			return DESKTOP_UNKNOWN;
		if (desktop != DESKTOP_UNKNOWN)
			return desktop;
	}
	return DESKTOP_UNKNOWN;
}

const char *desktop_called(enum desktop desktop)
{
	switch (desktop) {
	case DESKTOP_GNOME:
		return "GNOME";
	case DESKTOP_KDE:
		return "KDE Plasma";
	case DESKTOP_CINNAMON:
		return "Cinnamon";
	case DESKTOP_MATE:
		return "MATE";
	case DESKTOP_XFCE:
		return "Xfce";
	case DESKTOP_UNKNOWN:
		break;
	}
	return "an unknown desktop";
}

static void add(struct desktop_choice *choice, const char *name)
{
	enum desktop desktop = desktop_of_name(name);

	if (choice->possible[desktop])
		return;
	choice->possible[desktop] = true;
	choice->count++;
	if (desktop == DESKTOP_UNKNOWN)
		(void)snprintf(choice->unknown, sizeof choice->unknown, "%.63s", name);
}

struct wanted {
	const char *section;
	const char *keys[3];
	char value[256];
};

/* The first key that has a value, of those in the list; later keys of the file do not replace it. */
static int take(const char *section, const char *key, const char *value, void *data)
{
	struct wanted *wanted = data;

	if (wanted->value[0] || !value || !*value || strcmp(section, wanted->section) != 0)
		return 0;
	for (size_t i = 0; i < ELEMENTS(wanted->keys) && wanted->keys[i]; i++)
		if (strcmp(key, wanted->keys[i]) == 0)
			(void)snprintf(wanted->value, sizeof wanted->value, "%.255s", value);
	return 0;
}

static bool read_key(const char *root, const char *path, struct wanted *wanted)
{
	_cleanup_free_ char *text = NULL;

	wanted->value[0] = 0;
	if (rootfs_text(root, path, &text) < 0)
		return false;
	(void)ini_each(text, take, wanted);
	return wanted->value[0] != 0;
}

/* Debian's "default" session is whatever this link leads to. */
static void add_default(const char *root, struct desktop_choice *choice)
{
	char target[ROOTFS_PATH];
	const char *slash;

	if (rootfs_link(root, "/etc/alternatives/x-session-manager", target, sizeof target) < 0) {
		add(choice, "default");
		return;
	}
	slash = strrchr(target, '/');
	add(choice, slash ? slash + 1 : target);
}

static bool is_default(const char *session)
{
	return strcmp(session, "default") == 0 || strcmp(session, "lightdm-xsession") == 0 ||
	       strcmp(session, "Xsession") == 0;
}

/* session: the name of its file without ".desktop". */
static void add_session(const char *root, const char *session, struct desktop_choice *choice)
{
	struct wanted names = {"Desktop Entry", {"DesktopNames", "X-LightDM-DesktopName"}, ""};
	char path[ROOTFS_PATH];

	if (is_default(session)) {
		add_default(root, choice);
		return;
	}
	for (size_t i = 0; i < ELEMENTS(folders); i++) {
		if (rootfs_path(path, "%s/%s.desktop", folders[i], session) && read_key(root, path, &names)) {
			add(choice, names.value);
			return;
		}
	}
	add(choice, session);
}

static bool chosen(const char *root, const char *user, const char *home, char *ret_session, size_t size)
{
	struct wanted accounts = {"User", {"Session", "XSession"}, ""}, dmrc = {"Desktop", {"Session"}, ""},
		      sddm = {"Last", {"Session"}, ""};
	const char *value = NULL;
	char path[ROOTFS_PATH];
	size_t length;

	if (rootfs_path(path, "/var/lib/AccountsService/users/%s", user) && read_key(root, path, &accounts))
		value = accounts.value;
	else if (rootfs_path(path, "%s/.dmrc", home) && read_key(root, path, &dmrc))
		value = dmrc.value;
	else if (read_key(root, "/var/lib/sddm/state.conf", &sddm))
		value = sddm.value;
	if (!value)
		return false;
	if (strrchr(value, '/'))
		value = strrchr(value, '/') + 1;
	length = strlen(value);
	if (length > 8 && strcmp(value + length - 8, ".desktop") == 0)
		length -= 8;
	(void)snprintf(ret_session, size, "%.*s", (int)length, value);
	return true;
}

static int add_installed(const char *root, struct desktop_choice *choice)
{
	for (size_t f = 0; f < ELEMENTS(folders); f++) {
		_cleanup_names_ struct rootfs_names names = {0};
		int r = rootfs_list(root, folders[f], ".desktop", &names);

		if (r < 0 && r != -ENOENT)
			return r;
		for (size_t i = 0; i < names.count; i++) {
			*strrchr(names.name[i], '.') = 0;
			add_session(root, names.name[i], choice);
		}
	}
	return 0;
}

int desktop_choice_of(const char *root, const char *user, const char *home, struct desktop_choice *ret_choice)
{
	char session[256];
	int r;

	*ret_choice = (struct desktop_choice){0};
	r = add_installed(root, ret_choice);
	if (r < 0 || ret_choice->count <= 1 || !chosen(root, user, home, session, sizeof session))
		return r;
	*ret_choice = (struct desktop_choice){0};
	add_session(root, session, ret_choice);
	return 0;
}
