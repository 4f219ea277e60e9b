/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * Checks the chain against the anchor in the state database. The agent may append at the same moment, between
 * our reading of the anchor and of the file, so a log that looks torn or short at its end is looked at again.
 */

#include "daemon/verify-audit.h"

#include "audit/audit.h"
#include "base/json.h"
#include "base/log.h"
#include "state/state.h"

#define ATTEMPTS 3

static bool may_be_growing(enum audit_verdict verdict)
{
	return verdict == AUDIT_TORN || verdict == AUDIT_TRUNCATED || verdict == AUDIT_CHANGED;
}

static void print(const struct audit_report *report, bool whole)
{
	_cleanup_js_ struct js *o = js_object();
	_cleanup_free_ char *text = NULL;

	js_set_bool(o, "ok", whole);
	js_set_string(o, "verdict", audit_verdict_name(report->verdict));
	js_set_u64(o, "entries", report->entries);
	js_set_u64(o, "files", report->files);
	if (whole)
		js_set_null(o, "first_bad");
	else
		js_set_u64(o, "first_bad", report->first_seq + report->entries);
	js_set_string(o, "file", report->file);
	js_set_u64(o, "line", report->line);
	js_set_string(o, "sentence", report->sentence);
	if (js_text(o, false, &text) >= 0)
		(void)puts(text);
}

int verify_audit(const struct daemon_options *options)
{
	_cleanup_(state_closep) struct state *state = NULL;
	struct audit_anchor_store anchor = {state_anchor_load, state_anchor_store, NULL};
	struct state_problem problem;
	struct audit_report report;
	bool whole = false;
	int r = state_open(options->state_path, &state, &problem);

	if (r != STATE_OK) {
		log_error("state database: %s", r > 0 ? problem.text : "it cannot be opened");
		return 3;
	}
	anchor.data = state;
	for (unsigned n = 0; n < ATTEMPTS && r == 0 && !whole; n++) {
		r = audit_verify(options->audit_path, &anchor, &report);
		whole = r == 0 && (report.verdict == AUDIT_WHOLE || report.verdict == AUDIT_EMPTY);
		if (r == 0 && !may_be_growing(report.verdict))
			break;
	}
	if (r < 0) {
		log_errno(LOG_LEVEL_ERROR, r, "audit log %s", options->audit_path);
		return 3;
	}
	print(&report, whole);
	return whole ? 0 : 1;
}
