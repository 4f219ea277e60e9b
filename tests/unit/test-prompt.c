/* SPDX-License-Identifier: GPL-3.0-or-later */

/* What staff are told: refusals counted and put into sentences, jobs in words, buttons, escaping. */

#include "prompt/burst.h"
#include "prompt/news.h"
#include "prompt/refusal-text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static const struct refusal_means all = {.buttons = true, .windows = true, .present = true};
static const struct refusal_means typed = {.buttons = true, .windows = false, .present = true};

static struct js *parsed(const char *text)
{
	struct js *js;

	assert_int_equal(js_parse(text, strlen(text), &js), 0);
	return js;
}

static struct refusal one(enum refusal_kind kind, const char *path)
{
	return (struct refusal){.kind = kind,
		.device = "disk-77",
		.name = "white stick",
		.path = path,
		.sentence = "The full name of a child is in it.",
		.count = 1,
		.allowable = kind == REFUSAL_DOCUMENT};
}

struct pick {
	enum refusal_kind kind;
	const char *path;
};

static struct burst *burst_of(const struct pick *picks, size_t count, const char *name)
{
	struct burst *burst = NULL;

	for (size_t i = 0; i < count; i++) {
		struct refusal refusal = one(picks[i].kind, picks[i].path);

		refusal.name = name;
		if (!burst)
			assert_int_equal(burst_new(&refusal, &burst), 0);
		assert_true(burst_add(burst, &refusal));
	}
	return burst;
}

static struct note told(struct burst *burst, const struct refusal_means *means)
{
	struct note note = NOTE_NULL;

	assert_int_equal(refusal_text(burst, means, &note), 0);
	(void)burst_free(burst);
	return note;
}

