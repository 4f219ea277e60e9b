/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * Jobs: watching, cancelling. See job.h.
 *
 * Off a terminal a line is written when the phase changes, and then for each further ten percent: enough for
 * a log to tell a slow job from a stuck one.
 */

#include "control/job.h"

#include "base/number.h"
#include "control/progress.h"
#include "control/show.h"
#include "control/text.h"
#include "control/verbs.h"

#include <string.h>

#define STEP_PERCENT 10

struct watcher {
	const struct control *control;
	char *phase;
	int percent;
	bool titled, drawn;
};

/* True if there is something to say about how far it is. */
static bool running(const struct js *job)
{
	const char *state = js_get_string(job, "state"), *phase = js_get_string(job, "phase");

	return state && phase && strcmp(state, "running") == 0 && strcmp(phase, "waiting") != 0;
}

static void put_title(struct watcher *watcher, const struct js *job)
{
	_cleanup_free_ char *title = show_job_title(job);
	uint64_t number = 0;

	(void)js_get_u64(job, "id", &number);
	if (title && !watcher->titled)
		printf("%s (job %ju)\n", title, (uintmax_t)number);
	watcher->titled = true;
}

static void put_sparse_line(struct watcher *watcher, const struct js *job)
{
	const char *phase = js_get_string(job, "phase");
	int percent = progress_percent(job);
	bool same = phase && watcher->phase && strcmp(phase, watcher->phase) == 0;

	if (same && percent / STEP_PERCENT == watcher->percent / STEP_PERCENT)
		return;
	free(watcher->phase);
	watcher->phase = phase ? strdup(phase) : NULL;
	watcher->percent = percent;
	progress_line(stdout, &watcher->control->screen, job);
}

static void on_change(const struct js *job, void *data)
{
	struct watcher *watcher = data;

	if (control_given(watcher->control, OPTION_JSON))
		return;
	put_title(watcher, job);
	if (watcher->control->screen.interactive) {
		progress_redraw(stdout, &watcher->control->screen, job);
		watcher->drawn = true;
	} else if (running(job)) {
		put_sparse_line(watcher, job);
	}
	(void)fflush(stdout);
}

static int job_end(const struct control *control, const struct js *job)
{
	const char *state = js_get_string(job, "state");
	bool done = state && strcmp(state, "done") == 0;
	int r;

	if (control_given(control, OPTION_JSON)) {
		r = control_json(control, job);
		if (r < 0)
			return r;
	} else if (done) {
		show_job_end(stdout, &control->screen, 0, job);
		return CONTROL_DONE;
	}
	if (!done) {
		const char *word = state && strcmp(state, "cancelled") == 0 ? "STOPPED:" : "NOT DONE:";

		(void)fflush(stdout);
		fprintf(stderr, "%s%s%s ", terminal_tone(&control->notes, TERMINAL_BAD), word,
			terminal_tone(&control->notes, TERMINAL_PLAIN));
		show_job_end(stderr, &control->notes, strlen(word) + 1, job);
	}
	return done ? CONTROL_DONE : CONTROL_REFUSED;
}

static void say_detached(uint32_t job)
{
	fprintf(stderr,
		"The job goes on without this window.\n"
		"  to see it again:  outingctl job watch %u\n"
		"  to stop it:       outingctl job cancel %u\n",
		job, job);
}

int job_follow(struct control *control, uint32_t job, struct js **ret_job)
{
	struct watcher watcher = {.control = control, .percent = -1};
	int r;

	r = agent_watch(control->agent, job, on_change, &watcher, ret_job);
	free(watcher.phase);
	if (watcher.drawn)
		putchar('\n');
	if (r == AGENT_DETACHED)
		say_detached(job);
	return r;
}

int job_wait(struct control *control, uint32_t job, struct js **ret_job)
{
	_cleanup_js_ struct js *ended = NULL;
	int r;

	r = job_follow(control, job, &ended);
	if (r != AGENT_OK)
		return control_fail(control, r);
	r = job_end(control, ended);
	if (ret_job)
		*ret_job = TAKE_PTR(ended);
	return r;
}

bool job_met_protected(const struct js *job)
{
	const char *outcome = js_get_string(job, "outcome");

	return outcome && (strcmp(outcome, "protected") == 0 || strcmp(outcome, "protected-files") == 0);
}

int job_started(struct control *control, uint32_t job, struct js **ret_job)
{
	if (!control_given(control, OPTION_NO_WAIT))
		return job_wait(control, job, ret_job);
	if (control_given(control, OPTION_JSON))
		printf("{\"job\": %u}\n", job);
	else
		printf("%u\n", job);
	return CONTROL_DONE;
}

int job_number(const struct control *control, const char *text, uint32_t *ret_job)
{
	uint64_t number;

	if (number_parse_u64(text, &number) < 0 || number > UINT32_MAX) {
		control_note(
			control, "%s is not the number of a job. The numbers are in: outingctl jobs", text);
		return CONTROL_USAGE;
	}
	*ret_job = (uint32_t)number;
	return CONTROL_DONE;
}

int verb_jobs(struct control *control)
{
	return control_list(control, "ListJobs", show_jobs);
}

int verb_sessions(struct control *control)
{
	return control_list(control, "ListSessions", show_sessions);
}

int verb_job_watch(struct control *control)
{
	uint32_t job;
	int r;

	r = job_number(control, control->operand, &job);
	if (r == CONTROL_DONE)
		r = control_reach(control);
	if (r != CONTROL_DONE)
		return r;
	r = agent_listen(control->agent);
	return r < 0 ? r : job_wait(control, job, NULL);
}

int verb_job_cancel(struct control *control)
{
	uint32_t job;
	int r;

	r = job_number(control, control->operand, &job);
	if (r == CONTROL_DONE)
		r = control_reach(control);
	if (r != CONTROL_DONE)
		return r;
	r = agent_tell(control->agent, "CancelJob", "u", job);
	if (r != AGENT_OK)
		return control_fail(control, r);
	printf("Job %u was asked to stop.\n", job);
	return CONTROL_DONE;
}
