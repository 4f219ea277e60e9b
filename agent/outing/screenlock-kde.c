/* SPDX-License-Identifier: GPL-3.0-or-later */

/* KDE Plasma: [Daemon] Autolock and Timeout of kscreenlockerrc. See screenlock.h. */

#include "base/number.h"
#include "outing/ini.h"
#include "outing/rootfs.h"
#include "outing/screenlock.h"

#include <string.h>

#define TIMEOUT_DEFAULT 5 /* minutes */
#define MINUTES_MAX     100000

struct slot {
	char *value;
	bool *immutable;
};

/* KConfig marks what later files may not change by [$i] behind a key or section. */
static bool without_mark(const char *text, const char *name, bool *ret_marked)
{
	size_t size = strlen(name);

	if (strncmp(text, name, size) != 0)
		return false;
	*ret_marked = strstr(text + size, "$i") != NULL;
	return text[size] == 0 || text[size] == '[' || text[size] == ']';
}

static struct slot slot_of(struct screenlock_kde_memory *memory, const char *key, bool *ret_marked)
{
	if (without_mark(key, "Autolock", ret_marked))
		return (struct slot){memory->autolock.value, &memory->autolock.immutable};
	if (without_mark(key, "Timeout", ret_marked))
		return (struct slot){memory->timeout.value, &memory->timeout.immutable};
	if (without_mark(key, "LockOnResume", ret_marked))
		return (struct slot){memory->resume.value, &memory->resume.immutable};
	return (struct slot){NULL, NULL};
}

struct feeding {
	struct screenlock_kde_memory *memory;
	bool immutable; /* what this file says about all that follow */
};

static int take(const char *section, const char *key, const char *value, void *data)
{
	struct feeding *feeding = data;
	bool section_marked, marked = false;
	struct slot slot;

	if (strcmp(section, "$i") == 0)
		feeding->immutable = true;
	if (!without_mark(section, "Daemon", &section_marked))
		return 0;
	slot = slot_of(feeding->memory, key, &marked);
	if (!slot.value || *slot.immutable || !value)
		return 0;
	(void)snprintf(slot.value, sizeof feeding->memory->timeout.value, "%.31s", value);
	*slot.immutable = marked;
	feeding->immutable |= section_marked;
	return 0;
}

void screenlock_kde_feed(char *text, struct screenlock_kde_memory *memory)
{
	struct feeding feeding = {memory, false};

	if (memory->immutable)
		return;
	feeding.immutable = strncmp(text, "[$i]", 4) == 0;
	(void)ini_each(text, take, &feeding);
	memory->immutable = feeding.immutable;
}

static void judge(const struct screenlock_user *user, const struct screenlock_kde_memory *memory, bool own,
	struct finding *finding)
{
	uint64_t minutes = TIMEOUT_DEFAULT;
	bool set = memory->timeout.value[0] != 0;

	if (set && (number_parse_u64(memory->timeout.value, &minutes) < 0 || minutes > MINUTES_MAX)) {
		finding_unknown(finding, "Ask the technician to look at kscreenlockerrc of this user.",
			"When the screen of \"%s\" locks is not understood.", user->name);
		return;
	}
	if (memory->autolock.value[0] && !ini_true(memory->autolock.value))
		screenlock_never(user, finding, "the automatic lock is turned off");
	else if (minutes == 0)
		screenlock_never(user, finding, "the time without use is set to \"never\"");
	else if (memory->resume.value[0] && !ini_true(memory->resume.value))
		screenlock_never(user, finding, "it stays open when the computer wakes up");
	else
		screenlock_after(user, DESKTOP_KDE, (int64_t)minutes * 60,
			!set  ? "by default"
			: own ? "set by the user"
			      : "set for everybody",
			finding);
}

void screenlock_kde(const struct screenlock_user *user, struct finding *finding)
{
	const char *const system[] = {"/usr/share/desktop-base/kf5-settings",
		"/usr/share/kubuntu-default-settings/kf5-settings",
		"/usr/share/kde-settings/kde-profile/default/xdg", "/etc/xdg"};
	struct screenlock_kde_memory memory = {0}, before;
	char path[ROOTFS_PATH];

	for (size_t i = 0; i <= ELEMENTS(system); i++) {
		_cleanup_free_ char *text = NULL;
		bool fits = i < ELEMENTS(system)
				    ? rootfs_path(path, "%s/kscreenlockerrc", system[i])
				    : rootfs_path(path, "%s/.config/kscreenlockerrc", user->home);
		int r = fits ? rootfs_text(user->root, path, &text) : -ENAMETOOLONG;

		before = memory;
		if (r == 0)
			screenlock_kde_feed(text, &memory);
		else if (r != -ENOENT) {
			finding_unreadable(finding, path, r);
			return;
		}
	}
	judge(user, &memory, strcmp(before.timeout.value, memory.timeout.value) != 0, finding);
}
