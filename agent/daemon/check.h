/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * One check of what is to travel: this computer, judged by outing-judge behind its socket, and the devices,
 * judged by what is known of this plug-in.
 *
 * The judge runs elsewhere and with rights of its own; here its answer is waited for on the loop, bounded in
 * size and time, and no answer is an answer: not ready. The devices are looked at after it, so that the
 * verdict is about the moment at which it is given. It is in the audit log before anybody hears of it.
 */

#include "base/json.h"
#include "bus/bus.h"
#include "daemon/take.h"

struct daemon;
struct checks;
struct check;

int checks_new(struct daemon *daemon, struct checks **ret_checks);
/* Ends checks that are under way: their done() is called with -ECANCELED. */
void checks_stop(struct checks *checks);
struct checks *checks_free(struct checks *checks);
DEFINE_CLEANUP(struct checks, checks_free);

struct check_request {
	const struct js *names; /* as take_find() takes them */
	bool leave_laptop;
	uid_t uid;
};

struct check_result {
	bool ready;
	int64_t at;
	bool laptop;             /* this computer travels */
	const struct take *take; /* borrowed */
	struct js *json;         /* as Check answers it; taken over by the callee */
	const char *obstacle;    /* a sentence: what is not ready first of all; "" when ready; borrowed */
};

/* error: 0, or negative errno when it could not be recorded or was cut short; then there is no result. Called
 * once, never from inside check_start(). */
typedef void (*check_done)(int error, const struct check_result *result, void *data);

/* False (and the answer's error) when it cannot be started; data stays the caller's then. */
bool check_start(struct daemon *daemon, const struct check_request *request, check_done done, void *data,
	struct bus_answer *answer);

/* Says so to the caller: what of the two it was. */
void check_answer_failure(struct bus_answer *answer, int error);

/* The call Check. */
void check_call(struct daemon *daemon, const struct bus_request *request, struct bus_pending *pending,
	struct bus_answer *answer);
