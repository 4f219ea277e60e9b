/* SPDX-License-Identifier: GPL-3.0-or-later */

/* The page to print: whatever a device is called, it stays text; and nothing is overwritten by surprise. */

#include "base/fd.h"
#include "check-answer.h"
#include "check/html.h"
#include "check/report.h"
#include "folder.h"

#include <setjmp.h>
#include <stdarg.h>
#include <sys/stat.h>

#include <cmocka.h>

static const struct result_wanted everything;

struct page {
	struct js *answer, *outing;
	struct result result;
	struct report report;
	char *text;
};

static void page_open(struct page *page, const char *answer)
{
	const char *problem = NULL;

	*page = (struct page){.answer = answer_parse(answer)};
	assert_int_equal(result_read(page->answer, &everything, &page->result, &problem), 0);
	page->report = (struct report){.result = &page->result, .host = "office-laptop"};
}

static const char *page_write(struct page *page)
{
	size_t size = 0;
	FILE *out = open_memstream(&page->text, &size);

	assert_non_null(out);
	assert_int_equal(report_write(out, &page->report), 0);
	assert_int_equal(fclose(out), 0);
	return page->text;
}

static void page_close(struct page *page)
{
	result_clear(&page->result);
	(void)js_free(page->answer);
	(void)js_free(page->outing);
	free(page->text);
}

static char *escaped(const char *text)
{
	char *html = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&html, &size);

	assert_non_null(out);
	html_text(out, text);
	assert_int_equal(fclose(out), 0);
	return html;
}

