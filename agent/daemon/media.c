/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * From an event to a decision: facts in, identity, register, state database, then policy's pure function.
 * Then the difference to what was told before is recorded, reported and acted on. See media.h.
 */

#include "daemon/media.h"

#include "base/log.h"
#include "daemon/daemon.h"
#include "daemon/devices.h"
#include "daemon/events.h"
#include "daemon/gates.h"
#include "daemon/outings.h"
#include "daemon/tasks.h"
#include "daemon/usb.h"
#include "device/blockdev.h"
#include "offload/source-ptp.h"
#include "state/emptying.h"

#include <string.h>

struct media {
	struct daemon *daemon;
	struct medium *first;
	size_t count;
	uint64_t last_plug;
};

int media_new(struct daemon *daemon, struct media **ret_media)
{
	struct media *media = calloc(1, sizeof *media);

	if (!media)
		return -ENOMEM;
	media->daemon = daemon;
	*ret_media = media;
	return 0;
}

struct media *media_free(struct media *media)
{
	while (media && media->first) {
		struct medium *medium = media->first;

		media->first = medium->next;
		free(medium);
	}
	free(media);
	return NULL;
}

struct medium *media_first(struct media *media)
{
	return media->first;
}

struct medium *media_find_id(struct media *media, const char *id)
{
	for (struct medium *m = media->first; m; m = m->next)
		if (strcmp(m->identity.id, id) == 0)
			return m;
	return NULL;
}

const char *medium_name(const struct medium *medium, char *buffer, size_t size)
{
	const struct device_facts *f = &medium->facts;

	if (medium->registered)
		(void)snprintf(buffer, size, "%s", medium->entry.name);
	else if (*f->vendor || *f->product)
		(void)snprintf(
			buffer, size, "%s%s%s", f->vendor, *f->vendor && *f->product ? " " : "", f->product);
	else
		(void)snprintf(buffer, size, "%s", medium->identity.id);
	return buffer;
}

bool medium_is_disk(const struct medium *medium)
{
	return medium->facts.kind == DEVICE_DISK;
}

bool medium_has_content(const struct medium *medium)
{
	return !medium_is_disk(medium) || medium->facts.size > 0;
}

static struct medium *find_place(struct media *media, const char *syspath)
{
	for (struct medium *m = media->first; m; m = m->next)
		if (strcmp(m->facts.syspath, syspath) == 0)
			return m;
	return NULL;
}

static void forget(struct media *media, struct medium *medium)
{
	struct medium **at;

	for (at = &media->first; *at; at = &(*at)->next)
		if (*at == medium) {
			*at = medium->next;
			media->count--;
			break;
		}
	free(medium);
}

static bool other_medium(const struct medium *medium, const struct device_facts *facts)
{
	return medium->facts.diskseq != facts->diskseq || medium->facts.number != facts->number ||
	       strcmp(medium->facts.node, facts->node) != 0 ||
	       (medium->facts.size > 0 && medium->facts.size != facts->size);
}

/* Only of what was told when it came. */
static void tell_gone(struct daemon *daemon, const struct medium *medium)
{
	char name[REGISTER_NAME_SIZE + DEVICE_TEXT];
	struct hooks_event hook = {.device = medium_name(medium, name, sizeof name),
		.role = medium->registered ? role_name(medium->entry.role) : NULL,
		.room = medium->registered ? medium->entry.room : NULL};
	struct js *fields;

	if (!medium->told_any || medium->decision == DECISION_IGNORE)
		return;
	fields = js_object();
	js_set_string(fields, "device", medium->identity.id);
	js_set_string(fields, "name", medium->registered ? medium->entry.name : NULL);
	js_set_string(fields, "role", hook.role);
	js_set_string(fields, "node", medium->facts.node);
	(void)event_report(daemon, AUDIT_DEVICE_GONE, fields, &hook);
}

static int take_facts(struct media *media, struct medium *medium, const struct device_facts *facts,
	const char *offload_source)
{
	struct medium *next = medium->next;

	if (medium->plug == 0 || other_medium(medium, facts)) {
		tell_gone(media->daemon, medium);
		*medium = (struct medium){.next = next, .plug = ++media->last_plug};
	}
	medium->facts = *facts;
	(void)snprintf(medium->source, sizeof medium->source, "%s%s",
		medium_is_disk(medium) || offload_source ? "" : SOURCE_PTP_PREFIX,
		offload_source ? offload_source : facts->node);
	if (facts->diskseq > 0 && !*medium->insertion)
		return blockdev_insertion_text(facts->diskseq, medium->insertion);
	return 0;
}

