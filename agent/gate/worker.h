/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * The process that serves the file system. It is given descriptors and nothing else: the medium's top folder,
 * the mounted /dev/fuse, a staging folder if there is one; then it gives up every other right.
 *
 * The supervisor (the service, or outing-gate alone) sends one GATE_NAMES (gate/gate-names.h does), then one
 * GATE_START with two or three descriptors in that order; receives GATE_READY and GATE_NOTICE; may send
 * GATE_ALLOW, which is answered with GATE_ALLOWED, and GATE_NAMES again (gate/service.h has both); and
 * unmounts when it is to end. Notices that it does not take in time go to stderr instead.
 */

#include "gate/judge-inspect.h"

#define GATE_START     0x6701 /* supervisor to worker: struct gate_start */
#define GATE_READY     0x6702 /* worker to supervisor: it serves; no payload */
#define GATE_NOTICE    0x6703 /* worker to supervisor: one line of JSON, as notice_json() writes it */
#define GATE_USER_SIZE 64

/* Of GATE_NAMES to the worker; with descriptors of table and key if JUDGE_NAMES_HERE. */
struct gate_names {
	uint32_t which; /* enum judge_names */
};

struct gate_start {
	uint64_t staging_total, staging_per_file; /* bytes */
	uint64_t keep_seconds;
	uint32_t uid, gid;         /* whose everything appears to be */
	char user[GATE_USER_SIZE]; /* become this one; "": stay, without capabilities */
};

/* Returns the exit code. */
int gate_worker_run(int wire_fd);
