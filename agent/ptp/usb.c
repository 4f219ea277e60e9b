/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * Transfers over libusb. See usb.h.
 *
 * Bulk-in is a ring of transfers, submitted in order and taken in order: as soon as one is empty it is
 * submitted again behind the others, so that the device never waits for us. The bus keeps the order; a
 * transfer that came back less than full ends where the device ended it. One interrupt transfer waits for
 * events all the time. Time limits are ours: transfers wait until they are cancelled.
 */

#include "ptp/usb.h"

#include "base/clock.h"

#include <libusb.h>
#include <linux/usbdevice_fs.h>
#include <string.h>
#include <strings.h>
#include <sys/ioctl.h>
#include <time.h>

#define SLOTS      8
#define SLOT_BYTES (128U << 10) /* a multiple of every packet size */
#define CONTROL_MS 5000
#define CANCEL_MS  5000
#define MS         UINT64_C(1000000)

#define CLASS_OUT (LIBUSB_ENDPOINT_OUT | LIBUSB_REQUEST_TYPE_CLASS | LIBUSB_RECIPIENT_INTERFACE)
#define CLASS_IN  (LIBUSB_ENDPOINT_IN | LIBUSB_REQUEST_TYPE_CLASS | LIBUSB_RECIPIENT_INTERFACE)

enum slot_state {
	SLOT_IDLE,
	SLOT_PENDING,
	SLOT_DONE,
};

struct slot {
	struct libusb_transfer *transfer;
	uint8_t *buffer;
	enum slot_state state;
	size_t at; /* taken so far */
};

struct ptp_usb {
	libusb_context *context;
	libusb_device_handle *handle;
	int interface; /* claimed; -1: none */
	uint8_t in, out, interrupt;
	bool in_halted, out_halted;
	unsigned first; /* the slot that is taken next */
	struct slot slots[SLOTS];
	struct slot event;
	struct ptp_transport transport;
};

/* timerfd and eventfd: how libusb wakes itself. */
const char *const ptp_usb_syscalls[] = {"timerfd_settime", "timerfd_create", "eventfd2", "readlink"};
const size_t ptp_usb_syscall_count = ELEMENTS(ptp_usb_syscalls);

/* The name of the node, which only the one who opened it needs to know. */
const char *const ptp_usb_refused[] = {"readlink"};
const size_t ptp_usb_refused_count = ELEMENTS(ptp_usb_refused);

const uint32_t ptp_usb_ioctls[] = {(uint32_t)USBDEVFS_SUBMITURB, (uint32_t)USBDEVFS_REAPURB,
	(uint32_t)USBDEVFS_REAPURBNDELAY, (uint32_t)USBDEVFS_DISCARDURB, (uint32_t)USBDEVFS_CLEAR_HALT,
	(uint32_t)USBDEVFS_RESET, (uint32_t)USBDEVFS_CLAIMINTERFACE, (uint32_t)USBDEVFS_RELEASEINTERFACE,
	(uint32_t)USBDEVFS_GETDRIVER, (uint32_t)USBDEVFS_CONNECTINFO, (uint32_t)USBDEVFS_CONTROL,
	(uint32_t)USBDEVFS_GET_SPEED, (uint32_t)USBDEVFS_GET_CAPABILITIES,
	/* libusb claims again with this after a reset. */
	(uint32_t)USBDEVFS_DISCONNECT_CLAIM};
const size_t ptp_usb_ioctl_count = ELEMENTS(ptp_usb_ioctls);

static int errno_of(int error)
{
	switch (error) {
	case LIBUSB_ERROR_NO_DEVICE:
	case LIBUSB_ERROR_NOT_FOUND:
		return -ENODEV;
	case LIBUSB_ERROR_TIMEOUT:
		return -ETIMEDOUT;
	case LIBUSB_ERROR_PIPE:
		return -EPIPE;
	case LIBUSB_ERROR_NO_MEM:
		return -ENOMEM;
	case LIBUSB_ERROR_BUSY:
		return -EBUSY;
	case LIBUSB_ERROR_ACCESS:
		return -EACCES;
	default:
		return -EIO;
	}
}

static int errno_of_transfer(enum libusb_transfer_status status)
{
	switch (status) {
	case LIBUSB_TRANSFER_COMPLETED:
		return 0;
	case LIBUSB_TRANSFER_STALL:
		return -EPIPE;
	case LIBUSB_TRANSFER_NO_DEVICE:
		return -ENODEV;
	case LIBUSB_TRANSFER_TIMED_OUT:
	case LIBUSB_TRANSFER_CANCELLED:
		return -ETIMEDOUT;
	case LIBUSB_TRANSFER_ERROR:
	case LIBUSB_TRANSFER_OVERFLOW:
		break;
	}
	return -EIO;
}

