/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * The loop of the service. See serve.h. Nothing in it blocks: what the agent does not take in time makes the
 * worker wait, not us.
 */

#include "gate/serve.h"

#include "base/clock.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/process.h"
#include "base/secret.h"
#include "gate/notice.h"
#include "gate/request.h"
#include "gate/serve-internal.h"

#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <string.h>
#include <sys/socket.h>

#define EXIT_BROKEN 1
#define SECOND_NS   UINT64_C(1000000000)
#define ASK_MS      10000
#define START_NS    (120 * SECOND_NS)
#define WRITE_NS    (600 * SECOND_NS) /* a slow stick and a full staging */
#define GONE_NS     (20 * SECOND_NS)  /* whatever is still in the kernel's queues fails until then */
#define LAST_WORD_S 5

int serve_end(struct serving *serving, enum gate_end end, const char *format, ...)
{
	va_list arguments;

	if (serving->closed.end)
		return -ECANCELED;
	serving->closed.end = end;
	va_start(arguments, format);
	(void)vsnprintf(serving->closed.sentence, sizeof serving->closed.sentence, format, arguments);
	va_end(arguments);
	return -ECANCELED;
}

static void enter(struct serving *serving, enum serve_phase phase, uint64_t time_ns)
{
	serving->phase = phase;
	serving->deadline = time_ns ? clock_monotonic_ns() + time_ns : 0;
}

/* The worker ends when there is no mount any more. */
static void begin_end(struct serving *serving)
{
	if (serving->phase == SERVE_STARTING && !serving->gone)
		(void)serve_end(serving, GATE_END_SHUT, "It was closed before it was open.");
	if (serving->phase != SERVE_ENDING)
		enter(serving, SERVE_ENDING, serving->gone ? GONE_NS : WRITE_NS);
	supervisor_unmount(&serving->gate);
}

static void lose_agent(struct serving *serving)
{
	serving->agent_left = true;
	begin_end(serving);
}

/* False when it has to be sent again later. */
static bool tell(struct serving *serving, uint32_t type, const void *payload, size_t size)
{
	int r = serving->agent_left ? 0 : wire_send(serving->agent_fd, type, payload, size);

	if (r == -EAGAIN)
		return false;
	if (r < 0)
		lose_agent(serving);
	return true;
}

/* --- from the worker --- */

static void become_open(struct serving *serving)
{
	struct gate_opened opened = {0};
	int r;

	if (serving->phase != SERVE_STARTING)
		return;
	r = supervisor_attach(&serving->gate, serving->mountpoint);
	if (r < 0) {
		log_errno(LOG_LEVEL_ERROR, r, "The mount could not be put in its place");
		(void)serve_end(serving, GATE_END_REFUSED, "It could not be shown (%s).", strerror(-r));
		begin_end(serving);
		return;
	}
	enter(serving, SERVE_OPEN, 0);
	(void)snprintf(opened.mountpoint, sizeof opened.mountpoint, "%s", serving->mountpoint);
	if (!tell(serving, GATE_OPENED, &opened, sizeof opened))
		lose_agent(serving);
}

/* One line; what came from the worker is not trusted to be one. */
static void make_line(struct wire_message *message)
{
	for (uint32_t i = 0; i < message->size; i++)
		if (message->payload[i] < 0x20 || message->payload[i] == 0x7f)
			message->payload[i] = '?';
}

static bool pass_allowed(struct serving *serving, const struct wire_message *message)
{
	struct gate_allowed allowed;

	if (message->size != sizeof allowed)
		return true;
	memcpy(&allowed, message->payload, sizeof allowed);
	allowed.path[sizeof allowed.path - 1] = 0;
	return tell(serving, GATE_ALLOWED, &allowed, sizeof allowed);
}

/* False when the agent does not take it yet. */
static bool pass_on(struct serving *serving, struct wire_message *message)
{
	switch (message->type) {
	case GATE_READY:
		become_open(serving);
		return true;
	case GATE_NOTICE:
		make_line(message);
		if (!tell(serving, GATE_REPORT, message->payload, message->size))
			return false;
		if (notice_is_unwritten((const char *)message->payload))
			serving->closed.unwritten++;
		return true;
	case GATE_ALLOWED:
		return pass_allowed(serving, message);
	default:
		return true;
	}
}

