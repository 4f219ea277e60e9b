/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Workers that look into files, one process each, ready before they are asked.
 *
 * A pool has a keeper process (outing-inspect --worker) that has loaded its libraries and the table of names
 * and touches no file's bytes; it forks a confined worker for each file. A second one for texts and pictures
 * (outing-inspect-text), with less to fork, is asked first where that is likely to do, and what it cannot
 * read is looked into by the other. A worker reads the bytes through a descriptor that cannot write, answers
 * once and ends. Whatever goes wrong (it died, took too long, answered nonsense, could not be started) is
 * INSPECT_REFUSE with INSPECT_UNREADABLE: asking never fails in another way.
 *
 * The bytes must not change while they are looked at; that is the caller's to see to (a sealed memfd, or a
 * file that nobody else can open). Threads may ask at the same time. Nothing here remembers an answer.
 */

#include "inspect/limits.h"
#include "inspect/verdict.h"

struct pool;

struct pool_options {
	const char *program;      /* absolute path of outing-inspect; NULL: the installed one */
	const char *text_program; /* of outing-inspect-text, for what it can read; NULL: it is not used */
	const char *user;  /* workers run as this user if we are root and it exists; NULL: "outing-inspect",
			    * "nobody" when there is none */
	unsigned ready;    /* workers that wait; 0: 4 */
	unsigned busy_max; /* workers at work at one time, others wait; 0: 8 */
	bool once;         /* a keeper that died is not replaced: the caller will have lost the right to */
	int names_fd,
		key_fd; /* the table of names and its key (32 bytes), read once; -1: no names are known */
	struct inspect_limits limits;
};

#define POOL_OPTIONS_DEFAULT \
	((struct pool_options){.names_fd = -1, .key_fd = -1, .limits = INSPECT_LIMITS_DEFAULT})

/* Starts the keeper and its first workers. To be called before the caller gives up its rights (then with
 * once: a keeper that dies later cannot be replaced, and everything is refused). Without /proc, descriptors
 * must be open for reading only. Options are copied, descriptors stay the caller's. */
int pool_new(const struct pool_options *options, struct pool **ret_pool);

/* Ends everything; nobody may be asking. Returns NULL. */
struct pool *pool_free(struct pool *pool);
DEFINE_CLEANUP(struct pool, pool_free);

/* Blocks until there is an answer, at most limits.wall_ms after a worker has taken it. fd: a regular file or
 * memfd, from its first byte whatever its offset; need not be open for reading only. name: as it will stand
 * on the medium, without folders, or NULL. Returns 0, always with an answer. */
int pool_ask(struct pool *pool, int fd, const char *name, struct inspect_answer *ret);

/* Other tables from now on; workers that are at work finish with the old ones. As for pool_new(): -1 none. */
int pool_set_names(struct pool *pool, int names_fd, int key_fd);
