/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * outingctl certificate: what was proven when a card was cleared, in the words of the certificate itself.
 *
 * A certificate is shown as it was recorded; nothing is added, rounded or made friendlier here.
 */

#include "wipe/certificate.h"

#include "control/control.h"
#include "control/text.h"
#include "control/verbs.h"

#include "base/number.h"

#include <string.h>

/* The text has line breaks of its own: each line is cleaned by itself. */
static int put_lines(const struct js *certificate)
{
	_cleanup_free_ char *text = NULL;
	char *rest, *line;
	int r;

	r = certificate_text(certificate, &text);
	if (r < 0)
		return r;
	rest = text;
	while ((line = strsep(&rest, "\n"))) {
		_cleanup_free_ char *clean = text_clean(line);

		if (!rest && *line == '\0')
			break;
		puts(clean ? clean : "");
	}
	return CONTROL_DONE;
}

static bool is_number(const char *word)
{
	uint64_t number;

	return word && number_parse_u64(word, &number) == 0;
}

static bool rests_on(const struct js *certificate, const char *session)
{
	const struct js *member = js_get(certificate, "session");
	const char *text = js_string(member);
	uint64_t number, wanted;

	if (!text)
		text = js_get_string(member, "id");
	if (text)
		return strcmp(text, session) == 0;
	return number_parse_u64(session, &wanted) == 0 &&
	       (js_get_u64(certificate, "session", &number) == 0 || js_get_u64(member, "id", &number) == 0) &&
	       number == wanted;
}

static int show(struct control *control, const struct js *certificates, const char *session)
{
	size_t shown = 0;

	for (size_t i = 0; i < js_length(certificates); i++) {
		int r;

		if (session && !rests_on(js_at(certificates, i), session))
			continue;
		if (shown > 0 && !control_given(control, OPTION_ALL))
			break;
		if (shown++ > 0)
			putchar('\n');
		r = put_lines(js_at(certificates, i));
		if (r < 0)
			return r;
	}
	if (shown > 0)
		return CONTROL_DONE;
	control_note(control,
		"There is no certificate%s%s: no clear of it was completed. A certificate exists only when "
		"the whole card was read back.",
		control->operand ? " for " : "", control->operand ? control->operand : "");
	return CONTROL_REFUSED;
}

int verb_certificate(struct control *control)
{
	const char *session = is_number(control->operand) ? control->operand : NULL;
	const char *device = session || !control->operand ? "" : control->operand;
	_cleanup_js_ struct js *certificates = NULL;
	int r;

	r = control_reach(control);
	if (r != CONTROL_DONE)
		return r;
	r = agent_ask(control->agent, "Certificates", &certificates, "s", device);
	if (r != AGENT_OK)
		return control_fail(control, r);
	if (control_given(control, OPTION_JSON))
		return control_json(control, certificates);
	return show(control, certificates, session);
}
