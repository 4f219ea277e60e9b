/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * The life of one card in records, step by step, for tests of power cuts.
 *
 *   state-steps run DIRECTORY     an offload, its commit, a clear and its certificate, an outing and its
 * return, each also in the audit log. After each durable step its name is written to stdout: from then on it
 * must last. state-steps check DIRECTORY   opens what is there, as after a power cut, and prints one JSON
 * object about it.
 */

#include "audit/audit.h"
#include "state/clear.h"
#include "state/outing.h"
#include "state/state.h"

#include <string.h>

#define KEY         "card:1234:ABCD-0001:BLUE:1024"
#define BATCHES     4
#define BATCH       3
#define CERTIFICATE "{\"method\":\"clear\"}"

struct steps {
	struct state *state;
	struct audit *audit;
	struct session session;
	struct clear clear;
	struct set_digest set;
	bool mirror;
};

static void steps_clear(struct steps *steps)
{
	steps->audit = audit_close(steps->audit);
	steps->state = state_close(steps->state);
}

static int told(const char *step, int r)
{
	char line[32];
	int n = snprintf(line, sizeof line, "%s\n", step);

	if (r == 0 && write(STDOUT_FILENO, line, (size_t)n) != n)
		return -EIO;
	return r;
}

static int open_both(struct steps *steps, const char *directory)
{
	struct audit_anchor_store anchor = {state_anchor_load, state_anchor_store, NULL};
	struct audit_options options = {.anchor = &anchor, .mirror = steps->mirror};
	struct state_problem problem = {""};
	char path[512];
	int r;

	(void)snprintf(path, sizeof path, "%s/state.db", directory);
	r = state_open(path, &steps->state, &problem);
	if (r > 0)
		(void)fprintf(stderr, "%s\n", problem.text);
	if (r != 0)
		return r;
	anchor.data = steps->state;
	(void)snprintf(path, sizeof path, "%s/audit.jsonl", directory);
	options.path = path;
	return audit_open(&options, &steps->audit, NULL);
}

static int store_batch(struct steps *steps, unsigned batch)
{
	struct session_object objects[BATCH];
	char paths[BATCH][32];
	int r;

	for (unsigned i = 0; i < BATCH; i++) {
		(void)snprintf(paths[i], sizeof paths[i], "DCIM/%u%u.JPG", batch, i);
		objects[i] = (struct session_object){.path = paths[i],
			.stored = paths[i],
			.size = batch * 100 + i,
			.state = OBJECT_VERIFIED};
		r = set_digest_add(&steps->set, paths[i], strlen(paths[i]), objects[i].size);
		if (r < 0)
			return r;
	}
	return session_objects_store(steps->state, steps->session.id, objects, BATCH);
}

static struct js *done_fields(const struct steps *steps)
{
	struct js *fields = js_object(), *folders = js_array();

	js_set_string(fields, "device", "disk-0123456789");
	js_set_string(fields, "name", "Blue Room camera");
	js_set_u64(fields, "files", steps->set.files);
	js_append_string(folders, "DCIM");
	js_set(fields, "folders", folders);
	return fields;
}

static int offload(struct steps *steps)
{
	struct session wanted = {.key = KEY, .media_key = KEY, .insertion = "boot/1", .vault_dir = "/vault"};
	const char *id = steps->session.id;
	int r;

	r = told("session", session_create(steps->state, &wanted, &steps->session));
	if (r == 0)
		r = told("audit", audit_append(steps->audit, AUDIT_OFFLOAD_STARTED, NULL));
	for (unsigned batch = 0; r == 0 && batch < BATCHES; batch++)
		r = told("batch", store_batch(steps, batch));
	if (r == 0)
		r = session_record_set(steps->state, id, &steps->set, 0);
	if (r == 0)
		r = session_set_state(steps->state, id, SESSION_COPIED, NULL);
	if (r == 0)
		r = told("committed", session_set_state(steps->state, id, SESSION_COMMITTED, NULL));
	return r ? r : told("audit", audit_append(steps->audit, AUDIT_OFFLOAD_DONE, done_fields(steps)));
}

static int clear(struct steps *steps)
{
	const char *id = steps->clear.id;
	struct clear wanted = {.insertion = "boot/1", .method = "clear", .total = 1};
	char plan[9000];
	int r;

	memset(plan, 0x5a, sizeof plan);
	memcpy(wanted.session_id, steps->session.id, sizeof wanted.session_id);
	r = told("plan", clear_create(steps->state, &wanted, plan, sizeof plan, &steps->clear));
	if (r == 0)
		r = clear_set_state(steps->state, id, CLEAR_WRITING, NULL);
	if (r == 0)
		r = clear_set_state(steps->state, id, CLEAR_READING_BACK, NULL);
	if (r == 0)
		r = told("certificate", clear_finish(steps->state, id, CERTIFICATE));
	return r ? r : told("audit", audit_append(steps->audit, AUDIT_CLEAR_DONE, NULL));
}