/* --- transfers --- */

static void transfer_done(struct libusb_transfer *transfer)
{
	((struct slot *)transfer->user_data)->state = SLOT_DONE;
}

static int submit(struct slot *slot)
{
	int r = libusb_submit_transfer(slot->transfer);

	if (r < 0)
		return errno_of(r);
	slot->state = SLOT_PENDING;
	slot->at = 0;
	return 0;
}

/* Lets libusb work until the slot is done or the time is up. Several may be done at once, so one that is done
 * already must not wait for an event that will not come. */
static int wait_for(struct ptp_usb *usb, const struct slot *slot, unsigned timeout_ms)
{
	uint64_t end = clock_monotonic_ns() + timeout_ms * MS;

	while (slot->state != SLOT_DONE) {
		uint64_t now = clock_monotonic_ns(), left = now < end ? end - now : 0;
		struct timeval time = {.tv_sec = (time_t)(left / (1000 * MS)),
			.tv_usec = (suseconds_t)(left / 1000 % 1000000)};
		int r = libusb_handle_events_timeout_completed(usb->context, &time, NULL);

		if (slot->state != SLOT_PENDING)
			return 0;
		if (r < 0 && r != LIBUSB_ERROR_INTERRUPTED)
			return errno_of(r);
		if (left == 0)
			return -ETIMEDOUT;
	}
	return 0;
}

static int make_slot(struct ptp_usb *usb, struct slot *slot, uint8_t endpoint, size_t size, bool interrupt)
{
	slot->transfer = libusb_alloc_transfer(0);
	slot->buffer = malloc(size);
	if (!slot->transfer || !slot->buffer)
		return -ENOMEM;
	if (interrupt)
		libusb_fill_interrupt_transfer(slot->transfer, usb->handle, endpoint, slot->buffer, (int)size,
			transfer_done, slot, 0);
	else
		libusb_fill_bulk_transfer(slot->transfer, usb->handle, endpoint, slot->buffer, (int)size,
			transfer_done, slot, 0);
	return 0;
}

/* Ends what is under way; its bytes are dropped. False when that could not be done: then libusb still has the
 * memory. */
static bool stop_slot(struct ptp_usb *usb, struct slot *slot)
{
	if (slot->state == SLOT_PENDING) {
		(void)libusb_cancel_transfer(slot->transfer);
		(void)wait_for(usb, slot, CANCEL_MS);
	}
	if (slot->state == SLOT_PENDING)
		return false;
	slot->state = SLOT_IDLE;
	return true;
}

static void free_slot(struct ptp_usb *usb, struct slot *slot)
{
	if (slot->transfer && !stop_slot(usb, slot))
		return;
	libusb_free_transfer(slot->transfer);
	free(slot->buffer);
	*slot = (struct slot){0};
}

/* --- the table --- */

static int usb_send(void *data, const void *bytes, size_t size, unsigned timeout_ms)
{
	struct ptp_usb *usb = data;
	uint8_t copy[64];
	int sent = 0, r;

	if (size > sizeof copy)
		return -EINVAL;
	memcpy(copy, bytes, size);
	r = libusb_bulk_transfer(usb->handle, usb->out, copy, (int)size, &sent, timeout_ms);
	usb->out_halted |= r == LIBUSB_ERROR_PIPE;
	if (r < 0)
		return errno_of(r);
	return (size_t)sent == size ? 0 : -EIO;
}

static int keep_busy(struct ptp_usb *usb)
{
	for (unsigned i = 0; i < SLOTS; i++) {
		struct slot *slot = &usb->slots[(usb->first + i) % SLOTS];
		int r = slot->state == SLOT_IDLE ? submit(slot) : 0;

		if (r < 0)
			return r;
	}
	return 0;
}

static ssize_t take_from(struct ptp_usb *usb, struct slot *slot, void *buffer, size_t size, bool *ret_end)
{
	size_t have = (size_t)slot->transfer->actual_length - slot->at, n = have < size ? have : size;
	bool full = slot->transfer->actual_length == slot->transfer->length;
	int r;

	memcpy(buffer, slot->buffer + slot->at, n);
	slot->at += n;
	if (n < have)
		return (ssize_t)n;
	*ret_end = !full;
	usb->first = (usb->first + 1) % SLOTS;
	slot->state = SLOT_IDLE;
	r = submit(slot);
	/* What was taken is good; a device that is gone will be missed by the next call. */
	return r < 0 && n == 0 ? r : (ssize_t)n;
}

