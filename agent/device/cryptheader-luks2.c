/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * LUKS2 (on-disk format 1.1.1): a binary header and JSON, both twice.
 *
 * Both copies must say the same, because whoever opens the volume may fall back to the second; a volume whose
 * copies differ is being changed or has been tampered with. Members that are missing or of a wrong type are
 * damage; words that are not known are facts of their own, never taken for something harmless.
 */

#include "base/json.h"
#include "device/cryptheader-internal.h"

#include <string.h>

#define BINARY     4096
#define HEADER_MIN (16 * 1024)
#define HEADER_MAX (4 * 1024 * 1024)

static const char second_magic[6] = {'S', 'K', 'U', 'L', '\xba', '\xbe'};

/* --- words and numbers in the JSON --- */

/* Offsets and sizes are strings, because JSON's numbers are not exact enough. */
static bool number_text(const struct js *object, const char *key, uint64_t *ret)
{
	const char *text = js_get_string(object, key);

	return text && number_parse_u64(text, ret) >= 0;
}

static bool number_u32(const struct js *object, const char *key, uint32_t *ret)
{
	uint64_t value;

	if (js_get_u64(object, key, &value) < 0 || value > UINT32_MAX)
		return false;
	*ret = (uint32_t)value;
	return true;
}

static bool copy_text(const struct js *object, const char *key, char *ret_text, size_t size)
{
	const char *text = js_get_string(object, key);

	return text && cryptheader_word((const uint8_t *)text, strlen(text) + 1, ret_text, size);
}

static bool list_has(const struct js *list, const char *word)
{
	for (size_t i = 0; i < js_length(list); i++) {
		const char *text = js_string(js_at(list, i));

		if (text && strcmp(text, word) == 0)
			return true;
	}
	return false;
}

static bool list_has_prefix(const struct js *list, const char *prefix)
{
	for (size_t i = 0; i < js_length(list); i++) {
		const char *text = js_string(js_at(list, i));

		if (text && strncmp(text, prefix, strlen(prefix)) == 0)
			return true;
	}
	return false;
}

/* ["0", "2"] as bits 0 and 2. */
static bool slots_of(const struct js *list, uint32_t *ret_bits)
{
	if (!js_is_array(list))
		return false;
	for (size_t i = 0; i < js_length(list); i++) {
		const char *text = js_string(js_at(list, i));
		uint64_t number;

		if (!text || number_parse_u64(text, &number) < 0 || number >= CRYPTHEADER_SLOTS)
			return false;
		*ret_bits |= 1U << number;
	}
	return true;
}

/* --- segments --- */

static enum cryptheader_segment_type segment_type(const char *type)
{
	if (strcmp(type, "crypt") == 0)
		return CRYPTHEADER_SEGMENT_CRYPT;
	if (strcmp(type, "linear") == 0)
		return CRYPTHEADER_SEGMENT_LINEAR;
	if (strcmp(type, "hw-opal") == 0)
		return CRYPTHEADER_SEGMENT_OPAL;
	if (strcmp(type, "hw-opal-crypt") == 0)
		return CRYPTHEADER_SEGMENT_OPAL_AND;
	return CRYPTHEADER_SEGMENT_OTHER;
}

static bool read_cipher(const struct js *from, struct cryptheader_segment *segment)
{
	const struct js *integrity = js_get(from, "integrity");

	if (!copy_text(from, "encryption", segment->cipher, sizeof segment->cipher) ||
		!number_u32(from, "sector_size", &segment->sector))
		return false;
	return !integrity || copy_text(integrity, "type", segment->integrity, sizeof segment->integrity);
}

static int see_segment(const char *key, const struct js *from, void *data)
{
	struct cryptheader *header = data;
	struct cryptheader_segment segment = {0};
	const char *type = js_get_string(from, "type");
	const struct js *flags = js_get(from, "flags");
	bool encrypts;

	(void)key;
	if (header->segments == CRYPTHEADER_SEGMENTS || !type ||
		!number_text(from, "offset", &segment.offset) || (flags && !js_is_array(flags)))
		return -EINVAL;
	segment.type = segment_type(type);
	segment.backup = list_has_prefix(flags, "backup-");
	segment.hot = list_has(flags, "in-reencryption");
	encrypts = segment.type == CRYPTHEADER_SEGMENT_CRYPT || segment.type == CRYPTHEADER_SEGMENT_OPAL_AND;
	if (encrypts && !read_cipher(from, &segment))
		return -EINVAL;
	header->segment[header->segments++] = segment;
	return 0;
}

/* --- key slots --- */

