/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * The judge's answer: whatever comes, the result is a whole object, and it is ready only if the text itself
 * holds no word that forbids it.
 */

#include "outing/laptop.h"

#include <string.h>

#define CHECK(condition)                  \
	do {                              \
		if (!(condition))         \
			__builtin_trap(); \
	} while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool is_one_of(const struct js *object, const char *first, const char *second)
{
	const char *word = js_get_string(object, "verdict");

	return word && (strcmp(word, first) == 0 || strcmp(word, second) == 0);
}

static void check_ready(const struct js *laptop)
{
	const struct js *storage = js_get(laptop, "storage"), *checks = js_get(laptop, "checks");

	CHECK(!js_get(laptop, "error"));
	CHECK(js_length(storage) > 0 && js_length(checks) == 8);
	for (size_t i = 0; i < js_length(storage); i++)
		CHECK(is_one_of(js_at(storage, i), "encrypted", "exempt"));
	for (size_t i = 0; i < js_length(checks); i++)
		CHECK(is_one_of(js_at(checks, i), "pass", "off"));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct laptop_rules strict = {LAPTOP_STORAGE_AND_CHECKS, false};
	static const struct laptop_rules storage = {LAPTOP_STORAGE, true};
	_cleanup_js_ struct js *laptop = NULL, *second = NULL;
	_cleanup_free_ char *text = NULL;
	bool ready = true, included = false;

	CHECK(laptop_judge((const char *)data, size, &strict, &laptop, &ready) == 0);
	CHECK(js_get_bool(laptop, "included", &included) == 0 && included);
	CHECK(strcmp(js_get_string(laptop, "verdict"), ready ? "ready" : "not-ready") == 0);
	CHECK(js_is_array(js_get(laptop, "storage")) && js_is_array(js_get(laptop, "checks")));
	CHECK(js_text(laptop, false, &text) == 0);
	if (ready)
		check_ready(laptop);
	CHECK(laptop_judge((const char *)data, size, &storage, &second, &ready) == 0);
	return 0;
}
