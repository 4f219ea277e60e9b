/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Collecting sentences, the worst first. See finding.h. */

#include "outing/finding.h"

#include "base/utf8.h"

#include <stdarg.h>
#include <string.h>

struct finding *finding_new(void)
{
	return calloc(1, sizeof(struct finding));
}

/* snprintf() cuts; the bound is what we want here. */
_printf_(2, 0) static void put(char text[static FINDING_TEXT], const char *format, va_list arguments)
{
	if (vsnprintf(text, FINDING_TEXT, format, arguments) < 0)
		text[0] = 0;
}

static void add_detail(struct finding *finding, const char *text)
{
	if (finding->detail_count < FINDING_DETAILS_MAX)
		(void)snprintf(finding->detail[finding->detail_count++], FINDING_TEXT, "%s", text);
}

static void worsen(struct finding *finding, enum check_verdict verdict, const char *fix, const char *sentence)
{
	if (verdict < finding->verdict) {
		add_detail(finding, sentence);
	} else if (verdict == finding->verdict) {
		finding->more++;
		add_detail(finding, sentence);
	} else {
		if (finding->verdict == CHECK_UNKNOWN)
			add_detail(finding, finding->reason);
		finding->verdict = verdict;
		finding->more = 0;
		(void)snprintf(finding->reason, sizeof finding->reason, "%s", sentence);
		(void)snprintf(finding->fix, sizeof finding->fix, "%s", fix);
	}
}

void finding_pass(struct finding *finding, const char *reason, ...)
{
	va_list arguments;

	if (finding->verdict != CHECK_PASS)
		return;
	va_start(arguments, reason);
	put(finding->reason, reason, arguments);
	va_end(arguments);
}

void finding_fail(struct finding *finding, const char *fix, const char *reason, ...)
{
	char sentence[FINDING_TEXT];
	va_list arguments;

	va_start(arguments, reason);
	put(sentence, reason, arguments);
	va_end(arguments);
	worsen(finding, CHECK_FAIL, fix, sentence);
}

void finding_unknown(struct finding *finding, const char *fix, const char *reason, ...)
{
	char sentence[FINDING_TEXT];
	va_list arguments;

	va_start(arguments, reason);
	put(sentence, reason, arguments);
	va_end(arguments);
	worsen(finding, CHECK_UNKNOWN, fix, sentence);
}

void finding_detail(struct finding *finding, const char *text, ...)
{
	char sentence[FINDING_TEXT];
	va_list arguments;

	va_start(arguments, text);
	put(sentence, text, arguments);
	va_end(arguments);
	add_detail(finding, sentence);
}

void finding_join(struct finding *finding, const struct finding *other)
{
	if (other->verdict == CHECK_FAIL || other->verdict == CHECK_UNKNOWN)
		worsen(finding, other->verdict, other->fix, other->reason);
	for (size_t i = 0; i < other->detail_count; i++)
		add_detail(finding, other->detail[i]);
}

static const char *why(int error)
{
	switch (error) {
	case -EBADMSG:
		return "its content is not understood";
	case -EFBIG:
		return "it is larger than such a file can be";
	case -EINVAL:
		return "it is not an ordinary file";
	default:
		return strerror(-error);
	}
}

void finding_unreadable(struct finding *finding, const char *path, int error)
{
	char name[FINDING_NAME];

	finding_unknown(finding, "Ask the technician why this file cannot be read, and check again.",
		"%s could not be read: %s.", strlen(path) < FINDING_NAME ? finding_name(path, name) : path,
		why(error));
}

const char *finding_name(const char *name, char buffer[static FINDING_NAME])
{
	size_t used = 0;

	while (*name && used + 4 < FINDING_NAME) {
		size_t n = utf8_character(name, strnlen(name, 4));

		if (n == 0 || (n == 1 && ((unsigned char)*name < 0x20 || *name == 0x7f))) {
			buffer[used++] = '?';
			name++;
			continue;
		}
		for (; n > 0; n--)
			buffer[used++] = *name++;
	}
	buffer[used] = 0;
	return buffer;
}

static const char *verdict_word(enum check_verdict verdict)
{
	switch (verdict) {
	case CHECK_PASS:
		return "pass";
	case CHECK_UNKNOWN:
		return "unknown";
	case CHECK_FAIL:
		return "fail";
	case CHECK_OFF:
		return "off";
	}
	return "unknown";
}

struct js *finding_json(const struct finding *finding, const char *word)
{
	struct js *object = js_object(), *details = js_array();
	char reason[FINDING_TEXT + 96];

	if (finding->more > 0)
		(void)snprintf(reason, sizeof reason,
			"%s There %s %u more like this; outing-check --all names all.", finding->reason,
			finding->more == 1 ? "is" : "are", finding->more);
	else
		(void)snprintf(reason, sizeof reason, "%s", finding->reason);
	js_set_string(object, "check", word);
	js_set_string(object, "verdict", verdict_word(finding->verdict));
	js_set_string(object, "reason", reason);
	js_set_string(object, "fix", finding->fix);
	for (size_t i = 0; i < finding->detail_count; i++)
		js_append_string(details, finding->detail[i]);
	js_set(object, "details", details);
	return object;
}
