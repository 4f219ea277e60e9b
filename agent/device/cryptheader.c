/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * Which kind of header it is, LUKS1 (on-disk format 1.2.3), and what a medium is worth by its header. LUKS2
 * and BitLocker are read in files of their own.
 */

#include "device/cryptheader.h"

#include "device/cipher.h"
#include "device/cryptheader-internal.h"

#include <string.h>

#define LUKS1_SLOTS    8
#define LUKS1_ENABLED  0x00ac71f3U
#define LUKS1_DISABLED 0x0000deadU
#define LUKS1_STRIPES  4000
#define LUKS1_SIZE     592
#define LUKS1_KEY_MAX  512 /* bytes */

static const char luks_magic[6] = {'L', 'U', 'K', 'S', '\xba', '\xbe'};
/* Set by the old conversion tool so that nobody opens what it is working on. */
static const char luks_away_magic[6] = {'L', 'U', 'K', 'S', '\xde', '\xad'};
static const char fve_signature[8] = {'-', 'F', 'V', 'E', '-', 'F', 'S', '-'};
/* 4967d63b-2e29-4ad8-8399-f6a339e3d001: BitLocker To Go, whose boot sector otherwise looks like FAT32. */
static const uint8_t togo_guid[16] = {
	0x3b, 0xd6, 0x67, 0x49, 0x29, 0x2e, 0xd8, 0x4a, 0x83, 0x99, 0xf6, 0xa3, 0x39, 0xe3, 0xd0, 0x01};
/* 92a84d3b-dd80-4d0e-9e4e-b1e3284eaed8: encrypts what is written, leaves the rest as it was. */
static const uint8_t on_write_guid[16] = {
	0x3b, 0x4d, 0xa8, 0x92, 0x80, 0xdd, 0x0e, 0x4d, 0x9e, 0x4e, 0xb1, 0xe3, 0x28, 0x4e, 0xae, 0xd8};

bool cryptheader_word(const uint8_t *field, size_t field_size, char *ret_text, size_t size)
{
	size_t length = strnlen((const char *)field, field_size);

	if (length == field_size || length >= size)
		return false;
	for (size_t i = 0; i < length; i++)
		if (field[i] <= ' ' || field[i] >= 0x7f)
			return false;
	memcpy(ret_text, field, length);
	ret_text[length] = 0;
	return true;
}

/* --- LUKS1 --- */

static bool read_luks1_slot(
	const uint8_t *entry, uint32_t number, uint64_t payload, struct cryptheader *header)
{
	uint32_t state = load_be32(entry);
	uint64_t area = (uint64_t)load_be32(entry + 40) * 512;
	struct cryptheader_slot slot = {
		.number = number,
		.kdf = CRYPTHEADER_KDF_PBKDF2,
		.iterations = load_be32(entry + 4),
		.key_bits = header->key_bits,
		.area = area,
		.area_size = (uint64_t)header->key_bits / 8 * LUKS1_STRIPES,
	};

	if (state == LUKS1_DISABLED)
		return true;
	(void)snprintf(slot.cipher, sizeof slot.cipher, "%s", header->segment[0].cipher);
	header->slot[header->slots++] = slot;
	return state == LUKS1_ENABLED && slot.iterations > 0 && load_be32(entry + 44) == LUKS1_STRIPES &&
	       area >= LUKS1_SIZE && area < payload && slot.area_size <= payload - area;
}

static bool read_luks1_fields(const struct cryptheader_volume *volume, struct cryptheader *header)
{
	const uint8_t *head = volume->head;
	struct cryptheader_segment *segment = &header->segment[0];
	uint64_t payload = (uint64_t)load_be32(head + 104) * 512;
	uint32_t bytes = load_be32(head + 108);
	char name[40], mode[40], hash[40];
	bool sound;

	if (!cryptheader_word(head + 8, 32, name, sizeof name) ||
		!cryptheader_word(head + 40, 32, mode, sizeof mode) ||
		!cryptheader_word(head + 72, 32, hash, sizeof hash) ||
		!cryptheader_word(head + 168, 40, header->uuid, sizeof header->uuid))
		return false;
	(void)snprintf(segment->cipher, sizeof segment->cipher, "%s-%s", name, mode);
	segment->type = CRYPTHEADER_SEGMENT_CRYPT;
	segment->sector = 512;
	segment->offset = payload;
	header->segments = 1;
	header->key_bits = bytes <= LUKS1_KEY_MAX ? bytes * 8 : 0;
	sound = name[0] && mode[0] && hash[0] && bytes >= 16 && bytes <= LUKS1_KEY_MAX && payload >= 4096 &&
		payload < volume->size;
	for (uint32_t i = 0; sound && i < LUKS1_SLOTS; i++)
		sound = read_luks1_slot(head + 208 + 48 * (size_t)i, i, payload, header);
	return sound;
}

