/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * What is found in a text and what is not: each spelling by which a child must be recognised, each word that
 * must not be taken for one. All children are invented.
 */

#include "names-world.h"

#include "inspect/names-hash.h"
#include "inspect/names-table.h"

static const char list[] = "First name,Middle name,Last name,Known as,Date of birth,UPN\n"
			   "Amelia,Rose,Testchild,Millie,12/03/2021,H801200001001\n"
			   "Oliver,,O'Sampleford,,30/11/2020,H801200001002\n"
			   "Mary-Jane,,Mock-Fixture,,05/05/2021,1042\n"
			   "Rose,,Brown,,01/02/2021,\n"
			   "Will,,Placeholderby,,02/02/2021,\n"
			   "May,,Dummyson,,03/02/2021,\n"
			   "Isla,,de la Prueba,,04/02/2021,\n"
			   "Noah,,Smith,,05/02/2021,\n"
			   "Łukasz,,Müllerprobe,,06/02/2021,\n"
			   "Вова,,Примеров,,07/02/2021,\n"
			   "小明,,李,,08/02/2021,\n"
			   "Daisy,,Fakeley,,09/02/2021,\n"
			   "Zoë,,D'Essaye,,10/02/2021,7734512\n";

static struct names *names;

static int set_up(void **state)
{
	names = make_names(list, "daisy, Poppy");
	return 0;
}

static int tear_down(void **state)
{
	names = names_free(names);
	return 0;
}

static void check_all(const char *const *texts, enum inspect_verdict wanted)
{
	for (; *texts; texts++)
		check_text(names, *texts, wanted);
}

static void full_names_are_refused(void **state)
{
	static const char *const texts[] = {"Amelia Testchild", "Today Amelia Testchild painted.",
		"amelia testchild", "AMELIA TESTCHILD", "Testchild, Amelia", "Testchild Amelia",
		"Amelia Rose Testchild", "Amelia R. Testchild", "Amelia Zelda Testchild", "Millie Testchild",
		"Rose Testchild", "Amelia\tTestchild", "Amelia\nTestchild", "Amelia   Testchild",
		"Amelia (Bee) Testchild", "\"Amelia\",\"Testchild\"", "Amelia;Testchild",
		"<td>Amelia</td><td>Testchild</td>",
		"{\"first_name\":\"Amelia\",\"last_name\":\"Testchild\"}", "amelia.testchild@example.org",
		"amelia_testchild_2021", "AmeliaTestchild", "testchildamelia1", "Noah Smith", "noah smith",
		"Rose Brown", "ROSE BROWN", "RoseBrown", "Will Placeholderby", "Isla de la Prueba",
		"Isla Prueba", "Mary Jane Fixture", "Mary-Jane Mock", "MaryJane MockFixture",
		"Oliver O'Sampleford", "Oliver O\u2019Sampleford", "oliver o sampleford", "Oliver Sampleford",
		"Lukasz Muellerprobe", "lukasz mullerprobe", "ŁUKASZ MÜLLERPROBE", "Zoe Dessaye", NULL};

	check_all(texts, INSPECT_REFUSE);
}

static void disguised_names_are_refused(void **state)
{
	static const char *const texts[] = {"Ａｍｅｌｉａ Ｔｅｓｔｃｈｉｌｄ", "Ame\u200blia Test\u00adchild",
		"Amelia\u00a0Testchild", "Аmеliа Теstсhild", "Amelia Τestchild", "Ámèlïa Tĕstchīld",
		"A\u0336m\u0336e\u0336l\u0336i\u0336a\u0336 "
		"T\u0336e\u0336s\u0336t\u0336c\u0336h\u0336i\u0336l\u0336d",
		"𝐀𝐦𝐞𝐥𝐢𝐚 𝕋𝕖𝕤𝕥𝕔𝕙𝕚𝕝𝕕", "Ⓐⓜⓔⓛⓘⓐ Ⓣⓔⓢⓣⓒⓗⓘⓛⓓ", "A m e l i a  T e s t c h i l d",
		"A-m-e-l-i-a T.e.s.t.c.h.i.l.d", "Ame-\nlia Test-\n   child", "Ame=\nlia Testchild",
		"Ame\u00ad\nlia Testchild", "AmeIia TestchiId", "Ame1ia T3stch1ld", "Arnelia Testchild",
		"\u202edlihctseT ailemA\u202c", "Isla de la Рruеbа", "\u0406sla Prueba", "𝖠. 𝖳𝖾𝗌𝗍𝖼𝗁𝗂𝗅𝖽",
		"Am\xe9lia T\xe9stchild", NULL};

	check_all(texts, INSPECT_REFUSE);
}

