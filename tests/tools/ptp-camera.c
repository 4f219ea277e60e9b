/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * The simulated camera as a real USB device, by FunctionFS.
 *
 *   ptp-camera FUNCTIONFS FOLDER [OPTION]... [KIND:OPERATION:SKIP:TIMES:NUMBER:MORE]...
 *
 * FUNCTIONFS is the mounted function, FOLDER holds what lies on the camera: each file is an object, deleting
 * the object deletes the file. Options and faults: camera-folder.h, and "times". Prints "ready" when the
 * gadget may be bound to its controller, then one line for each command, with "times" followed by the seconds
 * (of the monotonic clock) at which it came in. Ends when the function is unbound.
 */

#include "../ptp/camera-folder.h"

#include <endian.h>
#include <fcntl.h>
#include <linux/usb/functionfs.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>

#define PIECE (64U << 10)

static struct camera *camera;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t news = PTHREAD_COND_INITIALIZER;
static pthread_t talker;
static int ep0, ep_in, ep_out, ep_event;
static bool flushed, with_times;

static void die(const char *what)
{
	perror(what);
	_exit(1);
}

/* --- descriptors --- */

struct speed {
	struct usb_interface_descriptor interface;
	struct usb_endpoint_descriptor_no_audio in, out, event;
} __attribute__((packed));

static const struct {
	struct usb_functionfs_descs_head_v2 head;
	__le32 full_count, high_count;
	struct speed full, high;
} __attribute__((packed)) descriptors = {
	.head = {.magic = FUNCTIONFS_DESCRIPTORS_MAGIC_V2,
		.flags = FUNCTIONFS_HAS_FS_DESC | FUNCTIONFS_HAS_HS_DESC,
		.length = sizeof descriptors},
	.full_count = 4,
	.high_count = 4,
#define SPEED(bulk, wait)                                                             \
	{                                                                             \
		.interface = {.bLength = sizeof(struct usb_interface_descriptor),     \
			.bDescriptorType = USB_DT_INTERFACE,                          \
			.bNumEndpoints = 3,                                           \
			.bInterfaceClass = USB_CLASS_STILL_IMAGE,                     \
			.bInterfaceSubClass = 1,                                      \
			.bInterfaceProtocol = 1,                                      \
			.iInterface = 1},                                             \
		.in = {.bLength = sizeof(struct usb_endpoint_descriptor_no_audio),    \
			.bDescriptorType = USB_DT_ENDPOINT,                           \
			.bEndpointAddress = 1 | USB_DIR_IN,                           \
			.bmAttributes = USB_ENDPOINT_XFER_BULK,                       \
			.wMaxPacketSize = (bulk)},                                    \
		.out = {.bLength = sizeof(struct usb_endpoint_descriptor_no_audio),   \
			.bDescriptorType = USB_DT_ENDPOINT,                           \
			.bEndpointAddress = 2 | USB_DIR_OUT,                          \
			.bmAttributes = USB_ENDPOINT_XFER_BULK,                       \
			.wMaxPacketSize = (bulk)},                                    \
		.event = {.bLength = sizeof(struct usb_endpoint_descriptor_no_audio), \
			.bDescriptorType = USB_DT_ENDPOINT,                           \
			.bEndpointAddress = 3 | USB_DIR_IN,                           \
			.bmAttributes = USB_ENDPOINT_XFER_INT,                        \
			.wMaxPacketSize = 64,                                         \
			.bInterval = (wait)},                                         \
	}
	.full = SPEED(64, 10),
	.high = SPEED(512, 6),
};

static const struct {
	struct usb_functionfs_strings_head head;
	__le16 language;
	char text[4];
} __attribute__((packed)) strings = {
	.head = {.magic = FUNCTIONFS_STRINGS_MAGIC,
		.length = sizeof strings,
		.str_count = 1,
		.lang_count = 1},
	.language = 0x0409,
	.text = "PTP",
};

static int open_in(const char *folder, const char *name)
{
	char path[512];
	int fd;

	(void)snprintf(path, sizeof path, "%s/%s", folder, name);
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		die(path);
	return fd;
}

/* --- talking --- */

static void show(const struct camera_command *command)
{
	(void)printf("%04x", command->operation);
	for (unsigned i = 0; i < command->count; i++)
		(void)printf(" %08x", command->params[i]);
	if (with_times) {
		struct timespec now;

		(void)clock_gettime(CLOCK_MONOTONIC, &now);
		(void)printf(" %.6f", (double)now.tv_sec + (double)now.tv_nsec / 1e9);
	}
	(void)printf("\n");
	(void)fflush(stdout);
}