static ssize_t usb_receive(void *data, void *buffer, size_t size, bool *ret_end, unsigned timeout_ms)
{
	struct ptp_usb *usb = data;
	struct slot *slot = &usb->slots[usb->first];
	int r = keep_busy(usb);

	*ret_end = false;
	if (r == 0)
		r = wait_for(usb, slot, timeout_ms);
	if (r == 0)
		r = errno_of_transfer(slot->transfer->status);
	usb->in_halted |= r == -EPIPE;
	return r < 0 ? r : take_from(usb, slot, buffer, size, ret_end);
}

static ssize_t usb_event(void *data, uint8_t ret_bytes[static PTP_EVENT_BYTES], unsigned timeout_ms)
{
	struct ptp_usb *usb = data;
	ssize_t n = 0;
	int r = usb->interrupt && usb->event.state == SLOT_IDLE ? submit(&usb->event) : 0;

	if (r == 0)
		r = wait_for(usb, &usb->event, timeout_ms);
	if (r < 0 || !usb->interrupt)
		return r == -ETIMEDOUT ? 0 : r;
	r = errno_of_transfer(usb->event.transfer->status);
	if (r == 0) {
		n = usb->event.transfer->actual_length;
		memcpy(ret_bytes, usb->event.buffer, (size_t)n);
	}
	usb->event.state = SLOT_IDLE;
	if (r == -EPIPE)
		r = errno_of(libusb_clear_halt(usb->handle, usb->interrupt));
	return r == -ENODEV ? r : n;
}

static int usb_request_out(void *data, enum ptp_request request, const void *bytes, size_t size)
{
	struct ptp_usb *usb = data;
	uint8_t copy[16];
	int r;

	if (size > sizeof copy)
		return -EINVAL;
	if (size > 0)
		memcpy(copy, bytes, size);
	r = libusb_control_transfer(usb->handle, CLASS_OUT, (uint8_t)request, 0, (uint16_t)usb->interface,
		copy, (uint16_t)size, CONTROL_MS);
	return r < 0 ? errno_of(r) : 0;
}

static ssize_t usb_request_in(void *data, enum ptp_request request, void *buffer, size_t size)
{
	struct ptp_usb *usb = data;
	int r = libusb_control_transfer(usb->handle, CLASS_IN, (uint8_t)request, 0, (uint16_t)usb->interface,
		buffer, (uint16_t)size, CONTROL_MS);

	return r < 0 ? errno_of(r) : r;
}

static int stop_all(struct ptp_usb *usb)
{
	bool stopped = true;

	for (unsigned i = 0; i < SLOTS; i++)
		if (usb->slots[i].state == SLOT_PENDING)
			(void)libusb_cancel_transfer(usb->slots[i].transfer);
	for (unsigned i = 0; i < SLOTS; i++)
		stopped &= stop_slot(usb, &usb->slots[i]);
	usb->first = 0;
	return stopped ? 0 : -EIO;
}

static int usb_clear(void *data)
{
	struct ptp_usb *usb = data;
	int r = stop_all(usb);

	if (r == 0 && usb->in_halted)
		r = libusb_clear_halt(usb->handle, usb->in) == LIBUSB_ERROR_NO_DEVICE ? -ENODEV : 0;
	if (r == 0 && usb->out_halted)
		r = libusb_clear_halt(usb->handle, usb->out) == LIBUSB_ERROR_NO_DEVICE ? -ENODEV : 0;
	usb->in_halted = usb->out_halted = false;
	return r;
}

static int usb_reset(void *data)
{
	struct ptp_usb *usb = data;
	int r = stop_all(usb);

	(void)stop_slot(usb, &usb->event);
	if (r == 0)
		r = libusb_reset_device(usb->handle);
	usb->in_halted = usb->out_halted = false;
	return r < 0 ? errno_of(r) : 0;
}

/* --- opening --- */

static void find_endpoints(struct ptp_usb *usb, const struct libusb_interface_descriptor *interface)
{
	usb->in = usb->out = usb->interrupt = 0;
	for (unsigned i = 0; i < interface->bNumEndpoints; i++) {
		const struct libusb_endpoint_descriptor *endpoint = &interface->endpoint[i];
		unsigned type = endpoint->bmAttributes & LIBUSB_TRANSFER_TYPE_MASK;
		bool in = endpoint->bEndpointAddress & LIBUSB_ENDPOINT_IN;

		if (type == LIBUSB_TRANSFER_TYPE_BULK && in && !usb->in)
			usb->in = endpoint->bEndpointAddress;
		else if (type == LIBUSB_TRANSFER_TYPE_BULK && !in && !usb->out)
			usb->out = endpoint->bEndpointAddress;
		else if (type == LIBUSB_TRANSFER_TYPE_INTERRUPT && in && !usb->interrupt)
			usb->interrupt = endpoint->bEndpointAddress;
	}
}

