/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * The verdict over a header's facts: the worst of its parts decides, and the first of equals.
 *
 * What counts as cheap to guess. PBKDF2 with fewer than 100 000 repetitions: current advice (OWASP) is 600
 * 000 for SHA-256; whatever cryptsetup measured on a laptop of the last fifteen years is above the limit.
 * Argon2 with less than 16 MiB, or less than 32 MiB times passes: the smallest setting that is advised is 19
 * MiB with two passes, and cryptsetup's own choice on a computer with 1 GB of memory is far above it. Slots
 * that a token opens with a random key are not judged by their cost.
 */

#include "encryption/header.h"

#include "device/cipher.h"
#include "encryption/tokens.h"

#include <stdarg.h>
#include <string.h>

#define PBKDF2_MIN     100000
#define ARGON2_KIB_MIN (16 * 1024)
#define ARGON2_WORK    (32 * 1024) /* KiB times passes */

static const char fix_anew[] = "Copy the data to encrypted storage, then encrypt this disk anew with LUKS2.";
static const char fix_damaged[] = "Ask a technician to look at the header. Copy the data to another "
				  "encrypted disk while it can still be "
				  "opened.";

const char *header_kind_name(enum cryptheader_kind kind)
{
	switch (kind) {
	case CRYPTHEADER_LUKS1:
		return "LUKS1";
	case CRYPTHEADER_LUKS2:
		return "LUKS2";
	case CRYPTHEADER_BITLOCKER:
		return "BitLocker";
	case CRYPTHEADER_FVAULT2:
		return "FileVault";
	case CRYPTHEADER_NONE:
		break;
	}
	return "no encryption header";
}

static void set_command(struct header_verdict *ret, const char *command)
{
	(void)snprintf(ret->command, sizeof ret->command, "%s", command);
}

/* Takes the finding if it is worse than what was found before; true then. */
static _printf_(4, 5) bool find(
	struct header_verdict *ret, enum storage_verdict verdict, const char *fix, const char *format, ...)
{
	va_list arguments;

	if (storage_rank(verdict) <= storage_rank(ret->verdict))
		return false;
	ret->verdict = verdict;
	ret->command[0] = 0;
	(void)snprintf(ret->fix, sizeof ret->fix, "%s", fix);
	va_start(arguments, format);
	(void)vsnprintf(ret->reason, sizeof ret->reason, format, arguments);
	va_end(arguments);
	return true;
}

/* --- ciphers --- */

static void judge_cipher(const char *cipher, unsigned key_bits, struct header_verdict *ret)
{
	const char *weakness;

	switch (cipher_judge(cipher, strlen(cipher), key_bits, &weakness)) {
	case CIPHER_STRONG:
		return;
	case CIPHER_WEAK:
		find(ret, STORAGE_WEAK, fix_anew, "It uses %s: %s.", cipher, weakness);
		return;
	case CIPHER_NULL:
		find(ret, STORAGE_NOT_ENCRYPTED, fix_anew,
			"It looks encrypted but its cipher is %s, which stores everything in clear.", cipher);
		return;
	case CIPHER_UNKNOWN:
		break;
	}
	find(ret, STORAGE_UNKNOWN, fix_anew, "It uses the cipher %s, which is not known to be good.", cipher);
}

/* --- LUKS --- */

static void judge_linear(const struct cryptheader *header, struct header_verdict *ret)
{
	if (header->conversion == CRYPTHEADER_ENCRYPTING)
		return; /* said better by judge_conversion() */
	find(ret, STORAGE_NOT_ENCRYPTED, fix_anew,
		"A part of it is stored in clear: its header names a segment that is not encrypted.");
}

static void judge_segment(const struct cryptheader *header, const struct cryptheader_segment *segment,
	struct header_verdict *ret)
{
	unsigned bits = header->key_bits ? header->key_bits : CIPHER_KEY_UNKNOWN;

