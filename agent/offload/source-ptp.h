/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * A PTP or MTP device as a source: its objects look like the files of a card, below "store-XXXXXXXX".
 *
 * Opening and connecting are two steps, because the device's bytes are hostile: source_ptp_open() opens the
 * node and touches no device, source_ptp_connect() is for when the sandbox is closed. Every read of
 * everything begins with a new session and a new scan; handles of one session mean nothing in the next, a
 * file is found again by its path. A session that breaks is opened again, a limited number of times.
 *
 * One file at a time is read, from its beginning to its end. One thread.
 */

#include "offload/walk.h"
#include "ptp/tree.h"

#define SOURCE_PTP_PREFIX "ptp:" /* "ptp:/dev/bus/usb/001/004" */

struct source_ptp;

/* What is behind a usbfs descriptor, which is borrowed for as long as this lives. 0 or negative errno. */
int source_ptp_open(int usbfs_fd, struct source_ptp **ret_ptp);

/* A device that is reached otherwise; transport is borrowed. For tests. */
int source_ptp_new(const struct ptp_transport *transport, struct source_ptp **ret_ptp);
struct source_ptp *source_ptp_free(struct source_ptp *ptp);
DEFINE_CLEANUP(struct source_ptp, source_ptp_free);

/* enum source_outcome or negative errno. */
int source_ptp_connect(struct source_ptp *ptp, char ret_detail[static SOURCE_DETAIL]);

/* A new session and a new scan. 0, -ECANCELED, -ENODEV: the device is gone or cannot be made to answer. */
int source_ptp_begin(struct source_ptp *ptp, const atomic_bool *stop);

/* The next source_ptp_begin() scans again even if nothing was read meanwhile. */
void source_ptp_forget(struct source_ptp *ptp);

/* Tells what the last scan found, as walk_source() does. */
int source_ptp_tell(struct source_ptp *ptp, const struct walk_sink *sink, const atomic_bool *stop);

/* Whether the device answers now and still has every store of the last scan; 0 or -ENODEV. Not while a file
 * is open. */
int source_ptp_alive(struct source_ptp *ptp);

struct source_ptp_file {
	uint64_t size;
	int64_t mtime;
};

/* Why the device cannot be used any more, "" when it is simply gone. Static, or in buffer. */
const char *source_ptp_trouble(const struct source_ptp *ptp, char buffer[static PTP_NAME_SIZE]);

/* Negative errno; the device's own answer as -(SOURCE_PTP_ANSWER + response). */
#define SOURCE_PTP_ANSWER 0x10000
int source_ptp_file_open(
	struct source_ptp *ptp, const char *path, const atomic_bool *stop, struct source_ptp_file *ret_file);

/* The next bytes; fewer than size only at the end. */
ssize_t source_ptp_file_read(struct source_ptp *ptp, void *buffer, size_t size);

/* 0 when the device said that this was all of it. */
int source_ptp_file_end(struct source_ptp *ptp);

/* Gives up a file that was not read to its end; nothing if none is open. */
void source_ptp_file_close(struct source_ptp *ptp);
