/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * Jobs as they go on. Progress is shown seldom and replaced in place; that a camera may be unplugged is said
 * only when the agent says of the device that it is at rest.
 */

#include "prompt/prompt-internal.h"

#include "base/log.h"

#include <string.h>

static void release(struct job_news *news)
{
	(void)js_free(news->done);
	*news = (struct job_news){0};
}

void jobs_free(struct prompt *prompt)
{
	for (size_t i = 0; i < JOBS_MAX; i++)
		release(&prompt->jobs[i]);
}

static void show(struct prompt *prompt, const struct job_news *news, struct note *note)
{
	if (prompt_here(prompt))
		desktop_show(prompt->desktop, SLOT_OF_JOB(news - prompt->jobs), note);
}

/* The job's place; with a new job of a device what was to be said of its older ones is overtaken. */
static struct job_news *place_for(struct prompt *prompt, uint32_t number, const char *device)
{
	struct job_news *found = &prompt->jobs[0];

	for (size_t i = 0; i < JOBS_MAX; i++) {
		struct job_news *news = &prompt->jobs[i];

		if (news->number == number)
			return news;
		if (news->done && strcmp(news->device, device) == 0)
			news->done = js_free(news->done);
		if (found->number && (!news->number || news->age < found->age))
			found = news;
	}
	release(found);
	found->number = number;
	found->progress.tenth = -2;
	found->age = ++prompt->age;
	(void)snprintf(found->device, sizeof found->device, "%s", device);
	return found;
}

static struct js *copy_of(const struct js *js)
{
	_cleanup_free_ char *text = NULL;
	struct js *copy = NULL;

	if (js_text(js, false, &text) < 0 || js_parse(text, strlen(text), &copy) < 0)
		return NULL;
	return copy;
}

/* Says that the device may be unplugged, if it may. */
static void try_done(struct prompt *prompt, struct job_news *news, const struct js *device)
{
	_cleanup_note_ struct note note = NOTE_NULL;
	int r = news_done(news->done, device, &note);

	if (r == -EAGAIN)
		return;
	news->done = js_free(news->done);
	if (r >= 0)
		show(prompt, news, &note);
}

static const struct js *find_device(const struct js *devices, const char *id)
{
	for (size_t i = 0; devices && js_is_array(devices) && i < js_length(devices); i++) {
		const char *other = js_get_string(js_at(devices, i), "id");

		if (other && strcmp(other, id) == 0)
			return js_at(devices, i);
	}
	return NULL;
}

static void on_devices(const struct link_answer *answer, void *data)
{
	struct prompt *prompt = data;

	for (size_t i = 0; i < JOBS_MAX; i++) {
		struct job_news *news = &prompt->jobs[i];

		if (news->done)
			try_done(prompt, news, answer->ok ? find_device(answer->tree, news->device) : NULL);
	}
}

static void on_done(struct prompt *prompt, struct job_news *news, const struct js *job)
{
	int r;

	desktop_withdraw(prompt->desktop, SLOT_OF_JOB(news - prompt->jobs));
	news->done = copy_of(job);
	r = news->done ? link_call(prompt->link, on_devices, prompt, "ListDevices", NULL) : -ENOMEM;
	if (r < 0)
		log_errno(LOG_LEVEL_WARNING, r, "the devices could not be asked for");
}

static void show_job(struct prompt *prompt, struct job_news *news, const struct js *job)
{
	_cleanup_note_ struct note note = NOTE_NULL;

	if (news_job(job, &note) == 0)
		show(prompt, news, &note);
}

void jobs_changed(struct prompt *prompt, uint32_t number, const struct js *job)
{
	enum news_stage stage = news_stage(job);
	const char *device = js_get_string(job, "device");
	struct job_news *news;

	if (stage == NEWS_NONE || number == 0)
		return;
	news = place_for(prompt, number, device ? device : "");
	if (news->ended)
		return;
	news->ended = stage != NEWS_RUNNING;
	if (stage == NEWS_DONE)
		on_done(prompt, news, job);
	else if (stage == NEWS_STOPPED || news_moved(job, &news->progress))
		show_job(prompt, news, job);
}

void jobs_device(struct prompt *prompt, const struct js *device)
{
	const char *id = js_get_string(device, "id");

	for (size_t i = 0; id && i < JOBS_MAX; i++) {
		struct job_news *news = &prompt->jobs[i];

		if (news->done && strcmp(news->device, id) == 0)
			try_done(prompt, news, device);
	}
}

void jobs_lost(struct prompt *prompt)
{
	_cleanup_note_ struct note note = NOTE_NULL;
	bool running = false;

	for (size_t i = 0; i < JOBS_MAX; i++) {
		struct job_news *news = &prompt->jobs[i];

		if (news->number && !news->ended) {
			desktop_withdraw(prompt->desktop, SLOT_OF_JOB(i));
			running = true;
		}
		release(news);
	}
	if (running && prompt_here(prompt) && news_lost(&note) == 0)
		prompt_tell(prompt, &note);
}
