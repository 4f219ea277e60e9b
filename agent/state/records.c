/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Opening both. See records.h. */

#include "state/records.h"

#define READERS "outing-managers"

static char *join(const char *folder, const char *name)
{
	char *path;

	return asprintf(&path, "%s/%s", folder, name) < 0 ? NULL : path;
}

int records_open(const char *folder, struct records *ret_records, enum records_failure *ret_failure,
	struct state_problem *ret_problem)
{
	struct audit_anchor_store anchor = {.load = state_anchor_load, .store = state_anchor_store};
	struct audit_options audit = {.anchor = &anchor, .group = READERS, .mirror = !folder};
	struct records *records = ret_records;
	int r;

	*records = (struct records){0};
	*ret_failure = RECORDS_MEMORY;
	records->database = join(folder ? folder : OUTING_STATEDIR, "state.db");
	records->log = join(folder ? folder : OUTING_LOGDIR, "audit.jsonl");
	if (!records->database || !records->log)
		return -ENOMEM;
	*ret_failure = RECORDS_STATE;
	r = state_open(records->database, &records->state, ret_problem);
	if (r != STATE_OK)
		return r;
	*ret_failure = RECORDS_AUDIT;
	audit.path = records->log;
	anchor.data = records->state;
	return audit_open(&audit, &records->audit, NULL);
}

void records_clear(struct records *records)
{
	records->audit = audit_close(records->audit);
	records->state = state_close(records->state);
	free(records->log);
	free(records->database);
	records->log = records->database = NULL;
}
