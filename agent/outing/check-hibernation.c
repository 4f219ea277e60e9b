/* SPDX-License-Identifier: GPL-3.0-or-later */

/* One firmware variable, and what closing the lid does. See check-hibernation.h. */

#include "outing/check-hibernation.h"

#include "outing/ini.h"
#include "outing/rootfs.h"

#include <string.h>

#define VARIABLES "/sys/firmware/efi/efivars"
#define LOCATION  VARIABLES "/HibernateLocation-8cf2644b-4b0b-428f-9387-6d876050dc67"

struct settings {
	char lid[64];   /* HandleLidSwitch */
	char power[64]; /* HandlePowerKey */
};

static bool writes_memory(const char *value)
{
	return strcmp(value, "hibernate") == 0 || strcmp(value, "hybrid-sleep") == 0 ||
	       strcmp(value, "suspend-then-hibernate") == 0;
}

static int take(const char *section, const char *key, const char *value, void *data)
{
	struct settings *settings = data;

	if (strcmp(section, "Login") != 0 || !value)
		return 0;
	if (strcmp(key, "HandleLidSwitch") == 0)
		(void)snprintf(settings->lid, sizeof settings->lid, "%.63s", value);
	else if (strcmp(key, "HandlePowerKey") == 0)
		(void)snprintf(settings->power, sizeof settings->power, "%.63s", value);
	return 0;
}

/* Details only, so a file that cannot be read is left out. */
static void read_settings(const char *root, struct settings *settings)
{
	static const char *const folders[] = {
		"/usr/lib/systemd/logind.conf.d", "/run/systemd/logind.conf.d", "/etc/systemd/logind.conf.d"};
	_cleanup_free_ char *text = NULL;

	if (rootfs_text(root, "/etc/systemd/logind.conf", &text) == 0)
		(void)ini_each(text, take, settings);
	for (size_t f = 0; f < ELEMENTS(folders); f++) {
		_cleanup_names_ struct rootfs_names names = {0};

		if (rootfs_list(root, folders[f], ".conf", &names) < 0)
			continue;
		for (size_t i = 0; i < names.count; i++) {
			_cleanup_free_ char *more = NULL;
			char path[ROOTFS_PATH];

			if (rootfs_path(path, "%s/%s", folders[f], names.name[i]) &&
				rootfs_text(root, path, &more) == 0)
				(void)ini_each(more, take, settings);
		}
	}
}

static void tell_settings(const char *root, struct finding *finding)
{
	struct settings settings = {"suspend", "poweroff"};

	read_settings(root, &settings);
	if (writes_memory(settings.lid))
		finding_detail(finding,
			"Closing the lid writes the memory to disk (%s); whether it is encrypted there is "
			"judged with "
			"the disks.",
			settings.lid);
	else if (strcmp(settings.lid, "ignore") != 0 && strcmp(settings.lid, "poweroff") != 0)
		finding_detail(finding, "A sleeping computer keeps its disks unlocked: switch it off before "
					"it leaves the building.");
	if (writes_memory(settings.power))
		finding_detail(finding, "The power button writes the memory to disk (%s).", settings.power);
}

/* 1 the kernel can hibernate, 0 it cannot, negative errno. */
static int can_hibernate(const char *root)
{
	_cleanup_free_ char *text = NULL;
	char *at, *word;
	int r = rootfs_text(root, "/sys/power/state", &text);

	if (r < 0)
		return r;
	at = text;
	while ((word = ini_word(&at)))
		if (strcmp(word, "disk") == 0)
			return 1;
	return 0;
}

static void judge_location(const char *root, struct finding *finding)
{
	int r = rootfs_exists(root, LOCATION);

	if (r > 0)
		finding_fail(finding,
			"Start the computer again and log in, so that it takes its memory back, then switch "
			"it off. If "
			"this stays, ask the technician to clear it (command: systemctl start "
			"systemd-hibernate-clear).",
			"The computer was hibernated and not resumed: a copy of its memory may lie on the "
			"disk.");
	else if (r < 0)
		finding_unreadable(finding, LOCATION, r);
}

void check_hibernation(const struct checks_input *input, struct finding *finding)
{
	const char *root = input->root;
	int r = can_hibernate(root);

	judge_location(root, finding);
	if (r == -ENOENT && rootfs_exists(root, "/sys/kernel") <= 0)
		finding_unknown(finding, "Ask the technician why /sys is not mounted, and check again.",
			"Whether this computer hibernates is not known: /sys is not there.");
	else if (r < 0 && r != -ENOENT)
		finding_unreadable(finding, "/sys/power/state", r);
	else if (r <= 0)
		finding_pass(finding, "This computer cannot hibernate.");
	else
		finding_pass(finding, "No hibernation was left unfinished.");
	tell_settings(root, finding);
}
