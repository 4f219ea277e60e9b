/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * The certificate of a clear: what was proven, in the field's own words, with its limits.
 *
 * It is made from a struct wipe_proof, and only a completed read-back of the whole device produces one (see
 * wipe_recorder_proof() in recorder.h): there is no other constructor. Whatever is not proven is not said; a
 * clear that was cancelled, failed or was interrupted has no certificate. "Clear" is the word of
 * NIST SP 800-88; "Purge" is never claimed.
 */

#include "base/json.h"
#include "wipe/protocol.h"

struct wipe_proof; /* opaque: exists only after a complete, equal read-back */

struct certificate_facts {
	const char *device_name; /* as registered, or NULL */
	const char *device_id;   /* disk-..., or NULL for an image */
	const char *device_key;  /* the identity it was recognised by, or NULL */
	const char *vendor;
	const char *product;
	const char *serial;
	const char *session;       /* id of the offload session it rests on */
	int64_t session_committed; /* Unix seconds */
	uint64_t session_files;
	uint64_t session_bytes;
	int64_t started; /* Unix seconds */
	int64_t ended;
};

/* -EKEYREJECTED when the proof is missing or does not cover the whole device. */
int certificate_make(
	const struct wipe_proof *proof, const struct certificate_facts *facts, struct js **ret_certificate);

/* The same as readable text of some 30 lines, owned by the caller. -EINVAL if it is not a certificate. */
int certificate_text(const struct js *certificate, char **ret_text);
