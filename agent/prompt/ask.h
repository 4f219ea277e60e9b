/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * What happens after a button: a window is asked, the agent is called, and the person hears how it ended. Of
 * these one is going on at a time.
 *
 * Whatever is not answered, mistyped, refused or gone leaves everything as it is. Nothing on a stick is ever
 * given up from here.
 */

#include "prompt/burst.h"
#include "prompt/dialog.h"
#include "prompt/link.h"
#include "prompt/note.h"

struct ask_context {
	struct loop *loop;
	struct link *link;
	struct dialog_program program;
	char *const *(*environment)(void *data);     /* for windows; may give NULL */
	void (*tell)(struct note *note, void *data); /* takes the note over */
	void (*over)(void *data);                    /* nothing more comes: the owner frees it in there */
	void *data;
};

struct ask;

/* A passphrase, twice, then Encrypt: for the stick of this burst. */
int ask_encrypt(const struct ask_context *context, const struct burst *burst, struct ask **ret_ask);

/* A reason, then AllowCopy for each file of this burst that may be allowed. */
int ask_manager(const struct ask_context *context, const struct burst *burst, struct ask **ret_ask);

struct ask *ask_free(struct ask *ask);
DEFINE_CLEANUP(struct ask, ask_free);
