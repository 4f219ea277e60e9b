/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * Names and texts of the register, of any bytes: what is accepted can be a folder's name, folding a name
 * twice changes nothing, and what is cleaned is good text.
 */

#include "base/utf8.h"
#include "state/name.h"
#include "state/register.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_folding(const char *name)
{
	_cleanup_free_ char *folded = name_fold(name), *again = folded ? name_fold(folded) : NULL;

	if (!folded || !again || strcmp(folded, again) != 0 || !utf8_valid(folded, strlen(folded)) ||
		name_characters(folded) != name_characters(name))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_free_ char *text = strndup((const char *)data, size), *clean = NULL;
	const char *sentence = NULL;

	if (!text)
		return 0;
	if (register_name_check(text, &sentence) == REGISTER_OK) {
		if (strchr(text, '/') || text[0] == '.' || strlen(text) > 255 ||
			!utf8_valid(text, strlen(text)))
			abort();
		check_folding(text);
	} else if (!sentence) {
		abort();
	}
	clean = name_clean(text, 64);
	if (!clean || strlen(clean) >= 64 || !name_is_text(clean, 64))
		abort();
	return 0;
}