static int read_luks(const struct cryptheader_volume *volume, struct cryptheader *header)
{
	unsigned version = load_be16(volume->head + 6);

	header->kind = version == 1 ? CRYPTHEADER_LUKS1 : CRYPTHEADER_LUKS2;
	if (version == 2)
		return cryptheader_read_luks2(volume, header);
	if (version != 1)
		header->fault = CRYPTHEADER_VERSION;
	else if (!read_luks1_fields(volume, header))
		header->fault = CRYPTHEADER_DAMAGED;
	return 0;
}

/* --- which kind --- */

static bool is_fvault2(const uint8_t *head)
{
	return load_le16(head + 8) == 1 && load_le16(head + 10) == 0x10 && memcmp(head + 88, "CS", 2) == 0 &&
	       load_le32(head + 90) == 1;
}

static int read_any(const struct cryptheader_volume *volume, struct cryptheader *header)
{
	const uint8_t *head = volume->head;

	if (memcmp(head, luks_magic, sizeof luks_magic) == 0)
		return read_luks(volume, header);
	if (memcmp(head, luks_away_magic, sizeof luks_away_magic) == 0) {
		header->kind = CRYPTHEADER_LUKS1;
		header->requirements = CRYPTHEADER_REQUIRES_OFFLINE;
		return 0;
	}
	if (memcmp(head + 3, fve_signature, sizeof fve_signature) == 0) {
		header->on_write = memcmp(head + 160, on_write_guid, sizeof on_write_guid) == 0;
		return cryptheader_read_bitlocker(volume, load_le64(head + 176), header);
	}
	if (memcmp(head + 3, "MSWIN4.1", 8) == 0 && memcmp(head + 424, togo_guid, sizeof togo_guid) == 0)
		return cryptheader_read_bitlocker(volume, load_le64(head + 440), header);
	if (is_fvault2(head))
		header->kind = CRYPTHEADER_FVAULT2;
	return 0;
}

int cryptheader_read(const struct medium_source *source, uint64_t start, uint64_t size,
	const uint8_t head[static CRYPTHEADER_HEAD], struct cryptheader *ret_header)
{
	const struct cryptheader_volume volume = {source, start, size, head};
	int r;

	*ret_header = (struct cryptheader){0};
	r = read_any(&volume, ret_header);
	/* An offset that points past the end is the header's fault, not the disk's. */
	if (r == -ERANGE)
		ret_header->fault = CRYPTHEADER_DAMAGED;
	return r == -ERANGE ? 0 : r;
}

/* --- what it is worth on a medium --- */

/* Strong, or of an old kind whose weakness shows little: a medium is not made read-only for that. */
static bool segment_encrypts(const struct cryptheader_segment *segment)
{
	const char *weakness, *mode = strchr(segment->cipher, '-');

	if (segment->type != CRYPTHEADER_SEGMENT_CRYPT)
		return false;
	switch (cipher_judge(segment->cipher, strlen(segment->cipher), CIPHER_KEY_UNKNOWN, &weakness)) {
	case CIPHER_STRONG:
		return true;
	case CIPHER_WEAK:
		return mode && strncmp(mode, "-cbc-plain", 10) == 0 &&
		       strncmp(segment->cipher, "aes", 3) == 0;
	case CIPHER_NULL:
	case CIPHER_UNKNOWN:
		break;
	}
	return false;
}

static bool luks_is_real(const struct cryptheader *header)
{
	if (header->segments == 0 || header->requirements != 0 || header->conversion != CRYPTHEADER_AT_REST)
		return false;
	for (uint32_t i = 0; i < header->segments; i++)
		if (!segment_encrypts(&header->segment[i]))
			return false;
	return true;
}

/* Current and wanted state must both be 4, "encrypted": anything else is partly in clear. */
static bool bitlocker_is_real(const struct cryptheader *header)
{
	return header->state == 4 && header->next_state == 4 && !header->on_write &&
	       header->protectors != 0 && !(header->protectors & CRYPTHEADER_CLEAR_KEY);
}

static bool is_real(const struct cryptheader *header)
{
	if (header->fault != CRYPTHEADER_SOUND)
		return false;
	switch (header->kind) {
	case CRYPTHEADER_LUKS1:
	case CRYPTHEADER_LUKS2:
		return luks_is_real(header);
	case CRYPTHEADER_BITLOCKER:
		return bitlocker_is_real(header);
	case CRYPTHEADER_FVAULT2:
	case CRYPTHEADER_NONE:
		break;
	}
	return false;
}

bool cryptheader_judge(const struct medium_source *source, uint64_t start, uint64_t size,
	const uint8_t head[static CRYPTHEADER_HEAD], enum medium_verdict *ret_verdict)
{
	_cleanup_free_ struct cryptheader *header = malloc(sizeof *header);
	int r = header ? cryptheader_read(source, start, size, head, header) : -ENOMEM;

	if (r < 0) {
		*ret_verdict = MEDIUM_UNKNOWN;
		return true;
	}
	if (header->kind == CRYPTHEADER_NONE)
		return false;
	*ret_verdict = is_real(header) ? MEDIUM_ENCRYPTED : MEDIUM_PLAIN;
	return true;
}
