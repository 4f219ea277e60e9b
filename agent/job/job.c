/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * The table is a list in order of numbers. It is short (at most JOB_QUEUE_MAX unfinished and JOB_HISTORY
 * ended jobs), so every question walks it. See job.h.
 */

#include "job/job.h"

#include <string.h>

#define NS_PER_S        1000000000ULL
#define RATE_SETTLES_NS (2 * NS_PER_S)

struct entry {
	struct job job; /* first: a struct job is an entry */
	uint64_t phase_began_ns;
	uint64_t phase_began_bytes;
	struct entry *next;
};

struct job_table {
	struct entry *first, *last;
	uint32_t last_id;
};

int job_table_new(struct job_table **ret_table)
{
	struct job_table *table = calloc(1, sizeof *table);

	if (!table)
		return -ENOMEM;
	*ret_table = table;
	return 0;
}

static struct entry *entry_free(struct entry *entry)
{
	struct entry *next = entry->next;

	for (size_t i = 0; i < entry->job.finding_count; i++)
		free(entry->job.findings[i]);
	free(entry->job.findings);
	free(entry);
	return next;
}

struct job_table *job_table_free(struct job_table *table)
{
	struct entry *entry = table ? table->first : NULL;

	while (entry)
		entry = entry_free(entry);
	free(table);
	return NULL;
}

static void copy_text(char *to, size_t size, const char *text)
{
	(void)snprintf(to, size, "%s", text ? text : "");
}

bool job_ended(const struct job *job)
{
	return job->state != JOB_QUEUED && job->state != JOB_RUNNING;
}

static size_t count_unfinished(const struct job_table *table)
{
	return job_count(table, JOB_QUEUED) + job_count(table, JOB_RUNNING);
}

static bool is_vault_job(enum job_kind kind)
{
	return kind == JOB_VAULT_CREATE || kind == JOB_VAULT_VERIFY;
}

static struct job *same_place(struct job_table *table, const struct job_request *request)
{
	if (request->device)
		return job_of_device(table, request->device);
	for (struct entry *e = table->first; e; e = e->next)
		if (!job_ended(&e->job) && is_vault_job(e->job.kind))
			return &e->job;
	return NULL;
}

int job_add(struct job_table *table, const struct job_request *request, int64_t now, struct job **ret_job)
{
	struct job *there = same_place(table, request);
	struct entry *entry;

	if (there) {
		*ret_job = there;
		return JOB_DEVICE_BUSY;
	}
	if (count_unfinished(table) >= JOB_QUEUE_MAX)
		return JOB_TOO_MANY;
	entry = calloc(1, sizeof *entry);
	if (!entry)
		return -ENOMEM;
	entry->job = (struct job){.id = ++table->last_id,
		.kind = request->kind,
		.confirmed_protected = request->confirmed_protected,
		.format = request->format,
		.by_itself = request->by_itself,
		.bytes = request->bytes,
		.created_at = now};
	copy_text(entry->job.device, sizeof entry->job.device, request->device);
	copy_text(entry->job.name, sizeof entry->job.name, request->name);
	copy_text(entry->job.progress.phase, sizeof entry->job.progress.phase, "waiting");
	entry->job.progress.seconds_left = JOB_UNKNOWN;
	if (table->last)
		table->last->next = entry;
	else
		table->first = entry;
	table->last = entry;
	*ret_job = &entry->job;
	return JOB_OK;
}

struct job *job_find(struct job_table *table, uint32_t id)
{
	for (struct entry *e = table->first; e; e = e->next)
		if (e->job.id == id)
			return &e->job;
	return NULL;
}

struct job *job_of_device(struct job_table *table, const char *device)
{
	for (struct entry *e = table->first; e; e = e->next)
		if (!job_ended(&e->job) && strcmp(e->job.device, device) == 0)
			return &e->job;
	return NULL;
}

size_t job_count(const struct job_table *table, enum job_state state)
{
	size_t n = 0;

	for (const struct entry *e = table->first; e; e = e->next)
		n += e->job.state == state;
	return n;
}

static bool vault_is_being_made(const struct job_table *table)
{
	for (const struct entry *e = table->first; e; e = e->next)
		if (e->job.state == JOB_RUNNING && e->job.kind == JOB_VAULT_CREATE)
			return true;
	return false;
}

struct job *job_next(struct job_table *table)
{
	size_t running = job_count(table, JOB_RUNNING);

	if (running >= JOB_RUNNING_MAX || vault_is_being_made(table))
		return NULL;
	for (struct entry *e = table->first; e; e = e->next)
		if (e->job.state == JOB_QUEUED)
			return e->job.kind == JOB_VAULT_CREATE && running > 0 ? NULL : &e->job;
	return NULL;
}

void job_begin(struct job *job, int64_t now)
{
	if (job->state != JOB_QUEUED)
		return;
	job->state = JOB_RUNNING;
	job->started_at = now;
}

static void work_out_rate(struct entry *entry, uint64_t monotonic_ns)
{
	struct job_progress *p = &entry->job.progress;
	uint64_t spent = monotonic_ns - entry->phase_began_ns;
	double rate;

	if (spent < RATE_SETTLES_NS || p->bytes_done <= entry->phase_began_bytes)
		return;
	rate = (double)(p->bytes_done - entry->phase_began_bytes) / ((double)spent / (double)NS_PER_S);
	p->rate = (uint64_t)rate;
	if (p->bytes_total >= p->bytes_done && rate >= 1)
		p->seconds_left = (uint64_t)((double)(p->bytes_total - p->bytes_done) / rate);
}

