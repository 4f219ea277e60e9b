/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * Transactions: command, data if any, response. See session.h.
 *
 * Containers are taken from the transport by their announced length and must end where the transfer ends. Two
 * liberties are common among honest devices and allowed: the head of a data container in a transfer of its
 * own, and a missing empty packet behind a container that fills its last packet. Whatever else does not fit
 * breaks the session, because from there on no byte could be given to the right transaction with certainty.
 *
 * A pause waits for the device's next event: while it is busy, that is the first thing it would send.
 */

#include "ptp/session-internal.h"

#include "base/fault.h"
#include "base/number.h"

#include <string.h>

#define SESSION_ID    1
#define ANSWER_MS     30000
#define FORMAT_MS     300000
#define OPENING_MS    5000
#define PAUSE_MS      250
#define BUSY_MAX      40  /* pauses for a busy device */
#define EVENTS_MAX    256 /* at once */
#define EMPTY_MAX     2
#define SWALLOW_MAX   (4U << 20)
#define OPENING_TRIES 3

static int broke(struct ptp *ptp, int error)
{
	ptp->broken = true;
	ptp->reading = false;
	return error;
}

/* --- events --- */

/* Devices tell us what we did ourselves: this object is gone, its store has more room. */
static bool is_own_doing(const struct ptp *ptp, const struct ptp_event *event)
{
	if (ptp->removed == PTP_HANDLE_NONE || event->count == 0)
		return false;
	return (event->code == PTP_EVENT_OBJECT_REMOVED && event->params[0] == ptp->removed) ||
	       (event->code == PTP_EVENT_STORAGE_INFO_CHANGED && event->params[0] == ptp->removed_from);
}

static void note_event(struct ptp *ptp, const struct ptp_event *event)
{
	if (is_own_doing(ptp, event) || !ptp_event_concerns_objects(event))
		return;
	ptp->generation++;
	ptp->last_event = *event;
}

/* 1: there was one. One that cannot be read may have said anything. */
static int take_event(struct ptp *ptp, unsigned timeout_ms)
{
	uint8_t bytes[PTP_EVENT_BYTES];
	struct ptp_event event = {.code = PTP_EVENT_UNREPORTED_STATUS};
	ssize_t n = ptp->transport->event(ptp->transport->data, bytes, timeout_ms);

	if (n <= 0)
		return n == 0 ? 0 : broke(ptp, (int)n);
	(void)ptp_parse_event(bytes, (size_t)n, &event);
	note_event(ptp, &event);
	return 1;
}

int ptp_poll(struct ptp *ptp)
{
	int r = 1;

	for (unsigned i = 0; r > 0 && i < EVENTS_MAX; i++)
		r = take_event(ptp, 0);
	/* A device that never stops reporting changes is never at rest. */
	return r > 0 ? broke(ptp, -EBADMSG) : r;
}

uint64_t ptp_generation(const struct ptp *ptp)
{
	return ptp->generation;
}

struct ptp_event ptp_last_event(const struct ptp *ptp)
{
	return ptp->last_event;
}

/* --- containers in --- */

/* Exactly size bytes; *ret_end: the transfer ended with them. */
static int receive_full(struct ptp *ptp, void *buffer, size_t size, bool *ret_end, unsigned timeout_ms)
{
	uint8_t *at = buffer;
	unsigned empty = 0;
	size_t got = 0;

	*ret_end = false;
	while (got < size) {
		bool end = false;
		ssize_t n =
			ptp->transport->receive(ptp->transport->data, at + got, size - got, &end, timeout_ms);

		if (n < 0)
			return broke(ptp, (int)n);
		if ((size_t)n > size - got || (n == 0 && (!end || got > 0 || ++empty > EMPTY_MAX)))
			return broke(ptp, -EBADMSG);
		got += (size_t)n;
		if (end && got > 0 && got < size)
			return broke(ptp, -EBADMSG);
		*ret_end = end && got == size;
	}
	return 0;
}

static int receive_payload(
	struct ptp *ptp, const struct ptp_head *head, bool end, struct ptp_reply *ret_reply)
{
	uint8_t payload[4 * PTP_PARAMS_MAX];
	size_t size = head->length - PTP_HEAD_SIZE;
	int r = 0;

