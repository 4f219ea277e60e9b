/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * One running job, as the files task-*.c and tasks.c share it. Internal to daemon/.
 *
 * A task ends exactly once, through task_end(); after that call it does not exist any more.
 */

#include "base/wire.h"
#include "daemon/daemon.h"
#include "daemon/media.h"
#include "daemon/node.h"
#include "daemon/tasks.h"
#include "empty/recorder.h"
#include "job/capture.h"
#include "job/hooks.h"
#include "job/worker.h"
#include "offload/recorder.h"
#include "wipe/recorder.h"

#define TASK_CANCEL_GRACE_MS 10000
#define TASK_SILENCE_MS      180000
#define TASK_MAKE_SILENCE_MS 900000
#define TASK_ARGS_MAX        12
#define TASK_MEMORY_MAX      (768ULL << 20)

struct task_device {
	char id[IDENTITY_ID_SIZE];
	char key[IDENTITY_KEY_SIZE];
	char device_key[IDENTITY_KEY_SIZE];
	char media_key[IDENTITY_KEY_SIZE];
	char name[REGISTER_NAME_SIZE];
	char role[JOB_WORD_SIZE];
	char room[REGISTER_TEXT_SIZE];
	char vendor[DEVICE_TEXT], product[DEVICE_TEXT], serial[DEVICE_TEXT];
	char insertion[SESSION_INSERTION_SIZE];
	char source[DEVICE_PATH];
	char node[DEVICE_TEXT];
	char syspath[DEVICE_PATH];
	uint64_t bytes;
	enum device_kind kind;
	enum role device_role;
	unsigned vendor_id;
};

struct task {
	struct daemon *daemon;
	struct job *job;
	struct task_device device;
	struct capture *capture;
	void (*after_check)(struct task *task);
	struct worker *worker;
	struct node *node; /* while it is opened for the worker */
	int vault_fd;
	struct recorder *offload;
	bool offload_finished;
	struct wipe_recorder *wipe;
	bool wipe_ended;
	struct empty_recorder *empty;
	bool empty_ended;
	bool offloaded_anew; /* by this task: not again */
	char session[SESSION_ID_SIZE];
	int64_t began_at;
	uint64_t signalled_ns;
	struct vault_end *vault_end;
	struct encrypt_task *encrypt;
	struct task *next;
};

/* The steps. Each either starts something whose callback goes on, or ends the task. */
void task_offload_begin(struct task *task);
void task_wipe_begin(struct task *task);
void task_empty_begin(struct task *task); /* a wipe of what speaks PTP or MTP */
void task_vault_begin(struct task *task);
void task_encrypt_begin(struct task *task);

/* After the offload that a wipe or an encryption needed was committed. */
void task_wipe_go_on(struct task *task);
void task_empty_go_on(struct task *task);
void task_encrypt_go_on(struct task *task);

/* Asks whether the vault rests encrypted, without doing it here; go_on is called if it does, otherwise the
 * task ends with the sentence that says what to do. */
void task_check_vault(struct task *task, void (*go_on)(struct task *task));

/* Starts PROGRAM of the libexec directory with arguments (NULL-terminated, without argv[0]). */
int task_start_worker(struct task *task, const char *program, const char *const *arguments,
	uint64_t silence_ms, const struct worker_events *events);

/* Opens the node of the task's PTP device; start() then tells the worker to begin, with what node_done says.
 * What the worker then does about a failure ends the task as everything it does. */
int task_open_node(struct task *task, node_done opened);

/* In that callback, after the worker was told to begin: r as that said it. */
void task_opened(struct task *task, int r);

/* A worker wrote to the medium and has ended: the rules look at it again, and no gate is opened before. */
void task_look_again(const struct task *task);

/* Takes what the worker has said, some messages at a time: take() for each, until *ended. Returns what
 * readable() of struct worker_events returns; an error is logged as that of "what". */
int task_receive(struct task *task, int (*take)(struct task *task, const struct wire_message *message),
	const bool *ended, const char *what);

/* Writes the phase into progress, makes it the job's and shows it. */
void task_set_progress(struct task *task, struct job_progress *progress, const char *phase);

/* Job and device, as every record of a task begins; a new object. */
struct js *task_fields(const struct task *task);

/* The same for hooks; borrows from task and reason (may be NULL). */
struct hooks_event task_hook(const struct task *task, const char *reason);

/* Progress is shown at most four times a second; force: now. */
void task_show(struct task *task, bool force);

/* The plugged-in medium that the task was started for; NULL when it went, was swapped or cannot be told apart
 * any more. */
struct medium *task_medium(const struct task *task);

/* Ends the job and the task: the job's end is shown, the queue moves on, media are judged again. */
void task_end(struct task *task, enum job_state state, const char *outcome, const char *sentence);
void task_end_errno(struct task *task, int error, const char *what);

/* Sends a task's cancel to whatever it runs. */
void task_cancel(struct task *task);
void task_offload_cancel(struct task *task);
void task_wipe_cancel(struct task *task);
void task_empty_cancel(struct task *task);
void task_vault_cancel(struct task *task);
void task_encrypt_cancel(struct task *task);

/* What the task holds for an encryption, the passphrase first of all. */
void task_encrypt_free(struct task *task);