/* False when there will be no more. */
static bool hear_worker(struct serving *serving)
{
	int r = 1;

	if (serving->held)
		serving->held = !pass_on(serving, &serving->from_worker);
	while (!serving->held && (r = wire_receive(serving->gate.wire_fd, &serving->from_worker)) > 0)
		serving->held = !pass_on(serving, &serving->from_worker);
	return r > 0 || r == -EAGAIN;
}

/* --- from the agent --- */

static void answer_busy(struct serving *serving, uint64_t ticket)
{
	const struct gate_allowed allowed = {.ticket = ticket, .error = EAGAIN};

	(void)tell(serving, GATE_ALLOWED, &allowed, sizeof allowed);
}

static int obey(struct serving *serving, const struct wire_message *message)
{
	struct gate_allow allow;
	int r;

	switch (message->type) {
	case GATE_ALLOW:
		r = request_allow(message->payload, message->size, &allow);
		if (r >= 0 && wire_send(serving->gate.wire_fd, GATE_ALLOW, &allow, sizeof allow) < 0)
			answer_busy(serving, allow.ticket);
		return r;
	case GATE_NAMES:
		r = supervisor_send_names(&serving->gate);
		if (r >= 0)
			return 0;
		log_errno(LOG_LEVEL_ERROR, r, "The list of children's names could not be opened");
		(void)serve_end(serving, GATE_END_BROKEN,
			"The list of children's names could not be opened, so nothing can be checked. Ask "
			"the "
			"technician to look at the journal of outing-gate.");
		begin_end(serving);
		return 0;
	case GATE_SHUT:
		begin_end(serving);
		return message->size == 0 ? 0 : -EBADMSG;
	default:
		return -EBADMSG;
	}
}

static void hear_agent(struct serving *serving)
{
	int r;

	while (!serving->agent_left &&
		(r = wire_receive(serving->agent_fd, &serving->from_agent)) != -EAGAIN) {
		if (r > 0 && serving->phase != SERVE_ENDING)
			r = obey(serving, &serving->from_agent) < 0 ? -EBADMSG : 1;
		if (r <= 0)
			lose_agent(serving);
	}
}

/* --- the loop --- */

static void look_at_medium(struct serving *serving)
{
	char events[4096];

	while (read(serving->watch_fd, events, sizeof events) > 0)
		;
	if (serving->gone || claim_present(&serving->claim))
		return;
	serving->gone = true;
	claim_cut_off(&serving->claim);
	serving->deadline = clock_monotonic_ns() + GONE_NS;
	if (serving->phase != SERVE_ENDING)
		begin_end(serving);
}

static int time_left(const struct serving *serving)
{
	uint64_t now = clock_monotonic_ns();

	if (!serving->deadline)
		return -1;
	return now >= serving->deadline ? 0 : (int)((serving->deadline - now) / 1000000 + 1);
}

enum {
	WORKER,
	WIRE,
	SIGNAL,
	MEDIUM,
	AGENT,
	WATCHED,
};

static void handle(struct serving *serving, struct pollfd watched[static WATCHED])
{
	if (watched[MEDIUM].revents)
		look_at_medium(serving);
	if (watched[SIGNAL].revents && process_stop_asked(serving->signal_fd))
		begin_end(serving);
	if (watched[AGENT].revents)
		hear_agent(serving);
	if ((watched[WIRE].revents || serving->held) && !hear_worker(serving))
		watched[WIRE].fd = -1;
}

