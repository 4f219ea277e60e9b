/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * How the vault is doing, as outing-vault says it: asked in a child, read into a plain value. Whatever cannot
 * be asked or understood is "unknown", and unknown is never ready.
 */

#include "base/json.h"
#include "job/capture.h"

struct daemon;

enum vault_state {
	VAULT_STATE_UNKNOWN,
	VAULT_STATE_READY,
	VAULT_STATE_CLOSED,  /* there is a container, but it is not open */
	VAULT_STATE_MISSING, /* nothing was made yet */
	VAULT_STATE_NOT_ENCRYPTED,
};

struct vault_view {
	enum vault_state state;
	char sentence[768]; /* what is wrong and the way out; "" when ready */
};

/* Asks; data is the callback's. */
int vault_ask(struct daemon *daemon, capture_done done, void *data, struct capture **ret_capture);

/* Reads an answer; pure. */
void vault_view_read(int exit_status, const char *text, struct vault_view *ret_view);

/* The answer as VaultStatus documents it; owned by the caller. */
struct js *vault_view_json(const char *path, uint64_t reserve, int exit_status, const char *text);

/* "ready", "closed", "missing", "not-encrypted", "unknown" */
const char *vault_state_name(enum vault_state state);
/* A job's outcome for it: "no-vault", "vault-not-encrypted", "vault-unknown". */
const char *vault_state_outcome(enum vault_state state);
