/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Incidents: what a manager must hear of and an inspector may ask about. They are opened once and closed when
 * the cause has gone; none is ever removed or changed otherwise.
 *
 * Functions return INCIDENT_OK, another enum incident_outcome, or negative errno.
 */

#include "base/cleanup.h"

struct state;

#define INCIDENT_KIND_SIZE     32
#define INCIDENT_SENTENCE_SIZE 512
#define INCIDENT_DEVICE_SIZE   32
#define INCIDENT_OVERDUE       "overdue" /* an outing that did not come back in time; one for each outing */

enum incident_outcome {
	INCIDENT_OK = 0,
	INCIDENT_EXISTS = 1, /* this outing is an incident already */
	INCIDENT_BAD = 2,    /* no kind, or a text that is too long or cannot be printed */
};

struct incident {
	uint64_t number; /* set by incident_open() */
	char kind[INCIDENT_KIND_SIZE];
	char sentence[INCIDENT_SENTENCE_SIZE];
	int64_t at;                        /* Unix seconds */
	uint64_t outing;                   /* 0: none */
	char device[INCIDENT_DEVICE_SIZE]; /* id, "": none */
	int64_t closed_at;                 /* 0: open */
};

/* Stores wanted, which is open whatever its closed_at; ret_number may be NULL. */
int incident_open(struct state *state, const struct incident *wanted, uint64_t *ret_number);

/* Closes what is open about this outing; nothing to close is no error. Inside a transaction of the caller. */
int incident_close_outing(struct state *state, uint64_t outing, int64_t at);

/* Newest first, at most limit (0: all), until visit returns non-zero, which is then returned. */
int incident_each(struct state *state, unsigned limit,
	int (*visit)(const struct incident *incident, void *data), void *data);
