/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Does a getty unit log somebody in by itself? The command is put together as systemd does it, from the unit
 * (of the template, or of one instance) and its drop-ins, where an empty ExecStart= forgets what came before.
 */

#include "base/cleanup.h"

enum getty_answer {
	GETTY_ASKS,
	GETTY_AUTOLOGIN, /* --autologin, -a, or login's -f */
	GETTY_NO_LOGIN,  /* another program than login is started: a shell without a password */
};

/* One command line, without ExecStart=; cut in place. Pure. */
enum getty_answer getty_judge_command(char *command);

/*
 * Every getty unit of the computer: calls visit with the unit's name and the worst of its commands. Negative
 * errno with *ret_path (room for ROOTFS_PATH) when a file could not be read; else what visit returned if not
 * 0.
 */
int getty_each(const char *root, int (*visit)(const char *unit, enum getty_answer answer, void *data),
	void *data, char *ret_path);
