/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * What the manager has attested: that something was done which no program can see, with the day and the user.
 * Attestations are only ever added; the latest counts.
 *
 * Functions return ATTEST_OK, another enum attest_outcome, or negative errno.
 */

#include "base/cleanup.h"

#include <sys/types.h>

struct state;

#define ATTEST_NOTE_SIZE 512
#define ATTEST_PASSWORDS "passwords" /* the passwords of this computer were reviewed */
#define ATTEST_ENCRYPTED "encrypted" /* of a device: it encrypts what it stores */

enum attest_outcome {
	ATTEST_OK = 0,
	ATTEST_NONE = 1,     /* never attested */
	ATTEST_UNKNOWN = 2,  /* not a word that can be attested */
	ATTEST_NOTE_BAD = 3, /* too long, or cannot be printed */
};

struct attestation {
	char note[ATTEST_NOTE_SIZE];
	int64_t at; /* Unix seconds */
	uid_t uid;
};

/* Whether it would be taken, without storing it. Pure. */
int attest_check(const char *what, const char *note);

int attest_add(struct state *state, const char *what, const struct attestation *attestation);
int attest_latest(struct state *state, const char *what, struct attestation *ret_attestation);

/* The same of one device, a row of the register. */
int attest_device_check(const char *what, const char *note);
int attest_device_add(
	struct state *state, int64_t device, const char *what, const struct attestation *attestation);
int attest_device_latest(
	struct state *state, int64_t device, const char *what, struct attestation *ret_attestation);
