/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * What hands a LUKS2 volume its key without anybody typing it: TPM chips, network servers, security keys.
 * Pure. A kind that is not known is unknown, never harmless.
 */

#include "device/cryptheader.h"

enum token_kind {
	TOKEN_PERSON,  /* somebody has to type, touch or be there */
	TOKEN_ALONE,   /* opens by itself when the computer starts */
	TOKEN_UNKNOWN, /* cannot be told */
};

/* *ret_what: what it is, for people: "The computer's security chip (TPM)". */
enum token_kind token_judge(const struct cryptheader_token *token, const char **ret_what);

/* Does it open its slots with a random key? What such a key costs to guess does not depend on the slot. */
bool token_key_is_random(const struct cryptheader_token *token);
