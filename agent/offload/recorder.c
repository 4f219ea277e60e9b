/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * The recorder. See recorder.h.
 *
 * Objects are collected and stored in one transaction at each SYNC; only then the worker hears that they are
 * recorded. "Committed" is reached in one place, commit_session(), through the state database's own check of
 * the sums.
 */

#include "base/clock.h"
#include "base/fault.h"
#include "base/utf8.h"
#include "offload/recorder-internal.h"
#include "offload/source-ptp.h"

#include <string.h>
#include <sys/file.h>

#define REASON_MAX 256

#define CONTENT_TRIES 4

static int copy_option(char *to, size_t size, const char *from)
{
	int n = snprintf(to, size, "%s", from ? from : "");

	return n < 0 || (size_t)n >= size ? -ENAMETOOLONG : 0;
}

static int find_vault_path(struct recorder *recorder)
{
	char link[64];
	ssize_t n;

	(void)snprintf(link, sizeof link, "/proc/self/fd/%d", recorder->vault_fd);
	n = readlink(link, recorder->vault_path, sizeof recorder->vault_path - 1);
	if (n < 0)
		return -errno;
	recorder->vault_path[n] = 0;
	return recorder->vault_path[0] == '/' ? 0 : -ENOTDIR;
}

/* Path below the vault of an absolute path, or NULL when it is not there. */
static const char *below_vault(const struct recorder *recorder, const char *path)
{
	size_t size = strlen(recorder->vault_path);

	if (strncmp(path, recorder->vault_path, size) != 0 || path[size] != '/' || path[size + 1] == 0)
		return NULL;
	return path + size + 1;
}

/* A session that was interrupted, if its folder is still in this vault. */
static int find_old(struct recorder *recorder)
{
	_cleanup_close_ int folder = -1;
	struct session_totals totals;
	const char *path;
	int r = session_find_resumable(recorder->state, recorder->session.key, &recorder->old);

	if (r == SESSION_OK)
		r = session_totals(recorder->state, recorder->old.id, &totals);
	if (r < 0)
		return r;
	path = r == SESSION_OK ? below_vault(recorder, recorder->old.vault_dir) : NULL;
	if (!path || strlen(path) >= sizeof recorder->folder ||
		vault_session_open(recorder->vault_fd, path, &folder) < 0) {
		recorder->old.id[0] = 0;
		return 0;
	}
	if (flock(folder, LOCK_EX | LOCK_NB) < 0)
		return -EBUSY;
	recorder->folder_fd = TAKE_FD(folder);
	recorder->old_objects = totals.objects;
	(void)snprintf(recorder->folder, sizeof recorder->folder, "%s", path);
	return 0;
}

static int take_options(struct recorder *recorder, const struct recorder_options *options)
{
	struct session *session = &recorder->session;
	int r = copy_option(session->device_name, sizeof session->device_name, options->device_name);

	if (r >= 0)
		r = copy_option(session->key, sizeof session->key, options->device_key);
	if (r >= 0)
		r = copy_option(session->device_key, sizeof session->device_key, options->device_key);
	if (r >= 0)
		r = copy_option(session->media_key, sizeof session->media_key, options->media_key);
	if (r >= 0)
		r = copy_option(session->insertion, sizeof session->insertion, options->insertion);
	if (r >= 0)
		r = copy_option(recorder->user, sizeof recorder->user, options->user);
	if (r < 0)
		return r;
	recorder->source = strdup(options->source);
	return recorder->source ? 0 : -ENOMEM;
}

int recorder_new(const struct recorder_options *options, struct recorder **ret_recorder)
{
	_cleanup_(recorder_freep) struct recorder *recorder = calloc(1, sizeof *recorder);
	int r;

	if (!recorder)
		return -ENOMEM;
	recorder->state = options->state;
	recorder->vault_fd = options->vault_fd;
	recorder->reserve = options->reserve;
	recorder->progress.seconds_left = UINT64_MAX;
	recorder->folder_fd = -1;
	wire_message_init(&recorder->message);
	r = take_options(recorder, options);
	if (r >= 0)
		r = find_vault_path(recorder);
	if (r >= 0)
		r = find_old(recorder);
	if (r >= 0)
		*ret_recorder = TAKE_PTR(recorder);
	return r;
}

