/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Strippers and decoders of texts: whatever they are given, they end, within bounds. */

#include "inspect/charset.h"
#include "inspect/encoded.h"
#include "inspect/markup.h"
#include "inspect/pdf-raw.h"
#include "inspect/rtf.h"
#include "inspect/sheet.h"

static int append(void *to, const char *utf8, size_t size)
{
	buffer_add(to, utf8, size);
	return 0;
}

static bool same(const struct buffer *a, const struct buffer *b)
{
	return a->size == b->size && (a->size == 0 || memcmp(a->bytes, b->bytes, a->size) == 0);
}

static void read_markup(const char *data, size_t size)
{
	_cleanup_buffer_ struct buffer joined = {0}, divided = {0}, one = {0}, other = {0};

	markup_strip(data, size, MARKUP_JOINED, &one);
	markup_strip(data, size, MARKUP_DIVIDED, &other);
	if (markup_read(data, size, &divided, append, &joined) != 0 || !same(&joined, &one) ||
		!same(&divided, &other))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int visit(void *data, enum encoded_form form, const uint8_t *bytes, size_t size, bool mixed)
{
	size_t *most = data;

	if (size > *most)
		abort();
	return 0;
}

static void undo_all(const char *text, size_t size)
{
	unsigned forms = encoded_text_forms(text, size);

	for (int how = 0; how < ENCODED_TEXT_COUNT; how++) {
		struct buffer out = {.max = 8 * size + 64};

		bool undone = encoded_undo((enum encoded_text)how, text, size, &out);

		if ((!undone && out.size > 0) || (undone && !(forms >> how & 1)))
			abort();
		buffer_clear(&out);
	}
}

static void read_sheet(const char *text, size_t size)
{
	struct buffer rows = {.max = 1 << 20};
	struct sheet_strings strings;

	sheet_strings_read(text, size, &strings);
	sheet_rows(text, size, &strings, &rows);
	sheet_strings_clear(&strings);
	buffer_clear(&rows);
}

static void read_pdf(const uint8_t *data, size_t size)
{
	struct buffer out = {.max = 1 << 20};
	struct pdf_raw raw = {.bytes = data, .size = size};
	struct pdf_stream stream;
	uint32_t side;

	pdf_raw_strings(data, size, &out);
	while (pdf_raw_next(&raw, &stream)) {
		if (stream.bytes < data || stream.size > size - (size_t)(stream.bytes - data))
			abort();
		pdf_raw_ascii85(stream.bytes, stream.size, &out);
		pdf_raw_hexadecimal(stream.bytes, stream.size, &out);
	}
	(void)pdf_raw_encrypted(data, size);
	(void)pdf_raw_inline_image(data, size, &side);
	buffer_clear(&raw.dictionary);
	buffer_clear(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buffer utf8 = {.max = 4 * size + 16}, out = {.max = 8 * size + 64};
	struct rtf_findings found;
	size_t mark = 0;
	enum charset charset = charset_of(data, size, &mark);

	charset_decode(charset, data + mark, size - mark, &utf8);
	if (utf8.error)
		abort();
	read_markup((const char *)data, size);
	rtf_strip(data, size, &out, &found);
	if (encoded_find((const char *)data, size, visit, &size) != 0)
		abort();
	undo_all((const char *)data, size);
	read_sheet((const char *)data, size);
	read_pdf(data, size);
	buffer_clear(&utf8);
	buffer_clear(&out);
	return 0;
}
