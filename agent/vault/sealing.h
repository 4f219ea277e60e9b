/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * The container's key at rest: a credential that systemd-creds encrypted to this computer, with its TPM2 chip
 * when it has one. The key travels through a pipe, never in an argument, an environment or a file.
 */

#include "base/secret.h"
#include "vault/container.h"

#define SEALING_NAME "outing-vault-key" /* the credential's name, as in outing-vault.service */

/* Writes the credential to path (which must not exist), mode 0600, durable. 0, CONTAINER_NOT_SEALED, or an
 * errno. Also writes `<path>.sealing`, which says with what. Blocks for seconds when a TPM2 works. */
int sealing_seal(const char *path, const struct secret *key, enum container_sealing *ret_sealing);

/* The key: from $CREDENTIALS_DIRECTORY when a unit loaded it, else by systemd-creds. */
int sealing_open(const char *path, struct secret **ret_key);

/* The same for the key of something else; sealing_open_named() asks systemd-creds only. */
int sealing_seal_named(
	const char *name, const char *path, const struct secret *key, enum container_sealing *ret_sealing);
int sealing_open_named(const char *name, const char *path, struct secret **ret_key);

/* True when a TPM2 chip can seal. */
bool sealing_has_tpm2(void);

/* With what the key was sealed, from the note beside it. */
enum container_sealing sealing_kind(const char *path);
