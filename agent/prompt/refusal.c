/* SPDX-License-Identifier: GPL-3.0-or-later */

/* The words of the gate become kinds. See refusal.h. */

#include "prompt/refusal.h"

#include <string.h>

struct pair {
	const char *word;
	enum refusal_kind kind;
};

static const struct pair causes[] = {
	{"image", REFUSAL_PHOTO},
	{"film", REFUSAL_FILM},
	{"audio", REFUSAL_SOUND},
	{"names", REFUSAL_DOCUMENT},
};

static const struct pair events[] = {
	{"name-refused", REFUSAL_NAME},
	{"too-large", REFUSAL_TOO_LARGE},
	{"staging-full", REFUSAL_CROWDED},
	{"not-written", REFUSAL_NOT_WRITTEN},
};

static const struct pair *find(const struct pair *pairs, size_t count, const char *word)
{
	for (size_t i = 0; word && i < count; i++)
		if (strcmp(pairs[i].word, word) == 0)
			return &pairs[i];
	return NULL;
}

/* An event or a cause that is not known yet is a refusal all the same. */
static enum refusal_kind kind_of(const struct js *signal)
{
	const struct pair *found = find(events, ELEMENTS(events), js_get_string(signal, "event"));

	if (!found)
		found = find(causes, ELEMENTS(causes), js_get_string(signal, "cause"));
	return found ? found->kind : REFUSAL_UNREADABLE;
}

int refusal_read(const struct js *signal, struct refusal *ret_refusal)
{
	const char *event = js_get_string(signal, "event"), *sentence = js_get_string(signal, "sentence");
	uint64_t uid = UINT32_MAX, count = 1;

	*ret_refusal = (struct refusal){.kind = kind_of(signal),
		.device = js_get_string(signal, "device"),
		.name = js_get_string(signal, "name"),
		.path = js_get_string(signal, "path"),
		.sentence = sentence ? sentence : ""};
	if (!event || !ret_refusal->device || !*ret_refusal->device)
		return -EINVAL;
	if (js_get_u64(signal, "uid", &uid) == -EINVAL || uid > UINT32_MAX)
		return -EINVAL;
	ret_refusal->uid = (uint32_t)uid;
	if (js_get_u64(signal, "count", &count) == -EINVAL || count == 0 || count > UINT32_MAX)
		return -EINVAL;
	ret_refusal->count = (uint32_t)count;
	if (js_get_bool(signal, "allowable", &ret_refusal->allowable) < 0)
		ret_refusal->allowable = false;
	if (ret_refusal->kind == REFUSAL_NAME || (ret_refusal->path && !*ret_refusal->path))
		ret_refusal->path = NULL;
	return strcmp(event, "finished") == 0 ? REFUSAL_OTHER : 0;
}
