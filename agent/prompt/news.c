/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Jobs and devices in words. See news.h. */

#include "prompt/news.h"

#include "control/devices.h"
#include "control/text.h"
#include "prompt/refusal-text.h"

#include <string.h>

#define SUMMARY_COLUMNS 80

enum work {
	WORK_NONE = 0,
	WORK_OFFLOAD,
	WORK_WIPE,
	WORK_EMPTY, /* a wipe of what speaks PTP or MTP */
	WORK_ENCRYPT,
};

static bool is(const char *word, const char *other)
{
	return word && strcmp(word, other) == 0;
}

static enum work work_of(const struct js *job)
{
	const char *kind = js_get_string(job, "kind");

	if (is(kind, "offload"))
		return WORK_OFFLOAD;
	if (is(kind, "wipe"))
		return devices_emptied_only(js_get_string(job, "device")) ? WORK_EMPTY : WORK_WIPE;
	return is(kind, "encrypt") ? WORK_ENCRYPT : WORK_NONE;
}

enum news_stage news_stage(const struct js *job)
{
	const char *state = js_get_string(job, "state");

	if (work_of(job) == WORK_NONE)
		return NEWS_NONE;
	if (is(state, "running"))
		return NEWS_RUNNING;
	if (is(state, "done"))
		return NEWS_DONE;
	return is(state, "failed") || is(state, "cancelled") ? NEWS_STOPPED : NEWS_NONE;
}

int news_plain(enum note_weight weight, const char *summary, const char *body, struct note *ret_note)
{
	_cleanup_note_ struct note note = {
		.weight = weight, .percent = -1, .summary = text_clean(summary), .body = text_clean(body)};

	if (!note.summary || !note.body)
		return -ENOMEM;
	if (text_width(note.summary) > SUMMARY_COLUMNS)
		note.summary[text_fit(note.summary, SUMMARY_COLUMNS)] = '\0';
	*ret_note = note;
	note = NOTE_NULL;
	return 0;
}

static const char *name_of(const struct js *job)
{
	const char *name = js_get_string(job, "name");

	return name && *name ? name : "device";
}

static const char *sentence_of(const struct js *object)
{
	const char *sentence = js_get_string(object, "sentence");

	return sentence ? sentence : "";
}

static int percent_of(const struct js *job)
{
	uint64_t done = 0, total = 0;

	if (js_get_u64(job, "bytes_done", &done) < 0 || js_get_u64(job, "bytes_total", &total) < 0 ||
		total == 0)
		return -1;
	return done >= total ? 100 : (int)(100.0 * (double)done / (double)total);
}

static const char *doing(enum work work)
{
	switch (work) {
	case WORK_NONE:
	case WORK_OFFLOAD:
		return "Copying the pictures of the %s";
	case WORK_WIPE:
		return "Clearing the %s";
	case WORK_EMPTY:
		return "Emptying the %s";
	case WORK_ENCRYPT:
		return "Encrypting the %s";
	}
	return "Working on the %s";
}

static const char *failed(enum work work)
{
	switch (work) {
	case WORK_NONE:
	case WORK_OFFLOAD:
		return "Not all pictures of the %s are safe";
	case WORK_WIPE:
		return "The %s was not cleared";
	case WORK_EMPTY:
		return "The %s was not emptied";
	case WORK_ENCRYPT:
		return "The %s was not encrypted";
	}
	return "Something went wrong with the %s";
}

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
static int about(const char *format, const struct js *job, enum note_weight weight, const char *body,
	struct note *ret_note)
{
	_cleanup_free_ char *summary = NULL;

	if (asprintf(&summary, format, name_of(job)) < 0) {
		summary = NULL;
		return -ENOMEM;
	}
	return news_plain(weight, summary, body, ret_note);
}
#pragma GCC diagnostic pop

/* "37 of 120 files, about 4 minutes left. Leave it plugged in." */
static int running(const struct js *job, struct note *ret_note)
{
	uint64_t files = 0, total = 0, seconds = 0;
	_cleanup_free_ char *body = NULL;
	char left[64] = "", count[64] = "";
	int r;

	if (js_get_u64(job, "files_total", &total) == 0 && js_get_u64(job, "files_done", &files) == 0 &&
		total)
		(void)snprintf(count, sizeof count, "%llu of %llu files", (unsigned long long)files,
			(unsigned long long)total);
	if (js_get_u64(job, "seconds_left", &seconds) == 0 && seconds >= 60)
		(void)snprintf(left, sizeof left, "%sbout %llu minute%s left", *count ? ", a" : "A",
			(unsigned long long)(seconds + 30) / 60, (seconds + 30) / 60 == 1 ? "" : "s");
	if (asprintf(&body, "%s%s%sLeave it plugged in.", count, left, *count || *left ? ". " : "") < 0)
		return -ENOMEM;
	r = about(doing(work_of(job)), job, NOTE_PROGRESS, body, ret_note);
	if (r == 0)
		ret_note->percent = percent_of(job);
	return r;
}