	if (size > sizeof payload || (size > 0 && end))
		return broke(ptp, -EBADMSG);
	if (size > 0)
		r = receive_full(ptp, payload, size, &end, ANSWER_MS);
	if (r == 0)
		r = ptp_parse_reply(head, payload, size, ret_reply);
	return r < 0 ? broke(ptp, r) : 0;
}

static int receive_head_once(struct ptp *ptp, struct ptp_head *ret_head, bool *ret_end, unsigned timeout_ms)
{
	uint8_t bytes[PTP_HEAD_SIZE];
	int r = receive_full(ptp, bytes, sizeof bytes, ret_end, timeout_ms);

	if (r < 0)
		return r;
	r = ptp_parse_head(bytes, ret_head);
	return r < 0 || ret_head->type == PTP_EVENT ? broke(ptp, -EBADMSG) : 0;
}

/* The head of what belongs to the transaction that is under way. */
static int receive_head(struct ptp *ptp, struct ptp_head *ret_head, bool *ret_end, unsigned timeout_ms)
{
	struct ptp_reply late;
	int r = receive_head_once(ptp, ret_head, ret_end, timeout_ms);

	if (r == 0 && ptp->cancelled != 0 && ret_head->transaction == ptp->cancelled &&
		ret_head->type == PTP_RESPONSE) {
		ptp->cancelled = 0;
		r = receive_payload(ptp, ret_head, *ret_end, &late);
		if (r == 0)
			r = receive_head_once(ptp, ret_head, ret_end, timeout_ms);
	}
	if (r == 0 && ret_head->transaction != ptp->transaction)
		r = broke(ptp, -EBADMSG);
	return r;
}

static int receive_reply(struct ptp *ptp, struct ptp_reply *ret_reply, unsigned timeout_ms)
{
	struct ptp_head head;
	bool end;
	int r = receive_head(ptp, &head, &end, timeout_ms);

	if (r < 0)
		return r;
	r = head.type == PTP_RESPONSE ? receive_payload(ptp, &head, end, ret_reply) : broke(ptp, -EBADMSG);
	fault_point("ptp-answered");
	return r;
}

/* --- commands out --- */

static uint32_t next_transaction(struct ptp *ptp)
{
	if (!ptp->open)
		return 0;
	ptp->transaction = ptp->transaction >= 0xfffffffe ? 1 : ptp->transaction + 1;
	return ptp->transaction;
}

static int send_command(struct ptp *ptp, const struct ptp_command *wanted)
{
	struct ptp_command command = *wanted;
	uint8_t bytes[PTP_COMMAND_SIZE];
	size_t size;
	int r;

	if (ptp->broken || ptp->reading)
		return -EBADMSG;
	r = ptp_poll(ptp);
	if (r < 0)
		return r;
	fault_point("ptp-command");
	command.transaction = ptp->transaction = next_transaction(ptp);
	r = ptp_encode_command(&command, bytes, &size);
	if (r < 0)
		return r;
	r = ptp->transport->send(ptp->transport->data, bytes, size, ANSWER_MS);
	return r < 0 ? broke(ptp, r) : 0;
}

/* Only what may be said twice without harm is said again to a busy device. */
static bool may_repeat(const struct ptp_command *command)
{
	return command->operation != PTP_DELETE_OBJECT && command->operation != PTP_FORMAT_STORE &&
	       command->operation != PTP_SET_OBJECT_PROTECTION;
}

static int pause_for(struct ptp *ptp)
{
	int r = take_event(ptp, PAUSE_MS);

	return r < 0 ? r : 0;
}

static int transact_once(
	struct ptp *ptp, const struct ptp_command *command, struct ptp_reply *ret_reply, unsigned timeout_ms)
{
	struct ptp_reply reply = {0};
	int r = send_command(ptp, command);

	if (r == 0)
		r = receive_reply(ptp, &reply, timeout_ms);
	if (r == 0)
		r = ptp_poll(ptp);
	if (r < 0)
		return r;
	if (ret_reply)
		*ret_reply = reply;
	return reply.response == PTP_OK ? 0 : (int)reply.response;
}

