/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * "install-rights": can people of the staff install software?
 *
 * Who can: members of sudo, wheel and admin, second accounts with the number 0, and whoever sudo's or
 * polkit's files name. The rule for an account of a person that can:
 *   - in the group outing-managers: allowed.
 *   - in the group outing-staff, or logged in on the desktop now, or the only account of a person here, or
 *     the right is given to everybody: that is somebody of the staff, and the check fails.
 *   - anybody else is taken for the technician's account, which needs these rights, and is named in the
 *     details so that a manager can see it.
 * Files that are not understood make it unknown. Locked and expired accounts do not count. A second root
 * account that can log in fails for everybody.
 */

#include "outing/account.h"
#include "outing/checks.h"
#include "outing/finding.h"
#include "outing/grant.h"
#include "outing/login.h"

void check_rights(const struct checks_input *input, struct finding *finding);

/* Pure. today: days since 1970. */
void check_rights_judge(const struct accounts *accounts, const struct logins *logins,
	const struct grants *grants, int64_t today, struct finding *finding);
