/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * The worker's side of the conversation with its supervisor, for several threads at once.
 *
 * One thread (the worker's main one) receives and hands messages to talk_receive(); the others send, ask and
 * wait. talk_close() makes every waiting thread return -ECANCELED.
 */

#include "offload/spool.h"

struct talk;

/* wire_fd is borrowed. */
int talk_new(int wire_fd, struct talk **ret_talk);
struct talk *talk_free(struct talk *talk);
DEFINE_CLEANUP(struct talk, talk_free);

/* Takes RECORDED, ANSWER and BEGIN from the supervisor. -EBADMSG for anything else. */
int talk_receive(struct talk *talk, const struct wire_message *message);
void talk_close(struct talk *talk);

/* A message that needs no answer. */
int talk_send(struct talk *talk, enum offload_message type, const void *head, size_t head_size,
	const void *tail, size_t tail_size);

/* stored: path below the session's folder. */
int talk_object(struct talk *talk, const struct walk_entry *entry, const struct mark *mark,
	const char *stored, enum offload_object_state state);
/* mark NULL: what failed is no file of the list. */
int talk_failed(struct talk *talk, enum offload_reason reason, int error, const struct mark *mark,
	const char *path, size_t path_size);
int talk_finding(struct talk *talk, enum offload_finding kind, const char *path, size_t path_size);

/* Asks for everything sent so far to be recorded; does not wait. */
int talk_sync(struct talk *talk);

/* Waits until everything sent so far is recorded. */
int talk_wait_recorded(struct talk *talk);

/* What the supervisor knows; path is NUL-terminated. */
struct talk_found {
	bool found;
	bool proven; /* a second read of the source was equal to it */
	uint8_t sha512[SHA512_SIZE];
	uint8_t xxh128[XXH128_SIZE];
	char path[OFFLOAD_PATH_MAX + 1];
};

/* 0 and ret_found, or negative errno. */
int talk_ask_path(struct talk *talk, const struct walk_entry *entry, struct talk_found *ret_found);

/* Where the vault should have the content of each mark: up to TALK_ASK_MAX in one go, because each wait for
 * an answer is a turn of another process. All the answers together fit into a socket's buffer. ret_found:
 * count. */
#define TALK_ASK_MAX 16
int talk_ask_contents(
	struct talk *talk, const struct mark *const *marks, size_t count, struct talk_found *ret_found);

/* Waits for BEGIN. */
struct talk_begin {
	bool resume;
	int64_t started;
	char text[OFFLOAD_DETAIL_MAX + 1];
};
int talk_wait_begin(struct talk *talk, struct talk_begin *ret_begin);

struct talk_counts {
	uint64_t objects, failed, findings;
};
struct talk_counts talk_counts(struct talk *talk);
