/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * JSON documents (RFC 8259), over json-c; no other file includes its header.
 *
 * A tree has one owner, its root; js_set() and js_append() take the child over, also when they fail, so
 * building code needs no ladders. A builder that runs out of memory remembers it: js_text() of a broken tree
 * fails with -ENOMEM, never with a shorter document. Strings that are not valid UTF-8 are stored with U+FFFD
 * in place of the bad bytes. Keys keep the order in which they were set.
 */

#include "base/cleanup.h"

struct js;

struct js *js_object(void);
struct js *js_array(void);
struct js *js_free(struct js *js);
DEFINE_CLEANUP(struct js, js_free);
#define _cleanup_js_ _cleanup_(js_freep)

/* object[key] = value; a NULL string is stored as null. */
void js_set_string(struct js *object, const char *key, const char *value);
void js_set_u64(struct js *object, const char *key, uint64_t value);
void js_set_i64(struct js *object, const char *key, int64_t value);
void js_set_bool(struct js *object, const char *key, bool value);
void js_set_null(struct js *object, const char *key);
void js_set(struct js *object, const char *key, struct js *child);
void js_append(struct js *array, struct js *child);
void js_append_string(struct js *array, const char *value);
void js_append_u64(struct js *array, uint64_t value);

/* Unix seconds as RFC 3339; 0 is stored as null. */
void js_set_time(struct js *object, const char *key, int64_t seconds);

/* Whole text must be one value, at most 32 levels deep. -EINVAL otherwise. */
int js_parse(const char *text, size_t size, struct js **ret_js);

/* One line, or indented by two spaces; owned by the caller. */
int js_text(const struct js *js, bool pretty, char **ret_text);

/* Borrowed from the tree, valid as long as its root; NULL when absent or of another type. */
const struct js *js_get(const struct js *object, const char *key);
const char *js_get_string(const struct js *object, const char *key);
bool js_is_array(const struct js *js);
bool js_is_object(const struct js *js);
size_t js_length(const struct js *array);
const struct js *js_at(const struct js *array, size_t index);
const char *js_string(const struct js *js);

/* 0, or -EINVAL when it is no such number. */
int js_u64(const struct js *js, uint64_t *ret_value);

/* 0, -ENOENT when absent, -EINVAL when of another type or out of range. */
int js_get_u64(const struct js *object, const char *key, uint64_t *ret_value);
int js_get_i64(const struct js *object, const char *key, int64_t *ret_value);
int js_get_bool(const struct js *object, const char *key, bool *ret_value);

/* Calls visit for each member in order until it returns non-zero, which is then returned. */
int js_each(const struct js *object, int (*visit)(const char *key, const struct js *value, void *data),
	void *data);
