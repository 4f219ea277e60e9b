/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Counting refusals. See burst.h. */

#include "prompt/burst.h"

#include "base/xxh128.h"

#include <string.h>

#define SEEN_SLOTS (2 * BURST_SEEN)

_Static_assert(XXH128_SIZE == 16, "seen holds whole hashes");

int burst_new(const struct refusal *first, struct burst **ret_burst)
{
	_cleanup_(burst_freep) struct burst *burst = calloc(1, sizeof *burst);

	if (!burst)
		return -ENOMEM;
	burst->device = strdup(first->device);
	burst->name = first->name && *first->name ? strdup(first->name) : NULL;
	burst->seen = calloc(SEEN_SLOTS, sizeof *burst->seen);
	if (!burst->device || !burst->seen)
		return -ENOMEM;
	(void)snprintf(burst->sentence, sizeof burst->sentence, "%s", first->sentence);
	*ret_burst = TAKE_PTR(burst);
	return 0;
}

struct burst *burst_free(struct burst *burst)
{
	if (!burst)
		return NULL;
	for (size_t i = 0; i < burst->file_count; i++)
		free(burst->files[i].path);
	free(burst->seen);
	free(burst->name);
	free(burst->device);
	free(burst);
	return NULL;
}

/* True when the path was there; it is put in while there is room. */
static bool was_seen(struct burst *burst, const char *path)
{
	static const uint8_t empty[XXH128_SIZE];
	uint8_t hash[XXH128_SIZE];
	size_t slot;

	xxh128_of(path, strlen(path), hash);
	slot = ((size_t)hash[0] << 8 | hash[1]) % SEEN_SLOTS;
	for (; memcmp(burst->seen[slot], empty, sizeof empty) != 0; slot = (slot + 1) % SEEN_SLOTS)
		if (memcmp(burst->seen[slot], hash, sizeof hash) == 0)
			return true;
	if (burst->seen_count < BURST_SEEN) {
		memcpy(burst->seen[slot], hash, sizeof hash);
		burst->seen_count++;
	}
	return false;
}

static void remember(struct burst *burst, const struct refusal *refusal)
{
	char *path;

	if (burst->file_count == BURST_FILES || strlen(refusal->path) > BURST_PATH_MAX)
		return;
	path = strdup(refusal->path);
	if (path)
		burst->files[burst->file_count++] =
			(struct burst_file){refusal->kind, refusal->allowable, path};
}

/* A second refusal of the same file may tell that a manager's exception is possible by now, or no more. */
static void refresh(struct burst *burst, const struct refusal *refusal)
{
	for (size_t i = 0; i < burst->file_count; i++) {
		struct burst_file *file = &burst->files[i];

		if (strcmp(file->path, refusal->path) != 0 || file->allowable == refusal->allowable)
			continue;
		burst->allowable += refusal->allowable ? 1 : (uint64_t)-1;
		file->allowable = refusal->allowable;
	}
}

bool burst_add(struct burst *burst, const struct refusal *refusal)
{
	if (refusal->path && was_seen(burst, refusal->path)) {
		refresh(burst, refusal);
		return false;
	}
	burst->count[refusal->kind] += refusal->count;
	burst->allowable += refusal->allowable ? refusal->count : 0;
	if (refusal->path)
		remember(burst, refusal);
	return true;
}

uint64_t burst_total(const struct burst *burst)
{
	uint64_t total = 0;

	for (size_t i = 0; i < REFUSAL_KINDS; i++)
		total += burst->count[i];
	return total;
}

const struct burst_file *burst_file(const struct burst *burst, enum refusal_kind kind, size_t number)
{
	for (size_t i = 0; i < burst->file_count; i++)
		if (burst->files[i].kind == kind && number-- == 0)
			return &burst->files[i];
	return NULL;
}
