/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Heap sort. See sort.h. */

#include "vault/sort.h"

#include <string.h>

struct array {
	uint8_t *records;
	size_t size, key_offset, key_size;
};

static uint8_t *key_at(const struct array *array, size_t index)
{
	return array->records + index * array->size + array->key_offset;
}

static void swap(const struct array *array, size_t a, size_t b)
{
	uint8_t *one = array->records + a * array->size, *other = array->records + b * array->size;
	uint8_t kept[SORT_RECORD_MAX];

	memcpy(kept, one, array->size);
	memcpy(one, other, array->size);
	memcpy(other, kept, array->size);
}

static void sift(const struct array *array, size_t root, size_t count)
{
	for (size_t child; (child = 2 * root + 1) < count; root = child) {
		if (child + 1 < count &&
			memcmp(key_at(array, child + 1), key_at(array, child), array->key_size) > 0)
			child++;
		if (memcmp(key_at(array, child), key_at(array, root), array->key_size) <= 0)
			return;
		swap(array, root, child);
	}
}

void sort_records(void *records, size_t count, size_t record_size, size_t key_offset, size_t key_size)
{
	const struct array array = {records, record_size, key_offset, key_size};

	if (record_size > SORT_RECORD_MAX)
		abort();
	for (size_t i = count / 2; i > 0; i--)
		sift(&array, i - 1, count);
	for (size_t end = count; end > 1; end--) {
		swap(&array, 0, end - 1);
		sift(&array, 0, end - 1);
	}
}

bool sort_holds(const void *keys, size_t count, size_t key_size, const void *key)
{
	size_t low = 0, high = count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = memcmp((const uint8_t *)keys + middle * key_size, key, key_size);

		if (order == 0)
			return true;
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return false;
}