int ptp_transact(struct ptp *ptp, const struct ptp_command *command, struct ptp_reply *ret_reply)
{
	unsigned timeout_ms = command->operation == PTP_FORMAT_STORE ? FORMAT_MS : ANSWER_MS;
	int r = transact_once(ptp, command, ret_reply, timeout_ms);

	for (unsigned i = 0; r == PTP_DEVICE_BUSY && may_repeat(command) && i < BUSY_MAX; i++) {
		r = pause_for(ptp);
		if (r == 0)
			r = transact_once(ptp, command, ret_reply, timeout_ms);
	}
	return r;
}

/* --- data in --- */

static int check_announced(struct ptp *ptp, const struct ptp_head *head, uint64_t size)
{
	uint64_t announced = head->length - PTP_HEAD_SIZE;

	if (head->length == PTP_LENGTH_UNKNOWN) {
		ptp->left = size;
		return 0;
	}
	ptp->left = announced;
	ptp->data_ended = announced == 0;
	return size != PTP_SIZE_UNKNOWN && announced != size ? -EMSGSIZE : 0;
}

/* A response in place of data: the device's "no", or for an empty object "OK". */
static int answered_at_once(struct ptp *ptp, const struct ptp_head *head, bool end, uint64_t size)
{
	struct ptp_reply reply = {0};
	int r = receive_payload(ptp, head, end, &reply);

	if (r < 0)
		return r;
	if (reply.response != PTP_OK)
		return (int)reply.response;
	if (size != 0)
		return broke(ptp, -EBADMSG);
	ptp->reading = ptp->answered = ptp->data_ended = true;
	ptp->left = 0;
	return 0;
}

static int begin_once(struct ptp *ptp, const struct ptp_command *command, uint64_t size, unsigned timeout_ms)
{
	struct ptp_head head = {0};
	bool end = false;
	int r = send_command(ptp, command);

	if (r == 0)
		r = receive_head(ptp, &head, &end, timeout_ms);
	if (r < 0)
		return r;
	if (head.type == PTP_RESPONSE)
		return answered_at_once(ptp, &head, end, size);
	if (head.code != (unsigned)command->operation)
		return broke(ptp, -EBADMSG);
	ptp->reading = true;
	ptp->answered = ptp->data_ended = false;
	return check_announced(ptp, &head, size);
}

static int begin_data(struct ptp *ptp, const struct ptp_command *command, uint64_t size, unsigned timeout_ms)
{
	int r = begin_once(ptp, command, size, timeout_ms);

	for (unsigned i = 0; r == PTP_DEVICE_BUSY && i < BUSY_MAX; i++) {
		r = pause_for(ptp);
		if (r == 0)
			r = begin_once(ptp, command, size, timeout_ms);
	}
	if (r == -EMSGSIZE) {
		r = ptp_read_cancel(ptp);
		return r < 0 ? r : -EMSGSIZE;
	}
	return r;
}

int ptp_begin_data(struct ptp *ptp, const struct ptp_command *command, uint64_t size)
{
	return begin_data(ptp, command, size, ANSWER_MS);
}

ssize_t ptp_read(struct ptp *ptp, void *buffer, size_t size)
{
	size_t want = ptp->left < size ? (size_t)ptp->left : size;
	bool end = false;
	ssize_t n;

	if (!ptp->reading || ptp->broken)
		return -EBADMSG;
	if (want == 0 || ptp->data_ended)
		return 0;
	n = ptp->transport->receive(ptp->transport->data, buffer, want, &end, ANSWER_MS);
	if (n < 0)
		return broke(ptp, (int)n);
	if ((size_t)n > want || (n == 0 && !end))
		return broke(ptp, -EBADMSG);
	if (ptp->left != PTP_SIZE_UNKNOWN)
		ptp->left -= (uint64_t)n;
	if (end && ptp->left > 0 && ptp->left != PTP_SIZE_UNKNOWN)
		return broke(ptp, -EBADMSG); /* less than was announced */
	ptp->data_ended = end;
	return n;
}

