/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * How each kind of damage looks:
 *
 *   changed    a line's own hash is wrong, or a right-looking line does not follow the one before although
 * its number says so, or the line at the anchor is another one removed    numbers jump ahead, and the missing
 * one is nowhere behind reordered  numbers jump ahead and the missing one comes later, or they go back
 *   missing    numbers jump ahead at the first line of a file, or the log does not begin where it may
 *   truncated  the log ends before the anchor
 *   torn       the last line has no end
 *
 * Without a present file the log is still whole if the anchor is reached: a power cut between closing one
 * file and beginning the next leaves it so.
 *
 * A log may begin after entry 1 only if it says itself (log-expired) that everything before was old.
 */

#include "audit/walk.h"

#include <string.h>

static int wrong(struct audit_walk *walk, enum audit_verdict verdict, uint64_t expected)
{
	walk->verdict = verdict;
	walk->bad_seq = expected;
	return 1;
}

static bool opens_a_file(const struct chain_entry *entry)
{
	return strcmp(entry->event, "log-rotated") == 0 || strcmp(entry->event, "log-started") == 0;
}

static int judge_first(struct audit_walk *walk, const struct chain_entry *entry)
{
	static const char zeros[] = "0000000000000000";

	walk->first_seq = entry->seq;
	if (entry->seq == 1 && strncmp(entry->prev, zeros, sizeof zeros - 1) != 0)
		return wrong(walk, AUDIT_CHANGED, 1);
	return 0;
}

static int judge_next(struct audit_walk *walk, const struct chain_entry *entry, bool first_of_file)
{
	uint64_t expected = walk->last.seq + 1;

	if (entry->seq > expected)
		return wrong(
			walk, first_of_file && opens_a_file(entry) ? AUDIT_MISSING : AUDIT_REMOVED, expected);
	if (entry->seq < expected)
		return wrong(walk, AUDIT_REORDERED, expected);
	if (strcmp(entry->prev, walk->last.hash) != 0)
		return wrong(walk, AUDIT_CHANGED, expected);
	return 0;
}

static int judge(struct audit_walk *walk, const struct chain_entry *entry, bool first_of_file)
{
	int r;

	r = walk->last.seq == 0 ? judge_first(walk, entry) : judge_next(walk, entry, first_of_file);
	if (r != 0)
		return r;
	if (entry->seq == walk->anchor_seq && strcmp(entry->hash, walk->anchor_hash) != 0)
		return wrong(walk, AUDIT_CHANGED, entry->seq);
	walk->entries++;
	walk->last = *entry;
	return 0;
}

int audit_walk_line(struct audit_walk *walk, const char *line, size_t size, bool first_of_file)
{
	struct chain_entry entry;
	int r = chain_parse(line, size, &entry);

	if (r < 0)
		return r;
	if (r == CHAIN_BAD)
		return walk->verdict == AUDIT_WHOLE ? wrong(walk, AUDIT_CHANGED, walk->last.seq + 1) : 0;
	walk->newest = entry;
	if (entry.expired_through > walk->expired_through)
		walk->expired_through = entry.expired_through;
	if (walk->verdict == AUDIT_WHOLE)
		return judge(walk, &entry, first_of_file);
	if ((walk->verdict == AUDIT_REMOVED || walk->verdict == AUDIT_MISSING) && entry.seq == walk->bad_seq)
		walk->verdict = AUDIT_REORDERED;
	return 0;
}

static bool begins_too_late(const struct audit_walk *walk)
{
	return !walk->from_anywhere && walk->first_seq > walk->expired_through + 1;
}

void audit_walk_end(struct audit_walk *walk, bool torn, bool present)
{
	if (walk->verdict != AUDIT_WHOLE)
		return;
	if (walk->anchor_seq > walk->last.seq)
		(void)wrong(walk, walk->last.seq == 0 || !present ? AUDIT_MISSING : AUDIT_TRUNCATED,
			walk->last.seq + 1);
	else if (!present && walk->entries > 0 && walk->anchor_seq == 0)
		(void)wrong(walk, AUDIT_MISSING, walk->last.seq + 1);
	else if (torn)
		(void)wrong(walk, AUDIT_TORN, walk->last.seq + 1);
	else if (walk->entries > 0 && begins_too_late(walk))
		(void)wrong(walk, AUDIT_MISSING, walk->expired_through + 1);
	else if (walk->entries == 0)
		walk->verdict = AUDIT_EMPTY;
}

void audit_walk_sentence(
	const struct audit_walk *walk, const char *file, uint64_t line, char *ret_text, size_t size)
{
	unsigned long long seq = walk->bad_seq, at = line, entries = walk->entries;

	switch (walk->verdict) {
	case AUDIT_WHOLE:
		(void)snprintf(ret_text, size,
			"The audit log is whole: %llu entries, %llu to %llu, each linked to the one "
			"before.%s",
			entries, (unsigned long long)walk->first_seq, (unsigned long long)walk->last.seq,
			walk->anchor_seq > 0
				? ""
				: " Whether entries are missing at its end could not be checked.");
		return;
	case AUDIT_EMPTY:
		(void)snprintf(ret_text, size, "There is no audit log yet.");
		return;
	case AUDIT_CHANGED:
		(void)snprintf(ret_text, size,
			"Entry %llu (%s, line %llu) is not what was written: somebody or something has "
			"changed it.",
			seq, file, at);
		return;
	case AUDIT_REMOVED:
		(void)snprintf(ret_text, size,
			"Entry %llu, and perhaps more, was removed: it should be in %s at line %llu.", seq,
			file, at);
		return;
	case AUDIT_REORDERED:
		(void)snprintf(ret_text, size,
			"Entries are not in the order in which they were written: %s, line %llu, where entry "
			"%llu should be.",
			file, at, seq);
		return;
	case AUDIT_TRUNCATED:
		(void)snprintf(ret_text, size,
			"The end of the audit log was cut off: entries %llu to %llu are gone.", seq,
			(unsigned long long)walk->anchor_seq);
		return;
	case AUDIT_TORN:
		(void)snprintf(ret_text, size,
			"The last line (%s, line %llu) is not complete. After a power cut that is normal and "
			"is repaired when "
			"outing-guard starts; otherwise somebody has edited the file.",
			file, at);
		return;
	case AUDIT_MISSING:
		(void)snprintf(
			ret_text, size, "A whole file of the audit log is gone: entry %llu is nowhere.", seq);
		return;
	}
}
