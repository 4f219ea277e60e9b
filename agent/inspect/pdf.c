/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * PDF documents in two readings: the pages as poppler shows them, and every stream that stands in the file.
 * Nothing is drawn and no picture is decoded; a picture is recognised by its description. No other file
 * includes poppler's header.
 */

#include "base/inflate.h"
#include "inspect/inspection.h"
#include "inspect/pdf-raw.h"

#include <poppler.h>
#include <string.h>

#define STRANGE_MIN     20 /* letters that mean nothing */
#define STRANGE_PERCENT 10 /* of all */
#define PROSE_LOOK      4096
#define AFTER_END_MAX   16 /* bytes behind the end mark that are no content */

struct pdf {
	struct inspection *in;
	PopplerDocument *document;
	size_t letters, strange;
};

static int refuse_strange(struct inspection *in, const char *why)
{
	char sentence[INSPECT_SENTENCE];

	(void)snprintf(sentence, sizeof sentence,
		"The PDF document cannot be read as text: %s. Save it again as text or as "
		"a PDF with text in it, or use an encrypted stick.",
		why);
	return inspection_unreadable(in, sentence);
}

/* --- streams --- */

static int read_strings(struct inspection *in, const void *bytes, size_t size)
{
	_cleanup_buffer_ struct buffer strings = {.max = size * 4 + 4096};

	pdf_raw_strings(bytes, size, &strings);
	return strings.error ? strings.error : inspection_text(in, strings.bytes, strings.size);
}

/* Forms and files that are text but do not say so; instructions for drawing are mostly numbers. */
static bool is_prose(const uint8_t *bytes, size_t size)
{
	size_t look = size < PROSE_LOOK ? size : PROSE_LOOK, letters = 0;

	if (size == 0 || buffer_find(bytes, size, "BT", 2) || memmem(bytes, size, "begincmap", 9) ||
		bytes[0] == '%')
		return false;
	for (size_t i = 0; i < look; i++)
		letters += (bytes[i] >= 'a' && bytes[i] <= 'z') || (bytes[i] >= 'A' && bytes[i] <= 'Z');
	return letters * 2 > look;
}

static int read_content(struct inspection *in, const struct pdf_stream *s, const uint8_t *bytes, size_t size)
{
	const struct part part = {bytes, size, PART_STREAM};
	bool is_text = false;
	uint32_t side;
	int r = inspection_part(in, &part);

	if (r == 0 && (s->text || is_prose(bytes, size)))
		r = text_read(in, &part, &is_text);
	if (r == 0 && pdf_raw_inline_image(bytes, size, &side) && side > in->limits->icon_side)
		return inspection_kind(in, (struct kind){.family = KIND_IMAGE, .name = "a picture"});
	if (r == 0 && (buffer_find(bytes, size, "BT", 2) ||
			      memmem(s->dictionary, s->dictionary_size, "/ObjStm", 7)))
		r = read_strings(in, bytes, size);
	return r;
}

static int read_deflated(struct inspection *in, const struct pdf_stream *s, const uint8_t *bytes, size_t size)
{
	struct inflated inflated;
	int r = inflate_bytes(bytes, size, false, inspection_room(in), &inflated);

	if (r == INFLATE_TOO_LARGE)
		r = inspection_unreadable(
			in, "There is too much in this PDF document to be looked through. Save it in parts.");
	else if (r >= 0)
		r = inflated.size > 0 ? read_content(in, s, inflated.bytes, inflated.size) : 0;
	/* What poppler unpacks again is not counted twice, but each stream counts. */
	in->unpacked += inflated.size / 4;
	inflated_clear(&inflated);
	return r;
}

static int read_filtered(struct inspection *in, const struct pdf_stream *s)
{
	_cleanup_buffer_ struct buffer plain = {0};
	const uint8_t *bytes = s->bytes;
	size_t size = s->size;

	if (s->ascii85)
		pdf_raw_ascii85(s->bytes, s->size, &plain);
	else if (s->hexadecimal)
		pdf_raw_hexadecimal(s->bytes, s->size, &plain);
	if (plain.error)
		return plain.error;
	if (s->ascii85 || s->hexadecimal) {
		bytes = (const uint8_t *)plain.bytes;
		size = plain.size;
	}
	if (size == 0)
		return 0;
	return s->deflated ? read_deflated(in, s, bytes, size) : read_content(in, s, bytes, size);
}

static bool is_icon(const struct inspect_limits *limits, const struct pdf_stream *s)
{
	return s->width <= limits->icon_side && s->height <= limits->icon_side &&
	       s->size <= limits->icon_bytes;
}

static int read_stream(struct inspection *in, const struct pdf_stream *s)
{
	if (!s->image)
		return read_filtered(in, s);
	if (is_icon(in->limits, s))
		return inspection_icon(in);
	return inspection_kind(in, (struct kind){.family = KIND_IMAGE, .name = "a picture"});
}