static void other_scripts_are_searched(void **state)
{
	static const char *const texts[] = {"Вова Примеров", "ВОВА ПРИМЕРОВ", "примеров вова",
		"今天李小明在幼儿园", "abc李小明def", NULL};

	check_all(texts, INSPECT_REFUSE);
	check_text(names, "Вова рисовал", INSPECT_ASK);
	check_text(names, "今天天气很好", INSPECT_PASS);
}

static void initials_count_with_rare_surnames(void **state)
{
	static const char *const texts[] = {"A. Testchild", "A Testchild", "Testchild, A.", "A.R. Testchild",
		"a. testchild", "T A Testchild", "M. Testchild", NULL};

	check_all(texts, INSPECT_REFUSE);
	check_text(names, "N. Smith", INSPECT_PASS);
	check_text(names, "R. Brown", INSPECT_PASS);
	check_text(names, "Q. Testchild", INSPECT_PASS);
}

static void ids_are_refused(void **state)
{
	static const char *const texts[] = {"H801200001001", "h801200001001", "UPN: H801200001001.",
		"H80-1200-001001", "H80 1200 001001", "Ｈ８０１２００００１００１", "7734512", "773 4512",
		NULL};

	check_all(texts, INSPECT_REFUSE);
	check_text(names, "H801200001009 H80120000100 XH801200001001 8012000010011", INSPECT_PASS);
	check_text(names, "room 1042", INSPECT_PASS);
	check_text(names, "1042 Mary", INSPECT_REFUSE);
}

static void dates_of_birth_are_refused_beside_a_name(void **state)
{
	static const char *const texts[] = {"Amelia 12/03/2021", "12.3.21: Amelia",
		"Millie, born 12th March 2021", "2021-03-12\tAmelia", "March 12, 2021 - amelia",
		"12 Mar 2021 Testchild", "12032021 Amelia", "Amelia \u2013 12\u201303\u20132021",
		"Rose, DOB 1/2/2021", "rose 01/02/2021", "daisy 9/2/2021", "12 / 03 / 2021 Amelia", NULL};

	check_all(texts, INSPECT_REFUSE);
	check_text(names, "12/03/2021", INSPECT_PASS);
	check_text(names, "Oliver 12/03/2021", INSPECT_ASK);
	check_text(names, "Amelia 112/03/2021", INSPECT_ASK);
}

static void a_date_far_from_the_name_is_not_beside_it(void **state)
{
	char text[2048];

	memset(text, ' ', sizeof text);
	memcpy(text, "Amelia", 6);
	memcpy(text + 1500, "12/03/2021", 10);
	assert_int_equal(judged(names, text, sizeof text, sizeof text), INSPECT_ASK);
}

static void three_first_names_are_refused(void **state)
{
	static const char *const texts[] = {"Amelia, Oliver and Noah went out", "amelia\noliver\nnoah",
		"Millie; Isla; Noah", "- Amelia\n- Isla\n- Zoe", "OLIVER PAINTED. AMELIA SLEPT. NOAH SANG.",
		"Amelia's hat, Oliver's coat, Noah's shoes", "Amelia Oliver Noah", NULL};

	check_all(texts, INSPECT_REFUSE);
}

static void one_or_two_first_names_ask(void **state)
{
	static const char *const texts[] = {"Amelia painted.", "amelia",
		"Amelia and Oliver, Amelia and Oliver", "Oliver Cromwellian", "Zoë", "see amelia.jpg", NULL};

	check_all(texts, INSPECT_ASK);
}

static void other_people_do_not_add_up(void **state)
{
	check_text(names, "Amelia Otherby, Oliver Elsewhere and Noah Whoever wrote it.", INSPECT_ASK);
	check_text(names, "The nursery: Amelia Otherby, Oliver Elsewhere and Noah Whoever.", INSPECT_REFUSE);
	check_text(names, "mail oliver@example.org noah@example.org isla@example.org", INSPECT_PASS);
}

static void words_count_in_the_place_of_a_name(void **state)
{
	static const char *const not_names[] = {"the rose was brown", "it will rain in May 2021",
		"Will it rain?", "They may go. Rose petals fell.", "we may dummy", "a Rose is red", NULL};
	static const char *const are_names[] = {
		"Then Rose painted", "we saw Will there", "Rose\n", "a,Rose,b", "- Will\n", "| May |", NULL};

	check_all(not_names, INSPECT_PASS);
	check_all(are_names, INSPECT_ASK);
	check_text(names, "may brown rice", INSPECT_PASS);
}

static void names_of_rooms_say_nothing(void **state)
{
	check_text(names, "Daisy room", INSPECT_PASS);
	check_text(names, "we saw Daisy there", INSPECT_PASS);
	check_text(names, "Daisy Fakeley", INSPECT_REFUSE);
	check_title(names, "Daisy room.docx", INSPECT_PASS);
}

