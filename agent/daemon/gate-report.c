/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Words that are known, texts that can be printed, and nothing else. See gate-report.h. */

#include "daemon/gate-report.h"

#include "base/json.h"
#include "state/name.h"

#include <string.h>

static const char *const events[] = {
	[GATE_REPORT_NAME] = "name-refused",
	[GATE_REPORT_REFUSED] = "refused",
	[GATE_REPORT_TOO_LARGE] = "too-large",
	[GATE_REPORT_STAGING_FULL] = "staging-full",
	[GATE_REPORT_NOT_WRITTEN] = "not-written",
	[GATE_REPORT_FINISHED] = "finished",
};

const char *gate_report_event_name(enum gate_report_event event)
{
	return (size_t)event < ELEMENTS(events) ? events[event] : "refused";
}

const char *gate_report_cause_name(unsigned cause)
{
	return cause < GATE_REPORT_NO_CAUSE ? inspect_cause_name((enum inspect_cause)cause) : NULL;
}

static int find_event(const char *word, enum gate_report_event *ret_event)
{
	for (size_t i = 0; word && i < ELEMENTS(events); i++)
		if (strcmp(word, events[i]) == 0) {
			*ret_event = (enum gate_report_event)i;
			return 0;
		}
	return -EBADMSG;
}

/* No cause at all is one; a word that is not known is not. */
static int find_cause(const struct js *line, unsigned *ret_cause)
{
	const char *word = js_get_string(line, "cause");

	*ret_cause = GATE_REPORT_NO_CAUSE;
	if (!word)
		return js_get(line, "cause") ? -EBADMSG : 0;
	for (unsigned cause = INSPECT_CLEAN; cause <= INSPECT_UNREADABLE; cause++)
		if (strcmp(word, inspect_cause_name((enum inspect_cause)cause)) == 0) {
			*ret_cause = cause;
			return 0;
		}
	return -EBADMSG;
}

static void take_path(const struct js *line, struct gate_report *report)
{
	const char *path = js_get_string(line, "path");

	report->path[0] = 0;
	if (path && report->event != GATE_REPORT_NAME && name_is_text(path, sizeof report->path))
		(void)snprintf(report->path, sizeof report->path, "%s", path);
}

/* Only whole content that was refused, and only where the gate says that it still has it. */
static void take_allowable(const struct js *line, struct gate_report *report)
{
	if (js_get_bool(line, "allowable", &report->allowable) < 0)
		report->allowable = false;
	report->allowable &= report->event == GATE_REPORT_REFUSED;
}

static int take_sentence(const struct js *line, struct gate_report *report)
{
	const char *sentence = js_get_string(line, "sentence");

	if (!sentence || !*sentence || !name_is_text(sentence, sizeof report->sentence))
		return -EBADMSG;
	(void)snprintf(report->sentence, sizeof report->sentence, "%s", sentence);
	return 0;
}

int gate_report_parse(const char *text, size_t size, struct gate_report *ret_report)
{
	_cleanup_js_ struct js *line = NULL;
	struct gate_report report = {.event = GATE_REPORT_NAME};
	int r = js_parse(text, size, &line);

	if (r < 0 || !js_is_object(line))
		return r == -ENOMEM ? r : -EBADMSG;
	r = find_event(js_get_string(line, "event"), &report.event);
	if (r >= 0)
		r = find_cause(line, &report.cause);
	if (r >= 0)
		r = take_sentence(line, &report);
	if (r < 0)
		return r;
	take_path(line, &report);
	take_allowable(line, &report);
	*ret_report = report;
	return 0;
}
