/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * What a person has to tap on a camera, phone or tablet that is plugged in and shows nothing, in one
 * sentence. Pure. Such a device says nothing about what lies on it, so the hint never sounds as if it were
 * empty.
 */

#include "policy/role.h"

/* Static. vendor_id: of USB. */
const char *hint_unlock(enum role role, unsigned vendor_id);
