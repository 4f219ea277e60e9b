/* SPDX-License-Identifier: GPL-3.0-or-later */

/* What a person's screen is given: clean words, tables that fit, progress that does not guess. */

#include "base/utf8.h"
#include "control/progress.h"
#include "control/show.h"
#include "control/table.h"
#include "control/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static const struct terminal wide = {.utf8 = true, .columns = 80};
static const struct terminal small = {.utf8 = false, .columns = 40};

/* A stream that is read as one text. */
struct page {
	FILE *out;
	char *text;
	size_t size;
};

static struct page page_open(void)
{
	return (struct page){0};
}

static const char *page_text(struct page *page)
{
	assert_int_equal(fflush(page->out), 0);
	return page->text;
}

static void page_close(struct page *page)
{
	if (page->out)
		(void)fclose(page->out);
	free(page->text);
}

#define _cleanup_page_ _cleanup_(page_close)
#define PAGE(name)                                         \
	_cleanup_page_ struct page name = page_open();     \
	name.out = open_memstream(&name.text, &name.size); \
	assert_non_null(name.out)

static struct js *parsed(const char *text)
{
	struct js *js;

	assert_int_equal(js_parse(text, strlen(text), &js), 0);
	return js;
}

static void hostile_words_are_cleaned(void **state)
{
	static const struct {
		const char *raw, *clean;
	} cases[] = {
		{"Blue Room camera", "Blue Room camera"},
		{"\x1b[2J", "\xef\xbf\xbd[2J"},
		{"a\nb\tc\x7f", "a\xef\xbf\xbd"
				"b\xef\xbf\xbd"
				"c\xef\xbf\xbd"},
		{"\xe2\x80\xae"
		 "gpj.exe",
			"\xef\xbf\xbd"
			"gpj.exe"},
		{"\xc2\x9b"
		 "31m",
			"\xef\xbf\xbd"
			"31m"},
		{"\xff\xfe", "\xef\xbf\xbd\xef\xbf\xbd"},
		{"\xe2\x82", "\xef\xbf\xbd\xef\xbf\xbd"},
		{"Zo\xc3\xab \xf0\x9f\x90\x9d", "Zo\xc3\xab \xf0\x9f\x90\x9d"},
		{"", ""},
	};

	for (size_t i = 0; i < ELEMENTS(cases); i++) {
		_cleanup_free_ char *clean = text_clean(cases[i].raw);

		assert_string_equal(clean, cases[i].clean);
	}
	assert_null(text_clean(NULL));
}

static void every_byte_pair_comes_out_clean(void **state)
{
	for (unsigned a = 1; a < 256; a++) {
		for (unsigned b = 1; b < 256; b++) {
			const char raw[] = {(char)a, (char)b, 'x', '\0'};
			_cleanup_free_ char *clean = text_clean(raw);

			assert_true(utf8_valid(clean, strlen(clean)));
			for (const char *p = clean; *p; p++)
				assert_true((unsigned char)*p >= 0x20 && *p != 0x7f);
			assert_null(strstr(clean, "\xc2\x9b"));
		}
	}
}

static void widths_are_screen_columns(void **state)
{
	assert_int_equal(text_width("camera"), 6);
	assert_int_equal(text_width("Zoe\xcc\x88"), 3);
	assert_int_equal(text_width("\xe3\x82\xab\xe3\x83\xa1\xe3\x83\xa9"), 6);
	assert_int_equal(text_width(""), 0);
}

static void cut_and_padded_to_the_column(void **state)
{
	PAGE(page);

	text_put(page.out, &wide, "abc", 5, false);
	text_put(page.out, &wide, "abc", 5, true);
	text_put(page.out, &wide, "abcdef", 5, false);
	text_put(page.out, &small, "abcdef", 5, false);
	/* a wide character that does not fit leaves a gap, never a half */
	text_put(page.out, &wide, "\xe3\x82\xab\xe3\x83\xa1\xe3\x83\xa9", 4, false);
	assert_string_equal(page_text(&page), "abc  "
					      "  abc"
					      "abcd\xe2\x80\xa6"
					      "abcd~"
					      "\xe3\x82\xab\xe2\x80\xa6 ");
}

