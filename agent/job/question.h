/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * A short question put to a service of ours behind a local socket: send one line, take everything until the
 * other side closes, hand it over.
 *
 * For work that needs rights which the agent must not have. Nothing here blocks. What is answered is bounded
 * in size and time, and believed only from the superuser's socket (or one of our own user, in tests); what it
 * means is for the callee to find out.
 */

#include "job/loop.h"

struct question;

struct question_options {
	const char *socket; /* path */
	const char *text;   /* one line, without the line break; at most a few KiB */
	uint64_t timeout_ms;
	size_t answer_max; /* bytes */
};

/* error: 0, or -ETIMEDOUT, -EFBIG when too much was said, or what broke the connection; text is borrowed,
 * NUL-terminated, and whole only with 0. Called once. The callee frees the question. */
typedef void (*question_done)(
	struct question *question, int error, const char *text, size_t size, void *data);

/* done() is never called from inside. -ENOENT or -ECONNREFUSED when nobody listens, -EAGAIN when too many
 * ask, -EPERM when the socket belongs to somebody else. */
int question_ask(struct loop *loop, const struct question_options *options, question_done done, void *data,
	struct question **ret_question);

/* Hangs up, without a call of done(). */
struct question *question_free(struct question *question);
DEFINE_CLEANUP(struct question, question_free);
