/* SPDX-License-Identifier: GPL-3.0-or-later */

/* The table of checks, and which of them the configuration turned off. See checks.h. */

#include "outing/checks.h"

#include "outing/check-accounts.h"
#include "outing/check-autologin.h"
#include "outing/check-hibernation.h"
#include "outing/check-malware.h"
#include "outing/check-review.h"
#include "outing/check-rights.h"
#include "outing/check-screenlock.h"
#include "outing/check-updates.h"

typedef void check_function(const struct checks_input *input, struct finding *finding);

static const struct {
	const char *word;
	size_t wanted; /* offset of the bool in struct config */
	check_function *look;
} checks[] = {
	{"passwords", offsetof(struct config, checks.passwords), check_accounts},
	{"automatic-login", offsetof(struct config, checks.automatic_login), check_autologin},
	{"screen-lock", offsetof(struct config, checks.screen_lock), check_screenlock},
	{"malware", offsetof(struct config, checks.malware), check_malware},
	{"passwords-reviewed", offsetof(struct config, checks.passwords_reviewed), check_review},
	{"install-rights", offsetof(struct config, checks.install_rights), check_rights},
	{"updates", offsetof(struct config, checks.updates), check_updates},
	{"hibernation", offsetof(struct config, checks.hibernation), check_hibernation},
};

const char *checks_word(size_t i)
{
	return i < ELEMENTS(checks) ? checks[i].word : NULL;
}

static bool is_wanted(const struct config *config, size_t offset)
{
	return *(const bool *)((const char *)config + offset);
}

int checks_run(const struct checks_input *input, struct js **ret_array)
{
	_cleanup_js_ struct js *array = js_array();

	if (!array)
		return -ENOMEM;
	for (size_t i = 0; i < ELEMENTS(checks); i++) {
		_cleanup_free_ struct finding *finding = finding_new();

		if (!finding)
			return -ENOMEM;
		if (is_wanted(input->config, checks[i].wanted)) {
			checks[i].look(input, finding);
		} else {
			finding_pass(finding, "Turned off in the configuration.");
			finding->verdict = CHECK_OFF;
		}
		js_append(array, finding_json(finding, checks[i].word));
	}
	*ret_array = TAKE_PTR(array);
	return 0;
}
