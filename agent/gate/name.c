/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * Names and times as the gate allows them. See name.h.
 *
 * A colon opens a second stream on NTFS and a backslash is a folder to other computers; a dot or a space at
 * the end is dropped by FAT, so that what was judged would not be what is written.
 */

#include "gate/name.h"

#include "base/utf8.h"

#include <string.h>
#include <strings.h>

#define EARLIEST INT64_C(315532800) /* 1980-01-01, where FAT begins */

bool gate_name_is_ours(const char *name)
{
	return strncasecmp(name, GATE_NAME_FOLDER, sizeof GATE_NAME_FOLDER - 1) == 0;
}

static bool bad_sign(unsigned char c)
{
	return c < 0x20 || c == 0x7f || c == ':' || c == '\\' || c == '/';
}

int gate_name_check(const char *name)
{
	size_t size = strlen(name);

	if (size > GATE_NAME_MAX)
		return -ENAMETOOLONG;
	if (size == 0 || name[size - 1] == '.' || name[size - 1] == ' ')
		return -EINVAL;
	if (!utf8_valid(name, size))
		return -EILSEQ;
	for (size_t i = 0; i < size; i++)
		if (bad_sign((unsigned char)name[i]))
			return -EINVAL;
	return gate_name_is_ours(name) ? -EPERM : 0;
}

struct timespec gate_name_time(struct timespec wanted, struct timespec now)
{
	int64_t seconds = wanted.tv_sec > now.tv_sec ? now.tv_sec : wanted.tv_sec;

	if (seconds < EARLIEST)
		seconds = EARLIEST;
	return (struct timespec){.tv_sec = seconds & ~INT64_C(1)};
}
