/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * What the files of the service share: the state of its one gate. Not for anybody else.
 */

#include "base/wire.h"
#include "gate/claim.h"
#include "gate/service.h"
#include "gate/supervisor.h"

enum serve_phase {
	SERVE_STARTING, /* the worker finishes what an earlier run left */
	SERVE_OPEN,     /* people can use it */
	SERVE_ENDING,   /* what was judged clean is being written */
};

struct serving {
	struct gate_open request;
	struct supervisor gate;
	struct gate_claim claim;
	char mountpoint[GATE_PATH_SIZE]; /* "": not made */
	int agent_fd, signal_fd, watch_fd, sync_fd;
	enum serve_phase phase;
	uint64_t deadline; /* of the phase, as clock_monotonic_ns(); 0: none */
	bool agent_left, gone;
	struct gate_closed closed; /* end 0: not decided */
	struct wire_message from_agent, from_worker;
	bool held; /* from_worker waits until the agent takes it */
};

/* Sets what GATE_CLOSED will say, unless that is decided already; returns -ECANCELED. */
int serve_end(struct serving *serving, enum gate_end end, const char *format, ...) _printf_(3, 4);

/* Claim, mount, worker, everything but the visible mount. A failure has been put into serving->closed. */
int serve_open(struct serving *serving);

/* Everything that serve_open() has made; decides the end if nobody has. */
void serve_close(struct serving *serving);
