/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * One prompt a burst and a stick. The first refusal waits a moment for the others, so that a folder is one
 * message; then the message grows at most once a second until nothing has come for a while.
 */

#include "prompt/prompt-internal.h"

#include "base/log.h"
#include "prompt/refusal-text.h"

#include <string.h>

#define GATHER_MS 300
#define TICK_MS   1000
#if defined(OUTING_FAULTS) || defined(OUTING_SANITIZED)
#define QUIET_TICKS 3 /* nobody reads it */
#else
#define QUIET_TICKS 15
#endif

static int on_tick(void *data);

static void release(struct copies *copies)
{
	copies->tick = watch_free(copies->tick);
	copies->burst = burst_free(copies->burst);
	copies->quiet = 0;
	copies->dirty = copies->dismissed = copies->absent = false;
}

void copies_free(struct prompt *prompt)
{
	for (size_t i = 0; i < COPIES_MAX; i++)
		release(&prompt->copies[i]);
}

static unsigned slot_of(const struct copies *copies)
{
	return SLOT_OF_COPIES(copies - copies->prompt->copies);
}

/* Of that stick, else a free place, else the oldest one. */
static struct copies *place_for(struct prompt *prompt, const char *device)
{
	struct copies *found = &prompt->copies[0];

	for (size_t i = 0; i < COPIES_MAX; i++) {
		struct copies *copies = &prompt->copies[i];

		if (copies->burst && strcmp(copies->burst->device, device) == 0)
			return copies;
		if (found->burst && (!copies->burst || copies->age < found->age))
			found = copies;
	}
	return found;
}

static int begin(struct copies *copies, const struct refusal *refusal)
{
	int r;

	desktop_withdraw(copies->prompt->desktop, slot_of(copies));
	release(copies);
	r = burst_new(refusal, &copies->burst);
	if (r >= 0)
		r = loop_timer(copies->prompt->loop, GATHER_MS, on_tick, copies, &copies->tick);
	if (r < 0)
		release(copies);
	copies->age = ++copies->prompt->age;
	return r;
}

void copies_refused(struct prompt *prompt, const struct refusal *refusal)
{
	struct copies *copies = place_for(prompt, refusal->device);
	bool same = copies->burst && copies->tick && strcmp(copies->burst->device, refusal->device) == 0;
	int r = same ? 0 : begin(copies, refusal);

	if (r < 0) {
		log_errno(LOG_LEVEL_ERROR, r, "a refusal could not be shown");
		return;
	}
	(void)burst_add(copies->burst, refusal);
	copies->dirty = true;
	copies->absent = false;
	copies->quiet = 0;
}

static int text_with(const struct copies *copies, bool buttons, struct note *ret_note)
{
	const struct refusal_means means = {
		.buttons = buttons, .windows = copies->prompt->windows, .present = !copies->absent};

	return refusal_text(copies->burst, &means, ret_note);
}

int copies_text(const struct copies *copies, struct note *ret_note)
{
	return copies->burst ? text_with(copies, false, ret_note) : -ENOENT;
}

static void show(struct copies *copies)
{
	struct desktop *desktop = copies->prompt->desktop;
	_cleanup_note_ struct note note = NOTE_NULL;
	int r = text_with(copies, desktop_buttons(desktop), &note);

	copies->dirty = false;
	if (r < 0)
		log_errno(LOG_LEVEL_ERROR, r, "a refusal could not be shown");
	else
		desktop_show(desktop, slot_of(copies), &note);
}

/* The burst is over. What the person has not seen, or has closed before there was more, is shown at last. */
static void settle(struct copies *copies)
{
	copies->tick = watch_free(copies->tick);
	if (copies->dismissed && copies->dirty) {
		copies->dismissed = false;
		show(copies);
	} else if (copies->dismissed) {
		release(copies);
	}
}

static int on_tick(void *data)
{
	struct copies *copies = data;

	if (copies->dirty && !copies->dismissed)
		show(copies);
	if (++copies->quiet <= QUIET_TICKS)
		return watch_again(copies->tick, TICK_MS);
	settle(copies);
	return 0;
}

void copies_refresh(struct prompt *prompt)
{
	for (size_t i = 0; i < COPIES_MAX; i++) {
		struct copies *copies = &prompt->copies[i];

		if (copies->burst && !copies->dirty && !copies->dismissed)
			show(copies);
	}
}

void copies_device(struct prompt *prompt, const struct js *device)
{
	const char *id = js_get_string(device, "id");
	bool present = true;

	(void)js_get_bool(device, "present", &present);
	for (size_t i = 0; id && i < COPIES_MAX; i++) {
		struct copies *copies = &prompt->copies[i];

		if (!copies->burst || strcmp(copies->burst->device, id) != 0 || copies->absent == !present)
			continue;
		copies->absent = !present;
		if (!copies->dirty && !copies->dismissed)
			show(copies);
	}
}

/* The message has done its work, unless there is more by now than the person has seen. */
void copies_chosen(struct copies *copies, enum note_action action)
{
	if (!copies->burst)
		return;
	desktop_withdraw(copies->prompt->desktop, slot_of(copies));
	if (action != NOTE_KEEP)
		prompt_ask(copies->prompt, action, copies->burst);
	if (copies->dirty)
		show(copies);
	else
		release(copies);
}

void copies_closed(struct copies *copies)
{
	if (!copies->burst)
		return;
	copies->dismissed = true;
	if (!copies->tick)
		release(copies);
}
