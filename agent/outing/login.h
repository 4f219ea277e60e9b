/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Who is logged in, from logind's files in /run/systemd/sessions. Their format is logind's own (the comment
 * in them says not to parse them); it has been KEY=VALUE with these keys since the beginning, and reading it
 * needs neither a bus nor a running logind. A key that is missing is "".
 */

#include "base/cleanup.h"

#define LOGIN_TEXT 128
#define LOGINS_MAX 64

struct login {
	uint32_t uid;
	char user[LOGIN_TEXT];
	char type[LOGIN_TEXT];    /* "x11", "wayland", "mir", "tty", ... */
	char class[LOGIN_TEXT];   /* "user", "user-light", "greeter", "manager", ... */
	char desktop[LOGIN_TEXT]; /* "gnome", "KDE", ... */
	char service[LOGIN_TEXT]; /* PAM's: "gdm-password", "gdm-autologin", ... */
	bool closing;
};

struct logins {
	size_t count;
	struct login list[LOGINS_MAX];
};

/* Sessions of people (the classes that begin with user); more than LOGINS_MAX are -E2BIG. A missing folder is
 * -ENOENT: logind does not run here. */
int logins_load(const char *root, struct logins *ret_logins);

/* One file, cut in place; pure. */
void login_parse(char *text, struct login *ret_login);

bool login_is_graphical(const struct login *login);
