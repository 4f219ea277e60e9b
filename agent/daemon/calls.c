/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * From a call to an answer. Whatever takes longer than a look into the state database is a job, or is asked
 * of a child and answered later.
 */

#include "daemon/calls.h"

#include "base/clock.h"
#include "base/log.h"
#include "daemon/answer.h"
#include "daemon/daemon.h"
#include "daemon/devices.h"
#include "daemon/events.h"
#include "daemon/media.h"
#include "daemon/tasks.h"
#include "daemon/vault.h"
#include "vault/container.h"

#include <fcntl.h>
#include <string.h>

#define SESSIONS_MAX      1000
#define CERTIFICATES_MAX  100
#define AUDIT_TIMEOUT_MS  600000
#define VAULT_BYTES_LIMIT (1ULL << 50)

struct later {
	struct daemon *daemon;
	struct bus_pending *pending;
};

static void later_reply(struct later *later, struct js *json)
{
	_cleanup_answer_ struct bus_answer answer = BUS_ANSWER_NULL;

	answer_json(&answer, json);
	bus_reply(later->pending, &answer);
	free(later);
}

static void ask_later(struct daemon *daemon, struct bus_pending *pending, struct bus_answer *answer,
	int (*ask)(struct daemon *daemon, struct later *later))
{
	struct later *later = malloc(sizeof *later);
	int r;

	if (!later) {
		answer_errno(answer, -ENOMEM, "The question could not be passed on");
		return;
	}
	*later = (struct later){daemon, pending};
	r = ask(daemon, later);
	if (r < 0) {
		free(later);
		answer_errno(answer, r, "The question could not be passed on");
		return;
	}
	answer->error = BUS_LATER;
}

static void on_vault(struct capture *capture, int exit_status, const char *text, void *data)
{
	struct later *later = data;
	struct daemon *daemon = later->daemon;

	later_reply(later, vault_view_json(daemon, exit_status, text));
	(void)capture_free(capture);
}

/* A question that cannot even be asked is answered with what is seen from here. */
static int ask_vault(struct daemon *daemon, struct later *later)
{
	struct capture *capture;
	int r = vault_ask(daemon, on_vault, later, &capture);

	if (r < 0)
		later_reply(later, vault_view_json(daemon, r, ""));
	return 0;
}

static size_t count_registered(struct daemon *daemon, struct js *devices, const char *member)
{
	size_t n = 0;

	for (size_t i = 0; i < js_length(devices); i++) {
		bool value = false;

		n += js_get_bool(js_at(devices, i), member, &value) == 0 && value;
	}
	return n;
}

/* vault is taken over. */
static struct js *status_json(struct daemon *daemon, struct js *vault)
{
	_cleanup_js_ struct js *devices = devices_json(daemon);
	struct js *o = js_object(), *config = js_object();

	js_set_string(o, "version", OUTING_VERSION);
	js_set_bool(o, "ready", daemon->ready);
	js_set_time(o, "since", daemon->started_at);
	js_set_string(config, "path", daemon->options.config_file);
	js_set_bool(config, "ok", !daemon->config_problem);
	js_set_string(config, "error", daemon->config_problem);
	js_set(o, "config", config);
	js_set(o, "vault", vault);
	js_set_u64(o, "devices_present", count_registered(daemon, devices, "present"));
	js_set_u64(o, "devices_registered", count_registered(daemon, devices, "registered"));
	js_set_u64(o, "jobs_running", job_count(daemon->jobs, JOB_RUNNING));
	js_set_u64(o, "jobs_queued", job_count(daemon->jobs, JOB_QUEUED));
	js_set_u64(o, "audit_entries", audit_last_seq(daemon->audit));
	js_set_bool(o, "automatic_offload", daemon->config.offload.automatic);
	return o;
}

static void on_status(struct capture *capture, int exit_status, const char *text, void *data)
{
	struct later *later = data;
	struct daemon *daemon = later->daemon;

	later_reply(later, status_json(daemon, vault_view_json(daemon, exit_status, text)));
	(void)capture_free(capture);
}

static int ask_status(struct daemon *daemon, struct later *later)
{
	struct capture *capture;
	int r = vault_ask(daemon, on_status, later, &capture);

	if (r < 0)
		later_reply(later, status_json(daemon, vault_view_json(daemon, r, "")));
	return 0;
}

static void on_audit(struct capture *capture, int exit_status, const char *text, void *data)
{
	struct js *json = NULL;
	size_t n = strlen(text);

	while (n > 0 && text[n - 1] == '\n')
		n--;
	if (exit_status < 0 || js_parse(text, n, &json) < 0) {
		json = js_object();
		js_set_bool(json, "ok", false);
		js_set_null(json, "first_bad");
		js_set_string(json, "sentence",
			"The audit log could not be checked. Ask the technician to look at the journal of "
			"outingd.");
	}
	later_reply(data, json);
	(void)capture_free(capture);
}

