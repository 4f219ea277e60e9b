/* SPDX-License-Identifier: GPL-3.0-or-later */

/* What is known about ciphers. See cipher.h. */

#include "device/cipher.h"

#include "base/span.h"

static bool contains(const struct span *word, const char *part)
{
	return memmem(word->text, word->size, part, strlen(part)) != NULL;
}

struct cipher {
	struct span name, mode, iv;
};

static const char *const strong_names[] = {"aes", "serpent", "twofish", "camellia", "sm4", "aria", "cast6"};
static const char *const old_names[] = {"des3_ede", "des", "blowfish", "cast5"};
static const char *const known_modes[] = {
	"adiantum", "hctr2", "xts", "gcm", "ccm", "lrw", "cbc", "ctr", "ecb"};

/* "aes-xts-plain64", "aes:64-cbc-lmk", "aes-cbc-essiv:sha256", "xchacha12,aes-adiantum-plain64" */
static bool split_plain(const struct span *text, struct cipher *ret)
{
	const char *end = text->text + text->size;
	const char *dash = memchr(text->text, '-', text->size);
	const char *second = dash ? memchr(dash + 1, '-', (size_t)(end - dash) - 1) : NULL;
	const char *colon = memchr(text->text, ':', dash ? (size_t)(dash - text->text) : text->size);

	if (!dash)
		return false;
	ret->name = (struct span){text->text, (size_t)((colon ? colon : dash) - text->text)};
	ret->mode = (struct span){dash + 1, (size_t)((second ? second : end) - dash) - 1};
	ret->iv = second ? (struct span){second + 1, (size_t)(end - second) - 1} : (struct span){end, 0};
	return true;
}

/* "capi:xts(aes)-plain64", "capi:authenc(hmac(sha256),xts(aes))-random" */
static bool split_capi(const struct span *text, struct cipher *ret)
{
	const char *dash = memrchr(text->text, '-', text->size),
		   *close = memrchr(text->text, ')', text->size);
	struct span algorithm;

	if (!dash || (close && close > dash))
		return false;
	algorithm = (struct span){text->text + 5, (size_t)(dash - text->text) - 5};
	ret->iv = (struct span){dash + 1, (size_t)(text->text + text->size - dash) - 1};
	ret->name = algorithm;
	for (size_t i = 0; i < ELEMENTS(known_modes); i++) {
		char opened[16];

		(void)snprintf(opened, sizeof opened, "%s(", known_modes[i]);
		if (!contains(&algorithm, opened))
			continue;
		ret->mode = (struct span){known_modes[i], strlen(known_modes[i])};
		/* Inside parentheses the name stands among others: name what it contains. */
		for (size_t k = 0; k < ELEMENTS(old_names); k++)
			if (contains(&algorithm, old_names[k]))
				ret->name = (struct span){old_names[k], strlen(old_names[k])};
		for (size_t k = 0; k < ELEMENTS(strong_names) && ret->name.text == algorithm.text; k++)
			if (contains(&algorithm, strong_names[k]))
				ret->name = (struct span){strong_names[k], strlen(strong_names[k])};
		return true;
	}
	return false;
}

static bool begins(const struct span *word, const char *text)
{
	return word->size >= strlen(text) && memcmp(word->text, text, strlen(text)) == 0;
}

static const char *weakness_of_mode(const struct cipher *cipher, unsigned key_bits)
{
	static const char *const sound_cbc[] = {"essiv", "eboiv", "elephant", "lmk", "tcw", "random"};

	if (span_is(&cipher->mode, "ecb"))
		return "equal parts of files stay visible (ECB mode)";
	if (span_is(&cipher->iv, "null") || cipher->iv.size == 0)
		return "equal parts of files stay visible (no initialisation vector)";
	if (key_bits < (span_is(&cipher->mode, "xts") ? 256U : 128U))
		return "the key is too short";
	if (!span_is(&cipher->mode, "cbc"))
		return "";
	for (size_t i = 0; i < ELEMENTS(sound_cbc); i++)
		if (begins(&cipher->iv, sound_cbc[i]))
			return "";
	return "marked files can be recognised (CBC mode with a predictable initialisation vector)";
}

static enum cipher_strength judge_name(const struct cipher *cipher, const char **ret_weakness)
{
	static const char *const wide[] = {"xchacha12,aes", "xchacha20,aes"};

	if (span_in(&cipher->name, old_names, ELEMENTS(old_names))) {
		*ret_weakness = "the cipher is outdated";
		return CIPHER_WEAK;
	}
	if (span_in(&cipher->name, strong_names, ELEMENTS(strong_names)) ||
		(span_is(&cipher->mode, "adiantum") && span_in(&cipher->name, wide, ELEMENTS(wide))))
		return CIPHER_STRONG;
	return CIPHER_UNKNOWN;
}

enum cipher_strength cipher_judge(const char *text, size_t size, unsigned key_bits, const char **ret_weakness)
{
	const struct span word = {text, size};
	struct cipher cipher = {0};
	enum cipher_strength strength;

	*ret_weakness = "";
	if (contains(&word, "cipher_null"))
		return CIPHER_NULL;
	if (!(begins(&word, "capi:") ? split_capi(&word, &cipher) : split_plain(&word, &cipher)))
		return CIPHER_UNKNOWN;
	if (!span_in(&cipher.mode, known_modes, ELEMENTS(known_modes)))
		return CIPHER_UNKNOWN;
	strength = judge_name(&cipher, ret_weakness);
	if (strength != CIPHER_STRONG)
		return strength;
	*ret_weakness = weakness_of_mode(&cipher, key_bits);
	return (*ret_weakness)[0] ? CIPHER_WEAK : CIPHER_STRONG;
}