static int finish_data(struct ptp *ptp, struct ptp_reply *ret_reply)
{
	bool all = ptp->data_ended || ptp->left == 0;
	int r;

	if (!ptp->reading || ptp->broken)
		return -EBADMSG;
	if (!all)
		return broke(ptp, -EBADMSG);
	ptp->reading = false;
	*ret_reply = (struct ptp_reply){.response = PTP_OK};
	r = ptp->answered ? 0 : receive_reply(ptp, ret_reply, ANSWER_MS);
	if (r == 0)
		r = ptp_poll(ptp);
	return r;
}

int ptp_read_end(struct ptp *ptp)
{
	struct ptp_reply reply;
	int r = finish_data(ptp, &reply);

	if (r < 0)
		return r;
	return reply.response == PTP_OK ? 0 : (int)reply.response;
}

/* The rest is so little that taking it is quicker and safer than asking the device to stop. */
static int swallow(struct ptp *ptp)
{
	uint8_t buffer[4096];
	ssize_t n;

	do
		n = ptp_read(ptp, buffer, sizeof buffer);
	while (n > 0);
	return n < 0 ? (int)n : ptp_read_end(ptp);
}

static int wait_until_idle(struct ptp *ptp)
{
	uint8_t bytes[PTP_STATUS_BYTES];
	unsigned status = PTP_DEVICE_BUSY;
	int r = 0;

	for (unsigned i = 0; r == 0 && status == PTP_DEVICE_BUSY && i < BUSY_MAX; i++) {
		ssize_t n = ptp->transport->request_in(
			ptp->transport->data, PTP_REQUEST_STATUS, bytes, sizeof bytes);

		r = n < 0 ? (int)n : ptp_parse_device_status(bytes, (size_t)n, &status);
		if (r == 0 && status == PTP_DEVICE_BUSY)
			r = pause_for(ptp);
	}
	return r == 0 && status == PTP_DEVICE_BUSY ? -ETIMEDOUT : r;
}

int ptp_read_cancel(struct ptp *ptp)
{
	uint8_t bytes[PTP_CANCEL_SIZE];
	int r;

	if (!ptp->reading || ptp->broken)
		return -EBADMSG;
	if (ptp->left <= SWALLOW_MAX) {
		r = swallow(ptp);
		return r < 0 ? r : 0;
	}
	ptp_encode_cancel(ptp->transaction, bytes);
	r = ptp->transport->request_out(ptp->transport->data, PTP_REQUEST_CANCEL, bytes, sizeof bytes);
	if (r >= 0)
		r = wait_until_idle(ptp);
	if (r >= 0)
		r = ptp->transport->clear(ptp->transport->data);
	ptp->reading = false;
	ptp->cancelled = ptp->transaction;
	return r < 0 ? broke(ptp, r) : 0;
}

static int collect(struct ptp *ptp, size_t most, uint8_t **ret_bytes, size_t *ret_size)
{
	size_t room = ptp->left < most ? (size_t)ptp->left : most, got = 0;
	_cleanup_free_ uint8_t *bytes = malloc(room + 1);
	ssize_t n = 1;

	if (!bytes)
		return -ENOMEM;
	while (n > 0 && got < room) {
		n = ptp_read(ptp, bytes + got, room - got);
		got += n > 0 ? (size_t)n : 0;
	}
	if (n < 0)
		return (int)n;
	*ret_bytes = TAKE_PTR(bytes);
	*ret_size = got;
	return 0;
}

static int transact_data(struct ptp *ptp, const struct ptp_command *command, size_t most, uint8_t **ret_bytes,
	size_t *ret_size, unsigned timeout_ms)
{
	_cleanup_free_ uint8_t *bytes = NULL;
	int r = begin_data(ptp, command, PTP_SIZE_UNKNOWN, timeout_ms);

	if (r != 0)
		return r;
	if (ptp->left > most && ptp->left != PTP_SIZE_UNKNOWN) {
		r = ptp_read_cancel(ptp);
		return r < 0 ? r : -EMSGSIZE;
	}
	r = collect(ptp, most, &bytes, ret_size);
	if (r < 0)
		return broke(ptp, r);
	r = ptp_read_end(ptp);
	if (r == 0)
		*ret_bytes = TAKE_PTR(bytes);
	return r;
}

int ptp_transact_data(struct ptp *ptp, const struct ptp_command *command, size_t most, uint8_t **ret_bytes,
	size_t *ret_size)
{
	return transact_data(ptp, command, most, ret_bytes, ret_size, ANSWER_MS);
}

