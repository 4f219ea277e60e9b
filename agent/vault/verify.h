/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Does the vault still hold what was put into it? Every file is read again from the device and hashed, every
 * manifest is held against its chain, and every missing, changed or extra thing is named.
 *
 * Reads only. Memory does not grow with the number of files. "Nothing wrong" is said only by a total whose
 * findings are zero and whose files are those of the manifests; an empty vault is reported as zero sessions.
 */

#include "base/cleanup.h"

enum verify_kind {
	VERIFY_MISSING,          /* in the manifest, not on disk */
	VERIFY_CHANGED,          /* size or hash differs */
	VERIFY_EXTRA,            /* on disk, in no manifest */
	VERIFY_UNREADABLE,       /* the storage returned an error; detail has its text */
	VERIFY_NO_HISTORY,       /* a session without chain: not finished, or removed */
	VERIFY_CHAIN_BAD,        /* the chain cannot be understood */
	VERIFY_MANIFEST_MISSING, /* in the chain, not on disk */
	VERIFY_MANIFEST_CHANGED, /* its hash is not the chain's */
	VERIFY_MANIFEST_BAD,     /* it cannot be understood */
};
#define VERIFY_KINDS 9

/* "missing", "changed", ... as in JSON. */
const char *verify_kind_name(enum verify_kind kind);

struct verify_finding {
	enum verify_kind kind;
	const char *session; /* "<device name>/<date>T<time>Z", or "" for the vault itself */
	const char *path;    /* relative to the session */
	const char *detail;  /* plain English */
};

struct verify_totals {
	uint64_t sessions;
	uint64_t files; /* files of the manifests that were looked at */
	uint64_t bytes; /* bytes read and hashed */
	uint64_t findings;
};

struct verify_events {
	/* Each returns 0 to go on or a negative errno to stop; a finding that is known and all right: 1, it
	 * is not counted then. */
	int (*finding)(const struct verify_finding *finding, void *data);
	int (*progress)(const struct verify_totals *so_far, uint64_t files_expected, uint64_t bytes_expected,
		void *data);
	bool (*cancelled)(void *data); /* asked at least every 8 MiB */
	void *data;
};

/* 0 when everything was looked at (findings or not), -ECANCELED, or an errno when the vault itself could not
 * be read. *ret_totals is filled in every case. spool_fd: an empty unlinked file that is used as scratch
 * space (verify_spool()); borrowed. */
int verify_vault(
	int vault_fd, int spool_fd, const struct verify_events *events, struct verify_totals *ret_totals);
int verify_session(int vault_fd, const char *session, int spool_fd, const struct verify_events *events,
	struct verify_totals *ret_totals);

/* Scratch space inside the vault, or in memory when the vault is read-only. */
int verify_spool(int vault_fd, int *ret_fd);
