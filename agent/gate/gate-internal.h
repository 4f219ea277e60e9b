/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * What the files of the gate share. One lock guards all of it but content that is sealed; it is given back
 * around every question to the judge, every copy of content and every sync, and a file that is in such hands
 * is busy: its name, its content as judged and its number do not change until it is calm again.
 */

#include "base/sha512.h"
#include "gate/backing.h"
#include "gate/gate.h"
#include "gate/name.h"
#include "gate/phase.h"
#include "gate/tree.h"

#include <limits.h>
#include <pthread.h>

/* What is under way for one node; exists only as long as something is. */
struct gate_file {
	struct gate_file *next, *previous;
	struct node *node; /* held */
	struct phase phase;
	struct content *content; /* NULL: nothing staged */
	uint64_t pending;        /* number in our folder of what was judged clean, 0: none */
	unsigned writers;        /* handles open for writing */
	unsigned uses;           /* of this struct, by threads that gave the lock back */
	bool busy;
	bool absent;       /* nothing is on the medium under its name */
	bool unsynced;     /* in its place, but not yet surely on the medium */
	bool timed;        /* time was set by somebody */
	bool told;         /* of a limit it met, once is enough */
	int limit;         /* it has not all that was written: -EFBIG, -ENOSPC; 0: it has */
	uint64_t limit_at; /* where it ends */
	int error;         /* why the medium did not take it, 0: it did */
	struct timespec time;
	uint64_t refused_at; /* clock_monotonic_ns() */
	uint64_t digested;   /* the generation of which a SHA-512 was worked out, 0: none */
	bool has_sha512;
	uint8_t sha512[SHA512_SIZE];
	uint64_t size; /* of what is pending */
	uint8_t digest[16];
};

struct gate {
	struct gate_options options;
	struct gate_judge judge;
	pthread_mutex_t lock;
	pthread_cond_t calm; /* a file is no longer busy, or pending ones are in their places */
	pthread_cond_t work; /* for the committer */
	pthread_cond_t stop; /* for the sweeper */
	struct tree *tree;
	struct staging *staging;
	struct gate_file *files;
	size_t pending_count;
	uint64_t pending_bytes; /* since the latest batch was begun */
	unsigned waiting;       /* for the committer */
	uint64_t refusals;      /* so far */
	struct exception *exceptions;
	int folder_fd, journal_fd;
	size_t journal_size;
	uint64_t next_number;
	bool stopping, windows_names;
	bool unsynced; /* something of the folders was changed that no sync has followed */
	bool in_batch;
	uint64_t rounds;           /* batches so far */
	bool committing, sweeping; /* its thread runs */
	pthread_t committer, sweeper;
};

struct gate_handle {
	struct node *node;      /* held */
	struct gate_file *file; /* of writers; counted in it */
	int fd;                 /* what is on the medium, opened when first read */
	uint32_t stamp;         /* of the node when it was opened */
	bool writes, append;
};

static inline void gate_lock(struct gate *gate)
{
	(void)pthread_mutex_lock(&gate->lock);
}

static inline void gate_unlock(struct gate *gate)
{
	(void)pthread_mutex_unlock(&gate->lock);
}

/* --- gate-file.c: all with the lock held --- */

/* The node's file, made if need be: NULL when out of memory. */
struct gate_file *gate_file_of(struct gate *gate, struct node *node);

/* Frees it if nothing is under way any more. */
void gate_file_settle(struct gate *gate, struct gate_file *file);

/* Gives the lock back until the file is not busy. The file must be in use (uses, writers). */
void gate_file_calm(struct gate *gate, struct gate_file *file);

/* Nothing staged any more: what is on the medium shows again. */
void gate_file_discard(struct gate *gate, struct gate_file *file);

/* Where the node's present file lies on the medium: our folder's or its own path. */
int gate_file_path(const struct gate *gate, const struct node *node, char path[static PATH_MAX]);

/* Before the node loses its name: whoever has it open goes on reading what it is now. */
void gate_file_keep(struct gate *gate, struct node *node);

/* Something is shown for it that is not what lies under its path. */
static inline bool gate_file_shown(const struct gate_file *file)
{
	return file && (file->content || file->pending);
}

/* What the medium and the gate take as a name; no lock needed. */
int gate_check_name(const struct gate *gate, const char *name);

int gate_stat_locked(struct gate *gate, struct node *node, struct stat *ret_stat);

/* --- gate-verdict.c --- */

/* Lock held, given back meanwhile. Judges the content as it is and writes it into our folder if it is clean;
 * 0, -EPERM refused, or why it could not be written. The file must be in use. */
int gate_decide(struct gate *gate, struct gate_file *file);

/* Lock held, given back meanwhile. What of gate_decide() follows a verdict that passes. */
int gate_settle(struct gate *gate, struct gate_file *file, struct content *snapshot, uint64_t generation);

/* Lock not held. 0 or -EPERM, told then. */
int gate_judge_title(struct gate *gate, struct node *parent, const char *name);

/* Lock not held. */
void gate_tell(struct gate *gate, enum gate_event event, const char *path,
	const struct inspect_answer *answer, int error);

/* Lock held, given back meanwhile: like gate_tell() with the path of the node. */
void gate_tell_of(struct gate *gate, const struct node *node, enum gate_event event,
	const struct inspect_answer *answer, int error);

/* --- gate-commit.c --- */

/* Lock held, given back meanwhile. Writes sealed content under a number of ours and notes in the journal
 * where it belongs; the committer does the rest, and is waited for only where that may fail. */
int gate_commit(struct gate *gate, struct gate_file *file, struct content *content);

/* Lock held. Removes what is pending for the file. */
void gate_commit_cancel(struct gate *gate, struct gate_file *file);

/* Lock held. Notes where a pending file belongs now; and so for all, after a folder got another name. */
int gate_commit_note(struct gate *gate, const struct gate_file *file);
int gate_commit_note_all(struct gate *gate);

/* Lock held, given back meanwhile. Until nothing of the file is pending or unsynced; file in use. */
int gate_commit_wait(struct gate *gate, struct gate_file *file);

/* Lock held, given back meanwhile: the same for all there are now. */
void gate_commit_wait_all(struct gate *gate);

void *gate_commit_main(void *data);

/* Our folder's path of a number. */
void gate_commit_path(uint64_t number, char path[static PATH_MAX]);

/* --- gate-allow.c: lock held, given back meanwhile --- */

struct exception;

/* The manager's exception for exactly this content, which is the caller's to use; NULL: there is none. */
struct exception *gate_allow_take(struct gate *gate, const struct content *content);

/* Commits what was refused, until it is surely on the medium, and answers for the exception. File busy. */
int gate_allow_use(struct gate *gate, struct gate_file *file, struct content *content, uint64_t generation,
	struct exception *exception);

/* Answers for those whose time is over; when the next one's is. */
uint64_t gate_allow_expire(struct gate *gate, uint64_t now);

/* Lock not held: answers for all, nobody else being there any more. */
void gate_allow_end(struct gate *gate);

/* --- gate-recover.c --- */

/* Finishes or removes what an earlier run left. Before anything else. */
int gate_recover(struct gate *gate);

/* --- gate-sweep.c --- */

/* More names than that and the sweeper asks the kernel to forget some. */
#define GATE_NODES_MANY 32768

void gate_sweep_wake(struct gate *gate);

/* Something was refused. */
void gate_sweep_refused(struct gate *gate);

void *gate_sweep_main(void *data);

/* Lock held: frees the oldest refused content that nobody uses. False: there is none. */
bool gate_sweep_oldest(struct gate *gate);
