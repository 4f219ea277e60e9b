/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * LUKS1 (on-disk format 1.2.3), LUKS2 (on-disk format 1.1.1) and BitLocker metadata (versions 1 and 2), read
 * as far as the question "is this really encrypted" needs.
 *
 * Of LUKS2 both copies of the metadata must say the same, because the kernel's user may fall back to the
 * second; a volume whose copies differ is being changed or has been tampered with, and stays closed until
 * they agree.
 */

#include "device/cryptheader.h"

#include "base/json.h"
#include "base/number.h"

#include <string.h>

#define LUKS2_BINARY     4096
#define LUKS2_HEADER_MIN (16 * 1024)
#define LUKS2_HEADER_MAX (1024 * 1024)
#define FVE_METADATA_MAX (64 * 1024)
#define FVE_BLOCK_HEADER 64

static const char luks_magic[6] = {'L', 'U', 'K', 'S', '\xba', '\xbe'};
static const char luks2_second[6] = {'S', 'K', 'U', 'L', '\xba', '\xbe'};
static const char fve_signature[8] = {'-', 'F', 'V', 'E', '-', 'F', 'S', '-'};
/* 4967d63b-2e29-4ad8-8399-f6a339e3d001: BitLocker To Go, whose boot sector otherwise looks like FAT32. */
static const uint8_t togo_guid[16] = {
	0x3b, 0xd6, 0x67, 0x49, 0x29, 0x2e, 0xd8, 0x4a, 0x83, 0x99, 0xf6, 0xa3, 0x39, 0xe3, 0xd0, 0x01};

static uint32_t load_be32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static uint64_t load_be64(const uint8_t *p)
{
	return (uint64_t)load_be32(p) << 32 | load_be32(p + 4);
}

static bool ends(const char *text, size_t length)
{
	return text[length] == '\0' || text[length] == '-';
}

/* "aes-xts-plain64": a cipher that encrypts, in a mode that is used for disks. */
static bool cipher_is_real(const char *cipher)
{
	static const char *const ciphers[] = {
		"aes", "serpent", "twofish", "camellia", "aria", "sm4", "xchacha12,aes", "xchacha20,aes"};
	static const char *const modes[] = {"xts", "cbc", "adiantum", "gcm", "ccm", "random", "hctr2"};
	const char *mode = strchr(cipher, '-');
	bool known = false;

	if (!mode)
		return false;
	for (size_t i = 0; i < ELEMENTS(ciphers); i++)
		known |= strncmp(cipher, ciphers[i], strlen(ciphers[i])) == 0 &&
			 ends(cipher, strlen(ciphers[i]));
	for (size_t i = 0; known && i < ELEMENTS(modes); i++)
		if (strncmp(mode + 1, modes[i], strlen(modes[i])) == 0 && ends(mode + 1, strlen(modes[i])))
			return true;
	return false;
}

static bool luks1_is_real(const uint8_t *head, uint64_t size)
{
	char cipher[72];
	uint64_t payload = (uint64_t)load_be32(head + 104) * 512;

	(void)snprintf(
		cipher, sizeof(cipher), "%.32s-%.32s", (const char *)head + 8, (const char *)head + 40);
	return cipher_is_real(cipher) && load_be32(head + 108) >= 16 && payload >= 4096 && payload < size;
}

static int see_segment(const char *key, const struct js *segment, void *data)
{
	const char *type = js_get_string(segment, "type");
	const char *encryption = js_get_string(segment, "encryption");
	size_t *count = data;

	(void)key;
	if (!type || strcmp(type, "crypt") != 0 || !encryption || !cipher_is_real(encryption))
		return -EINVAL;
	(*count)++;
	return 0;
}

/* Requirements mark volumes in the middle of being converted; anything required that we do not know is
 * refused. */
static bool nothing_is_required(const struct js *root)
{
	const struct js *config = js_get(root, "config");
	const struct js *requirements = config ? js_get(config, "requirements") : NULL;
	const struct js *mandatory = requirements ? js_get(requirements, "mandatory") : NULL;

	if (!requirements)
		return true;
	return js_is_object(requirements) &&
	       (!mandatory || (js_is_array(mandatory) && js_length(mandatory) == 0));
}

static bool luks2_text_is_real(const char *text, size_t room)
{
	_cleanup_js_ struct js *root = NULL;
	const struct js *segments;
	size_t count = 0;

	if (memchr(text, '\0', room) == NULL || js_parse(text, strlen(text), &root) < 0)
		return false;
	segments = js_get(root, "segments");
	return segments && js_is_object(segments) && js_each(segments, see_segment, &count) == 0 &&
	       count >= 1 && nothing_is_required(root);
}