void job_set_progress(struct job *job, const struct job_progress *progress, uint64_t monotonic_ns)
{
	struct entry *entry = (struct entry *)job;
	bool backwards = progress->bytes_done < job->progress.bytes_done;
	bool measured = progress->rate > 0;

	if (job_ended(job))
		return;
	if (entry->phase_began_ns == 0 || backwards || progress->bytes_total != job->progress.bytes_total) {
		entry->phase_began_ns = monotonic_ns;
		entry->phase_began_bytes = progress->bytes_done;
	}
	job->progress = *progress;
	job->progress.phase[sizeof job->progress.phase - 1] = 0;
	if (!measured) {
		job->progress.seconds_left = JOB_UNKNOWN;
		work_out_rate(entry, monotonic_ns);
	}
}

void job_set_phase(struct job *job, const char *phase)
{
	if (!job_ended(job))
		copy_text(job->progress.phase, sizeof job->progress.phase, phase);
}

void job_set_session(struct job *job, const char *session)
{
	if (!job_ended(job))
		copy_text(job->session, sizeof job->session, session);
}

void job_add_finding(struct job *job, const char *sentence)
{
	char **more, *copy;

	if (job_ended(job) || job->finding_count >= JOB_FINDINGS_MAX)
		return;
	copy = strdup(sentence);
	more = copy ? reallocarray(job->findings, job->finding_count + 1, sizeof *more) : NULL;
	if (!more) {
		free(copy);
		return;
	}
	job->findings = more;
	job->findings[job->finding_count++] = copy;
}

static void unlink_entry(struct job_table *table, struct entry *entry)
{
	struct entry *before = NULL;

	for (struct entry *e = table->first; e && e != entry; e = e->next)
		before = e;
	if (table->last == entry)
		table->last = before;
	if (before)
		before->next = entry_free(entry);
	else
		table->first = entry_free(entry);
}

/* Never the one that has just ended: its caller still looks at it. */
static void forget_oldest(struct job_table *table, const struct job *keep)
{
	struct entry *oldest = NULL;
	size_t ended = 0;

	for (struct entry *e = table->first; e; e = e->next) {
		if (!job_ended(&e->job))
			continue;
		ended++;
		if (&e->job != keep && (!oldest || e->job.ended_at < oldest->job.ended_at))
			oldest = e;
	}
	if (ended > JOB_HISTORY && oldest)
		unlink_entry(table, oldest);
}

void job_end(struct job_table *table, struct job *job, enum job_state state, const char *outcome,
	const char *sentence, int64_t now)
{
	if (job_ended(job))
		return;
	job->state = state;
	job->ended_at = now;
	job->progress.rate = 0;
	job->progress.seconds_left = state == JOB_DONE ? 0 : JOB_UNKNOWN;
	copy_text(job->outcome, sizeof job->outcome, outcome);
	copy_text(job->sentence, sizeof job->sentence, sentence);
	forget_oldest(table, job);
}

const char *job_kind_name(enum job_kind kind)
{
	switch (kind) {
	case JOB_OFFLOAD:
		return "offload";
	case JOB_WIPE:
		return "wipe";
	case JOB_VAULT_CREATE:
		return "vault-create";
	case JOB_VAULT_VERIFY:
		return "vault-verify";
	case JOB_ENCRYPT:
		return "encrypt";
	}
	return "unknown";
}

const char *job_state_name(enum job_state state)
{
	switch (state) {
	case JOB_QUEUED:
		return "queued";
	case JOB_RUNNING:
		return "running";
	case JOB_DONE:
		return "done";
	case JOB_FAILED:
		return "failed";
	case JOB_CANCELLED:
		return "cancelled";
	}
	return "unknown";
}

static const char *or_null(const char *text)
{
	return *text ? text : NULL;
}

static void progress_json(struct js *object, const struct job_progress *p)
{
	js_set_string(object, "phase", p->phase);
	js_set_u64(object, "files_done", p->files_done);
	js_set_u64(object, "files_total", p->files_total);
	js_set_u64(object, "bytes_done", p->bytes_done);
	js_set_u64(object, "bytes_total", p->bytes_total);
	js_set_u64(object, "rate", p->rate);
	if (p->seconds_left == JOB_UNKNOWN)
		js_set_null(object, "seconds_left");
	else
		js_set_u64(object, "seconds_left", p->seconds_left);
}

struct js *job_json(const struct job *job, bool with_findings)
{
	struct js *object = js_object(), *findings;

	js_set_u64(object, "id", job->id);
	js_set_string(object, "kind", job_kind_name(job->kind));
	js_set_string(object, "device", or_null(job->device));
	js_set_string(object, "name", or_null(job->name));
	js_set_string(object, "state", job_state_name(job->state));
	progress_json(object, &job->progress);
	js_set_string(object, "outcome", or_null(job->outcome));
	js_set_string(object, "sentence", or_null(job->sentence));
	js_set_string(object, "session", or_null(job->session));
	if (with_findings) {
		findings = js_array();
		for (size_t i = 0; i < job->finding_count; i++)
			js_append_string(findings, job->findings[i]);
		js_set(object, "findings", findings);
	}
	js_set_time(object, "started_at", job->started_at);
	js_set_time(object, "ended_at", job->ended_at);
	return object;
}

struct js *job_table_json(const struct job_table *table)
{
	struct js *array = js_array();

	for (const struct entry *e = table->first; e; e = e->next)
		js_append(array, job_json(&e->job, true));
	return array;
}
