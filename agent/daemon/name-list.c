/* SPDX-License-Identifier: GPL-3.0-or-later */

/* One child process a request. See name-list.h. */

#include "daemon/name-list.h"

#include "base/json.h"
#include "base/log.h"
#include "daemon/answer.h"
#include "daemon/daemon.h"
#include "daemon/events.h"
#include "daemon/gates.h"
#include "job/capture.h"

#include <limits.h>
#include <string.h>

#define TIMEOUT_MS 120000

#define FAILED \
	"The list of names could not be worked on. Ask the technician to look at the journal of outingd."

struct name_list {
	struct daemon *daemon;
	struct bus_pending *pending;
	struct capture *capture;
	enum bus_member member;
	uid_t uid;
};

/* Takes it off the daemon. The capture is left to whoever calls. */
static void end(struct name_list *list, const struct bus_answer *answer)
{
	list->daemon->name_list = NULL;
	bus_reply(list->pending, answer);
	free(list);
}

void name_list_stop(struct daemon *daemon)
{
	_cleanup_answer_ struct bus_answer answer = BUS_ANSWER_NULL;
	struct name_list *list = daemon->name_list;

	if (!list)
		return;
	answer_error(&answer, BUS_BUSY, "The agent is being stopped. Try again when it runs again.");
	list->capture = capture_free(list->capture);
	end(list, &answer);
}

/* Counts alone are recorded. */
static int record(const struct name_list *list, const struct js *result)
{
	struct js *fields;
	uint64_t children = 0;

	if (list->member == BUS_COUNT_NAMES)
		return 0;
	(void)js_get_u64(result, "children", &children);
	fields = js_object();
	js_set_string(fields, "change", list->member == BUS_IMPORT_NAMES ? "imported" : "cleared");
	js_set_u64(fields, "children", children);
	js_set_u64(fields, "uid", list->uid);
	return event_report(list->daemon, AUDIT_NAMES_CHANGED, fields, NULL);
}

static void conclude(
	const struct name_list *list, int exit_status, const char *text, struct bus_answer *answer)
{
	const char *problem;
	struct js *result = NULL;
	size_t n = strcspn(text, "\n");
	int r;

	if ((exit_status != 0 && exit_status != 1) || js_parse(text, n, &result) < 0) {
		log_error("outing-names ended with %d", exit_status);
		answer_error(answer, BUS_FAILED, FAILED);
		return;
	}
	problem = js_get_string(result, "problem");
	if (exit_status == 0 && list->member != BUS_COUNT_NAMES)
		gates_names_changed(list->daemon);
	r = exit_status == 0 ? record(list, result) : 0;
	if (exit_status == 1)
		answer_error(answer, BUS_REFUSED, "%s", problem ? problem : FAILED);
	else if (r < 0)
		answer_errno(answer, r, "The list of names was changed, but that could not be recorded");
	else
		answer_json(answer, TAKE_PTR(result));
	(void)js_free(result);
}

static void on_done(struct capture *capture, int exit_status, const char *text, void *data)
{
	_cleanup_answer_ struct bus_answer answer = BUS_ANSWER_NULL;
	struct name_list *list = data;

	conclude(list, exit_status, text, &answer);
	end(list, &answer);
	(void)capture_free(capture);
}

static int start(struct name_list *list, const struct bus_request *request)
{
	const struct daemon_options *options = &list->daemon->options;
	const char *verb = list->member == BUS_IMPORT_NAMES  ? "import"
			   : list->member == BUS_CLEAR_NAMES ? "clear"
							     : "count";
	char program[PATH_MAX];
	const char *argv[] = {program, verb, "--state", options->state_dir, NULL, NULL, NULL};

	if ((size_t)snprintf(program, sizeof program, "%s/outing-names", options->libexec_dir) >=
		sizeof program)
		return -ENAMETOOLONG;
	if (list->member == BUS_IMPORT_NAMES && *request->text[0]) {
		argv[4] = "--ignore";
		argv[5] = request->text[0];
	}
	return capture_start_with(
		list->daemon->loop, argv, request->fd, TIMEOUT_MS, on_done, list, &list->capture);
}

void name_list_call(struct daemon *daemon, const struct bus_request *request, struct bus_pending *pending,
	struct bus_answer *answer)
{
	struct name_list *list;
	int r;

	if (daemon->stopping || daemon->name_list) {
		answer_error(
			answer, BUS_BUSY, "The list of names is being worked on. Try again in a moment.");
		return;
	}
	list = malloc(sizeof *list);
	if (!list) {
		answer_errno(answer, -ENOMEM, "The list of names could not be worked on");
		return;
	}
	*list = (struct name_list){
		.daemon = daemon, .pending = pending, .member = request->rule->member, .uid = request->uid};
	r = start(list, request);
	if (r < 0) {
		free(list);
		answer_errno(answer, r, "The list of names could not be worked on");
		return;
	}
	daemon->name_list = list;
	answer->error = BUS_LATER;
}
