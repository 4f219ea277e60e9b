/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * How the end of an offload is told: one word for programs, one or two sentences for staff. Pure functions.
 */

#include "offload/protocol.h"

#define VERDICT_SENTENCE 1024

enum verdict {
	VERDICT_COMMITTED,
	VERDICT_NOT_EQUAL, /* the worker said complete, the record says otherwise */
	VERDICT_WORKER_DIED,
	VERDICT_WORKER_LIED,   /* broke the protocol */
	VERDICT_RECORD_FAILED, /* the state database could not be written */
	VERDICT_OTHER,         /* what the worker's outcome says */
};

struct verdict_facts {
	const char *device_name;
	enum offload_outcome outcome;
	int error;
	uint64_t missing, files, bytes, failed, findings;
	const char *detail; /* valid UTF-8 without control characters */
};

/* "committed", "incomplete", "vault-full", ...: never changes for the same case. */
const char *verdict_code(enum verdict verdict, enum offload_outcome outcome);

void verdict_sentence(
	enum verdict verdict, const struct verdict_facts *facts, char ret_text[static VERDICT_SENTENCE]);

/* True when trying again goes on where this ended. */
bool verdict_resumable(enum verdict verdict, enum offload_outcome outcome);
