/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * outing-empty: deletes from a PTP or MTP camera what its offload session has proven to be safe.
 *
 *   outing-empty --source ptp:NODE --session ID [--state DIR] [--confirm-protected] [--format] [--json]
 *   outing-empty --worker                         (started by a supervisor, socket at descriptor 3)
 *
 * Standalone, this process supervises: it opens the node, starts itself again as the sandboxed worker, asks
 * the journal for it, records what became of each object, and is the only one that says "removed". It never
 * reads a byte of the camera. Removed is not wiped, and it never says so.
 *
 * --format is a manager's order: after that the camera formats its memory, which is no wipe either.
 *
 * Exit: 0 removed (and formatted if that was ordered), 1 refused or failed (reasons on stderr), 2 wrong
 * usage.
 */

#include "base/clock.h"
#include "base/fault.h"
#include "base/log.h"
#include "base/program.h"
#include "base/sandbox.h"
#include "base/supervise.h"
#include "base/words.h"
#include "device/usb.h"
#include "empty/record.h"
#include "empty/recorder.h"
#include "empty/worker.h"
#include "state/records.h"
#include "state/session.h"

#include <string.h>

#define PREFIX      "ptp:"
#define WORKER_USER "outing-wipe"

struct options {
	const char *source, *session, *state;
	bool protected_too, format, json, worker, help, version;
};

struct run {
	struct options options;
	struct records records;
	struct empty_recorder *recorder;
	struct supervised worker;
	int usbfs_fd;
	int64_t started;
};

static const struct program program = {"outing-empty",
	"Usage: outing-empty --source ptp:NODE --session ID [--state DIR] [--confirm-protected] [--format] "
	"[--json]\n"
	"Deletes from a camera that speaks PTP or MTP what its complete offload session ID holds, and "
	"nothing\n"
	"else; with --format, the camera then formats its memory. NODE is its /dev/bus/usb/BUS/DEVICE. Exit "
	"0: the camera lists no file any more. That is not a "
	"wipe.\n"};

static int read_arguments(int argc, char **argv, struct options *o, char **ret_problem)
{
	const struct word known[] = {
		{"--source", .text = &o->source},
		{"--session", .text = &o->session},
		{"--state", .text = &o->state},
		{"--confirm-protected", .flag = &o->protected_too},
		{"--format", .flag = &o->format},
		{"--json", .flag = &o->json},
		{"--worker", .flag = &o->worker},
		{"--help", .flag = &o->help},
		{"--version", .flag = &o->version},
	};
	const struct words_table table = {known, ELEMENTS(known), .last_counts = true};
	struct words words;
	int r = words_parse(argc, argv, &table, &words, ret_problem);

	if (r < 0 || o->help || o->version || o->worker)
		return r;
	if (!o->source || !o->session)
		return -EINVAL;
	return strncmp(o->source, PREFIX, strlen(PREFIX)) == 0
		       ? 0
		       : words_problem(ret_problem,
				 "--source must be %sNODE, for example %s/dev/bus/usb/001/004", PREFIX,
				 PREFIX);
}

/* Says why nothing was done; returns the exit code. */
static int refuse(const struct run *run, const char *code, const char *sentence)
{
	_cleanup_js_ struct js *json = NULL;
	_cleanup_free_ char *text = NULL;

	(void)fprintf(stderr, "outing-empty: %s\n", sentence);
	if (!run->options.json)
		return PROGRAM_FAILED;
	json = js_object();
	js_set_string(json, "outcome", code);
	js_set_bool(json, "removed", false);
	js_set_bool(json, "wiped", false);
	js_set_string(json, "sentence", sentence);
	if (js_text(json, true, &text) >= 0)
		(void)puts(text);
	return PROGRAM_FAILED;
}

static int refuse_errno(const struct run *run, const char *code, const char *what, int error)
{
	char text[512];

	(void)snprintf(text, sizeof text, "%s: %s.", what, strerrordesc_np(-error));
	return refuse(run, code, text);
}

static int open_records(struct run *run)
{
	struct state_problem problem = {""};
	enum records_failure failure;
	int r = records_open(run->options.state, &run->records, &failure, &problem);

	if (r == 0)
		return 0;
	switch (failure) {
	case RECORDS_MEMORY:
		break;
	case RECORDS_STATE:
		return r > 0 ? refuse(run, "state", problem.text)
			     : refuse_errno(run, "state", "The state database cannot be opened", r);
	case RECORDS_AUDIT:
		return refuse_errno(run, r == -EBUSY ? "busy" : "audit", "The audit log cannot be opened", r);
	}
	return refuse_errno(run, "no-memory", "The records cannot be opened", r);
}

static int record(struct run *run, enum audit_event event, const struct js *removal)
{
	const struct empty_verdict *verdict = run->recorder ? empty_recorder_verdict(run->recorder) : NULL;
	_cleanup_free_ char *text = NULL;
	struct js *fields = js_object(), *copy = NULL;

	js_set_string(fields, "program", "outing-empty");
	js_set_string(fields, "session", run->options.session);
	js_set_bool(fields, "protected_too", run->options.protected_too);
	js_set_bool(fields, "format", run->options.format);
	if (verdict && verdict->code) {
		js_set_string(fields, "outcome", verdict->code);
		js_set_string(fields, "reason", verdict->sentence);
		js_set_u64(fields, "files", verdict->files);
		js_set_u64(fields, "gone", verdict->gone);
		js_set_u64(fields, "left", verdict->left);
	}
	if (removal && js_text(removal, false, &text) >= 0 && js_parse(text, strlen(text), &copy) >= 0)
		js_set(fields, "record", copy);
	return audit_append(run->records.audit, event, fields);
}

