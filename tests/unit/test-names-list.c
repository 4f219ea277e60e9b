/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * Lists of children as spreadsheets save them: every way of writing one gives the same register, every
 * mistake is named by its place and never by what stands there. All children are invented.
 */

#include "names-world.h"

#include "inspect/names-date.h"

static struct names_import import;

static enum names_import_outcome take(const void *csv, size_t size)
{
	int r;

	names_import_clear(&import);
	r = names_import(csv, size, NULL, test_key, &import);
	assert_true(r >= 0);
	return (enum names_import_outcome)r;
}

static void finds_amelia(const char *csv, size_t size)
{
	struct names *names = NULL;

	if (take(csv, size) != NAMES_IMPORT_OK)
		fail_msg("%s: %s", csv, import.problem);
	assert_int_equal(names_parse(import.table, import.table_size, test_key, &names), 0);
	check_text(names, "Amelia Testchild", INSPECT_REFUSE);
	names = names_free(names);
}

static void headers_are_understood(void **state)
{
	static const char *const lists[] = {"first,last\nAmelia,Testchild\n",
		"First Name;Surname\r\nAmelia;Testchild\r\n", "FORENAME\tSURNAME\nAmelia\tTestchild",
		"Given name(s),Family name\nAmelia,Testchild\n",
		"Surname,Forename,DOB (dd/mm/yyyy)\nTestchild,Amelia,12/03/2021\n",
		"Child's first name,Child's surname\nAmelia,Testchild\n", "Name\n\"Testchild, Amelia\"\n",
		"Full name\nAmelia Testchild\n", "Child\nAmelia Rose Testchild\n",
		"Legal first name,Preferred name,Last name\nZelda,Amelia,Testchild\n",
		"Known as,Last\nAmelia,Testchild\n", "sep=;\nfirst;last\nAmelia;Testchild\n",
		"\xef\xbb\xbf"
		"first,last\nAmelia,Testchild\n",
		"\"first\",\"last\"\n\"Amelia\",\"Testchild\"\n", "first,last\n\n,\n Amelia , Testchild \n\n",
		"first,last,notes\nAmelia,Testchild,\"two\nlines, \"\"quoted\"\"\"\n",
		"d.o.b.,first,last\n,Amelia,Testchild\n", NULL};

	for (size_t i = 0; lists[i]; i++)
		finds_amelia(lists[i], strlen(lists[i]));
}

static void other_encodings_are_understood(void **state)
{
	static const char latin[] = "first,last\nAmelia,Testchild\nZo\xeb,M\xfcllerprobe\n";
	static const char *const orders[] = {"\xff\xfe", "\xfe\xff", ""};
	struct names *names = NULL;

	finds_amelia(latin, sizeof latin - 1);
	assert_int_equal(names_parse(import.table, import.table_size, test_key, &names), 0);
	check_text(names, "Zoë Müllerprobe", INSPECT_REFUSE);
	names = names_free(names);
	for (size_t i = 0; i < ELEMENTS(orders); i++) {
		static const char text[] = "first,last\nAmelia,Testchild\n";
		char wide[2 * sizeof text + 2] = {0};
		size_t n = strlen(orders[i]), zero = i == 1 ? 1 : 0;

		memcpy(wide, orders[i], n);
		for (size_t k = 0; k < sizeof text - 1; k++, n += 2)
			wide[n + zero] = text[k];
		finds_amelia(wide, n);
	}
}

static void the_whole_name_is_taken_apart(void **state)
{
	struct names *names = make_names("name\nIsla van der Trialby\n", NULL);

	check_text(names, "Isla van der Trialby", INSPECT_REFUSE);
	check_text(names, "Trialby, Isla", INSPECT_REFUSE);
	check_text(names, "Isla van", INSPECT_ASK);
	names = names_free(names);
}

static void mistakes_are_named_by_their_place(void **state)
{
	static const struct {
		const char *list, *sentence;
	} mistakes[] = {
		{"", "there is nothing in the file"},
		{"\n\n", "there is nothing in the file"},
		{"first,last\n", "there is no child in it"},
		{"Amelia,Testchild\n", "Line 1 of the list: no column"},
		{"dob,upn\n12/03/2021,H801200001001\n", "Line 1 of the list: no column"},
		{"first,last\nAmelia\n", "Line 2 of the list: this line has not as many cells"},
		{"first,last\nAmelia,Testchild,x\n", "Line 2 of the list: this line has not as many cells"},
		{"first,last\nAmelia,\"Test\"child\n",
			"Line 2, column 2 of the list: there is a quotation mark"},
		{"first,last\nAm\"elia,Testchild\n",
			"Line 2, column 1 of the list: there is a quotation mark"},
		{"first,last\nAmelia,\"Testchild\n", "Line 2, column 2 of the list: a cell begins with"},
		{"first,dob\n\"A\nB\",12/03/2021\nAmelia,soon\n",
			"Line 4, column 2 of the list: this is not a date"},
		{"first,dob\nAmelia,12/13/1821\n", "Line 2, column 2 of the list: this is not a date"},
		{"first,dob\nAmelia,12/03/2021 noon\n", "Line 2, column 2 of the list: this is not a date"},
		{"first,last\n,\n-,?\n", "Line 3 of the list: there is no name"},
		{"first,last\nA B C D E F G H I J K L M,Testchild\n",
			"Line 2, column 1 of the list: this has too many words"},
	};

	for (size_t i = 0; i < ELEMENTS(mistakes); i++) {
		assert_int_equal(take(mistakes[i].list, strlen(mistakes[i].list)), NAMES_IMPORT_BAD);
		if (!strstr(import.problem, mistakes[i].sentence))
			fail_msg("%s: %s", mistakes[i].list, import.problem);
		assert_null(strstr(import.problem, "Amelia"));
		assert_null(strstr(import.problem, "estchild"));
		assert_null(import.table);
	}
}

