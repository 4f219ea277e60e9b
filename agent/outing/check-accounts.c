/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Accounts, then the doors that lead to them. See check-accounts.h. */

#include "outing/check-accounts.h"

#include "outing/hash.h"
#include "outing/rootfs.h"

#include <string.h>

#define DAY 86400

/* Where people are let in, and how a sentence calls it. */
static const struct {
	const char *service, *called;
} services[] = {
	{"login", "the text console"},
	{"gdm-password", "the login screen"},
	{"lightdm", "the login screen"},
	{"sddm", "the login screen"},
	{"lxdm", "the login screen"},
	{"greetd", "the login screen"},
	{"xdm", "the login screen"},
	{"plasmalogin", "the login screen"},
	{"sshd", "remote login"},
	{"kde", "the screen lock"},
	{"gnome-screensaver", "the screen lock"},
	{"cinnamon-screensaver", "the screen lock"},
	{"mate-screensaver", "the screen lock"},
	{"xfce4-screensaver", "the screen lock"},
	{"light-locker", "the screen lock"},
	{"xscreensaver", "the screen lock"},
	{"swaylock", "the screen lock"},
	{"su", "the command su"},
	{"su-l", "the command su"},
	{"sudo", "the command sudo"},
	{"polkit-1", "the administrator's password question"},
};

static void judge_hash(struct trials *trials, const struct account *account, struct finding *finding)
{
	char name[FINDING_NAME], fix[FINDING_TEXT];

	(void)finding_name(account->name, name);
	(void)snprintf(fix, sizeof fix,
		"Ask %s to choose a new password, or ask the technician to set one (command: passwd %s).",
		name, name);
	switch (hash_strength(account->hash)) {
	case HASH_WEAK:
		finding_fail(finding, fix, "The password of \"%s\" is stored by an outdated method (%s).",
			name, hash_method(account->hash));
		return;
	case HASH_UNKNOWN:
		finding_unknown(
			finding, fix, "How the password of \"%s\" is stored is not understood.", name);
		return;
	case HASH_STRONG:
		break;
	}
	switch (trials_outcome(trials, account->name, account->hash)) {
	case TRIAL_EMPTY:
		finding_fail(finding, fix, "The password of \"%s\" is empty.", name);
		break;
	case TRIAL_NAME:
		finding_fail(finding, fix,
			"The password of \"%s\" is the account's name, which anybody guesses.", name);
		break;
	case TRIAL_NOT_YET:
		finding_detail(
			finding, "Whether the password of \"%s\" is easy to guess was not tried.", name);
		break;
	case TRIAL_OTHER:
		break;
	}
}

static void judge_account(
	const struct account *account, struct trials *trials, bool nullok, struct finding *finding)
{
	char name[FINDING_NAME], fix[FINDING_TEXT];

	(void)finding_name(account->name, name);
	(void)snprintf(fix, sizeof fix, "Ask the technician to set a password for %s (command: passwd %s).",
		name, name);
	switch (account->password) {
	case ACCOUNT_LOCKED:
		break;
	case ACCOUNT_EMPTY:
		if (nullok)
			finding_fail(
				finding, fix, "Anybody can log in as \"%s\": there is no password.", name);
		else
			finding_fail(finding, fix, "\"%s\" has no password.", name);
		break;
	case ACCOUNT_MISSING:
		finding_unknown(finding, fix, "The password of \"%s\" is not found in /etc/shadow.", name);
		break;
	case ACCOUNT_HASHED:
		judge_hash(trials, account, finding);
		break;
	}
}

void check_accounts_judge(const struct accounts *accounts, struct trials *trials, int64_t today, bool nullok,
	struct finding *finding)
{
	char source[FINDING_NAME];
	unsigned open = 0;

	for (size_t i = 0; i < accounts->count; i++) {
		const struct account *account = &accounts->list[i];

		if (!account_may_log_in(account, today))
			continue;
		open += account->password != ACCOUNT_LOCKED;
		judge_account(account, trials, nullok, finding);
	}
	if (accounts->network)
		finding_detail(finding, "Accounts that are kept on the network (%s) were not examined.",
			finding_name(accounts->network_source, source));
	if (open == 0)
		finding_pass(finding, "No account on this computer can log in with a password.");
	else
		finding_pass(finding, "Everybody who can log in needs a password (%u account%s).", open,
			open == 1 ? "" : "s");
}

void check_accounts_service(const struct accounts *accounts, const char *service, const char *called,
	const struct pam_verdict *verdict, int64_t today, struct finding *finding)
{
	static const char fix[] = "Ask the technician to correct the file named here in /etc/pam.d.";
	char name[FINDING_NAME], group[FINDING_NAME];

	switch (verdict->answer) {
	case PAM_ASKS:
		break;
	case PAM_OPEN:
		finding_fail(finding, fix, "No password is needed: /etc/pam.d/%s lets everybody in (%s).",
			service, finding_name(verdict->module, name));
		break;
	case PAM_UNCLEAR:
		finding_unknown(finding, fix,
			"Whether /etc/pam.d/%s asks for a password depends on %s, which is not known here.",
			service, finding_name(verdict->module, name));
		break;
	case PAM_GROUP:
		(void)finding_name(verdict->group, group);
		for (size_t i = 0; i < accounts->count; i++)
			if (account_may_log_in(&accounts->list[i], today) &&
				account_in_group(accounts, &accounts->list[i], verdict->group))
				finding_fail(finding,
					"Ask the technician to take this account out of the group named "
					"here.",
					"\"%s\" needs no password at %s: it is in the group \"%s\".",
					finding_name(accounts->list[i].name, name), called, group);
		break;
	}
}

/* Returns whether some service accepts an empty password. */
static bool judge_services(
	const char *root, const struct accounts *accounts, int64_t today, struct finding *finding)
{
	_cleanup_free_ struct pam_stack *stack = malloc(sizeof *stack);
	bool nullok = false, any = false;

	for (size_t i = 0; stack && i < ELEMENTS(services); i++) {
		char path[ROOTFS_PATH];
		struct pam_verdict verdict;
		int r = pam_read(root, services[i].service, stack, path);

		if (r == -ENOENT)
			continue;
		any = true;
		if (r < 0) {
			finding_unreadable(finding, path, r);
			continue;
		}
		pam_judge(stack, &verdict);
		nullok |= verdict.nullok;
		check_accounts_service(
			accounts, services[i].service, services[i].called, &verdict, today, finding);
	}
	if (!any)
		finding_unknown(finding, "Ask the technician how people log in to this computer.",
			"How people log in is not known: there is no service for it in /etc/pam.d.");
	return nullok;
}

void check_accounts(const struct checks_input *input, struct finding *finding)
{
	_cleanup_accounts_ struct accounts accounts = {0};
	_cleanup_(trials_closep) struct trials *trials = NULL;
	int64_t today = input->now / DAY;
	const char *path = NULL;
	bool nullok;
	int r = accounts_load(input->root, &accounts, &path);

	if (r < 0) {
		finding_unreadable(finding, path, r);
		return;
	}
	r = trials_open(input->state_directory, &trials);
	if (r < 0) {
		finding_unreadable(finding, "password-trials", r);
		return;
	}
	nullok = judge_services(input->root, &accounts, today, finding);
	check_accounts_judge(&accounts, trials, today, nullok, finding);
}
