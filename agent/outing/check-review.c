/* SPDX-License-Identifier: GPL-3.0-or-later */

/* One date against a limit, and one line per account. See check-review.h. */

#include "outing/check-review.h"

#define DAY        86400
#define CLOCK_SLIP 86400 /* seconds that two clocks may differ */

void check_review_judge(int64_t reviewed, int64_t now, uint64_t max_days, struct finding *finding)
{
	static const char fix[] =
		"Ask the manager to go through the accounts and passwords of this computer, "
		"and then to record it (command: outingctl attest passwords).";
	int64_t days = reviewed > 0 ? (now - reviewed) / DAY : 0;

	if (reviewed <= 0)
		finding_fail(
			finding, fix, "The manager has not yet recorded that the passwords were reviewed.");
	else if (reviewed > now + CLOCK_SLIP)
		finding_unknown(finding, "Ask the technician to set this computer's clock, and check again.",
			"The last password review is dated in the future, so this computer's clock is "
			"wrong.");
	else if (days > (int64_t)max_days)
		finding_fail(finding, fix,
			"The passwords were last reviewed %lld days ago; at most %llu are allowed.",
			(long long)days, (unsigned long long)max_days);
	else
		finding_pass(finding, "The passwords were reviewed %lld day%s ago.",
			(long long)(days < 0 ? 0 : days), days == 1 ? "" : "s");
}

void check_review_age(const struct account *account, int64_t today, struct finding *finding)
{
	char name[FINDING_NAME];
	int64_t age = account->changed_day == ACCOUNT_NO_DAY ? 0 : today - account->changed_day;

	(void)finding_name(account->name, name);
	if (account->changed_day == ACCOUNT_NO_DAY)
		finding_detail(finding, "When the password of \"%s\" was set is not recorded.", name);
	else if (account->changed_day == 0)
		finding_detail(finding, "The password of \"%s\" must be changed at the next login.", name);
	else if (age < -1)
		finding_detail(finding, "The password of \"%s\" is dated in the future.", name);
	else
		finding_detail(finding, "The password of \"%s\" was set %lld day%s ago.", name,
			(long long)(age < 0 ? 0 : age), age == 1 ? "" : "s");
}

void check_review(const struct checks_input *input, struct finding *finding)
{
	_cleanup_accounts_ struct accounts accounts = {0};
	int64_t today = input->now / DAY;
	const char *path = NULL;

	check_review_judge(
		input->passwords_reviewed, input->now, input->config->checks.review_max_days, finding);
	if (accounts_load(input->root, &accounts, &path) < 0) {
		finding_detail(
			finding, "How old the passwords are is not known: %s could not be read.", path);
		return;
	}
	for (size_t i = 0; i < accounts.count; i++)
		if (account_may_log_in(&accounts.list[i], today) &&
			accounts.list[i].password == ACCOUNT_HASHED)
			check_review_age(&accounts.list[i], today, finding);
}