static void went_away(struct media *media, const char *syspath)
{
	struct medium *medium = find_place(media, syspath);
	char id[IDENTITY_ID_SIZE];
	bool known;

	if (!medium)
		return;
	(void)snprintf(id, sizeof id, "%s", medium->identity.id);
	known = medium->told_any && medium->decision != DECISION_IGNORE;
	tell_gone(media->daemon, medium);
	forget(media, medium);
	if (known)
		device_changed(media->daemon, id);
}

int media_event(struct media *media, enum device_event event, const struct device_facts *facts,
	const char *offload_source)
{
	struct medium *medium;
	int r;

	if (event == DEVICE_REMOVED) {
		went_away(media, facts->syspath);
		return media_judge(media);
	}
	medium = find_place(media, facts->syspath);
	if (!medium) {
		if (media->count >= MEDIA_MAX) {
			log_warning("more than %d devices are plugged in, one is left alone", MEDIA_MAX);
			return 0;
		}
		medium = calloc(1, sizeof *medium);
		if (!medium)
			return -ENOMEM;
		medium->next = media->first;
		media->first = medium;
		media->count++;
	}
	r = take_facts(media, medium, facts, offload_source);
	return r < 0 ? r : media_judge(media);
}

void media_await_rules(struct media *media, const char *syspath)
{
	struct medium *medium = find_place(media, syspath);

	if (medium && medium->told_any && medium->told == DECISION_GATE)
		medium->facts.settled = false;
}

/* The registered reader that it is in or that it is. */
static int find_reader(struct daemon *daemon, const struct medium *medium, struct registered_device *ret)
{
	char key[IDENTITY_KEY_SIZE];
	int r;

	identity_device_key(&medium->facts, key);
	if (!*key)
		return REGISTER_NONE;
	r = register_find_by_key(daemon->state, key, ret);
	if (r == REGISTER_OK && ret->role != ROLE_READER)
		return REGISTER_NONE;
	return r;
}

static int identify(struct daemon *daemon, struct medium *medium)
{
	_cleanup_free_ struct registered_device *reader = calloc(1, sizeof *reader);
	int r;

	if (!reader)
		return -ENOMEM;
	r = find_reader(daemon, medium, reader);
	if (r < 0)
		return r;
	(void)snprintf(medium->reader_id, sizeof medium->reader_id, "%s", r == REGISTER_OK ? reader->id : "");
	/* While udev looks again, a medium stays who it was: half of the facts would make somebody else of
	 * it. */
	if (medium->facts.settled || !medium->told_any)
		r = identity_of(&medium->facts, r == REGISTER_OK, &medium->identity);
	if (r < 0)
		return r;
	medium->registered = false;
	if (!*medium->identity.key)
		return 0;
	r = register_find_by_key(daemon->state, medium->identity.key, &medium->entry);
	medium->registered = r == REGISTER_OK;
	return r < 0 ? r : 0;
}

static int see_certificate(const struct clear *clear, const char *certificate, void *data)
{
	struct medium *medium = data;

	medium->cleared |= *clear->insertion && strcmp(clear->insertion, medium->insertion) == 0;
	return 0;
}

static int recall_encryption(struct daemon *daemon, struct medium *medium)
{
	struct encryption encryption;
	int r = encryption_find_unfinished(daemon->state, medium->entry.number, &encryption);

	if (r == ENCRYPTION_OK)
		medium->encryption = encryption.state;
	return r < 0 ? r : 0;
}

/* Emptied is what the latest offload of this plug-in held, and all of it. */
static int recall_emptying(struct daemon *daemon, struct medium *medium, const struct session *session)
{
	struct emptying emptying;
	int r = emptying_find_latest(daemon->state, medium->identity.key, &emptying);

	if (r != EMPTYING_OK)
		return r;
	medium->interrupted = emptying.state == EMPTYING_REMOVING;
	medium->cleared = medium->offloaded && emptying.state == EMPTYING_REMOVED &&
			  strcmp(emptying.session, session->id) == 0;
	return 0;
}

/* What the state database knows about this plug-in. */
static int recall(struct daemon *daemon, struct medium *medium)
{
	_cleanup_free_ struct session *session = calloc(1, sizeof *session);
	_cleanup_free_ struct clear *clear = calloc(1, sizeof *clear);
	const char *key = medium->identity.key;
	int r = 0;

	medium->offloaded = medium->interrupted = false;
	medium->cleared = medium->just_cleared;
	if (!session || !clear)
		return -ENOMEM;
	medium->encryption = 0;
	if (!medium->registered)
		return 0;
	r = recall_encryption(daemon, medium);
	if (r < 0)
		return r;
	if (*medium->identity.media_key) {
		r = clear_find_unfinished(daemon->state, medium->identity.media_key, clear);
		medium->interrupted = r == CLEAR_OK;
	}
	if (r >= 0 && *medium->insertion) {
		r = session_find_latest(daemon->state, key, medium->insertion, session);
		medium->offloaded = r == SESSION_OK && session->state == SESSION_COMMITTED;
	}
	if (r >= 0 && !medium_is_disk(medium))
		r = recall_emptying(daemon, medium, session);
	else if (r >= 0 && medium->offloaded)
		r = clear_each_certificate(daemon->state, key, 1, see_certificate, medium);
	return r < 0 ? r : 0;
}