static void ordinary_text_passes(void **state)
{
	static const char *const texts[] = {"The quick brown fox jumps over the lazy dog.", "", " \n\t ",
		"smith", "a b c d e f g", "1 2 3 12/12/2012 4711", "testing children", "lan lsl all",
		"\xff\xfe\x80", "O'", "-", "\u202e", NULL};

	check_all(texts, INSPECT_PASS);
}

static void several_surnames_ask(void **state)
{
	check_text(names, "Testchild, Sampleford", INSPECT_PASS);
	check_text(names, "Families: Testchild, Sampleford, Dummyson", INSPECT_ASK);
}

static void titles_are_judged_more_strictly(void **state)
{
	static const char *const refused[] = {"Amelia.jpg", "amelia_painting.pdf", "AmeliaPainting.pdf",
		"2021-Amelia", "IMG_AMELIA_01.JPG", "Millie's drawing", "Testchild A.doc", "Rose Brown.txt",
		"rosebrown.txt", "1042-mary.png", "Ame\u200blia.jpg", NULL};
	static const char *const asked[] = {"Rose drawing.pdf", "rose.jpg", "ameliadrawing.pdf", NULL};
	static const char *const passed[] = {"DSC00001.JPG", "menu.pdf", "wild rose hedge.txt", "", NULL};

	for (size_t i = 0; refused[i]; i++)
		check_title(names, refused[i], INSPECT_REFUSE);
	for (size_t i = 0; asked[i]; i++)
		check_title(names, asked[i], INSPECT_ASK);
	for (size_t i = 0; passed[i]; i++)
		check_title(names, passed[i], INSPECT_PASS);
}

/* Wherever in a long text, and however it is cut. */
static void names_are_found_across_the_window(void **state)
{
	size_t size = 200000;
	_cleanup_free_ char *text = malloc(size);

	assert_non_null(text);
	for (size_t at = 64 * 1024 - 1200; at < 64 * 1024 + 200; at += 7) {
		for (size_t i = 0; i < size; i++)
			text[i] = "nothing to see here\n"[i % 20];
		memcpy(text + at, " Amelia Testchild ", 18);
		assert_int_equal(judged(names, text, size, 65536), INSPECT_REFUSE);
	}
}

static void text_without_spaces_is_searched(void **state)
{
	static const char name[] = "李小明", filler[] = "天";
	size_t size = 30000;
	_cleanup_free_ char *text = malloc(size);

	assert_non_null(text);
	for (size_t at = 0; at < 3000; at += 33) {
		for (size_t i = 0; i < size; i++)
			text[i] = filler[i % 3];
		memcpy(text + at, name, sizeof name - 1);
		assert_int_equal(judged(names, text, size, size), INSPECT_REFUSE);
	}
}

static void an_empty_register_passes_everything(void **state)
{
	_cleanup_(names_freep) struct names *empty = NULL;

	assert_int_equal(names_empty(&empty), 0);
	assert_int_equal(names_children(empty), 0);
	check_text(empty, "Amelia Testchild H801200001001", INSPECT_PASS);
	check_title(empty, "Amelia.jpg", INSPECT_PASS);
}

static void answers_never_repeat_what_was_found(void **state)
{
	_cleanup_(names_match_freep) struct names_match *match = NULL;
	struct inspect_answer answer;

	assert_int_equal(names_match_new(names, &match), 0);
	assert_true(names_match_feed(match, "Amelia Testchild\n", 17) || true);
	names_match_end(match, &answer);
	assert_null(strstr(answer.sentence, "Amelia"));
	assert_null(strstr(answer.sentence, "Testchild"));
}

/* --- the table --- */

static void siphash_is_siphash(void **state)
{
	uint8_t bytes[16];
	uint64_t key[2];

	for (uint8_t i = 0; i < sizeof bytes; i++)
		bytes[i] = i;
	memcpy(key, bytes, sizeof key);
	assert_true(names_siphash(key, bytes, 0) == 0x726fdb47dd0e0e31ULL);
	assert_true(names_siphash(key, bytes, 8) == 0x93f5f5799a932462ULL);
	assert_true(names_siphash(key, bytes, 15) == 0xa129ca6149be45e5ULL);
}

static void marks_do_not_tell_case_nor_l_from_i(void **state)
{
	static const char *const same[][2] = {{"amelia", "AMELIA"}, {"amelia", "AmeIia"},
		{"testchildworth", "TESTCHIIDWORTH"}, {"la", "IA"}};
	struct names_keys keys;

	assert_int_equal(names_keys_derive(test_key, &keys), 0);
	for (size_t i = 0; i < ELEMENTS(same); i++) {
		char one[32] = {0}, two[32];

		memset(two, 'x', sizeof two);
		memcpy(one, same[i][0], strlen(same[i][0]));
		memcpy(two, same[i][1], strlen(same[i][1]));
		assert_int_equal(names_mark(&keys, one, strlen(one)), names_mark(&keys, two, strlen(one)));
	}
}

