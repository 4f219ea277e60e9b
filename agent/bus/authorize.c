/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * Who asks, and may they: two questions to other programs, both asked without waiting. The bus says which
 * user a connection belongs to; the superuser may do everything; for everybody else polkit decides. No
 * answer, an answer that cannot be read and a polkit that is not there are all a no.
 */

#include "bus/pending.h"

#include "base/clock.h"
#include "base/log.h"

#define ACCESS_DENIED     "org.freedesktop.DBus.Error.AccessDenied"
#define NEEDS_INTERACTION "org.freedesktop.DBus.Error.InteractiveAuthorizationRequired"
#define LIMITS_EXCEEDED   "org.freedesktop.DBus.Error.LimitsExceeded"
#define QUICK_USEC        (25ULL * 1000 * 1000)
#define PERSON_USEC       (300ULL * 1000 * 1000) /* somebody types a password */
#define ALLOW_INTERACTION 1U

static void deny(struct bus_pending *pending, const char *name, const char *sentence)
{
	struct bus *bus = pending->bus;

	bus->calls->denied(pending->request.rule, pending->request.uid, bus->data);
	bus_refuse(pending, name, sentence);
}

static int on_verdict(sd_bus_message *reply, void *data, sd_bus_error *error)
{
	struct bus_pending *pending = data;
	int authorized = 0, challenge = 0;

	if (sd_bus_message_is_method_error(reply, NULL) ||
		sd_bus_message_enter_container(reply, 'r', "bba{ss}") < 0 ||
		sd_bus_message_read(reply, "bb", &authorized, &challenge) < 0) {
		const sd_bus_error *why = sd_bus_message_get_error(reply);

		log_warning("polkit gave no answer about %s: %s", pending->request.rule->name,
			why && why->message ? why->message : "unreadable");
		deny(pending, ACCESS_DENIED,
			"The service that decides who may do this gave no answer. Ask the technician to look "
			"at polkit.");
	} else if (authorized) {
		bus_dispatch(pending);
	} else if (challenge) {
		bus_refuse(pending, NEEDS_INTERACTION, "A password is needed for this.");
	} else {
		deny(pending, ACCESS_DENIED,
			"You are not allowed to do this. The manager of the setting can do it, or give you "
			"the right.");
	}
	return 0;
}

static int compose(struct bus_pending *pending, sd_bus_message **ret_question)
{
	uint32_t flags =
		sd_bus_message_get_allow_interactive_authorization(pending->call) > 0 ? ALLOW_INTERACTION : 0;
	sd_bus_message *m = NULL;
	int r = sd_bus_message_new_method_call(pending->bus->connection, &m, "org.freedesktop.PolicyKit1",
		"/org/freedesktop/PolicyKit1/Authority", "org.freedesktop.PolicyKit1.Authority",
		"CheckAuthorization");

	if (r >= 0)
		r = sd_bus_message_append(m, "(sa{sv})s", "system-bus-name", 1, "name", "s",
			sd_bus_message_get_sender(pending->call), pending->request.rule->action);
	if (r >= 0)
		r = sd_bus_message_append(m, "a{ss}us", 0, flags, "");
	if (r < 0) {
		(void)sd_bus_message_unref(m);
		return r;
	}
	*ret_question = m;
	return 0;
}

static void ask_polkit(struct bus_pending *pending)
{
	bool person = sd_bus_message_get_allow_interactive_authorization(pending->call) > 0;
	sd_bus_message *question = NULL;
	int r = compose(pending, &question);

	pending->slot = sd_bus_slot_unref(pending->slot);
	if (r >= 0)
		r = sd_bus_call_async(pending->bus->connection, &pending->slot, question, on_verdict, pending,
			person ? PERSON_USEC : QUICK_USEC);
	(void)sd_bus_message_unref(question);
	if (r < 0)
		deny(pending, ACCESS_DENIED, "The service that decides who may do this cannot be asked.");
}

static int on_user(sd_bus_message *reply, void *data, sd_bus_error *error)
{
	struct bus_pending *pending = data;
	uint32_t uid;

	if (sd_bus_message_is_method_error(reply, NULL) || sd_bus_message_read(reply, "u", &uid) < 0) {
		pending->request.uid = (uid_t)-1;
		deny(pending, ACCESS_DENIED, "It cannot be found out who asks.");
		return 0;
	}
	pending->request.uid = uid;
	if (uid == 0)
		bus_dispatch(pending);
	else if (!rate_take(&pending->bus->rate, uid, clock_monotonic_ns()))
		bus_refuse(pending, LIMITS_EXCEEDED, "Too many requests. Try again in a moment.");
	else
		ask_polkit(pending);
	return 0;
}

void bus_authorize(struct bus_pending *pending)
{
	sd_bus_message *question = NULL;
	int r = sd_bus_message_new_method_call(pending->bus->connection, &question, "org.freedesktop.DBus",
		"/org/freedesktop/DBus", "org.freedesktop.DBus", "GetConnectionUnixUser");

	if (r >= 0)
		r = sd_bus_message_append(question, "s", sd_bus_message_get_sender(pending->call));
	if (r >= 0)
		r = sd_bus_call_async(
			pending->bus->connection, &pending->slot, question, on_user, pending, QUICK_USEC);
	(void)sd_bus_message_unref(question);
	if (r < 0)
		bus_refuse(pending, ACCESS_DENIED, "It cannot be found out who asks.");
}
