/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Runs are sorted with sort_records(), then a heap of run numbers always knows the smallest next key. */

#include "vault/merge.h"

#include "base/fd.h"
#include "vault/sort.h"

#include <string.h>

#define RECORDS_AT_ONCE 64
#define KEYS_AT_ONCE    16

struct run {
	uint64_t next, end; /* keys of the scratch area that were not read into the buffer yet */
	size_t at, held;
	uint8_t *buffer; /* KEYS_AT_ONCE keys */
};

struct state {
	const struct merge *merge;
	uint8_t *keys; /* MERGE_IN_MEMORY keys, or the buffers of the runs */
	struct run *runs;
	size_t *heap;
	size_t live; /* runs in the heap */
};

static int read_some(int fd, void *buffer, size_t size, uint64_t offset)
{
	ssize_t n = fd_pread_full(fd, buffer, size, offset);

	if (n < 0)
		return (int)n;
	return (size_t)n == size ? 0 : -EIO;
}

/* The keys of count records from the first-th on, sorted, at state->keys. */
static int sort_part(struct state *state, uint64_t first, size_t count)
{
	const struct merge *merge = state->merge;
	uint8_t records[RECORDS_AT_ONCE * SORT_RECORD_MAX];

	for (size_t done = 0; done < count;) {
		size_t part = count - done < RECORDS_AT_ONCE ? count - done : RECORDS_AT_ONCE;
		int r = read_some(merge->fd, records, part * merge->record_size,
			merge->records_at + (first + done) * merge->record_size);

		if (r < 0)
			return r;
		for (size_t i = 0; i < part; i++)
			memcpy(state->keys + (done + i) * merge->key_size,
				records + i * merge->record_size + merge->key_offset, merge->key_size);
		done += part;
	}
	sort_records(state->keys, count, merge->key_size, 0, merge->key_size);
	return 0;
}

static int emit_part(
	const struct state *state, size_t count, int (*emit)(const void *key, void *data), void *data)
{
	int r = 0;

	for (size_t i = 0; i < count && r >= 0; i++)
		r = emit(state->keys + i * state->merge->key_size, data);
	return r;
}

static int write_runs(struct state *state)
{
	const struct merge *merge = state->merge;

	for (uint64_t first = 0; first < merge->count; first += MERGE_IN_MEMORY) {
		uint64_t left = merge->count - first;
		size_t part = left < MERGE_IN_MEMORY ? (size_t)left : MERGE_IN_MEMORY;
		int r = sort_part(state, first, part);

		if (r >= 0)
			r = fd_pwrite_full(merge->fd, state->keys, part * merge->key_size,
				merge->scratch_at + first * merge->key_size);
		if (r < 0)
			return r;
	}
	return 0;
}

/* Reads the run's next keys; there is at least one. */
static int refill(const struct state *state, struct run *run)
{
	const struct merge *merge = state->merge;
	uint64_t left = run->end - run->next;
	size_t part = left < KEYS_AT_ONCE ? (size_t)left : KEYS_AT_ONCE;
	int r = read_some(merge->fd, run->buffer, part * merge->key_size,
		merge->scratch_at + run->next * merge->key_size);

	run->next += part;
	run->at = 0;
	run->held = part;
	return r;
}

static const uint8_t *head(const struct state *state, size_t number)
{
	const struct run *run = &state->runs[number];

	return run->buffer + run->at * state->merge->key_size;
}

static bool less(const struct state *state, size_t a, size_t b)
{
	return memcmp(head(state, a), head(state, b), state->merge->key_size) < 0;
}

static void sink(struct state *state, size_t at)
{
	for (size_t child; (child = 2 * at + 1) < state->live; at = child) {
		size_t moved = state->heap[at];

		if (child + 1 < state->live && less(state, state->heap[child + 1], state->heap[child]))
			child++;
		if (!less(state, state->heap[child], moved))
			return;
		state->heap[at] = state->heap[child];
		state->heap[child] = moved;
	}
}

static int open_runs(struct state *state)
{
	const struct merge *merge = state->merge;

	for (size_t i = 0; i < state->live; i++) {
		uint64_t first = (uint64_t)i * MERGE_IN_MEMORY, left = merge->count - first;
		int r;

		state->runs[i] = (struct run){
			.next = first,
			.end = first + (left < MERGE_IN_MEMORY ? left : MERGE_IN_MEMORY),
			.buffer = state->keys + i * KEYS_AT_ONCE * merge->key_size,
		};
		state->heap[i] = i;
		r = refill(state, &state->runs[i]);
		if (r < 0)
			return r;
	}
	for (size_t i = state->live / 2; i > 0; i--)
		sink(state, i - 1);
	return 0;
}

static int merge_runs(struct state *state, int (*emit)(const void *key, void *data), void *data)
{
	int r = open_runs(state);

	while (r >= 0 && state->live > 0) {
		struct run *run = &state->runs[state->heap[0]];

		r = emit(head(state, state->heap[0]), data);
		if (r >= 0 && ++run->at == run->held && run->next < run->end)
			r = refill(state, run);
		if (run->at == run->held)
			state->heap[0] = state->heap[--state->live];
		sink(state, 0);
	}
	return r;
}

int merge_keys(const struct merge *merge, int (*emit)(const void *key, void *data), void *data)
{
	uint64_t runs = merge->count / MERGE_IN_MEMORY + (merge->count % MERGE_IN_MEMORY != 0);
	size_t in_memory = merge->count < MERGE_IN_MEMORY ? (size_t)merge->count : MERGE_IN_MEMORY;
	_cleanup_free_ uint8_t *keys = NULL;
	_cleanup_free_ struct run *list = NULL;
	_cleanup_free_ size_t *heap = NULL;
	struct state state = {.merge = merge};
	int r;

	if (runs > MERGE_RUNS_MAX || merge->record_size > SORT_RECORD_MAX)
		return -EFBIG;
	if (merge->count == 0)
		return 0;
	keys = calloc(
		in_memory > runs * KEYS_AT_ONCE ? in_memory : (size_t)runs * KEYS_AT_ONCE, merge->key_size);
	list = calloc((size_t)runs, sizeof *list);
	heap = calloc((size_t)runs, sizeof *heap);
	if (!keys || !list || !heap)
		return -ENOMEM;
	state = (struct state){merge, keys, list, heap, (size_t)runs};
	if (runs == 1) {
		r = sort_part(&state, 0, in_memory);
		return r < 0 ? r : emit_part(&state, in_memory, emit, data);
	}
	r = write_runs(&state);
	return r < 0 ? r : merge_runs(&state, emit, data);
}