static int ask_audit(struct daemon *daemon, struct later *later)
{
	const struct daemon_options *o = &daemon->options;
	const char *argv[] = {
		"/proc/self/exe", "--verify-audit", "--state", o->state_dir, "--log", o->log_dir, NULL};
	struct capture *capture;

	return capture_start(daemon->loop, argv, AUDIT_TIMEOUT_MS, on_audit, later, &capture);
}

static int add_session(const struct session *session, void *data)
{
	struct js *array = data, *o = js_object();

	js_set_string(o, "id", session->id);
	js_set_string(o, "name", session->device_name);
	js_set_string(o, "state", session_state_name(session->state));
	js_set_u64(o, "files", session->set.files);
	js_set_u64(o, "bytes", session->set.bytes);
	js_set_string(o, "path", session->vault_dir);
	js_set_string(o, "reason", *session->reason ? session->reason : NULL);
	js_set_time(o, "started_at", session->created_at);
	js_set_time(o, "ended_at", session->finished_at);
	js_append(array, o);
	return 0;
}

static void list_sessions(struct daemon *daemon, struct bus_answer *answer)
{
	struct js *array = js_array();

	if (session_each(daemon->state, NULL, SESSIONS_MAX, add_session, array) < 0)
		array = js_free(array);
	answer_json(answer, array);
}

static int add_certificate(const struct clear *clear, const char *certificate, void *data)
{
	struct js *parsed = NULL;

	if (js_parse(certificate, strlen(certificate), &parsed) >= 0)
		js_append(data, parsed);
	return 0;
}

static void certificates(struct daemon *daemon, const char *device, struct bus_answer *answer)
{
	_cleanup_free_ struct registered_device *entry = calloc(1, sizeof *entry);
	struct medium *medium;
	struct js *array;
	bool registered;

	if (!entry || (*device && !device_named(daemon, device, &medium, entry, &registered, answer)))
		return;
	array = js_array();
	if (clear_each_certificate(
		    daemon->state, *device ? entry->key : NULL, CERTIFICATES_MAX, add_certificate, array) < 0)
		array = js_free(array);
	answer_json(answer, array);
}

static struct job *job_numbered(struct daemon *daemon, uint64_t number, struct bus_answer *answer)
{
	struct job *job = number <= UINT32_MAX ? job_find(daemon->jobs, (uint32_t)number) : NULL;

	if (!job)
		answer_error(answer, BUS_NOT_FOUND,
			"There is no job %llu. \"outingctl jobs\" shows what there is.",
			(unsigned long long)number);
	return job;
}

static void get_job(struct daemon *daemon, uint64_t number, struct bus_answer *answer)
{
	const struct job *job = job_numbered(daemon, number, answer);

	if (job)
		answer_json(answer, job_json(job, true));
}

static void cancel_job(struct daemon *daemon, uint64_t number, struct bus_answer *answer)
{
	struct job *job = job_numbered(daemon, number, answer);

	if (job && job_ended(job))
		answer_error(answer, BUS_REFUSED, "Job %u has ended already.", job->id);
	else if (job)
		tasks_cancel(daemon, job);
}

/* What must be true of a device before a job is queued for it. */
static bool may_work(const struct medium *medium, const struct registered_device *entry, bool registered,
	const char *called, struct bus_answer *answer)
{
	if (!registered)
		answer_error(answer, BUS_REFUSED,
			"\"%s\" is not registered, so it is left alone. If it belongs to the setting, the "
			"manager "
			"can register it with \"outingctl device add\".",
			called);
	else if (!medium)
		answer_error(answer, BUS_REFUSED, "%s is not plugged in.", entry->name);
	else if (medium->ambiguous || medium->decision == DECISION_REFUSE)
		answer_error(answer, BUS_REFUSED, "%s: %s", entry->name, medium->reason);
	else if (medium->facts.kind != DEVICE_DISK)
		answer_error(answer, BUS_REFUSED,
			"%s is plugged in as a camera or phone (%s) that cannot be read yet. Put its card "
			"into a "
			"card reader.",
			entry->name, device_kind_name(medium->facts.kind));
	else if (medium->decision == DECISION_WAIT && !medium->told_any)
		answer_error(answer, BUS_BUSY, "The computer is still looking at %s. Try again in a moment.",
			entry->name);
	else if (medium->facts.size == 0)
		answer_error(answer, BUS_REFUSED, "There is no card in %s.", entry->name);
	else
		return true;
	return false;
}

static void start_job(struct daemon *daemon, enum job_kind kind, const struct bus_request *request,
	struct bus_answer *answer)
{
	_cleanup_free_ struct registered_device *entry = calloc(1, sizeof *entry);
	struct medium *medium = NULL;
	bool registered = false;

