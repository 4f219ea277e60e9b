/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * An NTFS with bytes changed (three bytes each: where, and what), and files of any name and beginning. A
 * first byte chooses. Invariants: whatever is found has names that end and hold no control characters; a
 * picture is never accepted, whatever it is called.
 */

#include "encryption/exempt-ntfs.h"

#include "../unit/ntfs-image.h"

static struct ntfs_image image;

static int read_image(void *data, uint64_t offset, void *buffer, size_t size)
{
	if (offset > sizeof image.bytes || size > sizeof image.bytes - offset)
		return -EIO;
	memcpy(buffer, image.bytes + offset, size);
	return 0;
}

static void check(const struct exempt *exempt)
{
	const char *end = memchr(exempt->offender, 0, sizeof exempt->offender);

	if (!end || exempt->boot_files > exempt->files)
		abort();
	for (const char *c = exempt->offender; c < end; c++)
		if ((unsigned char)*c < 0x20)
			abort();
}

static void ntfs(const uint8_t *data, size_t size)
{
	struct exempt exempt = {0};

	ntfs_make_recovery(&image);
	for (; size >= 3; data += 3, size -= 3)
		image.bytes[load_le16(data) % NTFS_SIZE] = data[2];
	if (exempt_scan_ntfs(read_image, NULL, sizeof image.bytes, &exempt) == 0)
		check(&exempt);
}

static void file(const uint8_t *data, size_t size)
{
	const uint8_t *end = memchr(data, 0, size);
	struct exempt exempt = {0};
	size_t head;

	if (!end)
		return;
	end++;
	head = (size_t)(data + size - end);
	(void)exempt_see(
		&exempt, (const char *)data, 1 + head * 100, end, head < EXEMPT_HEAD ? head : EXEMPT_HEAD);
	check(&exempt);
	if (head > 3 && memcmp(end, "\xff\xd8\xff", 3) == 0 && !exempt.offender[0])
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size == 0)
		return 0;
	if (data[0] & 1)
		ntfs(data + 1, size - 1);
	else
		file(data + 1, size - 1);
	return 0;
}
