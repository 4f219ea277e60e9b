/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Recording an outing. See record.h. */

#include "check/record.h"

#include "base/clock.h"
#include "check/when.h"
#include "control/ask.h"
#include "control/text.h"

#include <pwd.h>
#include <string.h>

#define TIMES_ASKED 3

struct request {
	char *destination, *leader;
	int64_t due_back;
};

static void request_clear(struct request *request)
{
	free(request->destination);
	free(request->leader);
	*request = (struct request){0};
}

/* The full name of who is logged in, else the login; NULL for the superuser, who is nobody in particular.
 * Owned by the caller. */
static char *own_name(void)
{
	struct passwd entry, *found = NULL;
	char buffer[16384];

	if (getuid() == 0 || getpwuid_r(getuid(), &entry, buffer, sizeof(buffer), &found) != 0 || !found)
		return NULL;
	found->pw_gecos[strcspn(found->pw_gecos, ",")] = '\0';
	return strdup(*found->pw_gecos ? found->pw_gecos : found->pw_name);
}

static int missing(const struct inquiry *inquiry, const char *what)
{
	control_note(&inquiry->control, "Nobody can be asked here, so --record needs %s.", what);
	return INQUIRY_USAGE;
}

int record_possible(const struct inquiry *inquiry)
{
	const struct arguments *arguments = &inquiry->arguments;
	_cleanup_free_ char *name = NULL;

	if (inquiry_may_ask(inquiry))
		return INQUIRY_READY;
	if (!arguments->destination)
		return missing(inquiry, "--destination");
	if (!arguments->due_back)
		return missing(inquiry, "--due-back");
	if (!inquiry_given(inquiry, ARGUMENT_YES))
		return missing(inquiry,
			"--yes, by which you say that everybody named has agreed to the setting's sentence");
	name = arguments->leader ? strdup(arguments->leader) : own_name();
	return name ? INQUIRY_READY : missing(inquiry, "--leader");
}

/* --- asking ----------------------------------------------------------------------------------------------
 */

/* 0 with *ret_text, or -ENODATA when nothing was given. */
static int text_of(const struct inquiry *inquiry, const char *given, const char *question,
	const char *otherwise, char **ret_text)
{
	char *text = NULL;

	if (given)
		text = strdup(given);
	else if (inquiry_may_ask(inquiry))
		text = ask_text(&inquiry->control.notes, question, otherwise);
	else if (otherwise)
		text = strdup(otherwise);
	if (!text)
		return given ? -ENOMEM : -ENODATA;
	*ret_text = text;
	return 0;
}

static int ask_due_back(const struct inquiry *inquiry, int64_t *ret_seconds)
{
	for (unsigned i = 0; i < TIMES_ASKED; i++) {
		_cleanup_free_ char *text = ask_text(&inquiry->control.notes,
			"When is everything back? For example 15:30, or tomorrow 09:00", NULL);
		enum when_outcome outcome;

		if (!text)
			return -ENODATA;
		outcome = when_parse(text, clock_now(), ret_seconds);
		if (outcome == WHEN_OK)
			return 0;
		control_note(&inquiry->control, "%s", when_problem(outcome));
	}
	return -ENODATA;
}

static int gather(const struct inquiry *inquiry, struct request *request)
{
	const struct arguments *arguments = &inquiry->arguments;
	_cleanup_free_ char *name = own_name();
	int r;

	(void)fflush(stdout);
	r = text_of(
		inquiry, arguments->destination, "Where does the outing go?", NULL, &request->destination);
	if (r == 0)
		r = text_of(inquiry, arguments->leader, "Who leads it? First and last name", name,
			&request->leader);
	request->due_back = inquiry->due_back;
	if (r == 0 && request->due_back == 0)
		r = ask_due_back(inquiry, &request->due_back);
	return r;
}

