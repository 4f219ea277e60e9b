/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * What outing-encrypt's workers and their supervisor say to each other, over base/wire.h.
 *
 *   supervisor                     worker
 *   START (+ device fd, unless the worker claimed it)   ->
 *                            <-    PLAN          all checks passed, nothing written yet
 *   GO                       ->                  "this stick is being written" is durable
 *                            <-    PROGRESS ...
 *   CANCEL (any time)        ->
 *                            <-    RESULT        always the last message
 *
 * Putting files back (--put-back) begins with PUT_BACK in the place of START and knows neither PLAN nor GO.
 */

#include "base/setdigest.h"
#include "encrypt/filesystem.h"
#include "encrypt/outcome.h"

#define ENCRYPT_DETAIL_MAX  256
#define ENCRYPT_UUID_SIZE   40
#define ENCRYPT_HEADER_ROOM (16ULL << 20) /* bytes that the stick has less afterwards */

enum encrypt_message {
	ENCRYPT_MESSAGE_START = 0x6501,
	ENCRYPT_MESSAGE_PLAN,
	ENCRYPT_MESSAGE_GO,
	ENCRYPT_MESSAGE_PROGRESS,
	ENCRYPT_MESSAGE_CANCEL,
	ENCRYPT_MESSAGE_RESULT,
	ENCRYPT_MESSAGE_PUT_BACK,
};

enum encrypt_flag {
	ENCRYPT_FLAG_DISCARD = 1 << 0, /* a person said so: what is on the stick is not compared */
	ENCRYPT_FLAG_RESUME = 1 << 1,  /* it was being written before; look whether it was used since */
	ENCRYPT_FLAGS_ALL = 3,
};

/* Followed by the passphrase's bytes. */
struct encrypt_start {
	uint64_t device_bytes;
	struct set_digest expected; /* unless DISCARD or RESUME */
	uint32_t flags;
	uint32_t filesystem; /* enum filesystem */
	char label[FILESYSTEM_LABEL_SIZE];
};

struct encrypt_plan {
	char uuid[ENCRYPT_UUID_SIZE];
	char label[FILESYSTEM_LABEL_SIZE];
};

enum encrypt_phase {
	ENCRYPT_PHASE_PREPARE = 1,
	ENCRYPT_PHASE_WRITE,
	ENCRYPT_PHASE_READ_BACK,
	ENCRYPT_PHASE_PUT_BACK,
	ENCRYPT_PHASE_COMPARE,
};

struct encrypt_progress {
	uint32_t phase;
	uint32_t reserved;
	uint64_t done, total; /* bytes, of both passes for one bar */
	uint64_t files_done, files_total;
};

/* Followed by at most ENCRYPT_DETAIL_MAX bytes of text for the journal. */
struct encrypt_result {
	uint32_t outcome; /* enum encrypt_outcome */
	uint32_t reserved;
	uint64_t bytes_written, bytes_read_back;
	uint64_t failed_offset;
	uint64_t files, left_out; /* put back, and not possible in the new file system */
	uint64_t nanoseconds;
};

/* Followed by the passphrase's bytes. Descriptors, both or none: the list of files (a memfd), the folder of
 * the vault they are in. */
struct encrypt_put_back {
	char uuid[ENCRYPT_UUID_SIZE];
	uint32_t files;
	uint32_t reserved;
	uint64_t bytes;
};

/* An entry of the list, followed by the path on the stick and the name below the vault's folder, each with
 * its NUL. */
struct encrypt_file {
	uint64_t size;
	int64_t mtime;
	uint32_t path_size, stored_size; /* with their NULs */
	uint8_t sha512[SHA512_SIZE];
};

/* "preparing", "encrypting", "reading back", ... for progress lines. */
static inline const char *encrypt_phase_text(uint32_t phase)
{
	switch ((enum encrypt_phase)phase) {
	case ENCRYPT_PHASE_PREPARE:
		return "preparing";
	case ENCRYPT_PHASE_WRITE:
		return "encrypting";
	case ENCRYPT_PHASE_READ_BACK:
		return "reading back";
	case ENCRYPT_PHASE_PUT_BACK:
		return "putting files back";
	case ENCRYPT_PHASE_COMPARE:
		return "comparing";
	}
	return "working";
}
