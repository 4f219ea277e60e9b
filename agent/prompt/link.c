/* SPDX-License-Identifier: GPL-3.0-or-later */

/* The agent over sd-bus, without waiting. See link.h. */

#include "prompt/link.h"

#include "base/log.h"

#include <string.h>
#include <systemd/sd-bus.h>

#define AGENT_NAME "org.outingguard.Agent1"
#define AGENT_PATH "/org/outingguard/Agent1"

/* A person may be asked for a password meanwhile. */
#define CALL_USEC (300 * 1000000ULL)

struct link {
	sd_bus *bus;
	struct loop *loop;
	const struct link_events *events;
	void *data;
	struct call *calls; /* on their way */
};

struct call {
	struct link *link;
	struct call *next;
	link_answered answered; /* NULL: forgotten */
	void *data;
};

/* --- signals
 * --------------------------------------------------------------------------------------------- */

/* NULL for what is no JSON object. Owned by the caller. */
static struct js *object_of(const char *text)
{
	_cleanup_js_ struct js *js = NULL;

	if (js_parse(text, strlen(text), &js) < 0 || !js_is_object(js))
		return NULL;
	return TAKE_PTR(js);
}

static int on_signal(sd_bus_message *message, void *data, sd_bus_error *error)
{
	const char *member = sd_bus_message_get_member(message), *text = NULL, *name = NULL;
	_cleanup_js_ struct js *js = NULL;
	struct link *link = data;
	uint32_t number = 0;
	int r;

	if (strcmp(member, "JobChanged") == 0)
		r = sd_bus_message_read(message, "us", &number, &text);
	else if (strcmp(member, "Event") == 0)
		r = sd_bus_message_read(message, "ss", &name, &text);
	else
		r = sd_bus_message_read(message, "s", &text);
	js = r < 0 ? NULL : object_of(text);
	if (!js)
		return 0;
	if (strcmp(member, "JobChanged") == 0)
		link->events->job(number, js, link->data);
	else if (strcmp(member, "Event") == 0)
		link->events->event(name, js, link->data);
	else if (strcmp(member, "CopyRefused") == 0)
		link->events->refused(js, link->data);
	else if (strcmp(member, "DeviceRefused") == 0)
		link->events->device_refused(js, link->data);
	else if (strcmp(member, "DeviceChanged") == 0)
		link->events->device(js, link->data);
	return 0;
}

static int on_owner(sd_bus_message *message, void *data, sd_bus_error *error)
{
	const char *name, *old, *new;
	struct link *link = data;

	if (sd_bus_message_read(message, "sss", &name, &old, &new) >= 0 && *old)
		link->events->lost(link->data);
	return 0;
}

static int on_disconnected(sd_bus_message *message, void *data, sd_bus_error *error)
{
	struct link *link = data;

	log_warning("the system bus went away");
	loop_exit(link->loop, 1);
	return 0;
}

static int subscribe(struct link *link)
{
	int r = sd_bus_match_signal(
		link->bus, NULL, AGENT_NAME, AGENT_PATH, AGENT_NAME, NULL, on_signal, link);

	if (r >= 0)
		r = sd_bus_add_match(link->bus, NULL,
			"type='signal',sender='org.freedesktop.DBus',interface='org.freedesktop.DBus',"
			"member='NameOwnerChanged',arg0='" AGENT_NAME "'",
			on_owner, link);
	if (r >= 0)
		r = sd_bus_match_signal(link->bus, NULL, "org.freedesktop.DBus.Local", NULL,
			"org.freedesktop.DBus.Local", "Disconnected", on_disconnected, link);
	return r;
}

int link_open(struct loop *loop, const struct link_events *events, void *data, struct link **ret_link)
{
	_cleanup_(link_closep) struct link *link = calloc(1, sizeof *link);
	int r;

	if (!link)
		return -ENOMEM;
	*link = (struct link){.loop = loop, .events = events, .data = data};
	r = sd_bus_open_system(&link->bus);
	if (r >= 0)
		r = sd_bus_set_allow_interactive_authorization(link->bus, true);
	if (r >= 0)
		r = subscribe(link);
	if (r >= 0)
		r = sd_bus_attach_event(link->bus, loop_event(loop), 0);
	if (r < 0)
		return r;
	*ret_link = TAKE_PTR(link);
	return 0;
}

struct link *link_close(struct link *link)
{
	if (!link)
		return NULL;
	(void)sd_bus_flush_close_unref(link->bus);
	free(link);
	return NULL;
}

/* --- calls
 * --------------------------------------------------------------------------------------------- */

static void read_answer(sd_bus_message *reply, struct link_answer *answer, struct js **ret_tree)
{
	const char *signature = sd_bus_message_get_signature(reply, true), *text;

	answer->ok = true;
	if (signature && strcmp(signature, "u") == 0)
		(void)sd_bus_message_read(reply, "u", &answer->number);
	else if (signature && strcmp(signature, "s") == 0 && sd_bus_message_read(reply, "s", &text) >= 0 &&
		 js_parse(text, strlen(text), ret_tree) == 0)
		answer->tree = *ret_tree;
}

static int on_answer(sd_bus_message *reply, void *data, sd_bus_error *error)
{
	const sd_bus_error *failure = sd_bus_message_get_error(reply);
	struct link_answer answer = {.error = "", .sentence = ""};
	_cleanup_js_ struct js *tree = NULL;
	struct call *call = data;

	if (!call->answered)
		return 0;
	if (failure) {
		const char *dot = failure->name ? strrchr(failure->name, '.') : NULL;

		answer.error = dot ? dot + 1 : "Failed";
		answer.sentence = failure->message ? failure->message : "";
	} else {
		read_answer(reply, &answer, &tree);
	}
	call->answered(&answer, call->data);
	return 0;
}

static void free_call(void *data)
{
	struct call *call = data, **at = &call->link->calls;

	while (*at && *at != call)
		at = &(*at)->next;
	if (*at)
		*at = call->next;
	free(call);
}

void link_forget(struct link *link, const void *data)
{
	for (struct call *call = link->calls; call; call = call->next)
		if (call->data == data)
			call->answered = NULL;
}

/* The bus keeps the call until its answer has come. */
static int send(struct link *link, sd_bus_message *message, struct call *call)
{
	_cleanup_(sd_bus_slot_unrefp) sd_bus_slot *slot = NULL;
	int r = sd_bus_call_async(link->bus, &slot, message, on_answer, call, CALL_USEC);

	if (r < 0)
		return r;
	(void)sd_bus_slot_set_destroy_callback(slot, free_call);
	(void)sd_bus_slot_set_floating(slot, true);
	return 0;
}

int link_call(
	struct link *link, link_answered answered, void *data, const char *method, const char *types, ...)
{
	_cleanup_(sd_bus_message_unrefp) sd_bus_message *message = NULL;
	_cleanup_free_ struct call *call = calloc(1, sizeof *call);
	va_list arguments;
	int r;

	if (!call)
		return -ENOMEM;
	*call = (struct call){.link = link, .answered = answered, .data = data};
	r = sd_bus_message_new_method_call(link->bus, &message, AGENT_NAME, AGENT_PATH, AGENT_NAME, method);
	if (r >= 0)
		r = sd_bus_message_set_auto_start(message, false);
	if (r >= 0 && types) {
		va_start(arguments, types);
		r = sd_bus_message_appendv(message, types, arguments);
		va_end(arguments);
	}
	if (r >= 0)
		r = send(link, message, call);
	if (r < 0)
		return r;
	call->next = link->calls;
	link->calls = TAKE_PTR(call);
	return 0;
}
