/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * One medium for one gate: a device of our own over it, which alone can be written to. The disk below stays
 * read-only for everybody else, and what is held is held exclusively: a second mount of it is EBUSY.
 *
 * It refuses what it cannot vouch for: a disk of the system or an internal one, a disk that is not read-only
 * for everybody else (nothing would be guarded), another plug-in than the one that was meant.
 *
 * A process that is killed leaves its device behind. Each claim is therefore noted in GATE_CLAIM_DIR, in a
 * file that its process keeps locked; what is noted and not locked is taken away by the next claim, or by
 * claim_sweep().
 */

#include "gate/service.h"

#include <sys/types.h>

#define GATE_CLAIM_DIR "/run/outing-guard/gate"

struct gate_claim {
	int fd;      /* the medium, read-only: keeps its number from being given to another one */
	int note_fd; /* locked */
	dev_t number;
	uint64_t bytes, diskseq;
	char node[GATE_NODE_SIZE];
	char name[64]; /* of the device-mapper device and of the note */
	char path[32]; /* "/dev/dm-3"; "": not made */
};

#define GATE_CLAIM_NULL ((struct gate_claim){.fd = -1, .note_fd = -1})

/* 0; -EBUSY: in use, by another gate too; -ESTALE: another plug-in; -ENODEV: gone; -EXDEV: internal or the
 * system's; -EPERM: writable for others; -EROFS: locked against writing by its switch. On failure nothing
 * stays. */
int claim_open(const struct gate_open *request, struct gate_claim *ret_claim);

/* Noted before anything is mounted there. */
int claim_note_mountpoint(struct gate_claim *claim, const char *mountpoint);

/* True while its node is there, and no other card in the reader. */
bool claim_present(const struct gate_claim *claim);

/* True while the same medium answers. Reads from it. */
bool claim_alive(const struct gate_claim *claim);

/* Nothing more is written, whatever still waits to be: the medium is gone, or another one is in its place. */
void claim_cut_off(const struct gate_claim *claim);

/* 0: the medium is released. -EBUSY: somebody still has the device open; it goes with him. */
int claim_close(struct gate_claim *claim);

/* Takes away what processes that are no more have left: mounts, then devices, then notes. */
void claim_sweep(void);
