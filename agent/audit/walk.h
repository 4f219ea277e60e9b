/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * The decision whether a row of lines is the log that was written: a pure state machine that is fed line
 * after line, across files. It remembers the first thing that is wrong and goes on only to tell a moved line
 * from a removed one.
 */

#include "audit/chain.h"
#include "audit/verify.h"

struct audit_walk {
	/* Given: the anchor; seq 0: none. */
	uint64_t anchor_seq;
	char anchor_hash[SHA512_HEX_SIZE];
	bool from_anywhere; /* the first line may have any sequence number (one file looked at alone) */

	/* Found. */
	enum audit_verdict verdict; /* AUDIT_WHOLE as long as nothing is wrong */
	uint64_t bad_seq;           /* sequence number that was expected where it went wrong */
	uint64_t entries, first_seq, expired_through;
	struct chain_entry last; /* the last good line before anything was wrong; seq 0: none */
	struct chain_entry
		newest; /* the last line whose own hash is right, whatever came before; seq 0: none */
};

/* One line without its newline; first_of_file: it is line 1. Returns 1 if this line is where something is
 * first found wrong, 0 if not, negative errno if it could not be judged. */
int audit_walk_line(struct audit_walk *walk, const char *line, size_t size, bool first_of_file);

/* After the last line; torn: bytes without a newline followed it. present: the present file exists. */
void audit_walk_end(struct audit_walk *walk, bool torn, bool present);

/* The sentence for people about what was found. */
void audit_walk_sentence(
	const struct audit_walk *walk, const char *file, uint64_t line, char *ret_text, size_t size);
