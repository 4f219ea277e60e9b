/* SPDX-License-Identifier: GPL-3.0-or-later */

/* AllowCopy and Eject, and what became of an exception. See gates.h. */

#include "base/hex.h"
#include "base/log.h"
#include "daemon/answer.h"
#include "daemon/devices.h"
#include "daemon/gates-internal.h"
#include "state/name.h"

#include <string.h>

/* The stick that a person named; NULL with an answer. */
static struct gates_stick *named(struct daemon *daemon, const char *device, struct bus_answer *answer)
{
	_cleanup_free_ struct registered_device *entry = calloc(1, sizeof *entry);
	struct gates_stick *stick = NULL;
	struct medium *medium = NULL;
	bool registered;

	if (!entry) {
		answer_errno(answer, -ENOMEM, "The register could not be read");
		return NULL;
	}
	if (!device_named(daemon, device, &medium, entry, &registered, answer))
		return NULL;
	if (medium)
		stick = gates_stick_of(daemon->gates, medium);
	if (!medium)
		answer_error(answer, BUS_REFUSED, "%s is not plugged in.", entry->name);
	else if (!stick)
		answer_error(answer, BUS_REFUSED,
			"\"%s\" is not offered through the gate. \"outingctl devices\" shows what is.",
			device);
	return stick;
}

/* --- AllowCopy --- */

static bool is_blank(const char *text)
{
	return text[strspn(text, " ")] == 0;
}

static bool check_exception(
	const struct bus_request *request, struct gate_allow *allow, struct bus_answer *answer)
{
	if (strlen(request->text[1]) != 2 * GATE_DIGEST_SIZE ||
		hex_decode(request->text[1], allow->sha512, GATE_DIGEST_SIZE) < 0)
		answer_error(answer, BUS_INVALID_ARGUMENT, "A SHA-512 is %d hexadecimal digits.",
			2 * GATE_DIGEST_SIZE);
	else if (is_blank(request->text[2]) || strchr(request->text[2], '/'))
		answer_error(answer, BUS_INVALID_ARGUMENT, "The file's name is missing, or is a path.");
	else if (is_blank(request->text[3]))
		answer_error(answer, BUS_INVALID_ARGUMENT,
			"An exception needs a reason; it is kept in the log. Say why this file must go onto "
			"an unencrypted stick.");
	else
		return true;
	return false;
}

/* Of several file systems on one stick: where something was refused last. Only one, so that once means once.
 */
static struct gates_part *part_to_allow(struct gates_stick *stick)
{
	struct gates_part *found = NULL;

	for (struct gates_part *p = stick->parts; p; p = p->next)
		if (p->state == GATES_PART_OPEN && (!found || p->refused_ns > found->refused_ns))
			found = p;
	return found;
}

static struct gates_exception *find_exception(struct gates_part *part, uint64_t ticket)
{
	for (size_t i = 0; i < GATES_EXCEPTIONS_MAX; i++)
		if (part->exception[i].ticket == ticket)
			return &part->exception[i];
	return NULL;
}

static int allow_now(struct gates_part *part, struct gates_exception *exception, struct gate_allow *allow,
	const struct bus_request *request)
{
	struct gates *gates = part->stick->gates;
	int r;

	*exception = (struct gates_exception){.uid = request->uid};
	(void)hex_encode(allow->sha512, sizeof allow->sha512, exception->sha512);
	r = gates_tell_allowed(part->stick, exception, request->text[3]);
	if (r < 0)
		return r;
	allow->ticket = ++gates->last_ticket;
	allow->seconds = GATES_KEEP_SECONDS;
	r = gate_link_allow(part->link, allow);
	if (r >= 0)
		exception->ticket = allow->ticket;
	return r;
}

void gates_allow(struct daemon *daemon, const struct bus_request *request, struct bus_answer *answer)
{
	struct gates_exception *exception;
	struct gates_stick *stick;
	struct gates_part *part;
	struct gate_allow allow = {.ticket = 0};
	int r;

	if (!check_exception(request, &allow, answer))
		return;
	stick = named(daemon, request->text[0], answer);
	if (!stick)
		return;
	part = part_to_allow(stick);
	if (!part) {
		answer_error(answer, BUS_REFUSED, "%s is not open, so nothing can be copied onto it.",
			stick->shown);
		return;
	}
	exception = find_exception(part, 0);
	if (!exception) {
		answer_error(answer, BUS_BUSY,
			"Too many exceptions for %s are waiting to be used. Copy those files first.",
			stick->shown);
		return;
	}
	r = allow_now(part, exception, &allow, request);
	if (r < 0)
		answer_errno(
			answer, r, "The exception could not be recorded or passed on, so it does not count");
}

static void tell_unwritten(struct gates_part *part, int error)
{
	struct gate_report report = {.event = GATE_REPORT_NOT_WRITTEN, .cause = GATE_REPORT_NO_CAUSE};

	(void)snprintf(report.sentence, sizeof report.sentence,
		"The stick did not take the file that was allowed (%s).", strerror(error));
	gates_tell_report(part, &report);
}

void gates_exception_used(struct gates_part *part, const struct gate_allowed *allowed)
{
	struct gates_exception *exception =
		allowed->ticket > 0 ? find_exception(part, allowed->ticket) : NULL;

	if (!exception) {
		log_warning("%s: the gate speaks of an exception that nobody made", part->stick->id);
		return;
	}
	if (allowed->error == 0)
		gates_tell_written(part, exception, allowed->path);
	else if (allowed->error == ETIME)
		log_notice("%s: an exception was not used in time", part->stick->id);
	else
		tell_unwritten(part, allowed->error);
	*exception = (struct gates_exception){.ticket = 0};
}

/* --- Eject --- */

static void conclude(const struct gates_stick *stick, struct bus_answer *answer)
{
	if (stick->failed)
		answer_error(answer, BUS_FAILED, "%s: %s", stick->shown, stick->sentence);
	else if (stick->unwritten > 0)
		answer_error(answer, BUS_FAILED,
			"%s may be unplugged, but %u file%s could not be written to it. Check what is on it, "
			"and copy again what is missing.",
			stick->shown, stick->unwritten, stick->unwritten == 1 ? "" : "s");
}

void gates_answer_eject(struct gates_stick *stick)
{
	_cleanup_answer_ struct bus_answer answer = BUS_ANSWER_NULL;

	conclude(stick, &answer);
	bus_reply(TAKE_PTR(stick->eject), &answer);
}

void gates_eject(struct daemon *daemon, const struct bus_request *request, struct bus_pending *pending,
	struct bus_answer *answer)
{
	struct gates_stick *stick = named(daemon, request->text[0], answer);

	if (!stick)
		return;
	if (stick->eject) {
		answer_error(answer, BUS_BUSY, "%s is being ejected already.", stick->shown);
		return;
	}
	stick->ejected = true;
	if (!gates_stick_held(stick)) {
		gates_stick_shut(stick);
		conclude(stick, answer);
		return;
	}
	stick->eject = pending;
	answer->error = BUS_LATER;
	gates_stick_shut(stick);
}