static bool contains(const uint8_t *bytes, size_t size, const char *text)
{
	return memmem(bytes, size, text, strlen(text)) != NULL;
}

static void the_table_holds_no_name_and_opens_with_its_key_only(void **state)
{
	static const char *const parts[] = {
		"melia", "MELIA", "estchild", "illie", "liver", "2021", "H8012", "801200"};
	uint8_t other[NAMES_KEY_SIZE];
	struct names *opened = NULL;
	struct names_import import;

	assert_int_equal(names_import(list, strlen(list), NULL, test_key, &import), NAMES_IMPORT_OK);
	for (size_t i = 0; i < ELEMENTS(parts); i++)
		assert_false(contains(import.table, import.table_size, parts[i]));
	memcpy(other, test_key, sizeof other);
	other[31] ^= 1;
	assert_int_equal(names_parse(import.table, import.table_size, other, &opened), -EBADMSG);
	for (size_t at = 0; at < import.table_size; at += 97) {
		import.table[at] ^= 4;
		assert_int_equal(names_parse(import.table, import.table_size, test_key, &opened), -EBADMSG);
		import.table[at] ^= 4;
	}
	assert_int_equal(names_parse(import.table, import.table_size - 1, test_key, &opened), -EBADMSG);
	assert_int_equal(names_parse(import.table, 0, test_key, &opened), -EBADMSG);
	names_import_clear(&import);
}

/* Inside the seal as well: two bodies under two keys have no hash and no mark in common. */
static void bodies_under_two_keys_share_nothing(void **state)
{
	uint8_t other[NAMES_KEY_SIZE] = "another key of thirty-two bytes.";
	struct names_import import;
	struct names *second = NULL;

	assert_int_equal(names_import(list, strlen(list), NULL, other, &import), NAMES_IMPORT_OK);
	assert_int_equal(names_parse(import.table, import.table_size, other, &second), 0);
	assert_true(second->body.count > 100);
	for (uint32_t i = 0; i < names->body.count; i++) {
		size_t count;

		assert_null(names_find(second, names->body.entries[i].hash, &count));
	}
	names_import_clear(&import);
	second = names_free(second);
}

static void a_body_survives_its_text(void **state)
{
	struct names_body body;
	uint8_t *bytes;
	size_t size;

	assert_int_equal(names_body_encode(&names->body, &bytes, &size), 0);
	assert_int_equal(names_body_decode(bytes, size, &body), 0);
	assert_int_equal(body.count, names->body.count);
	assert_memory_equal(body.entries, names->body.entries, body.count * sizeof *body.entries);
	names_body_clear(&body);
	bytes[8] = 2;
	assert_int_equal(names_body_decode(bytes, size, &body), -EPROTONOSUPPORT);
	bytes[8] = 1;
	bytes[15] = 1;
	assert_int_equal(names_body_decode(bytes, size, &body), -EBADMSG);
	free(bytes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(full_names_are_refused),
		cmocka_unit_test(disguised_names_are_refused),
		cmocka_unit_test(other_scripts_are_searched),
		cmocka_unit_test(initials_count_with_rare_surnames),
		cmocka_unit_test(ids_are_refused),
		cmocka_unit_test(dates_of_birth_are_refused_beside_a_name),
		cmocka_unit_test(a_date_far_from_the_name_is_not_beside_it),
		cmocka_unit_test(three_first_names_are_refused),
		cmocka_unit_test(one_or_two_first_names_ask),
		cmocka_unit_test(other_people_do_not_add_up),
		cmocka_unit_test(words_count_in_the_place_of_a_name),
		cmocka_unit_test(names_of_rooms_say_nothing),
		cmocka_unit_test(ordinary_text_passes),
		cmocka_unit_test(several_surnames_ask),
		cmocka_unit_test(titles_are_judged_more_strictly),
		cmocka_unit_test(names_are_found_across_the_window),
		cmocka_unit_test(text_without_spaces_is_searched),
		cmocka_unit_test(an_empty_register_passes_everything),
		cmocka_unit_test(answers_never_repeat_what_was_found),
		cmocka_unit_test(siphash_is_siphash),
		cmocka_unit_test(marks_do_not_tell_case_nor_l_from_i),
		cmocka_unit_test(the_table_holds_no_name_and_opens_with_its_key_only),
		cmocka_unit_test(bodies_under_two_keys_share_nothing),
		cmocka_unit_test(a_body_survives_its_text),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
