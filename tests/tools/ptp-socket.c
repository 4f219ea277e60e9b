/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * The simulated camera behind a local socket, and the agent's workers talking to it, so that the whole agent
 * can be tested where no USB device can be made.
 *
 *   ptp-socket SOCKET FOLDER [OPTION]... [FAULT]...   the camera (camera-folder.h). Prints "ready", then one
 *                                                     line for each command; ends by a signal, which is the
 *                                                     cable that is pulled
 *   .../outing-offload --worker, .../outing-empty --worker
 *                                                     under these names: the same workers in the same
 * sandbox, whose camera is behind "camera.sock" beside them
 *
 * Each call of struct ptp_transport is one message there and one back.
 */

#include "../ptp/camera-folder.h"
#include "base/fault.h"
#include "base/wire.h"
#include "empty/worker.h"
#include "offload/source-ptp.h"
#include "offload/worker.h"

#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>

#define PIECE 8192

enum call {
	CALL_SEND = 1,
	CALL_RECEIVE,
	CALL_EVENT,
	CALL_REQUEST_OUT,
	CALL_REQUEST_IN,
	CALL_CLEAR,
	CALL_RESET,
};

struct question {
	uint64_t size, request;
};

struct answer {
	int64_t result;
	uint64_t end;
};

static void die(const char *what)
{
	perror(what);
	_exit(1);
}

static struct sockaddr_un address_of(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	if (strlen(path) >= sizeof address.sun_path)
		die(path);
	(void)memcpy(address.sun_path, path, strlen(path) + 1);
	return address;
}

/* --- the camera's side --- */

static void show(const struct camera *camera)
{
	const struct camera_command *command = &camera->commands[camera->command_count - 1];

	(void)printf("%04x", command->operation);
	for (unsigned i = 0; i < command->count; i++)
		(void)printf(" %08x", command->params[i]);
	(void)printf("\n");
	(void)fflush(stdout);
}

static struct answer answer_call(const struct ptp_transport *t, const struct wire_message *message,
	const struct question *question, uint8_t *buffer)
{
	const uint8_t *bytes = message->payload + sizeof *question;
	size_t size = message->size - sizeof *question,
	       wanted = question->size < PIECE ? question->size : PIECE;
	enum ptp_request request = (enum ptp_request)question->request;
	bool end = false;
	int64_t r = -EINVAL;

	switch ((enum call)message->type) {
	case CALL_SEND:
		r = t->send(t->data, bytes, size, 0);
		show(t->data);
		break;
	case CALL_RECEIVE:
		r = t->receive(t->data, buffer, wanted, &end, 0);
		break;
	case CALL_EVENT:
		r = t->event(t->data, buffer, 0);
		break;
	case CALL_REQUEST_OUT:
		r = t->request_out(t->data, request, bytes, size);
		break;
	case CALL_REQUEST_IN:
		r = t->request_in(t->data, request, buffer, wanted);
		break;
	case CALL_CLEAR:
		r = t->clear(t->data);
		break;
	case CALL_RESET:
		r = t->reset(t->data);
		break;
	}
	return (struct answer){r, end};
}

static void serve(const struct ptp_transport *transport, int fd)
{
	static struct wire_message message;
	static uint8_t buffer[PIECE];
	struct question question;

	wire_message_init(&message);
	while (wire_receive(fd, &message) > 0 && message.size >= sizeof question) {
		struct answer answer;

		memcpy(&question, message.payload, sizeof question);
		answer = answer_call(transport, &message, &question, buffer);
		if (wire_send2(fd, message.type, &answer, sizeof answer, buffer,
			    answer.result > 0 ? (size_t)answer.result : 0) < 0)
			break;
	}
}

static _Noreturn void run_camera(int argc, char **argv)
{
	struct sockaddr_un address = address_of(argv[1]);
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	struct camera *camera = camera_new();
	struct ptp_transport transport = camera_transport(camera);

	(void)signal(SIGPIPE, SIG_IGN);
	camera_load_folder(camera, argv[2]);
	for (int i = 3; i < argc; i++)
		camera_take_option(camera, argv[i]);
	(void)unlink(argv[1]);
	if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof address) < 0 || listen(fd, 4) < 0)
		die(argv[1]);
	(void)printf("ready\n");
	(void)fflush(stdout);
	for (;;) {
		int talk = accept4(fd, NULL, NULL, SOCK_CLOEXEC);

		if (talk < 0)
			die("accept");
		serve(&transport, talk);
		(void)close(talk);
	}
}

