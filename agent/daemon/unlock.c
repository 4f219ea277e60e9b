/* SPDX-License-Identifier: GPL-3.0-or-later */

/* See unlock.h. */

#include "daemon/unlock.h"

#include "base/log.h"
#include "daemon/daemon.h"
#include "daemon/events.h"
#include "daemon/media.h"

#include <string.h>

static bool seen_before(struct unlocks *unlocks, uint64_t diskseq)
{
	if (diskseq == 0)
		return false;
	for (size_t i = 0; i < UNLOCKS_KEPT; i++)
		if (unlocks->diskseq[i] == diskseq)
			return true;
	unlocks->diskseq[unlocks->next] = diskseq;
	unlocks->next = (unlocks->next + 1) % UNLOCKS_KEPT;
	return false;
}

static const struct medium *find_medium(struct daemon *daemon, const char *syspath)
{
	for (const struct medium *m = media_first(daemon->media); m; m = m->next)
		if (strcmp(m->facts.syspath, syspath) == 0)
			return m;
	return NULL;
}

int unlock_seen(struct unlocks *unlocks, struct daemon *daemon, const struct device_facts *facts)
{
	const struct medium *medium = find_medium(daemon, facts->syspath);
	struct js *fields;
	int r;

	if (daemon->stopping || seen_before(unlocks, facts->opened_diskseq))
		return 0;
	fields = js_object();
	js_set_string(fields, "device", medium ? medium->identity.id : NULL);
	js_set_string(fields, "name", medium && medium->registered ? medium->entry.name : NULL);
	js_set_string(fields, "serial", facts->serial);
	js_set_string(fields, "node", facts->node);
	js_set_string(fields, "opened", facts->opened);
	r = event_report(daemon, AUDIT_DEVICE_UNLOCKED, fields, NULL);
	if (r < 0)
		log_errno(LOG_LEVEL_WARNING, r, "that %s was opened could not be recorded", facts->node);
	return 0;
}
