/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * What a person sees of an unencrypted medium, and the only way onto it: every change is staged, judged as
 * the whole that results, and written only when it was judged clean.
 *
 * This is the gate without FUSE: nodes, handles and negative errno, from several threads at once. -EPERM is
 * the answer to everything that was refused; the sentence that explains it goes through tell(). Names given
 * to it come from anywhere; bytes on the medium likewise.
 *
 * It never writes to the medium: content that was not passed by the judge as exactly these bytes, a name that
 * was not passed, a link, a device file, an extended attribute.
 */

#include "base/sha512.h"
#include "gate/judge.h"
#include "gate/staging.h"

#include <sys/stat.h>
#include <sys/statvfs.h>

struct gate;
struct gate_handle;
struct gate_list;
struct node;

enum gate_event {
	GATE_REFUSED_NAME = 0, /* the name itself: it must not be repeated in a log */
	GATE_REFUSED_EARLY,
	GATE_REFUSED,
	GATE_TOO_LARGE,
	GATE_STAGING_FULL,
	GATE_NOT_WRITTEN, /* clean, but the medium did not take it */
	GATE_FINISHED,    /* what an earlier run had judged clean was put in its place */
};

/* All borrowed during the call. */
struct gate_notice {
	enum gate_event event;
	const char *path;                    /* as shown, from the top of the medium */
	const struct inspect_answer *answer; /* of the three refusals, else NULL */
	int error;                           /* of GATE_NOT_WRITTEN, positive errno */
	bool allowable; /* the whole of it is kept in staging for a manager's exception */
};

struct gate_options {
	int root_fd; /* top folder of the medium, borrowed; only what is below it is touched */
	struct staging_limits staging;
	const struct gate_judge *judge; /* borrowed */
	uid_t uid;                      /* whose everything appears to be */
	gid_t gid;
	uint64_t keep_seconds; /* refused content is kept so long after nobody uses it */
	void (*tell)(void *data, const struct gate_notice *notice);
	/* What became of an exception; path is "" unless it was written. error: 0, or a negative errno. */
	void (*allowed)(void *data, uint64_t ticket, const char *path, int error);
	/* The kernel's idea of it is out of date: called without any lock, from a thread of the gate's. */
	void (*forget)(void *data, struct node *node, struct node *parent, const char *name);
	void *data;
};

#define GATE_KEEP_SECONDS_DEFAULT 900

/* Finishes or removes what an earlier run left on the medium. */
int gate_new(const struct gate_options *options, struct gate **ret_gate);

/* Starts the threads of the gate; after the sandbox is closed. */
int gate_start(struct gate *gate);

/* Writes what was judged clean and ends the threads. */
struct gate *gate_free(struct gate *gate);
DEFINE_CLEANUP(struct gate, gate_free);

struct node *gate_top(struct gate *gate);

/* A reference for the kernel is counted on every node that is returned. */
int gate_lookup(struct gate *gate, struct node *parent, const char *name, struct node **ret_node,
	struct stat *ret_stat);
void gate_forget(struct gate *gate, struct node *node, uint64_t count);

/* No file has a second name in other letters, as it has on file systems of Windows: what was not there
 * appears only by being made under exactly that name. */
bool gate_names_are_exact(const struct gate *gate);

int gate_stat(struct gate *gate, struct node *node, struct stat *ret_stat);
int gate_statfs(struct gate *gate, struct statvfs *ret_statfs);
int gate_set_time(struct gate *gate, struct node *node, struct timespec time);

/* handle NULL: nobody will close it, so it is judged and written now. */
int gate_set_size(struct gate *gate, struct node *node, struct gate_handle *handle, uint64_t size);

/* flags as of open(): the access mode, O_TRUNC, O_APPEND, O_EXCL. */
int gate_create(struct gate *gate, struct node *parent, const char *name, int flags, struct node **ret_node,
	struct stat *ret_stat, struct gate_handle **ret_handle);
int gate_open(struct gate *gate, struct node *node, int flags, struct gate_handle **ret_handle);
bool gate_handle_writes(const struct gate_handle *handle);

/* Where to read: from *ret_fd at the same offset, valid until the handle is released. For staged content
 * *ret_content has a reference for the caller and says how much there is; else NULL. */
int gate_read(struct gate *gate, struct gate_handle *handle, int *ret_fd, struct content **ret_content);
int gate_write(
	struct gate *gate, struct gate_handle *handle, const void *bytes, size_t size, uint64_t offset);

/* Each close(), each fsync(), and the end of the handle, which is freed. */
int gate_flush(struct gate *gate, struct gate_handle *handle);
int gate_fsync(struct gate *gate, struct gate_handle *handle);
void gate_release(struct gate *gate, struct gate_handle *handle);

int gate_mkdir(struct gate *gate, struct node *parent, const char *name, struct node **ret_node,
	struct stat *ret_stat);
int gate_unlink(struct gate *gate, struct node *parent, const char *name);
int gate_rmdir(struct gate *gate, struct node *parent, const char *name);

/* flags: RENAME_NOREPLACE or 0. */
int gate_rename(struct gate *gate, struct node *from, const char *from_name, struct node *to,
	const char *to_name, unsigned flags);

/* Until everything that was judged clean is surely on the medium. */
void gate_sync_all(struct gate *gate);

/* A manager's exception: content of this SHA-512 is written once, whatever the judge says of it: at once if
 * it is refused and still staged, else when it is next refused within so many seconds (as long as there is
 * any exception, nothing is refused on its first bytes alone). A refused name stays refused. allowed() then
 * says once what became of it: written and synced, -ETIME, -ECANCELED (the gate ended before), or why not.
 * May block until it is synced. */
int gate_allow(
	struct gate *gate, uint64_t ticket, uint64_t seconds, const uint8_t sha512[static SHA512_SIZE]);

/* A folder's entries, each once; what is staged counts. */
struct gate_list_entry {
	const char *name; /* borrowed until the next call */
	mode_t type;
	uint64_t position; /* where to go on behind it */
};

int gate_list_open(struct gate *gate, struct node *node, struct gate_list **ret_list);

/* 1: an entry, 0: the end. */
int gate_list_at(struct gate_list *list, uint64_t position, struct gate_list_entry *ret_entry);
struct gate_list *gate_list_free(struct gate_list *list);
DEFINE_CLEANUP(struct gate_list, gate_list_free);
