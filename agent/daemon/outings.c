/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * Recording an outing: the request is taken apart, a fresh check is made, and only its "ready" leads on. The
 * order then is database, audit log, answer; what a crash leaves between the first two is put right at the
 * next start. An outing that becomes overdue goes the other way round: the log first, and the database says
 * that it need not be told again. See outings.h.
 */

#include "daemon/outings.h"

#include "base/clock.h"
#include "base/log.h"
#include "daemon/answer.h"
#include "daemon/check.h"
#include "daemon/daemon.h"
#include "daemon/events.h"
#include "daemon/login.h"
#include "daemon/outing-request.h"
#include "state/incident.h"
#include "state/name.h"

#include <string.h>

#define RETRY_MS 60000

struct outings {
	struct watch *alarm;
};

int outings_new(struct daemon *daemon, struct outings **ret_outings)
{
	struct outings *outings = calloc(1, sizeof *outings);

	if (!outings)
		return -ENOMEM;
	*ret_outings = outings;
	return 0;
}

struct outings *outings_free(struct outings *outings)
{
	if (outings)
		outings->alarm = watch_free(outings->alarm);
	free(outings);
	return NULL;
}

/* --- recording --- */

static struct js *recorded_fields(const struct outing *outing)
{
	struct js *fields = outing_json(outing);

	js_set(fields, "what", outing_names(outing, false));
	return fields;
}

/* Into the audit log, then known to be there, then told. */
static int announce(struct daemon *daemon, const struct outing *outing)
{
	_cleanup_free_ char *text = NULL;
	struct hooks_event hook = {.reason = outing->destination};
	int r = event_record(daemon, AUDIT_OUTING_RECORDED, recorded_fields(outing), &text);

	if (r < 0)
		return r;
	r = outing_set_audited(daemon->state, outing->number);
	event_tell(daemon, AUDIT_OUTING_RECORDED, text, &hook);
	return r < 0 ? r : 0;
}

static void answer_outing(const struct outing *outing, struct bus_answer *answer)
{
	answer_json(answer, outing_json(outing));
}

static void store(struct daemon *daemon, struct outing *outing, struct bus_answer *answer)
{
	int r = outing_create(daemon->state, outing, &outing->number);

	if (r == OUTING_IS_OUT) {
		answer_error(answer, BUS_REFUSED,
			"Something of this is out already. Book it in first with \"outing-check return\".");
		return;
	}
	if (r == OUTING_BAD) {
		answer_error(answer, BUS_INVALID_ARGUMENT,
			"A name, the destination or the time of this outing cannot be used.");
		return;
	}
	if (r >= 0) {
		r = announce(daemon, outing);
		if (r < 0)
			(void)outing_withdraw(daemon->state, outing->number);
	}
	if (r < 0) {
		answer_errno(answer, r, "The outing could not be recorded, so nothing may leave");
		return;
	}
	outings_look(daemon);
	answer_outing(outing, answer);
}

struct recording {
	struct daemon *daemon;
	struct bus_pending *pending;
	struct outing *outing;
	struct js *names;
};

static struct recording *recording_free(struct recording *recording)
{
	if (!recording)
		return NULL;
	free(recording->outing);
	(void)js_free(recording->names);
	free(recording);
	return NULL;
}
DEFINE_CLEANUP(struct recording, recording_free);

static void fill(struct outing *outing, const struct check_result *result)
{
	outing->checked_at = outing->left_at = result->at;
	outing->laptop = result->laptop;
	outing->device_count = result->take->count;
	for (size_t i = 0; i < result->take->count; i++) {
		const struct registered_device *entry = &result->take->device[i];
		struct outing_device *device = &outing->device[i];

		*device = (struct outing_device){.device = entry->number, .role = entry->role};
		(void)snprintf(device->id, sizeof device->id, "%s", entry->id);
		(void)snprintf(device->name, sizeof device->name, "%s", entry->name);
	}
}

static void settle(struct recording *recording, const struct check_result *result, struct bus_answer *answer)
{
	struct outing *outing = recording->outing;

	if (!result->ready) {
		answer_error(answer, BUS_REFUSED,
			"Not everything that is to travel is ready, so the outing was not recorded: %s",
			result->obstacle);
		return;
	}
	fill(outing, result);
	if (outing->due_back <= outing->left_at)
		answer_error(answer, BUS_INVALID_ARGUMENT,
			"The time at which the outing is due back has come while it was checked.");
	else
		store(recording->daemon, outing, answer);
}

static void on_checked(int error, const struct check_result *result, void *data)
{
	_cleanup_(recording_freep) struct recording *recording = data;
	_cleanup_answer_ struct bus_answer answer = BUS_ANSWER_NULL;

	if (result) {
		settle(recording, result, &answer);
		(void)js_free(result->json);
	} else {
		check_answer_failure(&answer, error);
	}
	bus_reply(recording->pending, &answer);
}

static struct recording *recording_new(const struct daemon *daemon, uid_t uid)
{
	_cleanup_(recording_freep) struct recording *recording = calloc(1, sizeof *recording);
	_cleanup_free_ char *sentence = name_clean(daemon->config.outing.sentence, OUTING_SENTENCE_SIZE);

	if (!recording || !sentence)
		return NULL;
	recording->outing = calloc(1, sizeof *recording->outing);
	if (!recording->outing)
		return NULL;
	(void)snprintf(recording->outing->sentence, OUTING_SENTENCE_SIZE, "%s", sentence);
	login_text(uid, recording->outing->requested_by, OUTING_TEXT_SIZE);
	return TAKE_PTR(recording);
}

