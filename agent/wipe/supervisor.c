/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * The standalone supervisor. See supervisor.h.
 *
 * First recorded, then reported: the audit log has the certificate before the state database, and both before
 * a person reads "clear".
 */

#include "wipe/supervisor.h"

#include "base/clock.h"
#include "base/fault.h"
#include "base/log.h"
#include "base/program.h"
#include "base/supervise.h"
#include "state/records.h"
#include "state/session.h"
#include "wipe/claim.h"
#include "wipe/recorder.h"

#include <string.h>

struct run {
	const struct supervisor_options *options;
	struct records records;
	struct wipe_claim claim;
	struct wipe_recorder *recorder;
	struct supervised worker;
	int64_t started;
	struct js *certificate;
};

/* --- saying things
 * ------------------------------------------------------------------------------------------ */

static int say(const struct run *run, const char *name, const char *sentence, const char *detail)
{
	_cleanup_js_ struct js *json = NULL;
	_cleanup_free_ char *text = NULL;

	(void)fprintf(stderr, "outing-wipe: %s%s%s%s\n", sentence, detail && *detail ? " (" : "",
		detail ? detail : "", detail && *detail ? ")" : "");
	if (!run->options->json)
		return 1;
	json = js_object();
	js_set_string(json, "outcome", name);
	js_set_bool(json, "clear", false);
	js_set_string(json, "sentence", sentence);
	js_set_string(json, "detail", detail && *detail ? detail : NULL);
	if (js_text(json, true, &text) >= 0)
		(void)puts(text);
	return 1;
}

static int say_errno(const struct run *run, const char *what, int error)
{
	char text[256];

	(void)snprintf(text, sizeof text, "%s: %s.", what, strerror(-error));
	return say(run, "error", text, NULL);
}

static int say_outcome(const struct run *run, int outcome, const char *detail)
{
	return say(run, wipe_outcome_name((enum wipe_outcome)outcome),
		wipe_outcome_sentence((enum wipe_outcome)outcome), detail);
}

static int report_done(const struct run *run)
{
	_cleanup_free_ char *text = NULL;
	int r;

	r = run->options->json ? js_text(run->certificate, true, &text)
			       : certificate_text(run->certificate, &text);
	if (r < 0)
		return say_errno(run, "The card is clear, but its certificate cannot be shown", r);
	(void)puts(text);
	return 0;
}

/* --- records
 * ------------------------------------------------------------------------------------------------ */

static int open_records(struct run *run)
{
	struct state_problem problem = {""};
	enum records_failure failure;
	int r = records_open(run->options->state, &run->records, &failure, &problem);

	if (r == 0)
		return 0;
	switch (failure) {
	case RECORDS_MEMORY:
		break;
	case RECORDS_STATE:
		return r > 0 ? say(run, "state", problem.text, NULL)
			     : say_errno(run, "The state database cannot be opened", r);
	case RECORDS_AUDIT:
		return r == -EBUSY ? say(run, "busy",
					     "The agent is running and keeps the log; use outingctl wipe "
					     "instead.",
					     NULL)
				   : say_errno(run, "The audit log cannot be opened", r);
	}
	return say_errno(run, "The records cannot be opened", r);
}

static int record(struct run *run, enum audit_event event, int outcome, const struct js *certificate)
{
	struct js *fields = js_object(), *copy = NULL;
	_cleanup_free_ char *text = NULL;
	int r = 0;

	js_set_string(fields, "program", "outing-wipe");
	js_set_string(fields, "session", run->options->session);
	js_set_string(fields, "method", wipe_method_name(run->options->method));
	if (event == AUDIT_CLEAR_FAILED) {
		js_set_string(fields, "outcome", wipe_outcome_name((enum wipe_outcome)outcome));
		js_set_string(fields, "reason", wipe_outcome_sentence((enum wipe_outcome)outcome));
	}
	if (certificate) {
		r = js_text(certificate, false, &text);
		if (r == 0)
			r = js_parse(text, strlen(text), &copy);
		js_set(fields, "certificate", copy);
	}
	if (r < 0) {
		(void)js_free(fields);
		return r;
	}
	return audit_append(run->records.audit, event, fields);
}

/* --- the worker
 * --------------------------------------------------------------------------------------------- */

static int cancel(void *data)
{
	struct run *run = data;

	return wipe_recorder_cancel(run->recorder, run->worker.wire_fd);
}

