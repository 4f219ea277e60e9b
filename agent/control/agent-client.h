/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * The agent as its commands see it: calls on org.outingguard.Agent1 and watching one job until it ends.
 *
 * The only file of the command that knows D-Bus. Never starts the agent: an agent that was stopped stays
 * stopped, and the caller says how to start it. A reply is believed only from the owner of the agent's name.
 */

#include "base/json.h"

enum agent_outcome {
	AGENT_OK = 0,
	AGENT_UNREACHABLE, /* no bus, not running, or no answer in time */
	AGENT_GONE,        /* ended while a job was watched */
	AGENT_DENIED,      /* not allowed for this person */
	AGENT_REFUSED,     /* refused or failed: the sentence says why */
	AGENT_NOT_FOUND,
	AGENT_INVALID,
	AGENT_BUSY,
	AGENT_DETACHED, /* the person pressed Ctrl-C */
};

struct agent;

/* Connects to the system bus (DBUS_SYSTEM_BUS_ADDRESS is honoured). An outcome or a negative errno. */
int agent_connect(struct agent **ret_agent);
struct agent *agent_free(struct agent *agent);
DEFINE_CLEANUP(struct agent, agent_free);
#define _cleanup_agent_ _cleanup_(agent_freep)

/* Sentence of the last call that was not AGENT_OK, as the agent said it; borrowed until the next call. */
const char *agent_sentence(const struct agent *agent);

/*
 * Calls a method. types and what follows are its arguments as for sd_bus_message_append(). Blocks; may ask
 * for a password through the desktop. An outcome or a negative errno.
 *
 * agent_ask: the reply is one JSON text.  agent_start: a job's number.  agent_tell: empty.
 * agent_open: a file descriptor, owned by the caller.
 */
int agent_ask(struct agent *agent, const char *method, struct js **ret_reply, const char *types, ...);
int agent_start(struct agent *agent, const char *method, uint32_t *ret_job, const char *types, ...);
int agent_tell(struct agent *agent, const char *method, const char *types, ...);
int agent_open(struct agent *agent, const char *method, int *ret_fd);

/* From now on no change of any job is missed; call it before the job is started. */
int agent_listen(struct agent *agent);

/*
 * Watches a job until it ended; changed is called with each new state, the last one included. Returns
 * AGENT_OK with the ended job (owned by the caller), AGENT_GONE, AGENT_DETACHED on SIGINT or SIGTERM, or as
 * agent_ask().
 */
int agent_watch(struct agent *agent, uint32_t job, void (*changed)(const struct js *job, void *data),
	void *data, struct js **ret_job);