	if (segment->hot)
		find(ret, STORAGE_UNKNOWN, fix_damaged,
			"It was being encrypted anew when that was interrupted, so what state it is in "
			"cannot "
			"be told.");
	switch (segment->type) {
	case CRYPTHEADER_SEGMENT_CRYPT:
	case CRYPTHEADER_SEGMENT_OPAL_AND:
		judge_cipher(segment->cipher, bits, ret);
		return;
	case CRYPTHEADER_SEGMENT_LINEAR:
		judge_linear(header, ret);
		return;
	case CRYPTHEADER_SEGMENT_OPAL:
		find(ret, STORAGE_UNKNOWN,
			"Encrypt it with LUKS2 too (cryptsetup's option --hw-opal instead of "
			"--hw-opal-only).",
			"Only the drive itself encrypts it (OPAL). Whether the drive does so cannot be "
			"checked.");
		return;
	case CRYPTHEADER_SEGMENT_OTHER:
		break;
	}
	find(ret, STORAGE_UNKNOWN, fix_anew, "A part of it is stored in a way that is not known.");
}

static void judge_segments(const struct cryptheader *header, struct header_verdict *ret)
{
	unsigned counted = 0;

	for (uint32_t i = 0; i < header->segments; i++) {
		if (header->segment[i].backup)
			continue;
		counted++;
		judge_segment(header, &header->segment[i], ret);
	}
	if (counted == 0)
		find(ret, STORAGE_UNKNOWN, fix_damaged, "Its header does not say where the data lies.");
}

static void judge_conversion(const struct cryptheader *header, struct header_verdict *ret)
{
	static const char resume[] = "cryptsetup reencrypt --resume-only " HEADER_DEVICE;

	switch (header->conversion) {
	case CRYPTHEADER_REKEYING:
		return;
	case CRYPTHEADER_ENCRYPTING:
		if (find(ret, STORAGE_NOT_ENCRYPTED,
			    "Let the encryption finish, with the computer plugged in.",
			    "Its encryption was begun but has not finished: a part is still in clear."))
			set_command(ret, resume);
		return;
	case CRYPTHEADER_DECRYPTING:
		find(ret, STORAGE_WEAK, fix_anew, "Its encryption is being taken away.");
		return;
	case CRYPTHEADER_AT_REST:
		if (header->requirements & CRYPTHEADER_REQUIRES_ONLINE)
			find(ret, STORAGE_UNKNOWN, fix_damaged,
				"It says that it is being encrypted anew, but not how far that went.");
		return;
	case CRYPTHEADER_CONVERSION_OTHER:
		break;
	}
	find(ret, STORAGE_UNKNOWN, fix_damaged, "It is being converted in a way that is not known.");
}

static void judge_requirements(const struct cryptheader *header, struct header_verdict *ret)
{
	if (header->requirements & CRYPTHEADER_REQUIRES_OFFLINE)
		find(ret, STORAGE_UNKNOWN, "Let a technician finish the conversion (cryptsetup-reencrypt).",
			"Its conversion was interrupted, so what state it is in cannot be told.");
	if (header->requirements & CRYPTHEADER_REQUIRES_OTHER)
		find(ret, STORAGE_UNKNOWN, "Ask whether a newer outing-guard knows it.",
			"Its header requires something that this program does not know.");
}

static bool opened_by_random_key(const struct cryptheader *header, uint32_t slot)
{
	for (uint32_t i = 0; i < header->tokens; i++)
		if ((header->token[i].slots & 1U << slot) && token_key_is_random(&header->token[i]))
			return true;
	return false;
}

static void dear_command(
	const struct cryptheader *header, const struct cryptheader_slot *slot, struct header_verdict *ret)
{
	if (header->kind == CRYPTHEADER_LUKS2)
		(void)snprintf(ret->command, sizeof ret->command,
			"cryptsetup luksConvertKey --pbkdf argon2id --key-slot %u %s", slot->number,
			HEADER_DEVICE);
	else
		(void)snprintf(ret->command, sizeof ret->command,
			"cryptsetup luksChangeKey --iter-time 3000 --key-slot %u %s", slot->number,
			HEADER_DEVICE);
}

