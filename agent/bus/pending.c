/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * Arguments are read into plain values here and nowhere else. D-Bus guarantees UTF-8 and forbids NUL inside a
 * string; the rest (length, control characters) is checked before anybody sees them.
 */

#include "bus/pending.h"

#include <string.h>

static bool text_is_fit(const struct bouncer_rule *rule, const char *text)
{
	size_t n = strlen(text);

	if (n > (rule->takes_json ? BUS_JSON_MAX : BUS_TEXT_MAX))
		return false;
	for (size_t i = 0; i < n; i++)
		if ((unsigned char)text[i] < 0x20 || text[i] == 0x7f)
			return false;
	return true;
}

static int read_argument(struct bus_request *request, sd_bus_message *call, char type, size_t *texts)
{
	uint32_t number = 0;
	int flag = 0, r = -EINVAL;

	if (type == 's' && *texts < BUS_TEXTS_MAX) {
		r = sd_bus_message_read_basic(call, 's', &request->text[*texts]);
		if (r > 0 && !text_is_fit(request->rule, request->text[(*texts)++]))
			return -EINVAL;
	} else if (type == 't') {
		r = sd_bus_message_read_basic(call, 't', &request->number);
	} else if (type == 'u') {
		r = sd_bus_message_read_basic(call, 'u', &number);
		request->number = number;
	} else if (type == 'h' && request->fd < 0) {
		r = sd_bus_message_read_basic(call, 'h', &request->fd);
	} else if (type == 'b') {
		r = sd_bus_message_read_basic(call, 'b', &flag);
		request->flag = flag != 0;
	}
	return r > 0 ? 0 : -EINVAL;
}

static int read_arguments(struct bus_pending *pending)
{
	const char *signature = pending->request.rule->input;
	size_t texts = 0;
	int r = 0;

	if (strcmp(sd_bus_message_get_signature(pending->call, true), signature) != 0)
		return -EINVAL;
	for (; *signature && r >= 0; signature++)
		r = read_argument(&pending->request, pending->call, *signature, &texts);
	return r;
}

static bool too_many(const struct bus *bus, const char *sender)
{
	size_t all = 0, his = 0;

	for (const struct bus_pending *p = bus->pending; p; p = p->next) {
		const char *other = sd_bus_message_get_sender(p->call);

		all++;
		his += other && strcmp(other, sender) == 0;
	}
	return all >= PENDING_MAX || his >= PENDING_A_SENDER_MAX;
}

int bus_pending_new(struct bus *bus, const struct bouncer_rule *rule, sd_bus_message *call,
	struct bus_pending **ret_pending, const char **ret_sentence)
{
	_cleanup_(bus_pending_freep) struct bus_pending *pending = NULL;
	const char *sender = sd_bus_message_get_sender(call);

	if (!sender || too_many(bus, sender)) {
		*ret_sentence = "Too many requests are waiting for an answer. Try again in a moment.";
		return BUS_BUSY;
	}
	pending = calloc(1, sizeof *pending);
	if (!pending)
		return -ENOMEM;
	pending->request.rule = rule;
	pending->request.fd = -1;
	pending->call = sd_bus_message_ref(call);
	if (read_arguments(pending) < 0) {
		*ret_sentence = "A value is too long or holds characters that cannot be printed.";
		return BUS_INVALID_ARGUMENT;
	}
	pending->bus = bus;
	pending->next = bus->pending;
	bus->pending = pending;
	*ret_pending = TAKE_PTR(pending);
	return 0;
}

struct bus_pending *bus_pending_free(struct bus_pending *pending)
{
	struct bus_pending **at;

	if (!pending)
		return NULL;
	for (at = pending->bus ? &pending->bus->pending : NULL; at && *at; at = &(*at)->next)
		if (*at == pending) {
			*at = pending->next;
			break;
		}
	(void)sd_bus_slot_unref(pending->slot);
	(void)sd_bus_message_unref(pending->call);
	free(pending);
	return NULL;
}