	if (!entry) {
		answer_errno(answer, -ENOMEM, "The job could not be queued");
		return;
	}
	if (!device_named(daemon, request->text[0], &medium, entry, &registered, answer) ||
		!may_work(medium, entry, registered, request->text[0], answer))
		return;
	tasks_ask(daemon,
		&(struct job_request){.kind = kind,
			.device = medium->identity.id,
			.name = entry->name,
			.confirmed_protected = request->flag},
		answer);
}

static void vault_create(struct daemon *daemon, uint64_t bytes, struct bus_answer *answer)
{
	if (strcmp(daemon->config.vault.path, CONTAINER_MOUNTPOINT) != 0)
		answer_error(answer, BUS_REFUSED,
			"The configuration says that the vault is the folder %s, so no container is made. "
			"Take "
			"vault.path out of the configuration first.",
			daemon->config.vault.path);
	else if (bytes < CONTAINER_SIZE_MIN || bytes > VAULT_BYTES_LIMIT)
		answer_error(answer, BUS_INVALID_ARGUMENT,
			"A vault has at least 64 MB and at most a thousand terabytes.");
	else
		tasks_ask(daemon, &(struct job_request){.kind = JOB_VAULT_CREATE, .bytes = bytes}, answer);
}

static void open_audit_log(struct daemon *daemon, struct bus_answer *answer)
{
	answer->fd = open(daemon->options.audit_path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NOFOLLOW);
	if (answer->fd < 0)
		answer_errno(answer, -errno, "The audit log could not be opened");
}

static void reload(struct daemon *daemon, struct bus_answer *answer)
{
	int r = daemon_reload(daemon);

	if (daemon->config_problem)
		answer_error(answer, BUS_FAILED,
			"The settings in use stay, because the file has a mistake: %s",
			daemon->config_problem);
	else if (r < 0)
		answer_errno(answer, r, "The new settings could not be recorded");
}

static void call(
	const struct bus_request *request, struct bus_pending *pending, struct bus_answer *answer, void *data)
{
	struct daemon *daemon = data;

	switch (request->rule->member) {
	case BUS_STATUS:
		ask_later(daemon, pending, answer, ask_status);
		return;
	case BUS_LIST_DEVICES:
		answer_json(answer, devices_json(daemon));
		return;
	case BUS_LIST_JOBS:
		answer_json(answer, job_table_json(daemon->jobs));
		return;
	case BUS_GET_JOB:
		get_job(daemon, request->number, answer);
		return;
	case BUS_LIST_SESSIONS:
		list_sessions(daemon, answer);
		return;
	case BUS_ADD_DEVICE:
		devices_add(daemon, request, answer);
		return;
	case BUS_RENAME_DEVICE:
		devices_rename(daemon, request, answer);
		return;
	case BUS_ASSIGN_DEVICE:
		devices_assign(daemon, request, answer);
		return;
	case BUS_REMOVE_DEVICE:
		devices_remove(daemon, request, answer);
		return;
	case BUS_OFFLOAD:
		start_job(daemon, JOB_OFFLOAD, request, answer);
		return;
	case BUS_WIPE:
		start_job(daemon, JOB_WIPE, request, answer);
		return;
	case BUS_CANCEL_JOB:
		cancel_job(daemon, request->number, answer);
		return;
	case BUS_VAULT_STATUS:
		ask_later(daemon, pending, answer, ask_vault);
		return;
	case BUS_VAULT_CREATE:
		vault_create(daemon, request->number, answer);
		return;
	case BUS_VAULT_VERIFY:
		tasks_ask(daemon, &(struct job_request){.kind = JOB_VAULT_VERIFY}, answer);
		return;
	case BUS_AUDIT_VERIFY:
		ask_later(daemon, pending, answer, ask_audit);
		return;
	case BUS_OPEN_AUDIT_LOG:
		open_audit_log(daemon, answer);
		return;
	case BUS_CERTIFICATES:
		certificates(daemon, request->text[0], answer);
		return;
	case BUS_RELOAD:
		reload(daemon, answer);
		return;
	case BUS_MEMBERS:
		break;
	}
	answer_error(answer, BUS_FAILED, "The agent does not know this request.");
}

static void denied(const struct bouncer_rule *rule, uid_t uid, void *data)
{
	struct js *fields = js_object();

	js_set_string(fields, "request", rule->name);
	js_set_string(fields, "action", rule->action);
	js_set_u64(fields, "uid", uid);
	(void)event_report(data, AUDIT_REFUSED_REQUEST, fields, NULL);
}

static bool ready(void *data)
{
	const struct daemon *daemon = data;

	return daemon->ready;
}

const struct bus_calls daemon_calls = {.call = call, .denied = denied, .ready = ready};
