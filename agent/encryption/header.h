/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * How good is the encryption that a volume's header describes?
 *
 * header_read() only reads, with pread(2), and never through a library that might repair a damaged header in
 * place. It is meant to run in a process that can do nothing else, because the bytes are hostile; the facts
 * have a fixed size and no pointers, so that they can be written to a pipe. header_judge() decides from them
 * and from nothing else. Whether a key lies beside the lock is another question: encryption/keys.h.
 *
 * What is damaged, half converted or not known is "unknown", never "encrypted".
 */

#include "base/sha512.h"
#include "device/cryptheader.h"
#include "encryption/storage.h"

struct header_facts {
	struct cryptheader header; /* kind NONE: no such header lies there */
	bool checked;              /* LUKS2: the checksums of both copies are right */
	bool only_second;          /* LUKS2: the first copy is gone, the second was found */
	/* Of the first copy of the header: any change of a key changes it. Names the header in the cache of
	 * key trials. */
	uint8_t identity[SHA512_SIZE];
};

#define HEADER_TEXT 320

/* command contains the word DEVICE where the volume's path belongs. */
#define HEADER_DEVICE "DEVICE"

struct header_verdict {
	enum storage_verdict verdict;
	char reason[HEADER_TEXT];  /* one plain sentence; also when encrypted ("LUKS2 with aes-xts-plain64,
				      ...") */
	char fix[HEADER_TEXT];     /* "" when nothing is to be done */
	char command[HEADER_TEXT]; /* "" when there is none */
};

/* Loads what checksums need. To be called before a process is locked in, or header_read() would want to open
 * files. 0 or -EIO. */
int header_prepare(void);

/* The header at the start of fd; size: bytes of the volume. 0 and facts, or a negative errno when it could
 * not be read. */
int header_read(int fd, uint64_t size, struct header_facts *ret_facts);

/* Could facts that came from another process have been made by header_read()? Texts end, numbers are in
 * range. */
bool header_facts_sane(const struct header_facts *facts);

/* Always fills *ret_verdict. Facts of kind NONE are unknown. */
void header_judge(const struct header_facts *facts, struct header_verdict *ret_verdict);

/* "LUKS2", "BitLocker", ... */
const char *header_kind_name(enum cryptheader_kind kind);
