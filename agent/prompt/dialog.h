/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * A small window for what a notification cannot hold, shown by one of the programs that desktops bring along:
 * zenity, kdialog or yad. None of them is needed: without one, staff are told the command to type.
 *
 * What is typed comes back over a pipe into memory that is locked and wiped. Nothing secret is on a command
 * line.
 */

#include "base/secret.h"
#include "job/loop.h"

#define DIALOG_WORDS      12
#define DIALOG_LINES      2
#define DIALOG_OUTPUT_MAX 4096

enum dialog_family {
	DIALOG_ZENITY = 1,
	DIALOG_KDIALOG,
	DIALOG_YAD,
};

struct dialog_program {
	enum dialog_family family;
	const char *path;
};

enum dialog_kind {
	DIALOG_TEXT,       /* one line */
	DIALOG_PASSPHRASE, /* a new one, twice */
};

struct dialog_question {
	enum dialog_kind kind;
	const char *title;
	const char *text;
	const char *label; /* of the line */
};

/* The given program, or with NULL the first one that is installed. 0, -ENOENT, or -EINVAL for a program that
 * is none of these. The path is borrowed. */
int dialog_find(const char *path, struct dialog_program *ret_program);

/* The command line, for argv; its words are owned by the caller. 0 or -ENOMEM. Pure. */
struct dialog_words {
	char *word[DIALOG_WORDS + 1];
};
int dialog_words(const struct dialog_program *program, const struct dialog_question *question,
	struct dialog_words *ret_words);
void dialog_words_clear(struct dialog_words *words);

/* What was typed: texts within output, which is changed for it; missing lines are NULL. A program that has
 * asked twice itself gives the passphrase once, and both are the same then. Pure. */
void dialog_lines(const struct dialog_program *program, enum dialog_kind kind, char *output,
	const char *ret_lines[static DIALOG_LINES]);

struct dialog;

/* lines: what was typed, borrowed until it returns; NULL when the window was closed, timed out or broke. The
 * dialog is over then; its owner frees it. */
typedef void (*dialog_done)(const char *const lines[DIALOG_LINES], void *data);

/* environment: additions to this process's own, may be NULL. */
int dialog_open(struct loop *loop, const struct dialog_program *program, char *const *environment,
	const struct dialog_question *question, dialog_done done, void *data, struct dialog **ret_dialog);
/* Takes the window away. */
struct dialog *dialog_close(struct dialog *dialog);
DEFINE_CLEANUP(struct dialog, dialog_close);