struct bound {
	uint32_t slots; /* that open a segment */
};

/* A digest ties slots to segments: a slot without one opens something else, or nothing. */
static int see_digest(const char *key, const struct js *digest, void *data)
{
	const struct js *segments = js_get(digest, "segments");
	struct bound *bound = data;
	uint32_t slots = 0;

	(void)key;
	if (!js_is_array(segments) || !slots_of(js_get(digest, "keyslots"), &slots))
		return -EINVAL;
	if (js_length(segments) > 0)
		bound->slots |= slots;
	return 0;
}

static bool read_kdf(const struct js *kdf, struct cryptheader_slot *slot)
{
	const char *type = js_get_string(kdf, "type");
	bool known = true;

	if (!type)
		return false;
	if (strcmp(type, "pbkdf2") == 0) {
		slot->kdf = CRYPTHEADER_KDF_PBKDF2;
		known = js_get_u64(kdf, "iterations", &slot->iterations) == 0;
	} else if (strcmp(type, "argon2i") == 0 || strcmp(type, "argon2id") == 0) {
		slot->kdf = CRYPTHEADER_KDF_ARGON2;
		known = js_get_u64(kdf, "time", &slot->iterations) == 0 &&
			js_get_u64(kdf, "memory", &slot->memory_kib) == 0 &&
			number_u32(kdf, "cpus", &slot->threads);
	}
	return known;
}

static bool read_slot(const struct js *from, struct cryptheader_slot *slot)
{
	const struct js *area = js_get(from, "area");
	uint32_t bytes;

	if (!area || !number_u32(from, "key_size", &bytes) || bytes == 0 || bytes > 4096 ||
		!number_text(area, "offset", &slot->area) || !number_text(area, "size", &slot->area_size) ||
		!copy_text(area, "encryption", slot->cipher, sizeof slot->cipher))
		return false;
	slot->key_bits = bytes * 8;
	return read_kdf(js_get(from, "kdf"), slot);
}

static bool read_conversion(const struct js *slot, struct cryptheader *header)
{
	const char *mode = js_get_string(slot, "mode");

	if (!mode || header->conversion != CRYPTHEADER_AT_REST)
		return false;
	if (strcmp(mode, "reencrypt") == 0)
		header->conversion = CRYPTHEADER_REKEYING;
	else if (strcmp(mode, "encrypt") == 0)
		header->conversion = CRYPTHEADER_ENCRYPTING;
	else if (strcmp(mode, "decrypt") == 0)
		header->conversion = CRYPTHEADER_DECRYPTING;
	else
		header->conversion = CRYPTHEADER_CONVERSION_OTHER;
	return true;
}

struct slots_visit {
	struct cryptheader *header;
	uint32_t bound;
};

static int see_slot(const char *key, const struct js *from, void *data)
{
	struct slots_visit *visit = data;
	struct cryptheader *header = visit->header;
	const char *type = js_get_string(from, "type");
	struct cryptheader_slot slot = {0};
	uint64_t number;

	if (!type || number_parse_u64(key, &number) < 0 || number >= CRYPTHEADER_SLOTS)
		return -EINVAL;
	if (strcmp(type, "reencrypt") == 0)
		return read_conversion(from, header) ? 0 : -EINVAL;
	if (!(visit->bound & 1U << number))
		return 0;
	slot.number = (uint32_t)number;
	if (header->slots == CRYPTHEADER_SLOTS || (strcmp(type, "luks2") == 0 && !read_slot(from, &slot)))
		return -EINVAL;
	if (slot.key_bits && (header->key_bits == 0 || slot.key_bits < header->key_bits))
		header->key_bits = slot.key_bits;
	header->slot[header->slots++] = slot;
	return 0;
}

/* --- tokens --- */

static enum cryptheader_answer answer(const struct js *token, const char *key)
{
	bool value;

	if (js_get_bool(token, key, &value) < 0)
		return CRYPTHEADER_UNSAID;
	return value ? CRYPTHEADER_YES : CRYPTHEADER_NO;
}

static int see_token(const char *key, const struct js *from, void *data)
{
	struct cryptheader *header = data;
	struct cryptheader_token token = {0};

	(void)key;
	if (header->tokens == CRYPTHEADER_TOKENS || !copy_text(from, "type", token.type, sizeof token.type) ||
		!slots_of(js_get(from, "keyslots"), &token.slots))
		return -EINVAL;
	token.pin = answer(from, "tpm2-pin");
	if (token.pin == CRYPTHEADER_UNSAID)
		token.pin = answer(from, "fido2-clientPin-required");
	token.presence = answer(from, "fido2-up-required");
	token.biometry = answer(from, "fido2-uv-required");
	header->token[header->tokens++] = token;
	return 0;
}