/* --- opening and closing --- */

int ptp_new(const struct ptp_transport *transport, struct ptp **ret_ptp)
{
	struct ptp *ptp = calloc(1, sizeof *ptp);

	if (!ptp)
		return -ENOMEM;
	ptp->transport = transport;
	ptp->broken = true;
	*ret_ptp = ptp;
	return 0;
}

struct ptp *ptp_free(struct ptp *ptp)
{
	if (!ptp)
		return NULL;
	(void)ptp_close(ptp);
	ptp_device_info_clear(&ptp->info);
	free(ptp);
	return NULL;
}

int ptp_close(struct ptp *ptp)
{
	const struct ptp_command close = {.operation = PTP_CLOSE_SESSION};
	int r = 0;

	if (ptp->open && ptp->reading && !ptp->broken)
		r = ptp_read_cancel(ptp);
	if (r == 0 && ptp->open && !ptp->broken)
		r = transact_once(ptp, &close, NULL, OPENING_MS);
	ptp->open = false;
	ptp->broken = true;
	ptp->generation++;
	return r;
}

static int read_device_info(struct ptp *ptp)
{
	const struct ptp_command ask = {.operation = PTP_GET_DEVICE_INFO};
	_cleanup_free_ uint8_t *bytes = NULL;
	struct ptp_device_info info;
	size_t size;
	int r = transact_data(ptp, &ask, PTP_LISTING_MAX, &bytes, &size, OPENING_MS);

	if (r == 0)
		r = ptp_parse_device_info(bytes, size, &info);
	if (r != 0)
		return r;
	ptp_device_info_clear(&ptp->info);
	ptp->info = info;
	return 0;
}

/* What somebody left behind is cleared away more roughly each time. */
static int begin_anew(struct ptp *ptp, unsigned attempt)
{
	const struct ptp_transport *transport = ptp->transport;
	int r = 0;

	ptp->open = ptp->broken = ptp->reading = false;
	ptp->transaction = ptp->cancelled = 0;
	ptp->removed = PTP_HANDLE_NONE;
	if (attempt == 1)
		(void)transport->request_out(transport->data, PTP_REQUEST_RESET, NULL, 0);
	if (attempt == 2)
		r = transport->reset(transport->data);
	return r < 0 ? r : transport->clear(transport->data);
}

static int open_session(struct ptp *ptp)
{
	const struct ptp_command open = {.operation = PTP_OPEN_SESSION, .count = 1, .params = {SESSION_ID}};
	const struct ptp_command close = {.operation = PTP_CLOSE_SESSION};
	int r = transact_once(ptp, &open, NULL, OPENING_MS);

	if (r == PTP_SESSION_ALREADY_OPEN) {
		r = transact_once(ptp, &close, NULL, OPENING_MS);
		if (r >= 0)
			r = transact_once(ptp, &open, NULL, OPENING_MS);
	}
	return r;
}

/* Devices exist that describe themselves only within a session. */
static int introduce(struct ptp *ptp)
{
	int described = read_device_info(ptp), r;

	if (described != 0 && described != PTP_SESSION_NOT_OPEN)
		return described;
	r = open_session(ptp);
	if (r != 0)
		return r;
	ptp->open = true;
	return described == 0 ? 0 : read_device_info(ptp);
}

int ptp_open(struct ptp *ptp)
{
	int r = -EIO;

	(void)ptp_close(ptp);
	for (unsigned attempt = 0; attempt < OPENING_TRIES && r != 0 && r != -ENODEV; attempt++) {
		r = begin_anew(ptp, attempt);
		if (r == 0)
			r = introduce(ptp);
	}
	if (r != 0) {
		ptp->open = false;
		ptp->broken = true;
		return r;
	}
	ptp->generation++;
	ptp->last_event = (struct ptp_event){0};
	return 0;
}

const struct ptp_device_info *ptp_info(const struct ptp *ptp)
{
	return &ptp->info;
}

bool ptp_can(const struct ptp *ptp, enum ptp_operation operation)
{
	return ptp_u16s_have(&ptp->info.operations, (unsigned)operation);
}

bool ptp_is_broken(const struct ptp *ptp)
{
	return ptp->broken;
}
