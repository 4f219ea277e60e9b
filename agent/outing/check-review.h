/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * "passwords-reviewed": has the manager looked over the passwords within the agreed time? What counts is the
 * dated attestation (`outingctl attest passwords`), not the age of passwords: being made to change them often
 * does not make people choose better ones. Ages are given as evidence; what is not recorded, or lies in the
 * future, is said to be so. Pure but for reading the accounts.
 */

#include "outing/account.h"
#include "outing/checks.h"
#include "outing/finding.h"

void check_review(const struct checks_input *input, struct finding *finding);

/* Times in Unix seconds. */
void check_review_judge(int64_t reviewed, int64_t now, uint64_t max_days, struct finding *finding);
void check_review_age(const struct account *account, int64_t today, struct finding *finding);
