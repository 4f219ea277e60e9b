/* SPDX-License-Identifier: GPL-3.0-or-later */

/* The judge of the gate's own tests. See judge-marker.h. Never part of an installed program. */

#include "gate/judge-marker.h"

#if defined(OUTING_FAULTS) || defined(OUTING_SANITIZED)

#include "base/fd.h"

#include <string.h>

#define MARKER "REFUSE"
#define STEP   ((size_t)128 << 10)

static void refuse(struct inspect_answer *ret, enum inspect_cause cause, const char *sentence)
{
	*ret = (struct inspect_answer){.verdict = INSPECT_REFUSE, .cause = cause};
	(void)snprintf(ret->sentence, sizeof ret->sentence, "%s", sentence);
}

/* Steps overlap, so that no mark is cut in two. */
static void ask(void *data, int fd, const char *name, struct inspect_answer *ret)
{
	_cleanup_free_ char *buffer = malloc(STEP);
	ssize_t n;

	if (!buffer) {
		refuse(ret, INSPECT_UNREADABLE, "There was not enough memory to look at it.");
		return;
	}
	for (uint64_t at = 0; (n = fd_pread_full(fd, buffer, STEP, at)) > 0; at += STEP - sizeof MARKER) {
		if (memmem(buffer, (size_t)n, MARKER, sizeof MARKER - 1)) {
			refuse(ret, INSPECT_NAMES, "It names children.");
			return;
		}
		if ((size_t)n < STEP)
			break;
	}
	if (n < 0)
		refuse(ret, INSPECT_UNREADABLE, "It could not be read.");
	else
		*ret = (struct inspect_answer){0};
}

static void title(void *data, const char *name, struct inspect_answer *ret)
{
	if (strcasestr(name, MARKER))
		refuse(ret, INSPECT_NAMES, "Its name is a child's name.");
	else
		*ret = (struct inspect_answer){0};
}

static int early(void *data, const void *bytes, size_t size, struct inspect_answer *ret)
{
	static const uint8_t jpeg[] = {0xff, 0xd8, 0xff};

	if (size < sizeof jpeg || memcmp(bytes, jpeg, sizeof jpeg) != 0)
		return 0;
	refuse(ret, INSPECT_IMAGE, "It is a photo.");
	return 1;
}

const struct gate_judge judge_marker = {.ask = ask, .title = title, .early = early};

#else
typedef int judge_marker_is_not_built;
#endif
