/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * JSON over json-c. A struct js is a json_object under another name, so there is no second tree. Running out
 * of memory while a document is built is remembered for the rest of the process: no text is given out any
 * more, because it might lack the member that did not fit.
 */

#include "base/json.h"

#include "base/clock.h"
#include "base/utf8.h"

#include <json-c/json.h>
#include <string.h>

#define DEPTH_MAX 32

static bool out_of_memory;

static bool out_of_memory;

static struct json_object *raw(const struct js *js)
{
	return (struct json_object *)(uintptr_t)js;
}

static struct js *wrap(struct json_object *object)
{
	return (struct js *)object;
}

struct js *js_object(void)
{
	return wrap(json_object_new_object());
}

struct js *js_array(void)
{
	return wrap(json_object_new_array());
}

struct js *js_free(struct js *js)
{
	(void)json_object_put(raw(js));
	return NULL;
}

static void put(struct js *object, const char *key, struct json_object *value, bool failed)
{
	if (!object) {
		(void)json_object_put(value);
		out_of_memory = true;
		return;
	}
	if (failed || json_object_object_add(raw(object), key, value) < 0) {
		(void)json_object_put(value);
		out_of_memory = true;
	}
}

static struct json_object *new_string(const char *value)
{
	_cleanup_free_ char *clean = NULL;

	if (utf8_valid(value, strlen(value)))
		return json_object_new_string(value);
	clean = utf8_sanitize(value, strlen(value));
	return clean ? json_object_new_string(clean) : NULL;
}

void js_set_string(struct js *object, const char *key, const char *value)
{
	struct json_object *string = value ? new_string(value) : NULL;

	put(object, key, string, value && !string);
}

void js_set_u64(struct js *object, const char *key, uint64_t value)
{
	struct json_object *number = json_object_new_uint64(value);

	put(object, key, number, !number);
}

void js_set_i64(struct js *object, const char *key, int64_t value)
{
	struct json_object *number = json_object_new_int64(value);

	put(object, key, number, !number);
}

void js_set_bool(struct js *object, const char *key, bool value)
{
	struct json_object *boolean = json_object_new_boolean(value);

	put(object, key, boolean, !boolean);
}

void js_set_null(struct js *object, const char *key)
{
	put(object, key, NULL, false);
}

void js_set(struct js *object, const char *key, struct js *child)
{
	put(object, key, raw(child), !child);
}

static void append(struct js *array, struct json_object *value)
{
	if (array && value && json_object_array_add(raw(array), value) == 0)
		return;
	(void)json_object_put(value);
	out_of_memory = true;
}

void js_append(struct js *array, struct js *child)
{
	append(array, raw(child));
}

void js_append_string(struct js *array, const char *value)
{
	append(array, new_string(value));
}

void js_append_u64(struct js *array, uint64_t value)
{
	append(array, json_object_new_uint64(value));
}

void js_set_time(struct js *object, const char *key, int64_t seconds)
{
	char text[CLOCK_TEXT];

	if (seconds == 0)
		js_set_null(object, key);
	else
		js_set_string(object, key, clock_format(seconds, text));
}

int js_parse(const char *text, size_t size, struct js **ret_js)
{
	struct json_tokener *tokener;
	struct json_object *object;
	bool whole;

	if (size > INT32_MAX)
		return -EFBIG;
	tokener = json_tokener_new_ex(DEPTH_MAX);
	if (!tokener)
		return -ENOMEM;
	json_tokener_set_flags(tokener, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
	object = json_tokener_parse_ex(tokener, text, (int)size);
	if (!object && json_tokener_get_error(tokener) == json_tokener_continue)
		object = json_tokener_parse_ex(tokener, "", -1);
	whole = json_tokener_get_error(tokener) == json_tokener_success &&
		json_tokener_get_parse_end(tokener) <= size;
	json_tokener_free(tokener);
	if (!object || !whole) {
		(void)json_object_put(object);
		return -EINVAL;
	}
	*ret_js = wrap(object);
	return 0;
}

int js_text(const struct js *js, bool pretty, char **ret_text)
{
	int flags =
		JSON_C_TO_STRING_NOSLASHESCAPE | (pretty ? JSON_C_TO_STRING_PRETTY : JSON_C_TO_STRING_PLAIN);
	const char *text = js && !out_of_memory ? json_object_to_json_string_ext(raw(js), flags) : NULL;
	char *copy = text ? strdup(text) : NULL;

	if (!copy)
		return -ENOMEM;
	*ret_text = copy;
	return 0;
}

const struct js *js_get(const struct js *object, const char *key)
{
	struct json_object *value = NULL;

	if (!js_is_object(object) || !json_object_object_get_ex(raw(object), key, &value))
		return NULL;
	return wrap(value);
}

const char *js_string(const struct js *js)
{
	return json_object_is_type(raw(js), json_type_string) ? json_object_get_string(raw(js)) : NULL;
}

const char *js_get_string(const struct js *object, const char *key)
{
	return js_string(js_get(object, key));
}

bool js_is_array(const struct js *js)
{
	return json_object_is_type(raw(js), json_type_array);
}

bool js_is_object(const struct js *js)
{
	return json_object_is_type(raw(js), json_type_object);
}

size_t js_length(const struct js *array)
{
	return js_is_array(array) ? json_object_array_length(raw(array)) : 0;
}

const struct js *js_at(const struct js *array, size_t index)
{
	return index < js_length(array) ? wrap(json_object_array_get_idx(raw(array), index)) : NULL;
}

int js_u64(const struct js *js, uint64_t *ret_value)
{
	if (!json_object_is_type(raw(js), json_type_int) ||
		(json_object_get_int64(raw(js)) < 0 && json_object_get_uint64(raw(js)) <= INT64_MAX))
		return -EINVAL;
	*ret_value = json_object_get_uint64(raw(js));
	return 0;
}

int js_get_u64(const struct js *object, const char *key, uint64_t *ret_value)
{
	const struct js *value = js_get(object, key);

	return value ? js_u64(value, ret_value) : -ENOENT;
}

int js_get_i64(const struct js *object, const char *key, int64_t *ret_value)
{
	const struct js *value = js_get(object, key);

	if (!value)
		return -ENOENT;
	if (!json_object_is_type(raw(value), json_type_int))
		return -EINVAL;
	*ret_value = json_object_get_int64(raw(value));
	return 0;
}

int js_get_bool(const struct js *object, const char *key, bool *ret_value)
{
	const struct js *value = js_get(object, key);

	if (!value)
		return -ENOENT;
	if (!json_object_is_type(raw(value), json_type_boolean))
		return -EINVAL;
	*ret_value = json_object_get_boolean(raw(value));
	return 0;
}

int js_each(const struct js *object, int (*visit)(const char *key, const struct js *value, void *data),
	void *data)
{
	struct json_object_iterator at, end;

	if (!js_is_object(object))
		return -EINVAL;
	at = json_object_iter_begin(raw(object));
	end = json_object_iter_end(raw(object));
	for (; !json_object_iter_equal(&at, &end); json_object_iter_next(&at)) {
		int r = visit(json_object_iter_peek_name(&at), wrap(json_object_iter_peek_value(&at)), data);
		if (r != 0)
			return r;
	}
	return 0;
}
