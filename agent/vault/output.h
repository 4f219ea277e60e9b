/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Where a long run of outing-vault says how it is going: to a person on a terminal, as one JSON object, or as
 * messages to the daemon (vault/protocol.h). The work itself does not know which.
 *
 * Progress is sent at most four times a second. Cancelling comes by SIGINT or SIGTERM, by
 * VAULT_MESSAGE_CANCEL, or by the supervisor's end of the wire being closed.
 */

#include "base/cleanup.h"
#include "base/json.h"
#include "vault/protocol.h"
#include "vault/verify.h"

enum output_mode {
	OUTPUT_TEXT,
	OUTPUT_JSON,
	OUTPUT_WIRE,
};

struct output;

/* Looks at stderr and installs the signal handlers: before any sandbox. */
int output_new(enum output_mode mode, struct output **ret_output);
struct output *output_free(struct output *output);
DEFINE_CLEANUP(struct output, output_free);

bool output_cancelled(struct output *output);
int output_progress(struct output *output, const struct vault_progress *progress);
int output_finding(struct output *output, const struct verify_finding *finding);

/* Ends the run: summary goes into the JSON object beside "result", "sentence" and, from the findings that
 * were given before, "findings". Returns the exit status: 0 for VAULT_RESULT_OK, else 1. Takes summary over.
 */
int output_result(struct output *output, const struct vault_result *result, struct js *summary);