/* Objects stand between the streams; what is in streams is packed and would be chance. */
static int read_between(struct inspection *in, const struct part *part, size_t *from, size_t to)
{
	size_t start = *from;

	if (to <= start)
		return 0;
	*from = to;
	return read_strings(in, part->bytes + start, to - start);
}

static int read_streams(struct inspection *in, const struct part *part)
{
	struct pdf_raw raw = {.bytes = part->bytes, .size = part->size};
	struct pdf_stream stream;
	size_t read = 0;
	int r = 0;

	while (r == 0 && pdf_raw_next(&raw, &stream)) {
		size_t start = (size_t)(stream.bytes - part->bytes);

		if (++in->parts > in->limits->parts)
			r = inspection_unreadable(in, "There is too much in this PDF document to be looked "
						      "through. Save it in parts.");
		if (r == 0)
			r = read_between(in, part, &read, start);
		if (r == 0)
			r = read_stream(in, &stream);
		read = start + stream.size > read ? start + stream.size : read;
	}
	if (r == 0)
		r = read_between(in, part, &read, part->size);
	if (r == 0)
		r = raw.dictionary.error;
	buffer_clear(&raw.dictionary);
	return r;
}

/* Readers of other formats look at the end of a file first. */
static int read_behind_end(struct inspection *in, const struct part *part)
{
	struct part rest = {part->bytes, part->size, PART_FILE};
	size_t content = 0;

	for (size_t back = 5; back <= part->size; back++)
		if (memcmp(part->bytes + part->size - back, "%%EOF", 5) == 0) {
			rest.bytes = part->bytes + part->size - back + 5;
			rest.size = back - 5;
			break;
		}
	if (rest.bytes == part->bytes)
		return 0;
	while (rest.size > 0 && memchr(" \r\n\t", *rest.bytes, 4)) {
		rest.bytes++;
		rest.size--;
	}
	for (size_t i = 0; i < rest.size; i++)
		content += rest.bytes[i] != 0 && !memchr(" \r\n\t", rest.bytes[i], 4);
	return content > AFTER_END_MAX ? inspection_part(in, &rest) : 0;
}

/* --- pages --- */

static void count_letters(struct pdf *pdf, const char *utf8)
{
	for (const unsigned char *c = (const unsigned char *)utf8; *c; c++) {
		if ((*c & 0xc0) == 0x80)
			continue;
		pdf->letters += *c > ' ';
		/* Control characters, private use (U+E000 to U+F8FF) and replacement characters. */
		pdf->strange += (*c < ' ' && !strchr("\t\n\f\r", *c)) || *c == 0xee ||
				(*c == 0xef && (c[1] < 0xa4 || (c[1] == 0xbf && c[2] == 0xbd)));
	}
}

static int feed(struct pdf *pdf, char *text)
{
	int r = 0;

	if (text && *text)
		r = inspection_text(pdf->in, text, strlen(text));
	g_free(text);
	return r;
}

static gboolean take_attachment(const gchar *bytes, gsize size, gpointer data, GError **ret_error)
{
	struct buffer *out = data;

	buffer_add(out, bytes, size);
	if (out->error)
		g_set_error_literal(ret_error, G_FILE_ERROR, G_FILE_ERROR_NOMEM, "no room");
	return !out->error;
}

static int read_attachment(struct pdf *pdf, PopplerAttachment *attachment)
{
	_cleanup_buffer_ struct buffer bytes = {.max = inspection_room(pdf->in)};
	struct part part = {.role = PART_FILE};
	int r = 0;

	if (attachment->name)
		r = inspection_title(pdf->in, attachment->name, strlen(attachment->name));
	if (r == 0 && attachment->description)
		r = inspection_title(pdf->in, attachment->description, strlen(attachment->description));
	if (r != 0)
		return r;
	if (!poppler_attachment_save_to_callback(attachment, take_attachment, &bytes, NULL))
		return refuse_strange(pdf->in, "a file that is attached to it cannot be read");
	part.bytes = (const uint8_t *)bytes.bytes;
	part.size = bytes.size;
	return inspection_member(pdf->in, &part, bytes.size);
}

static int read_attachments(struct pdf *pdf)
{
	GList *list = poppler_document_get_attachments(pdf->document);
	int r = 0;

	for (GList *i = list; i && r == 0; i = i->next)
		r = read_attachment(pdf, i->data);
	g_list_free_full(list, g_object_unref);
	return r;
}

static int read_annotation(struct pdf *pdf, PopplerAnnot *annotation)
{
	int r = feed(pdf, poppler_annot_get_contents(annotation));

	if (r == 0 && POPPLER_IS_ANNOT_MARKUP(annotation))
		r = feed(pdf, poppler_annot_markup_get_label(POPPLER_ANNOT_MARKUP(annotation)));
	if (r == 0 && POPPLER_IS_ANNOT_FILE_ATTACHMENT(annotation)) {
		PopplerAttachment *attachment = poppler_annot_file_attachment_get_attachment(
			POPPLER_ANNOT_FILE_ATTACHMENT(annotation));

		if (attachment) {
			r = read_attachment(pdf, attachment);
			g_object_unref(attachment);
		}
	}
	if (r == 0 && (POPPLER_IS_ANNOT_SCREEN(annotation) || POPPLER_IS_ANNOT_MOVIE(annotation)))
		r = inspection_kind(
			pdf->in, (struct kind){.family = KIND_FILM, .name = "a film or recording"});
	return r;
}

