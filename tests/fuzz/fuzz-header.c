/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * A volume that starts with any bytes is read and judged without reading outside it. The second copy of a
 * LUKS2 header is made to agree, so that the text in the input matters. Invariants: facts are sane, nothing
 * is encrypted without a cipher, with the null cipher, with a part in clear or with a clear key.
 */

#include "encryption/header.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define VOLUME (1024 * 1024)
#define COPY   16384

static uint8_t volume[VOLUME];

static int read_volume(void *data, uint64_t offset, void *buffer, size_t size)
{
	if (offset > VOLUME || size > VOLUME - offset)
		abort();
	memcpy(buffer, volume + offset, size);
	return 0;
}

static void make_second_copy(void)
{
	if (memcmp(volume, "LUKS\xba\xbe\0\2", 8) != 0)
		return;
	memcpy(volume + COPY, volume, COPY);
	memcpy(volume + COPY, "SKUL", 4);
	memset(volume + COPY + 256, 0, 8);
	volume[COPY + 262] = COPY >> 8;
}

static void check_encrypted(const struct cryptheader *header, const struct header_verdict *verdict)
{
	if (verdict->fix[0] || header->fault != CRYPTHEADER_SOUND ||
		(header->protectors & CRYPTHEADER_CLEAR_KEY))
		abort();
	if (header->kind == CRYPTHEADER_BITLOCKER)
		return;
	if (header->segments == 0)
		abort();
	for (uint32_t i = 0; i < header->segments; i++)
		if (!header->segment[i].backup && (!strchr(header->segment[i].cipher, '-') ||
							  strstr(header->segment[i].cipher, "cipher_null")))
			abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct medium_source source = {.read = read_volume, .size = VOLUME, .sector = 512};
	static struct header_facts facts;
	struct header_verdict verdict;

	memset(volume, 0, sizeof volume);
	memcpy(volume, data, size < VOLUME ? size : VOLUME);
	make_second_copy();
	memset(&facts, 0, sizeof facts);
	facts.checked = true;
	if (cryptheader_read(&source, 0, VOLUME, volume, &facts.header) < 0 || !header_facts_sane(&facts))
		abort();
	header_judge(&facts, &verdict);
	if (!verdict.reason[0] || !memchr(verdict.reason, 0, sizeof verdict.reason))
		abort();
	if (verdict.verdict == STORAGE_ENCRYPTED)
		check_encrypted(&facts.header, &verdict);
	return 0;
}
