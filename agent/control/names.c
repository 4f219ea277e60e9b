/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * outingctl names import, count and clear. The list is opened here, as the person, and handed over as a
 * descriptor: it is read by nobody but the agent's import, and copied by nobody.
 */

#include "control/ask.h"
#include "control/text.h"
#include "control/verbs.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

static int show_notes(const struct control *control, const struct js *result)
{
	const struct js *notes = js_get(result, "ignored");
	int r = CONTROL_DONE;

	for (size_t i = 0; i < js_length(notes) && r == CONTROL_DONE; i++) {
		const char *note = js_string(js_at(notes, i));

		r = note ? control_say(control, "%s", note) : CONTROL_DONE;
	}
	return r;
}

static unsigned long long children(const struct js *result)
{
	uint64_t count = 0;

	(void)js_get_u64(result, "children", &count);
	return (unsigned long long)count;
}

static int show_imported(const struct control *control, const struct js *result)
{
	int r;

	if (control_given(control, OPTION_JSON))
		return control_json(control, result);
	r = control_say(control,
		"The names of %llu children are known now. The list itself was not kept; delete it or move "
		"it "
		"where it belongs.",
		children(result));
	return r != CONTROL_DONE ? r : show_notes(control, result);
}

/* CONTROL_DONE with the open list, or an exit status after saying why not. */
static int open_list(const struct control *control, int *ret_fd)
{
	struct stat st;
	int fd = open(control->operand, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);

	if (fd < 0 || fstat(fd, &st) < 0) {
		control_note(control, "%s cannot be opened: %s", control->operand, strerror(errno));
		(void)close_fd(fd);
		return CONTROL_REFUSED;
	}
	if (!S_ISREG(st.st_mode)) {
		control_note(control, "%s is not a file. Save the list as a CSV file", control->operand);
		(void)close_fd(fd);
		return CONTROL_REFUSED;
	}
	*ret_fd = fd;
	return CONTROL_DONE;
}

int verb_names_import(struct control *control)
{
	const char *ignore = control->options.ignore;
	_cleanup_js_ struct js *result = NULL;
	_cleanup_close_ int fd = -1;
	int r = control_reach(control);

	if (r == CONTROL_DONE)
		r = open_list(control, &fd);
	if (r != CONTROL_DONE)
		return r;
	r = agent_ask(control->agent, "ImportNames", &result, "hs", fd, ignore ? ignore : "");
	return r != AGENT_OK ? control_fail(control, r) : show_imported(control, result);
}

int verb_names_count(struct control *control)
{
	_cleanup_js_ struct js *result = NULL;
	int r = control_reach(control);

	if (r != CONTROL_DONE)
		return r;
	r = agent_ask(control->agent, "CountNames", &result, NULL);
	if (r != AGENT_OK)
		return control_fail(control, r);
	if (control_given(control, OPTION_JSON))
		return control_json(control, result);
	if (children(result) == 0)
		return control_say(control,
			"No names are known. The manager can import a list with \"outingctl names import\".");
	return control_say(control, "The names of %llu children are known.", children(result));
}

static bool agreed(const struct control *control)
{
	if (control_given(control, OPTION_YES))
		return true;
	if (!ask_possible()) {
		control_note(control, "nobody is there to be asked; say --yes to forget the names");
		return false;
	}
	return ask_whether(
		&control->notes, "Without the names, documents are no longer checked for them. Forget them?");
}

int verb_names_clear(struct control *control)
{
	_cleanup_js_ struct js *result = NULL;
	int r;

	if (!agreed(control))
		return CONTROL_REFUSED;
	r = control_reach(control);
	if (r != CONTROL_DONE)
		return r;
	r = agent_ask(control->agent, "ClearNames", &result, NULL);
	if (r != AGENT_OK)
		return control_fail(control, r);
	if (control_given(control, OPTION_JSON))
		return control_json(control, result);
	return control_say(control, "No names are known any more.");
}
