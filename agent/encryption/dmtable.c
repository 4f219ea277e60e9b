/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * Words of a table line, and what is known about ciphers. The lists are of what is accepted: a name that is
 * not in them is unknown, not harmless.
 */

#include "encryption/dmtable.h"

#include <string.h>

struct word {
	const char *text;
	size_t size;
};

/* The next word of *rest; false at the end. */
static bool next_word(const char **rest, struct word *ret_word)
{
	const char *start = *rest + strspn(*rest, " ");
	size_t size = strcspn(start, " ");

	*rest = start + size;
	*ret_word = (struct word){start, size};
	return size > 0;
}

static bool is(const struct word *word, const char *text)
{
	return strlen(text) == word->size && memcmp(word->text, text, word->size) == 0;
}

static bool in_list(const struct word *word, const char *const *list, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (is(word, list[i]))
			return true;
	return false;
}

static bool contains(const struct word *word, const char *part)
{
	return memmem(word->text, word->size, part, strlen(part)) != NULL;
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

static bool parse_device(const struct word *word, struct dmtable_device *ret)
{
	const char *at = word->text, *end = at + word->size;

	return parse_number(&at, end, &ret->major) && at < end && *at++ == ':' &&
	       parse_number(&at, end, &ret->minor) && at == end;
}

static void add_device(struct dmtable_target *target, const struct word *word)
{
	struct dmtable_device device;

	if (!parse_device(word, &device))
		return;
	if (target->device_count == DMTABLE_DEVICES_MAX)
		target->kind = DMTABLE_UNKNOWN;
	else
		target->devices[target->device_count++] = device;
}

/* --- ciphers --- */

struct cipher {
	struct word name, mode, iv;
};

static const char *const strong_names[] = {"aes", "serpent", "twofish", "camellia", "sm4", "aria", "cast6"};
static const char *const old_names[] = {"des3_ede", "des", "blowfish", "cast5"};
static const char *const known_modes[] = {
	"adiantum", "hctr2", "xts", "gcm", "ccm", "lrw", "cbc", "ctr", "ecb"};

/* "aes-xts-plain64", "aes:64-cbc-lmk", "aes-cbc-essiv:sha256", "xchacha12,aes-adiantum-plain64" */
static bool split_plain(const struct word *text, struct cipher *ret)
{
	const char *end = text->text + text->size;
	const char *dash = memchr(text->text, '-', text->size);
	const char *second = dash ? memchr(dash + 1, '-', (size_t)(end - dash) - 1) : NULL;
	const char *colon = memchr(text->text, ':', dash ? (size_t)(dash - text->text) : text->size);

	if (!dash)
		return false;
	ret->name = (struct word){text->text, (size_t)((colon ? colon : dash) - text->text)};
	ret->mode = (struct word){dash + 1, (size_t)((second ? second : end) - dash) - 1};
	ret->iv = second ? (struct word){second + 1, (size_t)(end - second) - 1} : (struct word){end, 0};
	return true;
}

/* "capi:xts(aes)-plain64", "capi:authenc(hmac(sha256),xts(aes))-random" */
static bool split_capi(const struct word *text, struct cipher *ret)
{
	const char *dash = memrchr(text->text, '-', text->size),
		   *close = memrchr(text->text, ')', text->size);
	struct word algorithm;

	if (!dash || (close && close > dash))
		return false;
	algorithm = (struct word){text->text + 5, (size_t)(dash - text->text) - 5};
	ret->iv = (struct word){dash + 1, (size_t)(text->text + text->size - dash) - 1};
	ret->name = algorithm;
	for (size_t i = 0; i < ELEMENTS(known_modes); i++) {
		char opened[16];

		(void)snprintf(opened, sizeof opened, "%s(", known_modes[i]);
		if (!contains(&algorithm, opened))
			continue;
		ret->mode = (struct word){known_modes[i], strlen(known_modes[i])};
		/* Inside parentheses the name stands among others: name what it contains. */
		for (size_t k = 0; k < ELEMENTS(old_names); k++)
			if (contains(&algorithm, old_names[k]))
				ret->name = (struct word){old_names[k], strlen(old_names[k])};
		for (size_t k = 0; k < ELEMENTS(strong_names) && ret->name.text == algorithm.text; k++)
			if (contains(&algorithm, strong_names[k]))
				ret->name = (struct word){strong_names[k], strlen(strong_names[k])};
		return true;
	}
	return false;
}

static bool begins(const struct word *word, const char *text)
{
	return word->size >= strlen(text) && memcmp(word->text, text, strlen(text)) == 0;
}

static const char *weakness_of_mode(const struct cipher *cipher, unsigned key_bits)
{
	static const char *const sound_cbc[] = {"essiv", "eboiv", "elephant", "lmk", "tcw", "random"};

	if (is(&cipher->mode, "ecb"))
		return "equal parts of files stay visible (ECB mode)";
	if (is(&cipher->iv, "null") || cipher->iv.size == 0)
		return "equal parts of files stay visible (no initialisation vector)";
	if (key_bits < (is(&cipher->mode, "xts") ? 256U : 128U))
		return "the key is too short";
	if (!is(&cipher->mode, "cbc"))
		return "";
	for (size_t i = 0; i < ELEMENTS(sound_cbc); i++)
		if (begins(&cipher->iv, sound_cbc[i]))
			return "";
	return "marked files can be recognised (CBC mode with a predictable initialisation vector)";
}

static enum dmtable_strength judge_name(const struct cipher *cipher, const char **ret_weakness)
{
	static const char *const wide[] = {"xchacha12,aes", "xchacha20,aes"};

	if (in_list(&cipher->name, old_names, ELEMENTS(old_names))) {
		*ret_weakness = "the cipher is outdated";
		return DMTABLE_WEAK;
	}
	if (in_list(&cipher->name, strong_names, ELEMENTS(strong_names)) ||
		(is(&cipher->mode, "adiantum") && in_list(&cipher->name, wide, ELEMENTS(wide))))
		return DMTABLE_STRONG;
	return DMTABLE_UNKNOWN_CIPHER;
}

static void judge_cipher(struct dmtable_target *target, const struct word *text)
{
	struct cipher cipher = {0};

	target->weakness = "";
	target->strength = DMTABLE_UNKNOWN_CIPHER;
	if (contains(text, "cipher_null")) {
		target->strength = DMTABLE_NULL_CIPHER;
		return;
	}
	if (!(begins(text, "capi:") ? split_capi(text, &cipher) : split_plain(text, &cipher)))
		return;
	if (!in_list(&cipher.mode, known_modes, ELEMENTS(known_modes)))
		return;
	target->strength = judge_name(&cipher, &target->weakness);
	if (target->strength != DMTABLE_STRONG)
		return;
	target->weakness = weakness_of_mode(&cipher, target->key_bits);
	if (target->weakness[0])
		target->strength = DMTABLE_WEAK;
}

/* Hexadecimal, "-" for none, or ":<bytes>:<type>:<description>" for a key in the kernel's keyring. */
static unsigned key_bits(const struct word *key)
{
	const char *at = key->text + 1, *end = key->text + key->size;
	uint32_t bytes;

	if (is(key, "-"))
		return 0;
	if (key->text[0] != ':')
		return key->size > UINT16_MAX ? 0 : (unsigned)key->size * 4;
	return parse_number(&at, end, &bytes) && at < end && *at == ':' && bytes <= UINT16_MAX ? bytes * 8
											       : 0;
}

/* "<cipher> <key> <iv offset> <device> <offset> [options]" */
static void parse_crypt(struct dmtable_target *target, const char *arguments)
{
	struct word cipher, key, offset, device;

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
	add_device(target, &device);
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
	const struct word word = {type, strlen(type)};

	if (in_list(&word, pass, ELEMENTS(pass)))
		return DMTABLE_PASS;
	return in_list(&word, nothing, ELEMENTS(nothing)) ? DMTABLE_NOTHING : DMTABLE_UNKNOWN;
}

void dmtable_parse(uint64_t start, uint64_t size, const char *type, const char *arguments,
	struct dmtable_target *ret_target)
{
	struct dmtable_target target = {.start = start, .size = size, .weakness = ""};
	struct word word;

	(void)snprintf(target.type, sizeof target.type, "%s", type);
	if (strcmp(type, "crypt") == 0) {
		parse_crypt(&target, arguments);
	} else {
		target.kind = kind_of(type);
		while (next_word(&arguments, &word))
			add_device(&target, &word);
		if (target.kind == DMTABLE_PASS && target.device_count == 0)
			target.kind = DMTABLE_UNKNOWN;
	}
	*ret_target = target;
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
