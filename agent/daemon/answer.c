/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Filling answers. See answer.h. */

#include "daemon/answer.h"

#include "base/log.h"
#include "base/utf8.h"

#include <stdarg.h>
#include <string.h>

/* A sentence that was cut in the middle of a character could not be sent. */
static void end_well(char *text)
{
	size_t length = strlen(text);

	while (length > 0 && !utf8_valid(text, length))
		text[--length] = 0;
}

void answer_error(struct bus_answer *answer, enum bus_error error, const char *format, ...)
{
	va_list args;

	answer->error = error;
	va_start(args, format);
	(void)vsnprintf(answer->sentence, sizeof answer->sentence, format, args);
	va_end(args);
	end_well(answer->sentence);
}

void answer_json(struct bus_answer *answer, struct js *json)
{
	_cleanup_js_ struct js *owned = json;
	int r = owned ? js_text(owned, false, &answer->text) : -ENOMEM;

	if (r < 0)
		answer_errno(answer, r, "The answer could not be put together");
}

void answer_errno(struct bus_answer *answer, int error, const char *what)
{
	log_errno(LOG_LEVEL_ERROR, error, "%s", what);
	answer_error(answer, BUS_FAILED, "%s (%s). Ask the technician to look at the journal of outingd.",
		what, strerror(error < 0 ? -error : error));
}
