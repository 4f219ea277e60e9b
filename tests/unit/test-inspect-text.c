/* SPDX-License-Identifier: GPL-3.0-or-later */

/* What text is taken for, and what is left of it without its markup and encodings. */

#include "inspect/charset.h"
#include "inspect/encoded.h"
#include "inspect/markup.h"
#include "inspect/pdf-raw.h"
#include "inspect/rtf.h"
#include "inspect/sheet.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define BYTES(text) (text), sizeof(text) - 1

static const char *text_of(struct buffer *b)
{
	buffer_add_char(b, 0);
	return b->bytes;
}

static void check_charset(const char *bytes, size_t size, enum charset expected, const char *utf8)
{
	_cleanup_buffer_ struct buffer out = {0};
	size_t mark;

	assert_int_equal(charset_of(bytes, size, &mark), expected);
	charset_decode(expected, bytes + mark, size - mark, &out);
	assert_string_equal(text_of(&out), utf8);
}

static void charsets_are_told_apart(void **state)
{
	check_charset(BYTES("plain"), CHARSET_UTF8, "plain");
	check_charset(BYTES("\xef\xbb\xbf"
			    "caf\xc3\xa9"),
		CHARSET_UTF8, "caf\xc3\xa9");
	check_charset(BYTES("a caf\xe9 in a long line\ncaf\xc3\xa9\n"), CHARSET_EIGHT_BIT,
		"a caf\xc3\xa9 in a long line\ncaf\xc3\xa9\n");
	check_charset(BYTES("\xff\xfe"
			    "a\0b\0"),
		CHARSET_UTF16LE, "ab");
	check_charset(BYTES("\0a\0b\0c\0d"), CHARSET_UTF16BE, "abcd");
	check_charset(BYTES("\xff\xfe\0\0"
			    "a\0\0\0"),
		CHARSET_UTF32LE, "a");
	check_charset(BYTES("\0\0\0a\0\0\0b"), CHARSET_UTF32BE, "ab");
	check_charset(BYTES("\xff\xfe\x3d\xd8\x00\xde"), CHARSET_UTF16LE, "\xf0\x9f\x98\x80");
}

static void what_is_no_text_is_never_taken_for_it(void **state)
{
	check_charset(BYTES("a\0b, then more of it"), CHARSET_NONE, "");
	check_charset(BYTES("\x01\x02\x03\x04\x05\x06 controls"), CHARSET_NONE, "");
	check_charset(BYTES("\xc4\x81\x93\x96\x40\xa6\x96\x99\x93\x84"), CHARSET_NONE, "");
	check_charset(BYTES("\xff\xfe\x00\xd8"
			    "a\0"),
		CHARSET_NONE, "");
	check_charset(BYTES("\xc1\xd4\xc5\xd3\xc9\xc1\x40\xe3"), CHARSET_NONE, "");
}

static void check_markup(const char *xml, enum markup_reading reading, const char *expected)
{
	_cleanup_buffer_ struct buffer out = {0};

	markup_strip(xml, strlen(xml), reading, &out);
	assert_string_equal(text_of(&out), expected);
}

static int append(void *data, const char *utf8, size_t size)
{
	buffer_add(data, utf8, size);
	return 0;
}

static int refuse(void *data, const char *utf8, size_t size)
{
	return ++*(int *)data;
}

/* As if each had been read by itself, wherever the pieces end. */
static void check_both(const char *xml, size_t size)
{
	_cleanup_buffer_ struct buffer joined = {0}, divided = {0}, one = {0}, other = {0};

	markup_strip(xml, size, MARKUP_JOINED, &one);
	markup_strip(xml, size, MARKUP_DIVIDED, &other);
	assert_int_equal(markup_read(xml, size, &divided, append, &joined), 0);
	assert_int_equal(joined.size, one.size);
	assert_memory_equal(joined.bytes, one.bytes, one.size);
	assert_int_equal(divided.size, other.size);
	assert_memory_equal(divided.bytes, other.bytes, other.size);
}

