/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * The wrapper around sd_journal_sendv(). Field names are made from our own keys (letters, digits, '_');
 * values are text that is already in the audit log, so nothing new is told here.
 */

#define SD_JOURNAL_SUPPRESS_LOCATION

#include "audit/journal-mirror.h"

#include "audit/chain.h"

#include <ctype.h>
#include <string.h>
#include <sys/uio.h>
#include <systemd/sd-journal.h>

#define FIELDS_MAX 24
#define VALUE_MAX  512

struct message {
	size_t count;
	struct iovec fields[FIELDS_MAX];
};

static void message_clear(struct message *message)
{
	for (size_t i = 0; i < message->count; i++)
		free(message->fields[i].iov_base);
	message->count = 0;
}

static _printf_(2, 3) void add(struct message *message, const char *format, ...)
{
	va_list arguments;
	char *text = NULL;
	int n;

	if (message->count >= FIELDS_MAX)
		return;
	va_start(arguments, format);
	n = vasprintf(&text, format, arguments);
	va_end(arguments);
	if (n >= 0)
		message->fields[message->count++] = (struct iovec){.iov_base = text, .iov_len = (size_t)n};
}

static bool field_name(const char *key, char *ret_name, size_t size)
{
	size_t n = strlen(key);

	if (n == 0 || n >= size)
		return false;
	for (size_t i = 0; i < n; i++)
		ret_name[i] = isalnum((unsigned char)key[i]) ? (char)toupper((unsigned char)key[i]) : '_';
	ret_name[n] = 0;
	return true;
}

static int add_field(const char *key, const struct js *value, void *data)
{
	_cleanup_free_ char *text = NULL;
	const char *string = js_string(value);
	char name[32];

	if (!field_name(key, name, sizeof name) || js_is_object(value) || js_is_array(value))
		return 0;
	if (!string && js_text(value, false, &text) >= 0)
		string = text;
	if (string && strlen(string) < VALUE_MAX)
		add(data, "OUTING_%s=%s", name, string);
	return 0;
}

void journal_mirror_send(const struct audit_event_info *event, const char *line, size_t size)
{
	_cleanup_(message_clear) struct message message = {0};
	_cleanup_js_ struct js *entry = NULL;
	const struct js *fields;
	const char *subject;

	if (js_parse(line, size, &entry) < 0)
		return;
	fields = js_get(entry, "fields");
	subject = js_get_string(fields, "name");
	if (!subject)
		subject = js_get_string(fields, "device");
	add(&message, "MESSAGE=%s%s%s", subject ? subject : "", subject ? ": " : "", event->summary);
	add(&message, "OUTING_SUBJECT=%s", subject ? subject : "a device");
	add(&message, "MESSAGE_ID=%s", event->message_id);
	add(&message, "PRIORITY=%d", event->priority);
	add(&message, "SYSLOG_IDENTIFIER=outing-guard");
	add(&message, "OUTING_EVENT=%s", event->name);
	add(&message, "OUTING_AUDIT=%.*s", (int)size, line);
	(void)js_each(fields, add_field, &message);
	(void)sd_journal_sendv(message.fields, (int)message.count);
}
