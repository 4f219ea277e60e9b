/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Who is to be judged, by which desktop, and how several answers become one. See check-screenlock.h. */

#include "outing/check-screenlock.h"

#include "outing/account.h"
#include "outing/login.h"
#include "outing/rootfs.h"
#include "outing/screenlock.h"

#include <string.h>

#define DAY 86400

struct looking {
	const struct checks_input *input;
	const struct accounts *accounts;
	const struct logins *logins;
	struct finding *finding;
	unsigned judged;
	bool text_only; /* nobody has a graphical session to choose */
};

/* A homed home that is not open, or one of ecryptfs that shows only its signpost. */
static bool is_closed(const char *root, const struct account *account)
{
	char path[ROOTFS_PATH];

	if (account->homed && rootfs_exists(root, account->home) == 0)
		return true;
	return rootfs_path(path, "%s/Access-Your-Private-Data.desktop", account->home) &&
	       rootfs_exists(root, path) > 0;
}

static bool describe(const struct looking *looking, const struct account *account,
	char name[static FINDING_NAME], struct screenlock_user *ret_user)
{
	*ret_user = (struct screenlock_user){
		looking->input->root, finding_name(account->name, name), account->home};
	if (!is_closed(looking->input->root, account))
		return true;
	finding_unknown(looking->finding, "Ask this user to log in, and check again.",
		"Whether the screen of \"%s\" locks is not known: the home folder is closed.",
		ret_user->name);
	return false;
}

/* All that are possible, each in a finding of its own. */
static void judge_candidates(
	struct looking *looking, const struct screenlock_user *user, const struct desktop_choice *choice)
{
	_cleanup_free_ struct finding *worst = NULL, *best = NULL;

	for (enum desktop desktop = DESKTOP_UNKNOWN; desktop < DESKTOPS; desktop++) {
		struct finding *one;

		if (!choice->possible[desktop])
			continue;
		one = finding_new();
		if (!one)
			return;
		screenlock_judge(user, desktop, choice->unknown, one);
		if (!best || one->verdict < best->verdict) {
			free(best);
			best = finding_new();
			if (best)
				*best = *one;
		}
		if (!worst || one->verdict > worst->verdict) {
			free(worst);
			worst = one;
		} else {
			free(one);
		}
	}
	if (!worst || !best)
		return;
	if (worst->verdict != best->verdict && choice->count > 1)
		finding_unknown(looking->finding, "Ask this user to log in once, and check again.",
			"Which desktop \"%s\" uses is not known, and not all of them lock the screen.",
			user->name);
	else
		finding_join(looking->finding, worst);
}

static void judge_account(struct looking *looking, const struct account *account)
{
	struct desktop_choice choice;
	struct screenlock_user user;
	char name[FINDING_NAME];
	int r = desktop_choice_of(looking->input->root, account->name, account->home, &choice);

	looking->judged++;
	if (r < 0) {
		finding_unreadable(looking->finding, "The list of desktops in /usr/share", r);
		looking->text_only = false;
		return;
	}
	if (choice.count == 0)
		return;
	looking->text_only = false;
	if (!describe(looking, account, name, &user))
		return;
	if (choice.count == 1)
		for (enum desktop desktop = DESKTOP_UNKNOWN; desktop < DESKTOPS; desktop++) {
			if (choice.possible[desktop])
				screenlock_judge(&user, desktop, choice.unknown, looking->finding);
		}
	else
		judge_candidates(looking, &user, &choice);
}

static void judge_login(struct looking *looking, const struct login *login)
{
	const struct account *account = accounts_find_uid(looking->accounts, login->uid);
	struct screenlock_user user;
	char name[FINDING_NAME];

	looking->judged++;
	if (!account) {
		finding_unknown(looking->finding, "Ask the technician which account this is.",
			"\"%s\" is logged in but is no account of this computer.",
			finding_name(login->user, name));
		return;
	}
	if (!login->desktop[0])
		judge_account(looking, account);
	else if (describe(looking, account, name, &user))
		screenlock_judge(&user, desktop_of_name(login->desktop), login->desktop, looking->finding);
}

static bool has_graphical_login(const struct looking *looking, const struct account *account)
{
	for (size_t i = 0; i < looking->logins->count; i++)
		if (looking->logins->list[i].uid == account->uid &&
			login_is_graphical(&looking->logins->list[i]))
			return true;
	return false;
}

static void judge_all(struct looking *looking)
{
	const struct accounts *accounts = looking->accounts;

	for (size_t i = 0; i < looking->logins->count; i++)
		if (login_is_graphical(&looking->logins->list[i])) {
			looking->text_only = false;
			judge_login(looking, &looking->logins->list[i]);
		}
	for (size_t i = 0; i < accounts->count; i++) {
		const struct account *account = &accounts->list[i];

		if (account_is_person(accounts, account) && account->password != ACCOUNT_LOCKED &&
			account_may_log_in(account, looking->input->now / DAY) &&
			!has_graphical_login(looking, account))
			judge_account(looking, account);
	}
}

void check_screenlock(const struct checks_input *input, struct finding *finding)
{
	_cleanup_accounts_ struct accounts accounts = {0};
	_cleanup_free_ struct logins *logins = calloc(1, sizeof *logins);
	struct looking looking = {input, &accounts, logins, finding, 0, true};
	const char *path = NULL;
	int r = accounts_load(input->root, &accounts, &path);

	if (r < 0) {
		finding_unreadable(finding, path, r);
		return;
	}
	r = logins ? logins_load(input->root, logins) : -ENOMEM;
	if (r < 0 && r != -ENOENT) {
		finding_unreadable(finding, "/run/systemd/sessions", r);
		return;
	}
	judge_all(&looking);
	if (looking.judged == 0) {
		finding_pass(finding, "No person has an account on this computer.");
	} else if (looking.text_only) {
		finding_pass(
			finding, "This computer has no graphical desktop, so there is no screen to lock.");
		finding_detail(finding, "Text consoles do not lock by themselves: log out when you go away.");
	} else {
		finding_pass(finding, "The screen locks by itself for everybody.");
	}
}