void outings_record(struct daemon *daemon, const struct bus_request *request, struct bus_pending *pending,
	struct bus_answer *answer)
{
	_cleanup_(recording_freep) struct recording *recording = recording_new(daemon, request->uid);
	struct check_request wanted = {.uid = request->uid};

	if (!recording) {
		answer_errno(answer, -ENOMEM, "The outing could not be recorded");
		return;
	}
	recording->daemon = daemon;
	recording->pending = pending;
	if (!outing_request_parse(request->text[0], clock_now(), recording->outing, &recording->names,
		    &wanted.leave_laptop, answer))
		return;
	wanted.names = recording->names;
	if (!check_start(daemon, &wanted, on_checked, recording, answer))
		return;
	recording = NULL;
	answer->error = BUS_LATER;
}

/* --- what is due --- */

static void describe_overdue(const struct outing *outing, char *sentence, size_t size)
{
	_cleanup_js_ struct js *names = outing_names(outing, true);
	char due[CLOCK_TEXT];
	int n = snprintf(sentence, size,
		"The outing to %s with %s was due back at %s and is not back:", outing->destination,
		outing->leader, clock_format(outing->due_back, due));

	for (size_t i = 0; i < js_length(names) && n > 0 && (size_t)n < size; i++)
		n += snprintf(sentence + n, size - (size_t)n, "%s %s", i > 0 ? "," : "",
			js_string(js_at(names, i)));
	if (n > 0 && (size_t)n + 1 < size)
		(void)snprintf(sentence + n, size - (size_t)n, ".");
}

static struct js *overdue_fields(const struct outing *outing, const char *sentence)
{
	struct js *fields = js_object();

	js_set_u64(fields, "number", outing->number);
	js_set_string(fields, "destination", outing->destination);
	js_set_string(fields, "leader", outing->leader);
	js_set_time(fields, "due_back", outing->due_back);
	js_set(fields, "still_out", outing_names(outing, true));
	js_set_string(fields, "sentence", sentence);
	return fields;
}

static int make_incident(struct daemon *daemon, const struct outing *outing)
{
	_cleanup_free_ char *text = NULL, *sentence = NULL;
	struct incident incident = {.kind = INCIDENT_OVERDUE, .at = clock_now(), .outing = outing->number};
	char raw[INCIDENT_SENTENCE_SIZE];
	struct hooks_event hook = {0};
	int r;

	describe_overdue(outing, raw, sizeof raw);
	sentence = name_clean(raw, sizeof raw);
	if (!sentence)
		return -ENOMEM;
	(void)snprintf(incident.sentence, sizeof incident.sentence, "%s", sentence);
	r = event_record(daemon, AUDIT_OUTING_OVERDUE, overdue_fields(outing, sentence), &text);
	if (r >= 0)
		r = incident_open(daemon->state, &incident, NULL);
	if (r < 0)
		return r;
	log_notice("%s", sentence);
	hook.reason = sentence;
	if (r == INCIDENT_OK)
		event_tell(daemon, AUDIT_OUTING_OVERDUE, text, &hook);
	return 0;
}

static int copy_first(const struct outing *outing, void *data)
{
	*(struct outing *)data = *outing;
	return 1;
}

static int on_alarm(void *data)
{
	outings_look(data);
	return 0;
}

/* *outing is the next one that is not back and not overdue; 1: there is one. */
static int make_incidents(struct daemon *daemon, struct outing *outing)
{
	int r;

	for (;;) {
		r = outing_each(daemon->state, OUTING_DUE, 1, copy_first, outing);
		if (r <= 0 || outing->due_back > clock_now())
			return r;
		r = make_incident(daemon, outing);
		if (r < 0)
			return r;
	}
}

void outings_look(struct daemon *daemon)
{
	_cleanup_free_ struct outing *outing = calloc(1, sizeof *outing);
	struct outings *outings = daemon->outings;
	int r = outing ? make_incidents(daemon, outing) : -ENOMEM;

	outings->alarm = watch_free(outings->alarm);
	if (r > 0)
		r = loop_alarm(daemon->loop, outing->due_back, on_alarm, daemon, &outings->alarm);
	if (r >= 0)
		return;
	log_errno(LOG_LEVEL_ERROR, r, "what is due back could not be looked at or recorded, trying again");
	r = loop_timer(daemon->loop, RETRY_MS, on_alarm, daemon, &outings->alarm);
	if (r < 0)
		log_errno(LOG_LEVEL_ERROR, r, "no time can be set, overdue outings are not reported");
}

int outings_start(struct daemon *daemon)
{
	_cleanup_free_ struct outing *outing = calloc(1, sizeof *outing);
	int r;

	if (!outing)
		return -ENOMEM;
	for (;;) {
		r = outing_each(daemon->state, OUTING_UNAUDITED, 1, copy_first, outing);
		if (r <= 0)
			break;
		log_notice("outing %llu was not in the audit log yet", (unsigned long long)outing->number);
		r = announce(daemon, outing);
		if (r < 0)
			break;
	}
	if (r >= 0)
		outings_look(daemon);
	return r < 0 ? r : 0;
}

void outings_see(struct daemon *daemon, const struct registered_device *entry)
{
	int r = outing_see(daemon->state, entry->number, clock_now());

	if (r == OUTING_OK)
		log_notice("%s is plugged in but was not booked in from its outing", entry->name);
	else if (r < 0)
		log_errno(LOG_LEVEL_WARNING, r, "%s: the records of outings", entry->name);
}