static int outing(struct steps *steps)
{
	_cleanup_free_ struct outing *wanted = calloc(1, sizeof *wanted);
	struct outing_part part = {.device = OUTING_LAPTOP};
	int r;

	if (!wanted)
		return -ENOMEM;
	*wanted = (struct outing){.destination = "Farm",
		.leader = "Robin Example",
		.requested_by = "uid 0",
		.left_at = 1,
		.due_back = 2,
		.laptop = true};
	r = told("outing", outing_create(steps->state, wanted, &part.outing));
	if (r == 0)
		r = told("audit", audit_append(steps->audit, AUDIT_OUTING_RECORDED, NULL));
	if (r == 0)
		r = told("audited", outing_set_audited(steps->state, part.outing));
	if (r == 0)
		r = told("audit", audit_append(steps->audit, AUDIT_OUTING_RETURNED, NULL));
	return r ? r : told("returned", outing_book_in(steps->state, &part, 1, 3));
}

static int run(const char *directory, bool mirror)
{
	_cleanup_(steps_clear) struct steps steps = {.mirror = mirror};
	int r = open_both(&steps, directory);

	if (r == 0)
		r = offload(&steps);
	if (r == 0)
		r = clear(&steps);
	return r ? r : outing(&steps);
}

static int count_certificate(const struct clear *found, const char *certificate, void *data)
{
	*(uint64_t *)data += strcmp(certificate, CERTIFICATE) == 0;
	return 0;
}

static int check_audit(struct steps *steps, const char *directory, struct js *result)
{
	struct audit_anchor_store anchor = {state_anchor_load, state_anchor_store, steps->state};
	struct audit_report report;
	char path[512];
	int r;

	(void)snprintf(path, sizeof path, "%s/audit.jsonl", directory);
	r = audit_verify(path, &anchor, &report);
	if (r < 0)
		return r;
	js_set_string(result, "verdict", audit_verdict_name(report.verdict));
	js_set_u64(result, "entries", report.entries);
	return 0;
}

static int check_records(struct steps *steps, struct js *result)
{
	struct session_totals totals = {0};
	uint64_t certificates = 0;
	void *plan = NULL;
	size_t size = 0;
	int r, found;

	found = session_find_latest(steps->state, KEY, NULL, &steps->session);
	r = found == 0 ? session_totals(steps->state, steps->session.id, &totals) : 0;
	if (r == 0)
		r = clear_each_certificate(steps->state, KEY, 0, count_certificate, &certificates);
	if (r != 0)
		return r;
	js_set_string(result, "session", found == 0 ? session_state_name(steps->session.state) : NULL);
	js_set_u64(result, "objects", totals.verified.files);
	js_set_u64(result, "certificates", certificates);
	found = clear_find_unfinished(steps->state, KEY, &steps->clear);
	if (found == 0 && clear_load_plan(steps->state, steps->clear.id, &plan, &size) < 0)
		return -EIO;
	free(plan);
	js_set_u64(result, "plan", size);
	return 0;
}

static int count_outing(const struct outing *found, void *data)
{
	(*(uint64_t *)data)++;
	return 0;
}

static int check_outing(struct steps *steps, struct js *result)
{
	_cleanup_free_ struct outing *found = calloc(1, sizeof *found);
	uint64_t unaudited = 0;
	int r = found ? outing_load(steps->state, 1, found) : -ENOMEM;

	if (r < 0)
		return r;
	js_set_string(result, "outing", r == OUTING_OK ? outing_state_name(found) : NULL);
	r = outing_each(steps->state, OUTING_UNAUDITED, 0, count_outing, &unaudited);
	js_set_u64(result, "unaudited", unaudited);
	return r;
}

static int check(const char *directory)
{
	_cleanup_(steps_clear) struct steps steps = {0};
	_cleanup_js_ struct js *result = js_object();
	_cleanup_free_ char *text = NULL;
	int r = open_both(&steps, directory);

	if (r == 0)
		r = check_records(&steps, result);
	if (r == 0)
		r = check_outing(&steps, result);
	if (r == 0)
		r = check_audit(&steps, directory, result);
	if (r == 0)
		r = js_text(result, false, &text);
	if (r == 0)
		(void)puts(text);
	return r;
}

int main(int argc, char **argv)
{
	const char *mode = argc == 3 ? argv[1] : "";
	int r;

	if (strcmp(mode, "run") == 0 || strcmp(mode, "mirror") == 0) {
		r = run(argv[2], strcmp(mode, "mirror") == 0);
	} else if (strcmp(mode, "check") == 0) {
		r = check(argv[2]);
	} else {
		(void)fputs("usage: state-steps run|mirror|check DIRECTORY\n", stderr);
		return 2;
	}
	if (r != 0)
		(void)fprintf(stderr, "state-steps: failed (%d)\n", r);
	return r != 0;
}
