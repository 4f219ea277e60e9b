/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Long work as values: what is asked for, how far it is, how it ended. No I/O, no clock, no processes; the
 * daemon tells the table what happened and asks it what may start next.
 *
 * A device has at most one unfinished job. Making the vault excludes everything else, because an offload
 * needs the vault to stay where it is. Ended jobs are kept up to JOB_HISTORY, findings up to JOB_FINDINGS_MAX
 * a job, and the queue has JOB_QUEUE_MAX places, so that nobody can fill memory by asking. A job that has
 * ended never changes any more.
 */

#include "base/cleanup.h"
#include "base/json.h"

#define JOB_QUEUE_MAX     32
#define JOB_RUNNING_MAX   4
#define JOB_HISTORY       100
#define JOB_FINDINGS_MAX  100
#define JOB_ID_SIZE       32
#define JOB_NAME_SIZE     256
#define JOB_WORD_SIZE     48
#define JOB_SENTENCE_SIZE 1024
#define JOB_UNKNOWN       UINT64_MAX

enum job_kind {
	JOB_OFFLOAD,
	JOB_WIPE,
	JOB_VAULT_CREATE,
	JOB_VAULT_VERIFY,
	JOB_ENCRYPT,
};

enum job_state {
	JOB_QUEUED,
	JOB_RUNNING,
	JOB_DONE,
	JOB_FAILED,
	JOB_CANCELLED,
};

enum job_outcome {
	JOB_OK = 0,
	JOB_DEVICE_BUSY = 1, /* it has an unfinished job; *ret_job is that one */
	JOB_TOO_MANY = 2,
};

struct job_progress {
	char phase[JOB_WORD_SIZE];
	uint64_t files_done, files_total;
	uint64_t bytes_done, bytes_total;
	uint64_t rate;         /* bytes a second; 0 while unknown */
	uint64_t seconds_left; /* JOB_UNKNOWN while unknown */
};

struct job_request {
	enum job_kind kind;
	const char *device; /* id, NULL for the vault's jobs */
	const char *name;   /* registered name, may be NULL */
	bool confirmed_protected;
	bool format;    /* of a wipe: a manager has the camera format its memory in the end */
	bool by_itself; /* nobody asked: an automatic offload, an interrupted clear */
	uint64_t bytes; /* of a vault to be made */
};

struct job {
	uint32_t id;
	enum job_kind kind;
	enum job_state state;
	char device[JOB_ID_SIZE]; /* "" for the vault's jobs */
	char name[JOB_NAME_SIZE]; /* "" when not registered */
	bool confirmed_protected;
	bool format;
	bool by_itself;
	bool cancel_asked;
	uint64_t bytes;
	struct job_progress progress;
	char outcome[JOB_WORD_SIZE];      /* "" until it ended */
	char sentence[JOB_SENTENCE_SIZE]; /* "" while there is nothing to say */
	char session[JOB_WORD_SIZE];      /* "" while there is none */
	char **findings;
	size_t finding_count;
	int64_t created_at, started_at, ended_at; /* Unix seconds */
};

struct job_table;

int job_table_new(struct job_table **ret_table);
struct job_table *job_table_free(struct job_table *table);
DEFINE_CLEANUP(struct job_table, job_table_free);

/* JOB_OK, another outcome, or -ENOMEM. Jobs are borrowed; an ended one lives until JOB_HISTORY later ones
 * ended. */
int job_add(struct job_table *table, const struct job_request *request, int64_t now, struct job **ret_job);

struct job *job_find(struct job_table *table, uint32_t id);
/* The unfinished job of a device. */
struct job *job_of_device(struct job_table *table, const char *device);

/* The oldest queued job that may start now, or NULL. */
struct job *job_next(struct job_table *table);
size_t job_count(const struct job_table *table, enum job_state state);

void job_begin(struct job *job, int64_t now);

/* Copies; rate and time left are worked out here from the bytes when rate is 0. monotonic_ns: of now. */
void job_set_progress(struct job *job, const struct job_progress *progress, uint64_t monotonic_ns);
void job_set_phase(struct job *job, const char *phase);
void job_set_session(struct job *job, const char *session);
void job_add_finding(struct job *job, const char *sentence);

/* state: done, failed or cancelled. An ended job is left as it is. */
void job_end(struct job_table *table, struct job *job, enum job_state state, const char *outcome,
	const char *sentence, int64_t now);
bool job_ended(const struct job *job);

const char *job_kind_name(enum job_kind kind);
const char *job_state_name(enum job_state state);

/* As the D-Bus interface documents it. Findings may name files on a card, so signals go without. */
struct js *job_json(const struct job *job, bool with_findings);

/* Every job, oldest first. */
struct js *job_table_json(const struct job_table *table);