static void both_readings_of_one_pass_are_the_same(void **state)
{
	static const char *const bits[] = {"<p>Ro<b>w</b>an</p>", "<td>b</td>", "&amp;&#65;", "<!-- hid -->",
		"<x t='say &#65;'/>", "1 < 2", "<style>p {font-family: Georgia}</style>", "<![CDATA[a<b]]>",
		"<br/>", "<Amelia checked>", "<w:font w:name='Georgia'/>"};
	_cleanup_buffer_ struct buffer xml = {0}, divided = {0}, small = {.max = 1000};
	int calls = 0;

	for (unsigned i = 0; xml.size < 400000; i = i * 1103515245U + 12345U) {
		const char *bit = bits[(i >> 16) % ELEMENTS(bits)];

		buffer_add(&xml, bit, strlen(bit));
		if (xml.size < 2000)
			check_both(xml.bytes, xml.size);
	}
	check_both(xml.bytes, xml.size);
	for (size_t size = 65500; size < 66700; size += 7)
		check_both(xml.bytes, size);
	assert_int_equal(markup_read(xml.bytes, xml.size, &divided, refuse, &calls), 1);
	assert_int_equal(calls, 1);
	assert_int_equal(markup_read(xml.bytes, xml.size, &small, refuse, &calls), -EFBIG);
}

static void tags_vanish_or_divide(void **state)
{
	check_markup("<p>Ro<b>w</b>an</p>", MARKUP_JOINED, "Rowan\n");
	check_markup("<p>Ro<b>w</b>an</p>", MARKUP_DIVIDED, "Ro w an\n");
	check_markup("a<td>b</td>c", MARKUP_JOINED, "a\tb\tc");
	check_markup("&#65;&#x42;&amp;&eacute;&bogus;", MARKUP_JOINED, "AB&\xc3\xa9&bogus;");
	check_markup("a<!-- hid -->b", MARKUP_JOINED, "ab");
	check_markup("a<!-- hid -->b", MARKUP_DIVIDED, "a\n hid \nb");
	check_markup("<x t='say &#65;'/>", MARKUP_DIVIDED, "say A\n");
	check_markup("<![CDATA[a<b]]>", MARKUP_JOINED, "a<b");
	check_markup("1 < 2 > 0", MARKUP_JOINED, "1 < 2 > 0");
	check_markup("<never ends", MARKUP_JOINED, "");
	check_markup("<style>p {font-family: Georgia}</style>x", MARKUP_JOINED, "p {}x");
	check_markup("<w:font w:name=\"Georgia\"/><a w:name='b c'/>", MARKUP_DIVIDED, "b c\n");
}

static void check_rtf(const char *rtf, const char *expected, bool pictures, bool objects)
{
	_cleanup_buffer_ struct buffer out = {0};
	struct rtf_findings found;

	rtf_strip(rtf, strlen(rtf), &out, &found);
	assert_string_equal(text_of(&out), expected);
	assert_int_equal(found.pictures, pictures);
	assert_int_equal(found.objects, objects);
}

static void rtf_is_read(void **state)
{
	check_rtf("{\\rtf1 Ro{\\b w}an\\par}", "Rowan\n", false, false);
	check_rtf("{\\rtf1{\\fonttbl{\\f0 Georgia;}}\\'e9\\u233?\\uc2\\u65??x}",
		"\xc3\xa9\xc3\xa9"
		"Ax",
		false, false);
	check_rtf("{\\rtf1 a\\{b\\}{\\*\\foo c}}", "a{b}\nc", false, false);
	check_rtf("{\\rtf1{\\pict\\pngblip 89}}", "89", true, false);
	check_rtf("{\\rtf1{\\object{\\*\\objdata 01}}}", "\n01", false, true);
	check_rtf("}}}\\", "", false, false);
}

struct found {
	char bytes[64];
	size_t size;
	unsigned count;
};

static int keep_first(void *data, enum encoded_form form, const uint8_t *bytes, size_t size, bool mixed)
{
	struct found *found = data;

	if (found->count++ == 0) {
		found->size = size < sizeof found->bytes ? size : sizeof found->bytes;
		memcpy(found->bytes, bytes, found->size);
	}
	return 0;
}