/* --- requirements --- */

static uint32_t requirement(const char *word)
{
	if (!word)
		return CRYPTHEADER_REQUIRES_OTHER;
	if (strncmp(word, "online-reencrypt", 16) == 0)
		return CRYPTHEADER_REQUIRES_ONLINE;
	if (strcmp(word, "offline-reencrypt") == 0)
		return CRYPTHEADER_REQUIRES_OFFLINE;
	if (strcmp(word, "opal") == 0)
		return CRYPTHEADER_REQUIRES_OPAL;
	if (strcmp(word, "inline-hw-tags") == 0)
		return CRYPTHEADER_REQUIRES_TAGS;
	return CRYPTHEADER_REQUIRES_OTHER;
}

static bool read_config(const struct js *config, struct cryptheader *header)
{
	const struct js *requirements = js_get(config, "requirements");
	const struct js *mandatory = js_get(requirements, "mandatory");

	header->discards = list_has(js_get(config, "flags"), "allow-discards");
	if (!requirements)
		return true;
	if (!js_is_object(requirements) || (mandatory && !js_is_array(mandatory)))
		return false;
	for (size_t i = 0; i < js_length(mandatory); i++)
		header->requirements |= requirement(js_string(js_at(mandatory, i)));
	return true;
}

/* --- the whole --- */

static int visit_or_absent(const struct js *root, const char *key,
	int (*visit)(const char *key, const struct js *value, void *data), void *data)
{
	const struct js *object = js_get(root, key);

	return object ? js_each(object, visit, data) : 0;
}

static bool read_text(const char *text, size_t room, struct cryptheader *header)
{
	_cleanup_js_ struct js *root = NULL;
	struct slots_visit slots = {.header = header};
	struct bound bound = {0};

	if (memchr(text, '\0', room) == NULL || js_parse(text, strlen(text), &root) < 0 ||
		!js_is_object(js_get(root, "segments")))
		return false;
	if (js_each(js_get(root, "segments"), see_segment, header) < 0 ||
		visit_or_absent(root, "digests", see_digest, &bound) < 0)
		return false;
	slots.bound = bound.slots;
	return visit_or_absent(root, "keyslots", see_slot, &slots) == 0 &&
	       visit_or_absent(root, "tokens", see_token, header) == 0 &&
	       read_config(js_get(root, "config"), header);
}

/* Size, sequence, label, checksum's name, uuid and subsystem; magic, salt, offset and checksum are each
 * copy's own. */
static bool binaries_agree(const uint8_t *first, const uint8_t *second)
{
	return memcmp(second, second_magic, sizeof second_magic) == 0 &&
	       memcmp(first + 6, second + 6, 104 - 6) == 0 && memcmp(first + 168, second + 168, 88) == 0;
}

static int compare_copies(
	const struct cryptheader_volume *volume, const char *text, struct cryptheader *header)
{
	_cleanup_free_ uint8_t *second = malloc(header->copy_size);
	int r;

	if (!second)
		return -ENOMEM;
	r = cryptheader_pread(volume, header->copy_size, second, header->copy_size);
	if (r < 0)
		return r;
	if (!binaries_agree(volume->head, second) || load_be64(second + 256) != header->copy_size ||
		memcmp(second + BINARY, text, header->copy_size - BINARY) != 0)
		header->fault = CRYPTHEADER_COPIES_DIFFER;
	return 0;
}

int cryptheader_read_luks2(const struct cryptheader_volume *volume, struct cryptheader *header)
{
	uint64_t copy_size = load_be64(volume->head + 8);
	_cleanup_free_ char *text = NULL;
	int r;

	/* The offset field says where this copy lies: the first one lies at 0. */
	header->fault = CRYPTHEADER_DAMAGED;
	if (copy_size < HEADER_MIN || copy_size > HEADER_MAX || (copy_size & (copy_size - 1)) != 0 ||
		2 * copy_size >= volume->size || load_be64(volume->head + 256) != 0 ||
		!cryptheader_word(volume->head + 168, 40, header->uuid, sizeof header->uuid))
		return 0;
	header->copy_size = copy_size;
	text = malloc(copy_size - BINARY);
	if (!text)
		return -ENOMEM;
	r = cryptheader_pread(volume, BINARY, text, copy_size - BINARY);
	if (r < 0)
		return r;
	if (!read_text(text, copy_size - BINARY, header))
		return 0;
	header->fault = CRYPTHEADER_SOUND;
	return compare_copies(volume, text, header);
}
