/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Tags of a worksheet, one after the other. See sheet.h. */

#include "inspect/sheet.h"

#include "inspect/markup.h"

#define DATE_FIRST 36526 /* 1 January 2000 as spreadsheets count days */
#define DATE_LAST  54789 /* 1 January 2050 */

struct tags {
	const char *at, *end;
	const char *name, *attributes; /* of the last tag, local name */
	size_t name_length, attributes_length;
	const char *text; /* before it */
	size_t text_length;
	bool closing, empty;
};

static bool next_tag(struct tags *t)
{
	const char *open = t->at < t->end ? memchr(t->at, '<', (size_t)(t->end - t->at)) : NULL, *close,
		   *colon;

	if (!open)
		return false;
	close = memchr(open, '>', (size_t)(t->end - open));
	if (!close)
		return false;
	t->text = t->at;
	t->text_length = (size_t)(open - t->at);
	t->at = close + 1;
	t->closing = open[1] == '/';
	t->empty = close[-1] == '/';
	t->name = open + 1 + t->closing;
	t->name_length = 0;
	while (t->name + t->name_length < close && !memchr(" \t\r\n/", t->name[t->name_length], 5))
		t->name_length++;
	t->attributes = t->name + t->name_length;
	t->attributes_length = (size_t)(close - t->attributes);
	colon = memchr(t->name, ':', t->name_length);
	if (colon) {
		t->name_length -= (size_t)(colon + 1 - t->name);
		t->name = colon + 1;
	}
	return true;
}

static bool is(const struct tags *t, const char *name)
{
	return strlen(name) == t->name_length && memcmp(name, t->name, t->name_length) == 0;
}

static void end_string(struct sheet_strings *s)
{
	buffer_add(&s->starts, &s->text.size, sizeof s->text.size);
	s->count++;
}

void sheet_strings_read(const char *xml, size_t size, struct sheet_strings *ret)
{
	struct tags t = {.at = xml, .end = xml + size};
	size_t zero = 0;

	*ret = (struct sheet_strings){.text.max = 4 * size + 4096, .starts.max = 4 * size + 4096};
	buffer_add(&ret->starts, &zero, sizeof zero);
	while (next_tag(&t)) {
		if (is(&t, "t") && t.closing)
			markup_strip(t.text, t.text_length, MARKUP_JOINED, &ret->text);
		if (is(&t, "si") && (t.closing || t.empty))
			end_string(ret);
	}
}

void sheet_strings_clear(struct sheet_strings *strings)
{
	buffer_clear(&strings->text);
	buffer_clear(&strings->starts);
}

static bool number(const char *text, size_t size, size_t *ret)
{
	*ret = 0;
	if (size == 0 || size > 9)
		return false;
	for (size_t i = 0; i < size; i++) {
		if (text[i] < '0' || text[i] > '9')
			return false;
		*ret = *ret * 10 + (size_t)(text[i] - '0');
	}
	return true;
}

static void add_string(const struct sheet_strings *strings, size_t index, struct buffer *out)
{
	size_t bounds[2];

	if (strings->starts.error || index >= strings->count)
		return;
	memcpy(bounds, strings->starts.bytes + index * sizeof(size_t), sizeof bounds);
	if (bounds[1] <= strings->text.size && bounds[0] < bounds[1])
		buffer_add(out, strings->text.bytes + bounds[0], bounds[1] - bounds[0]);
}

static bool leap(unsigned year)
{
	return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

static size_t month_days(unsigned month, unsigned year)
{
	static const uint8_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

	return (size_t)days[month] + (month == 1 && leap(year) ? 1 : 0);
}

/* Days from 1 January 2000 on, for this century. */
static int date_text(size_t days, char *text, size_t size)
{
	unsigned year = 2000, month = 0;

	for (; days >= 365U + leap(year); year++)
		days -= 365U + leap(year);
	for (; days >= month_days(month, year); month++)
		days -= month_days(month, year);
	return snprintf(text, size, "\t%02zu/%02u/%04u", days + 1, month + 1, year);
}

static void add_number(const char *text, size_t size, struct buffer *out)
{
	char date[32] = "";
	size_t days;

	buffer_add(out, text, size);
	if (number(text, size, &days) && days >= DATE_FIRST && days <= DATE_LAST)
		buffer_add(out, date, (size_t)date_text(days - DATE_FIRST, date, sizeof date));
}

static bool has_attribute(const struct tags *t, const char *wanted)
{
	return memmem(t->attributes, t->attributes_length, wanted, strlen(wanted)) != NULL;
}

void sheet_rows(const char *xml, size_t size, const struct sheet_strings *strings, struct buffer *out)
{
	struct tags t = {.at = xml, .end = xml + size};
	bool shared = false;
	size_t index;

	while (next_tag(&t) && !out->error) {
		if (is(&t, "row")) {
			buffer_divide(out, '\n');
		} else if (is(&t, "c")) {
			shared = !t.closing && (has_attribute(&t, "t=\"s\"") || has_attribute(&t, "t='s'"));
			if (t.closing || t.empty)
				buffer_divide(out, '\t');
		} else if (is(&t, "v") && t.closing) {
			if (shared && number(t.text, t.text_length, &index))
				add_string(strings, index, out);
			else
				add_number(t.text, t.text_length, out);
		} else if (is(&t, "t") && t.closing) {
			markup_strip(t.text, t.text_length, MARKUP_JOINED, out);
		}
	}
	buffer_divide(out, '\n');
}