static void what_is_no_text_is_refused(void **state)
{
	static const char zero[] = "first,last\nAme\0lia,Testchild\n", high[] = "first\nA\x81\n";
	static char large[CSV_SIZE_MAX + 1];

	assert_int_equal(take(zero, sizeof zero - 1), NAMES_IMPORT_BAD);
	assert_int_equal(take(high, sizeof high - 1), NAMES_IMPORT_BAD);
	assert_int_equal(take("\xff\xfe"
			      "abc",
				 5),
		NAMES_IMPORT_BAD);
	names_import_clear(&import);
	assert_int_equal(names_import(large, sizeof large, NULL, test_key, &import), -EFBIG);
}

static void what_counts_less_is_said(void **state)
{
	static const char list[] =
		"first,last,class,id\nRose,Testchild,Blue,77\nAmelia,Testchild,Blue,1042\n";

	names_import_clear(&import);
	assert_int_equal(names_import(list, sizeof list - 1, "Amelia", test_key, &import), NAMES_IMPORT_OK);
	assert_int_equal(import.children, 2);
	assert_int_equal(import.names, 2);
	assert_int_equal(import.notes, 4);
	assert_string_equal(import.note[0], "Column 3 is not used.");
	assert_non_null(strstr(import.note[1], "1 of the ids"));
	assert_non_null(
		strstr(import.note[2], "The first name of 1 of the children is also an English word"));
	assert_non_null(strstr(import.note[3], "among the words to ignore"));
}

static void siblings_and_namesakes(void **state)
{
	struct names *names =
		make_names("first,last\nAmelia,Testchild\nNoah,Testchild\nAmelia,Fakeley\n", NULL);

	assert_int_equal(names_children(names), 3);
	check_text(names, "Amelia Fakeley", INSPECT_REFUSE);
	check_text(names, "Noah Fakeley", INSPECT_ASK);
	check_text(names, "N. Testchild", INSPECT_REFUSE);
	names = names_free(names);
}

/* --- dates --- */

static void reads(const char *text, size_t taken, const char *first, const char *second)
{
	struct names_date date;
	size_t n = names_date_read(text, strlen(text), &date);

	if (n != taken)
		fail_msg("\"%s\": %zu bytes, not %zu", text, n, taken);
	assert_int_equal(date.count, n == 0 ? 0 : second ? 2 : 1);
	if (first)
		assert_memory_equal(date.text[0], first, NAMES_DATE_TEXT);
	if (second)
		assert_memory_equal(date.text[1], second, NAMES_DATE_TEXT);
}

static void dates_are_read(void **state)
{
	reads("31/12/2021", 10, "20211231", NULL);
	reads("3/4/21", 6, "20210403", "20210304");
	reads("2021-12-31T00:00", 10, "20211231", NULL);
	reads("31.12.2021.", 10, "20211231", NULL);
	reads("31 December 2021", 16, "20211231", NULL);
	reads("31st of Dec 21", 14, "20211231", NULL);
	reads("1-Sept-2021", 11, "20210901", NULL);
	reads("Dec 31, 2021", 12, "20211231", NULL);
	reads("December 31st 2021", 18, "20211231", NULL);
	reads("31 / 12 / 2021", 14, "20211231", NULL);
	reads("20211231", 8, "20211231", NULL);
	reads("31122021", 8, "20211231", NULL);
	reads("12/31/2021", 10, "20211231", NULL);
}

static void what_is_no_date_is_not_read(void **state)
{
	static const char *const texts[] = {"", "31", "31/12", "32/12/2021", "31/13/2021", "31/12-2021",
		"31/12/20211", "31/12/1889", "2021/12", "December", "Decem 31, 2021", "123456789",
		"31 foo 2021", "/"};

	for (size_t i = 0; i < ELEMENTS(texts); i++)
		reads(texts[i], 0, NULL, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(headers_are_understood),
		cmocka_unit_test(other_encodings_are_understood),
		cmocka_unit_test(the_whole_name_is_taken_apart),
		cmocka_unit_test(mistakes_are_named_by_their_place),
		cmocka_unit_test(what_is_no_text_is_refused),
		cmocka_unit_test(what_counts_less_is_said),
		cmocka_unit_test(siblings_and_namesakes),
		cmocka_unit_test(dates_are_read),
		cmocka_unit_test(what_is_no_date_is_not_read),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);

	names_import_clear(&import);
	return failed;
}
