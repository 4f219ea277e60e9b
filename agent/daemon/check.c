/* SPDX-License-Identifier: GPL-3.0-or-later */

/* From a request to the judge, to a look at the devices, to one verdict. See check.h. */

#include "daemon/check.h"

#include "base/clock.h"
#include "base/log.h"
#include "daemon/answer.h"
#include "daemon/daemon.h"
#include "daemon/device-facts.h"
#include "daemon/events.h"
#include "daemon/look.h"
#include "daemon/media.h"
#include "job/question.h"
#include "outing/laptop.h"
#include "state/attest.h"

#include <string.h>

#define CHECKS_MAX       4
#define JUDGE_ANSWER_MAX (4U << 20)

/* One look at one device that travels. */
struct check_look {
	struct check *check;
	struct look *look;
	struct look_result result;
};

struct check {
	struct checks *checks;
	struct take take;
	bool leave_laptop;
	bool accept_weak; /* from the beginning to the end, also when the configuration is read again */
	uid_t uid;
	check_done done;
	void *data;
	struct question *question;
	struct watch *soon;
	struct js *laptop; /* once it is known */
	bool laptop_ready;
	struct check_look *looks; /* one for each device, in the order of take */
	size_t looking;
	char obstacle[1032]; /* a reason and its fix */
	struct check *next;
};

struct checks {
	struct daemon *daemon;
	struct check *first;
	size_t count;
};

int checks_new(struct daemon *daemon, struct checks **ret_checks)
{
	struct checks *checks = calloc(1, sizeof *checks);

	if (!checks)
		return -ENOMEM;
	checks->daemon = daemon;
	*ret_checks = checks;
	return 0;
}

static struct check *check_free(struct check *check)
{
	struct check **at;

	if (!check)
		return NULL;
	for (at = &check->checks->first; *at; at = &(*at)->next)
		if (*at == check) {
			*at = check->next;
			check->checks->count--;
			break;
		}
	check->question = question_free(check->question);
	check->soon = watch_free(check->soon);
	check->laptop = js_free(check->laptop);
	for (size_t i = 0; check->looks && i < check->take.count; i++)
		check->looks[i].look = look_free(check->looks[i].look);
	free(check->looks);
	take_clear(&check->take);
	free(check);
	return NULL;
}
DEFINE_CLEANUP(struct check, check_free);

void checks_stop(struct checks *checks)
{
	while (checks->first) {
		struct check *check = checks->first;

		check->done(-ECANCELED, NULL, check->data);
		(void)check_free(check);
	}
}

struct checks *checks_free(struct checks *checks)
{
	if (checks)
		checks_stop(checks);
	free(checks);
	return NULL;
}

/* --- the devices --- */

static struct js *device_json_of(const struct registered_device *entry, const struct readiness_device *facts,
	const char *state, const struct readiness *readiness)
{
	struct js *o = js_object();

	js_set_string(o, "id", entry->id);
	js_set_string(o, "name", entry->name);
	js_set_string(o, "role", role_name(entry->role));
	js_set_string(o, "room", *entry->room ? entry->room : NULL);
	js_set_string(o, "verdict", readiness->ready ? "ready" : "not-ready");
	js_set_string(o, "reason", readiness->reason);
	js_set_string(o, "fix", readiness->fix);
	js_set_bool(o, "present", facts->present);
	js_set_string(o, "state", state);
	js_set_string(o, "action", readiness_action_name(readiness->action));
	return o;
}

static void note_obstacle(struct check *check, const char *reason, const char *fix)
{
	if (!*check->obstacle)
		(void)snprintf(
			check->obstacle, sizeof check->obstacle, "%s%s%s", reason, *fix ? " " : "", fix);
}

/* What was seen at another plug-in says nothing. */
static void add_look(struct check *check, size_t i, struct readiness_device *facts)
{
	const struct medium *medium = media_find_id(check->checks->daemon->media, check->take.device[i].id);
	const struct look_result *result = &check->looks[i].result;

	if (!medium || medium->plug != result->plug)
		return;
	facts->look = result->outcome;
	facts->look_reason = *result->reason ? result->reason : NULL;
	facts->listed = result->listed;
	facts->not_safe = result->not_safe;
}

