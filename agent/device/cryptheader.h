/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Headers of encrypted volumes: LUKS1, LUKS2 and BitLocker. Pure, over the read callback of a medium; offsets
 * count from the start of the volume at `start`.
 *
 * A magic is not encryption: a LUKS header can name the null cipher, a LUKS2 volume can be half converted and
 * still partly in clear, a BitLocker volume can be suspended with its key in clear beside it. All of these
 * are MEDIUM_PLAIN, as is everything that is not understood completely.
 */

#include "device/medium.h"

/* head: the volume's first CRYPTHEADER_HEAD bytes. True when it is any of the known kinds; then *ret_verdict
 * says what it is worth. */
#define CRYPTHEADER_HEAD 4096
bool cryptheader_judge(const struct medium_source *source, uint64_t start, uint64_t size,
	const uint8_t head[static CRYPTHEADER_HEAD], enum medium_verdict *ret_verdict);
