/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * What a registered device is for. The words are part of the command line and of the register, so they never
 * change their meaning. ROLE_NONE is "not registered"; it has no word a person could type.
 */

#include "base/cleanup.h"

enum role {
	ROLE_NONE = 0,
	ROLE_CAMERA,
	ROLE_STICK,
	ROLE_PHONE,
	ROLE_TABLET,
	ROLE_READER,
};

/* "camera", "stick", "phone", "tablet" or "reader"; anything else is -EINVAL. */
int role_parse(const char *text, enum role *ret_role);

/* The word, "none" for ROLE_NONE. */
const char *role_name(enum role role);
