/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Texts of all kinds: however a text is cut, the verdict is the same; and as a title it is never milder than
 * a single first name deserves. The first byte says how it is cut. */

#include "inspect/names-import.h"

#include <string.h>

#define CHECK(condition)                  \
	do {                              \
		if (!(condition))         \
			__builtin_trap(); \
	} while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct names *make_names(void)
{
	static const char list[] = "First,Middle,Last,Known as,DOB,UPN\n"
				   "Amelia,Rose,Testchild,Millie,12/03/2021,H801200001001\n"
				   "Oliver,,O'Sampleford,,30/11/2020,1042\n"
				   "Will,,Brown,,05/05/2021,\nИван,,Примеров,,,\n小明,,李,,,\n";
	static const uint8_t key[NAMES_KEY_SIZE];
	struct names_import import;
	struct names *names = NULL;

	if (names_import(list, strlen(list), NULL, key, &import) == NAMES_IMPORT_OK)
		(void)names_parse(import.table, import.table_size, key, &names);
	names_import_clear(&import);
	return names;
}

static enum inspect_verdict judge(const struct names *names, const char *text, size_t size, size_t step)
{
	struct inspect_answer answer = {0};
	struct names_match *match = NULL;

	if (names_match_new(names, &match) < 0)
		return INSPECT_PASS;
	for (size_t at = 0; at < size; at += step)
		(void)names_match_feed(match, text + at, size - at < step ? size - at : step);
	names_match_end(match, &answer);
	match = names_match_free(match);
	CHECK((answer.verdict == INSPECT_PASS) == (*answer.sentence == 0));
	return answer.verdict;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct names *names;
	struct inspect_answer answer;
	const char *text = (const char *)data + 1;

	if (!names)
		names = make_names();
	if (!names || size < 2)
		return 0;
	size--;
	CHECK(judge(names, text, size, 1 + data[0]) == judge(names, text, size, size));
	CHECK(names_match_title(names, text, size, &answer) == 0);
	return 0;
}
