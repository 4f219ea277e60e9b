/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * How fast records are made durable: state-rate DIRECTORY [OBJECTS] [ENTRIES] stores that many objects of one
 * session in batches, proves and commits it, appends that many audit entries with their anchor in the
 * database, verifies them, and prints one JSON object with rates and the growth of memory. DIRECTORY is on
 * the file system to be measured; what is made there is left there.
 */

#include "audit/audit.h"
#include "base/clock.h"
#include "base/number.h"
#include "state/session.h"
#include "state/state.h"

#include <string.h>
#include <sys/resource.h>

struct rate {
	struct state *state;
	struct session session;
	uint64_t objects, entries;
	struct js *result;
};

static double since(uint64_t start)
{
	return (double)(clock_monotonic_ns() - start) / 1e9;
}

static long peak_kib(void)
{
	struct rusage usage;

	(void)getrusage(RUSAGE_SELF, &usage);
	return usage.ru_maxrss;
}

static void fill(struct session_object *object, char path[48], uint64_t n)
{
	uint8_t digest[SHA512_SIZE];

	(void)snprintf(path, 48, "DCIM/%03lluSUNNY/IMG_%07llu.JPG", (unsigned long long)(100 + n / 1000),
		(unsigned long long)n);
	(void)sha512_of(path, strlen(path), digest);
	*object = (struct session_object){.path = path,
		.stored = path,
		.size = 4000000 + n,
		.mtime = 1700000000,
		.state = OBJECT_VERIFIED};
	memcpy(object->sha512, digest, sizeof digest);
	memcpy(object->xxh128, digest, sizeof object->xxh128);
}

static int store(struct rate *rate, struct set_digest *set)
{
	struct session_object batch[SESSION_BATCH];
	char paths[SESSION_BATCH][48];
	int r = 0;

	for (uint64_t n = 0; r == 0 && n < rate->objects;) {
		size_t count = 0;

		for (; count < SESSION_BATCH && n < rate->objects; count++, n++) {
			fill(&batch[count], paths[count], n);
			r = set_digest_add(set, paths[count], strlen(paths[count]), batch[count].size);
			if (r < 0)
				return r;
		}
		r = session_objects_store(rate->state, rate->session.id, batch, count);
	}
	return r;
}

static int nothing(const char *vault_dir, const char *stored, void *data)
{
	*(uint64_t *)data += 1;
	return 0;
}

static int look_up(struct rate *rate)
{
	uint64_t found = 0;
	char path[48];
	int r = 0;

	for (uint64_t n = 0; r == 0 && n < rate->objects; n += rate->objects / 1000 + 1) {
		struct session_object object;

		fill(&object, path, n);
		r = session_each_content(rate->state, object.sha512, object.size, 1, nothing, &found);
	}
	return r == 0 && found == 0 ? -ENODATA : r;
}

static int measure_objects(struct rate *rate)
{
	struct set_digest set = SET_DIGEST_NULL;
	long before = peak_kib();
	uint64_t start = clock_monotonic_ns();
	double seconds;
	int r = store(rate, &set);

	if (r != 0)
		return r;
	seconds = since(start);
	js_set_u64(rate->result, "objects", rate->objects);
	js_set_u64(rate->result, "objects_per_second", (uint64_t)((double)rate->objects / seconds));
	start = clock_monotonic_ns();
	r = look_up(rate);
	js_set_u64(rate->result, "content_lookups_us", (uint64_t)(since(start) * 1e6 / 1000));
	start = clock_monotonic_ns();
	if (r == 0)
		r = session_record_set(rate->state, rate->session.id, &set, 0);
	if (r == 0)
		r = session_set_state(rate->state, rate->session.id, SESSION_COPIED, NULL);
	if (r == 0)
		r = session_set_state(rate->state, rate->session.id, SESSION_COMMITTED, NULL);
	js_set_u64(rate->result, "prove_twice_ms", (uint64_t)(since(start) * 1e3));
	js_set_i64(rate->result, "memory_growth_kib", peak_kib() - before);
	return r;
}

static int measure_audit(struct rate *rate, const char *directory)
{
	struct audit_anchor_store anchor = {state_anchor_load, state_anchor_store, rate->state};
	_cleanup_(audit_closep) struct audit *audit = NULL;
	struct audit_options options = {.anchor = &anchor};
	struct audit_report report;
	char path[512];
	uint64_t start;
	int r;

	(void)snprintf(path, sizeof path, "%s/audit.jsonl", directory);
	options.path = path;
	r = audit_open(&options, &audit, NULL);
	start = clock_monotonic_ns();
	for (uint64_t n = 0; r >= 0 && n < rate->entries; n++) {
		struct js *fields = js_object();

		js_set_string(fields, "device", "Blue Room camera");
		js_set_u64(fields, "files", n);
		r = audit_append(audit, AUDIT_OFFLOAD_DONE, fields);
	}
	if (r < 0)
		return r;
	js_set_u64(
		rate->result, "audit_appends_per_second", (uint64_t)((double)rate->entries / since(start)));
	start = clock_monotonic_ns();
	r = audit_verify(path, &anchor, &report);
	js_set_u64(
		rate->result, "audit_verified_per_second", (uint64_t)((double)report.entries / since(start)));
	return r < 0 || report.verdict == AUDIT_WHOLE ? r : -EBADMSG;
}

static int measure(struct rate *rate, const char *directory)
{
	struct session wanted = {.key = "usb:0000:0000:RATE", .vault_dir = "/vault/rate"};
	struct state_problem problem = {""};
	_cleanup_free_ char *text = NULL;
	char path[512];
	uint64_t start;
	int r;

	(void)snprintf(path, sizeof path, "%s/state.db", directory);
	r = state_open(path, &rate->state, &problem);
	if (r == 0)
		r = session_create(rate->state, &wanted, &rate->session);
	if (r == 0)
		r = measure_objects(rate);
	if (r == 0)
		r = measure_audit(rate, directory);
	rate->state = state_close(rate->state);
	start = clock_monotonic_ns();
	if (r == 0)
		r = state_open(path, &rate->state, &problem);
	rate->state = state_close(rate->state);
	js_set_u64(rate->result, "open_and_check_ms", (uint64_t)(since(start) * 1e3));
	if (r == 0)
		r = js_text(rate->result, false, &text);
	if (r == 0)
		(void)puts(text);
	return r;
}

int main(int argc, char **argv)
{
	_cleanup_js_ struct js *result = js_object();
	struct rate rate = {.objects = 100000, .entries = 500, .result = result};
	int r;

	if (argc < 2 || argc > 4 || (argc > 2 && number_parse_u64(argv[2], &rate.objects) < 0) ||
		(argc > 3 && number_parse_u64(argv[3], &rate.entries) < 0)) {
		(void)fputs("usage: state-rate DIRECTORY [OBJECTS] [ENTRIES]\n", stderr);
		return 2;
	}
	r = measure(&rate, argv[1]);
	if (r != 0)
		(void)fprintf(stderr, "state-rate: failed (%d)\n", r);
	return r != 0;
}