static void check_encoded(const char *text, const char *expected)
{
	struct found found = {0};

	assert_int_equal(encoded_find(text, strlen(text), keep_first, &found), 0);
	assert_int_equal(found.size, strlen(expected));
	assert_memory_equal(found.bytes, expected, found.size);
}

static void bytes_written_as_text_are_found(void **state)
{
	check_encoded("see SGVsbG8gcGFyZW50cyE= there", "Hello parents!");
	check_encoded("SGVsbG8gcGFyZW50\r\ncywgd2VsY29tZSEh\r\n", "Hello parents, welcome!!");
	check_encoded("48 65 6c 6c 6f 20 79 6f 75\n", "Hello you");
	check_encoded("00000000: 4865 6c6c 6f20 796f 7521  Hello yo\n", "Hello you!");
	check_encoded("{0x48, 0x65, 0x6c, 0x6c, 0x6f, 0x20, 0x79, 0x6f}", "Hello yo");
	check_encoded("begin 644 a\n%:&5L;&\\\n`\nend\n", "hello");
	check_encoded("A sentence of common words, none of them long.", "");
}

static void check_undone(enum encoded_text how, const char *text, const char *expected)
{
	_cleanup_buffer_ struct buffer out = {0};

	assert_int_equal(encoded_undo(how, text, strlen(text), &out), *expected != 0);
	assert_string_equal(text_of(&out), expected);
}

static void letters_written_as_others_are_undone(void **state)
{
	check_undone(ENCODED_QUOTED_PRINTABLE, "a=41=\r\nb=C3=A9", "aAb\xc3\xa9");
	check_undone(ENCODED_QUOTED_PRINTABLE, "1 = 2", "");
	check_undone(ENCODED_PERCENT, "%41 100% %u0042", "A 100% B");
	check_undone(ENCODED_BACKSLASH, "\\u0041\\x42\\103 \\n", "ABC \\n");
	check_undone(ENCODED_UTF7, "1+1 caf+AOk-", "1+1 caf\xc3\xa9");
	check_undone(ENCODED_OVERSTRIKE, "N\bNo\bo \x1b[1mw\x1b[0m", "No w");
}

static void marks_are_seen_wherever_they_stand(void **state)
{
	static char text[40000];
	static const char marks[] = "=%\\+\b\x1b";
	static const unsigned forms[] = {ENCODED_QUOTED_PRINTABLE, ENCODED_PERCENT, ENCODED_BACKSLASH,
		ENCODED_UTF7, ENCODED_OVERSTRIKE, ENCODED_OVERSTRIKE};
	static const size_t places[] = {0, 16383, 16384, 32767, 32768, sizeof text - 1};

	memset(text, 'a', sizeof text);
	assert_int_equal(encoded_text_forms(text, sizeof text), 0);
	assert_int_equal(encoded_text_forms(text, 0), 0);
	for (size_t i = 0; i < ELEMENTS(forms); i++)
		for (size_t place = 0; place < ELEMENTS(places); place++) {
			text[places[place]] = marks[i];
			assert_int_equal(encoded_text_forms(text, sizeof text), 1U << forms[i]);
			text[places[place]] = 'a';
		}
	text[1] = '=';
	text[20000] = '%';
	assert_int_equal(encoded_text_forms(text, sizeof text),
		1U << ENCODED_QUOTED_PRINTABLE | 1U << ENCODED_PERCENT);
}

static void entities_of_its_own_are_seen(void **state)
{
	static const char *const defined[] = {
		"<!ENTITY a 'b'>", " \n<?xml?><!DOCTYPE x [<!ENTITY a 'b'>]>", "<a>!ENTITY !</a><!ENTITY"};
	static const char *const none[] = {
		"", " ", "<", "!ENTITY", "<a>!ENTITY</a>", "<!ENTIT", "text <!ENTITY a 'b'>"};

	for (size_t i = 0; i < ELEMENTS(defined); i++)
		assert_true(markup_defines_entities(defined[i], strlen(defined[i])));
	for (size_t i = 0; i < ELEMENTS(none); i++)
		assert_false(markup_defines_entities(none[i], strlen(none[i])));
}