/* --- the worker's side --- */

static int camera_fd = -1;
static struct wire_message reply;

static ssize_t call(enum call what, struct question question, const void *bytes, size_t size, void *ret_bytes,
	bool *ret_end)
{
	struct answer answer;

	if (wire_send2(camera_fd, what, &question, sizeof question, bytes, size) < 0 ||
		wire_receive(camera_fd, &reply) <= 0 || reply.size < sizeof answer)
		return -ENODEV;
	memcpy(&answer, reply.payload, sizeof answer);
	if (ret_bytes && answer.result > 0)
		memcpy(ret_bytes, reply.payload + sizeof answer, (size_t)answer.result);
	if (ret_end)
		*ret_end = answer.end == 1;
	return (ssize_t)answer.result;
}

static int do_send(void *data, const void *bytes, size_t size, unsigned timeout_ms)
{
	return (int)call(CALL_SEND, (struct question){0}, bytes, size, NULL, NULL);
}

static ssize_t do_receive(void *data, void *buffer, size_t size, bool *ret_end, unsigned timeout_ms)
{
	return call(CALL_RECEIVE, (struct question){.size = size}, NULL, 0, buffer, ret_end);
}

static ssize_t do_event(void *data, uint8_t ret_bytes[static PTP_EVENT_BYTES], unsigned timeout_ms)
{
	return call(CALL_EVENT, (struct question){0}, NULL, 0, ret_bytes, NULL);
}

static int do_request_out(void *data, enum ptp_request request, const void *bytes, size_t size)
{
	return (int)call(CALL_REQUEST_OUT, (struct question){.request = request}, bytes, size, NULL, NULL);
}

static ssize_t do_request_in(void *data, enum ptp_request request, void *buffer, size_t size)
{
	return call(CALL_REQUEST_IN, (struct question){size, request}, NULL, 0, buffer, NULL);
}

static int do_clear(void *data)
{
	return (int)call(CALL_CLEAR, (struct question){0}, NULL, 0, NULL, NULL);
}

static int do_reset(void *data)
{
	return (int)call(CALL_RESET, (struct question){0}, NULL, 0, NULL, NULL);
}

static const struct ptp_transport by_socket = {
	NULL, do_send, do_receive, do_event, do_request_out, do_request_in, do_clear, do_reset};

static int connect_camera(const char *program)
{
	char path[sizeof((struct sockaddr_un){0}).sun_path];
	struct sockaddr_un address;

	(void)snprintf(
		path, sizeof path, "%.*s/camera.sock", (int)(strrchr(program, '/') - program), program);
	address = address_of(path);
	wire_message_init(&reply);
	camera_fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	return camera_fd < 0 || connect(camera_fd, (struct sockaddr *)&address, sizeof address) < 0 ? -errno
												    : 0;
}

static int open_camera(
	void *data, const char *path, int usbfs_fd, struct source **ret_source, char *ret_detail)
{
	struct source *source;

	*ret_detail = 0;
	if (strncmp(path, SOURCE_PTP_PREFIX, strlen(SOURCE_PTP_PREFIX)) != 0 || connect_camera(data) < 0)
		return SOURCE_GONE;
	source = calloc(1, sizeof *source);
	if (!source)
		return -ENOMEM;
	source->device_fd = -1;
	(void)snprintf(source->names, sizeof source->names, "ptp");
	*ret_source = source;
	return source_ptp_new(&by_socket, &source->ptp);
}

int main(int argc, char **argv)
{
	const char *slash = strrchr(argv[0], '/'), *name = slash ? slash + 1 : argv[0];
	struct io io = io_system;

	if (strcmp(name, "outing-offload") == 0) {
		fault_init("outing-offload-worker");
		io.data = argv[0];
		io.open = open_camera;
		return worker_run(WIRE_FD, &io);
	}
	if (strcmp(name, "outing-empty") == 0) {
		fault_init("outing-empty-worker");
		/* As ptp_usb_new() does, before the sandbox closes. */
		(void)setenv("TZ", ":/etc/localtime", 0);
		tzset();
		/* Without a camera every call fails, as with one that was unplugged. */
		(void)connect_camera(argv[0]);
		return empty_worker_run(WIRE_FD, NULL, &by_socket);
	}
	if (argc < 3)
		return 2;
	run_camera(argc, argv);
}