/* Until the worker has ended, or its time is over. */
static void attend(struct serving *serving)
{
	struct pollfd watched[WATCHED] = {[WORKER] = {.fd = serving->gate.pidfd, .events = POLLIN},
		[WIRE] = {.fd = serving->gate.wire_fd},
		[SIGNAL] = {.fd = serving->signal_fd, .events = POLLIN},
		[MEDIUM] = {.fd = serving->watch_fd, .events = POLLIN},
		[AGENT] = {.fd = serving->agent_fd}};

	while (!watched[WORKER].revents && time_left(serving) != 0) {
		watched[WIRE].events = serving->held ? 0 : POLLIN;
		watched[AGENT].events = serving->held ? POLLIN | POLLOUT : POLLIN;
		if (serving->agent_left)
			watched[AGENT].fd = -1;
		if (poll(watched, WATCHED, time_left(serving)) < 0 && errno != EINTR)
			return;
		handle(serving, watched);
	}
	(void)hear_worker(serving);
}

static int receive_request(struct serving *serving)
{
	struct pollfd asked = {.fd = serving->agent_fd, .events = POLLIN};
	int r = poll(&asked, 1, ASK_MS) > 0 ? wire_receive(serving->agent_fd, &serving->from_agent)
					    : -ETIMEDOUT;

	if (r <= 0)
		return r < 0 ? r : -EPIPE;
	r = serving->from_agent.type == GATE_OPEN
		    ? request_open(serving->from_agent.payload, serving->from_agent.size, &serving->request)
		    : -EBADMSG;
	if (r == -EOPNOTSUPP)
		return serve_end(serving, GATE_END_REFUSED,
			"This computer does not write to file systems of its kind. Take a stick with "
			"FAT32 or exFAT.");
	return r < 0 ? serve_end(
			       serving, GATE_END_REFUSED, "The service was asked in a way it does not know.")
		     : 0;
}

static int serve(struct serving *serving)
{
	int r = receive_request(serving);

	if (r < 0)
		return r;
	serving->signal_fd = process_stop_signals();
	if (serving->signal_fd < 0)
		return serving->signal_fd;
	r = serve_open(serving);
	if (r < 0)
		return r;
	enter(serving, SERVE_STARTING, START_NS);
	attend(serving);
	return 0;
}

/* From descriptor 0, where children of ours must find nothing. */
static int take_connection(int fd, int *ret_fd)
{
	int moved = fd_move_above(fd, WIRE_FD + 3);

	if (moved < 0)
		return moved;
	*ret_fd = moved;
	if (fd == STDIN_FILENO && open("/dev/null", O_RDONLY) != STDIN_FILENO)
		return -EBADF;
	return fd_set_nonblocking(moved, true);
}

static int say_last_word(struct serving *serving)
{
	const struct timeval patience = {.tv_sec = LAST_WORD_S};

	if (serving->agent_left)
		return 0;
	(void)fd_set_nonblocking(serving->agent_fd, false);
	(void)setsockopt(serving->agent_fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
	return wire_send(serving->agent_fd, GATE_CLOSED, &serving->closed, sizeof serving->closed);
}

static int run(struct serving *serving, int agent_fd)
{
	int r = take_connection(agent_fd, &serving->agent_fd);

	if (r >= 0)
		r = secret_harden_process();
	if (r < 0)
		return r;
	r = serve(serving);
	if (r < 0 && r != -ECANCELED)
		(void)serve_end(serving, GATE_END_BROKEN, "The service failed (%s).", strerror(-r));
	serve_close(serving);
	r = say_last_word(serving);
	serving->agent_fd = close_fd(serving->agent_fd);
	serving->signal_fd = close_fd(serving->signal_fd);
	return r;
}

int gate_serve(int agent_fd)
{
	struct serving *serving = malloc(sizeof *serving);
	int r;

	if (!serving)
		return EXIT_BROKEN;
	*serving = (struct serving){.gate = SUPERVISOR_NULL,
		.claim = GATE_CLAIM_NULL,
		.agent_fd = -1,
		.signal_fd = -1,
		.watch_fd = -1,
		.sync_fd = -1};
	r = run(serving, agent_fd);
	wire_message_clear(&serving->from_agent);
	wire_message_clear(&serving->from_worker);
	free(serving);
	if (r < 0)
		log_errno(LOG_LEVEL_ERROR, r, "The gate was closed, and nobody heard it");
	return r < 0 ? EXIT_BROKEN : 0;
}
