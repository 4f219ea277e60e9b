/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * Settings of login screens, gettys, desktops and sessions, of any bytes. The first byte chooses the reader.
 */

#include "base/fd.h"
#include "outing/check-autologin.h"
#include "outing/dconf.h"
#include "outing/desktop.h"
#include "outing/getty.h"
#include "outing/login.h"
#include "outing/screenlock.h"
#include "outing/xfconf.h"

#include <string.h>
#include <sys/mman.h>

static void read_xfconf(const uint8_t *data, size_t size)
{
	_cleanup_close_ int fd = memfd_create("fuzz", MFD_CLOEXEC);
	struct xfconf_property p[] = {{.path = "/lock/enabled"}, {.path = "/saver/idle-activation/delay"}};

	if (fd < 0 || fd_write_full(fd, data, size) < 0 || lseek(fd, 0, SEEK_SET) < 0)
		abort();
	(void)xfconf_parse(fd, p, ELEMENTS(p));
	for (size_t i = 0; i < ELEMENTS(p); i++)
		if (!memchr(p[i].value, 0, sizeof p[i].value))
			abort();
}

static void read_managers(const char *text)
{
	static const char *const managers[] = {"gdm", "lightdm", "sddm", "greetd", "slim", "ly"};

	for (size_t i = 0; i < ELEMENTS(managers); i++) {
		_cleanup_free_ char *copy = strdup(text);
		struct autologin_memory memory = {0};
		const char *user;

		if (!copy)
			abort();
		autologin_feed(managers[i], copy, &memory);
		user = autologin_user(managers[i], &memory);
		if (user && !*user)
			abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_free_ char *text = size ? strndup((const char *)data + 1, size - 1) : NULL;
	struct screenlock_kde_memory kde = {0};
	struct login login;
	int64_t value;

	if (!text)
		return 0;
	switch (data[0]) {
	case 'm':
		read_managers(text);
		break;
	case 'g':
		(void)getty_judge_command(text);
		break;
	case 'k':
		screenlock_kde_feed(text, &kde);
		break;
	case 'l':
		login_parse(text, &login);
		(void)desktop_of_name(login.desktop);
		break;
	case 'o':
		(void)dconf_override(text, "org.gnome.desktop.session", "idle-delay", &value);
		break;
	case 'x':
		read_xfconf(data + 1, size - 1);
		break;
	default:
		break;
	}
	return 0;
}
