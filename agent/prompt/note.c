/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Notes and their buttons. See note.h. */

#include "prompt/note.h"

#include <string.h>

void note_clear(struct note *note)
{
	free(note->summary);
	free(note->body);
	*note = NOTE_NULL;
}

int note_copy(const struct note *note, struct note *ret_note)
{
	_cleanup_note_ struct note copy = *note;

	copy.summary = strdup(note->summary);
	copy.body = strdup(note->body);
	if (!copy.summary || !copy.body)
		return -ENOMEM;
	*ret_note = copy;
	copy = NOTE_NULL;
	return 0;
}

const char *note_action_word(enum note_action action)
{
	switch (action) {
	case NOTE_KEEP:
		return "keep";
	case NOTE_ENCRYPT:
		return "encrypt";
	case NOTE_MANAGER:
		return "manager";
	}
	return NULL;
}

const char *note_action_label(enum note_action action)
{
	switch (action) {
	case NOTE_KEEP:
		return "Keep them where they are";
	case NOTE_ENCRYPT:
		return "Encrypt this stick…";
	case NOTE_MANAGER:
		return "Ask the manager…";
	}
	return NULL;
}

unsigned note_action_of(const char *word)
{
	for (unsigned i = 0; i < NOTE_ACTIONS; i++)
		if (strcmp(note_action_word((enum note_action)(1U << i)), word) == 0)
			return 1U << i;
	return 0;
}

static const char *entity_of(char c)
{
	switch (c) {
	case '<':
		return "&lt;";
	case '>':
		return "&gt;";
	case '&':
		return "&amp;";
	case '"':
		return "&quot;";
	case '\'':
		return "&#39;";
	default:
		return NULL;
	}
}

char *note_escape(const char *text)
{
	size_t size = strlen(text);
	char *escaped = calloc(6, size + 1), *at = escaped;

	for (size_t i = 0; escaped && i < size; i++) {
		const char *entity = entity_of(text[i]);

		if (entity)
			at = stpcpy(at, entity);
		else
			*at++ = text[i];
	}
	return escaped;
}