static void answer(void)
{
	static uint8_t buffer[PIECE];
	bool end;
	ssize_t n;

	for (;;) {
		(void)pthread_mutex_lock(&lock);
		n = flushed ? -EAGAIN : camera_take(camera, buffer, sizeof buffer, &end);
		(void)pthread_mutex_unlock(&lock);
		if (n == -EPIPE)
			(void)!read(ep_in, buffer, 1); /* the wrong way: that is how FunctionFS stalls */
		else if (n == -ENODEV)
			_exit(0);
		else if (n < 0 || write(ep_in, buffer, (size_t)n) != n)
			return;
	}
}

static void *talk(void *data)
{
	uint8_t command[512];
	ssize_t n;

	for (;;) {
		n = read(ep_out, command, sizeof command);
		if (n < 0 && errno != EINTR && errno != ESHUTDOWN)
			return NULL;
		if (n < 12)
			continue;
		(void)pthread_mutex_lock(&lock);
		flushed = false;
		camera_command(camera, command, (size_t)n);
		show(&camera->commands[camera->command_count - 1]);
		if (camera->gone)
			_exit(0);
		(void)pthread_cond_signal(&news);
		(void)pthread_mutex_unlock(&lock);
		answer();
	}
}

static void *report(void *data)
{
	uint8_t event[PTP_EVENT_BYTES];
	size_t size;

	for (;;) {
		(void)pthread_mutex_lock(&lock);
		while ((size = camera_take_event(camera, event)) == 0)
			(void)pthread_cond_wait(&news, &lock);
		(void)pthread_mutex_unlock(&lock);
		(void)!write(ep_event, event, size);
	}
	return NULL;
}

static void interrupted(int number)
{
}

static void flush_answers(void)
{
	(void)pthread_mutex_lock(&lock);
	flushed = true;
	(void)pthread_mutex_unlock(&lock);
	(void)pthread_kill(talker, SIGUSR1);
	(void)ioctl(ep_in, FUNCTIONFS_FIFO_FLUSH);
}

static void class_request(const struct usb_ctrlrequest *setup)
{
	uint8_t buffer[64];
	size_t size = le16toh(setup->wLength);

	if (setup->bRequest == PTP_REQUEST_STATUS && (setup->bRequestType & USB_DIR_IN)) {
		size_t have = camera_status(camera, buffer);

		(void)!write(ep0, buffer, have < size ? have : size);
	} else if (setup->bRequest == PTP_REQUEST_CANCEL || setup->bRequest == PTP_REQUEST_RESET) {
		flush_answers();
		(void)pthread_mutex_lock(&lock);
		if (setup->bRequest == PTP_REQUEST_CANCEL)
			camera_cancel(camera);
		else
			camera_reset(camera);
		(void)pthread_mutex_unlock(&lock);
		(void)!read(ep0, buffer, size < sizeof buffer ? size : sizeof buffer);
	} else {
		/* Not known: the wrong way stalls. */
		(void)!(setup->bRequestType & USB_DIR_IN ? read(ep0, buffer, 0) : write(ep0, buffer, 0));
	}
}

static void serve(void)
{
	struct usb_functionfs_event event;

	while (read(ep0, &event, sizeof event) == (ssize_t)sizeof event) {
		if (event.type == FUNCTIONFS_SETUP)
			class_request(&event.u.setup);
		/* The cable was pulled out; it may be put in again. */
		if (event.type == FUNCTIONFS_DISABLE || event.type == FUNCTIONFS_UNBIND) {
			flush_answers();
			(void)pthread_mutex_lock(&lock);
			camera_reset(camera);
			(void)pthread_mutex_unlock(&lock);
		}
	}
}

int main(int argc, char **argv)
{
	struct sigaction action = {.sa_handler = interrupted};
	pthread_t reporter;

	if (argc < 3)
		return 2;
	camera = camera_new();
	camera_load_folder(camera, argv[2]);
	for (int i = 3; i < argc; i++)
		if (strcmp(argv[i], "times") == 0)
			with_times = true;
		else
			camera_take_option(camera, argv[i]);
	(void)sigaction(SIGUSR1, &action, NULL);
	ep0 = open_in(argv[1], "ep0");
	if (write(ep0, &descriptors, sizeof descriptors) < 0 || write(ep0, &strings, sizeof strings) < 0)
		die("descriptors");
	ep_in = open_in(argv[1], "ep1");
	ep_out = open_in(argv[1], "ep2");
	ep_event = open_in(argv[1], "ep3");
	(void)printf("ready\n");
	(void)fflush(stdout);
	if (pthread_create(&talker, NULL, talk, NULL) != 0 ||
		pthread_create(&reporter, NULL, report, NULL) != 0)
		die("threads");
	serve();
	_exit(0);
}