static int read_annotations(struct pdf *pdf, PopplerPage *page)
{
	GList *list = poppler_page_get_annot_mapping(page);
	int r = 0;

	for (GList *i = list; i && r == 0; i = i->next)
		r = read_annotation(pdf, ((PopplerAnnotMapping *)i->data)->annot);
	poppler_page_free_annot_mapping(list);
	return r;
}

static int read_fields(struct pdf *pdf, PopplerPage *page)
{
	GList *list = poppler_page_get_form_field_mapping(page);
	int r = 0;

	for (GList *i = list; i && r == 0; i = i->next) {
		PopplerFormField *field = ((PopplerFormFieldMapping *)i->data)->field;

		if (poppler_form_field_get_field_type(field) == POPPLER_FORM_FIELD_TEXT)
			r = feed(pdf, poppler_form_field_text_get_text(field));
	}
	poppler_page_free_form_field_mapping(list);
	return r;
}

static int read_page(struct pdf *pdf, int number)
{
	PopplerPage *page = poppler_document_get_page(pdf->document, number);
	char *text;
	int r;

	if (!page)
		return refuse_strange(pdf->in, "one of its pages is damaged");
	text = poppler_page_get_text(page);
	if (text)
		count_letters(pdf, text);
	r = feed(pdf, text);
	if (r == 0)
		r = read_annotations(pdf, page);
	if (r == 0)
		r = read_fields(pdf, page);
	g_object_unref(page);
	return r;
}

static int read_titles(struct pdf *pdf)
{
	static char *(*const getters[])(PopplerDocument *) = {poppler_document_get_title,
		poppler_document_get_author, poppler_document_get_subject, poppler_document_get_keywords,
		poppler_document_get_creator};
	int r = 0;

	for (size_t i = 0; r == 0 && i < ELEMENTS(getters); i++) {
		char *text = getters[i](pdf->document);

		if (text)
			r = inspection_title(pdf->in, text, strlen(text));
		g_free(text);
	}
	return r == 0 ? feed(pdf, poppler_document_get_metadata(pdf->document)) : r;
}

static int read_pages(struct pdf *pdf)
{
	int pages = poppler_document_get_n_pages(pdf->document), r = 0;

	if (pages <= 0)
		return refuse_strange(pdf->in, "it has no pages");
	if ((uint32_t)pages > pdf->in->limits->parts - pdf->in->parts)
		return refuse_strange(pdf->in, "it has too many pages");
	pdf->in->parts += (uint32_t)pages;
	for (int i = 0; r == 0 && i < pages; i++)
		r = read_page(pdf, i);
	if (r != 0)
		return r;
	if (pdf->letters == 0)
		return refuse_strange(pdf->in, "there is no text in it");
	if (pdf->strange >= STRANGE_MIN && pdf->strange * 100 >= pdf->letters * STRANGE_PERCENT)
		return refuse_strange(pdf->in, "its letters mean nothing to a computer");
	return 0;
}

static int read_document(struct pdf *pdf)
{
	int r = read_titles(pdf);

	if (r == 0)
		r = read_attachments(pdf);
	return r == 0 ? read_pages(pdf) : r;
}

static int open_document(
	struct inspection *in, const struct part *part, bool tentative, PopplerDocument **ret)
{
	GBytes *bytes = g_bytes_new_static(part->bytes, part->size);
	GError *error = NULL;
	bool encrypted;

	*ret = poppler_document_new_from_bytes(bytes, NULL, &error);
	g_bytes_unref(bytes);
	if (*ret)
		return 0;
	encrypted = g_error_matches(error, POPPLER_ERROR, POPPLER_ERROR_ENCRYPTED);
	g_clear_error(&error);
	if (encrypted)
		return inspection_kind(in,
			(struct kind){.family = KIND_ENCRYPTED, .name = "a PDF document with a password"});
	return tentative ? 0 : refuse_strange(in, "it is damaged");
}

int pdf_read(struct inspection *in, const struct part *part, bool tentative)
{
	struct pdf pdf = {.in = in};
	int r = open_document(in, part, tentative, &pdf.document);

	if (r != 0 || !pdf.document)
		return r;
	if (pdf_raw_encrypted(part->bytes, part->size))
		r = inspection_kind(in,
			(struct kind){.family = KIND_ENCRYPTED, .name = "a PDF document with a password"});
	if (r == 0)
		r = read_streams(in, part);
	if (r == 0)
		r = read_behind_end(in, part);
	if (r == 0)
		r = read_document(&pdf);
	g_object_unref(pdf.document);
	return r;
}
