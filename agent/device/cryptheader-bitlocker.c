/* SPDX-License-Identifier: GPL-3.0-or-later */

/* BitLocker's metadata (versions 1 and 2): the state of the volume, and which kinds of key open it. */

#include "device/cryptheader-internal.h"

#include <string.h>

#define METADATA_MAX (64 * 1024)
#define BLOCK_HEADER 64
#define ENTRY_HEADER 8
#define ENTRY_VMK    2 /* volume master key, locked with some other key */
#define VALUE_VMK    8
#define VMK_HEADER   28 /* 16 id, 8 time, 2 unknown, 2 protection */

static const char signature[8] = {'-', 'F', 'V', 'E', '-', 'F', 'S', '-'};

static enum cryptheader_protector protector(uint16_t protection)
{
	switch (protection) {
	case 0x0000:
		return CRYPTHEADER_CLEAR_KEY;
	case 0x0100:
		return CRYPTHEADER_TPM;
	case 0x0200:
		return CRYPTHEADER_STARTUP_KEY;
	case 0x0500:
		return CRYPTHEADER_TPM_AND;
	case 0x0800:
		return CRYPTHEADER_RECOVERY;
	case 0x1000:
		return CRYPTHEADER_SMART_CARD;
	case 0x2000:
		return CRYPTHEADER_PASSWORD;
	default:
		return CRYPTHEADER_OTHER_KEY;
	}
}

static bool read_entries(const uint8_t *entries, size_t size, struct cryptheader *header)
{
	while (size >= ENTRY_HEADER) {
		size_t length = load_le16(entries);

		if (length == 0)
			break;
		if (length < ENTRY_HEADER || length > size)
			return false;
		if (load_le16(entries + 2) == ENTRY_VMK && load_le16(entries + 4) == VALUE_VMK) {
			if (length < ENTRY_HEADER + VMK_HEADER)
				return false;
			header->protectors |= protector(load_le16(entries + ENTRY_HEADER + 26));
		}
		entries += length;
		size -= length;
	}
	return true;
}

static void format_guid(const uint8_t *g, char ret_text[static 40])
{
	(void)snprintf(ret_text, 40, "%08x-%04x-%04x-%02x%02x-%02x%02x%02x%02x%02x%02x", load_le32(g),
		load_le16(g + 4), load_le16(g + 6), g[8], g[9], g[10], g[11], g[12], g[13], g[14], g[15]);
}

static bool read_block(const uint8_t *block, struct cryptheader *header)
{
	uint32_t total = load_le32(block + BLOCK_HEADER), start = load_le32(block + BLOCK_HEADER + 8);

	if (memcmp(block, signature, sizeof signature) != 0 || load_le16(block + 10) < 1 ||
		load_le16(block + 10) > 2)
		return false;
	header->state = load_le16(block + 12);
	header->next_state = load_le16(block + 14);
	if (start < 48 || start > total || total > METADATA_MAX - BLOCK_HEADER)
		return false;
	format_guid(block + BLOCK_HEADER + 16, header->uuid);
	header->method = load_le16(block + BLOCK_HEADER + 36);
	return read_entries(block + BLOCK_HEADER + start, total - start, header);
}

int cryptheader_read_bitlocker(
	const struct cryptheader_volume *volume, uint64_t metadata, struct cryptheader *header)
{
	_cleanup_free_ uint8_t *block = malloc(METADATA_MAX);
	int r;

	header->kind = CRYPTHEADER_BITLOCKER;
	header->metadata = metadata;
	header->fault = CRYPTHEADER_DAMAGED;
	if (metadata < 512)
		return 0;
	if (!block)
		return -ENOMEM;
	r = cryptheader_pread(volume, metadata, block, METADATA_MAX);
	if (r < 0)
		return r;
	if (read_block(block, header))
		header->fault = CRYPTHEADER_SOUND;
	return 0;
}
