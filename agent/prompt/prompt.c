/* SPDX-License-Identifier: GPL-3.0-or-later */

/* What is heard goes to its place. See prompt.h. */

#include "prompt/prompt-internal.h"

#include "base/log.h"
#include "job/seat.h"
#include "prompt/wall.h"

#include <signal.h>
#include <string.h>

bool prompt_here(const struct prompt *prompt)
{
	return prompt->options.here || seat_active(getuid());
}

void prompt_tell(struct prompt *prompt, struct note *note)
{
	unsigned slot = SLOT_OF_OTHER(prompt->others++ % OTHERS_MAX);

	desktop_withdraw(prompt->desktop, slot);
	desktop_show(prompt->desktop, slot, note);
}

/* --- questions
 * --------------------------------------------------------------------------------------------- */

static void on_tell(struct note *note, void *data)
{
	prompt_tell(data, note);
}

static char *const *on_environment(void *data)
{
	const struct prompt *prompt = data;

	return desktop_environment(prompt->desktop);
}

static void on_over(void *data)
{
	struct prompt *prompt = data;

	prompt->ask = ask_free(prompt->ask);
}

void prompt_ask(struct prompt *prompt, enum note_action action, const struct burst *burst)
{
	const struct ask_context context = {.loop = prompt->loop,
		.link = prompt->link,
		.program = prompt->program,
		.environment = on_environment,
		.tell = on_tell,
		.over = on_over,
		.data = prompt};
	_cleanup_note_ struct note note = NOTE_NULL;
	int r;

	/* A window that was forgotten behind another one makes room for the new one. */
	prompt->ask = ask_free(prompt->ask);
	r = action == NOTE_ENCRYPT ? ask_encrypt(&context, burst, &prompt->ask)
				   : ask_manager(&context, burst, &prompt->ask);
	if (r >= 0)
		return;
	log_errno(LOG_LEVEL_ERROR, r, "a question could not be asked");
	if (news_plain(NOTE_URGENT, "That did not work",
		    "The window could not be opened, so everything is as it was. The technician finds the "
		    "reason "
		    "in the journal.",
		    &note) == 0)
		prompt_tell(prompt, &note);
}

/* --- from the desktop
 * --------------------------------------------------------------------------------------------- */

static void on_chosen(unsigned slot, enum note_action action, void *data)
{
	struct prompt *prompt = data;

	if (slot < COPIES_MAX)
		copies_chosen(&prompt->copies[slot], action);
}

static void on_closed(unsigned slot, void *data)
{
	struct prompt *prompt = data;

	if (slot < COPIES_MAX)
		copies_closed(&prompt->copies[slot]);
}

/* Buttons are of no use on a terminal: a refusal is written with the commands instead. */
static void on_unshown(unsigned slot, const struct note *note, void *data)
{
	struct prompt *prompt = data;
	_cleanup_note_ struct note other = NOTE_NULL;

	if (note->weight == NOTE_PROGRESS)
		return;
	if (slot < COPIES_MAX && copies_text(&prompt->copies[slot], &other) == 0)
		note = &other;
	if (wall_tell(note, prompt->options.terminal) == 0)
		log_notice("a message waits for a desktop to show it");
}

static void on_server(void *data)
{
	copies_refresh(data);
}

static const struct desktop_events desktop_events = {
	.chosen = on_chosen, .closed = on_closed, .unshown = on_unshown, .changed = on_server};

/* --- from the agent
 * --------------------------------------------------------------------------------------------- */

static void on_refused(const struct js *signal, void *data)
{
	struct prompt *prompt = data;
	struct refusal refusal;

	if (refusal_read(signal, &refusal) != 0)
		return;
	if (refusal.uid == getuid() || (refusal.uid == UINT32_MAX && prompt_here(prompt)))
		copies_refused(prompt, &refusal);
}

static void on_device_refused(const struct js *signal, void *data)
{
	_cleanup_note_ struct note note = NOTE_NULL;
	struct prompt *prompt = data;

	if (prompt_here(prompt) && news_refused(signal, &note) == 0)
		prompt_tell(prompt, &note);
}