void recorder_drop_pending(struct recorder *recorder)
{
	for (size_t i = 0; i < recorder->pending; i++) {
		free((void *)(uintptr_t)recorder->objects[i].path);
		free((void *)(uintptr_t)recorder->objects[i].stored);
	}
	recorder->pending = 0;
}

struct recorder *recorder_free(struct recorder *recorder)
{
	if (!recorder)
		return NULL;
	recorder_drop_pending(recorder);
	for (size_t i = 0; i < recorder->result.failure_count; i++) {
		free((void *)(uintptr_t)recorder->failures[i].path);
		free((void *)(uintptr_t)recorder->failures[i].reason);
	}
	wire_message_clear(&recorder->message);
	(void)close_fd(recorder->folder_fd);
	free(recorder->source);
	free(recorder);
	return NULL;
}

static bool is_ptp(const struct recorder *recorder)
{
	return strncmp(recorder->source, SOURCE_PTP_PREFIX, strlen(SOURCE_PTP_PREFIX)) == 0;
}

int recorder_start(struct recorder *recorder, int wire_fd, int usbfs_fd)
{
	/* Who is handed a device need not know its path. */
	size_t source_size = is_ptp(recorder) ? strlen(SOURCE_PTP_PREFIX) : strlen(recorder->source);
	size_t user_size = strlen(recorder->user);
	const int fds[] = {recorder->vault_fd, usbfs_fd};
	struct offload_start start = {.reserve = recorder->reserve,
		.ask = recorder->old.id[0] != 0,
		.source_size = (uint16_t)source_size,
		.user_size = (uint16_t)user_size,
		.error = usbfs_fd < 0 && usbfs_fd != PTP_USB_NONE ? (uint32_t)-usbfs_fd : 0};
	uint8_t payload[sizeof start + OFFLOAD_SOURCE_MAX + OFFLOAD_USER_MAX];

	if (source_size > OFFLOAD_SOURCE_MAX)
		return -ENAMETOOLONG;
	memcpy(payload, &start, sizeof start);
	memcpy(payload + sizeof start, recorder->source, source_size);
	memcpy(payload + sizeof start + source_size, recorder->user, user_size);
	return wire_send_fds(wire_fd, OFFLOAD_START, payload, sizeof start + source_size + user_size, fds,
		usbfs_fd < 0 ? 1 : 2);
}

/* A worker that does not read what it asked for is not ours; one that has ended may have said more before. */
static int reply(int wire_fd, enum offload_message type, const void *head, size_t head_size, const char *tail,
	size_t tail_size)
{
	int r = wire_send2(wire_fd, type, head, head_size, tail, tail_size);

	if (r == -EPIPE)
		return 0;
	return r == -EAGAIN ? -EBADMSG : r;
}

/* --- questions --- */

struct lookup {
	struct recorder *recorder;
	const struct offload_query *query;
	struct offload_answer answer;
	char path[OFFLOAD_PATH_MAX + 1];
};

static int visit_object(const struct session_object *object, void *data)
{
	struct lookup *lookup = data;
	bool same = object->size == lookup->query->size && object->mtime == lookup->query->mtime;

	if (object->state == OBJECT_FAILED || same)
		lookup->recorder->hits++;
	if (!same || !object->stored ||
		(object->state != OBJECT_READ_BACK && object->state != OBJECT_VERIFIED) ||
		strlen(object->stored) > OFFLOAD_PATH_MAX)
		return 0;
	lookup->answer.found = 1;
	lookup->answer.proven = object->state == OBJECT_VERIFIED;
	memcpy(lookup->answer.sha512, object->sha512, SHA512_SIZE);
	memcpy(lookup->answer.xxh128, object->xxh128, XXH128_SIZE);
	(void)snprintf(lookup->path, sizeof lookup->path, "%s", object->stored);
	return 0;
}

static int look_up_path(struct lookup *lookup, struct offload_bytes path)
{
	char text[OFFLOAD_PATH_MAX + 1];
	int r;

	if (lookup->recorder->begun || lookup->recorder->old.id[0] == 0)
		return -EBADMSG;
	memcpy(text, path.bytes, path.size);
	text[path.size] = 0;
	r = session_object_find(
		lookup->recorder->state, lookup->recorder->old.id, text, visit_object, lookup);
	return r < 0 ? r : 0;
}

