/* SPDX-License-Identifier: GPL-3.0-or-later */

/* From bytes to facts: the shared parser over a descriptor, then checksums and the header's identity. */

#include "encryption/header.h"

#include "base/fd.h"

#include <string.h>

#define CHECKSUM_NAME      72
#define CHECKSUM           448
#define BITLOCKER_IDENTITY (64 * 1024)
#define META_HEAD          16
#define META_ENTRY         32
#define META_LAST          (4ULL << 20)

int header_prepare(void)
{
	uint8_t digest[SHA512_SIZE];
	int r = sha512_of("", 0, digest);

	return r < 0 ? r : sha256_of("", 0, digest);
}

static int read_disk(void *data, uint64_t offset, void *buffer, size_t size)
{
	ssize_t n = fd_pread_full(*(const int *)data, buffer, size, offset);

	if (n < 0)
		return (int)n;
	return (size_t)n == size ? 0 : -EIO;
}

/* Is the checksum in this copy right? Changes the copy: its own field counts as zeros. */
static bool checksum_right(uint8_t *copy, size_t size)
{
	uint8_t said[SHA512_SIZE], is[SHA512_SIZE] = {0};
	char name[32] = "";
	int r = -EINVAL;

	memcpy(said, copy + CHECKSUM, sizeof said);
	memset(copy + CHECKSUM, 0, sizeof said);
	(void)snprintf(name, sizeof name, "%.31s", (const char *)copy + CHECKSUM_NAME);
	if (strcmp(name, "sha256") == 0)
		r = sha256_of(copy, size, is);
	else if (strcmp(name, "sha512") == 0)
		r = sha512_of(copy, size, is);
	return r >= 0 && memcmp(said, is, strcmp(name, "sha512") == 0 ? SHA512_SIZE : SHA256_SIZE) == 0;
}

static int check_luks2(int fd, struct header_facts *facts)
{
	size_t size = facts->header.copy_size;
	_cleanup_free_ uint8_t *copy = malloc(size);
	int r;

	if (!copy)
		return -ENOMEM;
	facts->checked = true;
	for (unsigned i = 2; i-- > 0;) {
		r = read_disk(&fd, i * size, copy, size);
		if (r >= 0 && i == 0)
			r = sha512_of(copy, size, facts->identity);
		if (r < 0)
			return r;
		facts->checked = checksum_right(copy, size) && facts->checked;
	}
	return 0;
}

static int identify(int fd, uint64_t offset, size_t size, struct header_facts *facts)
{
	_cleanup_free_ uint8_t *block = malloc(size);
	int r;

	if (!block)
		return -ENOMEM;
	r = read_disk(&fd, offset, block, size);
	return r < 0 ? r : sha512_of(block, size, facts->identity);
}

/* When the first copy of a LUKS2 header was overwritten, the second tells what this was. */
static int look_for_second(int fd, uint64_t volume, struct header_facts *facts)
{
	static const char magic[] = "SKUL\xba\xbe";
	uint8_t found[sizeof magic];

	for (uint64_t at = 0x4000; at <= 0x400000 && at + sizeof found <= volume; at *= 2) {
		int r = read_disk(&fd, at, found, sizeof found);

		if (r < 0)
			return r;
		if (memcmp(found, magic, sizeof magic - 1) != 0)
			continue;
		facts->header.kind = CRYPTHEADER_LUKS2;
		facts->header.fault = CRYPTHEADER_DAMAGED;
		facts->only_second = true;
		break;
	}
	return 0;
}

/* LUKS1 has no tokens: what hands in its keys is written behind the key slots, one entry for each slot. */
static void take_clevis(const uint8_t *entries, struct cryptheader *header)
{
	static const uint8_t clevis[] = {0xcb, 0x6e, 0x89, 0x04, 0x81, 0xff, 0x40, 0xda, 0xa8, 0x4a, 0x07,
		0xab, 0x9a, 0xb5, 0x71, 0x5e};
	struct cryptheader_token token = {.type = "clevis"};

	for (unsigned slot = 0; slot < 8; slot++)
		if (memcmp(entries + (size_t)slot * META_ENTRY, clevis, sizeof clevis) == 0)
			token.slots |= 1U << slot;
	if (token.slots)
		header->token[header->tokens++] = token;
}

