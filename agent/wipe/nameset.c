/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Open-addressed hashes of names. See nameset.h. Pure. */

#include "wipe/nameset.h"

#include "base/number.h"
#include "base/xxh128.h"

#define ROOM_FIRST 256
#define ROOM_MAX   ((size_t)1 << 22)

static bool is_free(const uint64_t slot[2])
{
	return slot[0] == 0 && slot[1] == 0;
}

/* Index of the name's slot, or of the free one where it belongs. */
static size_t find(uint64_t (*slots)[2], size_t room, const uint64_t hash[2])
{
	size_t i = (size_t)hash[0] & (room - 1);

	while (!is_free(slots[i]) && (slots[i][0] != hash[0] || slots[i][1] != hash[1]))
		i = (i + 1) & (room - 1);
	return i;
}

static int grow(struct nameset *set)
{
	size_t room = set->room ? set->room * 2 : ROOM_FIRST;
	uint64_t(*slots)[2];

	if (room > ROOM_MAX)
		return -EFBIG;
	slots = calloc(room, sizeof *slots);
	if (!slots)
		return -ENOMEM;
	for (size_t i = 0; i < set->room; i++)
		if (!is_free(set->slots[i])) {
			size_t to = find(slots, room, set->slots[i]);

			slots[to][0] = set->slots[i][0];
			slots[to][1] = set->slots[i][1];
		}
	free(set->slots);
	set->slots = slots;
	set->room = room;
	return 0;
}

int nameset_add(struct nameset *set, const void *folded, size_t size, bool *ret_new)
{
	uint8_t digest[XXH128_SIZE];
	uint64_t hash[2];
	size_t at;
	int r;

	if (set->count * 2 >= set->room) {
		r = grow(set);
		if (r < 0)
			return r;
	}
	xxh128_of(folded, size, digest);
	hash[0] = load_le64(digest);
	hash[1] = load_le64(digest + 8) | 1;
	at = find(set->slots, set->room, hash);
	*ret_new = is_free(set->slots[at]);
	if (*ret_new) {
		set->slots[at][0] = hash[0];
		set->slots[at][1] = hash[1];
		set->count++;
	}
	return 0;
}

void nameset_clear(struct nameset *set)
{
	free(set->slots);
	*set = (struct nameset){0};
}