static void sentences_are_broken_between_words(void **state)
{
	PAGE(page);

	text_wrap(page.out, &small, 11, 2,
		"The vault is full. Make room in it, then plug the camera in again.");
	assert_string_equal(page_text(&page), "The vault is full. Make room\n"
					      "  in it, then plug the camera in again.\n");
}

static void json_keeps_its_meaning(void **state)
{
	PAGE(page);

	text_put_json(page.out, "{\"a\": \"\xc2\x9b\xe2\x80\xae\xf3\xa0\x81\x81 \xc3\xab\"}");
	assert_string_equal(page_text(&page), "{\"a\": \"\\u009b\\u202e\\udb40\\udc41 \xc3\xab\"}\n");
}

static void tables_fit(void **state)
{
	static const struct table_column columns[] = {
		{"ID", .whole = true}, {"NAME"}, {"N", .right = true}, {NULL}};
	_cleanup_table_ struct table *table = table_new(columns);
	PAGE(page);

	table_add(table, (const char *[]){"disk-3f9a1c07be", "The camera of the afternoon group", "7"});
	table_add(table, (const char *[]){"disk-00112233aa", NULL, "1234"});
	assert_int_equal(table_print(table, page.out, &small), 0);
	assert_string_equal(page_text(&page), "ID               NAME                  N\n"
					      "disk-3f9a1c07be  The camera of th~     7\n"
					      "disk-00112233aa  -                  1234\n");
}

static void cells_may_be_broken_into_lines(void **state)
{
	static const struct table_column columns[] = {
		{"WHAT", .wrap = true}, {"STATE", .whole = true}, {"WHY", .wrap = true}, {NULL}};
	_cleanup_table_ struct table *table = table_new(columns);
	static const struct terminal narrow = {.columns = 40};
	PAGE(page);

	table_add(table, (const char *[]){"The camera of the group", "not ready",
				 "It holds pictures that are nowhere else"});
	table_add(table, (const char *[]){"Averyveryverylongword", "ready", NULL});
	assert_int_equal(table_print(table, page.out, &narrow), 0);
	assert_string_equal(page_text(&page), "WHAT           STATE      WHY\n"
					      "The camera of  not ready  It holds\n"
					      "the group                 pictures that\n"
					      "                          are nowhere\n"
					      "                          else\n"
					      "Averyveryvery  ready      -\n"
					      "longword\n");
}

static void a_table_without_memory_is_an_error(void **state)
{
	PAGE(page);

	table_add(NULL, (const char *[]){"x"});
	assert_int_equal(table_print(NULL, page.out, &wide), -ENOMEM);
}

static void times_left(void **state)
{
	char text[PROGRESS_TIME_TEXT];

	assert_string_equal(progress_time(0, text), "0:00");
	assert_string_equal(progress_time(65, text), "1:05");
	assert_string_equal(progress_time(3599, text), "59:59");
	assert_string_equal(progress_time(3600, text), "1:00:00");
	assert_string_equal(progress_time(UINT64_MAX, text), "days");
}

static int percent(const char *text)
{
	_cleanup_js_ struct js *job = parsed(text);

	return progress_percent(job);
}

static void percent_is_never_guessed(void **state)
{
	assert_int_equal(percent("{}"), -1);
	assert_int_equal(percent("{\"bytes_done\": 5}"), -1);
	assert_int_equal(percent("{\"files_done\": 1, \"files_total\": 3}"), 33);
	assert_int_equal(percent("{\"bytes_done\": 999, \"bytes_total\": 1000, \"files_total\": 1}"), 99);
	assert_int_equal(
		percent("{\"bytes_done\": 18446744073709551614, \"bytes_total\": 18446744073709551615}"), 99);
	assert_int_equal(percent("{\"bytes_done\": 7, \"bytes_total\": 5}"), 100);
	assert_int_equal(percent("{\"bytes_done\": -7, \"bytes_total\": 5}"), 0);
	assert_int_equal(percent("{\"bytes_done\": \"7\", \"bytes_total\": []}"), -1);
}

