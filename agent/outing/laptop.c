/* SPDX-License-Identifier: GPL-3.0-or-later */

/* The judge's answer, held against its description member by member. See laptop.h. */

#include "outing/laptop.h"

#include "base/clock.h"

#include <string.h>

static const char unreadable[] =
	"This computer could not be judged: the answer of the program that looks at it cannot be understood. "
	"Try "
	"again; if that does not help, ask the technician to look at the journal of outing-judge.";

static const char *const leaf_words[] = {"encrypted", "exempt", "weak", "not-encrypted", "unknown"};
static const char *const check_words[] = {"pass", "fail", "unknown", "off"};
static const char *const checks[] = {"passwords", "automatic-login", "screen-lock", "malware",
	"passwords-reviewed", "install-rights", "updates", "hibernation"};

enum shape {
	SHAPE_TEXT,
	SHAPE_FILLED,       /* a text that says something */
	SHAPE_TEXT_OR_NULL, /* */
	SHAPE_TEXTS,        /* array of texts */
	SHAPE_FILLED_TEXTS, /* and there is at least one, and each says something */
	SHAPE_FLAG,
	SHAPE_COUNT,
	SHAPE_TIME,
	SHAPE_LEAF_WORD,
	SHAPE_CHECK_WORD,
	SHAPE_CHECK,
	SHAPE_ARRAY, /* looked at by somebody else */
};

struct member {
	const char *name;
	enum shape shape;
};

static const struct member reply_members[] = {
	{"storage", SHAPE_ARRAY},
	{"checks", SHAPE_ARRAY},
	{"judged_at", SHAPE_TIME},
	{"error", SHAPE_TEXT_OR_NULL},
};

static const struct member leaf_members[] = {
	{"device", SHAPE_FILLED},
	{"used_for", SHAPE_FILLED_TEXTS},
	{"verdict", SHAPE_LEAF_WORD},
	{"reason", SHAPE_FILLED},
	{"fix", SHAPE_TEXT},
	{"command", SHAPE_TEXT_OR_NULL},
	{"chain", SHAPE_TEXTS},
	{"external", SHAPE_FLAG},
	{"bytes", SHAPE_COUNT},
};

static const struct member check_members[] = {
	{"check", SHAPE_CHECK},
	{"verdict", SHAPE_CHECK_WORD},
	{"reason", SHAPE_FILLED},
	{"fix", SHAPE_TEXT},
	{"details", SHAPE_TEXTS},
};

static bool is_word(const char *text, const char *const *words, size_t count)
{
	for (size_t i = 0; text && i < count; i++)
		if (strcmp(text, words[i]) == 0)
			return true;
	return false;
}

static bool are_texts(const struct js *array, bool filled)
{
	bool good = js_is_array(array) && (!filled || js_length(array) > 0);

	for (size_t i = 0; good && i < js_length(array); i++) {
		const char *text = js_string(js_at(array, i));

		good = text && (!filled || *text);
	}
	return good;
}

static bool is_time(const char *text)
{
	int64_t seconds;

	return text && clock_parse(text, &seconds) == 0;
}

/* value is NULL for null. */
static bool has_shape(const struct js *object, const struct member *member, const struct js *value)
{
	const char *text = js_string(value);
	uint64_t count;
	bool flag;

	switch (member->shape) {
	case SHAPE_TEXT:
		return text;
	case SHAPE_FILLED:
		return text && *text;
	case SHAPE_TEXT_OR_NULL:
		return !value || (text && *text);
	case SHAPE_TEXTS:
		return are_texts(value, false);
	case SHAPE_FILLED_TEXTS:
		return are_texts(value, true);
	case SHAPE_FLAG:
		return js_get_bool(object, member->name, &flag) == 0;
	case SHAPE_COUNT:
		return js_get_u64(object, member->name, &count) == 0;
	case SHAPE_TIME:
		return is_time(text);
	case SHAPE_LEAF_WORD:
		return is_word(text, leaf_words, ELEMENTS(leaf_words));
	case SHAPE_CHECK_WORD:
		return is_word(text, check_words, ELEMENTS(check_words));
	case SHAPE_CHECK:
		return is_word(text, checks, ELEMENTS(checks));
	case SHAPE_ARRAY:
		return js_is_array(value);
	}
	return false;
}

struct look {
	const struct js *object;
	const struct member *members;
	size_t count;
	unsigned seen;
};

