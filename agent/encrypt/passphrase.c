/* SPDX-License-Identifier: GPL-3.0-or-later */

/* libpwquality and its answers in plain English. See passphrase.h. */

#include "encrypt/passphrase.h"

#include "base/fd.h"
#include "base/utf8.h"

#include <fcntl.h>
#include <pwquality.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>

/* Of 100. One word with a year and a sign has about 50, three words about 70. */
#define SCORE_MIN 60
#define ADVICE    "Take four or more words that have nothing to do with each other."

static _printf_(3, 4) enum passphrase_outcome
	conclude(enum passphrase_outcome outcome, char *ret_sentence, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	(void)vsnprintf(ret_sentence, PASSPHRASE_SENTENCE, format, arguments);
	va_end(arguments);
	return outcome;
}

static bool is_typable(const struct secret *passphrase)
{
	if (!utf8_valid((const char *)passphrase->bytes, passphrase->size))
		return false;
	for (size_t i = 0; i < passphrase->size; i++)
		if (passphrase->bytes[i] < 0x20 || passphrase->bytes[i] == 0x7f)
			return false;
	return true;
}

static size_t count_characters(const struct secret *passphrase)
{
	size_t n = 0;

	for (size_t i = 0; i < passphrase->size; i++)
		n += (passphrase->bytes[i] & 0xc0) != 0x80;
	return n;
}

/* A word list that cannot be read must not make every passphrase a good one. */
static bool is_unjudged(int error, const char *detail)
{
	return error == PWQ_ERROR_MEM_ALLOC || error == PWQ_ERROR_FATAL_FAILURE ||
	       (error == PWQ_ERROR_CRACKLIB_CHECK && detail && strstr(detail, "dictionary") &&
		       strstr(detail, "load"));
}

static enum passphrase_outcome explain(int error, void *extra, char *ret_sentence)
{
	char reason[PASSPHRASE_SENTENCE];
	const char *text;

	if (is_unjudged(error, error == PWQ_ERROR_CRACKLIB_CHECK ? extra : NULL))
		return conclude(PASSPHRASE_UNJUDGED, ret_sentence,
			"This computer cannot tell good passphrases from bad ones: its list of words is "
			"missing. "
			"The technician can install the package cracklib-runtime.");
	text = pwquality_strerror(reason, sizeof reason, error, extra);
	return conclude(PASSPHRASE_WEAK, ret_sentence,
		"This passphrase is too easy to guess. %.120s. " ADVICE, text ? text : "It is too simple");
}

static enum passphrase_outcome judge(const char *text, char *ret_sentence)
{
	pwquality_settings_t *settings = pwquality_default_settings();
	void *extra = NULL;
	int r;

	if (!settings)
		return explain(PWQ_ERROR_MEM_ALLOC, NULL, ret_sentence);
	/* A long row of plain words is as good as a short row of signs, and people can remember it. */
	(void)pwquality_set_int_value(settings, PWQ_SETTING_MIN_LENGTH, PASSPHRASE_CHARACTERS_MIN);
	(void)pwquality_set_int_value(settings, PWQ_SETTING_MAX_SEQUENCE, 5);
	(void)pwquality_set_int_value(settings, PWQ_SETTING_MAX_REPEAT, 5);
	r = pwquality_check(settings, text, NULL, NULL, &extra);
	pwquality_free_settings(settings);
	if (r < 0)
		return explain(r, extra, ret_sentence);
	if (r < SCORE_MIN)
		return conclude(PASSPHRASE_WEAK, ret_sentence,
			"This passphrase is too easy to guess, because it is short or follows a "
			"pattern. " ADVICE);
	return PASSPHRASE_OK;
}

enum passphrase_outcome passphrase_check(
	const struct secret *passphrase, char ret_sentence[static PASSPHRASE_SENTENCE])
{
	_cleanup_(secret_freep) struct secret *text = NULL;

	*ret_sentence = '\0';
	if (!is_typable(passphrase))
		return conclude(PASSPHRASE_UNTYPABLE, ret_sentence,
			"This passphrase has characters that cannot be typed. Take letters, digits, signs "
			"and "
			"spaces.");
	if (count_characters(passphrase) < PASSPHRASE_CHARACTERS_MIN)
		return conclude(PASSPHRASE_SHORT, ret_sentence,
			"This passphrase is too short: it needs at least %d characters. " ADVICE,
			PASSPHRASE_CHARACTERS_MIN);
	if (secret_new(passphrase->size + 1, &text) < 0)
		return explain(PWQ_ERROR_MEM_ALLOC, NULL, ret_sentence);
	memcpy(text->bytes, passphrase->bytes, passphrase->size);
	return judge((const char *)text->bytes, ret_sentence);
}

int passphrase_check_fd(int fd)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return -errno;
	if (S_ISFIFO(st.st_mode))
		return fd_set_nonblocking(fd, true);
	return S_ISREG(st.st_mode) && fcntl(fd, F_GET_SEALS) >= 0 ? 0 : -EINVAL;
}

int passphrase_read(int fd, struct secret **ret_passphrase)
{
	_cleanup_(secret_freep) struct secret *passphrase = NULL;
	int r = secret_read(fd, PASSPHRASE_BYTES_MAX, &passphrase);

	if (r < 0)
		return r;
	if (passphrase->bytes[passphrase->size - 1] == '\n')
		passphrase->size--;
	if (passphrase->size == 0)
		return -ENODATA;
	*ret_passphrase = TAKE_PTR(passphrase);
	return 0;
}
