/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Formatting one store of a PTP device: the only code of the project that does, and nothing but a manager's
 * own order for that store leads here; no setting and no job does.
 *
 * An order is not proof. The store is scanned first, in the same session: as long as it lists anything but
 * folders, or an object that cannot be listed properly, nothing is sent. So what formatting takes away is
 * what removal (removal.h) left: folders, and the camera's own index. Afterwards everything is scanned again:
 * the store must be there and hold no file, and the other stores' objects must be what they were.
 *
 * Cameras list not everything that lies on their cards: films, sound and raw pictures may be missing, and
 * formatting would take them, never copied. So the device must say how full the store is, and that must be
 * no more than its folders and the tables of its file system can take up (PTP_FORMAT_SLACK for each). What
 * is smaller than that stays unseen: whoever lets a manager order this says so, too.
 *
 * The OK of a device is not believed by itself: where there were folders, something must look different.
 *
 * A picture taken in the moment between the scan and the format cannot be seen by anybody: whoever lets a
 * manager order this says so first.
 *
 * Formatted is not wiped: it only empties the table of contents.
 */

#include "ptp/tree.h"

struct ptp_format_order {
	uint32_t storage;
	bool by_manager; /* a manager asked for this store to be formatted, and confirmed it */
};

/* The largest cluster of the usual cards up to 128 GB: what one folder takes up. Larger ones are refused. */
#define PTP_FORMAT_SLACK  (UINT64_C(128) << 10)
#define PTP_FORMAT_TABLES 3 /* root folder, and the bitmap and table of exFAT */

enum ptp_format {
	PTP_FORMATTED = 0,
	PTP_FORMAT_NOT_ORDERED = 1, /* nobody who may has asked for it. Nothing was sent */
	PTP_FORMAT_UNKNOWN = 2,     /* the device cannot, or lists no such store. Nothing was sent */
	PTP_FORMAT_NOT_EMPTY = 3,   /* files are on it, or what is on it cannot be told. Nothing was sent */
	PTP_FORMAT_STALE = 4,       /* something changed on the device since the scan. Nothing was sent */
	PTP_FORMAT_REFUSED = 5,     /* the device said no; *ret_response */
	PTP_FORMAT_IGNORED = 6,     /* the device said OK, and files are on it or it is gone */
	PTP_FORMAT_OTHERS = 7,      /* objects of another store are gone or different */
	PTP_FORMAT_HOLDS_MORE = 8,  /* it is fuller than it lists, or does not say. Nothing was sent */
	PTP_FORMAT_UNSEEN = 9,      /* the device said OK, and every folder is listed as it was before */
	PTP_FORMAT_COUNT
};

/* Within an open session. enum ptp_format, or a negative errno: then it is not known whether the store was
 * formatted. A positive answer to a listing is -EREMOTEIO with *ret_response. */
int ptp_format_store(struct ptp *ptp, const struct ptp_format_order *order, unsigned *ret_response);

/* "formatted", "not-empty", ...: never changes for the same case. */
const char *ptp_format_name(enum ptp_format format);
