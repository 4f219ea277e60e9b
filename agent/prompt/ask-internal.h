/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* Shared by the files ask*.c only. */

#include "prompt/ask.h"
#include "prompt/digest.h"

struct ask {
	struct ask_context context;
	struct dialog *dialog;
	char *device; /* id */
	char *stick;  /* "the white stick" */
	unsigned tries;

	/* For a manager's exception. */
	struct capture *capture;
	int fd; /* of the file that is being hashed, or -1 */
	char *mountpoint, *reason;
	char *paths[BURST_FILES];
	size_t count, next, allowed, gone;
	const char *last_allowed; /* in paths */
	bool more;                /* than are in paths */
};

int ask_new(const struct ask_context *context, const struct burst *burst, struct ask **ret_ask);

/* Shows a window; the one before it is taken away. */
int ask_window(struct ask *ask, const struct dialog_question *question, dialog_done done);

/* Tells how it ended and is over. summary and body are borrowed. */
void ask_end(struct ask *ask, enum note_weight weight, const char *summary, const char *body);

/* Over without a word: the person has closed the window. */
void ask_leave(struct ask *ask);

/* Something of ours broke. */
void ask_fail(struct ask *ask, int error);
