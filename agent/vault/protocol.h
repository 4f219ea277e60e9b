/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * What `outing-vault create --worker` and `outing-vault verify --worker` say to their supervisor on WIRE_FD.
 * Both send PROGRESS at most four times a second, any number of FINDING, and one RESULT, then exit 0. CANCEL
 * is the only thing they listen to; the other end being closed cancels too. A worker that ends without a
 * RESULT has failed. Creating mounts the vault, so its worker has to be started outside the agent's own unit.
 */

#include "base/cleanup.h"

enum vault_message {
	VAULT_MESSAGE_PROGRESS = 0x5601, /* struct vault_progress */
	VAULT_MESSAGE_FINDING =
		0x5602, /* struct vault_finding, then session, path and detail, each with its NUL */
	VAULT_MESSAGE_RESULT =
		0x5603, /* struct vault_result, then JSON text without NUL (what --json prints) */
	VAULT_MESSAGE_CANCEL = 0x5604, /* to the worker; no payload */
};

struct vault_progress {
	uint64_t files_done, files_total; /* total 0: not known yet */
	uint64_t bytes_done, bytes_total;
	char phase[32]; /* "allocating", "formatting", "file-system", "sealing", "mounting", "verifying";
			   NUL-padded */
};

struct vault_finding {
	uint32_t kind;                                 /* enum verify_kind */
	uint32_t session_size, path_size, detail_size; /* with their NULs */
};

enum vault_result_code {
	VAULT_RESULT_OK = 0,       /* created; or everything verified without a finding */
	VAULT_RESULT_FINDINGS = 1, /* verified with findings */
	VAULT_RESULT_REFUSED = 2,  /* sentence says why */
	VAULT_RESULT_FAILED = 3,
	VAULT_RESULT_CANCELLED = 4,
};

struct vault_result {
	uint32_t code; /* enum vault_result_code */
	uint32_t json_size;
	uint64_t sessions, files, bytes, findings;
	char sentence[512]; /* for people; NUL-terminated */
};
