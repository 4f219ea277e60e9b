/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Encrypting a stick, as the files task-encrypt*.c share it. Internal to daemon/.
 *
 * The passphrase waits here, in locked memory, from the call until the worker has it; it is in no job, log or
 * state.
 */

#include "base/secret.h"
#include "daemon/task.h"
#include "encrypt/protocol.h"
#include "state/encryption.h"

struct encrypt_task {
	uint32_t job;
	struct secret *passphrase;
	bool discard;
	int64_t device; /* row of the register */
	struct device_facts facts;
	bool in_reader;
	struct encryption record;
	bool has_record;
	unsigned flags; /* enum encrypt_flag, of the worker that runs */
	bool putting;   /* files are being put back; before: the stick is being written */
	bool heard;
	struct encrypt_result result;
	struct encrypt_task *next; /* while its job waits */
};

/* Queues the job and keeps the passphrase (taken over in any case) for it. */
void task_encrypt_ask(struct daemon *daemon, const struct job_request *request, struct secret *passphrase,
	bool discard, struct bus_answer *answer);

/* Those that wait, when the agent ends. */
void task_encrypt_forget(struct daemon *daemon);

/* Sends head and, behind it, the passphrase, which is copied here and nowhere else. */
int task_encrypt_send(struct task *task, enum encrypt_message type, const void *head, size_t size,
	const int *fds, unsigned fd_count);

/* task-encrypt-back.c: begins to put the files back, when the stick is written and recorded as such. */
int task_encrypt_put_back(struct task *task);

/* task-encrypt-back.c: the new keys of a device that was known by what was on it. */
int task_encrypt_rekey(struct task *task);

extern const struct worker_events task_encrypt_events;
