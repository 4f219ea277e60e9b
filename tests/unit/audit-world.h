/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* A place with an audit log and its anchor, for the unit tests of the log. The anchor is in memory that
 * children which are killed share. */

#include "folder.h"

#include "audit/audit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/mman.h>

#include <cmocka.h>

struct anchor {
	uint64_t seq;
	char hash[129];
};

struct world {
	char directory[32];
	char path[64];
	struct anchor *anchor; /* shared with children that are killed */
	struct audit_anchor_store store;
	struct audit_options options;
};

static inline int anchor_load(void *data, uint64_t *ret_seq, char ret_hash[static 129])
{
	const struct anchor *anchor = data;

	*ret_seq = anchor->seq;
	memcpy(ret_hash, anchor->hash, sizeof anchor->hash);
	return 0;
}

static inline int anchor_store(void *data, uint64_t seq, const char *hash)
{
	struct anchor *anchor = data;

	anchor->seq = seq;
	(void)strcpy(anchor->hash, hash);
	return 0;
}

static inline int set_up(void **state)
{
	struct world *w = calloc(1, sizeof *w);

	assert_non_null(w);
	(void)strcpy(w->directory, "/tmp/audit-XXXXXX");
	assert_non_null(mkdtemp(w->directory));
	(void)snprintf(w->path, sizeof w->path, "%s/audit.jsonl", w->directory);
	w->anchor = mmap(NULL, sizeof *w->anchor, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	assert_ptr_not_equal(w->anchor, MAP_FAILED);
	w->store = (struct audit_anchor_store){anchor_load, anchor_store, w->anchor};
	w->options = (struct audit_options){.path = w->path, .anchor = &w->store, .retention_days = 31};
	*state = w;
	return 0;
}

static inline int tear_down(void **state)
{
	struct world *w = *state;

	assert_int_equal(folder_remove(w->directory), 0);
	(void)munmap(w->anchor, sizeof *w->anchor);
	free(w);
	return 0;
}

static inline int append_count(const struct world *w, unsigned count)
{
	_cleanup_(audit_closep) struct audit *audit = NULL;
	int r = audit_open(&w->options, &audit, NULL);

	for (unsigned i = 0; r >= 0 && i < count; i++) {
		struct js *fields = js_object();

		js_set_string(fields, "device", "Blue Room camera");
		js_set_u64(fields, "files", i);
		r = audit_append(audit, AUDIT_OFFLOAD_DONE, fields);
	}
	return r;
}

static inline struct audit_report verify(const struct world *w)
{
	struct audit_report report;

	assert_int_equal(audit_verify(w->path, &w->store, &report), 0);
	assert_true(report.sentence[0] != 0);
	return report;
}

static inline void assert_verdict(const struct world *w, enum audit_verdict verdict)
{
	assert_string_equal(audit_verdict_name(verify(w).verdict), audit_verdict_name(verdict));
}
