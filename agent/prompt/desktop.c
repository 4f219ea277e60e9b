/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Notifications over sd-bus. See desktop.h. */

#include "prompt/desktop.h"

#include "base/log.h"

#include <string.h>
#include <systemd/sd-bus.h>

#define SERVER_NAME "org.freedesktop.Notifications"
#define SERVER_PATH "/org/freedesktop/Notifications"
#define OWN_NAME    "org.outingguard.Prompt1"
#define CALL_USEC   (10 * 1000000ULL)

#define EXPIRED_BY_US 3 /* reason of NotificationClosed: we have withdrawn it */

enum server {
	SERVER_UNKNOWN = 0,
	SERVER_ASKED, /* for its capabilities */
	SERVER_KNOWN,
};

struct slot {
	struct desktop *desktop;
	struct note note; /* what is, or is to be, on the screen; none: no summary */
	bool dirty;       /* not sent yet */
	bool told;        /* that nobody has shown it */
	uint32_t id;      /* of the server; 0: none */
	sd_bus_slot *call;
};

struct desktop {
	sd_bus *bus;
	struct loop *loop;
	const struct desktop_events *events;
	void *data;
	enum server server;
	bool started; /* the call on its way may start a server */
	bool buttons, markup, body;
	sd_bus_slot *asking, *asking_environment;
	char **environment;
	struct slot slots[DESKTOP_SLOTS];
};

static void send_slot(struct slot *slot);

static bool occupied(const struct slot *slot)
{
	return slot->note.summary != NULL;
}

static void send_all(struct desktop *desktop)
{
	for (size_t i = 0; i < DESKTOP_SLOTS; i++)
		send_slot(&desktop->slots[i]);
}

static void tell_unshown(struct slot *slot)
{
	if (!occupied(slot) || !slot->dirty || slot->told)
		return;
	slot->told = true;
	slot->desktop->events->unshown(
		(unsigned)(slot - slot->desktop->slots), &slot->note, slot->desktop->data);
}

/* --- what the server can do
 * --------------------------------------------------------------------------------------------- */

static void ask_server(struct desktop *desktop, bool start);

static void read_capabilities(struct desktop *desktop, sd_bus_message *reply)
{
	const char *word;

	desktop->buttons = desktop->markup = desktop->body = false;
	if (sd_bus_message_enter_container(reply, 'a', "s") < 0)
		return;
	while (sd_bus_message_read(reply, "s", &word) > 0) {
		desktop->buttons |= strcmp(word, "actions") == 0;
		desktop->markup |= strcmp(word, "body-markup") == 0;
		desktop->body |= strcmp(word, "body") == 0;
	}
}

static bool waiting(const struct desktop *desktop)
{
	for (size_t i = 0; i < DESKTOP_SLOTS; i++)
		if (occupied(&desktop->slots[i]) && desktop->slots[i].dirty && !desktop->slots[i].told)
			return true;
	return false;
}

static int on_capabilities(sd_bus_message *reply, void *data, sd_bus_error *error)
{
	struct desktop *desktop = data;

	desktop->asking = sd_bus_slot_unref(desktop->asking);
	if (sd_bus_message_is_method_error(reply, NULL)) {
		desktop->server = SERVER_UNKNOWN;
		if (!desktop->started && waiting(desktop)) {
			ask_server(desktop, true);
			return 0;
		}
		for (size_t i = 0; i < DESKTOP_SLOTS; i++)
			tell_unshown(&desktop->slots[i]);
		return 0;
	}
	read_capabilities(desktop, reply);
	desktop->server = SERVER_KNOWN;
	desktop->events->changed(desktop->data);
	send_all(desktop);
	return 0;
}

static void ask_server(struct desktop *desktop, bool start)
{
	_cleanup_(sd_bus_message_unrefp) sd_bus_message *call = NULL;
	int r = sd_bus_message_new_method_call(
		desktop->bus, &call, SERVER_NAME, SERVER_PATH, SERVER_NAME, "GetCapabilities");

	if (r >= 0)
		r = sd_bus_message_set_auto_start(call, start);
	desktop->asking = sd_bus_slot_unref(desktop->asking);
	if (r >= 0)
		r = sd_bus_call_async(
			desktop->bus, &desktop->asking, call, on_capabilities, desktop, CALL_USEC);
	desktop->started = start;
	desktop->server = r < 0 ? SERVER_UNKNOWN : SERVER_ASKED;
}

/* --- notes
 * --------------------------------------------------------------------------------------------- */

