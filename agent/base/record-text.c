/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Records as text. See record-text.h. */

#include "base/record-text.h"

#include "base/number.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define COLUMNS 78

void record_line(FILE *f, const char *title, const struct js *object, const char *key)
{
	const char *value = js_get_string(object, key);

	if (value && *value)
		(void)fprintf(f, "  %-20s %s\n", title, value);
}

void record_number(FILE *f, const char *title, const struct js *object, const char *key)
{
	uint64_t value;

	if (js_get_u64(object, key, &value) == 0)
		(void)fprintf(f, "  %-20s %" PRIu64 "\n", title, value);
}

void record_size(FILE *f, const char *title, const struct js *object, const char *key)
{
	char text[NUMBER_SIZE_TEXT];
	uint64_t bytes;

	if (js_get_u64(object, key, &bytes) == 0)
		(void)fprintf(
			f, "  %-20s %s (%" PRIu64 " bytes)\n", title, number_format_size(bytes, text), bytes);
}

void record_device(FILE *f, const struct js *device)
{
	record_line(f, "Device", device, "name");
	record_line(f, "Id", device, "id");
	record_line(f, "Known by", device, "key");
	record_line(f, "Vendor", device, "vendor");
	record_line(f, "Product", device, "product");
	record_line(f, "Serial number", device, "serial");
}

static void sentence(FILE *f, const char *text)
{
	size_t column = 2;

	(void)fputs("  -", f);
	while (*text) {
		size_t word = strcspn(text, " ");

		if (column + 1 + word > COLUMNS) {
			(void)fputs("\n   ", f);
			column = 3;
		}
		(void)fprintf(f, " %.*s", (int)word, text);
		column += 1 + word;
		text += word;
		text += strspn(text, " ");
	}
	(void)fputc('\n', f);
}

void record_sentences(FILE *f, const char *title, const struct js *array)
{
	(void)fprintf(f, "\n%s\n", title);
	for (size_t i = 0; array && i < js_length(array); i++) {
		const char *text = js_string(js_at(array, i));

		if (text)
			sentence(f, text);
	}
}

struct js *record_texts(const char *const *texts, size_t count)
{
	struct js *array = js_array();

	for (size_t i = 0; i < count; i++)
		js_append_string(array, texts[i]);
	return array;
}

int record_text(const struct js *record, const char *kind, void (*write)(FILE *f, const struct js *record),
	char **ret_text)
{
	const char *its_kind = js_get_string(record, "kind");
	char *text = NULL;
	size_t size = 0;
	FILE *f;

	if (!its_kind || strcmp(its_kind, kind) != 0)
		return -EINVAL;
	f = open_memstream(&text, &size);
	if (!f)
		return -errno;
	write(f, record);
	if (fclose(f) != 0) {
		free(text);
		return -ENOMEM;
	}
	*ret_text = text;
	return 0;
}
