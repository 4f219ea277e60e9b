/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Offload sessions: one session is one device's content taken into one folder of the vault, object by object.
 *
 * States: open -> copied -> committed; open and copied may become failed or cancelled; those may become open
 * again when the offload is resumed. A committed session never changes any more. session_set_state() checks
 * the transition, and it accepts "copied" and "committed" only if the objects recorded here, summed up again
 * from the disk, are all verified and equal the recorded set: a session cannot be committed on a caller's
 * word.
 *
 * Paths are the raw bytes of the source, without NUL, relative, '/' between names; they are kept as bytes
 * because cards hold names that are not UTF-8. Stored names are relative to the session's vault_dir.
 *
 * Functions return SESSION_OK, another enum session_outcome, or negative errno.
 */

#include "base/cleanup.h"
#include "base/setdigest.h"
#include "base/sha512.h"
#include "base/xxh128.h"
#include "state/register.h"

struct state;

#define SESSION_ID_SIZE        37 /* UUID, lower case */
#define SESSION_INSERTION_SIZE 96
#define SESSION_PATH_SIZE      4096
#define SESSION_REASON_SIZE    512
#define SESSION_BATCH          256 /* a good number of objects for one session_objects_store() */

enum session_state {
	SESSION_OPEN = 1,
	SESSION_COPIED = 2,    /* every object verified; manifest and final scan still to come */
	SESSION_COMMITTED = 3, /* rule 1 holds for every object; final */
	SESSION_FAILED = 4,
	SESSION_CANCELLED = 5,
};

enum session_outcome {
	SESSION_OK = 0,
	SESSION_NONE = 1,        /* no such session or object */
	SESSION_WRONG_STATE = 2, /* that transition, or a change in that state, does not exist */
	SESSION_INCOMPLETE = 3,  /* objects missing, unverified or failed, or not equal to the recorded set */
	SESSION_NOT_COMMITTED = 4,   /* session_may_clear(): the offload did not end well */
	SESSION_OTHER_INSERTION = 5, /* session_may_clear(): the device was unplugged since */
	SESSION_SUPERSEDED = 6,      /* session_may_clear(): a later session of this device exists */
	SESSION_NOT_FILES = 7,       /* session_may_clear(): the source held links or special files */
	SESSION_BAD = 8,             /* an argument is too long, empty or not UTF-8 */
};

struct session {
	char id[SESSION_ID_SIZE];             /* set by session_create() */
	char device_name[REGISTER_NAME_SIZE]; /* name at that time, "" when not registered */
	char key[REGISTER_KEY_SIZE];          /* what the device is known by */
	char device_key[REGISTER_KEY_SIZE];
	char media_key[REGISTER_KEY_SIZE];
	char insertion[SESSION_INSERTION_SIZE]; /* "BOOTID/DISKSEQ"; "" for an image or directory */
	char source[REGISTER_TEXT_SIZE];        /* for people: "vfat on /dev/sdb1" */
	char vault_dir[SESSION_PATH_SIZE];      /* absolute path of the session's folder, UTF-8 */
	enum session_state state;
	int64_t created_at;    /* Unix seconds */
	int64_t changed_at;    /* last change of state */
	int64_t finished_at;   /* when committed, failed or cancelled; 0 before */
	struct set_digest set; /* what the source holds, by session_record_set() */
	bool set_recorded;
	uint64_t not_files;               /* links and special files seen on the source */
	char reason[SESSION_REASON_SIZE]; /* why it failed or was cancelled; "" otherwise */
};

enum object_state {
	OBJECT_STORED = 1,    /* in the vault, file and directory synced */
	OBJECT_READ_BACK = 2, /* and the vault's copy read from its device, equal */
	OBJECT_VERIFIED = 3,  /* and a second read of the source, equal: rule 1 */
	OBJECT_FAILED = 4,    /* reason says why */
};

/* As stored and as returned; what it points to is borrowed (from the caller, or for the time of a visit). */
struct session_object {
	const char *path;   /* on the source, raw bytes */
	const char *stored; /* below vault_dir; NULL while nothing is stored */
	uint64_t size;
	int64_t mtime; /* Unix seconds as the source says */
	uint8_t sha512[SHA512_SIZE];
	uint8_t xxh128[XXH128_SIZE];
	enum object_state state;
	bool linked;        /* stored as a hard link to content that was in the vault and verified again */
	const char *reason; /* for OBJECT_FAILED, else NULL */
	bool this_walk;     /* returned only: stored since the session was created or last resumed */
};

