/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * Lines "NUMBER SIZE DIGEST CHECK PATH". See journal.h. CHECK is over everything else in the line: a
 * medium that was pulled out may hold the beginning of one line and the end of another. In PATH a line feed
 * is "\\n" and a backslash is two: folders that others made have any name.
 */

#include "gate/journal.h"

#include "base/hex.h"
#include "base/number.h"
#include "gate/name.h"

#include <limits.h>
#include <string.h>

#define CHECK_BYTES 8

static void check_of(const char *head, const char *path, char ret_text[static 2 * CHECK_BYTES + 1])
{
	_cleanup_(xxh128_freep) struct xxh128 *state = NULL;
	uint8_t digest[XXH128_SIZE] = {0};

	if (xxh128_new(&state) >= 0) {
		xxh128_update(state, head, strlen(head) + 1);
		xxh128_update(state, path, strlen(path));
		xxh128_final(state, digest);
	}
	(void)hex_encode(digest, CHECK_BYTES, ret_text);
}

static int escape(const char *path, char *out, size_t size)
{
	size_t used = 0;

	for (; *path; path++) {
		bool special = *path == '\n' || *path == '\\';

		if (used + 2 >= size)
			return -ENAMETOOLONG;
		if (special)
			out[used++] = '\\';
		out[used++] = *path == '\n' ? 'n' : *path;
	}
	out[used] = 0;
	return 0;
}

/* In place. False: no text that escape() makes. */
static bool unescape(char *text)
{
	char *out = text;

	for (; *text; text++) {
		char c = *text;

		if (c == '\\') {
			c = *++text;
			if (c != 'n' && c != '\\')
				return false;
			c = c == 'n' ? '\n' : c;
		}
		*out++ = c;
	}
	*out = 0;
	return true;
}

int journal_format(const struct journal_entry *entry, char ret_line[static JOURNAL_LINE_MAX])
{
	char head[128], digest[2 * XXH128_SIZE + 1], check[2 * CHECK_BYTES + 1], path[JOURNAL_LINE_MAX - 128];
	int n = escape(entry->path, path, sizeof path);

	if (n < 0)
		return n;
	(void)hex_encode(entry->digest, XXH128_SIZE, digest);
	(void)snprintf(head, sizeof head, "%llu %llu %s", (unsigned long long)entry->number,
		(unsigned long long)entry->size, digest);
	check_of(head, path, check);
	n = snprintf(ret_line, JOURNAL_LINE_MAX, "%s %s %s\n", head, check, path);
	return n < 0 || n >= JOURNAL_LINE_MAX ? -ENAMETOOLONG : n;
}

/* Down only, and not into our folder. */
static bool path_is_good(const char *path)
{
	for (;;) {
		size_t size = strcspn(path, "/");

		if (size == 0 || size > GATE_NAME_MAX || strncmp(path, "./", 2) == 0 ||
			strcmp(path, ".") == 0 || strncmp(path, "../", 3) == 0 || strcmp(path, "..") == 0 ||
			gate_name_is_ours(path))
			return false;
		if (!path[size])
			return true;
		path += size + 1;
	}
}

/* The next word; *at then begins behind the space. NULL when there is none. */
static char *take_word(char **at)
{
	char *word = *at, *space = strchr(word, ' ');

	if (!space)
		return NULL;
	*space = 0;
	*at = space + 1;
	return word;
}

static bool parse_line(char *line, struct journal_entry *entry)
{
	char *number = take_word(&line), *size = number ? take_word(&line) : NULL;
	char *digest = size ? take_word(&line) : NULL, *check = digest ? take_word(&line) : NULL;
	char head[128], expected[2 * CHECK_BYTES + 1];
	int n;

	if (!check || number_parse_u64(number, &entry->number) < 0 ||
		number_parse_u64(size, &entry->size) < 0 || strlen(digest) != (size_t)2 * XXH128_SIZE ||
		hex_decode(digest, entry->digest, XXH128_SIZE) < 0)
		return false;
	n = snprintf(head, sizeof head, "%s %s %s", number, size, digest);
	if (n < 0 || (size_t)n >= sizeof head)
		return false;
	check_of(head, line, expected);
	entry->path = line;
	return strcmp(check, expected) == 0 && unescape(line) && strlen(line) < PATH_MAX &&
	       path_is_good(line);
}

bool journal_next(char **at, struct journal_entry *ret_entry)
{
	char *end;

	while ((end = strchr(*at, '\n'))) {
		struct journal_entry entry = {0};
		char *line = *at;

		*end = 0;
		*at = end + 1;
		if (parse_line(line, &entry)) {
			*ret_entry = entry;
			return true;
		}
	}
	return false;
}
