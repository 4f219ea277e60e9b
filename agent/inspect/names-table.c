/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Encoding, sealing, opening and looking up. See names-table.h. */

#include "inspect/names-table.h"

#include "base/seal.h"
#include "inspect/names-fold.h"
#include "inspect/names-words.h"

#define MAGIC         0x31534d414e474f00ULL
#define VERSION       1
#define HEADER_SIZE   40
#define ENTRY_SIZE    24
#define PADDING       8192
#define FLAG_BORN     1U
#define FLAG_UNSPACED 2U

void names_body_clear(struct names_body *body)
{
	if (body->entries)
		explicit_bzero(body->entries, body->count * sizeof *body->entries);
	free(TAKE_PTR(body->entries));
	*body = (struct names_body){0};
}

/* --- order --- */

static int compare(const void *a, const void *b)
{
	const struct names_entry *x = a, *y = b;

	if (x->hash != y->hash)
		return x->hash < y->hash ? -1 : 1;
	if (x->child != y->child)
		return x->child < y->child ? -1 : 1;
	return x->role == y->role ? 0 : x->role < y->role ? -1 : 1;
}

void names_body_finish(struct names_body *body)
{
	uint32_t kept = 0;

	if (body->count > 0)
		qsort(body->entries, body->count, sizeof *body->entries, compare);
	for (uint32_t i = 0; i < body->count; i++) {
		const struct names_entry *last = kept > 0 ? &body->entries[kept - 1] : NULL;

		if (!last || compare(last, &body->entries[i]) != 0)
			body->entries[kept++] = body->entries[i];
	}
	body->count = kept;
}

/* --- text --- */

static uint8_t *put32(uint8_t *at, uint32_t value)
{
	value = htole32(value);
	memcpy(at, &value, sizeof value);
	return at + sizeof value;
}

static uint8_t *put64(uint8_t *at, uint64_t value)
{
	value = htole64(value);
	memcpy(at, &value, sizeof value);
	return at + sizeof value;
}

static uint32_t get32(const uint8_t *at)
{
	uint32_t value;

	memcpy(&value, at, sizeof value);
	return le32toh(value);
}

static uint64_t get64(const uint8_t *at)
{
	uint64_t value;

	memcpy(&value, at, sizeof value);
	return le64toh(value);
}

int names_body_encode(const struct names_body *body, uint8_t **ret_bytes, size_t *ret_size)
{
	size_t size = HEADER_SIZE + (size_t)body->count * ENTRY_SIZE;
	size_t padded = (size + PADDING - 1) / PADDING * PADDING;
	uint8_t *bytes = calloc(1, padded), *at = bytes;

	if (!bytes)
		return -ENOMEM;
	at = put64(at, MAGIC);
	at = put32(at, VERSION);
	at = put32(at, body->count);
	at = put32(at, body->children);
	at = put32(at, body->firsts);
	at = put64(at, body->id_sizes);
	at = put32(at, (body->born ? FLAG_BORN : 0) | (body->unspaced ? FLAG_UNSPACED : 0));
	at = put32(at, 0);
	for (uint32_t i = 0; i < body->count; i++) {
		const struct names_entry *entry = &body->entries[i];

		at = put64(at, entry->hash);
		at = put32(at, entry->mark);
		at = put32(at, entry->child);
		at = put32(at, entry->first);
		at = put32(at, entry->role);
	}
	*ret_bytes = bytes;
	*ret_size = padded;
	return 0;
}

static struct names_entry get_entry(const uint8_t *at)
{
	return (struct names_entry){get64(at), get32(at + 8), get32(at + 12), get32(at + 16), get32(at + 20)};
}

static bool entry_is_fit(const struct names_body *body, uint32_t i)
{
	const struct names_entry *entry = &body->entries[i];

	return entry->child < body->children && entry->first <= body->firsts &&
	       entry->role < (1U << NAMES_KEPT) && (i == 0 || compare(entry - 1, entry) < 0);
}

static bool header_is_fit(const struct names_body *body, size_t size)
{
	return body->count <= NAMES_ENTRIES_MAX && body->children <= NAMES_CHILDREN_MAX &&
	       body->firsts <= body->count && size >= HEADER_SIZE + (size_t)body->count * ENTRY_SIZE;
}

int names_body_decode(const uint8_t *bytes, size_t size, struct names_body *ret_body)
{
	*ret_body = (struct names_body){0};
	if (size < HEADER_SIZE || get64(bytes) != MAGIC)
		return -EBADMSG;
	if (get32(bytes + 8) != VERSION)
		return -EPROTONOSUPPORT;
	ret_body->children = get32(bytes + 16);
	ret_body->firsts = get32(bytes + 20);
	ret_body->id_sizes = get64(bytes + 24);
	ret_body->born = get32(bytes + 32) & FLAG_BORN;
	ret_body->unspaced = get32(bytes + 32) & FLAG_UNSPACED;
	ret_body->count = get32(bytes + 12);
	if (!header_is_fit(ret_body, size)) {
		*ret_body = (struct names_body){0};
		return -EBADMSG;
	}
	ret_body->entries = calloc(ret_body->count + 1UL, sizeof *ret_body->entries);
	if (!ret_body->entries)
		return -ENOMEM;
	for (uint32_t i = 0; i < ret_body->count; i++) {
		ret_body->entries[i] = get_entry(bytes + HEADER_SIZE + (size_t)i * ENTRY_SIZE);
		if (!entry_is_fit(ret_body, i))
			return -EBADMSG;
	}
	return 0;
}