static struct js *judge_devices(struct check *check, size_t *ret_ready)
{
	struct daemon *daemon = check->checks->daemon;
	struct js *array = js_array();

	*ret_ready = 0;
	for (size_t i = 0; i < check->take.count; i++) {
		const struct registered_device *entry = &check->take.device[i];
		struct readiness_device facts;
		struct readiness readiness;
		const char *state;

		device_facts_of(daemon, entry, &check->take, &facts, &state);
		add_look(check, i, &facts);
		readiness_judge(&facts, daemon->config.outing.policy, &readiness);
		js_append(array, device_json_of(entry, &facts, state, &readiness));
		*ret_ready += readiness.ready;
		if (!readiness.ready)
			note_obstacle(check, readiness.reason, readiness.fix);
	}
	return array;
}

/* --- the end --- */

static const char *policy_name(const struct config *config)
{
	switch (config->outing.policy) {
	case CONFIG_OUTING_TRANSFER_ALL:
		return "transfer-all";
	case CONFIG_OUTING_NAMES_ONLY:
		return "names-only";
	}
	return "transfer-all";
}

/* Of each object in the array these two members, for the log: words and names, no sentences of others. */
static struct js *short_list(const struct js *array, const char *name)
{
	struct js *list = js_array();

	for (size_t i = 0; i < js_length(array); i++) {
		struct js *o = js_object();

		js_set_string(o, name, js_get_string(js_at(array, i), name));
		js_set_string(o, "verdict", js_get_string(js_at(array, i), "verdict"));
		js_append(list, o);
	}
	return list;
}

static int record(struct check *check, const struct js *json)
{
	const struct js *laptop = js_get(json, "laptop");
	struct js *fields = js_object();
	struct hooks_event hook = {.reason = *check->obstacle ? check->obstacle : NULL};

	js_set_string(fields, "verdict", js_get_string(json, "verdict"));
	js_set_u64(fields, "uid", check->uid);
	js_set_string(fields, "policy", js_get_string(json, "policy"));
	js_set_string(fields, "laptop", check->leave_laptop ? NULL : js_get_string(laptop, "verdict"));
	js_set_string(fields, "laptop_error", js_get_string(laptop, "error"));
	js_set(fields, "storage", short_list(js_get(laptop, "storage"), "device"));
	js_set(fields, "checks", short_list(js_get(laptop, "checks"), "check"));
	js_set(fields, "devices", short_list(js_get(json, "devices"), "name"));
	return event_report(check->checks->daemon, AUDIT_OUTING_CHECKED, fields, &hook);
}

static void note_laptop(struct check *check)
{
	const char *error = js_get_string(check->laptop, "error");

	if (check->leave_laptop || check->laptop_ready)
		return;
	note_obstacle(check, error ? error : "This computer is not ready; outing-check says why.", "");
}

/* The end of the check, and of check itself. */
static void conclude(struct check *check)
{
	struct check_result result = {.at = clock_now(),
		.laptop = !check->leave_laptop,
		.take = &check->take,
		.json = js_object(),
		.obstacle = check->obstacle};
	const struct config *config = &check->checks->daemon->config;
	size_t devices_ready = 0;
	struct js *devices;
	int r;

	note_laptop(check);
	devices = judge_devices(check, &devices_ready);
	result.ready = readiness_overall(
		!check->leave_laptop, check->laptop_ready, check->take.count, devices_ready);
	js_set_string(result.json, "verdict", result.ready ? "ready" : "not-ready");
	js_set_time(result.json, "checked_at", result.at);
	js_set_string(result.json, "policy", policy_name(config));
	js_set_bool(result.json, "accept_weak", check->accept_weak);
	js_set_string(result.json, "sentence", config->outing.sentence);
	js_set(result.json, "laptop", TAKE_PTR(check->laptop));
	js_set(result.json, "devices", devices);
	r = record(check, result.json);
	if (r < 0)
		result.json = js_free(result.json);
	check->done(r, r < 0 ? NULL : &result, check->data);
	(void)check_free(check);
}

