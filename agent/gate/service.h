/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * How the agent asks for a gate in front of one medium: over the socket of outing-gate.socket, one connection
 * a medium (base/wire.h messages). The service is what mounts; the agent never does.
 *
 * The agent sends GATE_OPEN, then the service answers GATE_OPENED or GATE_CLOSED. As long as the connection
 * stands, the gate does; when either side goes, what was judged clean is written, the mount is taken away and
 * the medium is released (dead means closed). The service takes nothing from the medium on trust, the agent
 * nothing from the service: a datagram of a wrong size ends the connection.
 */

#include "base/cleanup.h"

#define GATE_SOCKET "/run/outing-guard/gate.sock"

/* Agent to service. */
#define GATE_OPEN  0x6711 /* struct gate_open */
#define GATE_ALLOW 0x6712 /* struct gate_allow: a manager's exception */
#define GATE_NAMES 0x6713 /* no payload: the register of names has changed, read it again */
#define GATE_SHUT  0x6714 /* no payload: write what was judged clean, unmount, then GATE_CLOSED */

/* Service to agent. */
#define GATE_OPENED  0x6721 /* struct gate_opened: mounted, it can be used */
#define GATE_CLOSED  0x6722 /* struct gate_closed, the last message; the medium is released */
#define GATE_REPORT  0x6723 /* one line of JSON, as notice_json() writes it (gate/notice.h) */
#define GATE_ALLOWED 0x6724 /* struct gate_allowed */

#define GATE_NODE_SIZE     64
#define GATE_TYPE_SIZE     16
#define GATE_LABEL_SIZE    64
#define GATE_PATH_SIZE     512
#define GATE_SENTENCE_SIZE 256
#define GATE_DIGEST_SIZE   64 /* SHA-512 */

struct gate_open {
	char node[GATE_NODE_SIZE]; /* "/dev/sdb1" */
	uint64_t diskseq; /* of the whole disk; must still be that one, 0: the kernel does not count */
	char type[GATE_TYPE_SIZE];   /* "vfat", "exfat", "ntfs", "ext2", "ext3", "ext4" */
	char label[GATE_LABEL_SIZE]; /* for the mount point; made harmless by the service */
	uint32_t uid;                /* who plugged it in and may use and eject it */
	uint32_t flags;              /* 0 */
	uint64_t keep_seconds;       /* refused content is kept for a manager's exception so long */
};

struct gate_opened {
	char mountpoint[GATE_PATH_SIZE];
};

enum gate_end {
	GATE_END_SHUT = 1, /* asked for, or its person has ejected it */
	GATE_END_GONE,     /* the medium was pulled */
	GATE_END_REFUSED,  /* it was not opened: sentence says why */
	GATE_END_BROKEN,   /* the gate failed: sentence says what is known */
};

struct gate_closed {
	uint32_t end;                      /* enum gate_end */
	uint32_t unwritten;                /* files judged clean that the medium did not take */
	char sentence[GATE_SENTENCE_SIZE]; /* plain English with a full stop */
};

/* This content may be written to this medium once, whatever the judge says of it: at once if it is still in
 * staging, else when it is copied again within so many seconds. A name that is refused stays refused. */
struct gate_allow {
	uint64_t ticket; /* comes back in gate_allowed */
	uint64_t seconds;
	uint8_t sha512[GATE_DIGEST_SIZE]; /* of the whole content */
};

/* Sent once for each gate_allow. */
struct gate_allowed {
	uint64_t ticket;
	int32_t error; /* 0: written and synced; ETIME: not copied in time; else why it could not be written
			*/
	uint32_t reserved;
	char path[GATE_PATH_SIZE]; /* from the top of the medium; "" unless written */
};
