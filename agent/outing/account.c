/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Which files there are, and what is asked of them. See account.h. */

#include "outing/account.h"

#include "outing/rootfs.h"

#include <string.h>

#define UID_MIN_DEFAULT 1000
#define UID_MAX_DEFAULT 60000

typedef int parse_function(struct accounts *accounts, char *text);

static int read_login_defs(struct accounts *accounts, char *text)
{
	accounts_parse_login_defs(accounts, text);
	return 0;
}

static int read_nsswitch(struct accounts *accounts, char *text)
{
	accounts_parse_nsswitch(accounts, text);
	return 0;
}

static const struct {
	const char *path;
	bool needed;
	parse_function *parse;
} sources[] = {
	{"/usr/etc/login.defs", false, read_login_defs},
	{"/etc/login.defs", false, read_login_defs},
	{"/etc/nsswitch.conf", false, read_nsswitch},
	{"/etc/passwd", true, accounts_parse_passwd},
	{"/etc/shadow", false, accounts_parse_shadow},
	{"/etc/group", false, accounts_parse_group},
};

static int read_json(const char *root, const char *path, struct js **ret_js)
{
	_cleanup_free_ char *text = NULL;
	int r = rootfs_text(root, path, &text);

	if (r < 0)
		return r;
	r = js_parse(text, strlen(text), ret_js);
	return r == -EINVAL ? -EBADMSG : r;
}

/* NAME.user has its secret half beside it in NAME.user-privileged. */
static int read_record(struct accounts *accounts, const char *root, const char *path)
{
	_cleanup_js_ struct js *record = NULL, *privileged = NULL;
	char secret[ROOTFS_PATH];
	int r = read_json(root, path, &record);

	if (r < 0)
		return r;
	if (rootfs_path(secret, "%s-privileged", path)) {
		r = read_json(root, secret, &privileged);
		if (r < 0 && r != -ENOENT)
			return r;
	}
	return accounts_add_record(accounts, record, privileged ? js_get(privileged, "privileged") : NULL);
}

static int read_records(struct accounts *accounts, const char *root, const char *folder, const char *suffix)
{
	_cleanup_names_ struct rootfs_names names = {0};
	int r = rootfs_list(root, folder, suffix, &names);

	if (r == -ENOENT)
		return 0;
	for (size_t i = 0; r == 0 && i < names.count; i++) {
		char path[ROOTFS_PATH], target[ROOTFS_PATH];

		if (!rootfs_path(path, "%s/%s", folder, names.name[i]))
			return -ENAMETOOLONG;
		/* UID.user is a link to NAME.user. */
		if (rootfs_link(root, path, target, sizeof target) == 0)
			continue;
		r = read_record(accounts, root, path);
	}
	return r;
}

static int load(const char *root, struct accounts *accounts, const char **ret_path)
{
	static const struct {
		const char *folder, *suffix;
	} records[] = {
		{"/var/lib/systemd/home", ".identity"},
		{"/etc/userdb", ".user"},
		{"/run/userdb", ".user"},
		{"/run/host/userdb", ".user"},
		{"/usr/lib/userdb", ".user"},
	};
	int r = 0;

	for (size_t i = 0; i < ELEMENTS(sources); i++) {
		_cleanup_free_ char *text = NULL;

		*ret_path = sources[i].path;
		r = rootfs_text(root, sources[i].path, &text);
		if (r == 0)
			r = sources[i].parse(accounts, text);
		else if (r == -ENOENT && !sources[i].needed)
			r = 0;
		if (r < 0)
			return r;
	}
	for (size_t i = 0; i < ELEMENTS(records) && r == 0; i++) {
		*ret_path = records[i].folder;
		r = read_records(accounts, root, records[i].folder, records[i].suffix);
	}
	return r;
}

int accounts_load(const char *root, struct accounts *ret_accounts, const char **ret_path)
{
	struct accounts accounts = {.uid_min = UID_MIN_DEFAULT, .uid_max = UID_MAX_DEFAULT};
	int r = load(root, &accounts, ret_path);

	*ret_accounts = (struct accounts){0};
	if (r < 0) {
		accounts_clear(&accounts);
		return r;
	}
	*ret_accounts = accounts;
	return 0;
}

void accounts_clear(struct accounts *accounts)
{
	for (size_t i = 0; i < accounts->group_count; i++)
		free(accounts->groups[i].members);
	free(accounts->groups);
	free(accounts->list);
	*accounts = (struct accounts){0};
}

const struct account *accounts_find(const struct accounts *accounts, const char *name)
{
	for (size_t i = 0; i < accounts->count; i++)
		if (strcmp(accounts->list[i].name, name) == 0)
			return &accounts->list[i];
	return NULL;
}

const struct account *accounts_find_uid(const struct accounts *accounts, uint32_t uid)
{
	for (size_t i = 0; i < accounts->count; i++)
		if (accounts->list[i].uid == uid)
			return &accounts->list[i];
	return NULL;
}

static bool shell_lets_in(const char *shell)
{
	static const char *const refusing[] = {"nologin", "false", "true", "sync", "shutdown", "halt"};
	const char *name = strrchr(shell, '/');

	name = name ? name + 1 : shell;
	for (size_t i = 0; i < ELEMENTS(refusing); i++)
		if (strcmp(name, refusing[i]) == 0)
			return false;
	return true;
}

bool account_is_person(const struct accounts *accounts, const struct account *account)
{
	bool in_range = account->uid >= accounts->uid_min && account->uid <= accounts->uid_max;

	return (in_range || account->homed) && shell_lets_in(account->shell);
}

bool account_may_log_in(const struct account *account, int64_t today)
{
	bool expired = account->expire_day != ACCOUNT_NO_DAY && account->expire_day <= today;

	return !expired && shell_lets_in(account->shell);
}

static bool is_member(const struct account_group *group, const char *name)
{
	size_t size = strlen(name);

	for (const char *at = group->members; (at = strstr(at, name)); at++)
		if (at > group->members && at[-1] == ',' && at[size] == ',')
			return true;
	return false;
}

bool account_in_group(const struct accounts *accounts, const struct account *account, const char *group)
{
	for (size_t i = 0; i < accounts->group_count; i++) {
		const struct account_group *entry = &accounts->groups[i];

		if (strcmp(entry->name, group) != 0)
			continue;
		if (is_member(entry, account->name) ||
			(entry->gid != UINT32_MAX && entry->gid == account->gid))
			return true;
	}
	return false;
}