/* Once for each time that it was. */
static void tell_ejected(struct prompt *prompt, const struct js *device)
{
	const char *id = js_get_string(device, "id"), *state = js_get_string(device, "state");
	bool ejected = state && strcmp(state, "ejected") == 0;
	_cleanup_note_ struct note note = NOTE_NULL;

	if (!id || ejected == (strcmp(prompt->ejected, id) == 0))
		return;
	if (ejected)
		(void)snprintf(prompt->ejected, sizeof prompt->ejected, "%s", id);
	else
		prompt->ejected[0] = '\0';
	if (ejected && prompt_here(prompt) && news_ejected(device, &note) == 0)
		prompt_tell(prompt, &note);
}

static void on_device(const struct js *device, void *data)
{
	copies_device(data, device);
	jobs_device(data, device);
	tell_ejected(data, device);
}

static void on_job(uint32_t number, const struct js *job, void *data)
{
	jobs_changed(data, number, job);
}

static bool is_ours(const struct js *details)
{
	uint64_t uid;

	return js_get_u64(details, "uid", &uid) == 0 && uid == getuid();
}

static void on_event(const char *name, const struct js *details, void *data)
{
	_cleanup_note_ struct note note = NOTE_NULL;
	struct prompt *prompt = data;
	int r = -ENOENT;

	if (strcmp(name, "outing-overdue") == 0 && prompt_here(prompt))
		r = news_overdue(details, &note);
	else if (strcmp(name, "copy-allowed-written") == 0 && is_ours(details))
		r = news_written(details, &note);
	if (r >= 0)
		prompt_tell(prompt, &note);
}

static void on_lost(void *data)
{
	jobs_lost(data);
}

static const struct link_events link_events = {.refused = on_refused,
	.device_refused = on_device_refused,
	.device = on_device,
	.job = on_job,
	.event = on_event,
	.lost = on_lost};

/* --- beginning and end
 * --------------------------------------------------------------------------------------------- */

static struct prompt *prompt_free(struct prompt *prompt)
{
	if (!prompt)
		return NULL;
	copies_free(prompt);
	jobs_free(prompt);
	prompt->ask = ask_free(prompt->ask);
	prompt->link = link_close(prompt->link);
	prompt->desktop = desktop_close(prompt->desktop);
	prompt->terminate = watch_free(prompt->terminate);
	prompt->interrupt = watch_free(prompt->interrupt);
	prompt->loop = loop_free(prompt->loop);
	free(prompt);
	return NULL;
}
DEFINE_CLEANUP(struct prompt, prompt_free);

static int on_stop(void *data)
{
	struct prompt *prompt = data;

	loop_exit(prompt->loop, 0);
	return 0;
}

static int find_program(struct prompt *prompt)
{
	int r = dialog_find(prompt->options.dialog, &prompt->program);

	prompt->windows = r >= 0;
	if (r < 0 && prompt->options.dialog)
		return r;
	if (r < 0)
		log_info("there is no zenity, kdialog or yad: people are told the commands instead of being "
			 "asked");
	return 0;
}

static int open_all(struct prompt *prompt)
{
	int r = loop_new(&prompt->loop);

	if (r >= 0)
		r = loop_watch_signal(prompt->loop, SIGTERM, on_stop, prompt, &prompt->terminate);
	if (r >= 0)
		r = loop_watch_signal(prompt->loop, SIGINT, on_stop, prompt, &prompt->interrupt);
	if (r >= 0)
		r = find_program(prompt);
	if (r < 0)
		return r;
	r = desktop_open(prompt->loop, &desktop_events, prompt, &prompt->desktop);
	if (r != 0)
		return r;
	return link_open(prompt->loop, &link_events, prompt, &prompt->link);
}

int prompt_run(const struct prompt_options *options)
{
	_cleanup_(prompt_freep) struct prompt *prompt = calloc(1, sizeof *prompt);
	int r;

	if (!prompt)
		return -ENOMEM;
	prompt->options = *options;
	for (size_t i = 0; i < COPIES_MAX; i++)
		prompt->copies[i].prompt = prompt;
	r = open_all(prompt);
	if (r == DESKTOP_SECOND) {
		log_info("this session has a prompt already");
		return 0;
	}
	if (r < 0)
		return r;
	loop_notify("READY=1");
	return loop_run(prompt->loop);
}
