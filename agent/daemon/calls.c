/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * From a call to an answer. Whatever takes longer than a look into the state database is a job, or is asked
 * of a child and answered later.
 */

#include "daemon/calls.h"

#include "base/clock.h"
#include "base/log.h"
#include "daemon/answer.h"
#include "daemon/attest-call.h"
#include "daemon/check.h"
#include "daemon/daemon.h"
#include "daemon/devices.h"
#include "daemon/events.h"
#include "daemon/gates.h"
#include "daemon/media.h"
#include "daemon/name-list.h"
#include "daemon/outings.h"
#include "daemon/register-file.h"
#include "daemon/task-encrypt.h"
#include "daemon/tasks.h"
#include "daemon/usb.h"
#include "daemon/vault.h"
#include "encrypt/passphrase.h"
#include "state/emptying.h"
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
	js_set_u64(o, "devices_gated", gates_open_count(daemon));
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

static int add_json(struct js *array, const char *text)
{
	struct js *parsed = NULL;

	if (js_parse(text, strlen(text), &parsed) >= 0)
		js_append(array, parsed);
	return 0;
}

static int add_certificate(const struct clear *clear, const char *certificate, void *data)
{
	return add_json(data, certificate);
}

static int add_record(const char *record, void *data)
{
	return add_json(data, record);
}

/* A camera's card and the camera itself are two devices, so that one has certificates and the other has
 * records. */
