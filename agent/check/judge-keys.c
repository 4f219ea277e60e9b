/* SPDX-License-Identifier: GPL-3.0-or-later */

/* LUKS only: BitLocker's keys are in its header's own verdict. What could not be looked for is unknown. */

#include "check/judge-keys.h"

#include <fcntl.h>

static bool could_not_look(struct header_verdict *ret_verdict)
{
	*ret_verdict = (struct header_verdict){.verdict = STORAGE_UNKNOWN,
		.reason = "Whether its key lies beside it could not be found out.",
		.fix = "Check again; if this stays, ask a technician."};
	return true;
}

static void take_over(const struct keys_verdict *found, struct header_verdict *ret_verdict)
{
	*ret_verdict = (struct header_verdict){.verdict = keys_storage_verdict(found->outcome)};
	(void)snprintf(ret_verdict->reason, sizeof ret_verdict->reason, "%s", found->reason);
	(void)snprintf(ret_verdict->fix, sizeof ret_verdict->fix, "%s", found->fix);
	(void)snprintf(ret_verdict->command, sizeof ret_verdict->command, "%s", found->command);
}

bool judge_keys_find(const struct sysroot *root, const char *device, const struct content *content,
	void *data, struct header_verdict *ret_verdict)
{
	struct judge_keys *keys = data;
	_cleanup_close_ int fd = -1;
	struct keys_verdict found;
	struct keys_lock lock;

	if (content->header_facts.header.kind != CRYPTHEADER_LUKS1 &&
		content->header_facts.header.kind != CRYPTHEADER_LUKS2)
		return false;
	if (!keys->places && keys_collect(root, &keys->options, &keys->places) < 0)
		return could_not_look(ret_verdict);
	fd = open(device, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	keys->options.places = keys->places;
	lock = (struct keys_lock){.device = device, .fd = fd, .facts = &content->header_facts};
	if (keys_judge(root, &keys->options, &lock, &found) < 0)
		return could_not_look(ret_verdict);
	if (found.outcome == KEYS_NONE)
		return false;
	take_over(&found, ret_verdict);
	return true;
}

void judge_keys_clear(struct judge_keys *keys)
{
	keys->places = keys_places_free(keys->places);
	keys->options.places = NULL;
}
