/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* Who a user number is, for records that people read. */

#include "base/cleanup.h"

#include <sys/types.h>

/* "uid 1000 (robin)", or "uid 1000" for somebody who has no account on this computer itself: directories on
 * the network are not asked, because the agent never waits for one. */
void login_text(uid_t uid, char *ret_text, size_t size);
