/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * A PTP device behind a usbfs descriptor that somebody else opened, over libusb-1.0; no other file includes
 * its header.
 *
 * The process that talks to a device needs no right to open it: the descriptor is handed to it, and
 * everything happens by ioctl on that descriptor. Even the descriptors of the device are hostile bytes, so
 * the sandbox closes before ptp_usb_open(); what it has to let through is listed here. Reading keeps several
 * large transfers under way.
 */

#include "ptp/transport.h"

#include <limits.h>

enum ptp_usb_outcome {
	PTP_USB_OPENED = 0,
	PTP_USB_NO_CAMERA = 1, /* no interface of the still image class, nor one that calls itself MTP */
	PTP_USB_TAKEN = 2,     /* another program or driver has claimed the interface */
};

/* In place of a usbfs descriptor, or of the negative errno for which there is none: none is needed. */
#define PTP_USB_NONE INT_MIN

struct ptp_usb;

/* For before the sandbox closes: the libraries look around (at the time zone, too), and no device is touched.
 */
int ptp_usb_new(struct ptp_usb **ret_usb);
struct ptp_usb *ptp_usb_free(struct ptp_usb *usb);
DEFINE_CLEANUP(struct ptp_usb, ptp_usb_free);

/* Once. usbfs_fd is borrowed until ptp_usb_free(), opened for reading and writing. enum ptp_usb_outcome or
 * negative errno. */
int ptp_usb_open(struct ptp_usb *usb, int usbfs_fd);

/* Borrowed, lives as long as usb. */
const struct ptp_transport *ptp_usb_transport(const struct ptp_usb *usb);

/* For struct sandbox_calls, beside what every worker may do. */
extern const char *const ptp_usb_syscalls[];
extern const size_t ptp_usb_syscall_count;

/* What the library tries and does without. */
extern const char *const ptp_usb_refused[];
extern const size_t ptp_usb_refused_count;

extern const uint32_t ptp_usb_ioctls[];
extern const size_t ptp_usb_ioctl_count;