static int prepare(struct run *run)
{
	const struct empty_request request = {.session = run->options.session,
		.protected_too = run->options.protected_too,
		.format = run->options.format};
	const char *node = run->options.source + strlen(PREFIX);
	int r = empty_recorder_new(run->records.state, &request, &run->recorder);

	if (r != SESSION_OK)
		return r > 0 ? refuse(run, "not-allowed", session_outcome_sentence((enum session_outcome)r))
			     : refuse_errno(run, "state", "The session cannot be looked at", r);
	run->usbfs_fd = usb_open_node(node);
	if (run->usbfs_fd < 0)
		return refuse_errno(run, "refused", "The camera cannot be opened", run->usbfs_fd);
	r = record(run, AUDIT_REMOVAL_STARTED, NULL);
	return r < 0 ? refuse_errno(
			       run, "audit", "The audit log cannot be written, so nothing was deleted", r)
		     : 0;
}

static int cancel(void *data)
{
	struct run *run = data;

	return empty_recorder_cancel(run->recorder, run->worker.wire_fd);
}

static int readable(void *data)
{
	struct run *run = data;
	const struct empty_verdict *verdict = empty_recorder_verdict(run->recorder);
	int r = wire_receive(run->worker.wire_fd, &run->worker.message);

	if (r <= 0)
		return r;
	r = empty_recorder_message(run->recorder, run->worker.wire_fd, &run->worker.message);
	if (r == EMPTY_EVENT_PROGRESS)
		program_progress(verdict->gone, verdict->files, "removing");
	return r < 0 ? r : r != EMPTY_EVENT_ENDED;
}

static int run_worker(struct run *run)
{
	const struct supervised_events events = {readable, cancel};
	int r = supervised_start(&run->worker);

	if (r >= 0)
		r = empty_recorder_start(run->recorder, run->worker.wire_fd, run->usbfs_fd);
	if (r >= 0)
		r = supervised_converse(&run->worker, &events, run);
	program_progress_end();
	(void)supervised_end(&run->worker, r);
	return r;
}

static int report(const struct run *run)
{
	const struct empty_verdict *verdict = empty_recorder_verdict(run->recorder);
	_cleanup_js_ struct js *json = NULL;
	_cleanup_free_ char *text = NULL;

	if (run->options.json) {
		json = empty_recorder_json(run->recorder);
		if (js_text(json, true, &text) < 0)
			return PROGRAM_FAILED;
		(void)puts(text);
	}
	if (!run->options.json || !verdict->done)
		(void)fprintf(verdict->done ? stdout : stderr, "%s\n", verdict->sentence);
	for (size_t i = 0; !run->options.json && i < verdict->kept_count; i++)
		(void)fprintf(stderr, "  %s: %s%s%s\n", verdict->kept[i].path, verdict->kept[i].reason,
			*verdict->kept[i].answer ? ": " : "", verdict->kept[i].answer);
	return verdict->done ? 0 : PROGRAM_FAILED;
}

/* The audit log first, then the state database. */
static int settle(struct run *run)
{
	const struct empty_verdict *verdict = empty_recorder_verdict(run->recorder);
	struct empty_record_facts facts = {.device_name = empty_recorder_session(run->recorder)->device_name,
		.device_key = empty_recorder_session(run->recorder)->key,
		.started = run->started,
		.ended = clock_now()};
	_cleanup_js_ struct js *removal = NULL;
	int r = verdict->removed ? empty_record_make(run->recorder, &facts, &removal) : 0;

	if (r >= 0)
		r = record(run, verdict->removed ? AUDIT_REMOVAL_DONE : AUDIT_REMOVAL_FAILED, removal);
	if (r >= 0)
		r = empty_recorder_settle(run->recorder, removal, false);
	return r > 0 ? -EPROTO : r;
}

static int empty(struct run *run)
{
	int r = open_records(run);

	if (r == 0)
		r = prepare(run);
	if (r != 0)
		return r;
	r = supervised_watch_signals(&run->worker);
	if (r < 0)
		return refuse_errno(run, "broken", "Signals", r);
	r = run_worker(run);
	if (r < 0)
		log_errno(LOG_LEVEL_ERROR, r, "the worker was ended");
	empty_recorder_close(run->recorder);
	fault_point("empty-audit");
	r = settle(run);
	if (r < 0)
		return refuse_errno(run, "audit", "The end could not be recorded", r);
	return report(run);
}

static int run_supervisor(const struct options *options)
{
	struct run run = {.options = *options, .usbfs_fd = -1, .started = clock_now()};
	int code;

	supervised_init(&run.worker);
	code = empty(&run);
	(void)empty_recorder_free(run.recorder);
	records_clear(&run.records);
	(void)close_fd(run.usbfs_fd);
	supervised_clear(&run.worker);
	return code;
}

int main(int argc, char **argv)
{
	struct options options = {0};
	_cleanup_free_ char *problem = NULL;
	int r = read_arguments(argc, argv, &options, &problem);

	log_set_program("outing-empty");
	r = program_begin(&program, r, problem, options.help, options.version);
	if (r != PROGRAM_RUN)
		return r;
	fault_init(options.worker ? "outing-empty-worker" : "outing-empty");
	return options.worker ? empty_worker_run(WIRE_FD, sandbox_user(WORKER_USER), NULL)
			      : run_supervisor(&options);
}