static bool agrees(const struct inquiry *inquiry, const char *person)
{
	_cleanup_free_ char *question = NULL;

	if (asprintf(&question, "%s: do you agree to this?", person) < 0) {
		question = NULL;
		return false;
	}
	if (ask_whether(&inquiry->control.notes, question))
		return true;
	control_note(&inquiry->control, "%s has not agreed.", person);
	return false;
}

static bool everybody_agrees(const struct inquiry *inquiry, const struct request *request)
{
	const struct words_list *with = &inquiry->arguments.with;
	bool all;

	if (inquiry_given(inquiry, ARGUMENT_YES) || !*inquiry->result.sentence)
		return true;
	fputs("\nEverybody who takes something along agrees to this:\n\n  ", stderr);
	text_wrap(stderr, &inquiry->control.notes, 2, 2, inquiry->result.sentence);
	fputc('\n', stderr);
	all = agrees(inquiry, request->leader);
	for (size_t i = 0; all && i < with->count; i++)
		all = agrees(inquiry, with->list[i]);
	return all;
}

/* --- recording -------------------------------------------------------------------------------------------
 */

static int make_request(const struct inquiry *inquiry, const struct request *request, char **ret_text)
{
	_cleanup_js_ struct js *js = js_object();
	const struct arguments *arguments = &inquiry->arguments;
	struct js *take = js_array(), *people = js_array();

	for (size_t i = 0; i < arguments->take.count; i++)
		js_append_string(take, arguments->take.list[i]);
	for (size_t i = 0; i < arguments->with.count; i++)
		js_append_string(people, arguments->with.list[i]);
	js_set(js, "take", take);
	js_set_bool(js, "leave_laptop", inquiry_given(inquiry, ARGUMENT_LEAVE_LAPTOP));
	js_set_string(js, "destination", request->destination);
	js_set_time(js, "due_back", request->due_back);
	js_set_string(js, "leader", request->leader);
	js_set(js, "people", people);
	js_set_bool(js, "acknowledged", true);
	return js_text(js, false, ret_text);
}

/* The agent refuses when something is not ready any more, and says what. */
static int not_recorded(struct inquiry *inquiry, int outcome)
{
	int r = inquiry_fail(inquiry, outcome);

	control_note(&inquiry->control, "The outing was not recorded.");
	return outcome == AGENT_REFUSED ? INQUIRY_NOT_READY : r;
}

static int understand(struct inquiry *inquiry, struct js *outing)
{
	const char *verdict = js_get_string(js_get(outing, "check"), "verdict");
	const char *recorded = js_get_string(outing, "sentence");
	uint64_t number;

	inquiry->outing = outing;
	if (js_get_u64(outing, "number", &number) < 0 || !verdict || strcmp(verdict, "ready") != 0) {
		control_note(&inquiry->control, "The agent's answer cannot be relied on. Whether the outing "
						"was recorded is in: outingctl outings");
		return INQUIRY_UNKNOWN;
	}
	if (recorded && strcmp(recorded, inquiry->result.sentence) != 0)
		control_note(&inquiry->control,
			"The sentence in the record is another one, because the settings were changed: "
			"\"%s\"",
			recorded);
	return INQUIRY_READY;
}

static int record(struct inquiry *inquiry, const struct request *request)
{
	_cleanup_free_ char *text = NULL;
	struct js *outing = NULL;
	int r = make_request(inquiry, request, &text);

	if (r < 0)
		return r;
	r = agent_ask(inquiry->control.agent, "RecordOuting", &outing, "s", text);
	return r == AGENT_OK ? understand(inquiry, outing) : not_recorded(inquiry, r);
}

int record_outing(struct inquiry *inquiry)
{
	_cleanup_(request_clear) struct request request = {0};
	int r = gather(inquiry, &request);

	if (r == -ENODATA || (r == 0 && !everybody_agrees(inquiry, &request))) {
		control_note(&inquiry->control, "The outing was not recorded.");
		return INQUIRY_NOT_READY;
	}
	return r < 0 ? r : record(inquiry, &request);
}