int news_job(const struct js *job, struct note *ret_note)
{
	enum work work = work_of(job);
	_cleanup_free_ char *body = NULL;

	if (news_stage(job) == NEWS_RUNNING)
		return running(job, ret_note);
	if (is(js_get_string(job, "state"), "cancelled"))
		return about(failed(work), job, NOTE_PLAIN,
			*sentence_of(job) ? sentence_of(job) : "It was stopped.", ret_note);
	if (asprintf(&body, "%s%s", *sentence_of(job) ? sentence_of(job) : "The reason is in the log.",
		    work == WORK_OFFLOAD ? " Do not delete anything on it." : "") < 0)
		return -ENOMEM;
	return about(failed(work), job, NOTE_URGENT, body, ret_note);
}

int news_done(const struct js *job, const struct js *device, struct note *ret_note)
{
	const char *state = device ? js_get_string(device, "state") : NULL;
	enum work work = work_of(job);
	bool present = false;
	uint64_t busy;

	if (device)
		(void)js_get_bool(device, "present", &present);
	if (work == WORK_ENCRYPT)
		return about("The %s is encrypted now", job, NOTE_PLAIN, sentence_of(job), ret_note);
	if (!present)
		return about(work == WORK_WIPE    ? "The %s was cleared"
			     : work == WORK_EMPTY ? "The %s was emptied"
						  : "The pictures of the %s are safe",
			job, NOTE_PLAIN, sentence_of(job), ret_note);
	if (js_get_u64(device, "job", &busy) == 0 ||
		!(is(state, "offloaded") || is(state, "cleared") || is(state, "emptied")))
		return -EAGAIN;
	return about("You may unplug the %s now", job, NOTE_PLAIN, sentence_of(job), ret_note);
}

bool news_moved(const struct js *job, struct news_progress *progress)
{
	const char *phase = js_get_string(job, "phase");
	int percent = percent_of(job), tenth = percent < 0 ? -1 : percent / 10;

	if (!phase)
		phase = "";
	if (progress->tenth == tenth && strncmp(progress->phase, phase, sizeof progress->phase - 1) == 0)
		return false;
	progress->tenth = tenth;
	(void)snprintf(progress->phase, sizeof progress->phase, "%s", phase);
	return true;
}

int news_lost(struct note *ret_note)
{
	return news_plain(NOTE_PLAIN, "The agent was stopped",
		"What it was doing goes on when it is started again. Leave the camera plugged in until you "
		"are "
		"told that it may be unplugged.",
		ret_note);
}

int news_refused(const struct js *refusal, struct note *ret_note)
{
	const char *name = js_get_string(refusal, "name");

	if (!name || !*name)
		return news_plain(NOTE_PLAIN, "A device is left alone", sentence_of(refusal), ret_note);
	return about("The %s is left alone", refusal, NOTE_PLAIN, sentence_of(refusal), ret_note);
}

int news_overdue(const struct js *details, struct note *ret_note)
{
	return news_plain(NOTE_URGENT, "An outing is not back in time", sentence_of(details), ret_note);
}

int news_written(const struct js *details, struct note *ret_note)
{
	const char *path = js_get_string(details, "path");
	_cleanup_free_ char *stick = refusal_stick(js_get_string(details, "name"));
	_cleanup_free_ char *file = path ? refusal_file(path) : strdup("the file");
	_cleanup_free_ char *summary = NULL, *body = NULL;

	if (!stick || !file || asprintf(&summary, "Copied to %s", stick) < 0) {
		summary = NULL;
		return -ENOMEM;
	}
	if (asprintf(&body,
		    path ? "“%s”, which a manager has allowed, is written."
			 : "What a manager has allowed is written: %s.",
		    file) < 0) {
		body = NULL;
		return -ENOMEM;
	}
	return news_plain(NOTE_PLAIN, summary, body, ret_note);
}

int news_ejected(const struct js *device, struct note *ret_note)
{
	_cleanup_free_ char *stick = refusal_stick(js_get_string(device, "name"));
	_cleanup_free_ char *summary = NULL;

	if (!stick || asprintf(&summary, "You may unplug %s now", stick) < 0) {
		summary = NULL;
		return -ENOMEM;
	}
	return news_plain(NOTE_PLAIN, summary, "It is not in use any more.", ret_note);
}
