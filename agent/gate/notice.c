/* SPDX-License-Identifier: GPL-3.0-or-later */

/* The gate's words. See notice.h. */

#include "gate/notice.h"

#include "base/json.h"

#include <string.h>

static const char *event_word(enum gate_event event)
{
	switch (event) {
	case GATE_REFUSED_NAME:
		return "name-refused";
	case GATE_REFUSED_EARLY:
	case GATE_REFUSED:
		return "refused";
	case GATE_TOO_LARGE:
		return "too-large";
	case GATE_STAGING_FULL:
		return "staging-full";
	case GATE_NOT_WRITTEN:
		return "not-written";
	case GATE_FINISHED:
		return "finished";
	}
	return "unknown";
}

static const char *own_sentence(enum gate_event event)
{
	switch (event) {
	case GATE_REFUSED_NAME:
		return "The name of a file or folder may not go onto an unencrypted stick.";
	case GATE_REFUSED_EARLY:
	case GATE_REFUSED:
		return "The file could not be read to the end, so it was not copied. Use an encrypted stick "
		       "for it.";
	case GATE_TOO_LARGE:
		return "The file is too large to be looked at before it is copied, so it was not copied. "
		       "Use an encrypted stick for it.";
	case GATE_STAGING_FULL:
		return "Too much is being copied at once, so this file was not copied. Copy it again when "
		       "the others "
		       "are done.";
	case GATE_NOT_WRITTEN:
		return "The stick did not take the file. It may be full or broken, or it was pulled out too "
		       "early.";
	case GATE_FINISHED:
		return "A copy that was interrupted is complete now.";
	}
	return "";
}

const char *notice_sentence(const struct gate_notice *notice)
{
	if (notice->answer && notice->answer->sentence[0])
		return notice->answer->sentence;
	return own_sentence(notice->event);
}

/* The folder of a refused name may be said, the name not. */
static void set_path(struct js *line, const struct gate_notice *notice)
{
	const char *slash = strrchr(notice->path, '/');
	_cleanup_free_ char *folder = NULL;

	if (notice->event != GATE_REFUSED_NAME) {
		js_set_string(line, "path", notice->path);
		return;
	}
	folder = strndup(notice->path, slash ? (size_t)(slash - notice->path) : 0);
	js_set_null(line, "path");
	js_set_string(line, "folder", folder);
}

int notice_json(const struct gate_notice *notice, char **ret_line)
{
	_cleanup_js_ struct js *line = js_object();

	js_set_string(line, "event", event_word(notice->event));
	set_path(line, notice);
	js_set_string(line, "cause", notice->answer ? inspect_cause_name(notice->answer->cause) : NULL);
	js_set_string(line, "error", notice->error ? strerrorname_np(notice->error) : NULL);
	js_set_string(line, "sentence", notice_sentence(notice));
	js_set_bool(line, "allowable", notice->allowable);
	return js_text(line, false, ret_line);
}

/* By how the line begins, so that nobody has to take apart what a worker wrote. */
bool notice_is_unwritten(const char *line)
{
	static const char begin[] = "{\"event\":\"not-written\"";

	return strncmp(line, begin, sizeof begin - 1) == 0;
}