static void mark_ambiguous(struct media *media)
{
	const char *keys[MEDIA_MAX];
	bool ambiguous[MEDIA_MAX] = {false};
	size_t n = 0;

	for (struct medium *m = media->first; m; m = m->next)
		keys[n++] = m->identity.key;
	identity_find_ambiguous(keys, n, ambiguous);
	n = 0;
	for (struct medium *m = media->first; m; m = m->next)
		m->ambiguous = ambiguous[n++];
}

static bool encrypted_throughout(const struct device_facts *facts)
{
	for (size_t i = 0; i < facts->volumes; i++)
		if (strcmp(facts->volume[i].type, "crypto_LUKS") != 0 &&
			strcmp(facts->volume[i].type, "BitLocker") != 0)
			return false;
	return facts->volumes > 0;
}

bool medium_is_encrypted(const struct medium *medium)
{
	return medium->facts.hardware_encrypted || strcmp(medium->facts.media, "encrypted") == 0;
}

static void decide(struct daemon *daemon, struct medium *medium)
{
	struct decide_facts facts = {
		.role = medium->registered   ? medium->entry.role
			: *medium->reader_id ? ROLE_READER
					     : ROLE_NONE,
		.is_disk = medium_is_disk(medium),
		.external = medium->facts.external,
		.holds_system = medium->facts.holds_system,
		.settled = medium->facts.settled,
		.medium_present = medium->facts.size > 0,
		.encrypted = encrypted_throughout(&medium->facts),
		.proven = medium_is_encrypted(medium),
		.mountable = gates_can_mount(&medium->facts),
		.ambiguous = medium->ambiguous,
		.clear_interrupted = medium->interrupted,
		.encrypt_interrupted = medium->encryption == ENCRYPTION_WRITING,
		.not_put_back = medium->encryption == ENCRYPTION_PUTTING_BACK,
	};

	medium->decision = decide_medium(&facts, &daemon->config, &medium->reason);
	if (medium->decision == DECISION_RESUME_CLEAR && medium->resume_started && !medium_is_disk(medium))
		medium->reason = "Emptying this device was interrupted; it goes on when it is plugged in "
				 "again, or with \"outingctl wipe\".";
	if (medium->decision == DECISION_OFFLOAD && (medium->offloaded || medium->cleared))
		medium->reason =
			"This device is registered; what is on it was made safe since it was plugged in.";
}

bool medium_is_looked_at(const struct medium *medium)
{
	return medium->decision == DECISION_WAIT && !medium->told_any;
}

/* NULL: no gate has to do with it. */
static const char *gate_state_word(struct daemon *daemon, const struct medium *medium)
{
	const char *mountpoint, *sentence;

	switch (gates_state(daemon, medium, &mountpoint, &sentence)) {
	case GATES_NONE:
		return medium->decision == DECISION_GATE ? "gated" : NULL;
	case GATES_CLOSED:
	case GATES_OPEN:
		return "gated";
	case GATES_EJECTED:
		return "ejected";
	case GATES_FAILED:
		return "refused";
	}
	return NULL;
}

const char *medium_state(struct daemon *daemon, const struct medium *medium)
{
	const struct job *job = job_of_device(daemon->jobs, medium->identity.id);
	const char *gate = gate_state_word(daemon, medium);

	if (job && job->kind == JOB_WIPE)
		return medium_is_disk(medium) ? "clearing" : "emptying";
	if (job && job->kind == JOB_ENCRYPT)
		return "encrypting";
	if (job)
		return "offloading";
	if (medium_is_looked_at(medium))
		return "looking";
	if (medium->ambiguous)
		return "ambiguous";
	if (medium->decision == DECISION_REFUSE)
		return "refused";
	if (gate)
		return gate;
	if (!medium->registered)
		return "unregistered";
	if (medium->interrupted || medium->encryption != 0)
		return "interrupted";
	if (medium->cleared)
		return medium_is_disk(medium) ? "cleared" : "emptied";
	return medium->offloaded ? "offloaded" : "present";
}

static enum audit_event event_of(const struct medium *medium)
{
	switch (medium->decision) {
	case DECISION_UNKNOWN:
		return AUDIT_DEVICE_UNKNOWN;
	case DECISION_REFUSE:
		return AUDIT_DEVICE_REFUSED;
	case DECISION_WAIT:
	case DECISION_IGNORE:
	case DECISION_LEAVE:
	case DECISION_OFFLOAD:
	case DECISION_RESUME_CLEAR:
	case DECISION_GATE:
		break;
	}
	return medium->registered ? AUDIT_DEVICE_FOUND : AUDIT_DEVICE_UNKNOWN;
}

