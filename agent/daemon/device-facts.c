/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Facts about a device that is to travel. See device-facts.h. */

#include "daemon/device-facts.h"

#include "base/clock.h"
#include "base/log.h"
#include "daemon/daemon.h"
#include "daemon/media.h"
#include "outing/camera-name.h"
#include "policy/hint.h"
#include "state/attest.h"

#include <string.h>

#define DAY 86400

struct naming {
	bool has_stores; /* paths begin with the name of a store, which no person chose */
	uint64_t named;
};

static int count_named(const struct session_object *object, void *data)
{
	struct naming *naming = data;
	const char *slash = naming->has_stores ? strchr(object->path, '/') : NULL;

	naming->named += object->this_walk && !camera_named(slash ? slash + 1 : object->path);
	return 0;
}

/* Of the committed offload of this plug-in. Links and special files have names, too, that nobody kept. */
static bool count_names(struct daemon *daemon, const struct medium *medium, uint64_t *ret_count)
{
	_cleanup_free_ struct session *session = calloc(1, sizeof *session);
	struct naming naming = {.has_stores = !medium_is_disk(medium)};
	int r = session ? session_find_latest(daemon->state, medium->identity.key, medium->insertion, session)
			: -ENOMEM;

	if (r == SESSION_OK && (session->state != SESSION_COMMITTED || session->not_files > 0))
		r = SESSION_WRONG_STATE;
	if (r == SESSION_OK)
		r = session_each_object(daemon->state, session->id, count_named, &naming);
	if (r < 0)
		log_errno(LOG_LEVEL_ERROR, r, "%s: names of files", medium->identity.id);
	*ret_count = naming.named;
	return r == SESSION_OK;
}

static enum readiness_work work_on(struct daemon *daemon, const struct medium *medium)
{
	const struct job *job = job_of_device(daemon->jobs, medium->identity.id);

	if (!job)
		return READINESS_IDLE;
	return job->kind == JOB_WIPE ? READINESS_CLEARING : READINESS_OFFLOADING;
}

/* That a stick is refused because it is plain is no riddle: what is said of plain sticks is said of it. */
static bool is_unclear(const struct medium *medium)
{
	bool plain_stick = medium->entry.role == ROLE_STICK && strcmp(medium->facts.media, "plain") == 0;

	return medium->ambiguous || (medium->decision == DECISION_REFUSE && !plain_stick);
}

/* What is attested of a row of the register, against the clock. */
static void add_attestation(struct daemon *daemon, int64_t number, struct readiness_device *facts)
{
	struct attestation latest;
	int64_t now = clock_now(), max = (int64_t)daemon->config.outing.encrypted_max_days;
	int r = attest_device_latest(daemon->state, number, ATTEST_ENCRYPTED, &latest);

	if (r < 0)
		log_errno(LOG_LEVEL_ERROR, r, "%s: what is attested of it", facts->name);
	if (r != ATTEST_OK)
		return;
	facts->attested_days = (now - latest.at) / DAY;
	facts->encrypted = latest.at > now + DAY        ? READINESS_ATTESTED_LATER
			   : facts->attested_days > max ? READINESS_ATTESTED_LONG_AGO
							: READINESS_ATTESTED;
}

static void add_files(struct daemon *daemon, const struct medium *medium, struct readiness_device *facts)
{
	facts->hint = hint_unlock(medium->entry.role, medium->facts.vendor_id);
	facts->accept_removed = daemon->config.outing.accept_removed;
	add_attestation(daemon, medium->entry.number, facts);
}

static void add_medium(struct daemon *daemon, const struct medium *medium, struct readiness_device *facts)
{
	facts->present = true;
	facts->settled = medium->facts.settled && medium->decision != DECISION_WAIT;
	facts->unclear = is_unclear(medium);
	facts->unclear_reason = medium->reason;
	facts->kind = medium->facts.kind;
	facts->has_medium = medium_has_content(medium);
	facts->work = work_on(daemon, medium);
	facts->interrupted = medium->interrupted;
	facts->offloaded = medium->offloaded;
	facts->cleared = medium->cleared;
	facts->media = medium->facts.media;
	facts->hardware_encrypted = medium->facts.hardware_encrypted;
	if (!medium_is_disk(medium))
		add_files(daemon, medium, facts);
	if (facts->offloaded && daemon->config.outing.policy == CONFIG_OUTING_NAMES_ONLY)
		facts->names_known = count_names(daemon, medium, &facts->named_files);
}

static bool travels(const struct take *take, const struct medium *medium)
{
	for (size_t i = 0; i < take->count; i++)
		if (medium->registered && take->device[i].number == medium->entry.number)
			return true;
	return false;
}

/* A reader has no medium of its own: it is there if something says that it is in it. */
static void add_reader(struct daemon *daemon, const struct registered_device *entry, const struct take *take,
	struct readiness_device *facts)
{
	for (const struct medium *m = media_first(daemon->media); m; m = m->next) {
		if (strcmp(m->reader_id, entry->id) != 0)
			continue;
		facts->present = true;
		facts->foreign_card |= m->facts.size > 0 && !travels(take, m);
	}
}

static int same_device(const struct outing *outing, void *data)
{
	int64_t number = *(const int64_t *)data;

	for (size_t i = 0; i < outing->device_count; i++)
		if (outing->device[i].device == number && outing->device[i].returned_at == 0)
			return 1;
	return 0;
}

void device_facts_of(struct daemon *daemon, const struct registered_device *entry, const struct take *take,
	struct readiness_device *ret_facts, const char **ret_state)
{
	_cleanup_free_ struct registered_device *now = calloc(1, sizeof *now);
	const struct medium *medium = media_find_id(daemon->media, entry->id);
	struct readiness_device facts = {.name = entry->name, .role = entry->role};
	int64_t number = entry->number;

	/* Somebody may have taken it out of the register since the check began. */
	if (!now || register_find_by_id(daemon->state, entry->id, now) != REGISTER_OK ||
		now->number != number)
		facts.role = ROLE_NONE;
	facts.out = outing_each(daemon->state, OUTING_OPEN, 0, same_device, &number) == 1;
	*ret_state = "absent";
	if (entry->role == ROLE_READER) {
		add_reader(daemon, entry, take, &facts);
		*ret_state = facts.present ? "present" : "absent";
	} else if (medium && medium->registered && medium->entry.number == number &&
		   medium->decision != DECISION_IGNORE) {
		add_medium(daemon, medium, &facts);
		*ret_state = medium_state(daemon, medium);
	}
	*ret_facts = facts;
}
