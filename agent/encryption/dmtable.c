/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * Words of a table line. The lists are of what is accepted: a name that is not in them is unknown, not
 * harmless.
 */

#include "encryption/dmtable.h"

#include "base/span.h"
#include "device/cipher.h"

/* The next word of *rest; false at the end. */
static bool next_word(const char **rest, struct span *ret_word)
{
	const char *start = *rest + strspn(*rest, " ");
	size_t size = strcspn(start, " ");

	*rest = start + size;
	*ret_word = (struct span){start, size};
	return size > 0;
}

static bool parse_number(const char **text, const char *end, uint32_t *ret)
{
	uint64_t value = 0;
	const char *start = *text;

	while (*text < end && **text >= '0' && **text <= '9' && *text - start < 10)
		value = value * 10 + (uint64_t)(*(*text)++ - '0');
	*ret = (uint32_t)value;
	return *text > start && value <= UINT32_MAX;
}

static bool parse_device(const struct span *word, struct dmtable_device *ret)
{
	const char *at = word->text, *end = at + word->size;

	return parse_number(&at, end, &ret->major) && at < end && *at++ == ':' &&
	       parse_number(&at, end, &ret->minor) && at == end;
}

/* The number behind a device, when there is one: in most tables the sector where its part begins. */
static uint64_t parse_offset(const char *rest)
{
	struct span word;
	uint64_t value = 0;

	if (!next_word(&rest, &word))
		return 0;
	for (size_t i = 0; i < word.size; i++) {
		if (word.text[i] < '0' || word.text[i] > '9' || value > UINT64_MAX / 20)
			return 0;
		value = value * 10 + (uint64_t)(word.text[i] - '0');
	}
	return value;
}

static void add_device(struct dmtable_target *target, const struct span *word, const char *rest)
{
	struct dmtable_device device;

	if (!parse_device(word, &device))
		return;
	if (target->device_count == DMTABLE_DEVICES_MAX) {
		target->kind = DMTABLE_UNKNOWN;
		return;
	}
	target->offsets[target->device_count] = parse_offset(rest);
	target->devices[target->device_count++] = device;
}

static void judge_cipher(struct dmtable_target *target, const struct span *text)
{
	switch (cipher_judge(text->text, text->size, target->key_bits, &target->weakness)) {
	case CIPHER_STRONG:
		target->strength = DMTABLE_STRONG;
		return;
	case CIPHER_WEAK:
		target->strength = DMTABLE_WEAK;
		return;
	case CIPHER_NULL:
		target->strength = DMTABLE_NULL_CIPHER;
		return;
	case CIPHER_UNKNOWN:
		break;
	}
	target->strength = DMTABLE_UNKNOWN_CIPHER;
}

/* Hexadecimal, "-" for none, or ":<bytes>:<type>:<description>" for a key in the kernel's keyring. */
static unsigned key_bits(const struct span *key)
{
	const char *at = key->text + 1, *end = key->text + key->size;
	uint32_t bytes;

	if (span_is(key, "-"))
		return 0;
	if (key->text[0] != ':')
		return key->size > UINT16_MAX ? 0 : (unsigned)key->size * 4;
	return parse_number(&at, end, &bytes) && at < end && *at == ':' && bytes <= UINT16_MAX ? bytes * 8
											       : 0;
}

/* "<cipher> <key> <iv offset> <device> <offset> [options]" */
static void parse_crypt(struct dmtable_target *target, const char *arguments)
{
	struct span cipher, key, offset, device;

	target->kind = DMTABLE_CRYPT;
	target->strength = DMTABLE_UNKNOWN_CIPHER;
	if (!next_word(&arguments, &cipher) || !next_word(&arguments, &key) ||
		!next_word(&arguments, &offset) || !next_word(&arguments, &device) ||
		cipher.size >= sizeof target->cipher) {
		target->kind = DMTABLE_UNKNOWN;
		return;
	}
	memcpy(target->cipher, cipher.text, cipher.size);
	target->key_bits = key_bits(&key);
	judge_cipher(target, &cipher);
	add_device(target, &device, arguments);
	if (target->device_count != 1)
		target->kind = DMTABLE_UNKNOWN;
}

/* --- targets --- */

static enum dmtable_kind kind_of(const char *type)
{
	/* snapshot-origin is missing on purpose: old contents go to a device that its table does not name. */
	static const char *const pass[] = {"linear", "striped", "raid", "mirror", "cache", "writecache",
		"snapshot", "thin", "thin-pool", "integrity", "verity", "delay", "flakey", "log-writes",
		"era", "clone", "dust", "multipath", "unstriped", "ebs"};
	static const char *const nothing[] = {"zero", "error"};
	const struct span word = {type, strlen(type)};

	if (span_in(&word, pass, ELEMENTS(pass)))
		return DMTABLE_PASS;
	return span_in(&word, nothing, ELEMENTS(nothing)) ? DMTABLE_NOTHING : DMTABLE_UNKNOWN;
}

void dmtable_parse(uint64_t start, uint64_t size, const char *type, const char *arguments,
	struct dmtable_target *ret_target)
{
	struct dmtable_target target = {.start = start, .size = size, .weakness = ""};
	struct span word;

	(void)snprintf(target.type, sizeof target.type, "%s", type);
	if (strcmp(type, "crypt") == 0) {
		parse_crypt(&target, arguments);
	} else {
		target.kind = kind_of(type);
		while (next_word(&arguments, &word))
			add_device(&target, &word, arguments);
		if (target.kind == DMTABLE_PASS && target.device_count == 0)
			target.kind = DMTABLE_UNKNOWN;
	}
	*ret_target = target;
}

int dmtable_format(const struct dmtable_target *target, char *ret_text, size_t size)
{
	int used = snprintf(ret_text, size, "%llu %llu %s", (unsigned long long)target->start,
		(unsigned long long)target->size, target->type);

	/* The key's place keeps its length, which the judgement needs. */
	if (target->cipher[0])
		used += snprintf(ret_text + used, (size_t)used < size ? size - (size_t)used : 0,
			" %s :%u:removed:key 0", target->cipher, target->key_bits / 8);
	for (size_t i = 0; i < target->device_count; i++)
		used += snprintf(ret_text + used, (size_t)used < size ? size - (size_t)used : 0,
			" %u:%u %llu", target->devices[i].major, target->devices[i].minor,
			(unsigned long long)target->offsets[i]);
	return used;
}

int dmtable_add(struct dmtable *table, const struct dmtable_target *target)
{
	struct dmtable_target *larger;

	if (table->count >= DMTABLE_TARGETS_MAX)
		return -E2BIG;
	larger = reallocarray(table->targets, table->count + 1, sizeof *larger);
	if (!larger)
		return -ENOMEM;
	table->targets = larger;
	table->targets[table->count++] = *target;
	return 0;
}

void dmtable_clear(struct dmtable *table)
{
	free(table->targets);
	*table = (struct dmtable){0};
}

bool dmtable_covers(const struct dmtable *table, uint64_t size)
{
	uint64_t end = 0;

	for (size_t i = 0; i < table->count; i++) {
		const struct dmtable_target *target = &table->targets[i];

		if (target->start != end || target->size == 0 ||
			__builtin_add_overflow(end, target->size, &end))
			return false;
	}
	return end == size && size > 0;
}
