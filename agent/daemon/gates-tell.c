/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * What gates do, first recorded and then told. In the log there is never a name that was refused because of
 * itself, nor what a stick or a mount point is called by people who did not register it: that might be a
 * child's name. See gates-internal.h.
 */

#include "base/clock.h"
#include "base/log.h"
#include "daemon/events.h"
#include "daemon/gates-internal.h"
#include "daemon/login.h"

#include <string.h>

static const char *or_null(const char *text)
{
	return *text ? text : NULL;
}

static struct js *fields_of_stick(const struct gates_stick *stick)
{
	struct js *fields = js_object();

	js_set_string(fields, "device", stick->id);
	js_set_string(fields, "name", or_null(stick->name));
	js_set_string(fields, "role", stick->role);
	return fields;
}

static struct js *fields_of(const struct gates_part *part)
{
	struct js *fields = fields_of_stick(part->stick);

	js_set_string(fields, "node", part->wanted.node);
	js_set_u64(fields, "uid", part->stick->uid);
	return fields;
}

static struct hooks_event hook_of(const struct gates_stick *stick, const char *reason)
{
	return (struct hooks_event){.device = *stick->name ? stick->name : stick->id,
		.role = stick->role,
		.room = or_null(stick->room),
		.reason = reason};
}

/* --- refusals --- */

static int record_refusal(const struct gates_part *part, const struct gate_report *report, uint64_t count)
{
	struct js *fields = fields_of(part);

	js_set_string(fields, "refusal", gate_report_event_name(report->event));
	js_set_string(fields, "cause", gate_report_cause_name(report->cause));
	js_set_string(fields, "path", or_null(report->path));
	js_set_string(fields, "reason", report->sentence);
	js_set_u64(fields, "count", count);
	return event_report(part->stick->gates->daemon, AUDIT_COPY_REFUSED, fields, NULL);
}

static void signal_refusal(const struct gates_part *part, const struct gate_report *report, uint64_t count)
{
	const struct gates_stick *stick = part->stick;
	_cleanup_js_ struct js *refusal = js_object();
	_cleanup_free_ char *text = NULL;

	js_set_string(refusal, "device", stick->id);
	js_set_string(refusal, "name", stick->shown);
	js_set_string(refusal, "path", or_null(report->path));
	js_set_string(refusal, "event", gate_report_event_name(report->event));
	js_set_string(refusal, "cause", gate_report_cause_name(report->cause));
	js_set_string(refusal, "sentence", report->sentence);
	js_set_u64(refusal, "uid", stick->uid);
	js_set_bool(refusal, "allowable", report->allowable);
	js_set_u64(refusal, "count", count);
	if (js_text(refusal, false, &text) >= 0)
		bus_signal_copy_refused(stick->gates->daemon->bus, text);
}

static void tell(struct gates_part *part, const struct gate_report *report, uint64_t count)
{
	if (record_refusal(part, report, count) >= 0)
		signal_refusal(part, report, count);
}

/* What was counted comes before whatever is told next of this gate. */
static void tell_counted(struct gates_part *part)
{
	struct gate_report report;
	uint64_t count;

	while (gate_tally_next(&part->tally, &report, &count))
		tell(part, &report, count);
}

/* --- the gate itself --- */

int gates_tell_opened(struct gates_part *part)
{
	struct hooks_event hook = hook_of(part->stick, NULL);

	return event_report(part->stick->gates->daemon, AUDIT_GATE_OPENED, fields_of(part), &hook);
}

void gates_tell_closed(struct gates_part *part, const char *end, unsigned unwritten)
{
	struct hooks_event hook = hook_of(part->stick, NULL);
	struct js *fields = fields_of(part);

	tell_counted(part);
	js_set_string(fields, "end", end);
	js_set_u64(fields, "unwritten", unwritten);
	(void)event_report(part->stick->gates->daemon, AUDIT_GATE_CLOSED, fields, &hook);
}

void gates_tell_failed(struct gates_part *part, const char *sentence)
{
	struct hooks_event hook = hook_of(part->stick, sentence);
	struct js *fields = fields_of(part);

	tell_counted(part);
	js_set_string(fields, "reason", sentence);
	js_set_u64(fields, "tries", part->tries);
	(void)event_report(part->stick->gates->daemon, AUDIT_GATE_FAILED, fields, &hook);
}

int gates_tell_allowed(struct gates_stick *stick, const struct gates_exception *exception, const char *reason)
{
	struct hooks_event hook = hook_of(stick, reason);
	struct js *fields = fields_of_stick(stick);
	char by[192];

	login_text(exception->uid, by, sizeof by);
	js_set_string(fields, "sha512", exception->sha512);
	js_set_string(fields, "reason", reason);
	js_set_u64(fields, "uid", exception->uid);
	js_set_string(fields, "by", by);
	return event_report(stick->gates->daemon, AUDIT_COPY_ALLOWED, fields, &hook);
}

void gates_tell_written(struct gates_part *part, const struct gates_exception *exception, const char *path)
{
	struct hooks_event hook = hook_of(part->stick, NULL);
	struct js *fields = fields_of_stick(part->stick);

	js_set_string(fields, "path", or_null(path));
	js_set_string(fields, "sha512", exception->sha512);
	js_set_u64(fields, "uid", exception->uid);
	(void)event_report(part->stick->gates->daemon, AUDIT_COPY_ALLOWED_WRITTEN, fields, &hook);
}

/* Hooks are told once a window, with the number of all. */
void gates_tell_rest(struct gates_part *part)
{
	struct hooks_event hook = hook_of(part->stick, part->tally.first);

	tell_counted(part);
	if (part->tally.total == 0)
		return;
	hook.has_refusals = true;
	hook.refusals = part->tally.total;
	event_hook(part->stick->gates->daemon, AUDIT_COPY_REFUSED, &hook);
}

static int window_ended(void *data)
{
	struct gates_part *part = data;

	gates_tell_rest(part);
	if (gate_tally_end(&part->tally))
		return watch_again(part->window, part->tally.window_ms);
	part->window = watch_free(part->window);
	return 0;
}

void gates_tell_report(struct gates_part *part, const struct gate_report *report)
{
	struct daemon *daemon = part->stick->gates->daemon;
	bool opened = false;

	if (report->event == GATE_REPORT_FINISHED) {
		log_info("%s: %s", part->stick->id, report->sentence);
		return;
	}
	part->refused_ns = clock_monotonic_ns();
	if (gate_tally_add(&part->tally, report, &opened))
		tell(part, report, 1);
	if (opened && loop_timer(daemon->loop, part->tally.window_ms, window_ended, part, &part->window) < 0)
		log_error("out of memory, refusals are not counted in time");
}
