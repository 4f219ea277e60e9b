/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * "passwords": does everybody who can log in need a password, and one that is stored safely?
 *
 * Fails for: an account without a password; a hash by a method that libxcrypt calls outdated (DES, MD5,
 * SHA-256, ...); a password that is empty or the account's own name (trial.h); a login, screen lock, su or
 * sudo service whose PAM stack lets people in who know none; members of a group that such a stack lets in
 * (nopasswdlogin). Locked and expired accounts are fine. Accounts kept on the network are named and not
 * judged. check_accounts_judge() is pure but for the trials.
 */

#include "outing/account.h"
#include "outing/checks.h"
#include "outing/finding.h"
#include "outing/pam.h"
#include "outing/trial.h"

void check_accounts(const struct checks_input *input, struct finding *finding);

/* nullok: some login service accepts an account without a password; it changes the sentence only. */
void check_accounts_judge(const struct accounts *accounts, struct trials *trials, int64_t today, bool nullok,
	struct finding *finding);

/* What the answer for one PAM service means; called: how a sentence names it ("the login screen"). */
void check_accounts_service(const struct accounts *accounts, const char *service, const char *called,
	const struct pam_verdict *verdict, int64_t today, struct finding *finding);
