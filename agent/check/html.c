/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Text in an HTML page. See html.h. Pure but for the stream it writes to. */

#include "check/html.h"

#include "control/text.h"

#include <string.h>

static const char *escape(char c)
{
	switch (c) {
	case '&':
		return "&amp;";
	case '<':
		return "&lt;";
	case '>':
		return "&gt;";
	case '"':
		return "&quot;";
	case '\'':
		return "&#39;";
	default:
		return NULL;
	}
}

void html_text(FILE *out, const char *text)
{
	_cleanup_free_ char *clean = text_clean(text);

	for (const char *p = clean; p && *p; p++) {
		const char *escaped = escape(*p);

		if (escaped)
			fputs(escaped, out);
		else
			fputc(*p, out);
	}
}

void html_element(FILE *out, const char *tag, const char *text)
{
	fprintf(out, "<%s>", tag);
	html_text(out, text);
	fprintf(out, "</%.*s>", (int)strcspn(tag, " "), tag);
}
