/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Cutting text in place. See ini.h. */

#include "outing/ini.h"

#include <string.h>
#include <strings.h>

#define SPACE " \t\r\f\v"

char *ini_line(char **text)
{
	return strsep(text, "\n");
}

char *ini_trim(char *text)
{
	size_t size;

	text += strspn(text, SPACE);
	size = strlen(text);
	while (size > 0 && strchr(SPACE, text[size - 1]))
		size--;
	text[size] = 0;
	return text;
}

char *ini_word(char **text)
{
	char *word;

	if (!*text)
		return NULL;
	word = *text + strspn(*text, SPACE "\n");
	if (!*word)
		return NULL;
	*text = word + strcspn(word, SPACE "\n");
	if (**text)
		*(*text)++ = 0;
	return word;
}

static char *unquote(char *value)
{
	size_t size = strlen(value);

	if (size >= 2 && (value[0] == '"' || value[0] == '\'') && value[size - 1] == value[0]) {
		value[size - 1] = 0;
		value++;
	}
	return value;
}

static char *section_name(char *line)
{
	char *end = strrchr(line, ']');

	if (end)
		*end = 0;
	return ini_trim(line + 1);
}

int ini_each(char *text, int (*visit)(const char *section, const char *key, const char *value, void *data),
	void *data)
{
	const char *section = "";
	char *line;

	while ((line = ini_line(&text))) {
		char *value;
		int r;

		line = ini_trim(line);
		if (!*line || *line == '#' || *line == ';')
			continue;
		if (*line == '[') {
			section = section_name(line);
			continue;
		}
		value = strchr(line, '=');
		if (value)
			*value++ = 0;
		r = visit(section, ini_trim(line), value ? unquote(ini_trim(value)) : NULL, data);
		if (r != 0)
			return r;
	}
	return 0;
}

static bool is_one_of(const char *value, const char *const words[4])
{
	for (size_t i = 0; value && i < 4; i++)
		if (strcasecmp(value, words[i]) == 0)
			return true;
	return false;
}

bool ini_true(const char *value)
{
	return is_one_of(value, (const char *const[]){"true", "yes", "on", "1"});
}

bool ini_false(const char *value)
{
	return is_one_of(value, (const char *const[]){"false", "no", "off", "0"});
}