/* --- what is on the devices now --- */

static void on_looked(const struct look_result *result, void *data)
{
	struct check_look *own = data;
	struct check *check = own->check;

	own->result = *result;
	own->look = look_free(own->look);
	if (--check->looking == 0)
		conclude(check);
}

static void look_at(struct check *check, size_t i)
{
	struct daemon *daemon = check->checks->daemon;
	const struct medium *medium = media_find_id(daemon->media, check->take.device[i].id);
	struct check_look *own = &check->looks[i];

	own->check = check;
	if (!medium || !look_is_wanted(daemon, medium))
		return;
	if (look_start(daemon, medium, on_looked, own, &own->look) == 0)
		check->looking++;
}

/* Last of all, so that what was seen is as fresh as it can be. */
static int look_at_devices(void *data)
{
	struct check *check = data;

	check->soon = watch_free(check->soon);
	for (size_t i = 0; i < check->take.count; i++)
		look_at(check, i);
	if (check->looking == 0)
		conclude(check);
	return 0;
}

/* --- this computer --- */

static const char *no_answer(int error)
{
	switch (-error) {
	case ETIMEDOUT:
		return "This computer could not be judged: the program that looks at it did not answer in "
		       "time. "
		       "Try again; if that does not help, ask the technician to look at the journal of "
		       "outing-judge.";
	case EFBIG:
		return "This computer could not be judged: the program that looks at it did not come to an "
		       "end. "
		       "Ask the technician to look at the journal of outing-judge.";
	default:
		return "This computer could not be judged: the program that looks at it cannot be reached. "
		       "Ask "
		       "the technician to start it: sudo systemctl start outing-judge.socket";
	}
}

/* Cameras are judged by their pictures, and sticks that encrypt by themselves by their model, whatever lies
 * on them. What else is encrypted must be so to the judge as well. */
static bool is_judged_apart(const struct medium *medium)
{
	if (medium->ambiguous || medium->facts.kind != DEVICE_DISK || medium->facts.holds_system)
		return false;
	switch (medium->entry.role) {
	case ROLE_CAMERA:
	case ROLE_PHONE:
	case ROLE_TABLET:
		return true;
	case ROLE_STICK:
		return medium->facts.hardware_encrypted;
	case ROLE_READER:
	case ROLE_NONE:
		return false;
	}
	return false;
}

/* Those that travel and hang on this computer at this moment. */
static size_t find_guests(const struct check *check, struct laptop_guest guests[static MEDIA_MAX])
{
	size_t count = 0;

	for (size_t i = 0; i < check->take.count && count < MEDIA_MAX; i++) {
		const struct registered_device *entry = &check->take.device[i];
		const struct medium *medium = media_find_id(check->checks->daemon->media, entry->id);

		if (medium && medium->registered && medium->entry.number == entry->number &&
			is_judged_apart(medium))
			guests[count++] =
				(struct laptop_guest){.disk = medium->facts.node, .name = entry->name};
	}
	return count;
}

static void on_judged(struct question *question, int error, const char *text, size_t size, void *data)
{
	struct check *check = data;
	struct laptop_guest guests[MEDIA_MAX];
	const struct laptop_rules rules = {
		LAPTOP_STORAGE_AND_CHECKS, check->accept_weak, guests, find_guests(check, guests)};
	int r = error;

	if (error >= 0)
		r = laptop_judge(text, size, &rules, &check->laptop, &check->laptop_ready);
	if (r < 0) {
		log_errno(LOG_LEVEL_WARNING, r, "this computer could not be judged");
		check->laptop = laptop_unknown(no_answer(r));
	}
	(void)look_at_devices(check);
}