static int look_at(const char *key, const struct js *value, void *data)
{
	struct look *look = data;

	for (size_t i = 0; i < look->count; i++)
		if (strcmp(key, look->members[i].name) == 0) {
			look->seen |= 1U << i;
			return has_shape(look->object, &look->members[i], value) ? 0 : -EINVAL;
		}
	return -EINVAL;
}

/* Exactly these members, each of its shape. */
static bool is_made_of(const struct js *object, const struct member *members, size_t count)
{
	struct look look = {object, members, count, 0};

	return js_is_object(object) && js_each(object, look_at, &look) == 0 && look.seen == (1U << count) - 1;
}

/* "/dev/sda1" of "/dev/sda", "/dev/mmcblk0p1" of "/dev/mmcblk0", and the disk itself */
static bool lies_on(const char *device, const char *disk)
{
	size_t size = strlen(disk);
	const char *rest = device + size;

	if (size == 0 || strncmp(device, disk, size) != 0)
		return false;
	if (!*rest)
		return true;
	if (disk[size - 1] >= '0' && disk[size - 1] <= '9' && *rest++ != 'p')
		return false;
	return *rest && rest[strspn(rest, "0123456789")] == 0;
}

/* Only as a stick is used: by nobody, or where the desktop shows it. */
static bool is_loose(const struct js *leaf)
{
	static const char *const words[] = {
		"not mounted", "outside the partitions", "/media/", "/run/media/"};
	const struct js *used_for = js_get(leaf, "used_for");
	bool loose = true, external = false;

	for (size_t i = 0; loose && i < js_length(used_for); i++) {
		const char *use = js_string(js_at(used_for, i));

		loose = false;
		for (size_t j = 0; j < ELEMENTS(words); j++)
			loose |= strncmp(use, words[j], strlen(words[j])) == 0;
	}
	return js_get_bool(leaf, "external", &external) == 0 && external && loose;
}

static const struct laptop_guest *guest_of(const struct laptop_rules *rules, const struct js *leaf)
{
	const char *device = js_get_string(leaf, "device");

	for (size_t i = 0; device && i < rules->guest_count; i++)
		if (lies_on(device, rules->guests[i].disk) && is_loose(leaf))
			return &rules->guests[i];
	return NULL;
}

/* A computer of which nothing was found but what hangs on it was not found. */
static bool has_own(const struct js *storage, const struct laptop_rules *rules)
{
	for (size_t i = 0; i < js_length(storage); i++)
		if (!guest_of(rules, js_at(storage, i)))
			return true;
	return false;
}

static bool storage_is_good(const struct js *storage, const struct laptop_rules *rules, bool *ret_ready)
{
	bool good = true;

	for (size_t i = 0; good && i < js_length(storage); i++) {
		const struct js *leaf = js_at(storage, i);
		const char *verdict;

		good = is_made_of(leaf, leaf_members, ELEMENTS(leaf_members));
		verdict = good ? js_get_string(leaf, "verdict") : "unknown";
		*ret_ready &= strcmp(verdict, "encrypted") == 0 || strcmp(verdict, "exempt") == 0 ||
			      (rules->accept_weak && strcmp(verdict, "weak") == 0) ||
			      (good && guest_of(rules, leaf));
		/* "Encrypted" is a claim with its derivation, or it is none. */
		good = good && (strcmp(verdict, "encrypted") != 0 || js_length(js_get(leaf, "chain")) > 0);
	}
	return good;
}

static unsigned check_bit(const char *word)
{
	for (size_t i = 0; i < ELEMENTS(checks); i++)
		if (strcmp(word, checks[i]) == 0)
			return 1U << i;
	return 0;
}

/* Each check at most once; ret_ready stays only if each is there and none failed or is unknown. */
static bool checks_are_good(const struct js *array, bool *ret_ready)
{
	unsigned seen = 0;

	for (size_t i = 0; i < js_length(array); i++) {
		const struct js *check = js_at(array, i);
		const char *verdict;
		unsigned bit;

		if (!is_made_of(check, check_members, ELEMENTS(check_members)))
			return false;
		bit = check_bit(js_get_string(check, "check"));
		if (seen & bit)
			return false;
		seen |= bit;
		verdict = js_get_string(check, "verdict");
		*ret_ready &= strcmp(verdict, "pass") == 0 || strcmp(verdict, "off") == 0;
	}
	*ret_ready &= seen == (1U << ELEMENTS(checks)) - 1;
	return true;
}

