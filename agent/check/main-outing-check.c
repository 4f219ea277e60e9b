/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * outing-check, the command for staff: may this computer, and what travels with it, leave the building?
 *
 * Holds no privilege and judges nothing itself: it asks the agent, believes only an answer that holds
 * together (result.h), says it in plain words, and offers to do what is missing. Must never print READY or
 * end with 0 on anything but such an answer.
 */

#include "base/clock.h"
#include "check/back.h"
#include "check/inquiry.h"
#include "check/prepare.h"
#include "check/record.h"
#include "check/report.h"
#include "check/view.h"
#include "check/when.h"
#include "control/text.h"

#include <locale.h>
#include <signal.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>

static int usage(const struct inquiry *inquiry, const char *problem)
{
	control_note(&inquiry->control, "%s. See: outing-check --help", problem ? problem : "wrong usage");
	return INQUIRY_USAGE;
}

/* What is wrong is said before anything is asked or started. */
static int look_at_arguments(struct inquiry *inquiry)
{
	const struct arguments *arguments = &inquiry->arguments;
	_cleanup_free_ char *problem = NULL;
	enum when_outcome outcome;

	if (arguments->report && report_place(arguments->report, &problem) < 0)
		return usage(inquiry, problem);
	outcome = arguments->due_back ? when_parse(arguments->due_back, clock_now(), &inquiry->due_back)
				      : WHEN_OK;
	if (outcome != WHEN_OK) {
		control_note(&inquiry->control, "--due-back: %s", when_problem(outcome));
		return INQUIRY_USAGE;
	}
	return inquiry_given(inquiry, ARGUMENT_RECORD) ? record_possible(inquiry) : INQUIRY_READY;
}

/* Asks, offers to do what is missing, and asks again. */
static int find_out(struct inquiry *inquiry)
{
	int r = inquiry_ask(inquiry), outcome;

	if (r != INQUIRY_NOT_READY || inquiry_given(inquiry, ARGUMENT_VOLUMES))
		return r;
	outcome = prepare_devices(inquiry);
	if (outcome < 0)
		return outcome;
	if (outcome != PREPARE_NOTHING && !inquiry_given(inquiry, ARGUMENT_JSON))
		putchar('\n');
	return outcome == PREPARE_CHANGED ? inquiry_ask(inquiry) : r;
}

static void say_recorded(const struct inquiry *inquiry)
{
	int64_t due_back = 0;
	const char *due = js_get_string(inquiry->outing, "due_back");
	char when[WHEN_TEXT] = "unknown";
	uint64_t number = 0;

	(void)js_get_u64(inquiry->outing, "number", &number);
	if (due && clock_parse(due, &due_back) == 0)
		(void)when_show(due_back, when);
	(void)control_say(&inquiry->control,
		"Outing %ju is recorded. Back by: %s. When everything is back: outing-check return",
		(uintmax_t)number, when);
}

static int save_report(const struct inquiry *inquiry)
{
	const struct arguments *arguments = &inquiry->arguments;
	struct utsname host = {0};
	struct report report = {
		.result = &inquiry->result,
		.host = uname(&host) == 0 ? host.nodename : "unknown",
		.outing = inquiry->outing,
		.destination = arguments->destination,
		.leader = arguments->leader,
		.due_back = inquiry->due_back,
	};
	int r = report_save(arguments->report, &report);

	if (r == 0 && !inquiry_given(inquiry, ARGUMENT_JSON))
		(void)control_say(&inquiry->control, "The report is in %s", arguments->report);
	return r;
}

static int record(struct inquiry *inquiry, int verdict)
{
	int r = INQUIRY_NOT_READY;

	if (verdict == INQUIRY_READY)
		r = record_outing(inquiry);
	else
		control_note(
			&inquiry->control, "The outing was not recorded, because not everything is ready.");
	if (r == INQUIRY_READY && !inquiry_given(inquiry, ARGUMENT_JSON))
		say_recorded(inquiry);
	return r;
}

static int print_json(struct inquiry *inquiry)
{
	if (inquiry->outing) {
		js_set(inquiry->answer, "outing", inquiry->outing);
		inquiry->outing = NULL;
	}
	return control_json(&inquiry->control, inquiry->answer);
}

/* Everything that comes after the result: what is shown, recorded and written; the last word comes last. */
static int conclude(struct inquiry *inquiry, int verdict)
{
	bool json = inquiry_given(inquiry, ARGUMENT_JSON);
	int r = 0;

	if (!json)
		r = view_print(stdout, &inquiry->control.screen, &inquiry->result,
			inquiry_given(inquiry, ARGUMENT_ALL));
	if (r == 0 && inquiry_given(inquiry, ARGUMENT_RECORD))
		r = verdict = record(inquiry, verdict);
	if (r < 0 || verdict == INQUIRY_USAGE || verdict == INQUIRY_UNKNOWN)
		return r < 0 ? r : verdict;
	r = inquiry->arguments.report ? save_report(inquiry) : 0;
	if (r < 0) {
		control_note(&inquiry->control, "The report %s could not be written: %s.",
			inquiry->arguments.report, strerror(-r));
		return INQUIRY_UNKNOWN;
	}
	r = json ? print_json(inquiry) : 0;
	if (r < 0)
		return r;
	if (!json && (inquiry->outing || inquiry->arguments.report))
		putchar('\n');
	if (!json)
		view_verdict(stdout, &inquiry->control.screen, verdict == INQUIRY_READY);
	return verdict;
}

static int run_check(struct inquiry *inquiry)
{
	int r = look_at_arguments(inquiry);

	if (r != INQUIRY_READY)
		return r;
	r = find_out(inquiry);
	if (r == INQUIRY_READY || r == INQUIRY_NOT_READY)
		r = conclude(inquiry, r);
	if (r < 0) {
		control_note(&inquiry->control, "That did not work: %s.", strerror(-r));
		r = INQUIRY_UNKNOWN;
	}
	if (r == INQUIRY_UNKNOWN)
		control_note(&inquiry->control,
			"COULD NOT CHECK. Nothing may leave the building on the strength of this.");
	return r;
}

static int run(struct inquiry *inquiry)
{
	int r;

	if (inquiry_given(inquiry, ARGUMENT_HELP)) {
		arguments_help(stdout);
		return INQUIRY_READY;
	}
	if (inquiry_given(inquiry, ARGUMENT_VERSION)) {
		puts("outing-check " OUTING_VERSION);
		return INQUIRY_READY;
	}
	if (!inquiry->arguments.come_back)
		return run_check(inquiry);
	r = back_run(inquiry);
	return r < 0 ? inquiry_fail(inquiry, r) : r;
}

int main(int argc, char **argv)
{
	struct inquiry inquiry = {.control = {.program = "outing-check"}};
	_cleanup_free_ char *problem = NULL;
	int r;

	(void)setlocale(LC_CTYPE, "");
	(void)signal(SIGPIPE, SIG_IGN);
	tzset();
	inquiry.control.screen = terminal_of(STDOUT_FILENO);
	inquiry.control.notes = terminal_of(STDERR_FILENO);
	if (arguments_parse(argc, argv, &inquiry.arguments, &problem) < 0)
		return usage(&inquiry, problem);
	if (inquiry_given(&inquiry, ARGUMENT_NO_COLOR))
		inquiry.control.screen.colour = inquiry.control.notes.colour = false;
	r = run(&inquiry);
	inquiry_clear(&inquiry);
	if (fflush(stdout) != 0 && r == INQUIRY_READY) {
		control_note(&inquiry.control, "The output could not be written completely.");
		r = INQUIRY_UNKNOWN;
	}
	return r;
}
