/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * The standalone supervisor. See supervisor.h.
 *
 * First recorded, then reported: the audit log has the certificate before the state database, and both before
 * a person reads "clear".
 */

#include "wipe/supervisor.h"

#include "audit/audit.h"
#include "base/clock.h"
#include "base/fault.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/number.h"
#include "base/process.h"
#include "state/session.h"
#include "state/state.h"
#include "wipe/claim.h"
#include "wipe/recorder.h"

#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>

#define GRACE_MS     20000
#define AUDIT_READER "outing-managers"

struct run {
	const struct supervisor_options *options;
	struct state *state;
	struct audit *audit;
	struct wipe_claim claim;
	struct wipe_recorder *recorder;
	int wire_fd, pidfd, signal_fd;
	bool asked_to_stop;
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

static void show_progress(const struct wipe_progress *p)
{
	if (!isatty(STDERR_FILENO) || p->overall_total == 0)
		return;
	(void)fprintf(stderr, "\r\033[K%3u %%  %s", (unsigned)(p->overall_done * 100 / p->overall_total),
		wipe_phase_text((enum wipe_phase)p->phase));
}

static void end_progress(void)
{
	if (isatty(STDERR_FILENO))
		(void)fputs("\r\033[K", stderr);
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
	const char *folder = run->options->state ? run->options->state : OUTING_STATEDIR;
	struct audit_anchor_store anchor = {.load = state_anchor_load, .store = state_anchor_store};
	struct audit_options audit = {
		.anchor = &anchor, .group = AUDIT_READER, .mirror = !run->options->state};
	_cleanup_free_ char *database = NULL, *log = NULL;
	struct state_problem problem = {""};
	int r;

	if (asprintf(&database, "%s/state.db", folder) < 0)
		return say_errno(run, "The records cannot be opened", -ENOMEM);
	if (asprintf(&log, "%s/audit.jsonl", run->options->state ? folder : OUTING_LOGDIR) < 0)
		return say_errno(run, "The records cannot be opened", -ENOMEM);
	r = state_open(database, &run->state, &problem);
	if (r > 0)
		return say(run, "state", problem.text, NULL);
	if (r < 0)
		return say_errno(run, "The state database cannot be opened", r);
	audit.path = log;
	anchor.data = run->state;
	r = audit_open(&audit, &run->audit, NULL);
	if (r == -EBUSY)
		return say(run, "busy", "The agent is running and keeps the log; use outingctl wipe instead.",
			NULL);
	return r < 0 ? say_errno(run, "The audit log cannot be opened", r) : 0;
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
	return audit_append(run->audit, event, fields);
}

/* --- the worker
 * --------------------------------------------------------------------------------------------- */

static int start_worker(struct run *run)
{
	static const char *const argv[] = {"/proc/self/exe", "--worker", NULL};
	struct process_options options = {.argv = argv, .output_fd = -1};
	int fds[2], r = wire_pair(fds);
	pid_t pid;

	if (r < 0)
		return r;
	run->wire_fd = fds[0];
	options.wire_fd = fds[1];
#if defined(OUTING_FAULTS) || defined(OUTING_SANITIZED)
	options.environment = (const char *const *)environ;
#endif
	r = process_start(&options, &pid, &run->pidfd);
	(void)close(fds[1]);
	return r < 0 ? r : wipe_recorder_start(run->recorder, run->wire_fd, run->claim.fd);
}

static int open_signals(void)
{
	sigset_t set;
	int fd;

	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGINT);
	(void)sigaddset(&set, SIGTERM);
	(void)sigaddset(&set, SIGHUP);
	if (sigprocmask(SIG_BLOCK, &set, NULL) < 0)
		return -errno;
	fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return fd < 0 ? -errno : fd;
}

/* A second signal does not wait for the card. */
static void take_signal(struct run *run)
{
	struct signalfd_siginfo info;

	if (read(run->signal_fd, &info, sizeof info) != (ssize_t)sizeof info)
		return;
	if (run->asked_to_stop || wipe_recorder_cancel(run->recorder, run->wire_fd) < 0)
		(void)process_signal(run->pidfd, SIGKILL);
	run->asked_to_stop = true;
}

/* One message; 1 to go on, 0 when the clear has ended. */
static int take_message(struct run *run, struct wire_message *message)
{
	int r = wire_receive(run->wire_fd, message);

	if (r == 0)
		return 0;
	if (r > 0)
		r = wipe_recorder_message(run->recorder, run->wire_fd, message);
	if (r == WIPE_EVENT_PROGRESS)
		show_progress(wipe_recorder_progress(run->recorder));
	if (r < 0)
		return r;
	return r != WIPE_EVENT_ENDED;
}

static int converse(struct run *run)
{
	struct pollfd watch[2] = {
		{.fd = run->wire_fd, .events = POLLIN}, {.fd = run->signal_fd, .events = POLLIN}};
	struct wire_message *message = malloc(sizeof *message);
	int r = message ? 1 : -ENOMEM;

	if (message)
		wire_message_init(message);
	while (r > 0) {
		if (poll(watch, ELEMENTS(watch), -1) < 0 && errno != EINTR)
			r = -errno;
		if (watch[1].revents)
			take_signal(run);
		if (r > 0 && watch[0].revents)
			r = take_message(run, message);
	}
	if (message)
		wire_message_clear(message);
	free(message);
	return r;
}

static void end_worker(struct run *run, bool well)
{
	int status;

	run->wire_fd = close_fd(run->wire_fd);
	if (run->pidfd < 0)
		return;
	if (!well || process_wait_for(run->pidfd, GRACE_MS, &status) < 0) {
		(void)process_signal(run->pidfd, SIGKILL);
		(void)process_wait_for(run->pidfd, GRACE_MS, &status);
	}
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
	r = session_load(run->state, run->options->session, session);
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
	r = wipe_recorder_new(run->state, &request, &run->recorder);
	if (r != 0)
		return refuse(run, r);
	r = record(run, AUDIT_CLEAR_STARTED, 0, NULL);
	return r < 0 ? say_errno(run, "The clear cannot be recorded", r) : 0;
}

static int clear(struct run *run)
{
	int r = prepare(run);

	if (r != 0)
		return r;
	run->started = clock_now();
	run->signal_fd = open_signals();
	r = run->signal_fd < 0 ? run->signal_fd : start_worker(run);
	if (r >= 0)
		r = converse(run);
	end_progress();
	end_worker(run, r == 0);
	if (r < 0)
		log_errno(LOG_LEVEL_ERROR, r, "the worker was ended");
	r = wipe_recorder_worker_gone(run->recorder);
	return r < 0 ? say_errno(run, "The end of the clear could not be recorded", r) : settle(run);
}

int supervisor_run(const struct supervisor_options *options)
{
	struct run run = {
		.options = options, .claim = WIPE_CLAIM_NULL, .wire_fd = -1, .pidfd = -1, .signal_fd = -1};
	int r;

	r = open_records(&run);
	if (r == 0)
		r = clear(&run);
	wipe_claim_close(&run.claim);
	run.recorder = wipe_recorder_free(run.recorder);
	run.certificate = js_free(run.certificate);
	run.audit = audit_close(run.audit);
	run.state = state_close(run.state);
	run.wire_fd = close_fd(run.wire_fd);
	run.pidfd = close_fd(run.pidfd);
	run.signal_fd = close_fd(run.signal_fd);
	return r;
}
