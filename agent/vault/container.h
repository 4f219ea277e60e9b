/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * The vault's own encrypted storage for a computer that has none: one LUKS2 file with an ext4 file system
 * inside, opened at boot with a random key that systemd-creds sealed to this computer.
 *
 * A power cut during creation leaves nothing that looks finished: the container gets its name last, after its
 * key is durable. An existing container or key is never overwritten. The key is in locked memory, a pipe to
 * systemd-creds and the sealed credential; nowhere else.
 */

#include "base/cleanup.h"
#include "base/json.h"
#include "base/secret.h"

#define CONTAINER_PATH       OUTING_STATEDIR "/vault.luks"
#define CONTAINER_MOUNTPOINT OUTING_STATEDIR "/vault"
#define CONTAINER_CREDENTIAL OUTING_STATEDIR "/vault-key.cred"
#define CONTAINER_MAPPING    "outing-vault"
#define CONTAINER_SIZE_MIN   (64ULL << 20)
#define CONTAINER_KEY_SIZE   64

struct container {
	const char *path; /* the LUKS2 file */
	const char *mountpoint;
	const char *credential; /* the sealed key */
	const char *mapping;    /* device-mapper name */
};
#define CONTAINER_DEFAULT \
	((struct container){CONTAINER_PATH, CONTAINER_MOUNTPOINT, CONTAINER_CREDENTIAL, CONTAINER_MAPPING})

enum container_step {
	CONTAINER_ALLOCATING,
	CONTAINER_FORMATTING,
	CONTAINER_FILE_SYSTEM,
	CONTAINER_SEALING,
	CONTAINER_MOUNTING,
};

struct container_events {
	void (*step)(enum container_step step, uint64_t done, uint64_t total, void *data);
	bool (*cancelled)(void *data);
	void *data;
};

enum container_outcome {
	CONTAINER_OK = 0,
	CONTAINER_EXISTS = 1,   /* something is there already; left as it is */
	CONTAINER_NO_SPACE = 2, /* the disk cannot hold that size */
	CONTAINER_TOO_SMALL = 3,
	CONTAINER_ABSENT = 4,     /* nothing to open */
	CONTAINER_WRONG_KEY = 5,  /* the key does not fit this container */
	CONTAINER_NOT_SEALED = 6, /* systemd-creds failed */
	CONTAINER_DAMAGED = 7,    /* not LUKS2, or its file system is beyond repair */
	CONTAINER_BUSY = 8,       /* in use: cannot be closed, or another one is mounted there */
	CONTAINER_FAILED = 9,     /* a helper program failed */
};

enum container_sealing {
	CONTAINER_SEALED_UNKNOWN,
	CONTAINER_SEALED_TPM2, /* the key opens only on this computer's TPM2 chip */
	CONTAINER_SEALED_HOST, /* the key rests on this computer's own disk */
};

/* Creates, opens and mounts; 0, an outcome, or an errno. Blocks for minutes on large sizes. Root. */
int container_create(const struct container *container, uint64_t size, const struct container_events *events,
	enum container_sealing *ret_sealing);

/* Activates, checks and mounts. An open container is CONTAINER_OK. */
int container_open(const struct container *container, const struct secret *key);
int container_close(const struct container *container);

struct container_status {
	bool exists, open, mounted;
	uint64_t size, free_bytes, total_bytes;
	enum container_sealing sealing;
};

int container_status(const struct container *container, struct container_status *ret_status);

/* One English sentence with the reason and the way out, for an outcome other than CONTAINER_OK. */
const char *container_sentence(enum container_outcome outcome);

/* What the sealing means, in one or two plain sentences. */
const char *container_sealing_sentence(enum container_sealing sealing);
