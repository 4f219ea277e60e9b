/* SPDX-License-Identifier: GPL-3.0-or-later */

/* The callbacks of a struct sysroot over a folder. What was not recorded is an error, never an empty answer.
 */

#include "encryption/recorded.h"

#include "base/fd.h"
#include "base/json.h"
#include "base/number.h"
#include "encryption/facts.h"

#include <fcntl.h>
#include <string.h>

#define TABLE_MAX (16U << 20)

struct recorded {
	struct sysroot root;
	struct js *facts;
	char folder[SYSROOT_PATH];
};

/* "0 2048 linear 8:2 0" */
static int parse_line(char *line, struct dmtable *table)
{
	struct dmtable_target target;
	char *start = line, *size, *type, *arguments;
	uint64_t start_sector, sectors;

	size = strchr(start, ' ');
	type = size ? strchr(size + 1, ' ') : NULL;
	if (!type)
		return -EINVAL;
	*size++ = 0;
	*type++ = 0;
	arguments = type + strcspn(type, " ");
	if (*arguments)
		*arguments++ = 0;
	if (number_parse_u64(start, &start_sector) < 0 || number_parse_u64(size, &sectors) < 0)
		return -EINVAL;
	dmtable_parse(start_sector, sectors, type, arguments, &target);
	return dmtable_add(table, &target);
}

static int recorded_table(const struct sysroot *root, struct sysroot_device device, struct dmtable *ret_table)
{
	_cleanup_free_ char *text = NULL;
	struct dmtable table = {0};
	char path[SYSROOT_PATH], *rest, *line;
	int r;

	if ((size_t)snprintf(path, sizeof path, "%s/dm/%u:%u", root->prefix, device.major, device.minor) >=
		sizeof path)
		return -ENAMETOOLONG;
	r = fd_read_file_at(AT_FDCWD, path, TABLE_MAX, &text, NULL);
	rest = text;
	while (r >= 0 && (line = strsep(&rest, "\n")))
		if (line[0])
			r = parse_line(line, &table);
	if (r < 0) {
		dmtable_clear(&table);
		return r;
	}
	*ret_table = table;
	return 0;
}

static int recorded_place(
	const struct sysroot *root, const char *path, const char *loop, struct sysroot_place *ret_place)
{
	const struct recorded *recorded = root->data;
	const struct js *place = js_get(js_get(recorded->facts, "places"), path);

	return place ? facts_parse_place(place, ret_place) : -ENOENT;
}

static int recorded_content(const struct sysroot *root, const struct content_wish *wishes, size_t count,
	struct content *ret_contents)
{
	const struct recorded *recorded = root->data;
	const struct js *contents = js_get(recorded->facts, "contents");

	for (size_t i = 0; i < count; i++) {
		const struct js *json;
		char number[32];

		(void)snprintf(
			number, sizeof number, "%u:%u", wishes[i].number.major, wishes[i].number.minor);
		json = js_get(contents, number);
		if (!json)
			ret_contents[i] = (struct content){.error = -ENODATA};
		else if (facts_parse_content(json, &ret_contents[i]) < 0)
			ret_contents[i] = (struct content){.error = -EBADMSG};
	}
	return 0;
}

static int load_facts(struct recorded *recorded)
{
	_cleanup_free_ char *text = NULL;
	char path[SYSROOT_PATH + sizeof RECORDED_FACTS + 1];
	uint64_t version;
	size_t size;
	int r;

	(void)snprintf(path, sizeof path, "%s/" RECORDED_FACTS, recorded->folder);
	r = fd_read_file_at(AT_FDCWD, path, RECORDED_FACTS_MAX, &text, &size);
	if (r >= 0)
		r = js_parse(text, size, &recorded->facts);
	if (r >= 0 && (js_get_u64(recorded->facts, "version", &version) < 0 || version != RECORDED_VERSION))
		r = -EINVAL;
	return r;
}

int recorded_open(const char *folder, struct recorded **ret_recorded)
{
	_cleanup_(recorded_freep) struct recorded *recorded = calloc(1, sizeof *recorded);
	int r;

	if (!recorded)
		return -ENOMEM;
	if ((size_t)snprintf(recorded->folder, sizeof recorded->folder, "%s", folder) >=
		sizeof recorded->folder)
		return -ENAMETOOLONG;
	r = load_facts(recorded);
	if (r < 0)
		return r;
	recorded->root = (struct sysroot){.prefix = recorded->folder,
		.table = recorded_table,
		.place = recorded_place,
		.content = recorded_content,
		.data = recorded};
	*ret_recorded = TAKE_PTR(recorded);
	return 0;
}

struct recorded *recorded_free(struct recorded *recorded)
{
	if (recorded) {
		(void)js_free(recorded->facts);
		free(recorded);
	}
	return NULL;
}

const struct sysroot *recorded_root(const struct recorded *recorded)
{
	return &recorded->root;
}