static int look_for_clevis(int fd, uint64_t volume, struct cryptheader *header)
{
	uint8_t meta[META_HEAD + 8 * META_ENTRY];
	uint64_t end = header->segments ? header->segment[0].offset : 0;

	if (end == 0 || end > META_LAST)
		end = META_LAST;
	for (uint64_t at = CRYPTHEADER_HEAD; at < end && at + sizeof meta <= volume && header->tokens == 0;
		at += CRYPTHEADER_HEAD) {
		int r = read_disk(&fd, at, meta, sizeof meta);

		if (r < 0)
			return r;
		if (memcmp(meta, "LUKSMETA", 8) == 0)
			take_clevis(meta + META_HEAD, header);
	}
	return 0;
}

static int read_rest(int fd, uint64_t size, struct header_facts *facts)
{
	int r;

	switch (facts->header.kind) {
	case CRYPTHEADER_LUKS1:
		r = facts->header.fault == CRYPTHEADER_SOUND ? look_for_clevis(fd, size, &facts->header) : 0;
		return r < 0 ? r : identify(fd, 0, CRYPTHEADER_HEAD, facts);
	case CRYPTHEADER_FVAULT2:
		return identify(fd, 0, CRYPTHEADER_HEAD, facts);
	case CRYPTHEADER_LUKS2:
		return facts->header.copy_size ? check_luks2(fd, facts) : 0;
	case CRYPTHEADER_BITLOCKER:
		return facts->header.fault == CRYPTHEADER_SOUND
			       ? identify(fd, facts->header.metadata, BITLOCKER_IDENTITY, facts)
			       : 0;
	case CRYPTHEADER_NONE:
		break;
	}
	return look_for_second(fd, size, facts);
}

int header_read(int fd, uint64_t size, struct header_facts *ret_facts)
{
	struct medium_source source = {.read = read_disk, .data = &fd, .size = size, .sector = 512};
	uint8_t head[CRYPTHEADER_HEAD];
	int r;

	*ret_facts = (struct header_facts){0};
	if (size < sizeof head)
		return 0;
	r = read_disk(&fd, 0, head, sizeof head);
	if (r >= 0)
		r = cryptheader_read(&source, 0, size, head, &ret_facts->header);
	return r < 0 ? r : read_rest(fd, size, ret_facts);
}

/* --- facts from a process that met hostile bytes --- */

#define ENDS(text) (memchr((text), '\0', sizeof(text)) != NULL)

static bool segment_sane(const struct cryptheader_segment *segment)
{
	return (unsigned)segment->type <= CRYPTHEADER_SEGMENT_OPAL_AND && ENDS(segment->cipher) &&
	       ENDS(segment->integrity);
}

static bool slot_sane(const struct cryptheader_slot *slot)
{
	return (unsigned)slot->kdf <= CRYPTHEADER_KDF_ARGON2 && slot->number < CRYPTHEADER_SLOTS &&
	       ENDS(slot->cipher);
}

static bool token_sane(const struct cryptheader_token *token)
{
	return ENDS(token->type) && (unsigned)token->pin <= CRYPTHEADER_YES &&
	       (unsigned)token->presence <= CRYPTHEADER_YES && (unsigned)token->biometry <= CRYPTHEADER_YES;
}

bool header_facts_sane(const struct header_facts *facts)
{
	const struct cryptheader *header = &facts->header;
	bool sane = (unsigned)header->kind <= CRYPTHEADER_FVAULT2 &&
		    (unsigned)header->fault <= CRYPTHEADER_VERSION &&
		    (unsigned)header->conversion <= CRYPTHEADER_CONVERSION_OTHER && ENDS(header->uuid) &&
		    header->segments <= CRYPTHEADER_SEGMENTS && header->slots <= CRYPTHEADER_SLOTS &&
		    header->tokens <= CRYPTHEADER_TOKENS;

	for (uint32_t i = 0; sane && i < header->segments; i++)
		sane = segment_sane(&header->segment[i]);
	for (uint32_t i = 0; sane && i < header->slots; i++)
		sane = slot_sane(&header->slot[i]);
	for (uint32_t i = 0; sane && i < header->tokens; i++)
		sane = token_sane(&header->token[i]);
	return sane;
}
