/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Accounts against groups and grants. See check-rights.h. */

#include "outing/check-rights.h"

#include "base/number.h"
#include "outing/polkit.h"
#include "outing/rootfs.h"
#include "outing/sudoers.h"

#include <string.h>

#define DAY      86400
#define MANAGERS "outing-managers"
#define STAFF    "outing-staff"

static bool has_number(const char *text, uint32_t id)
{
	uint64_t value;

	return number_parse_u64(text, &value) == 0 && value == id;
}

static bool in_group_number(
	const struct accounts *accounts, const struct account *account, const char *number)
{
	for (size_t i = 0; i < accounts->group_count; i++)
		if (has_number(number, accounts->groups[i].gid) &&
			account_in_group(accounts, account, accounts->groups[i].name))
			return true;
	return has_number(number, account->gid);
}

static bool grant_reaches(
	const struct accounts *accounts, const struct account *account, const struct grant *grant)
{
	switch (grant->to) {
	case GRANT_EVERYBODY:
		return true;
	case GRANT_USER:
		return strcmp(grant->name, account->name) == 0 || has_number(grant->name, account->uid);
	case GRANT_UID:
		return has_number(grant->name, account->uid);
	case GRANT_GROUP:
		return account_in_group(accounts, account, grant->name);
	case GRANT_GID:
		return in_group_number(accounts, account, grant->name);
	}
	return false;
}

/* How the account comes by its rights, for a sentence; NULL: it has none. */
static const char *rights_of(const struct accounts *accounts, const struct account *account,
	const struct grants *grants, bool *ret_everybody, char buffer[static FINDING_TEXT])
{
	static const char *const groups[] = {
		"sudo", "wheel", "admin", "docker", "lxd", "incus-admin", "libvirt", "disk"};

	for (size_t i = 0; i < ELEMENTS(groups); i++)
		if (account_in_group(accounts, account, groups[i])) {
			(void)snprintf(buffer, FINDING_TEXT, "it is in the group \"%s\"", groups[i]);
			return buffer;
		}
	for (size_t i = 0; i < grants->count; i++) {
		if (!grant_reaches(accounts, account, &grants->list[i]))
			continue;
		*ret_everybody = grants->list[i].to == GRANT_EVERYBODY;
		(void)snprintf(buffer, FINDING_TEXT, "%.128s allows it", grants->list[i].where);
		return buffer;
	}
	return NULL;
}

static bool is_logged_in(const struct logins *logins, uint32_t uid)
{
	for (size_t i = 0; i < logins->count; i++)
		if (logins->list[i].uid == uid && login_is_graphical(&logins->list[i]))
			return true;
	return false;
}

static bool counts(const struct accounts *accounts, const struct account *account, int64_t today)
{
	return account_is_person(accounts, account) && account->uid != 0 &&
	       account->password != ACCOUNT_LOCKED && account_may_log_in(account, today);
}

/* Why this is somebody of the staff; NULL: it is not known to be. */
static const char *why_staff(const struct accounts *accounts, const struct logins *logins,
	const struct account *account, unsigned people)
{
	if (account_in_group(accounts, account, STAFF))
		return "is an account of the staff";
	if (is_logged_in(logins, account->uid))
		return "is logged in here";
	return people == 1 ? "is the only account here" : NULL;
}

static void judge_person(const struct accounts *accounts, const struct logins *logins,
	const struct grants *grants, const struct account *account, unsigned people, struct finding *finding)
{
	char name[FINDING_NAME], rights[FINDING_TEXT], fix[FINDING_TEXT];
	bool everybody = false;
	const char *how = rights_of(accounts, account, grants, &everybody, rights), *why;

	if (!how)
		return;
	(void)finding_name(account->name, name);
	if (account_in_group(accounts, account, MANAGERS)) {
		finding_detail(finding, "\"%s\" may install software, as a manager: %s.", name, how);
		return;
	}
	why = everybody ? "is one of all who may log in," : why_staff(accounts, logins, account, people);
	if (!why) {
		finding_detail(finding,
			"\"%s\" may install software: %s. This should be the technician's account.", name,
			how);
		return;
	}
	(void)snprintf(fix, sizeof fix,
		"Ask the technician to take the right to install from %s and to use an account of their own "
		"for it. "
		"If %s belongs to a manager, put it in the group " MANAGERS ".",
		name, name);
	finding_fail(finding, fix, "\"%s\" %s and may install software: %s.", name, why, how);
}

static void judge_root_aliases(const struct accounts *accounts, int64_t today, struct finding *finding)
{
	for (size_t i = 0; i < accounts->count; i++) {
		const struct account *account = &accounts->list[i];
		char name[FINDING_NAME];

		if (account->uid == 0 && strcmp(account->name, "root") != 0 &&
			account->password != ACCOUNT_LOCKED && account_may_log_in(account, today))
			finding_fail(finding, "Ask the technician to remove or lock this account.",
				"\"%s\" is a second administrator account that can log in.",
				finding_name(account->name, name));
	}
}

void check_rights_judge(const struct accounts *accounts, const struct logins *logins,
	const struct grants *grants, int64_t today, struct finding *finding)
{
	unsigned people = 0;

	for (size_t i = 0; i < accounts->count; i++)
		people += counts(accounts, &accounts->list[i], today);
	judge_root_aliases(accounts, today, finding);
	for (size_t i = 0; i < accounts->count; i++)
		if (counts(accounts, &accounts->list[i], today))
			judge_person(accounts, logins, grants, &accounts->list[i], people, finding);
	if (grants->unclear[0])
		finding_unknown(finding,
			"Ask the technician to look at this file. If it gives the staff no right to install, "
			"it can "
			"be written more simply, or the manager may turn this check off "
			"(checks.install_rights).",
			"Whether %s lets the staff install software is not understood.", grants->unclear);
	finding_pass(finding, "The staff cannot install software.");
}

void check_rights(const struct checks_input *input, struct finding *finding)
{
	_cleanup_accounts_ struct accounts accounts = {0};
	_cleanup_free_ struct logins *logins = calloc(1, sizeof *logins);
	_cleanup_free_ struct grants *grants = calloc(1, sizeof *grants);
	const char *source = NULL;
	char path[ROOTFS_PATH];
	int r = accounts_load(input->root, &accounts, &source);

	if (r < 0 || !logins || !grants) {
		finding_unreadable(finding, r < 0 ? source : "The list of sessions", r < 0 ? r : -ENOMEM);
		return;
	}
	r = logins_load(input->root, logins);
	if (r < 0 && r != -ENOENT)
		finding_unreadable(finding, "/run/systemd/sessions", r);
	r = sudoers_load(input->root, grants, path);
	if (r < 0 && r != -ENOENT)
		finding_unreadable(finding, path, r);
	r = polkit_load(input->root, grants, path);
	if (r < 0)
		finding_unreadable(finding, path, r);
	check_rights_judge(&accounts, logins, grants, input->now / DAY, finding);
}