/* What the judge is asked; owned by the caller. */
static int compose_question(struct daemon *daemon, char **ret_text)
{
	_cleanup_js_ struct js *question = js_object();
	struct js *attested = js_object();
	struct attestation latest = {.at = 0};
	int r = attest_latest(daemon->state, ATTEST_PASSWORDS, &latest);

	js_set_bool(question, "checks", true);
	js_set_time(attested, ATTEST_PASSWORDS, r == ATTEST_OK ? latest.at : 0);
	js_set(question, "attested", attested);
	return r < 0 ? r : js_text(question, false, ret_text);
}

static int ask_judge(struct check *check)
{
	struct daemon *daemon = check->checks->daemon;
	_cleanup_free_ char *text = NULL;
	struct question_options options = {.socket = daemon->options.judge_socket,
		.timeout_ms = daemon->options.judge_timeout_ms,
		.answer_max = JUDGE_ANSWER_MAX};
	int r = compose_question(daemon, &text);

	options.text = text;
	return r < 0 ? r : question_ask(daemon->loop, &options, on_judged, check, &check->question);
}

/* What cannot be asked is concluded from there, but not from inside the caller. */
static int look_at_laptop(struct check *check)
{
	int r;

	if (check->leave_laptop) {
		check->laptop = laptop_stays();
	} else {
		r = ask_judge(check);
		if (r >= 0 || r == -ENOMEM)
			return r;
		log_errno(LOG_LEVEL_WARNING, r, "%s", check->checks->daemon->options.judge_socket);
		check->laptop = laptop_unknown(no_answer(r));
	}
	return loop_defer(check->checks->daemon->loop, look_at_devices, check, &check->soon);
}

/* --- the beginning --- */

bool check_start(struct daemon *daemon, const struct check_request *request, check_done done, void *data,
	struct bus_answer *answer)
{
	_cleanup_(check_freep) struct check *check = NULL;
	int r;

	if (daemon->stopping) {
		check_answer_failure(answer, -ECANCELED);
		return false;
	}
	if (daemon->checks->count >= CHECKS_MAX) {
		answer_error(answer, BUS_BUSY, "Too many checks are running. Try again in a moment.");
		return false;
	}
	check = calloc(1, sizeof *check);
	if (!check) {
		answer_errno(answer, -ENOMEM, "The check could not be started");
		return false;
	}
	*check = (struct check){.checks = daemon->checks,
		.leave_laptop = request->leave_laptop,
		.accept_weak = daemon->config.outing.accept_weak,
		.uid = request->uid,
		.done = done,
		.data = data,
		.next = daemon->checks->first};
	daemon->checks->first = check;
	daemon->checks->count++;
	if (!take_find(daemon, request->names, &check->take, answer))
		return false;
	if (check->leave_laptop && check->take.count == 0) {
		answer_error(answer, BUS_INVALID_ARGUMENT,
			"Nothing is to travel: this computer stays, and no device is named or registered.");
		return false;
	}
	check->looks = calloc(check->take.count + 1, sizeof *check->looks);
	r = check->looks ? look_at_laptop(check) : -ENOMEM;
	if (r < 0) {
		answer_errno(answer, r, "The check could not be started");
		return false;
	}
	check = NULL;
	return true;
}

void check_answer_failure(struct bus_answer *answer, int error)
{
	if (error == -ECANCELED)
		answer_error(answer, BUS_BUSY, "The agent is being stopped. Try again when it runs again.");
	else
		answer_errno(answer, error, "The check could not be recorded, so it does not count");
}

static void reply(int error, const struct check_result *result, void *data)
{
	_cleanup_answer_ struct bus_answer answer = BUS_ANSWER_NULL;

	if (result)
		answer_json(&answer, result->json);
	else
		check_answer_failure(&answer, error);
	bus_reply(data, &answer);
}

void check_call(struct daemon *daemon, const struct bus_request *request, struct bus_pending *pending,
	struct bus_answer *answer)
{
	_cleanup_js_ struct js *names = take_parse(request->text[0], answer);
	struct check_request wanted = {.names = names, .leave_laptop = request->flag, .uid = request->uid};

	if (names && check_start(daemon, &wanted, reply, pending, answer))
		answer->error = BUS_LATER;
}