#define TOLD(name, means, ...)                            \
	const struct pick name##_picks[] = {__VA_ARGS__}; \
	_cleanup_note_ struct note name =                 \
		told(burst_of(name##_picks, ELEMENTS(name##_picks), "white stick"), means)

static void the_sentence_that_was_asked_for(void **state)
{
	TOLD(note, &all, {REFUSAL_PHOTO, "a/1.jpg"}, {REFUSAL_PHOTO, "a/2.jpg"},
		{REFUSAL_DOCUMENT, "a/class list.ods"});

	assert_string_equal(note.summary, "Not copied to the white stick");
	assert_string_equal(note.body,
		"Two photos and the document “class list.ods” were not copied to the white stick. Photos of "
		"children and documents with their names may only travel on an encrypted stick.");
	assert_int_equal(note.weight, NOTE_URGENT);
	assert_int_equal(note.actions, NOTE_KEEP | NOTE_ENCRYPT | NOTE_MANAGER);
}

static void a_single_photo_is_named(void **state)
{
	TOLD(note, &all, {REFUSAL_PHOTO, "DCIM/IMG_0001.JPG"});

	assert_string_equal(note.body, "The photo “IMG_0001.JPG” was not copied to the white stick. Photos "
				       "of children may only travel "
				       "on an encrypted stick.");
	assert_int_equal(note.actions, NOTE_KEEP | NOTE_ENCRYPT);
}

static void a_single_document_says_what_was_found(void **state)
{
	TOLD(note, &all, {REFUSAL_DOCUMENT, "list.ods"});

	assert_string_equal(note.body,
		"The document “list.ods” was not copied to the white stick. The full name of a child is in "
		"it. "
		"Documents with children's names may only travel on an encrypted stick.");
}

static void two_documents_are_named_three_are_counted(void **state)
{
	TOLD(two, &all, {REFUSAL_DOCUMENT, "a/one.ods"}, {REFUSAL_DOCUMENT, "b/two.odt"});
	TOLD(three, &all, {REFUSAL_DOCUMENT, "one"}, {REFUSAL_DOCUMENT, "two"}, {REFUSAL_DOCUMENT, "three"});

	assert_true(strncmp(two.body, "The documents “one.ods” and “two.odt” were not", 50) == 0);
	assert_true(strncmp(three.body, "Three documents were not", 24) == 0);
}

static void a_refused_name_is_never_shown(void **state)
{
	TOLD(note, &all, {REFUSAL_NAME, NULL});

	assert_string_equal(note.body,
		"One file or folder with a name that may not be shown was not copied to the white stick. The "
		"full name of a child is in it. A child must not be named by a file or folder. Give it "
		"another "
		"name, or use an encrypted stick.");
}

static void everything_at_once(void **state)
{
	TOLD(note, &all, {REFUSAL_FILM, "f.mp4"}, {REFUSAL_SOUND, "s.mp3"}, {REFUSAL_SOUND, "t.mp3"},
		{REFUSAL_PHOTO, "p"}, {REFUSAL_UNREADABLE, "u1"}, {REFUSAL_UNREADABLE, "u2"},
		{REFUSAL_NAME, NULL}, {REFUSAL_NAME, NULL}, {REFUSAL_TOO_LARGE, "big.iso"},
		{REFUSAL_CROWDED, "c"}, {REFUSAL_NOT_WRITTEN, "n"});

	assert_string_equal(note.body,
		"The photo “p”, the film “f.mp4”, two sound recordings, the files “u1” and “u2”, "
		"two files or folders with names that may not be shown, the file “big.iso”, the file “c” and "
		"the "
		"file “n” were not copied to the white stick. Photos, films and sound recordings of children "
		"may only travel on an encrypted stick. What cannot be looked through may hide photos or "
		"names. "
		"Save it as PDF or text, or use an encrypted stick. A child must not be named by a file or "
		"folder. Give it another name, or use an encrypted stick. What is too large to be looked at "
		"first may only travel on an encrypted stick. Too much was copied at once. Copy the rest "
		"again "
		"when the others are done. The stick may be full or broken, or it was pulled out too early.");
}

static void what_encryption_does_not_help_has_no_button(void **state)
{
	TOLD(note, &all, {REFUSAL_NOT_WRITTEN, "n"});
	TOLD(line, &typed, {REFUSAL_CROWDED, "n"});

	assert_int_equal(note.actions, 0);
	assert_null(strstr(line.body, "outingctl"));
}

static void without_windows_the_command_is_told(void **state)
{
	static const struct refusal_means no_buttons = {.windows = true, .present = true};
	static const struct refusal_means gone = {.buttons = true};
	TOLD(note, &typed, {REFUSAL_DOCUMENT, "list.ods"});
	TOLD(other, &no_buttons, {REFUSAL_PHOTO, "1.jpg"});
	TOLD(late, &gone, {REFUSAL_PHOTO, "1.jpg"});

	assert_int_equal(note.actions, 0);
	assert_non_null(
		strstr(note.body, "\nTo encrypt the stick, type in a terminal: outingctl encrypt disk-77\n"));
	assert_non_null(strstr(note.body, "outingctl allow disk-77 FILE --reason \"...\""));
	assert_non_null(strstr(other.body, "outingctl encrypt disk-77"));
	assert_null(strstr(other.body, "outingctl allow"));
	assert_int_equal(late.actions, 0);
	assert_null(strstr(late.body, "outingctl"));
}

static void a_command_is_never_dangerous_to_type(void **state)
{
	struct refusal refusal = one(REFUSAL_PHOTO, "1.jpg");
	struct burst *burst;

	refusal.device = "disk-7; rm -rf ~";
	assert_int_equal(burst_new(&refusal, &burst), 0);
	assert_true(burst_add(burst, &refusal));
	_cleanup_note_ struct note note = told(burst, &typed);
	assert_non_null(strstr(note.body, "outingctl encrypt DEVICE"));
	assert_null(strstr(note.body, "rm -rf"));
}

static void hostile_names_are_made_harmless(void **state)
{
	TOLD(note, &all, {REFUSAL_DOCUMENT, "x/<b>&\x1b[31m\n\xe2\x80\xaegpj.exe\xff"});
	_cleanup_free_ char *escaped = note_escape(note.body);

	assert_non_null(strstr(note.body, "“<b>&�[31m��gpj.exe�”"));
	assert_non_null(strstr(escaped, "“&lt;b&gt;&amp;�[31m��gpj.exe�”"));
	assert_null(strchr(escaped, '<'));
}

static void escaping_is_whole(void **state)
{
	_cleanup_free_ char *escaped = note_escape("<a href=\"x\">'&'</a>"), *nothing = note_escape("");

	assert_string_equal(escaped, "&lt;a href=&quot;x&quot;&gt;&#39;&amp;&#39;&lt;/a&gt;");
	assert_string_equal(nothing, "");
}

static void long_names_lose_their_middle(void **state)
{
	char path[600] = "folder/";
	_cleanup_free_ char *name = NULL, *wide = NULL;

	memset(path + 7, 'a', 500);
	(void)strcpy(path + 507, "summer term.ods");
	name = refusal_file(path);
	assert_string_equal(name, "aaaaaaaaaaaaaaaaaaaaaaaaaaa…mer term.ods");
	wide = refusal_file("日本日本日本日本日本日本日本日本日本日本日本日本日本.ods");
	assert_string_equal(wide, "日本日本日本日本日本日本日…日本日本.ods");
}

static void sticks_have_names(void **state)
{
	static const struct {
		const char *name, *text;
	} cases[] = {{NULL, "the stick"}, {"", "the stick"}, {"white stick", "the white stick"},
		{"Garden Stick", "the Garden Stick"}, {"KINGSTON", "the stick “KINGSTON”"},
		{"<i>\n", "the stick “<i>�”"},
		{"A very long name that somebody has typed into it",
			"the stick “A very long name that somebody has type…”"}};

	for (size_t i = 0; i < ELEMENTS(cases); i++) {
		_cleanup_free_ char *text = refusal_stick(cases[i].name);

		assert_string_equal(text, cases[i].text);
	}
}

static void a_flood_only_counts(void **state)
{
	struct refusal refusal = one(REFUSAL_PHOTO, "first");
	struct burst *burst;
	char path[64];

	assert_int_equal(burst_new(&refusal, &burst), 0);
	for (unsigned i = 0; i < 100000; i++) {
		(void)snprintf(path, sizeof path, "folder/IMG_%u.JPG", i);
		refusal.path = path;
		assert_true(burst_add(burst, &refusal));
	}
	assert_int_equal(burst->file_count, BURST_FILES);
	assert_int_equal(burst->seen_count, BURST_SEEN);
	_cleanup_note_ struct note note = told(burst, &all);
	assert_true(strncmp(note.body, "100,000 photos were not", 23) == 0);
}

static void a_second_try_is_not_counted_twice(void **state)
{
	struct refusal refusal = one(REFUSAL_DOCUMENT, "a");
	struct burst *burst;

	assert_int_equal(burst_new(&refusal, &burst), 0);
	assert_true(burst_add(burst, &refusal));
	assert_false(burst_add(burst, &refusal));
	assert_int_equal(burst->allowable, 1);
	refusal.allowable = false;
	assert_false(burst_add(burst, &refusal));
	assert_int_equal(burst->allowable, 0);
	refusal.allowable = true;
	assert_false(burst_add(burst, &refusal));
	assert_int_equal(burst->allowable, 1);
	assert_int_equal(burst_total(burst), 1);
	burst = burst_free(burst);
}

static void one_signal_may_stand_for_many(void **state)
{
	struct refusal refusal = one(REFUSAL_PHOTO, NULL);
	struct burst *burst;

	refusal.count = 480;
	assert_int_equal(burst_new(&refusal, &burst), 0);
	assert_true(burst_add(burst, &refusal));
	assert_true(burst_add(burst, &refusal));
	_cleanup_note_ struct note note = told(burst, &all);
	assert_true(strncmp(note.body, "960 photos were not", 19) == 0);
}

static void what_was_allowed_is_told(void **state)
{
	_cleanup_js_ struct js *known = parsed("{\"name\":\"white stick\",\"path\":\"a/list.ods\"}");
	_cleanup_js_ struct js *unknown = parsed("{\"name\":null,\"path\":null}");
	_cleanup_note_ struct note note = NOTE_NULL, other = NOTE_NULL;

	assert_int_equal(news_written(known, &note), 0);
	assert_string_equal(note.summary, "Copied to the white stick");
	assert_string_equal(note.body, "“list.ods”, which a manager has allowed, is written.");
	assert_int_equal(news_written(unknown, &other), 0);
	assert_string_equal(other.body, "What a manager has allowed is written: the file.");
}

static void numbers_are_words_up_to_twelve(void **state)
{
	static const struct {
		unsigned count;
		const char *text;
	} cases[] = {{2, "Two photos were "}, {12, "Twelve photos were "}, {13, "13 photos were "},
		{999, "999 photos were "}, {1000, "1,000 photos were "}};

	for (size_t i = 0; i < ELEMENTS(cases); i++) {
		struct refusal refusal = one(REFUSAL_PHOTO, NULL);
		struct burst *burst;

		assert_int_equal(burst_new(&refusal, &burst), 0);
		for (unsigned n = 0; n < cases[i].count; n++)
			(void)burst_add(burst, &refusal);
		_cleanup_note_ struct note note = told(burst, &all);
		assert_true(strncmp(note.body, cases[i].text, strlen(cases[i].text)) == 0);
	}
}

static void signals_are_read(void **state)
{
	static const struct {
		const char *event, *cause;
		enum refusal_kind kind;
	} cases[] = {{"refused", "image", REFUSAL_PHOTO}, {"refused", "film", REFUSAL_FILM},
		{"refused", "audio", REFUSAL_SOUND}, {"refused", "names", REFUSAL_DOCUMENT},
		{"refused", "unreadable", REFUSAL_UNREADABLE}, {"name-refused", "names", REFUSAL_NAME},
		{"too-large", "", REFUSAL_TOO_LARGE}, {"staging-full", "", REFUSAL_CROWDED},
		{"not-written", "", REFUSAL_NOT_WRITTEN}, {"something-new", "new", REFUSAL_UNREADABLE}};

	for (size_t i = 0; i < ELEMENTS(cases); i++) {
		_cleanup_js_ struct js *signal = parsed("{\"device\":\"disk-1\",\"name\":null,\"path\":\"a/"
							"b\",\"uid\":1000,\"allowable\":true,"
							"\"sentence\":\"No.\"}");
		struct refusal refusal;

		js_set_string(signal, "event", cases[i].event);
		js_set_string(signal, "cause", cases[i].cause);
		assert_int_equal(refusal_read(signal, &refusal), 0);
		assert_int_equal(refusal.kind, cases[i].kind);
		assert_int_equal(refusal.uid, 1000);
		assert_true(refusal.allowable);
		if (refusal.kind == REFUSAL_NAME)
			assert_null(refusal.path);
		else
			assert_string_equal(refusal.path, "a/b");
	}
}

static void bad_signals_are_none(void **state)
{
	static const struct {
		const char *text;
		int r;
	} cases[] = {{"{}", -EINVAL}, {"[]", -EINVAL}, {"{\"device\":\"d\"}", -EINVAL},
		{"{\"event\":\"refused\",\"device\":\"\"}", -EINVAL},
		{"{\"event\":\"refused\",\"device\":\"d\",\"uid\":-1}", -EINVAL},
		{"{\"event\":\"refused\",\"device\":\"d\",\"uid\":\"0\"}", -EINVAL},
		{"{\"event\":\"refused\",\"device\":\"d\",\"count\":0}", -EINVAL},
		{"{\"event\":\"refused\",\"device\":\"d\",\"count\":5000000000}", -EINVAL},
		{"{\"event\":\"finished\",\"device\":\"d\",\"uid\":0}", REFUSAL_OTHER},
		{"{\"event\":\"refused\",\"device\":\"d\"}", 0}};
	struct refusal refusal;

	for (size_t i = 0; i < ELEMENTS(cases); i++) {
		_cleanup_js_ struct js *signal = parsed(cases[i].text);

		assert_int_equal(refusal_read(signal, &refusal), cases[i].r);
	}
	assert_int_equal(refusal.uid, UINT32_MAX);
	assert_false(refusal.allowable);
	assert_null(refusal.path);
}

#define JOB(kind, state, more)                      \
	"{\"kind\":\"" kind "\",\"state\":\"" state \
	"\",\"name\":\"Blue Room camera\",\"device\":\"disk-1\"" more "}"

static void progress_is_told(void **state)
{
	_cleanup_js_ struct js *job = parsed(JOB("offload", "running",
		",\"files_done\":37,\"files_total\":120,\"bytes_done\":25,\"bytes_total\":100,\"seconds_"
		"left\":230"));
	_cleanup_note_ struct note note = NOTE_NULL;

	assert_int_equal(news_stage(job), NEWS_RUNNING);
	assert_int_equal(news_job(job, &note), 0);
	assert_string_equal(note.summary, "Copying the pictures of the Blue Room camera");
	assert_string_equal(note.body, "37 of 120 files, about 4 minutes left. Leave it plugged in.");
	assert_int_equal(note.percent, 25);
	assert_int_equal(note.weight, NOTE_PROGRESS);
}

static void progress_without_figures(void **state)
{
	_cleanup_js_ struct js *job = parsed(JOB("wipe", "running", ",\"seconds_left\":null"));
	_cleanup_note_ struct note note = NOTE_NULL;

	assert_int_equal(news_job(job, &note), 0);
	assert_string_equal(note.summary, "Clearing the Blue Room camera");
	assert_string_equal(note.body, "Leave it plugged in.");
	assert_int_equal(note.percent, -1);
}

static void what_is_emptied_is_not_said_to_be_cleared(void **state)
{
	static const struct {
		const char *job, *summary;
	} cases[] = {
		{"{\"kind\":\"wipe\",\"device\":\"usb-1\",\"name\":\"Red phone\",\"state\":\"running\"}",
			"Emptying the Red phone"},
		{"{\"kind\":\"wipe\",\"device\":\"usb-1\",\"name\":\"Red phone\",\"state\":\"failed\"}",
			"The Red phone was not emptied"},
	};

	for (size_t i = 0; i < ELEMENTS(cases); i++) {
		_cleanup_js_ struct js *job = parsed(cases[i].job);
		_cleanup_note_ struct note note = NOTE_NULL;

		assert_int_equal(news_job(job, &note), 0);
		assert_string_equal(note.summary, cases[i].summary);
	}
}

static void progress_is_shown_seldom(void **state)
{
	struct news_progress progress = {.tenth = -2};
	unsigned shown = 0;

	for (unsigned i = 0; i <= 1000; i++) {
		_cleanup_js_ struct js *job = parsed(JOB("offload", "running", ",\"phase\":\"copying\""));

		js_set_u64(job, "bytes_done", i);
		js_set_u64(job, "bytes_total", 1000);
		shown += news_moved(job, &progress);
	}
	assert_int_equal(shown, 11);
	_cleanup_js_ struct js *next = parsed(JOB("offload", "running", ",\"phase\":\"verifying\""));
	assert_true(news_moved(next, &progress));
	assert_false(news_moved(next, &progress));
}

static void it_may_be_unplugged_only_at_rest(void **state)
{
	static const struct {
		const char *device;
		int r;
		const char *summary;
	} cases[] = {
		{"{\"present\":true,\"state\":\"offloaded\",\"job\":null}", 0,
			"You may unplug the Blue Room camera now"},
		{"{\"present\":true,\"state\":\"cleared\",\"job\":null}", 0,
			"You may unplug the Blue Room camera now"},
		{"{\"present\":true,\"state\":\"emptied\",\"job\":null}", 0,
			"You may unplug the Blue Room camera now"},
		{"{\"present\":true,\"state\":\"emptying\",\"job\":null}", -EAGAIN, NULL},
		{"{\"present\":true,\"state\":\"offloaded\",\"job\":9}", -EAGAIN, NULL},
		{"{\"present\":true,\"state\":\"clearing\",\"job\":null}", -EAGAIN, NULL},
		{"{\"present\":true,\"state\":\"offloading\",\"job\":null}", -EAGAIN, NULL},
		{"{\"present\":true}", -EAGAIN, NULL},
		{"{\"present\":false,\"state\":\"absent\",\"job\":null}", 0,
			"The pictures of the Blue Room camera are safe"},
		{"{}", 0, "The pictures of the Blue Room camera are safe"},
	};
	_cleanup_js_ struct js *job =
		parsed(JOB("offload", "done", ",\"sentence\":\"12 pictures are safe.\""));

	assert_int_equal(news_stage(job), NEWS_DONE);
	for (size_t i = 0; i < ELEMENTS(cases); i++) {
		_cleanup_js_ struct js *device = parsed(cases[i].device);
		_cleanup_note_ struct note note = NOTE_NULL;

		assert_int_equal(news_done(job, device, &note), cases[i].r);
		if (cases[i].summary) {
			assert_string_equal(note.summary, cases[i].summary);
			assert_string_equal(note.body, "12 pictures are safe.");
		}
	}
}

static void failures_have_their_sentence(void **state)
{
	_cleanup_js_ struct js *job = parsed(JOB("offload", "failed", ",\"sentence\":\"The card broke.\""));
	_cleanup_js_ struct js *cancelled = parsed(JOB("encrypt", "cancelled", ",\"sentence\":null"));
	_cleanup_note_ struct note note = NOTE_NULL, other = NOTE_NULL;

	assert_int_equal(news_stage(job), NEWS_STOPPED);
	assert_int_equal(news_job(job, &note), 0);
	assert_string_equal(note.summary, "Not all pictures of the Blue Room camera are safe");
	assert_string_equal(note.body, "The card broke. Do not delete anything on it.");
	assert_int_equal(note.weight, NOTE_URGENT);
	assert_int_equal(news_job(cancelled, &other), 0);
	assert_string_equal(other.summary, "The Blue Room camera was not encrypted");
	assert_string_equal(other.body, "It was stopped.");
}

static void other_jobs_are_no_news(void **state)
{
	static const char *const texts[] = {JOB("vault-verify", "running", ""), JOB("offload", "queued", ""),
		JOB("offload", "strange", ""), "{}", "[]"};

	for (size_t i = 0; i < ELEMENTS(texts); i++) {
		_cleanup_js_ struct js *job = parsed(texts[i]);

		assert_int_equal(news_stage(job), NEWS_NONE);
	}
}

static void refused_devices_are_told(void **state)
{
	_cleanup_js_ struct js *known = parsed("{\"name\":\"Tom & Co\\u001b\",\"sentence\":\"No.\"}");
	_cleanup_js_ struct js *unknown = parsed("{\"name\":null,\"sentence\":\"Register it.\"}");
	_cleanup_note_ struct note note = NOTE_NULL, other = NOTE_NULL;

	assert_int_equal(news_refused(known, &note), 0);
	assert_string_equal(note.summary, "The Tom & Co� is left alone");
	assert_int_equal(news_refused(unknown, &other), 0);
	assert_string_equal(other.summary, "A device is left alone");
	assert_string_equal(other.body, "Register it.");
}

static void buttons_have_words(void **state)
{
	assert_int_equal(note_action_of("keep"), NOTE_KEEP);
	assert_int_equal(note_action_of("encrypt"), NOTE_ENCRYPT);
	assert_int_equal(note_action_of("manager"), NOTE_MANAGER);
	assert_int_equal(note_action_of("default"), 0);
	assert_int_equal(note_action_of(""), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_sentence_that_was_asked_for),
		cmocka_unit_test(a_single_photo_is_named),
		cmocka_unit_test(a_single_document_says_what_was_found),
		cmocka_unit_test(two_documents_are_named_three_are_counted),
		cmocka_unit_test(a_refused_name_is_never_shown),
		cmocka_unit_test(everything_at_once),
		cmocka_unit_test(what_encryption_does_not_help_has_no_button),
		cmocka_unit_test(without_windows_the_command_is_told),
		cmocka_unit_test(a_command_is_never_dangerous_to_type),
		cmocka_unit_test(hostile_names_are_made_harmless),
		cmocka_unit_test(escaping_is_whole),
		cmocka_unit_test(long_names_lose_their_middle),
		cmocka_unit_test(sticks_have_names),
		cmocka_unit_test(a_flood_only_counts),
		cmocka_unit_test(a_second_try_is_not_counted_twice),
		cmocka_unit_test(one_signal_may_stand_for_many),
		cmocka_unit_test(what_was_allowed_is_told),
		cmocka_unit_test(numbers_are_words_up_to_twelve),
		cmocka_unit_test(signals_are_read),
		cmocka_unit_test(bad_signals_are_none),
		cmocka_unit_test(progress_is_told),
		cmocka_unit_test(progress_without_figures),
		cmocka_unit_test(what_is_emptied_is_not_said_to_be_cleared),
		cmocka_unit_test(progress_is_shown_seldom),
		cmocka_unit_test(it_may_be_unplugged_only_at_rest),
		cmocka_unit_test(failures_have_their_sentence),
		cmocka_unit_test(other_jobs_are_no_news),
		cmocka_unit_test(refused_devices_are_told),
		cmocka_unit_test(buttons_have_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