/* Of the present walk. */
struct session_totals {
	uint64_t objects;           /* rows */
	uint64_t stored, read_back; /* in exactly that state */
	uint64_t failed;
	uint64_t linked;
	uint64_t bytes;             /* of stored, read back and verified objects */
	uint64_t earlier;           /* rows of earlier walks only: no longer on the source, or not yet seen */
	struct set_digest verified; /* count, bytes and digest of verified objects */
};

const char *session_state_name(enum session_state state);
const char *object_state_name(enum object_state state);

/* A sentence for people for each outcome but SESSION_OK. Static. */
const char *session_outcome_sentence(enum session_outcome outcome);

/* Takes device_name, the keys, insertion, source and vault_dir (may be "" for now) from wanted; the rest is
 * set by this function and returned in *ret_session. */
int session_create(struct state *state, const struct session *wanted, struct session *ret_session);
int session_load(struct state *state, const char *id, struct session *ret_session);

/* The latest session of this key, of this insertion only if insertion is not NULL. */
int session_find_latest(
	struct state *state, const char *key, const char *insertion, struct session *ret_session);

/* The latest session of this key, if it is open, copied, failed or cancelled: the one to go on with. A
 * session that another process still works on is not told apart: callers hold their own lock on the device.
 */
int session_find_resumable(struct state *state, const char *key, struct session *ret_session);

/* reason: for failed and cancelled, else NULL. SESSION_WRONG_STATE, SESSION_INCOMPLETE. The same state again
 * is accepted and changes nothing. */
int session_set_state(struct state *state, const char *id, enum session_state to, const char *reason);
/*
 * Goes on with a session that is not committed: state open, with this insertion, the recorded set forgotten:
 * the source is walked again. The objects of earlier walks stay, so that the caller finds what the vault has
 * already (session_object_find()), but each counts only once it has been stored again in this walk: what is
 * no longer on the source is not part of what is committed.
 */
int session_resume(struct state *state, const char *id, const char *insertion);
int session_set_vault_dir(struct state *state, const char *id, const char *vault_dir);

/* What a whole walk of the source found. Needed before SESSION_COPIED; may be recorded again until committed.
 */
int session_record_set(struct state *state, const char *id, const struct set_digest *set, uint64_t not_files);

/*
 * Inserts the objects, or replaces those of the same path, in one transaction: all of them are on the disk
 * when this returns 0, none otherwise. Only while the session is open or copied (SESSION_WRONG_STATE).
 * Storing anything into a copied session puts it back to open.
 */
int session_objects_store(
	struct state *state, const char *id, const struct session_object *objects, size_t count);

/* Moves the objects of these paths one state further, all in one transaction: read back is reached only from
 * stored, verified only from read back. SESSION_WRONG_STATE or SESSION_NONE otherwise, and nothing is
 * changed. */
int session_objects_advance(
	struct state *state, const char *id, const char *const *paths, size_t count, enum object_state to);

/* Calls visit with the object of that path, and returns what visit returned; SESSION_NONE if there is none.
 */
int session_object_find(struct state *state, const char *id, const char *path,
	int (*visit)(const struct session_object *object, void *data), void *data);

/* Every object in bytewise order of path (failures only: those in OBJECT_FAILED), streamed: memory does not
 * grow with their number. Stops at the first non-zero return of visit and returns it. visit may not write. */
int session_each_object(struct state *state, const char *id,
	int (*visit)(const struct session_object *object, void *data), void *data);
int session_each_failure(struct state *state, const char *id,
	int (*visit)(const struct session_object *object, void *data), void *data);

/* Sums up what is recorded, from the rows. Linear in the number of objects. */
int session_totals(struct state *state, const char *id, struct session_totals *ret_totals);

/* Where the vault may hold this content: verified or read-back objects of any session, newest first, at most
 * limit. The caller reads that copy again before relying on it. vault_dir and stored are borrowed. */
int session_each_content(struct state *state, const uint8_t sha512[static SHA512_SIZE], uint64_t size,
	unsigned limit, int (*visit)(const char *vault_dir, const char *stored, void *data), void *data);

/* All sessions, newest first, at most limit (0: all), of one key if key is not NULL. */
int session_each(struct state *state, const char *key, unsigned limit,
	int (*visit)(const struct session *session, void *data), void *data);

/*
 * Whether the device's content may be cleared on the strength of this session: it is committed, nothing but
 * regular files was seen, it is of this insertion (insertion NULL or "": not compared, for images), and no
 * later session of this key exists. SESSION_OK or the outcome that forbids it.
 */
int session_may_clear(struct state *state, const char *id, const char *insertion);
