/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Reading dates. See names-date.h. */

#include "inspect/names-date.h"

#include "inspect/names-words.h"

#include <string.h>
#include <strings.h>

#define BLANKS_MAX 16 /* bytes between two numbers of a date */

/* Sets of characters below 64, one bit each. */
#define BIT(c) (1ULL << (c))
#define BLANKS (BIT(' ') | BIT('\t'))
#define SIGNS  (BIT('-') | BIT('/') | BIT('.'))
#define COMMAS (BIT(',') | BIT('\''))

struct reader {
	const char *text;
	size_t size, at;
};

static inline char peek(const struct reader *reader)
{
	return reader->at < reader->size ? reader->text[reader->at] : 0;
}

static inline bool among(char c, uint64_t set)
{
	return (unsigned char)c < 64 && set >> (unsigned char)c & 1;
}

static inline bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static inline void skip(struct reader *reader, uint64_t set)
{
	while (among(peek(reader), set))
		reader->at++;
}

/* A number of at most 8 digits; returns how many. */
static size_t number(struct reader *reader, unsigned *ret_value)
{
	size_t n = 0;

	*ret_value = 0;
	for (char c = peek(reader); is_digit(c) && n < 9; c = peek(reader)) {
		*ret_value = *ret_value * 10 + (unsigned)(c - '0');
		reader->at++;
		n++;
	}
	return n < 9 ? n : 0;
}

static unsigned month(struct reader *reader)
{
	size_t start = reader->at;
	unsigned value;

	while ((unsigned char)((peek(reader) | 0x20) - 'a') < 26)
		reader->at++;
	value = names_words_month(reader->text + start, reader->at - start);
	if (value == 0)
		reader->at = start;
	return value;
}

/* One of the separators, with blanks around it, or blanks alone. */
static bool separator(struct reader *reader, char *ret_which)
{
	size_t start = reader->at;

	skip(reader, BLANKS);
	*ret_which = ' ';
	if (among(peek(reader), SIGNS)) {
		*ret_which = peek(reader);
		reader->at++;
		skip(reader, BLANKS);
	}
	return reader->at > start && reader->at - start <= BLANKS_MAX;
}

static bool add(struct names_date *date, unsigned year, unsigned month_number, unsigned day)
{
	char text[24];

	if (year < 100)
		year += 2000;
	if (year < 1990 || year > 2099 || month_number < 1 || month_number > 12 || day < 1 || day > 31)
		return false;
	(void)snprintf(text, sizeof text, "%04u%02u%02u", year, month_number, day);
	memcpy(date->text[date->count++], text, NAMES_DATE_TEXT);
	return true;
}

static void ordinal(struct reader *reader)
{
	static const char endings[] = "stndrdth";
	const char *at = reader->text + reader->at;

	for (size_t i = 0; reader->size - reader->at >= 2 && i < sizeof endings - 1; i += 2)
		if ((at[0] | 0x20) == endings[i] && (at[1] | 0x20) == endings[i + 1]) {
			reader->at += 2;
			return;
		}
}

static bool is_year(size_t digits)
{
	return digits == 2 || digits == 4;
}

/* 31st of December 2021, 31-Dec-21: what follows the day. */
static void day_then_word(struct reader *reader, unsigned day, struct names_date *date)
{
	unsigned month_number, year;

	ordinal(reader);
	skip(reader, BLANKS | SIGNS);
	if (reader->size - reader->at > 3 && strncasecmp(reader->text + reader->at, "of ", 3) == 0)
		reader->at += 3;
	month_number = month(reader);
	if (month_number == 0)
		return;
	skip(reader, BLANKS | SIGNS | COMMAS);
	if (is_year(number(reader, &year)))
		(void)add(date, year, month_number, day);
}

static void word_first(struct reader *reader, struct names_date *date)
{
	unsigned month_number = month(reader), day, year;
	size_t digits;

	skip(reader, BLANKS | BIT('.'));
	digits = month_number ? number(reader, &day) : 0;
	if (digits != 1 && digits != 2)
		return;
	ordinal(reader);
	skip(reader, BLANKS | COMMAS);
	if (number(reader, &year) == 4)
		(void)add(date, year, month_number, day);
}

static void three_numbers(struct reader *reader, unsigned first, size_t digits, struct names_date *date)
{
	unsigned second, third;
	char one, two;
	size_t last;

	if (!separator(reader, &one) || number(reader, &second) - 1 > 1 || !separator(reader, &two) ||
		one != two)
		return;
	last = number(reader, &third);
	if (digits == 4 && (last == 1 || last == 2)) {
		(void)add(date, first, second, third);
	} else if (digits <= 2 && is_year(last)) {
		(void)add(date, third, second, first);
		if (first != second)
			(void)add(date, third, first, second);
	}
}

static void eight_digits(unsigned value, struct names_date *date)
{
	(void)add(date, value / 10000, value / 100 % 100, value % 100);
	(void)add(date, value % 10000, value / 10000 % 100, value / 1000000);
}

size_t names_date_read(const char *text, size_t size, struct names_date *ret_date)
{
	struct reader reader = {text, size, 0};
	unsigned first;
	size_t digits;

	ret_date->count = 0;
	digits = number(&reader, &first);
	if (digits == 0) {
		word_first(&reader, ret_date);
	} else if (digits == 8) {
		eight_digits(first, ret_date);
	} else {
		size_t after = reader.at;

		if (digits == 4 || digits <= 2)
			three_numbers(&reader, first, digits, ret_date);
		if (ret_date->count == 0 && digits <= 2) {
			reader.at = after;
			day_then_word(&reader, first, ret_date);
		}
	}
	if (is_digit(peek(&reader)))
		ret_date->count = 0;
	return ret_date->count > 0 ? reader.at : 0;
}