static int visit_content(const char *vault_dir, const char *stored, void *data)
{
	struct lookup *lookup = data;
	const char *folder = below_vault(lookup->recorder, vault_dir);
	int n;

	if (!folder)
		return 0;
	n = snprintf(lookup->path, sizeof lookup->path, "%s/%s", folder, stored);
	if (n < 0 || (size_t)n >= sizeof lookup->path || !offload_path_valid(lookup->path, (size_t)n))
		return 0;
	lookup->answer.found = 1;
	return 1;
}

static int look_up_content(struct lookup *lookup)
{
	int r;

	if (!lookup->recorder->begun)
		return -EBADMSG;
	r = session_each_content(lookup->recorder->state, lookup->query->sha512, lookup->query->size,
		CONTENT_TRIES, visit_content, lookup);
	return r < 0 ? r : 0;
}

static int on_query(struct recorder *recorder, int wire_fd)
{
	struct lookup lookup = {.recorder = recorder};
	struct offload_query query;
	struct offload_bytes path;
	int r = offload_parse_query(&recorder->message, &query, &path);

	if (r < 0)
		return r;
	lookup.query = &query;
	r = query.kind == OFFLOAD_QUERY_PATH ? look_up_path(&lookup, path) : look_up_content(&lookup);
	if (r < 0)
		return r;
	lookup.answer.number = query.number;
	return reply(wire_fd, OFFLOAD_ANSWER, &lookup.answer, sizeof lookup.answer, lookup.path,
		lookup.answer.found ? strlen(lookup.path) : 0);
}

/* --- the session --- */

static int on_totals(struct recorder *recorder, int wire_fd)
{
	struct offload_begin begin = {.started = clock_now()};
	struct offload_totals totals;
	const char *text = recorder->session.device_name;
	int r = offload_parse_totals(&recorder->message, &totals);

	if (r < 0 || recorder->begun || recorder->session.id[0])
		return -EBADMSG;
	if (recorder->old.id[0] && recorder->hits == recorder->old_objects) {
		begin.resume = 1;
		text = recorder->folder;
	} else {
		recorder->old.id[0] = 0;
	}
	recorder->begun = true;
	return reply(wire_fd, OFFLOAD_BEGIN, &begin, sizeof begin, text, strlen(text));
}

static int create_session(struct recorder *recorder, const char *path)
{
	struct session *session = &recorder->session;
	int n = snprintf(session->vault_dir, sizeof session->vault_dir, "%s/%s", recorder->vault_path, path);
	struct session created;
	int r;

	if (n < 0 || (size_t)n >= sizeof session->vault_dir)
		return -ENAMETOOLONG;
	(void)snprintf(session->source, sizeof session->source, "%.*s", (int)sizeof session->source - 1,
		recorder->source);
	r = session_create(recorder->state, session, &created);
	if (r == 0)
		*session = created;
	return r;
}

static int on_session(struct recorder *recorder)
{
	char path[VAULT_SESSION];
	_cleanup_close_ int folder = -1;
	struct offload_bytes bytes;
	int r = offload_parse_session(&recorder->message, &bytes);

	if (r < 0 || !recorder->begun || recorder->session.id[0] || bytes.size >= sizeof path)
		return -EBADMSG;
	memcpy(path, bytes.bytes, bytes.size);
	path[bytes.size] = 0;
	if (vault_session_open(recorder->vault_fd, path, &folder) < 0 ||
		(recorder->old.id[0] && strcmp(path, recorder->folder) != 0))
		return -EBADMSG;
	if (!recorder->old.id[0]) {
		if (flock(folder, LOCK_EX | LOCK_NB) < 0)
			return -EBADMSG;
		(void)close_fd(recorder->folder_fd);
		recorder->folder_fd = TAKE_FD(folder);
	}
	(void)snprintf(recorder->folder, sizeof recorder->folder, "%s", path);
	fault_point("record-session");
	if (recorder->old.id[0]) {
		r = session_resume(recorder->state, recorder->old.id, recorder->session.insertion);
		if (r == 0)
			recorder->session = recorder->old;
	} else {
		r = create_session(recorder, path);
	}
	fault_point("record-session-made");
	return r > 0 ? -EINVAL : r;
}