static int readable(void *data)
{
	struct run *run = data;
	const struct wipe_progress *p = wipe_recorder_progress(run->recorder);
	int r = wire_receive(run->worker.wire_fd, &run->worker.message);

	if (r <= 0)
		return r;
	r = wipe_recorder_message(run->recorder, run->worker.wire_fd, &run->worker.message);
	if (r == WIPE_EVENT_PROGRESS)
		program_progress(
			p->overall_done, p->overall_total, wipe_phase_text((enum wipe_phase)p->phase));
	return r < 0 ? r : r != WIPE_EVENT_ENDED;
}

/* --- one clear
 * ---------------------------------------------------------------------------------------------- */

static int make_certificate(struct run *run)
{
	_cleanup_free_ struct session *session = calloc(1, sizeof *session);
	struct certificate_facts facts = {
		.session = run->options->session, .started = run->started, .ended = clock_now()};
	int r;

	if (!session)
		return -ENOMEM;
	r = session_load(run->records.state, run->options->session, session);
	if (r != SESSION_OK)
		return r < 0 ? r : -ENOENT;
	facts.device_name = session->device_name;
	facts.device_key = session->key;
	facts.session_committed = session->finished_at;
	facts.session_files = session->set.files;
	facts.session_bytes = session->set.bytes;
	return certificate_make(wipe_recorder_proof(run->recorder), &facts, &run->certificate);
}

static int certify(struct run *run)
{
	int r;

	r = make_certificate(run);
	fault_point("wipe-certificate");
	if (r == 0)
		r = record(run, AUDIT_CLEAR_DONE, WIPE_DONE, run->certificate);
	fault_point("wipe-audit");
	if (r == 0)
		r = wipe_recorder_certified(run->recorder, run->certificate);
	if (r < 0)
		return say_errno(run,
			"The card was cleared and read back, but the certificate could not be recorded, so "
			"it "
			"counts as not cleared",
			r);
	return report_done(run);
}

static int settle(struct run *run)
{
	enum wipe_outcome outcome = wipe_recorder_outcome(run->recorder);
	int r;

	if (outcome == WIPE_DONE)
		return certify(run);
	r = record(run, AUDIT_CLEAR_FAILED, (int)outcome, NULL);
	if (r < 0)
		return say_errno(run, "The end of the clear could not be recorded", r);
	return say_outcome(run, (int)outcome, wipe_recorder_detail(run->recorder));
}

static int refuse(struct run *run, int r)
{
	int recorded;

	if (r < 0)
		return say_errno(run, "The clear cannot be prepared", r);
	recorded = record(run, AUDIT_CLEAR_FAILED, r, NULL);
	return recorded < 0 ? say_errno(run, "The refusal could not be recorded", recorded)
			    : say_outcome(run, r, NULL);
}

static int prepare(struct run *run)
{
	struct wipe_request request = {.session = run->options->session,
		.method = run->options->method,
		.flags = run->options->flags};
	int r;

	r = wipe_claim_open(run->options->device, &run->claim);
	if (r != 0)
		return refuse(run, r);
	request.device_bytes = run->claim.bytes;
	request.insertion = run->claim.block_device ? run->claim.insertion : NULL;
	r = wipe_recorder_new(run->records.state, &request, &run->recorder);
	if (r != 0)
		return refuse(run, r);
	r = record(run, AUDIT_CLEAR_STARTED, 0, NULL);
	return r < 0 ? say_errno(run, "The clear cannot be recorded", r) : 0;
}

static int clear(struct run *run)
{
	const struct supervised_events events = {readable, cancel};
	int r = prepare(run);

	if (r != 0)
		return r;
	run->started = clock_now();
	r = supervised_watch_signals(&run->worker);
	if (r >= 0)
		r = supervised_start(&run->worker);
	if (r >= 0)
		r = wipe_recorder_start(run->recorder, run->worker.wire_fd, run->claim.fd);
	if (r >= 0)
		r = supervised_converse(&run->worker, &events, run);
	program_progress_end();
	(void)supervised_end(&run->worker, r);
	if (r < 0)
		log_errno(LOG_LEVEL_ERROR, r, "the worker was ended");
	r = wipe_recorder_worker_gone(run->recorder);
	return r < 0 ? say_errno(run, "The end of the clear could not be recorded", r) : settle(run);
}

int supervisor_run(const struct supervisor_options *options)
{
	struct run run = {.options = options, .claim = WIPE_CLAIM_NULL};
	int r;

	supervised_init(&run.worker);
	r = open_records(&run);
	if (r == 0)
		r = clear(&run);
	wipe_claim_close(&run.claim);
	run.recorder = wipe_recorder_free(run.recorder);
	run.certificate = js_free(run.certificate);
	records_clear(&run.records);
	supervised_clear(&run.worker);
	return r;
}
