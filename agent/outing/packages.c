/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Paragraphs of "Field: value" lines, tens of megabytes of them, read once. See packages.h. */

#include "outing/packages.h"

#include <string.h>
#include <time.h>

struct paragraph {
	struct debversion name, version, architecture, status;
};

struct scanner {
	const char *at, *end;
};

static bool take_field(
	const char *line, size_t size, const char *field, size_t field_size, struct debversion *ret_value)
{
	if (size < field_size || memcmp(line, field, field_size) != 0)
		return false;
	line += field_size;
	size -= field_size;
	for (; size > 0 && (*line == ' ' || *line == '\t'); size--)
		line++;
	while (size > 0 && (line[size - 1] == ' ' || line[size - 1] == '\r'))
		size--;
	*ret_value = (struct debversion){line, size};
	return true;
}

#define FIELD(name, to) take_field(line, size, name, sizeof(name) - 1, to)

static void take_line(const char *line, size_t size, struct paragraph *paragraph)
{
	switch (*line) {
	case 'P':
		(void)FIELD("Package:", &paragraph->name);
		break;
	case 'V':
		(void)FIELD("Version:", &paragraph->version);
		break;
	case 'A':
		(void)FIELD("Architecture:", &paragraph->architecture);
		break;
	case 'S':
		(void)FIELD("Status:", &paragraph->status);
		break;
	default:
		break;
	}
}

/* False at the end. Paragraphs are separated by empty lines. */
static bool next_paragraph(struct scanner *scanner, struct paragraph *ret_paragraph)
{
	bool any = false;

	*ret_paragraph = (struct paragraph){0};
	while (scanner->at < scanner->end) {
		const char *line = scanner->at;
		const char *end = memchr(line, '\n', (size_t)(scanner->end - line));
		size_t size = (size_t)((end ? end : scanner->end) - line);

		scanner->at = end ? end + 1 : scanner->end;
		if (size == 0) {
			if (any)
				return true;
			continue;
		}
		any = true;
		take_line(line, size, ret_paragraph);
	}
	return any;
}

static int compare_text(struct debversion a, struct debversion b)
{
	size_t size = a.size < b.size ? a.size : b.size;
	int order = size ? memcmp(a.text, b.text, size) : 0;

	return order != 0 ? order : (a.size > b.size) - (a.size < b.size);
}

static int by_name(const void *a, const void *b)
{
	return compare_text(((const struct package *)a)->name, ((const struct package *)b)->name);
}

static bool equals(struct debversion text, const char *word)
{
	return text.size == strlen(word) && memcmp(text.text, word, text.size) == 0;
}

static bool ends_in(struct debversion text, const char *tail)
{
	size_t size = strlen(tail);

	return text.size >= size && memcmp(text.text + text.size - size, tail, size) == 0;
}

static int add(struct packages *packages, const struct package *package)
{
	if ((packages->count & (packages->count - 1)) == 0) {
		size_t room = packages->count ? 2 * packages->count : 1;
		struct package *more = realloc(packages->list, room * sizeof *more);

		if (!more)
			return -ENOMEM;
		packages->list = more;
	}
	packages->list[packages->count++] = *package;
	return 0;
}

/* "install ok installed", "hold ok installed", "deinstall ok config-files", "install ok half-configured" */
static int take_status(struct packages *packages, const struct paragraph *paragraph)
{
	struct package package = {paragraph->name, paragraph->architecture, paragraph->version, false, false};

	if (paragraph->name.size == 0)
		return -EBADMSG;
	if (ends_in(paragraph->status, " config-files") || ends_in(paragraph->status, " not-installed"))
		return 0;
	if (!ends_in(paragraph->status, " installed"))
		packages->broken++;
	package.held = paragraph->status.size > 5 && memcmp(paragraph->status.text, "hold ", 5) == 0;
	return add(packages, &package);
}

int packages_parse_status(const char *text, size_t size, struct packages *ret_packages)
{
	struct scanner scanner = {text, text + size};
	struct packages packages = {0};
	struct paragraph paragraph;
	int r = 0;

	*ret_packages = packages;
	while (r == 0 && next_paragraph(&scanner, &paragraph))
		r = take_status(&packages, &paragraph);
	if (r == 0 && packages.count == 0)
		r = -EBADMSG;
	if (r < 0) {
		packages_clear(&packages);
		return r;
	}
	qsort(packages.list, packages.count, sizeof *packages.list, by_name);
	*ret_packages = packages;
	return 0;
}

void packages_clear(struct packages *packages)
{
	free(packages->list);
	*packages = (struct packages){0};
}

static size_t first_with_name(const struct packages *packages, struct debversion name)
{
	size_t low = 0, high = packages->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (compare_text(packages->list[middle].name, name) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static bool same_architecture(struct debversion a, struct debversion b)
{
	return equals(a, "all") || equals(b, "all") || compare_text(a, b) == 0;
}

size_t packages_compare(struct packages *packages, const char *text, size_t size)
{
	struct scanner scanner = {text, text + size};
	struct paragraph paragraph;
	size_t listed = 0;

	while (next_paragraph(&scanner, &paragraph)) {
		if (paragraph.name.size == 0)
			continue;
		listed++;
		for (size_t i = first_with_name(packages, paragraph.name);
			i < packages->count && compare_text(packages->list[i].name, paragraph.name) == 0;
			i++) {
			struct package *package = &packages->list[i];

			if (same_architecture(package->architecture, paragraph.architecture) &&
				debversion_compare(package->version, paragraph.version) < 0)
				package->behind = true;
		}
	}
	return listed;
}

/* "bookworm-security", "jammy-security", "jammy-infra-security"; "stretch/updates" is written stretch_updates
 * and came from security.debian.org. */
bool packages_is_security(const char *name)
{
	static const char tail[] = "-security";
	const char *suite = strstr(name, "_dists_");
	size_t size;

	if (!suite)
		return false;
	if (strncmp(name, "security.", 9) == 0)
		return true;
	suite += strlen("_dists_");
	size = strcspn(suite, "_");
	return size >= sizeof tail - 1 &&
	       strncmp(suite + size - (sizeof tail - 1), tail, sizeof tail - 1) == 0;
}

int packages_release_date(const char *text, size_t size, int64_t *ret_seconds)
{
	struct scanner scanner = {text, text + size};

	while (scanner.at < scanner.end) {
		const char *line = scanner.at;
		const char *end = memchr(line, '\n', (size_t)(scanner.end - line));
		size_t length = (size_t)((end ? end : scanner.end) - line);
		struct debversion value;
		struct tm time = {0};
		char copy[64];

		scanner.at = end ? end + 1 : scanner.end;
		if (!take_field(line, length, "Date:", 5, &value))
			continue;
		if (value.size >= sizeof copy)
			return -EBADMSG;
		memcpy(copy, value.text, value.size);
		copy[value.size] = 0;
		/* "Sat, 14 Nov 2026 10:12:01 UTC" */
		end = strptime(copy, "%a, %d %b %Y %H:%M:%S", &time);
		if (!end ||
			(strcmp(end, " UTC") != 0 && strcmp(end, " +0000") != 0 && strcmp(end, " GMT") != 0))
			return -EBADMSG;
		*ret_seconds = (int64_t)timegm(&time);
		return 0;
	}
	return -EBADMSG;
}
