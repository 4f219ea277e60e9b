/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * How the vault is doing: whether it is there (looked at here) and whether it rests encrypted (asked of
 * outing-vault, a child). Whatever cannot be asked or understood is "unknown", and unknown is never ready.
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

/* Asks whether the vault's folder rests encrypted; data is the callback's. */
int vault_ask(struct daemon *daemon, capture_done done, void *data, struct capture **ret_capture);

/* Puts the child's answer and what is seen here together. */
void vault_view(const struct daemon *daemon, int exit_status, const char *text, struct vault_view *ret_view);

/* The same as VaultStatus documents it; owned by the caller. */
struct js *vault_view_json(const struct daemon *daemon, int exit_status, const char *text);

/* The verdict alone, pure: what the child printed when it ended with exit_status. */
enum vault_state vault_read_storage(int exit_status, const char *text, char *ret_sentence, size_t size);

/* "ready", "closed", "missing", "not-encrypted", "unknown" */
const char *vault_state_name(enum vault_state state);
/* A job's outcome for it: "no-vault", "vault-not-encrypted", "vault-unknown". */
const char *vault_state_outcome(enum vault_state state);
