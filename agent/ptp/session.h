/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * One PTP session with one device: one transaction at a time, every byte of the answer accounted for.
 *
 * A device that answers to another transaction, sends more or less than it announced, or is silent, breaks
 * the session: everything after that fails with -EBADMSG until the session is opened anew. Only reading is
 * done here; nothing in this file can send a delete (see removal.h) or a format (format.h).
 *
 * The generation grows with every event that may concern objects or stores, and with every opening: whoever
 * keeps what a listing said compares it before relying on it.
 *
 * Functions return 0, a negative errno (the transport or the protocol failed), or a positive response code
 * (enum ptp_response): the device's own answer, which is never "OK" then.
 */

#include "ptp/container.h"
#include "ptp/dataset.h"
#include "ptp/transport.h"

#define PTP_LISTING_MAX (64U << 20) /* bytes of one listing that are accepted */

struct ptp;

/* transport is borrowed and must outlive the session. Nothing is sent. */
int ptp_new(const struct ptp_transport *transport, struct ptp **ret_ptp);

/* Closes an open session, as well as that goes. */
struct ptp *ptp_free(struct ptp *ptp);
DEFINE_CLEANUP(struct ptp, ptp_free);

/* Begins a new session, ending the one that is open; reads the device info. A transaction that somebody who
 * was killed left half done is cleared away, if need be by a reset of the device. */
int ptp_open(struct ptp *ptp);
int ptp_close(struct ptp *ptp);

/* Borrowed, valid until the next ptp_open(). */
const struct ptp_device_info *ptp_info(const struct ptp *ptp);
bool ptp_can(const struct ptp *ptp, enum ptp_operation operation);

bool ptp_is_broken(const struct ptp *ptp);

/* Takes the events that came in. */
int ptp_poll(struct ptp *ptp);
uint64_t ptp_generation(const struct ptp *ptp);

/* The event because of which the generation last grew; code 0: none since the opening. */
struct ptp_event ptp_last_event(const struct ptp *ptp);

int ptp_storage_ids(struct ptp *ptp, struct ptp_u32s *ret_ids);
int ptp_storage_info(struct ptp *ptp, uint32_t storage, struct ptp_storage_info *ret_info);

/* storage PTP_HANDLE_ALL: all stores. parent PTP_HANDLE_NONE: objects of every folder; PTP_HANDLE_ALL: those
 * of the root. */
int ptp_object_count(struct ptp *ptp, uint32_t storage, uint32_t parent, uint32_t *ret_count);
int ptp_object_handles(struct ptp *ptp, uint32_t storage, uint32_t parent, struct ptp_u32s *ret_handles);
int ptp_object_info(struct ptp *ptp, uint32_t handle, struct ptp_object_info *ret_info);

int ptp_properties_supported(struct ptp *ptp, unsigned format, struct ptp_u16s *ret_properties);
int ptp_property_value(struct ptp *ptp, uint32_t handle, enum ptp_property property, unsigned type,
	struct ptp_value *ret_value);

/* handle PTP_HANDLE_ALL with depth 0: every object. See ptp_parse_property_list() for visit. */
int ptp_property_list(struct ptp *ptp, uint32_t handle, enum ptp_property property, uint32_t depth,
	ptp_property_fn visit, void *data);

/* The object's size in full. PTP_SIZE_UNKNOWN in *ret_size when the device does not say. */
int ptp_object_size(struct ptp *ptp, uint32_t handle, const struct ptp_object_info *info, uint64_t *ret_size);

/*
 * An object's content, in order: begin, read until 0, end. size: what the object must have
 * (PTP_SIZE_UNKNOWN: what comes). A device that announces another size is -EMSGSIZE, and the transfer is
 * cancelled. ptp_read_end() takes the device's answer; it is an error to end before all was read.
 * ptp_read_cancel() gives up and leaves the session usable, if the device plays along.
 */
int ptp_read_begin(struct ptp *ptp, uint32_t handle, uint64_t size);
ssize_t ptp_read(struct ptp *ptp, void *buffer, size_t size);
int ptp_read_end(struct ptp *ptp);
int ptp_read_cancel(struct ptp *ptp);

/* A piece of an object, by the 64-bit operation if the device has it; -ERANGE when it has not and the place
 * is beyond 4 GiB. The number of bytes (fewer only at the object's end), or negative; the device's own answer
 * is in *ret_response then, with -EREMOTEIO. */
ssize_t ptp_read_piece(
	struct ptp *ptp, uint32_t handle, uint64_t offset, void *buffer, size_t size, unsigned *ret_response);