/* Phones often have MTP in a vendor's class and say so in the interface's name only. */
static bool is_camera(const struct ptp_usb *usb, const struct libusb_interface_descriptor *interface)
{
	char name[128] = "";

	if (interface->bInterfaceClass == LIBUSB_CLASS_IMAGE)
		return interface->bInterfaceSubClass == 1;
	if (interface->bInterfaceClass != LIBUSB_CLASS_VENDOR_SPEC || interface->iInterface == 0)
		return false;
	if (libusb_get_string_descriptor_ascii(
		    usb->handle, interface->iInterface, (unsigned char *)name, sizeof name - 1) < 0)
		return false;
	return strcasestr(name, "mtp") != NULL;
}

static bool find_interface(struct ptp_usb *usb, const struct libusb_config_descriptor *config)
{
	for (unsigned i = 0; i < config->bNumInterfaces; i++) {
		const struct libusb_interface_descriptor *interface = config->interface[i].altsetting;

		if (config->interface[i].num_altsetting < 1 || !is_camera(usb, interface))
			continue;
		find_endpoints(usb, interface);
		usb->interface = interface->bInterfaceNumber;
		if (usb->in && usb->out)
			return true;
	}
	return false;
}

static int claim(struct ptp_usb *usb)
{
	struct libusb_config_descriptor *config;
	int r = libusb_get_active_config_descriptor(libusb_get_device(usb->handle), &config);
	bool found;

	if (r < 0)
		return errno_of(r);
	found = find_interface(usb, config);
	libusb_free_config_descriptor(config);
	r = found ? libusb_claim_interface(usb->handle, usb->interface) : 0;
	if (!found || r < 0)
		usb->interface = -1;
	if (r < 0)
		return r == LIBUSB_ERROR_BUSY ? PTP_USB_TAKEN : errno_of(r);
	return found ? PTP_USB_OPENED : PTP_USB_NO_CAMERA;
}

static int make_slots(struct ptp_usb *usb)
{
	int r = usb->interrupt ? make_slot(usb, &usb->event, usb->interrupt, PTP_EVENT_BYTES, true) : 0;

	for (unsigned i = 0; r == 0 && i < SLOTS; i++)
		r = make_slot(usb, &usb->slots[i], usb->in, SLOT_BYTES, false);
	return r;
}

/* libc wants the zone's file at the first date, which the sandbox answers with death. With TZ set, it reads
 * it here and never again. */
static int read_time_zone(void)
{
	if (setenv("TZ", ":/etc/localtime", 0) < 0)
		return -errno;
	tzset();
	return 0;
}

int ptp_usb_new(struct ptp_usb **ret_usb)
{
	_cleanup_(ptp_usb_freep) struct ptp_usb *usb = calloc(1, sizeof *usb);
	int r;

	if (!usb)
		return -ENOMEM;
	usb->interface = -1;
	usb->transport = (struct ptp_transport){
		usb, usb_send, usb_receive, usb_event, usb_request_out, usb_request_in, usb_clear, usb_reset};
	r = read_time_zone();
	if (r < 0)
		return r;
	r = libusb_set_option(NULL, LIBUSB_OPTION_NO_DEVICE_DISCOVERY);
	if (r == 0)
		r = libusb_init(&usb->context);
	if (r < 0)
		return errno_of(r);
	*ret_usb = TAKE_PTR(usb);
	return 0;
}

int ptp_usb_open(struct ptp_usb *usb, int usbfs_fd)
{
	int r = libusb_wrap_sys_device(usb->context, usbfs_fd, &usb->handle);

	r = r < 0 ? errno_of(r) : claim(usb);
	return r == PTP_USB_OPENED ? make_slots(usb) : r;
}

struct ptp_usb *ptp_usb_free(struct ptp_usb *usb)
{
	if (!usb)
		return NULL;
	for (unsigned i = 0; i < SLOTS; i++)
		free_slot(usb, &usb->slots[i]);
	free_slot(usb, &usb->event);
	if (usb->handle && usb->interface >= 0)
		(void)libusb_release_interface(usb->handle, usb->interface);
	if (usb->handle)
		libusb_close(usb->handle);
	if (usb->context)
		libusb_exit(usb->context);
	free(usb);
	return NULL;
}

const struct ptp_transport *ptp_usb_transport(const struct ptp_usb *usb)
{
	return &usb->transport;
}