/* --- objects --- */

static int flush(struct recorder *recorder)
{
	int r;

	if (recorder->pending == 0)
		return 0;
	fault_point("record-objects");
	r = session_objects_store(
		recorder->state, recorder->session.id, recorder->objects, recorder->pending);
	fault_point("record-objects-stored");
	recorder_drop_pending(recorder);
	return r > 0 ? -EBADMSG : r;
}

static int add_object(struct recorder *recorder, const struct session_object *object,
	struct offload_bytes path, struct offload_bytes stored)
{
	struct session_object *place = &recorder->objects[recorder->pending];
	_cleanup_free_ char *path_text = strndup(path.bytes, path.size);
	_cleanup_free_ char *stored_text = stored.size > 0 ? strndup(stored.bytes, stored.size) : NULL;

	if (!path_text || (stored.size > 0 && !stored_text))
		return -ENOMEM;
	*place = *object;
	place->path = TAKE_PTR(path_text);
	place->stored = TAKE_PTR(stored_text);
	recorder->pending++;
	return recorder->pending == OFFLOAD_SYNC_EVERY ? flush(recorder) : 0;
}

static int on_object(struct recorder *recorder)
{
	struct session_object record = {0};
	struct offload_object object;
	struct offload_bytes path, stored;
	int r = offload_parse_object(&recorder->message, &object, &path, &stored);

	if (r < 0 || !recorder->session.id[0] || !utf8_valid(stored.bytes, stored.size))
		return -EBADMSG;
	record.size = object.size;
	record.mtime = object.mtime;
	record.state = object.state == OFFLOAD_VERIFIED ? OBJECT_VERIFIED : OBJECT_READ_BACK;
	record.linked = object.linked == 1;
	memcpy(record.sha512, object.sha512, SHA512_SIZE);
	memcpy(record.xxh128, object.xxh128, XXH128_SIZE);
	r = add_object(recorder, &record, path, stored);
	if (r >= 0)
		recorder->received++;
	return r;
}

static int on_sync(struct recorder *recorder, int wire_fd)
{
	struct offload_recorded recorded;
	int r = recorder->message.size == 0 ? flush(recorder) : -EBADMSG;

	if (r < 0)
		return r;
	recorded.objects = recorder->received;
	return reply(wire_fd, OFFLOAD_RECORDED, &recorded, sizeof recorded, NULL, 0);
}

/* The camera's own word behind ours. */
static const char *reason_text(
	const struct recorder *recorder, const struct offload_failed *failed, char buffer[static REASON_MAX])
{
	const char *name = offload_reason_name(failed->reason);
	char answer[PTP_NAME_SIZE];

	if (failed->error == 0 || !is_ptp(recorder))
		return name;
	(void)snprintf(buffer, REASON_MAX, "%s (%s)", name, ptp_error_name(failed->error, answer));
	return buffer;
}

static int keep_failure(struct recorder *recorder, struct offload_bytes path, const char *reason)
{
	struct recorder_failure *failure = &recorder->failures[recorder->result.failure_count];
	_cleanup_free_ char *name = NULL, *text = NULL;

	if (recorder->result.failure_count == RECORDER_FAILURES_MAX)
		return 0;
	name = utf8_sanitize(path.bytes, path.size);
	text = strdup(reason);
	if (!name || !text)
		return -ENOMEM;
	*failure = (struct recorder_failure){.path = TAKE_PTR(name), .reason = TAKE_PTR(text)};
	recorder->result.failure_count++;
	return 0;
}

static int on_failed(struct recorder *recorder)
{
	struct session_object record = {.state = OBJECT_FAILED};
	struct offload_failed failed;
	struct offload_bytes path;
	char buffer[REASON_MAX];
	int r = offload_parse_failed(&recorder->message, &failed, &path);

	if (r < 0)
		return r;
	recorder->failed++;
	record.reason = offload_reason_name(failed.reason);
	record.size = failed.size;
	r = keep_failure(recorder, path, reason_text(recorder, &failed, buffer));
	if (r < 0 || failed.is_file == 0)
		return r;
	if (!recorder->session.id[0])
		return -EBADMSG;
	return add_object(recorder, &record, path, (struct offload_bytes){0});
}

