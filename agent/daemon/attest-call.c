/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Recorded in the audit log, then in the state database, then told. See attest-call.h. */

#include "daemon/attest-call.h"

#include "base/clock.h"
#include "daemon/answer.h"
#include "daemon/daemon.h"
#include "daemon/devices.h"
#include "daemon/events.h"
#include "state/attest.h"

/* device: NULL for what is attested of this computer. */
static int record_attestation(struct daemon *daemon, const char *what, const struct registered_device *device,
	const struct attestation *attestation)
{
	_cleanup_free_ char *text = NULL;
	struct js *fields = js_object();
	struct hooks_event hook = {.reason = *attestation->note ? attestation->note : NULL,
		.device = device ? device->name : NULL,
		.role = device ? role_name(device->role) : NULL};
	int r;

	js_set_string(fields, "what", what);
	if (device) {
		js_set_string(fields, "device", device->id);
		js_set_string(fields, "name", device->name);
	}
	js_set_string(fields, "note", attestation->note);
	js_set_u64(fields, "uid", attestation->uid);
	r = event_record(daemon, AUDIT_ATTESTED, fields, &text);
	if (r >= 0)
		r = device ? attest_device_add(daemon->state, device->number, what, attestation)
			   : attest_add(daemon->state, what, attestation);
	if (r == ATTEST_OK)
		event_tell(daemon, AUDIT_ATTESTED, text, &hook);
	return r;
}

static void answer_attest(struct bus_answer *answer, int r, const char *what, const char *possible)
{
	if (r == ATTEST_UNKNOWN)
		answer_error(answer, BUS_INVALID_ARGUMENT,
			"\"%s\" is nothing that can be attested. What can be: %s.", what, possible);
	else if (r == ATTEST_NOTE_BAD)
		answer_error(answer, BUS_INVALID_ARGUMENT, "The note is too long, or cannot be printed.");
	else if (r < 0)
		answer_errno(answer, r, "The attestation could not be recorded");
}

static void attest(struct daemon *daemon, const struct bus_request *request, struct bus_answer *answer)
{
	struct attestation attestation = {.at = clock_now(), .uid = request->uid};
	int r = attest_check(request->text[0], request->text[1]);

	(void)snprintf(attestation.note, sizeof attestation.note, "%s", request->text[1]);
	if (r == ATTEST_OK)
		r = record_attestation(daemon, request->text[0], NULL, &attestation);
	answer_attest(answer, r, request->text[0], "passwords");
}

static void attest_device(struct daemon *daemon, const struct bus_request *request, struct bus_answer *answer)
{
	_cleanup_free_ struct registered_device *entry = calloc(1, sizeof *entry);
	struct attestation attestation = {.at = clock_now(), .uid = request->uid};
	int r = attest_device_check(request->text[1], request->text[2]);
	struct medium *medium;
	bool registered;

	(void)snprintf(attestation.note, sizeof attestation.note, "%s", request->text[2]);
	if (!entry)
		r = -ENOMEM;
	if (r == ATTEST_OK && !device_named(daemon, request->text[0], &medium, entry, &registered, answer))
		return;
	if (r == ATTEST_OK && !registered) {
		answer_error(answer, BUS_NOT_FOUND, "\"%s\" is not registered.", request->text[0]);
		return;
	}
	if (r == ATTEST_OK)
		r = record_attestation(daemon, request->text[1], entry, &attestation);
	answer_attest(answer, r, request->text[1], "encrypted");
}

void attest_call(struct daemon *daemon, const struct bus_request *request, struct bus_answer *answer)
{
	if (request->rule->member == BUS_ATTEST)
		attest(daemon, request, answer);
	else
		attest_device(daemon, request, answer);
}