static void markup_stays_text(void **state)
{
	static const char *const texts[][2] = {
		{"<script>alert(1)</script>", "&lt;script&gt;alert(1)&lt;/script&gt;"},
		{"\" onload=\"x", "&quot; onload=&quot;x"},
		{"' & '", "&#39; &amp; &#39;"},
		{"&lt;", "&amp;lt;"},
		{"-->]]>", "--&gt;]]&gt;"},
		{"a\033[31m\n\xe2\x80\xae", "a\xef\xbf\xbd[31m\xef\xbf\xbd\xef\xbf\xbd"},
		{"\xff\xc0\xbc", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"},
		{"\xe2\x9c\x93 caf\xc3\xa9", "\xe2\x9c\x93 caf\xc3\xa9"},
		{"", ""},
	};

	for (size_t i = 0; i < ELEMENTS(texts); i++) {
		_cleanup_free_ char *html = escaped(texts[i][0]);

		assert_string_equal(html, texts[i][1]);
	}
}

static void a_hostile_name_stays_a_name(void **state)
{
	struct page page;
	const char *text;

	page_open(&page, ANSWER("not-ready",
				 ANSWER_LAPTOP("not-ready",
					 ANSWER_LEAF("/dev/<img src=x>", "[\"</td><script>x</script>\"]",
						 "unknown", "<b>reason</b>", "</li><script>", "\"<iframe>\""),
					 ANSWER_CHECKS),
				 ANSWER_DEVICE("x", "<style>@import url(x)</style>", "not-ready",
					 "\\\"'><a href=x>", "", "true", "null")));
	page.report.host = "</title><script src=x>";
	page.result.sentence = "</blockquote><script>";
	page.report.destination = "<a href='x'>";
	page.report.leader = "<object>";
	text = page_write(&page);
	assert_null(strstr(text, "<script"));
	assert_null(strstr(text, "<a "));
	assert_null(strstr(text, "<img"));
	assert_null(strstr(text, "<iframe"));
	assert_null(strstr(text, "<object"));
	assert_null(strstr(text, "<b>reason"));
	assert_null(strstr(text, "<style>@import"));
	assert_non_null(strstr(text, "&lt;style&gt;@import url(x)&lt;/style&gt;"));
	page_close(&page);
}

static void the_verdict_is_in_words(void **state)
{
	struct page page;

	page_open(&page, ANSWER_READY);
	assert_non_null(strstr(page_write(&page), " READY</strong>"));
	assert_null(strstr(page.text, "NOT READY"));
	assert_null(strstr(page.text, "What to do"));
	page_close(&page);
	page_open(&page, ANSWER_MIXED);
	assert_non_null(strstr(page_write(&page), " NOT READY</strong>"));
	assert_non_null(strstr(page.text, "7 of 16 things stand in the way"));
	assert_non_null(strstr(page.text, "It does not allow the outing."));
	page_close(&page);
}

static void what_was_recorded_is_on_it(void **state)
{
	struct page page;
	const char *text;

	page_open(&page, ANSWER_READY);
	page.outing = answer_parse(
		"{\"number\": 12, \"destination\": \"Elm Park\", \"leader\": \"Sam Example\", \"people\": "
		"[\"Kim Sample\", \"Lee Placeholder\"], \"requested_by\": \"uid 1000 (sam)\", \"left_at\": "
		"\"2026-11-26T10:01:00Z\", \"due_back\": \"2026-11-26T15:30:00Z\"}");
	page.report.outing = page.outing;
	text = page_write(&page);
	assert_non_null(strstr(text, "<dt>Number</dt><dd>12</dd>"));
	assert_non_null(strstr(text, "<dt>Destination</dt><dd>Elm Park</dd>"));
	assert_non_null(strstr(text, "<dt>With</dt><dd>Kim Sample, Lee Placeholder</dd>"));
	assert_non_null(strstr(text, "<dt>Due back</dt><dd>Thursday 26 November 2026, 15:30</dd>"));
	assert_non_null(strstr(text, "<td>Outing leader<br>Sam Example</td>"));
	assert_null(strstr(text, "not recorded"));
	page_close(&page);
}

static void a_plan_is_not_shown_as_a_record(void **state)
{
	struct page page;

	page_open(&page, ANSWER_READY);
	page.report.destination = "Elm Park";
	assert_non_null(strstr(page_write(&page), "Planned; it was not recorded with this check."));
	page_close(&page);
}

static char *path_in(const struct folder *folder, const char *name)
{
	char *path = NULL;

	assert_true(asprintf(&path, "%s/%s", folder->path, name) > 0);
	return path;
}

static void assert_no_place(const struct folder *folder, const char *name)
{
	_cleanup_free_ char *path = path_in(folder, name), *problem = NULL;

	assert_int_equal(report_place(path, &problem), -EINVAL);
	assert_non_null(strstr(problem, name));
}

static void only_a_plain_html_file_is_a_place(void **state)
{
	const struct folder *folder = *state;
	_cleanup_free_ char *good = path_in(folder, "report.html"), *problem = NULL;

	assert_int_equal(mkdirat(folder->fd, "folder.html", 0700), 0);
	assert_int_equal(symlinkat("/etc/passwd", folder->fd, "link.html"), 0);
	assert_int_equal(symlinkat("nowhere", folder->fd, "dangling.html"), 0);
	assert_int_equal(mkfifoat(folder->fd, "pipe.html", 0600), 0);
	assert_no_place(folder, "folder.html");
	assert_no_place(folder, "link.html");
	assert_no_place(folder, "dangling.html");
	assert_no_place(folder, "pipe.html");
	assert_no_place(folder, "report.txt");
	assert_no_place(folder, ".html");
	assert_no_place(folder, "missing/report.html");
	assert_int_equal(report_place(good, &problem), 0);
}

static void a_page_replaces_an_older_one_and_nothing_else(void **state)
{
	const struct folder *folder = *state;
	_cleanup_free_ char *path = path_in(folder, "report.html"), *link = path_in(folder, "link.html"),
			    *text = NULL;
	struct page page;
	struct stat st;

	page_open(&page, ANSWER_READY);
	assert_int_equal(report_save(path, &page.report), 0);
	assert_int_equal(report_save(path, &page.report), 0);
	assert_int_equal(fd_read_file_at(folder->fd, "report.html", 1 << 20, &text, NULL), 0);
	assert_string_equal(text, page_write(&page));
	assert_int_equal(symlinkat("target.html", folder->fd, "link.html"), 0);
	assert_int_equal(report_save(link, &page.report), -EEXIST);
	assert_int_equal(fstatat(folder->fd, "link.html", &st, AT_SYMLINK_NOFOLLOW), 0);
	assert_true(S_ISLNK(st.st_mode));
	assert_int_equal(fstatat(folder->fd, "target.html", &st, 0), -1);
	page_close(&page);
}

static int in_utc(void **state)
{
	return setenv("TZ", "UTC0", 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(markup_stays_text),
		cmocka_unit_test(a_hostile_name_stays_a_name),
		cmocka_unit_test(the_verdict_is_in_words),
		cmocka_unit_test(what_was_recorded_is_on_it),
		cmocka_unit_test(a_plan_is_not_shown_as_a_record),
		WITH_FOLDER(only_a_plain_html_file_is_a_place),
		WITH_FOLDER(a_page_replaces_an_older_one_and_nothing_else),
	};

	return cmocka_run_group_tests(tests, in_utc, NULL);
}
