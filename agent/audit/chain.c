/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * Lines of the audit log. What is read here may have been edited by anybody with an editor, so it is bounded
 * before it is parsed and parsed only after its hash was found right.
 */

#include "audit/chain.h"

#include "base/clock.h"
#include "base/hex.h"

#include <string.h>
#include <time.h>

#define TAIL_START ",\"hash\":\""
#define TAIL_END   "\"}"
#define TAIL_SIZE  (sizeof TAIL_START - 1 + SHA512_HEX_SIZE - 1 + sizeof TAIL_END - 1)

static int hash_text(const char *text, size_t size, char ret_hash[static SHA512_HEX_SIZE])
{
	uint8_t digest[SHA512_SIZE];
	int r = sha512_of(text, size, digest);

	if (r < 0)
		return r;
	(void)hex_encode(digest, sizeof digest, ret_hash);
	return 0;
}

static int body_text(
	uint64_t seq, int64_t time, const char *event, struct js *fields, const char *prev, char **ret_text)
{
	_cleanup_js_ struct js *line = js_object();
	char zeros[SHA512_HEX_SIZE] = {0}, when[CLOCK_TEXT];

	memset(zeros, '0', sizeof zeros - 1);
	js_set_u64(line, "seq", seq);
	js_set_string(line, "time", clock_format(time, when));
	js_set_string(line, "event", event);
	js_set(line, "fields", fields ? fields : js_object());
	js_set_string(line, "prev", prev[0] ? prev : zeros);
	return js_text(line, false, ret_text);
}

int chain_format(uint64_t seq, int64_t time, const char *event, struct js *fields, const char *prev,
	char **ret_line, size_t *ret_size, char ret_hash[static SHA512_HEX_SIZE])
{
	_cleanup_free_ char *body = NULL, *line = NULL;
	char hash[SHA512_HEX_SIZE];
	size_t size;
	int n, r;

	r = body_text(seq, time, event, fields, prev, &body);
	if (r < 0)
		return r;
	size = strlen(body) - 1; /* without its closing brace */
	if (size + TAIL_SIZE > CHAIN_LINE_MAX)
		return -EFBIG;
	r = hash_text(body, size, hash);
	if (r < 0)
		return r;
	n = asprintf(&line, "%.*s" TAIL_START "%s" TAIL_END "\n", (int)size, body, hash);
	if (n < 0) {
		line = NULL;
		return -ENOMEM;
	}
	memcpy(ret_hash, hash, sizeof hash);
	*ret_size = (size_t)n;
	*ret_line = TAKE_PTR(line);
	return 0;
}

static bool copy_member(const struct js *line, const char *key, char *ret_text, size_t size)
{
	const char *text = js_get_string(line, key);

	if (!text || strlen(text) >= size)
		return false;
	memcpy(ret_text, text, strlen(text) + 1);
	return true;
}

static bool parse_time(const char *text, int64_t *ret_time)
{
	struct tm tm = {0};
	const char *end = text ? strptime(text, "%Y-%m-%dT%H:%M:%SZ", &tm) : NULL;

	if (!end || *end)
		return false;
	*ret_time = (int64_t)timegm(&tm);
	return true;
}

static bool read_members(const struct js *line, struct chain_entry *entry)
{
	uint8_t digest[SHA512_SIZE];

	if (js_get_u64(line, "seq", &entry->seq) < 0 || !js_is_object(js_get(line, "fields")) ||
		!parse_time(js_get_string(line, "time"), &entry->time))
		return false;
	if (!copy_member(line, "event", entry->event, sizeof entry->event) ||
		!copy_member(line, "prev", entry->prev, sizeof entry->prev) ||
		hex_decode(entry->prev, digest, sizeof digest) < 0)
		return false;
	if (strcmp(entry->event, "log-expired") == 0)
		(void)js_get_u64(js_get(line, "fields"), "expired_through", &entry->expired_through);
	return true;
}

int chain_parse(const char *line, size_t size, struct chain_entry *ret_entry)
{
	_cleanup_js_ struct js *js = NULL;
	struct chain_entry entry = {0};
	const char *tail;
	int r;

	if (size <= TAIL_SIZE || size > CHAIN_LINE_MAX)
		return CHAIN_BAD;
	tail = line + size - TAIL_SIZE;
	if (memcmp(tail, TAIL_START, sizeof TAIL_START - 1) != 0 ||
		memcmp(line + size - (sizeof TAIL_END - 1), TAIL_END, sizeof TAIL_END - 1) != 0)
		return CHAIN_BAD;
	r = hash_text(line, size - TAIL_SIZE, entry.hash);
	if (r < 0)
		return r;
	if (memcmp(tail + sizeof TAIL_START - 1, entry.hash, sizeof entry.hash - 1) != 0)
		return CHAIN_BAD;
	if (js_parse(line, size, &js) < 0 || !read_members(js, &entry))
		return CHAIN_BAD;
	*ret_entry = entry;
	return CHAIN_OK;
}

uint64_t chain_claimed_seq(const char *line, size_t size)
{
	static const char start[] = "{\"seq\":";
	uint64_t seq = 0;
	size_t i = sizeof start - 1;

	if (size <= i || memcmp(line, start, i) != 0)
		return 0;
	for (; i < size && line[i] >= '0' && line[i] <= '9'; i++)
		if (seq > (UINT64_MAX - 9) / 10)
			return 0;
		else
			seq = seq * 10 + (uint64_t)(line[i] - '0');
	return seq;
}
