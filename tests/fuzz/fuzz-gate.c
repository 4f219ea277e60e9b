/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * A journal of any bytes leads nowhere but down, and what is taken from it is written as it was read. And no
 * order of changes and verdicts lets a file come back to "as on the medium" unless its present content was
 * judged clean. The first byte chooses.
 */

#include "gate/journal.h"
#include "gate/name.h"
#include "gate/phase.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(bool kept)
{
	if (!kept)
		abort();
}

static void read_journal(const uint8_t *data, size_t size)
{
	_cleanup_free_ char *text = malloc(size + 1);
	struct journal_entry entry, again;
	char *at = text;

	demand(text != NULL);
	memcpy(text, data, size);
	text[size] = 0;
	while (journal_next(&at, &entry)) {
		char line[JOURNAL_LINE_MAX], *from = line;

		demand(entry.path[0] && entry.path[0] != '/' && !strstr(entry.path, "/../"));
		demand(journal_format(&entry, line) > 0 && journal_next(&from, &again));
		demand(again.number == entry.number && again.size == entry.size);
	}
}

/* The same text as an entry: it comes back, or it was no good path. */
static void write_journal(const uint8_t *data, size_t size)
{
	char path[512], line[JOURNAL_LINE_MAX], *at = line;
	struct journal_entry entry = {.number = size, .path = path}, seen;

	size = size < sizeof path - 1 ? size : sizeof path - 1;
	memcpy(path, data, size);
	path[size] = 0;
	if (journal_format(&entry, line) > 0 && journal_next(&at, &seen))
		demand(strcmp(seen.path, path) == 0 && seen.number == entry.number);
}

static void walk_phases(const uint8_t *data, size_t size)
{
	struct phase phase = {0};
	uint64_t asked = 0, content = 0, clean = 0, refused = 0;

	for (size_t i = 0; i < size; i++) {
		switch (data[i] % 5) {
		case 0:
			if (phase_may_write(&phase, data[i] & 64) == 0) {
				phase_changed(&phase);
				content++;
			}
			break;
		case 1:
			asked = phase_next(&phase, 1, false) == PHASE_JUDGE ? phase.generation : asked;
			break;
		case 2:
			phase_refused(&phase, asked);
			refused = asked;
			break;
		case 3:
			if (asked != refused && phase_settled(&phase, asked))
				clean = content;
			break;
		default:
			if (phase.state == PHASE_CHANGED)
				phase_refused_early(&phase);
			break;
		}
		demand(phase.state != PHASE_SAME || clean == content);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size == 0)
		return 0;
	if (data[0] % 3 == 0)
		read_journal(data + 1, size - 1);
	else if (data[0] % 3 == 1)
		write_journal(data + 1, size - 1);
	else
		walk_phases(data + 1, size - 1);
	return 0;
}