static void judge_cost(
	const struct cryptheader *header, const struct cryptheader_slot *slot, struct header_verdict *ret)
{
	static const char fix[] = "Make guessing dearer: a technician runs the command, which asks for the "
				  "passphrase.";
	bool found = false;

	switch (slot->kdf) {
	case CRYPTHEADER_KDF_PBKDF2:
		if (slot->iterations < PBKDF2_MIN)
			found = find(ret, STORAGE_WEAK, fix,
				"Its passphrase is cheap to guess: key slot %u repeats PBKDF2 only %llu "
				"times.",
				slot->number, (unsigned long long)slot->iterations);
		break;
	case CRYPTHEADER_KDF_ARGON2:
		if (slot->memory_kib < ARGON2_KIB_MIN || slot->iterations < 1 ||
			slot->iterations < ARGON2_WORK / slot->memory_kib)
			found = find(ret, STORAGE_WEAK, fix,
				"Its passphrase is cheap to guess: key slot %u uses Argon2 with only %llu "
				"KiB "
				"and %llu passes.",
				slot->number, (unsigned long long)slot->memory_kib,
				(unsigned long long)slot->iterations);
		break;
	case CRYPTHEADER_KDF_OTHER:
		find(ret, STORAGE_UNKNOWN,
			"Remove that key slot, or ask whether a newer outing-guard knows it.",
			"How its key slot %u protects the key is not known.", slot->number);
		break;
	}
	if (found)
		dear_command(header, slot, ret);
}

static void judge_slot(
	const struct cryptheader *header, const struct cryptheader_slot *slot, struct header_verdict *ret)
{
	const char *weakness;

	if (slot->kdf != CRYPTHEADER_KDF_OTHER && cipher_judge(slot->cipher, strlen(slot->cipher),
							  CIPHER_KEY_UNKNOWN, &weakness) == CIPHER_NULL)
		find(ret, STORAGE_NOT_ENCRYPTED, fix_anew,
			"Its key lies in clear in its own header (key slot %u).", slot->number);
	if (!opened_by_random_key(header, slot->number))
		judge_cost(header, slot, ret);
}

static void token_command(const struct cryptheader_token *token, struct header_verdict *ret)
{
	if (strcmp(token->type, "systemd-tpm2") == 0)
		set_command(ret, "systemd-cryptenroll --wipe-slot=tpm2 --tpm2-device=auto "
				 "--tpm2-with-pin=yes " HEADER_DEVICE);
	else if (strcmp(token->type, "systemd-fido2") == 0)
		set_command(ret, "systemd-cryptenroll --wipe-slot=fido2 --fido2-device=auto "
				 "--fido2-with-client-pin=yes " HEADER_DEVICE);
	else if (strcmp(token->type, "clevis") == 0)
		(void)snprintf(ret->command, sizeof ret->command, "clevis luks unbind -d %s -s %d",
			HEADER_DEVICE, __builtin_ctz(token->slots));
}

static void judge_token(const struct cryptheader_token *token, struct header_verdict *ret)
{
	const char *what;

	switch (token_judge(token, &what)) {
	case TOKEN_PERSON:
		return;
	case TOKEN_ALONE:
		if (find(ret, STORAGE_WEAK,
			    "Require a PIN or a passphrase at start-up. A technician runs the command.",
			    "It opens without a person: %s hands in the key by itself.", what))
			token_command(token, ret);
		return;
	case TOKEN_UNKNOWN:
		break;
	}
	find(ret, STORAGE_UNKNOWN, "Ask a technician what it is, or remove it from the header.",
		"Whether it opens without a person cannot be told: its header has a token of type %s.",
		token->type);
}

/* A key for XTS is two halves, of which one encrypts: 256 bits are AES-128. */
static void describe_luks(const struct cryptheader *header, struct header_verdict *ret)
{
	const char *cipher = header->segments ? header->segment[0].cipher : "";
	unsigned bits = strstr(cipher, "xts") ? header->key_bits / 2 : header->key_bits;

	(void)snprintf(ret->reason, sizeof ret->reason, "Encrypted with %s: %s with a key of %u bits%s.",
		header_kind_name(header->kind), cipher, bits,
		header->conversion == CRYPTHEADER_REKEYING ? "; it is being encrypted anew" : "");
}

static void judge_luks(const struct header_facts *facts, struct header_verdict *ret)
{
	const struct cryptheader *header = &facts->header;

	describe_luks(header, ret);
	if (header->kind == CRYPTHEADER_LUKS2 && !facts->checked)
		find(ret, STORAGE_UNKNOWN, fix_damaged, "Its LUKS2 header is damaged: a checksum is wrong.");
	judge_requirements(header, ret);
	if (header->requirements & CRYPTHEADER_REQUIRES_OFFLINE)
		return;
	judge_conversion(header, ret);
	judge_segments(header, ret);
	for (uint32_t i = 0; i < header->slots; i++)
		judge_slot(header, &header->slot[i], ret);
	for (uint32_t i = 0; i < header->tokens; i++)
		judge_token(&header->token[i], ret);
}

