/* SPDX-License-Identifier: GPL-3.0-or-later */

/* /etc/passwd, read as a file. See login.h. */

#include "daemon/login.h"

#include "state/name.h"

#include <pwd.h>

void login_text(uid_t uid, char *ret_text, size_t size)
{
	_cleanup_fclose_ FILE *file = fopen("/etc/passwd", "re");
	const struct passwd *entry;

	(void)snprintf(ret_text, size, "uid %u", (unsigned)uid);
	while (file && (entry = fgetpwent(file))) {
		if (entry->pw_uid != uid || !name_is_text(entry->pw_name, 128))
			continue;
		(void)snprintf(ret_text, size, "uid %u (%s)", (unsigned)uid, entry->pw_name);
		return;
	}
}
