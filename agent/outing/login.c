/* SPDX-License-Identifier: GPL-3.0-or-later */

/* One file per session. See login.h. */

#include "outing/login.h"

#include "base/number.h"
#include "outing/ini.h"
#include "outing/rootfs.h"

#include <string.h>

#define FOLDER "/run/systemd/sessions"

static int take(const char *section, const char *key, const char *value, void *data)
{
	struct login *login = data;
	const struct {
		const char *key;
		char *to;
	} texts[] = {
		{"USER", login->user},
		{"TYPE", login->type},
		{"CLASS", login->class},
		{"DESKTOP", login->desktop},
		{"SERVICE", login->service},
	};
	uint64_t number;

	if (!value)
		return 0;
	for (size_t i = 0; i < ELEMENTS(texts); i++)
		if (strcmp(key, texts[i].key) == 0)
			(void)snprintf(texts[i].to, LOGIN_TEXT, "%s", value);
	if (strcmp(key, "UID") == 0 && number_parse_u64(value, &number) == 0 && number < UINT32_MAX)
		login->uid = (uint32_t)number;
	if (strcmp(key, "STATE") == 0)
		login->closing = strcmp(value, "closing") == 0;
	return 0;
}

void login_parse(char *text, struct login *ret_login)
{
	*ret_login = (struct login){.uid = UINT32_MAX};
	(void)ini_each(text, take, ret_login);
}

bool login_is_graphical(const struct login *login)
{
	return strcmp(login->type, "x11") == 0 || strcmp(login->type, "wayland") == 0 ||
	       strcmp(login->type, "mir") == 0;
}

static int load_one(const char *root, const char *name, struct logins *logins)
{
	_cleanup_free_ char *text = NULL;
	char path[ROOTFS_PATH];
	struct login login;
	int r;

	if (!rootfs_path(path, FOLDER "/%s", name))
		return -ENAMETOOLONG;
	r = rootfs_text(root, path, &text);
	/* Logged out meanwhile; and NAME.ref is a pipe. */
	if (r == -ENOENT || r == -EINVAL)
		return 0;
	if (r < 0)
		return r;
	login_parse(text, &login);
	if (strncmp(login.class, "user", 4) != 0 || login.closing)
		return 0;
	if (logins->count >= LOGINS_MAX)
		return -E2BIG;
	logins->list[logins->count++] = login;
	return 0;
}

int logins_load(const char *root, struct logins *ret_logins)
{
	_cleanup_names_ struct rootfs_names names = {0};
	int r = rootfs_list(root, FOLDER, "", &names);

	ret_logins->count = 0;
	for (size_t i = 0; r == 0 && i < names.count; i++)
		r = load_one(root, names.name[i], ret_logins);
	return r;
}