/* --- BitLocker --- */

static void judge_bitlocker(const struct cryptheader *header, struct header_verdict *ret)
{
	static const char finish[] =
		"In Windows, let BitLocker finish encrypting the whole drive (manage-bde -status).";

	(void)snprintf(ret->reason, sizeof ret->reason, "Encrypted with BitLocker.");
	if (header->protectors & CRYPTHEADER_CLEAR_KEY)
		find(ret, STORAGE_NOT_ENCRYPTED,
			"In Windows, switch BitLocker's protection on again (manage-bde -protectors "
			"-enable).",
			"BitLocker is suspended: the key lies in clear on the same drive.");
	if (header->on_write)
		find(ret, STORAGE_UNKNOWN, finish,
			"BitLocker encrypts only what is written from now on; what was there before may be "
			"in "
			"clear.");
	if (header->state != 4 || header->next_state != 4)
		find(ret, STORAGE_UNKNOWN, finish,
			"BitLocker has not finished encrypting or decrypting it: a part may be in clear.");
	if (header->protectors == 0)
		find(ret, STORAGE_UNKNOWN, finish, "BitLocker's header names no key that opens it.");
	if (header->method < 0x8000 || header->method > 0x8005)
		find(ret, STORAGE_UNKNOWN, finish, "BitLocker's header names a cipher that is not known.");
	if (header->protectors & CRYPTHEADER_OTHER_KEY)
		find(ret, STORAGE_UNKNOWN,
			"Ask a technician which keys open it (manage-bde -protectors -get).",
			"BitLocker's header names a kind of key that is not known.");
	if (header->protectors & CRYPTHEADER_TPM)
		find(ret, STORAGE_WEAK,
			"In Windows, require a PIN at start-up (manage-bde -protectors -add -TPMAndPIN).",
			"It opens without a person: the computer's security chip (TPM) hands in the key by "
			"itself.");
}

/* --- all --- */

static void judge_fault(const struct header_facts *facts, struct header_verdict *ret)
{
	const char *kind = header_kind_name(facts->header.kind);

	switch (facts->header.fault) {
	case CRYPTHEADER_SOUND:
		return;
	case CRYPTHEADER_DAMAGED:
		find(ret, STORAGE_UNKNOWN, fix_damaged,
			facts->only_second ? "Its first %s header was overwritten; only the second is left."
					   : "Its %s header is damaged or of a form that is not known.",
			kind);
		return;
	case CRYPTHEADER_COPIES_DIFFER:
		find(ret, STORAGE_UNKNOWN, fix_damaged, "The two copies of its %s header differ.", kind);
		return;
	case CRYPTHEADER_VERSION:
		break;
	}
	find(ret, STORAGE_UNKNOWN, "Ask whether a newer outing-guard knows it.",
		"Its encryption header is of a version that is not known.");
}

void header_judge(const struct header_facts *facts, struct header_verdict *ret_verdict)
{
	*ret_verdict = (struct header_verdict){.verdict = STORAGE_ENCRYPTED};
	judge_fault(facts, ret_verdict);
	if (ret_verdict->verdict != STORAGE_ENCRYPTED)
		return;
	switch (facts->header.kind) {
	case CRYPTHEADER_LUKS1:
	case CRYPTHEADER_LUKS2:
		judge_luks(facts, ret_verdict);
		return;
	case CRYPTHEADER_BITLOCKER:
		judge_bitlocker(&facts->header, ret_verdict);
		return;
	case CRYPTHEADER_FVAULT2:
		find(ret_verdict, STORAGE_UNKNOWN, "Encrypt it anew with LUKS2, or take it out.",
			"It is an Apple volume (Core Storage); whether FileVault encrypts it cannot be "
			"checked.");
		return;
	case CRYPTHEADER_NONE:
		break;
	}
	find(ret_verdict, STORAGE_UNKNOWN, fix_damaged, "It has no encryption header.");
}
