/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * The end of an offload: the verdict, the session's last state in the database, and how it is told.
 * "Committed" is reached in one function here and nowhere else. See recorder.h.
 */

#include "base/fault.h"
#include "offload/recorder-internal.h"

/* The one place where a session becomes committed: everything the worker proved, as the database sums it up.
 */
static int commit_session(struct recorder *recorder)
{
	const char *id = recorder->session.id;
	int r = session_record_set(recorder->state, id, &recorder->worker.set, recorder->findings);

	fault_point("record-set");
	if (r == 0)
		r = session_set_state(recorder->state, id, SESSION_COPIED, NULL);
	fault_point("record-copied");
	if (r == 0)
		r = session_set_state(recorder->state, id, SESSION_COMMITTED, NULL);
	fault_point("record-committed");
	return r;
}

static bool counts_agree(const struct recorder *recorder)
{
	const struct offload_result *worker = &recorder->worker;

	return worker->manifest == 1 && worker->objects == recorder->received && recorder->failed == 0 &&
	       worker->failed == 0 && worker->findings == recorder->findings && recorder->session.id[0];
}

static enum verdict judge(struct recorder *recorder)
{
	int r;

	if (recorder->record_error)
		return VERDICT_RECORD_FAILED;
	if (recorder->lied)
		return VERDICT_WORKER_LIED;
	if (!recorder->have_result)
		return VERDICT_WORKER_DIED;
	if (recorder->worker.outcome != OFFLOAD_COMPLETE)
		return VERDICT_OTHER;
	if (!counts_agree(recorder))
		return VERDICT_WORKER_LIED;
	r = commit_session(recorder);
	if (r < 0)
		recorder->record_error = -r;
	return r < 0 ? VERDICT_RECORD_FAILED : r > 0 ? VERDICT_NOT_EQUAL : VERDICT_COMMITTED;
}

static int take_totals(struct recorder *recorder)
{
	struct session_totals totals;
	int r;

	if (!recorder->session.id[0])
		return 0;
	r = session_totals(recorder->state, recorder->session.id, &totals);
	if (r != 0)
		return r < 0 ? r : -EIO;
	recorder->result.files = totals.verified.files;
	recorder->result.bytes = totals.verified.bytes;
	recorder->result.linked = totals.linked;
	return 0;
}

static int settle(struct recorder *recorder)
{
	bool cancelled = recorder->verdict == VERDICT_OTHER && recorder->worker.outcome == OFFLOAD_CANCELLED;
	int r;

	if (recorder->verdict == VERDICT_COMMITTED || !recorder->session.id[0])
		return 0;
	r = session_set_state(recorder->state, recorder->session.id,
		cancelled ? SESSION_CANCELLED : SESSION_FAILED, recorder->sentence);
	return r > 0 ? -EINVAL : r;
}

static void tell(struct recorder *recorder)
{
	struct recorder_result *result = &recorder->result;
	struct verdict_facts facts = {.device_name = recorder->session.device_name,
		.outcome = recorder->worker.outcome,
		.error = recorder->record_error ? recorder->record_error : recorder->worker.error,
		.missing = recorder->worker.bytes,
		.files = result->files,
		.bytes = result->bytes,
		.failed = recorder->failed,
		.findings = recorder->findings,
		.detail = recorder->detail};

	verdict_sentence(recorder->verdict, &facts, recorder->sentence);
	result->committed = recorder->verdict == VERDICT_COMMITTED;
	result->resumable = verdict_resumable(recorder->verdict, recorder->worker.outcome);
	result->cancelled =
		recorder->verdict == VERDICT_OTHER && recorder->worker.outcome == OFFLOAD_CANCELLED;
	result->code = verdict_code(recorder->verdict, recorder->worker.outcome);
	result->sentence = recorder->sentence;
	result->session = recorder->session.id[0] ? recorder->folder : "";
	result->session_id = recorder->session.id;
	result->findings = recorder->findings;
	result->failed = recorder->failed;
	result->failures = recorder->failures;
}

int recorder_close(struct recorder *recorder, int exit_status)
{
	int r;

	if (recorder->closed)
		return 0;
	recorder->closed = true;
	recorder->verdict = judge(recorder);
	r = take_totals(recorder);
	tell(recorder);
	if (r >= 0)
		r = settle(recorder);
	if (r < 0) {
		recorder->record_error = -r;
		/* What is committed is on the disk already; only the figures are missing then. */
		if (recorder->verdict != VERDICT_COMMITTED)
			recorder->verdict = VERDICT_RECORD_FAILED;
		tell(recorder);
	}
	recorder_drop_pending(recorder);
	return recorder->verdict == VERDICT_RECORD_FAILED ? -recorder->record_error : 0;
}

const struct recorder_progress *recorder_progress(const struct recorder *recorder)
{
	return &recorder->progress;
}

const struct recorder_result *recorder_result(const struct recorder *recorder)
{
	return &recorder->result;
}

const char *recorder_session_id(const struct recorder *recorder)
{
	return recorder->session.id;
}

struct js *recorder_result_json(const struct recorder *recorder)
{
	const struct recorder_result *result = &recorder->result;
	struct js *json = js_object(), *list = js_array();

	js_set_string(json, "outcome", result->code);
	js_set_bool(json, "committed", result->committed);
	js_set_bool(json, "resumable", result->resumable);
	js_set_string(json, "sentence", result->sentence);
	js_set_string(json, "session", *result->session_id ? result->session_id : NULL);
	js_set_string(json, "folder", *result->session ? result->session : NULL);
	js_set_u64(json, "files", result->files);
	js_set_u64(json, "bytes", result->bytes);
	js_set_u64(json, "linked", result->linked);
	js_set_u64(json, "findings", result->findings);
	js_set_u64(json, "failed", result->failed);
	for (size_t i = 0; i < result->failure_count; i++) {
		struct js *failure = js_object();

		js_set_string(failure, "path", result->failures[i].path);
		js_set_string(failure, "reason", result->failures[i].reason);
		js_append(list, failure);
	}
	js_set(json, "failures", list);
	return json;
}
