/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * The agent on D-Bus: takes calls, has them authorised, hands them on as plain values, sends answers and
 * signals. Only files of bus/ include sd-bus's header.
 *
 * Every call goes the same way: known in the bouncer's table; arguments within their limits; caller within
 * its rate; polkit says yes (without waiting for it); then calls->call(). Nothing here blocks.
 */

#include "bus/bouncer.h"
#include "job/loop.h"

#include <sys/types.h>

struct bus;
struct bus_pending;

enum bus_error {
	BUS_DONE = 0,
	BUS_LATER, /* bus_reply() follows */
	BUS_INVALID_ARGUMENT,
	BUS_NOT_FOUND,
	BUS_BUSY,
	BUS_REFUSED,
	BUS_FAILED,
};

struct bus_request {
	const struct bouncer_rule *rule;
	const char *text[BUS_TEXTS_MAX]; /* text arguments in order, valid UTF-8 within the rule's limit */
	uint64_t number;
	bool flag;
	int fd; /* "h"; borrowed, open until the answer; -1: none */
	uid_t uid;
};

struct bus_answer {
	enum bus_error error;
	char sentence[512]; /* with an error */
	char *text;         /* "s"; owned by the answer */
	uint32_t number;    /* "u" */
	int fd;             /* "h"; owned by the answer, -1: none */
};

#define BUS_ANSWER_NULL ((struct bus_answer){.fd = -1})
void bus_answer_clear(struct bus_answer *answer);
#define _cleanup_answer_ _cleanup_(bus_answer_clear)

struct bus_calls {
	/* Fills answer. With BUS_LATER, pending is kept and answered once by bus_reply(). */
	void (*call)(const struct bus_request *request, struct bus_pending *pending,
		struct bus_answer *answer, void *data);
	/* Somebody was not allowed to. */
	void (*denied)(const struct bouncer_rule *rule, uid_t uid, void *data);
	bool (*ready)(void *data);
};

struct bus_options {
	const char *address; /* NULL: the system bus */
};

/* Connects, exports the object and asks for the name. The loop ends when the bus goes away. */
int bus_open(struct loop *loop, const struct bus_options *options, const struct bus_calls *calls, void *data,
	struct bus **ret_bus);
struct bus *bus_close(struct bus *bus);
DEFINE_CLEANUP(struct bus, bus_close);

/* Sends the answer and frees pending. */
void bus_reply(struct bus_pending *pending, const struct bus_answer *answer);

/* Signals; a failure is not reported, a listener may always ask again. */
void bus_signal_device(struct bus *bus, const char *json);
void bus_signal_refused(struct bus *bus, const char *json);
void bus_signal_copy_refused(struct bus *bus, const char *json);
void bus_signal_job(struct bus *bus, uint32_t job, const char *json);
void bus_signal_event(struct bus *bus, const char *name, const char *json);
void bus_signal_ready(struct bus *bus);
