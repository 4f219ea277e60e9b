/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * The gates: for each plain stick on which that was decided, one gate for each of its file systems, held open
 * by a connection to the service (gate-link.h).
 *
 * A gate belongs to whoever sits at the computer when it is opened; when nobody does, it waits for somebody.
 * It stays theirs until the stick is ejected or pulled, whoever comes next. One that fails is opened again a
 * few times, each time later, and then not until the stick is plugged in again. Whatever ends the wish for a
 * gate (another decision, a job that needs the medium, the agent's end) shuts it: what was judged clean is
 * written first. Dead means closed: without the agent there is no connection, and without that no gate.
 */

#include "bus/bus.h"
#include "daemon/media.h"

struct daemon;
struct gates;

int gates_new(struct daemon *daemon, struct gates **ret_gates);
/* Hangs up on what is still open. */
struct gates *gates_free(struct gates *gates);
DEFINE_CLEANUP(struct gates, gates_free);

/* True if a gate could be opened on some of it. */
bool gates_can_mount(const struct device_facts *facts);

/* After all media were judged: opens and shuts what follows from it. */
void gates_follow(struct daemon *daemon);

/* A job needs that device: true when no gate holds it any more; else it is being shut, and tasks_move_on()
 * follows. */
bool gates_release(struct daemon *daemon, const char *device);

/* The children's names are others now: every gate must know. */
void gates_names_changed(struct daemon *daemon);

/* Shuts all, tasks_move_on() follows; whether all are shut. */
void gates_stop(struct daemon *daemon);
bool gates_idle(const struct daemon *daemon);

enum gates_state {
	GATES_NONE = 0, /* no gate was asked for */
	GATES_CLOSED,   /* waiting for a person, being opened, being opened again or being shut */
	GATES_OPEN,
	GATES_EJECTED, /* it may be unplugged */
	GATES_FAILED,  /* it stays closed until it is plugged in again */
};

/* Of one medium; texts are borrowed until the next event. *ret_sentence: what people are told about it, NULL
 * when there is nothing to say. */
enum gates_state gates_state(struct daemon *daemon, const struct medium *medium, const char **ret_mountpoint,
	const char **ret_sentence);
size_t gates_open_count(const struct daemon *daemon);

/* The calls AllowCopy and Eject. */
void gates_allow(struct daemon *daemon, const struct bus_request *request, struct bus_answer *answer);
void gates_eject(struct daemon *daemon, const struct bus_request *request, struct bus_pending *pending,
	struct bus_answer *answer);
