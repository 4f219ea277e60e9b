/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Would PAM let somebody in who knows no password? Answered by walking a service's auth stack as libpam does,
 * with a person in mind for whom every module that asks for a secret says no.
 *
 * A "required pam_permit" at the end of a stack is normal and a "sufficient" one in front of it is an open
 * door; only the walk tells them apart. A test for membership of a group (nopasswdlogin) is walked both ways.
 * Modules that are not known here are walked both ways too: where that makes a difference the answer is
 * "unknown". pam.c is pure; pam-read.c joins the files that include each other.
 */

#include "base/cleanup.h"

#define PAM_LINES_MAX 256
#define PAM_TEXT      64

enum pam_answer {
	PAM_ASKS,    /* nobody gets in without a secret */
	PAM_OPEN,    /* everybody gets in */
	PAM_GROUP,   /* members of group get in without a secret */
	PAM_UNCLEAR, /* depends on module, which is not known here */
};

struct pam_line {
	char control[128];     /* "required", ... or what stands between [ and ] */
	char module[PAM_TEXT]; /* "pam_unix", without folder and ".so" */
	char arguments[256];   /* " a b c " */
	size_t end;            /* index behind the last line of its own (sub)stack */
};

struct pam_stack {
	size_t count;
	struct pam_line line[PAM_LINES_MAX];
};

struct pam_verdict {
	enum pam_answer answer;
	bool nullok; /* an account without any password would get in */
	char group[PAM_TEXT];
	char module[PAM_TEXT]; /* what decided: opens the door, or is not known */
};

void pam_judge(const struct pam_stack *stack, struct pam_verdict *ret_verdict);

/*
 * The auth lines of /etc/pam.d/SERVICE (or below /usr/lib) with everything it includes. -ENOENT: there is no
 * such service; -EBADMSG, -ELOOP, -E2BIG: not understood; *ret_path (room for ROOTFS_PATH) names the file.
 */
int pam_read(const char *root, const char *service, struct pam_stack *ret_stack, char *ret_path);

/*
 * One line of a file, cut in place. PAM_LINE_AUTH fills *ret_line (not its end); PAM_LINE_INCLUDE and
 * _SUBSTACK put the other file's name in ret_line->module. -EBADMSG when it does not fit.
 */
enum pam_line_kind {
	PAM_LINE_OTHER,
	PAM_LINE_AUTH,
	PAM_LINE_INCLUDE,
	PAM_LINE_SUBSTACK,
};
int pam_parse_line(char *text, struct pam_line *ret_line);
