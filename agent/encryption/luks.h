/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * LUKS volumes over libcryptsetup; no other file includes its header. The vault's container, a LUKS2 volume
 * in a file; and trying keys on other volumes, without ever giving the library the volume itself.
 *
 * The container: aes-xts-plain64 with a 512-bit volume key. The passphrase is 64 random bytes, so the key
 * slot's function adds nothing to its strength. It is Argon2id all the same, so that nobody has to wonder,
 * with a cost (32 MiB, 4 passes) that an old laptop with 1 GB pays in a second or two at each boot.
 *
 * All functions block, need root where they say so, and log nothing.
 */

#include "base/secret.h"
#include "device/cryptheader.h"

enum luks_outcome {
	LUKS_OK = 0,
	LUKS_WRONG_KEY = 1,
	LUKS_NOT_LUKS2 = 2,
	LUKS_IN_USE = 3, /* a mapping of that name exists, or is in use */
};

/* Writes a header into an existing file (at least 32 MiB) and adds the key. What was there is lost. With a
 * mapping name the new volume is activated too, which needs root. */
int luks_format(const char *path, const struct secret *key, const char *mapping);

/* Does the key open it? Activates nothing. The header is read from a private copy, because loading one may
 * rewrite it. */
int luks_try(const char *path, const struct secret *key);

/* /dev/mapper/<name>, over a loop device that goes away with the mapping. Root. */
int luks_activate(const char *path, const char *name, const struct secret *key);
int luks_deactivate(const char *name);

/* Is there a mapping of that name? Root. */
bool luks_active(const char *name);

/* --- sticks: a whole disk, opened by people with a passphrase --- */

/*
 * A stick is opened on whatever computer stands there, so the cost is fixed and not measured on the one that
 * made it: Argon2id with 128 MiB, 4 passes and 4 threads. A laptop of 2010 with 2 GB pays that in two or
 * three seconds; every guess of somebody who found the stick costs as much.
 */
#define LUKS_STICK_MEMORY_KB (128 * 1024)
#define LUKS_STICK_PASSES    4
#define LUKS_STICK_THREADS   4
#define LUKS_STICK_KEY_SIZE  64
#define LUKS_STICK_DATA      (16ULL << 20) /* the header's room; data begins behind it */
#define LUKS_STICK_SECTOR    512
#define LUKS_UUID_SIZE       40

struct luks_stick {
	int header_fd;      /* owned; its first LUKS_STICK_DATA bytes are the header */
	struct secret *key; /* owned; of the volume: aes-xts-plain64, first half data, second half tweak */
	char uuid[LUKS_UUID_SIZE];
};

/* Makes a header for a stick of that many bytes (a multiple of 512) in memory; no device is touched and no
 * privilege needed. The label stays empty: a header is in clear for whoever finds the stick. Sectors are
 * encrypted in 512 bytes: with 4096 the opened volume would have sectors of that size, on which the usual
 * exFAT cannot be mounted. */
int luks_make_stick(uint64_t bytes, const struct secret *passphrase, struct luks_stick *ret_stick);

/* /dev/mapper/<name>, hidden from the desktop. LUKS_NOT_LUKS2 also for a volume that has not this uuid. Root.
 */
int luks_open_stick(const char *path, const char *name, const struct secret *passphrase, const char *uuid);

/* --- other volumes: LUKS1 and LUKS2 --- */

/* What trying a key needs of a volume, copied into a file in memory: the header and the areas of its key
 * slots, at their places. -E2BIG for areas at absurd places. */
int luks_copy(int fd, const struct cryptheader *header, int *ret_copy);

/* Loads what trying needs, so that it then works in a process that may open nothing. */
void luks_prepare(void);

/* Does the key (NULL: the empty passphrase) open this slot of a copy? LUKS_OK, LUKS_WRONG_KEY, or a negative
 * errno; -EBADMSG when the library does not take the header. Costs what the slot asks for. */
int luks_try_slot(int copy, unsigned slot, const struct secret *key);
