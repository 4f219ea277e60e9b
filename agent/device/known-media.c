/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * Writing and asking the file of known media: text in, text out. The one function that writes goes through
 * the atomic replace, because the helper may read at any moment and half a list would open what must stay
 * closed.
 */

#include "device/known-media.h"

#include "base/fd.h"
#include "base/hex.h"
#include "base/sha512.h"

#include <string.h>

static const char header[] = "outing-guard known-media 1\n";

/* Cuts LABEL out of card:PTUUID:VOLSERIAL:LABEL:BYTES; other keys stay. False for what is not a key. */
static bool normal_form(const char *key, char ret_text[static IDENTITY_KEY_SIZE])
{
	const char *parts[5], *cursor = key;
	size_t count = 0;

	if (strlen(key) >= IDENTITY_KEY_SIZE)
		return false;
	if (strncmp(key, "card:", 5) != 0) {
		(void)snprintf(ret_text, IDENTITY_KEY_SIZE, "%s", key);
		return strchr(key, ':') != NULL;
	}
	while (cursor && count < ELEMENTS(parts)) {
		parts[count++] = cursor;
		cursor = strchr(cursor, ':');
		if (cursor)
			cursor++;
	}
	if (count != ELEMENTS(parts) || cursor)
		return false;
	(void)snprintf(ret_text, IDENTITY_KEY_SIZE, "%.*s%s", (int)(parts[3] - key), key, parts[4]);
	return true;
}

static int hash_of(const char *key, char ret_hex[static SHA512_HEX_SIZE])
{
	uint8_t digest[SHA512_SIZE];
	char text[IDENTITY_KEY_SIZE];
	int r;

	if (!normal_form(key, text))
		return -EINVAL;
	r = sha512_of(text, strlen(text), digest);
	if (r < 0)
		return r;
	hex_encode(digest, sizeof(digest), ret_hex);
	return 0;
}

static const enum role listed[] = {ROLE_CAMERA, ROLE_READER, ROLE_STICK};

static bool role_is_listed(enum role role)
{
	for (size_t i = 0; i < ELEMENTS(listed); i++)
		if (listed[i] == role)
			return true;
	return false;
}

static int print_media(FILE *out, const struct known_medium *media, size_t count)
{
	char hex[SHA512_HEX_SIZE];
	int r;

	(void)fputs(header, out);
	for (size_t i = 0; i < count; i++) {
		if (!role_is_listed(media[i].role))
			continue;
		r = hash_of(media[i].key, hex);
		if (r < 0)
			return r;
		(void)fprintf(out, "%s %s\n", role_name(media[i].role), hex);
	}
	return 0;
}

int known_media_format(const struct known_medium *media, size_t count, char **ret_text)
{
	_cleanup_free_ char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);
	int r;

	if (!out)
		return -ENOMEM;
	r = print_media(out, media, count);
	if (fclose(out) != 0)
		return -ENOMEM;
	if (r < 0)
		return r;
	if (size > KNOWN_MEDIA_SIZE_MAX)
		return -EFBIG;
	*ret_text = TAKE_PTR(text);
	return 0;
}

int known_media_write(int dirfd, const struct known_medium *media, size_t count)
{
	_cleanup_free_ char *text = NULL;
	int r;

	r = known_media_format(media, count, &text);
	if (r < 0)
		return r;
	return fd_replace_file_at(dirfd, KNOWN_MEDIA_NAME, text, strlen(text), 0644);
}

/* One line without its newline; ROLE_NONE when it is not about this hash. */
static enum role role_of_line(const char *line, size_t length, const char *hex)
{
	for (size_t i = 0; i < ELEMENTS(listed); i++) {
		const char *word = role_name(listed[i]);
		size_t word_length = strlen(word);

		if (length == word_length + 1 + 2 * SHA512_SIZE && memcmp(line, word, word_length) == 0 &&
			line[word_length] == ' ' && memcmp(line + word_length + 1, hex, 2 * SHA512_SIZE) == 0)
			return listed[i];
	}
	return ROLE_NONE;
}

enum role known_media_find(const char *text, size_t size, const char *key)
{
	const char *end = text + size, *line = text + sizeof(header) - 1;
	char hex[SHA512_HEX_SIZE];

	if (size > KNOWN_MEDIA_SIZE_MAX || size < sizeof(header) - 1 ||
		memcmp(text, header, sizeof(header) - 1) != 0 || hash_of(key, hex) < 0)
		return ROLE_NONE;
	while (line < end) {
		const char *stop = memchr(line, '\n', (size_t)(end - line));
		enum role role;

		if (!stop)
			break;
		role = role_of_line(line, (size_t)(stop - line), hex);
		if (role != ROLE_NONE)
			return role;
		line = stop + 1;
	}
	return ROLE_NONE;
}