static struct js *fields_of(const struct medium *medium)
{
	struct js *fields = js_object();

	js_set_string(fields, "device", medium->identity.id);
	js_set_string(fields, "name", medium->registered ? medium->entry.name : NULL);
	js_set_string(fields, "role", medium->registered ? role_name(medium->entry.role) : NULL);
	js_set_string(fields, "kind", device_kind_name(medium->facts.kind));
	js_set_string(fields, "bus", device_bus_name(medium->facts.bus));
	js_set_string(fields, "vendor", medium->facts.vendor);
	js_set_string(fields, "product", medium->facts.product);
	js_set_string(fields, "serial", medium->facts.serial);
	js_set_u64(fields, "bytes", medium->facts.size);
	js_set_string(fields, "node", medium->facts.node);
	js_set_string(fields, "decision", decision_name(medium->decision));
	js_set_string(fields, "reason", medium->reason);
	return fields;
}

static void signal_refusal(struct daemon *daemon, const struct medium *medium)
{
	_cleanup_js_ struct js *refusal = js_object();
	_cleanup_free_ char *text = NULL;

	js_set_string(refusal, "id", medium->identity.id);
	js_set_string(refusal, "name", medium->registered ? medium->entry.name : NULL);
	js_set_string(refusal, "reason",
		medium->ambiguous                      ? "ambiguous"
		: medium->decision == DECISION_UNKNOWN ? "unregistered"
						       : "unreadable");
	js_set_string(refusal, "sentence", medium->reason);
	if (js_text(refusal, false, &text) >= 0)
		bus_signal_refused(daemon->bus, text);
}

static int tell(struct daemon *daemon, struct medium *medium)
{
	char name[REGISTER_NAME_SIZE + DEVICE_TEXT];
	struct hooks_event hook = {.device = medium_name(medium, name, sizeof name),
		.role = medium->registered ? role_name(medium->entry.role) : NULL,
		.room = medium->registered ? medium->entry.room : NULL,
		.reason = medium->reason};
	enum audit_event event = event_of(medium);
	int r = event_report(daemon, event, fields_of(medium), &hook);

	if (r < 0)
		return r;
	log_info("%s: %s", medium->identity.id, medium->reason);
	if (medium->decision == DECISION_UNKNOWN || medium->decision == DECISION_REFUSE)
		signal_refusal(daemon, medium);
	if (medium->registered)
		outings_see(daemon, &medium->entry);
	medium->told = medium->decision;
	medium->told_any = true;
	(void)snprintf(medium->told_key, sizeof medium->told_key, "%s", medium->identity.key);
	device_changed(daemon, medium->identity.id);
	return 0;
}

static void start_what_follows(struct daemon *daemon, struct medium *medium)
{
	if (medium->decision == DECISION_RESUME_CLEAR && !medium->resume_started) {
		medium->resume_started = true;
		tasks_start_by_itself(daemon, medium, JOB_WIPE);
	} else if (medium->decision == DECISION_OFFLOAD && !medium->offload_started && !medium->offloaded &&
		   !medium->cleared) {
		medium->offload_started = true;
		tasks_start_by_itself(daemon, medium, JOB_OFFLOAD);
	}
}

static int act(struct daemon *daemon, struct medium *medium)
{
	bool news = !medium->told_any || medium->told != medium->decision ||
		    strcmp(medium->told_key, medium->identity.key) != 0;
	int r;

	if (medium->decision == DECISION_WAIT || medium->decision == DECISION_IGNORE ||
		usb_is_registering(daemon, medium->facts.syspath))
		return 0;
	/* What a job of ours does to a medium is no news; its end is followed by another look. */
	if (!medium->ambiguous && job_of_device(daemon->jobs, medium->identity.id))
		return 0;
	r = news ? tell(daemon, medium) : 0;
	/* What cannot be recorded does not happen; the agent goes on and says so. */
	if (r >= 0)
		start_what_follows(daemon, medium);
	return r == -ENOMEM ? r : 0;
}

int media_judge(struct media *media)
{
	int r = 0;

	for (struct medium *m = media->first; m && r >= 0; m = m->next) {
		r = identify(media->daemon, m);
		if (r >= 0)
			r = recall(media->daemon, m);
	}
	if (r < 0)
		return r;
	mark_ambiguous(media);
	for (struct medium *m = media->first; m && r >= 0; m = m->next) {
		decide(media->daemon, m);
		if (!media->daemon->stopping)
			r = act(media->daemon, m);
	}
	gates_follow(media->daemon);
	return r;
}
