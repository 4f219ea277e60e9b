/* SPDX-License-Identifier: GPL-3.0-or-later */

/* See access.h. */

#include "policy/access.h"

static bool is_gated(const struct config *config, enum role role)
{
	return role == ROLE_STICK ||
	       (role == ROLE_NONE && config->removable.unknown_device == CONFIG_UNKNOWN_GATE);
}

enum access access_of_plain(const struct config *config, enum role role)
{
	if (!config)
		return ACCESS_NONE;
	switch (config->removable.unencrypted) {
	case CONFIG_UNENCRYPTED_GATE:
		return is_gated(config, role) ? ACCESS_NONE : ACCESS_HAND;
	case CONFIG_UNENCRYPTED_READ_ONLY:
		return ACCESS_READ;
	case CONFIG_UNENCRYPTED_REFUSE:
		break;
	}
	return ACCESS_NONE;
}

enum access access_of_encrypted(const struct config *config)
{
	if (!config)
		return ACCESS_NONE;
	switch (config->removable.encrypted) {
	case CONFIG_ENCRYPTED_ALLOW:
		return ACCESS_WRITE;
	case CONFIG_ENCRYPTED_READ_ONLY:
		return ACCESS_READ;
	case CONFIG_ENCRYPTED_REFUSE:
		break;
	}
	return ACCESS_NONE;
}

const char *access_name(enum access access)
{
	static const char *const names[] = {"none", "hand", "read", "write"};

	return names[access];
}
