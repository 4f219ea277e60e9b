/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Deleting one object from a PTP device: the only code of the project that does.
 *
 * There is no call that deletes by handle. ptp_prove() reads the object's description again, in the session
 * and generation of the tree, and compares name, size, folder and store with the tree and path and size with
 * what the journal holds; only if all of it is equal does it give a proof, and only a proof can be handed to
 * ptp_remove(), once. An event about objects or stores makes every proof and the tree worthless: scan again.
 *
 * After a delete the device's answer is not believed. The store and the folder are listed again: the object
 * must be gone, and every other object must still be there.
 *
 * Folders are never deleted: on many devices that takes everything in them along.
 */

#include "ptp/tree.h"

struct ptp_proof;

enum ptp_removal {
	PTP_REMOVED = 0,
	PTP_REMOVAL_DIFFERS = 1,    /* it is not what the tree or the journal say. Nothing was sent */
	PTP_REMOVAL_FOLDER = 2,     /* a folder. Nothing was sent */
	PTP_REMOVAL_PROTECTED = 3,  /* protected, and that nobody confirmed. Nothing was sent */
	PTP_REMOVAL_STALE = 4,      /* something changed on the device since the scan. Nothing was sent */
	PTP_REMOVAL_UNREADABLE = 5, /* the device does not describe it any more; *ret_response says why */
	PTP_REMOVAL_REFUSED = 6,    /* the device said no (*ret_response), and it is still there */
	PTP_REMOVAL_IGNORED = 7,    /* the device said OK, and it is still there */
	PTP_REMOVAL_OTHERS = 8,     /* other objects are gone or new: stop at once, scan */
	PTP_REMOVAL_UNSURE = 9,     /* the device's answer and its listing contradict each other: scan */
	PTP_REMOVAL_COUNT
};

/* What the journal proves to be safe. Borrowed. */
struct ptp_recorded {
	const char *path; /* as ptp_tree_path() gives it */
	uint64_t size;
	bool protected_too; /* a person confirmed that protected objects go as well */
};

/* PTP_REMOVED (0) with a proof, another enum ptp_removal, or a negative errno. */
int ptp_prove(struct ptp_tree *tree, struct ptp_object *object, const struct ptp_recorded *recorded,
	struct ptp_proof **ret_proof, unsigned *ret_response);
struct ptp_proof *ptp_proof_free(struct ptp_proof *proof);
DEFINE_CLEANUP(struct ptp_proof, ptp_proof_free);

/* Takes the proof away from the caller, whatever comes of it. enum ptp_removal, or a negative errno: then it
 * is not known whether the object is gone, and only a scan in a new session can tell (-EREMOTEIO: the device
 * gave *ret_response in place of a listing). */
int ptp_remove(struct ptp_proof **proof, unsigned *ret_response);

/* Takes the object's protection away; takes the proof, too: prove again. 0, positive response, negative
 * errno. */
int ptp_unprotect(struct ptp_proof **proof);

/* "removed", "device-refused", ...: never changes for the same case. */
const char *ptp_removal_name(enum ptp_removal removal);
