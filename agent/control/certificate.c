/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * outingctl certificate: what was proven when a card was cleared, in the words of the certificate itself; or
 * the record of what was removed from a camera, which says that it is no certificate.
 *
 * A certificate is shown as it was recorded; nothing is added, rounded or made friendlier here.
 */

#include "wipe/certificate.h"
#include "control/control.h"
#include "control/show.h"
#include "control/text.h"
#include "control/verbs.h"
#include "empty/record.h"

#include <string.h>

#define SESSION_ID_CHARS 36

static int text_of(const struct js *certificate, char **ret_text)
{
	int r = certificate_text(certificate, ret_text);

	return r == -EINVAL ? empty_record_text(certificate, ret_text) : r;
}

/* The text has line breaks of its own: each line is cleaned by itself. */
static int put_lines(const struct js *certificate)
{
	_cleanup_free_ char *text = NULL;
	char *rest, *line;
	int r;

	r = text_of(certificate, &text);
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

/* True if the word can only be a session: the beginning of a UUID as `outingctl sessions` shows it, or all of
 * it. */
static bool is_session(const char *word)
{
	size_t length = word ? strlen(word) : 0;

	return (length == SHOW_SESSION_CHARS || length == SESSION_ID_CHARS) &&
	       strspn(word, "0123456789abcdef-") == length;
}

static bool rests_on(const struct js *certificate, const char *session)
{
	const char *id = js_get_string(js_get(certificate, "offload"), "session");

	return id && strncmp(id, session, strlen(session)) == 0;
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
	const char *session = is_session(control->operand) ? control->operand : NULL;
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
