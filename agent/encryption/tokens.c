/* SPDX-License-Identifier: GPL-3.0-or-later */

/* The kinds of token there are. See tokens.h. */

#include "encryption/tokens.h"

#include <string.h>

static bool is(const struct cryptheader_token *token, const char *type)
{
	return strcmp(token->type, type) == 0;
}

static bool begins(const struct cryptheader_token *token, const char *type)
{
	return strncmp(token->type, type, strlen(type)) == 0;
}

/* A token that leaves it open whether somebody is asked was made by a tool that may ask or not. */
static enum token_kind judge_fido2(const struct cryptheader_token *token)
{
	return token->pin == CRYPTHEADER_YES || token->presence == CRYPTHEADER_YES ||
			       token->biometry == CRYPTHEADER_YES
		       ? TOKEN_PERSON
		       : TOKEN_ALONE;
}

enum token_kind token_judge(const struct cryptheader_token *token, const char **ret_what)
{
	*ret_what = token->type;
	/* A token that is tied to no slot opens nothing. */
	if (token->slots == 0)
		return TOKEN_PERSON;
	if (is(token, "systemd-tpm2")) {
		*ret_what = "The computer's security chip (TPM)";
		return token->pin == CRYPTHEADER_YES ? TOKEN_PERSON : TOKEN_ALONE;
	}
	if (is(token, "systemd-fido2")) {
		*ret_what = "A security key (FIDO2)";
		return judge_fido2(token);
	}
	if (is(token, "clevis")) {
		*ret_what = "Clevis (the security chip or a server)";
		return TOKEN_ALONE;
	}
	if (begins(token, "ubuntu-fde")) {
		*ret_what = "The computer's security chip (TPM)";
		return strstr(token->type, "recovery") ? TOKEN_PERSON : TOKEN_ALONE;
	}
	if (is(token, "systemd-pkcs11") || is(token, "systemd-recovery") || is(token, "systemd-homed") ||
		is(token, "luks2-keyring"))
		return TOKEN_PERSON;
	return TOKEN_UNKNOWN;
}

bool token_key_is_random(const struct cryptheader_token *token)
{
	static const char *const random[] = {"systemd-tpm2", "systemd-fido2", "systemd-pkcs11",
		"systemd-recovery", "clevis", "ubuntu-fde", "ubuntu-fde-recovery"};

	for (size_t i = 0; i < ELEMENTS(random); i++)
		if (is(token, random[i]))
			return true;
	return false;
}