static const char *frame(struct page *page, const struct terminal *terminal, const char *text)
{
	_cleanup_js_ struct js *job = parsed(text);

	progress_redraw(page->out, terminal, job);
	return page_text(page);
}

static void a_full_bar_means_done(void **state)
{
	static const char almost[] = "{\"state\": \"running\", \"phase\": \"copying\", \"bytes_done\": 9, "
				     "\"bytes_total\": 9}";
	static const char done[] =
		"{\"state\": \"done\", \"phase\": \"copying\", \"bytes_done\": 9, \"bytes_total\": 9}";
	PAGE(first);
	PAGE(second);

	assert_non_null(strstr(frame(&first, &small, almost), "#########.  99 %"));
	assert_non_null(strstr(frame(&second, &small, done), "########## 100 %"));
}

static void a_small_screen_gets_what_matters_most(void **state)
{
	static const char running[] =
		"{\"state\": \"running\", \"phase\": \"copying\", \"bytes_done\": 1200000000, "
		"\"bytes_total\": "
		"2900000000, "
		"\"files_done\": 128, \"files_total\": 312, \"rate\": 38100000, \"seconds_left\": 45}";
	PAGE(narrow);
	PAGE(full);

	assert_string_equal(frame(&narrow, &small, running), "\rcopying      ####......  41 %\033[K");
	assert_string_equal(frame(&full, &wide, running),
		"\rcopying      "
		"\xe2\x96\x88\xe2\x96\x88\xe2\x96\x88\xe2\x96\x88\xe2\x96\x91\xe2\x96\x91\xe2\x96\x91"
		"\xe2\x96\x91\xe2\x96\x91\xe2\x96\x91  41 %  128/312 files  1.2/2.9 GB  38.1 MB/s  0:45 "
		"left\033[K");
}

static void odd_answers_do_not_crash(void **state)
{
	static const char *const odd[] = {"[]", "{}", "[1, null, \"x\", [], {}]", "7", "\"x\"",
		"[{\"id\": [], \"name\": {}, \"findings\": {\"x\": 1}, \"chain\": [1, null]}]"};
	static int (*const shows[])(FILE *, const struct terminal *, const struct js *) = {
		show_status, show_devices, show_jobs, show_sessions, show_vault};

	for (size_t i = 0; i < ELEMENTS(odd); i++) {
		_cleanup_js_ struct js *js = parsed(odd[i]);
		PAGE(page);

		for (size_t k = 0; k < ELEMENTS(shows); k++)
			(void)shows[k](page.out, &small, js);
		show_job_end(page.out, &small, 0, js);
		free(show_job_title(js));
		progress_redraw(page.out, &small, js);
		progress_line(page.out, &small, js);
		assert_true(strlen(page_text(&page)) > 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hostile_words_are_cleaned),
		cmocka_unit_test(every_byte_pair_comes_out_clean),
		cmocka_unit_test(widths_are_screen_columns),
		cmocka_unit_test(cut_and_padded_to_the_column),
		cmocka_unit_test(sentences_are_broken_between_words),
		cmocka_unit_test(json_keeps_its_meaning),
		cmocka_unit_test(tables_fit),
		cmocka_unit_test(cells_may_be_broken_into_lines),
		cmocka_unit_test(a_table_without_memory_is_an_error),
		cmocka_unit_test(times_left),
		cmocka_unit_test(percent_is_never_guessed),
		cmocka_unit_test(a_full_bar_means_done),
		cmocka_unit_test(a_small_screen_gets_what_matters_most),
		cmocka_unit_test(odd_answers_do_not_crash),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