static bool second_copy_agrees(
	const struct medium_source *source, uint64_t start, const char *text, uint64_t header_size)
{
	_cleanup_free_ char *second = malloc(header_size);

	if (!second || source->read(source->data, start + header_size, second, header_size) < 0)
		return false;
	return memcmp(second, luks2_second, sizeof(luks2_second)) == 0 &&
	       load_be64((const uint8_t *)second + 8) == header_size &&
	       memcmp(second + LUKS2_BINARY, text, header_size - LUKS2_BINARY) == 0;
}

static enum medium_verdict judge_luks2(
	const struct medium_source *source, uint64_t start, uint64_t size, const uint8_t *head)
{
	uint64_t header_size = load_be64(head + 8);
	_cleanup_free_ char *text = NULL;

	/* The offset field says where this copy lies: the first one lies at 0. */
	if (header_size < LUKS2_HEADER_MIN || header_size > LUKS2_HEADER_MAX ||
		(header_size & (header_size - 1)) != 0 || 2 * header_size >= size ||
		load_be64(head + 256) != 0)
		return MEDIUM_PLAIN;
	text = malloc(header_size - LUKS2_BINARY);
	if (!text)
		return MEDIUM_UNKNOWN;
	if (source->read(source->data, start + LUKS2_BINARY, text, header_size - LUKS2_BINARY) < 0)
		return MEDIUM_UNKNOWN;
	if (!luks2_text_is_real(text, header_size - LUKS2_BINARY) ||
		!second_copy_agrees(source, start, text, header_size))
		return MEDIUM_PLAIN;
	return MEDIUM_ENCRYPTED;
}

/* The list of entries in BitLocker's metadata: true when all is in order and no key lies there in clear. */
static bool fve_entries_are_safe(const uint8_t *entries, size_t size)
{
	bool any_key = false;

	while (size >= 8) {
		size_t length = load_le16(entries);
		uint16_t type = load_le16(entries + 2), value = load_le16(entries + 4);

		if (length == 0)
			break;
		if (length < 8 || length > size)
			return false;
		if (type == 2 && value == 8) {
			/* Volume master key: 16 id, 8 time, 2 unknown, 2 protection; 0 is a clear key. */
			if (length < 8 + 28 || load_le16(entries + 8 + 26) == 0)
				return false;
			any_key = true;
		}
		entries += length;
		size -= length;
	}
	return any_key;
}

static enum medium_verdict judge_fve(
	const struct medium_source *source, uint64_t start, uint64_t size, uint64_t offset)
{
	_cleanup_free_ uint8_t *block = NULL;
	size_t header, total;

	if (offset < 512 || offset >= size || size - offset < FVE_METADATA_MAX)
		return MEDIUM_PLAIN;
	block = malloc(FVE_METADATA_MAX);
	if (!block)
		return MEDIUM_UNKNOWN;
	if (source->read(source->data, start + offset, block, FVE_METADATA_MAX) < 0)
		return MEDIUM_UNKNOWN;
	/* Current and wanted state must both be 4, "encrypted": anything else is partly in clear. */
	if (memcmp(block, fve_signature, sizeof(fve_signature)) != 0 || load_le16(block + 10) < 1 ||
		load_le16(block + 10) > 2 || load_le16(block + 12) != 4 || load_le16(block + 14) != 4)
		return MEDIUM_PLAIN;
	total = load_le32(block + FVE_BLOCK_HEADER);
	header = load_le32(block + FVE_BLOCK_HEADER + 8);
	if (header < 48 || header > total || total > FVE_METADATA_MAX - FVE_BLOCK_HEADER)
		return MEDIUM_PLAIN;
	return fve_entries_are_safe(block + FVE_BLOCK_HEADER + header, total - header) ? MEDIUM_ENCRYPTED
										       : MEDIUM_PLAIN;
}

bool cryptheader_judge(const struct medium_source *source, uint64_t start, uint64_t size,
	const uint8_t head[static CRYPTHEADER_HEAD], enum medium_verdict *ret_verdict)
{
	if (memcmp(head, luks_magic, sizeof(luks_magic)) == 0) {
		unsigned version = (unsigned)head[6] << 8 | head[7];

		if (version == 1)
			*ret_verdict = luks1_is_real(head, size) ? MEDIUM_ENCRYPTED : MEDIUM_PLAIN;
		else
			*ret_verdict = version == 2 ? judge_luks2(source, start, size, head) : MEDIUM_PLAIN;
		return true;
	}
	if (memcmp(head + 3, fve_signature, sizeof(fve_signature)) == 0) {
		*ret_verdict = judge_fve(source, start, size, load_le64(head + 176));
		return true;
	}
	if (memcmp(head + 3, "MSWIN4.1", 8) == 0 && memcmp(head + 424, togo_guid, sizeof(togo_guid)) == 0) {
		*ret_verdict = judge_fve(source, start, size, load_le64(head + 440));
		return true;
	}
	return false;
}
