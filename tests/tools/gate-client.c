/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * The agent's side of outing-gate.socket, by hand.
 *
 *   gate-client NODE DISKSEQ TYPE LABEL UID [KEEP]
 *
 * Prints one line for each message: "opened PATH", "report JSON", "allowed TICKET ERROR PATH",
 * "closed END UNWRITTEN SENTENCE"; then ends. Lines from stdin are sent: "shut", "names", "allow TICKET
 * SECONDS HEX", and for trying to break it "type NUMBER SIZE".
 */

#include "base/hex.h"
#include "base/number.h"
#include "base/wire.h"
#include "gate/service.h"

#include <inttypes.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

static int connect_service(void)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = GATE_SOCKET};
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	if (fd >= 0 && connect(fd, (const struct sockaddr *)&address, sizeof address) == 0)
		return fd;
	perror(GATE_SOCKET);
	exit(2);
}

static void ask(int fd, int argc, char **argv)
{
	struct gate_open open = {.keep_seconds = 900};
	uint64_t uid;

	if (argc < 6 || number_parse_u64(argv[2], &open.diskseq) < 0 || number_parse_u64(argv[5], &uid) < 0 ||
		(argc > 6 && number_parse_u64(argv[6], &open.keep_seconds) < 0))
		exit(2);
	open.uid = (uint32_t)uid;
	(void)snprintf(open.node, sizeof open.node, "%s", argv[1]);
	(void)snprintf(open.type, sizeof open.type, "%s", argv[3]);
	(void)snprintf(open.label, sizeof open.label, "%s", argv[4]);
	if (wire_send(fd, GATE_OPEN, &open, sizeof open) < 0)
		exit(1);
}

static void send_allow(int fd, const char *line)
{
	struct gate_allow allow = {0};
	char hex[2 * GATE_DIGEST_SIZE + 1];

	if (sscanf(line, "allow %" SCNu64 " %" SCNu64 " %128s", &allow.ticket, &allow.seconds, hex) == 3 &&
		hex_decode(hex, allow.sha512, sizeof allow.sha512) >= 0)
		(void)wire_send(fd, GATE_ALLOW, &allow, sizeof allow);
}

static void send_line(int fd, const char *line)
{
	static const uint8_t zeros[4096];
	unsigned type, size;

	if (strncmp(line, "shut", 4) == 0)
		(void)wire_send(fd, GATE_SHUT, NULL, 0);
	else if (strncmp(line, "names", 5) == 0)
		(void)wire_send(fd, GATE_NAMES, NULL, 0);
	else if (sscanf(line, "type %u %u", &type, &size) == 2 && size <= sizeof zeros)
		(void)wire_send(fd, type, zeros, size);
	else
		send_allow(fd, line);
}

static void show(const struct wire_message *message)
{
	const struct gate_opened *opened = (const void *)message->payload;
	const struct gate_allowed *allowed = (const void *)message->payload;
	const struct gate_closed *closed = (const void *)message->payload;

	if (message->type == GATE_OPENED && message->size == sizeof *opened)
		(void)printf("opened %s\n", opened->mountpoint);
	else if (message->type == GATE_REPORT)
		(void)printf("report %s\n", (const char *)message->payload);
	else if (message->type == GATE_ALLOWED && message->size == sizeof *allowed)
		(void)printf("allowed %" PRIu64 " %d %s\n", allowed->ticket, allowed->error, allowed->path);
	else if (message->type == GATE_CLOSED && message->size == sizeof *closed)
		(void)printf("closed %u %u %s\n", closed->end, closed->unwritten, closed->sentence);
	else
		(void)printf("unknown %#x of %u bytes\n", message->type, message->size);
	(void)fflush(stdout);
}

/* One line a read: whoever types into a FIFO writes it at once. */
static bool relay_line(int fd)
{
	char line[512];
	ssize_t n = read(STDIN_FILENO, line, sizeof line - 1);

	if (n <= 0)
		return false;
	line[n] = 0;
	send_line(fd, line);
	return true;
}

int main(int argc, char **argv)
{
	static struct wire_message message;
	int fd = connect_service(), r = 1;
	struct pollfd watched[2] = {{.fd = fd, .events = POLLIN}, {.fd = STDIN_FILENO, .events = POLLIN}};

	ask(fd, argc, argv);
	while (r > 0 && poll(watched, 2, -1) > 0) {
		if (watched[1].revents && !relay_line(fd))
			watched[1].fd = -1;
		if (!watched[0].revents)
			continue;
		r = wire_receive(fd, &message);
		if (r > 0)
			show(&message);
	}
	return r < 0;
}
