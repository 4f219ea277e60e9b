/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Headers of encrypted volumes: LUKS1, LUKS2, BitLocker and FileVault (FVAULT2). Pure, over the read callback
 * of a medium; offsets count from the start of the volume at `start`.
 *
 * cryptheader_read() says what a header says, as fixed-size facts without pointers, so that they can be
 * handed over from a locked-in process. It decides nothing but "this is not how such a header looks", which
 * is a fault and never a reason to guess. Who may travel is decided elsewhere, from the facts.
 *
 * A magic is not encryption: a LUKS header can name the null cipher, a LUKS2 volume can be half converted and
 * still partly in clear, a BitLocker volume can be suspended with its key in clear beside it. For
 * cryptheader_judge() all of these are MEDIUM_PLAIN, as is everything that is not understood completely.
 */

#include "device/medium.h"

#define CRYPTHEADER_SEGMENTS 16
#define CRYPTHEADER_SLOTS    32
#define CRYPTHEADER_TOKENS   32
#define CRYPTHEADER_CIPHER   96
#define CRYPTHEADER_WORD     48

enum cryptheader_kind {
	CRYPTHEADER_NONE = 0,
	CRYPTHEADER_LUKS1,
	CRYPTHEADER_LUKS2,
	CRYPTHEADER_BITLOCKER,
	CRYPTHEADER_FVAULT2, /* recognised, not read */
};

enum cryptheader_fault {
	CRYPTHEADER_SOUND = 0,
	CRYPTHEADER_DAMAGED,       /* not how such a header looks; also one that names something unknown */
	CRYPTHEADER_COPIES_DIFFER, /* LUKS2: both copies should say the same */
	CRYPTHEADER_VERSION,       /* of a version that is not known */
};

enum cryptheader_segment_type {
	CRYPTHEADER_SEGMENT_OTHER = 0,
	CRYPTHEADER_SEGMENT_CRYPT,
	CRYPTHEADER_SEGMENT_LINEAR,   /* in clear */
	CRYPTHEADER_SEGMENT_OPAL,     /* the drive alone encrypts */
	CRYPTHEADER_SEGMENT_OPAL_AND, /* the drive and dm-crypt */
};

struct cryptheader_segment {
	enum cryptheader_segment_type type;
	bool backup; /* remembered during a conversion, holds no data of its own */
	bool hot;    /* was being rewritten when the header was last saved */
	uint32_t sector;
	uint64_t offset; /* bytes */
	char cipher[CRYPTHEADER_CIPHER];
	char integrity[CRYPTHEADER_WORD]; /* "" without */
};

enum cryptheader_kdf {
	CRYPTHEADER_KDF_OTHER = 0,
	CRYPTHEADER_KDF_PBKDF2,
	CRYPTHEADER_KDF_ARGON2,
};

/* A key slot that can open the volume. */
struct cryptheader_slot {
	uint32_t number;
	enum cryptheader_kdf kdf;
	uint64_t iterations;             /* PBKDF2: repetitions; Argon2: passes */
	uint64_t memory_kib;             /* Argon2 */
	uint32_t threads;                /* Argon2 */
	uint32_t key_bits;               /* of the volume's key that it holds */
	uint64_t area, area_size;        /* bytes */
	char cipher[CRYPTHEADER_CIPHER]; /* of the slot's area */
};

enum cryptheader_answer {
	CRYPTHEADER_UNSAID = 0,
	CRYPTHEADER_NO,
	CRYPTHEADER_YES,
};

/* Something that hands in a key without typing: TPM, Clevis, a security key. */
struct cryptheader_token {
	char type[CRYPTHEADER_WORD];
	uint32_t slots; /* bit n: it opens slot n */
	enum cryptheader_answer pin, presence, biometry;
};

enum cryptheader_conversion {
	CRYPTHEADER_AT_REST = 0,
	CRYPTHEADER_REKEYING, /* from one cipher or key to another */
	CRYPTHEADER_ENCRYPTING,
	CRYPTHEADER_DECRYPTING,
	CRYPTHEADER_CONVERSION_OTHER,
};

enum cryptheader_requirement {
	CRYPTHEADER_REQUIRES_ONLINE = 1 << 0,  /* is being converted */
	CRYPTHEADER_REQUIRES_OFFLINE = 1 << 1, /* is being converted by the old tool */
	CRYPTHEADER_REQUIRES_OPAL = 1 << 2,
	CRYPTHEADER_REQUIRES_TAGS = 1 << 3,
	CRYPTHEADER_REQUIRES_OTHER = 1 << 4,
};

/* BitLocker: which keys open it. */
enum cryptheader_protector {
	CRYPTHEADER_CLEAR_KEY = 1 << 0,
	CRYPTHEADER_TPM = 1 << 1,     /* alone, without a person */
	CRYPTHEADER_TPM_AND = 1 << 2, /* with a PIN or a start-up key */
	CRYPTHEADER_STARTUP_KEY = 1 << 3,
	CRYPTHEADER_RECOVERY = 1 << 4,
	CRYPTHEADER_PASSWORD = 1 << 5,
	CRYPTHEADER_SMART_CARD = 1 << 6,
	CRYPTHEADER_OTHER_KEY = 1 << 7,
};

struct cryptheader {
	enum cryptheader_kind kind;
	enum cryptheader_fault fault; /* with a fault, what follows may be incomplete */
	char uuid[40];                /* printable; "" when it has none */
	uint64_t copy_size;           /* LUKS2: bytes of one header copy, the second follows the first */
	uint32_t key_bits;            /* LUKS1; LUKS2: the smallest that a slot holds; 0 when not known */
	uint32_t requirements;        /* enum cryptheader_requirement */
	enum cryptheader_conversion conversion;
	bool discards; /* free space is told to the drive */
	uint32_t segments, slots, tokens;
	struct cryptheader_segment segment[CRYPTHEADER_SEGMENTS];
	struct cryptheader_slot slot[CRYPTHEADER_SLOTS];
	struct cryptheader_token token[CRYPTHEADER_TOKENS];
	/* BitLocker */
	uint64_t metadata;          /* offset of the first copy of its metadata */
	uint32_t protectors;        /* enum cryptheader_protector */
	uint16_t state, next_state; /* 4: encrypted */
	uint16_t method;            /* 0x8000 to 0x8005: the ciphers there are */
	bool on_write;              /* encrypts only what is written from now on */
};

/* head: the volume's first CRYPTHEADER_HEAD bytes. */
#define CRYPTHEADER_HEAD 4096

/* 0 and facts, of kind NONE when it is no such header; a negative errno from the callback or -ENOMEM. */
int cryptheader_read(const struct medium_source *source, uint64_t start, uint64_t size,
	const uint8_t head[static CRYPTHEADER_HEAD], struct cryptheader *ret_header);

/* True when it is any of the known kinds; then *ret_verdict says what it is worth. */
bool cryptheader_judge(const struct medium_source *source, uint64_t start, uint64_t size,
	const uint8_t head[static CRYPTHEADER_HEAD], enum medium_verdict *ret_verdict);