static int on_finding(struct recorder *recorder)
{
	struct offload_finding_head finding;
	struct offload_bytes path;
	int r = offload_parse_finding(&recorder->message, &finding, &path);

	if (r < 0)
		return r;
	if (++recorder->findings > OFFLOAD_ENTRY_MAX)
		return -EBADMSG;
	return keep_failure(recorder, path, offload_finding_name(finding.kind));
}

/* --- progress and end --- */

static int on_progress(struct recorder *recorder)
{
	struct recorder_progress *progress = &recorder->progress;
	struct offload_progress told;
	uint64_t elapsed_ms;
	int r = offload_parse_progress(&recorder->message, &told);

	if (r < 0)
		return r;
	progress->phase = told.phase;
	progress->files_done = told.files_done;
	progress->files_total = told.files_total;
	progress->bytes_done = told.bytes_done;
	progress->bytes_total = told.bytes_total;
	if (recorder->started_ns == 0 && told.bytes_done > 0)
		recorder->started_ns = clock_monotonic_ns();
	elapsed_ms = recorder->started_ns ? (clock_monotonic_ns() - recorder->started_ns) / 1000000 : 0;
	if (elapsed_ms < 1000)
		return 0;
	progress->bytes_per_second = told.bytes_done / elapsed_ms * 1000 + told.bytes_done % elapsed_ms;
	if (progress->bytes_per_second > 0)
		progress->seconds_left = (told.bytes_total - told.bytes_done) / progress->bytes_per_second;
	return 0;
}

static int on_ready(struct recorder *recorder)
{
	struct offload_ready ready;
	struct offload_bytes names;

	return offload_parse_ready(&recorder->message, &ready, &names);
}

static int on_result(struct recorder *recorder)
{
	struct offload_bytes detail;
	_cleanup_free_ char *text = NULL;
	int r = offload_parse_result(&recorder->message, &recorder->worker, &detail);

	if (r < 0)
		return r;
	text = utf8_sanitize(detail.bytes, detail.size);
	if (!text)
		return -ENOMEM;
	for (char *c = text; *c; c++)
		if ((unsigned char)*c < 0x20 || *c == 0x7f)
			*c = ' ';
	(void)snprintf(recorder->detail, sizeof recorder->detail, "%s", text);
	r = flush(recorder);
	if (r < 0)
		return r;
	recorder->have_result = true;
	return RECORDER_FINISHED;
}

static int dispatch(struct recorder *recorder, int wire_fd)
{
	switch (recorder->message.type) {
	case OFFLOAD_READY:
		return on_ready(recorder);
	case OFFLOAD_TOTALS:
		return on_totals(recorder, wire_fd);
	case OFFLOAD_SESSION:
		return on_session(recorder);
	case OFFLOAD_PROGRESS:
		return on_progress(recorder);
	case OFFLOAD_OBJECT:
		return on_object(recorder);
	case OFFLOAD_SYNC:
		return on_sync(recorder, wire_fd);
	case OFFLOAD_FAILED:
		return on_failed(recorder);
	case OFFLOAD_FINDING:
		return on_finding(recorder);
	case OFFLOAD_QUERY:
		return on_query(recorder, wire_fd);
	case OFFLOAD_RESULT:
		return on_result(recorder);
	default:
		return -EBADMSG;
	}
}

int recorder_receive(struct recorder *recorder, int wire_fd)
{
	int r;

	if (recorder->have_result || recorder->lied || recorder->record_error)
		return -EPIPE;
	r = wire_receive(wire_fd, &recorder->message);
	if (r == -EAGAIN)
		return r;
	if (r == 0)
		return -EPIPE;
	if (r > 0)
		r = recorder->message.fd_count > 0 ? -EBADMSG : dispatch(recorder, wire_fd);
	if (r == -EBADMSG)
		recorder->lied = true;
	else if (r < 0 && r != -EPIPE)
		recorder->record_error = -r;
	return r;
}

int recorder_cancel(struct recorder *recorder, int wire_fd)
{
	return wire_send(wire_fd, OFFLOAD_CANCEL, NULL, 0);
}