static bool is_good(const struct js *reply, const struct laptop_rules *rules, bool *ret_ready)
{
	const struct js *storage = js_get(reply, "storage"), *array = js_get(reply, "checks");
	const char *error = js_get_string(reply, "error");

	*ret_ready = !error;
	if (!is_made_of(reply, reply_members, ELEMENTS(reply_members)) ||
		!storage_is_good(storage, rules, ret_ready))
		return false;
	if (!error && js_length(storage) == 0)
		return false;
	switch (rules->scope) {
	case LAPTOP_STORAGE:
		return js_length(array) == 0;
	case LAPTOP_STORAGE_AND_CHECKS:
		return checks_are_good(array, ret_ready) && (error || js_length(array) > 0);
	}
	return false;
}

/* Members of all objects together, as the text has them: a member that stands there twice counts twice, while
 * the parser keeps only one of the two. */
static size_t count_members(const char *text, size_t size)
{
	bool in_string = false;
	size_t count = 0;

	for (size_t i = 0; i < size; i++) {
		if (text[i] == '"')
			in_string = !in_string;
		else if (in_string && text[i] == '\\')
			i++;
		else if (!in_string && text[i] == ':')
			count++;
	}
	return count;
}

/* No member twice, and no text that ends before it ends. */
static bool is_plain(const char *text, size_t size, const struct js *reply)
{
	size_t expected = ELEMENTS(reply_members) +
			  ELEMENTS(leaf_members) * js_length(js_get(reply, "storage")) +
			  ELEMENTS(check_members) * js_length(js_get(reply, "checks"));

	return !memchr(text, 0, size) && !memmem(text, size, "\\u0000", strlen("\\u0000")) &&
	       count_members(text, size) == expected;
}

/* storage and checks are taken over. */
static struct js *compose(bool included, bool ready, const char *error, struct js *storage, struct js *array)
{
	struct js *laptop = js_object();

	js_set_bool(laptop, "included", included);
	js_set_string(laptop, "verdict", ready ? "ready" : "not-ready");
	js_set_string(laptop, "error", error);
	js_set(laptop, "storage", storage);
	js_set(laptop, "checks", array);
	return laptop;
}

static int copy(const struct js *js, struct js **ret_copy)
{
	_cleanup_free_ char *text = NULL;
	int r = js_text(js, false, &text);

	return r < 0 ? r : js_parse(text, strlen(text), ret_copy);
}

static int copy_storage(const struct js *storage, const struct laptop_rules *rules, struct js **ret_copy)
{
	_cleanup_js_ struct js *array = js_array();

	for (size_t i = 0; i < js_length(storage); i++) {
		const struct laptop_guest *guest = guest_of(rules, js_at(storage, i));
		char reason[512];
		struct js *leaf;
		int r = copy(js_at(storage, i), &leaf);

		if (r < 0)
			return r;
		if (guest) {
			(void)snprintf(reason, sizeof reason,
				"It is in %s, which is to travel and is judged by itself.", guest->name);
			js_set_string(leaf, "verdict", "exempt");
			js_set_string(leaf, "reason", reason);
			js_set_string(leaf, "fix", "");
			js_set_null(leaf, "command");
		}
		js_append(array, leaf);
	}
	*ret_copy = TAKE_PTR(array);
	return 0;
}

int laptop_judge(const char *reply, size_t size, const struct laptop_rules *rules, struct js **ret_laptop,
	bool *ret_ready)
{
	_cleanup_js_ struct js *parsed = NULL, *storage = NULL, *array = NULL;
	struct laptop_rules own = *rules;
	bool ready = false;
	int r;

	*ret_ready = false;
	while (size > 0 && reply[size - 1] == '\n')
		size--;
	if (js_parse(reply, size, &parsed) < 0)
		parsed = NULL;
	if (!parsed || !has_own(js_get(parsed, "storage"), rules))
		own.guest_count = 0;
	if (!parsed || !is_good(parsed, &own, &ready) || !is_plain(reply, size, parsed)) {
		*ret_laptop = laptop_unknown(unreadable);
		return 0;
	}
	r = copy_storage(js_get(parsed, "storage"), &own, &storage);
	if (r >= 0)
		r = copy(js_get(parsed, "checks"), &array);
	if (r < 0)
		return -ENOMEM;
	*ret_laptop =
		compose(true, ready, js_get_string(parsed, "error"), TAKE_PTR(storage), TAKE_PTR(array));
	*ret_ready = ready;
	return 0;
}

struct js *laptop_unknown(const char *error)
{
	return compose(true, false, error, js_array(), js_array());
}

struct js *laptop_stays(void)
{
	return compose(false, false, NULL, js_array(), js_array());
}