static int append_hints(sd_bus_message *call, const struct note *note)
{
	const uint8_t urgency = note->weight == NOTE_URGENT ? 2 : 1;
	int r = sd_bus_message_open_container(call, 'a', "{sv}");

	if (r >= 0)
		r = sd_bus_message_append(call, "{sv}{sv}{sv}", "urgency", "y", urgency, "category", "s",
			"device", "desktop-entry", "s", "outing-prompt");
	if (r >= 0 && note->weight == NOTE_PROGRESS)
		r = sd_bus_message_append(call, "{sv}", "transient", "b", 1);
	if (r >= 0 && note->percent >= 0)
		r = sd_bus_message_append(call, "{sv}", "value", "i", note->percent);
	return r < 0 ? r : sd_bus_message_close_container(call);
}

static int append_actions(sd_bus_message *call, const struct desktop *desktop, const struct note *note)
{
	int r = sd_bus_message_open_container(call, 'a', "s");

	for (unsigned i = 0; i < NOTE_ACTIONS && r >= 0; i++) {
		enum note_action action = (enum note_action)(1U << i);

		if (desktop->buttons && note->actions & action)
			r = sd_bus_message_append(
				call, "ss", note_action_word(action), note_action_label(action));
	}
	return r < 0 ? r : sd_bus_message_close_container(call);
}

/* A server without a place for the body is given everything in the line. Owned by the caller. */
static int texts_of(
	const struct desktop *desktop, const struct note *note, char **ret_summary, char **ret_body)
{
	_cleanup_free_ char *summary = NULL, *body = NULL;

	if (desktop->body)
		summary = strdup(note->summary);
	else if (asprintf(&summary, "%s. %s", note->summary, note->body) < 0)
		summary = NULL;
	body = desktop->markup ? note_escape(note->body) : strdup(note->body);
	if (!summary || !body)
		return -ENOMEM;
	*ret_summary = TAKE_PTR(summary);
	*ret_body = TAKE_PTR(body);
	return 0;
}

static int build(struct slot *slot, sd_bus_message **ret_call)
{
	const char *icon = slot->note.weight == NOTE_URGENT ? "dialog-warning" : "drive-removable-media";
	_cleanup_(sd_bus_message_unrefp) sd_bus_message *call = NULL;
	_cleanup_free_ char *summary = NULL, *body = NULL;
	struct desktop *desktop = slot->desktop;
	int r = texts_of(desktop, &slot->note, &summary, &body);

	if (r >= 0)
		r = sd_bus_message_new_method_call(
			desktop->bus, &call, SERVER_NAME, SERVER_PATH, SERVER_NAME, "Notify");
	if (r >= 0)
		r = sd_bus_message_append(call, "susss", "outing-guard", slot->id, icon, summary, body);
	if (r >= 0)
		r = append_actions(call, desktop, &slot->note);
	if (r >= 0)
		r = append_hints(call, &slot->note);
	if (r >= 0)
		r = sd_bus_message_append(call, "i", slot->note.weight == NOTE_URGENT ? 0 : -1);
	if (r >= 0)
		*ret_call = TAKE_PTR(call);
	return r;
}

static void withdraw_id(struct desktop *desktop, uint32_t id)
{
	if (id != 0 && desktop->bus)
		(void)sd_bus_call_method_async(desktop->bus, NULL, SERVER_NAME, SERVER_PATH, SERVER_NAME,
			"CloseNotification", NULL, NULL, "u", id);
}

static int on_notified(sd_bus_message *reply, void *data, sd_bus_error *error)
{
	struct slot *slot = data;
	uint32_t id = 0;

	slot->call = sd_bus_slot_unref(slot->call);
	if (!sd_bus_message_is_method_error(reply, NULL) && sd_bus_message_read(reply, "u", &id) >= 0) {
		slot->id = id;
		if (!occupied(slot)) {
			withdraw_id(slot->desktop, id);
			slot->id = 0;
		}
		send_all(slot->desktop); /* others may have failed before */
		return 0;
	}
	slot->dirty = occupied(slot);
	slot->id = 0;
	tell_unshown(slot);
	return 0;
}