static void rows_show_what_cells_refer_to(void **state)
{
	static const char shared[] =
		"<sst><si><t>Ro</t></si><si><r><t>Ap</t></r><r><t>ple</t></r></si><si/></sst>";
	static const char sheet[] = "<row><c t=\"s\"><v>1</v></c><c><v>36526</v></c></row>"
				    "<row><c t=\"s\"><v>0</v></c><c t=\"s\"><v>9</v></c><c "
				    "t='inlineStr'><is><t>x</t></is></c></row>";
	_cleanup_(sheet_strings_clear) struct sheet_strings strings = {0};
	_cleanup_buffer_ struct buffer rows = {0};

	sheet_strings_read(shared, sizeof shared - 1, &strings);
	assert_int_equal(strings.count, 3);
	sheet_rows(sheet, sizeof sheet - 1, &strings, &rows);
	assert_string_equal(text_of(&rows), "Apple\t36526\t01/01/2000\t\nRo\tx\t\n");
}

static void pdf_strings_are_joined_as_a_line_is(void **state)
{
	static const char content[] =
		"BT [(Ap)20(p)-30(le)-400(pie)] TJ (a\\(b\\)\\101) Tj <48 69> Tj <feff00e9> Tj ET";
	_cleanup_buffer_ struct buffer out = {0};

	pdf_raw_strings(content, sizeof content - 1, &out);
	assert_string_equal(text_of(&out), "Apple pie\na(b)A\nHi\n\xc3\xa9\n");
}

static void pdf_streams_are_found_without_a_table(void **state)
{
	static const char file[] =
		"1 0 obj<</Subtype/Im#61ge/Width 640/Height 4 0 R/Length 3>>stream\nabc\nendstream endobj "
		"2 0 obj<</Filter/FlateDecode>>stream\r\nxyz endstream";
	struct pdf_raw raw = {.bytes = (const uint8_t *)file, .size = sizeof file - 1};
	struct pdf_stream s;

	assert_true(pdf_raw_next(&raw, &s));
	assert_true(s.image);
	assert_int_equal(s.width, 640);
	assert_int_equal(s.height, UINT32_MAX);
	assert_int_equal(s.size, 3);
	assert_true(pdf_raw_next(&raw, &s));
	assert_true(s.deflated && !s.image);
	assert_memory_equal(s.bytes, "xyz", 3);
	assert_false(pdf_raw_next(&raw, &s));
	buffer_clear(&raw.dictionary);
	assert_true(pdf_raw_encrypted(BYTES("trailer<</Encrypt 9 0 R>>")));
	assert_false(pdf_raw_encrypted(BYTES("/Encryption is a word")));
}

static void pdf_ascii_filters_are_undone(void **state)
{
	_cleanup_buffer_ struct buffer out = {0};

	pdf_raw_ascii85(BYTES("87cURD]j7BEbo80~>"), &out);
	assert_int_equal(out.size, 12);
	assert_memory_equal(out.bytes, "Hello world!", 12);
	pdf_raw_hexadecimal(BYTES("48 65 6>zz"), &out);
	assert_string_equal(text_of(&out), "Hello world!He`");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(charsets_are_told_apart),
		cmocka_unit_test(what_is_no_text_is_never_taken_for_it),
		cmocka_unit_test(tags_vanish_or_divide),
		cmocka_unit_test(both_readings_of_one_pass_are_the_same),
		cmocka_unit_test(rtf_is_read),
		cmocka_unit_test(bytes_written_as_text_are_found),
		cmocka_unit_test(letters_written_as_others_are_undone),
		cmocka_unit_test(marks_are_seen_wherever_they_stand),
		cmocka_unit_test(entities_of_its_own_are_seen),
		cmocka_unit_test(rows_show_what_cells_refer_to),
		cmocka_unit_test(pdf_strings_are_joined_as_a_line_is),
		cmocka_unit_test(pdf_streams_are_found_without_a_table),
		cmocka_unit_test(pdf_ascii_filters_are_undone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
