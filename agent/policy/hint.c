/* SPDX-License-Identifier: GPL-3.0-or-later */

/* See hint.h. */

#include "policy/hint.h"

#define VENDOR_APPLE 0x05ac

const char *hint_unlock(enum role role, unsigned vendor_id)
{
	if (vendor_id == VENDOR_APPLE)
		return "Unlock it and tap \"Trust\" or \"Allow\" on its screen, then unplug it, plug it in "
		       "again and leave it unlocked.";
	switch (role) {
	case ROLE_PHONE:
	case ROLE_TABLET:
		return "Unlock it, open its notification \"Charging this device via USB\" and choose \"File "
		       "transfer\" (or \"Photo transfer\"), then unplug it and plug it in again if nothing "
		       "happens. Leave it unlocked.";
	case ROLE_CAMERA:
	case ROLE_STICK:
	case ROLE_READER:
	case ROLE_NONE:
		break;
	}
	return "Switch it on, make sure that its card is in and that it is not set to charge only, then "
	       "unplug it and plug it in again.";
}
