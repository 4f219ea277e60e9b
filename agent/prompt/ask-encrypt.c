/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * Encrypting a stick: a passphrase, typed twice, and the agent does the rest. The agent is never told that it
 * may discard what is on the stick.
 */

#include "prompt/ask-internal.h"

#include "base/fd.h"

#include <fcntl.h>
#include <string.h>

#define TRIES_MAX 5

static int show_window(struct ask *ask, const char *mistake);

static void failed(struct ask *ask, const char *sentence)
{
	_cleanup_free_ char *summary = NULL;

	if (asprintf(&summary, "%s was not encrypted", ask->stick) < 0)
		summary = NULL;
	if (summary)
		summary[0] = 'T'; /* "the ..." */
	ask_end(ask, NOTE_URGENT, summary ? summary : "The stick was not encrypted", sentence);
}

/* Of a passphrase that is too weak the agent says so in a sentence about it; another one may do. */
static bool another_may_do(const struct link_answer *answer)
{
	static const char about[] = "This passphrase ";

	return strcmp(answer->error, "InvalidArgument") == 0 ||
	       (strcmp(answer->error, "Refused") == 0 &&
		       strncmp(answer->sentence, about, sizeof about - 1) == 0);
}

static void on_encrypt(const struct link_answer *answer, void *data)
{
	struct ask *ask = data;
	int r;

	if (answer->ok) {
		ask_leave(ask); /* its job tells the rest */
		return;
	}
	if (another_may_do(answer) && ask->tries < TRIES_MAX) {
		r = show_window(ask, answer->sentence);
		if (r < 0)
			ask_fail(ask, r);
		return;
	}
	failed(ask, *answer->sentence ? answer->sentence
				      : "The agent does not answer. Ask the technician to look.");
}

/* The bytes are gone from the pipe once the agent has read them. */
static int send_passphrase(struct ask *ask, const char *passphrase)
{
	_cleanup_close_ int read_end = -1, write_end = -1;
	int fds[2], r;

	if (pipe2(fds, O_CLOEXEC) < 0)
		return -errno;
	read_end = fds[0];
	write_end = fds[1];
	r = fd_write_full(write_end, passphrase, strlen(passphrase));
	if (r < 0)
		return r;
	return link_call(ask->context.link, on_encrypt, ask, "Encrypt", "shb", ask->device, read_end, 0);
}

static void on_typed(const char *const lines[DIALOG_LINES], void *data)
{
	struct ask *ask = data;
	int r = 0;

	if (!lines || !lines[0] || !lines[1] || (!*lines[0] && !*lines[1])) {
		ask_leave(ask);
		return;
	}
	if (strcmp(lines[0], lines[1]) == 0)
		r = send_passphrase(ask, lines[0]);
	else if (ask->tries < TRIES_MAX)
		r = show_window(ask, "The two passphrases were not the same.");
	else
		failed(ask, "The two passphrases were not the same. Everything on it is as it was.");
	if (r < 0)
		ask_fail(ask, r);
}

static int show_window(struct ask *ask, const char *mistake)
{
	_cleanup_free_ char *text = NULL, *title = NULL;
	struct dialog_question question = {.kind = DIALOG_PASSPHRASE, .label = "Passphrase"};
	int r;

	ask->tries++;
	if (asprintf(&title, "Encrypt %s", ask->stick) < 0) {
		title = NULL;
		return -ENOMEM;
	}
	r = asprintf(&text,
		"%s%sChoose a passphrase for %s: for example four words that do not belong together. "
		"Whoever uses the stick has to type it. If it is forgotten, nobody can read the stick any "
		"more.\n\n"
		"What is on it is kept in the vault meanwhile and put back. Windows computers cannot open it "
		"without extra software.",
		mistake, *mistake ? "\n\n" : "", ask->stick);
	if (r < 0) {
		text = NULL;
		return -ENOMEM;
	}
	question.title = title;
	question.text = text;
	return ask_window(ask, &question, on_typed);
}

int ask_encrypt(const struct ask_context *context, const struct burst *burst, struct ask **ret_ask)
{
	_cleanup_(ask_freep) struct ask *ask = NULL;
	int r = ask_new(context, burst, &ask);

	if (r >= 0)
		r = show_window(ask, "");
	if (r < 0)
		return r;
	*ret_ask = TAKE_PTR(ask);
	return 0;
}
