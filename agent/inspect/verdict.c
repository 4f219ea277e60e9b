/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Names of verdicts, and how two answers become one. See verdict.h. */

#include "inspect/verdict.h"

#include "base/utf8.h"

#include <string.h>

const char *inspect_verdict_name(enum inspect_verdict verdict)
{
	switch (verdict) {
	case INSPECT_PASS:
		return "pass";
	case INSPECT_ASK:
		return "ask";
	case INSPECT_REFUSE:
		return "refuse";
	}
	return "refuse";
}

const char *inspect_cause_name(enum inspect_cause cause)
{
	switch (cause) {
	case INSPECT_CLEAN:
		return "clean";
	case INSPECT_IMAGE:
		return "image";
	case INSPECT_FILM:
		return "film";
	case INSPECT_AUDIO:
		return "audio";
	case INSPECT_NAMES:
		return "names";
	case INSPECT_UNREADABLE:
		return "unreadable";
	}
	return "unreadable";
}

void inspect_answer_worsen(struct inspect_answer *answer, enum inspect_verdict verdict,
	enum inspect_cause cause, const char *sentence)
{
	if (verdict <= answer->verdict)
		return;
	answer->verdict = verdict;
	answer->cause = cause;
	(void)snprintf(answer->sentence, sizeof answer->sentence, "%s", sentence);
}

static bool sentence_valid(const char *sentence, size_t length)
{
	for (size_t i = 0; i < length; i++)
		if ((unsigned char)sentence[i] < ' ' || sentence[i] == 0x7f)
			return false;
	return utf8_valid(sentence, length);
}

bool inspect_answer_valid(const struct inspect_answer *answer)
{
	size_t length = strnlen(answer->sentence, sizeof answer->sentence);
	bool passes = answer->verdict == INSPECT_PASS;

	if (length == sizeof answer->sentence || !sentence_valid(answer->sentence, length))
		return false;
	if ((unsigned)answer->verdict > INSPECT_REFUSE || (unsigned)answer->cause > INSPECT_UNREADABLE)
		return false;
	return passes == (answer->cause == INSPECT_CLEAN) && passes == (length == 0);
}