static void certificates(struct daemon *daemon, const char *device, struct bus_answer *answer)
{
	_cleanup_free_ struct registered_device *entry = calloc(1, sizeof *entry);
	const char *key = *device ? entry ? entry->key : "" : NULL;
	struct medium *medium;
	struct js *array;
	bool registered;

	if (!entry || (*device && !device_named(daemon, device, &medium, entry, &registered, answer)))
		return;
	array = js_array();
	if (clear_each_certificate(daemon->state, key, CERTIFICATES_MAX, add_certificate, array) < 0 ||
		emptying_each_record(daemon->state, key, CERTIFICATES_MAX, add_record, array) < 0)
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
static bool may_work(struct daemon *daemon, const struct medium *medium,
	const struct registered_device *entry, bool registered, const char *called, struct bus_answer *answer)
{
	const struct usb_device *refused = registered ? usb_find_refused_entry(daemon, entry->number) : NULL;

	if (!registered)
		answer_error(answer, BUS_REFUSED,
			"\"%s\" is not registered, so it is left alone. If it belongs to the setting, the "
			"manager "
			"can register it with \"outingctl device add\".",
			called);
	else if (!medium && refused)
		answer_error(answer, BUS_REFUSED, "%s", refused->sentence);
	else if (!medium)
		answer_error(answer, BUS_REFUSED, "%s is not plugged in.", entry->name);
	else if (medium->ambiguous || medium->decision == DECISION_REFUSE)
		answer_error(answer, BUS_REFUSED, "%s: %s", entry->name, medium->reason);
	else if (!medium_is_disk(medium) && (entry->role == ROLE_STICK || entry->role == ROLE_READER))
		answer_error(answer, BUS_REFUSED,
			"%s is registered as a %s, but does not answer like one (it speaks %s), so it is "
			"left alone.",
			entry->name, role_name(entry->role), device_kind_name(medium->facts.kind));
	else if (medium_is_looked_at(medium))
		answer_error(answer, BUS_BUSY, "The computer is still looking at %s. Try again in a moment.",
			entry->name);
	else if (!medium_has_content(medium))
		answer_error(answer, BUS_REFUSED, "There is no card in %s.", entry->name);
	else
		return true;
	return false;
}

/* Only what was made to be formatted by itself, and would otherwise keep its folders. */
static bool may_format(
	const struct medium *medium, const struct registered_device *entry, struct bus_answer *answer)
{
	if (medium_is_disk(medium))
		answer_error(answer, BUS_REFUSED,
			"%s shows its card as a disk. There is nothing to format: \"outingctl wipe\" clears "
			"the "
			"whole card.",
			entry->name);
	else if (entry->role != ROLE_CAMERA)
		answer_error(answer, BUS_REFUSED,
			"%s is registered as a %s. Only a camera can be formatted; reset it in its own "
			"settings.",
			entry->name, role_name(entry->role));
	else
		return true;
	return false;
}

static void start_job(struct daemon *daemon, const struct bus_request *request, struct bus_answer *answer)
{
	_cleanup_free_ struct registered_device *entry = calloc(1, sizeof *entry);
	struct medium *medium = NULL;
	bool registered = false, format = request->rule->member == BUS_FORMAT;

	if (!entry) {
		answer_errno(answer, -ENOMEM, "The job could not be queued");
		return;
	}
	if (!device_named(daemon, request->text[0], &medium, entry, &registered, answer) ||
		!may_work(daemon, medium, entry, registered, request->text[0], answer) ||
		(format && !may_format(medium, entry, answer)))
		return;
	tasks_ask(daemon,
		&(struct job_request){.kind = request->rule->member == BUS_OFFLOAD ? JOB_OFFLOAD : JOB_WIPE,
			.device = medium->identity.id,
			.name = entry->name,
			.confirmed_protected = request->flag,
			.format = format},
		answer);
}

/* The passphrase, judged; NULL and the answer's error when it is not one. */
static struct secret *good_passphrase(int fd, struct bus_answer *answer)
{
	_cleanup_(secret_freep) struct secret *passphrase = NULL;
	char sentence[PASSPHRASE_SENTENCE];
	int r = passphrase_check_fd(fd);

	if (r >= 0)
		r = passphrase_read(fd, &passphrase);
	if (r < 0)
		answer_error(answer, BUS_INVALID_ARGUMENT,
			"The passphrase could not be read (%s). It is handed over in a file in memory, or in "
			"a pipe "
			"whose other end is closed, and has at most %d bytes.",
			strerror(-r), PASSPHRASE_BYTES_MAX);
	else if (passphrase_check(passphrase, sentence) != PASSPHRASE_OK)
		answer_error(answer, BUS_REFUSED, "%s", sentence);
	else
		return TAKE_PTR(passphrase);
	return NULL;
}

static void start_encrypt(struct daemon *daemon, const struct bus_request *request, struct bus_answer *answer)
{
	_cleanup_free_ struct registered_device *entry = calloc(1, sizeof *entry);
	_cleanup_(secret_freep) struct secret *passphrase = NULL;
	struct medium *medium = NULL;
	bool registered = false;

	if (!entry) {
		answer_errno(answer, -ENOMEM, "The job could not be queued");
		return;
	}
	if (!device_named(daemon, request->text[0], &medium, entry, &registered, answer) ||
		!may_work(daemon, medium, entry, registered, request->text[0], answer))
		return;
	if (entry->role != ROLE_STICK) {
		answer_error(answer, BUS_REFUSED,
			"%s is registered as a %s. Only a stick can be encrypted: a camera could not use its "
			"card "
			"any more.",
			entry->name, role_name(entry->role));
		return;
	}
	passphrase = good_passphrase(request->fd, answer);
	if (passphrase)
		task_encrypt_ask(daemon,
			&(struct job_request){
				.kind = JOB_ENCRYPT, .device = medium->identity.id, .name = entry->name},
			TAKE_PTR(passphrase), request->flag, answer);
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

/* What is asked of the register, but for adding, which may take a moment. */
static void call_register(struct daemon *daemon, const struct bus_request *request, struct bus_answer *answer)
{
	static const struct {
		enum bus_member member;
		void (*call)(
			struct daemon *daemon, const struct bus_request *request, struct bus_answer *answer);
	} calls[] = {
		{BUS_RENAME_DEVICE, devices_rename},
		{BUS_ASSIGN_DEVICE, devices_assign},
		{BUS_ASSIGN_PERSON, devices_assign_person},
		{BUS_REMOVE_DEVICE, devices_remove},
		{BUS_EXPORT_DEVICES, register_file_export},
		{BUS_IMPORT_DEVICES, register_file_import},
	};

	for (size_t i = 0; i < ELEMENTS(calls); i++)
		if (calls[i].member == request->rule->member)
			calls[i].call(daemon, request, answer);
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
		devices_add(daemon, request, pending, answer);
		return;
	case BUS_RENAME_DEVICE:
	case BUS_ASSIGN_DEVICE:
	case BUS_ASSIGN_PERSON:
	case BUS_REMOVE_DEVICE:
	case BUS_EXPORT_DEVICES:
	case BUS_IMPORT_DEVICES:
		call_register(daemon, request, answer);
		return;
	case BUS_OFFLOAD:
	case BUS_WIPE:
	case BUS_FORMAT:
		start_job(daemon, request, answer);
		return;
	case BUS_ENCRYPT:
		start_encrypt(daemon, request, answer);
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
	case BUS_CHECK:
		check_call(daemon, request, pending, answer);
		return;
	case BUS_RECORD_OUTING:
		outings_record(daemon, request, pending, answer);
		return;
	case BUS_LIST_OUTINGS:
		outings_list(daemon, answer);
		return;
	case BUS_LIST_INCIDENTS:
		outings_list_incidents(daemon, answer);
		return;
	case BUS_RETURN_OUTING:
		outings_return(daemon, request->text[0], request->uid, answer);
		return;
	case BUS_ATTEST:
	case BUS_ATTEST_DEVICE:
		attest_call(daemon, request, answer);
		return;
	case BUS_IMPORT_NAMES:
	case BUS_COUNT_NAMES:
	case BUS_CLEAR_NAMES:
		name_list_call(daemon, request, pending, answer);
		return;
	case BUS_ALLOW_COPY:
		gates_allow(daemon, request, answer);
		return;
	case BUS_EJECT:
		gates_eject(daemon, request, pending, answer);
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