int names_seal(
	const struct names_body *body, const struct names_keys *keys, uint8_t **ret_bytes, size_t *ret_size)
{
	_cleanup_free_ uint8_t *sealed = NULL;
	uint8_t *plain = NULL;
	size_t size = 0;
	int r = names_body_encode(body, &plain, &size);

	if (r < 0)
		return r;
	sealed = malloc(size + SEAL_OVERHEAD);
	r = sealed ? seal_close(keys->seal, plain, size, sealed) : -ENOMEM;
	explicit_bzero(plain, size);
	free(plain);
	if (r < 0)
		return r;
	*ret_bytes = TAKE_PTR(sealed);
	*ret_size = size + SEAL_OVERHEAD;
	return 0;
}

/* --- in use --- */

struct names *names_free(struct names *names)
{
	if (!names)
		return NULL;
	names_body_clear(&names->body);
	(void)folder_free(names->folder);
	explicit_bzero(&names->keys, sizeof names->keys);
	free(names->filter);
	free(names);
	return NULL;
}

static void mark_it(struct names *names, uint32_t mark)
{
	uint32_t bit = mark >> names->filter_shift;

	names->filter[bit / 64] |= 1ULL << (bit % 64);
}

/* At most one bit in 512 is set, up to a filter of 128 KiB. */
static int make_filter(struct names *names)
{
	unsigned bits = 16;

	while (bits < 20 && (1UL << bits) < 512UL * names->body.count)
		bits++;
	names->filter_shift = 32 - bits;
	names->filter = calloc(1UL << bits >> 6, sizeof *names->filter);
	if (!names->filter)
		return -ENOMEM;
	for (uint32_t i = 0; i < names->body.count; i++)
		if (!(names->body.entries[i].role & NAMES_INITIAL))
			mark_it(names, names->body.entries[i].mark);
	for (size_t i = 0; names->body.count > 0 && names_words_at(NAMES_WORDS_CHILDCARE, i); i++) {
		char word[32 + NAMES_HASH_PAD] = {0};

		(void)snprintf(word, 32, "%s", names_words_at(NAMES_WORDS_CHILDCARE, i));
		mark_it(names, names_mark(&names->keys, word, strlen(word)));
	}
	return 0;
}

int names_of_body(struct names_body *body, const struct names_keys *keys, struct names **ret_names)
{
	_cleanup_(names_freep) struct names *names = calloc(1, sizeof *names);
	int r;

	if (!names) {
		names_body_clear(body);
		return -ENOMEM;
	}
	names->body = *body;
	names->keys = *keys;
	*body = (struct names_body){0};
	r = make_filter(names);
	if (r >= 0)
		r = folder_new(&names->folder);
	if (r >= 0)
		*ret_names = TAKE_PTR(names);
	return r;
}

int names_parse(
	const void *bytes, size_t size, const uint8_t key[static NAMES_KEY_SIZE], struct names **ret_names)
{
	struct names_body body = {0};
	struct names_keys keys;
	uint8_t *plain;
	int r;

	if (size > NAMES_TABLE_MAX)
		return -EFBIG;
	plain = malloc(size + 1);
	if (!plain)
		return -ENOMEM;
	r = names_keys_derive(key, &keys);
	if (r >= 0)
		r = seal_open(keys.seal, bytes, size, plain);
	if (r >= 0)
		r = names_body_decode(plain, size - SEAL_OVERHEAD, &body);
	if (r >= 0)
		r = names_of_body(&body, &keys, ret_names);
	else
		names_body_clear(&body);
	explicit_bzero(plain, size);
	explicit_bzero(&keys, sizeof keys);
	free(plain);
	return r;
}

int names_empty(struct names **ret_names)
{
	struct names_body body = {0};
	struct names_keys keys = {{0}, {0, 1}, {0}};

	return names_of_body(&body, &keys, ret_names);
}

uint32_t names_children(const struct names *names)
{
	return names->body.children;
}

const struct names_entry *names_find(const struct names *names, uint64_t hash, size_t *ret_count)
{
	const struct names_entry *entries = names->body.entries;
	size_t low = 0, high = names->body.count, count = 0;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (entries[middle].hash < hash)
			low = middle + 1;
		else
			high = middle;
	}
	while (low + count < names->body.count && entries[low + count].hash == hash)
		count++;
	*ret_count = count;
	return count > 0 ? entries + low : NULL;
}