static void send_slot(struct slot *slot)
{
	_cleanup_(sd_bus_message_unrefp) sd_bus_message *call = NULL;
	struct desktop *desktop = slot->desktop;
	int r;

	if (!occupied(slot) || !slot->dirty || slot->call || desktop->server != SERVER_KNOWN)
		return;
	r = build(slot, &call);
	if (r >= 0)
		r = sd_bus_call_async(desktop->bus, &slot->call, call, on_notified, slot, CALL_USEC);
	if (r < 0) {
		log_errno(LOG_LEVEL_WARNING, r, "a notification could not be sent");
		tell_unshown(slot);
		return;
	}
	slot->dirty = false;
}

void desktop_show(struct desktop *desktop, unsigned number, struct note *note)
{
	struct slot *slot = &desktop->slots[number];

	note_clear(&slot->note);
	slot->note = *note;
	*note = NOTE_NULL;
	slot->dirty = true;
	slot->told = false;
	if (!desktop->bus) {
		tell_unshown(slot);
		note_clear(&slot->note);
	} else if (desktop->server == SERVER_KNOWN) {
		send_slot(slot);
	} else if (desktop->server == SERVER_UNKNOWN) {
		ask_server(desktop, true);
	}
}

void desktop_withdraw(struct desktop *desktop, unsigned number)
{
	struct slot *slot = &desktop->slots[number];

	withdraw_id(desktop, slot->id);
	slot->id = 0;
	slot->dirty = false;
	note_clear(&slot->note);
}

bool desktop_buttons(const struct desktop *desktop)
{
	return desktop->server != SERVER_KNOWN || desktop->buttons;
}

/* --- what the server says
 * --------------------------------------------------------------------------------------------- */

static struct slot *slot_of(struct desktop *desktop, uint32_t id)
{
	for (size_t i = 0; id != 0 && i < DESKTOP_SLOTS; i++)
		if (desktop->slots[i].id == id)
			return &desktop->slots[i];
	return NULL;
}

static int on_action(sd_bus_message *message, void *data, sd_bus_error *error)
{
	struct desktop *desktop = data;
	const char *word;
	struct slot *slot;
	unsigned action;
	uint32_t id;

	if (sd_bus_message_read(message, "us", &id, &word) < 0)
		return 0;
	slot = slot_of(desktop, id);
	action = slot ? slot->note.actions & note_action_of(word) : 0;
	if (action != 0)
		desktop->events->chosen(
			(unsigned)(slot - desktop->slots), (enum note_action)action, desktop->data);
	return 0;
}

static int on_closed(sd_bus_message *message, void *data, sd_bus_error *error)
{
	struct desktop *desktop = data;
	uint32_t id, reason;
	struct slot *slot;

	if (sd_bus_message_read(message, "uu", &id, &reason) < 0)
		return 0;
	slot = slot_of(desktop, id);
	if (!slot || reason == EXPIRED_BY_US)
		return 0;
	slot->id = 0;
	if (!slot->dirty && !slot->call) {
		note_clear(&slot->note);
		desktop->events->closed((unsigned)(slot - desktop->slots), desktop->data);
	}
	return 0;
}

/* What was on the old server's screen is gone; what staff have to see comes again on the new one's. */
static void forget_server(struct desktop *desktop)
{
	desktop->server = SERVER_UNKNOWN;
	for (size_t i = 0; i < DESKTOP_SLOTS; i++) {
		struct slot *slot = &desktop->slots[i];

		slot->call = sd_bus_slot_unref(slot->call);
		slot->id = 0;
		slot->dirty |= occupied(slot) && slot->note.weight == NOTE_URGENT;
	}
}

static int on_manager(sd_bus_message *reply, void *data, sd_bus_error *error)
{
	struct desktop *desktop = data;
	char **list = NULL;

	desktop->asking_environment = sd_bus_slot_unref(desktop->asking_environment);
	if (sd_bus_message_is_method_error(reply, NULL) ||
		sd_bus_message_enter_container(reply, 'v', "as") < 0 ||
		sd_bus_message_read_strv(reply, &list) < 0)
		return 0;
	for (char **entry = desktop->environment; entry && *entry; entry++)
		free(*entry);
	free(desktop->environment);
	desktop->environment = list;
	return 0;
}

/* A prompt that was started before the desktop does not know where its screen is; the manager does by now. */
static void ask_environment(struct desktop *desktop)
{
	_cleanup_(sd_bus_message_unrefp) sd_bus_message *call = NULL;
	int r = sd_bus_message_new_method_call(desktop->bus, &call, "org.freedesktop.systemd1",
		"/org/freedesktop/systemd1", "org.freedesktop.DBus.Properties", "Get");

	if (r >= 0)
		r = sd_bus_message_append(call, "ss", "org.freedesktop.systemd1.Manager", "Environment");
	if (r >= 0)
		r = sd_bus_message_set_auto_start(call, false);
	desktop->asking_environment = sd_bus_slot_unref(desktop->asking_environment);
	if (r >= 0)
		(void)sd_bus_call_async(
			desktop->bus, &desktop->asking_environment, call, on_manager, desktop, CALL_USEC);
}

static int on_owner(sd_bus_message *message, void *data, sd_bus_error *error)
{
	const char *name, *old, *new;
	struct desktop *desktop = data;

	if (sd_bus_message_read(message, "sss", &name, &old, &new) < 0)
		return 0;
	if (*old)
		forget_server(desktop);
	if (*new) {
		ask_server(desktop, false);
		ask_environment(desktop);
	} else if (waiting(desktop)) {
		ask_server(desktop, true);
	}
	return 0;
}

static int on_disconnected(sd_bus_message *message, void *data, sd_bus_error *error)
{
	struct desktop *desktop = data;

	log_info("the session has ended");
	loop_exit(desktop->loop, 0);
	return 0;
}

char *const *desktop_environment(const struct desktop *desktop)
{
	return desktop->environment;
}

/* --- beginning and end
 * --------------------------------------------------------------------------------------------- */

static int subscribe(struct desktop *desktop)
{
	sd_bus *bus = desktop->bus;
	int r = sd_bus_match_signal(
		bus, NULL, SERVER_NAME, SERVER_PATH, SERVER_NAME, "ActionInvoked", on_action, desktop);

	if (r >= 0)
		r = sd_bus_match_signal(bus, NULL, SERVER_NAME, SERVER_PATH, SERVER_NAME,
			"NotificationClosed", on_closed, desktop);
	if (r >= 0)
		r = sd_bus_add_match(bus, NULL,
			"type='signal',sender='org.freedesktop.DBus',interface='org.freedesktop.DBus',"
			"member='NameOwnerChanged',arg0='" SERVER_NAME "'",
			on_owner, desktop);
	if (r >= 0)
		r = sd_bus_match_signal(bus, NULL, "org.freedesktop.DBus.Local", NULL,
			"org.freedesktop.DBus.Local", "Disconnected", on_disconnected, desktop);
	return r;
}

static int join(struct desktop *desktop)
{
	int r = sd_bus_request_name(desktop->bus, OWN_NAME, 0);

	if (r == -EEXIST || r == -EALREADY)
		return DESKTOP_SECOND;
	if (r >= 0)
		r = subscribe(desktop);
	if (r >= 0)
		r = sd_bus_attach_event(desktop->bus, loop_event(desktop->loop), 0);
	if (r < 0)
		return r;
	ask_server(desktop, false);
	ask_environment(desktop);
	return 0;
}

int desktop_open(
	struct loop *loop, const struct desktop_events *events, void *data, struct desktop **ret_desktop)
{
	_cleanup_(desktop_closep) struct desktop *desktop = calloc(1, sizeof *desktop);
	int r;

	if (!desktop)
		return -ENOMEM;
	*desktop = (struct desktop){.loop = loop, .events = events, .data = data, .buttons = true};
	for (size_t i = 0; i < DESKTOP_SLOTS; i++)
		desktop->slots[i] = (struct slot){.desktop = desktop, .note = NOTE_NULL};
	r = sd_bus_open_user(&desktop->bus);
	if (r < 0)
		log_errno(LOG_LEVEL_INFO, r, "the session has no bus, so messages go to terminals only");
	else
		r = join(desktop);
	if (desktop->bus && r != 0)
		return r;
	*ret_desktop = TAKE_PTR(desktop);
	return 0;
}

struct desktop *desktop_close(struct desktop *desktop)
{
	if (!desktop)
		return NULL;
	for (size_t i = 0; i < DESKTOP_SLOTS; i++) {
		struct slot *slot = &desktop->slots[i];

		(void)sd_bus_slot_unref(slot->call);
		if (slot->note.weight == NOTE_PROGRESS)
			withdraw_id(desktop, slot->id);
		note_clear(&slot->note);
	}
	(void)sd_bus_slot_unref(desktop->asking);
	(void)sd_bus_slot_unref(desktop->asking_environment);
	for (char **entry = desktop->environment; entry && *entry; entry++)
		free(*entry);
	free(desktop->environment);
	(void)sd_bus_flush_close_unref(desktop->bus);
	free(desktop);
	return NULL;
}
