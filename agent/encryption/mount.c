/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Fields are separated by single spaces; bytes that would break that are octal escapes. */

#include "encryption/mount.h"

#include "base/number.h"

#include <string.h>

static bool octal(char c)
{
	return c >= '0' && c <= '7';
}

/* Copies one field and undoes the escapes; what does not fit is cut. */
void mount_unescape(const char *field, size_t size, char *ret_text, size_t room)
{
	size_t used = 0;

	for (size_t i = 0; i < size && used + 1 < room; i++) {
		const char *f = field + i;

		if (*f == '\\' && i + 3 < size && octal(f[1]) && octal(f[2]) && octal(f[3])) {
			ret_text[used++] = (char)((f[1] - '0') << 6 | (f[2] - '0') << 3 | (f[3] - '0'));
			i += 3;
		} else {
			ret_text[used++] = *f;
		}
	}
	ret_text[used] = 0;
}

static const char *next_field(const char *at, const char *end, size_t *ret_size)
{
	const char *space = memchr(at, ' ', (size_t)(end - at));

	*ret_size = (size_t)((space ? space : end) - at);
	return space ? space + 1 : end;
}

static bool read_id(const char *line, const char *end, uint64_t *ret_id)
{
	char text[24];
	size_t size;

	(void)next_field(line, end, &size);
	mount_unescape(line, size, text, sizeof text);
	return number_parse_u64(text, ret_id) == 0;
}

/* id parent major:minor root point options [optional...] - type source options */
static int parse_line(const char *line, const char *end, struct mount *ret_mount)
{
	struct mount mount = {0};
	char device[32];
	const char *at = line;
	size_t size;

	if (!read_id(line, end, &mount.id))
		return -EBADMSG;
	for (unsigned field = 0; at < end; field++) {
		const char *start = at;

		at = next_field(at, end, &size);
		if (field == 2) {
			mount_unescape(start, size, device, sizeof device);
			if (sysroot_parse_device(device, &mount.device) < 0)
				return -EBADMSG;
		} else if (field == 3) {
			mount.whole = size == 1 && *start == '/';
		} else if (field == 4) {
			mount_unescape(start, size, mount.point, sizeof mount.point);
		} else if (field >= 6 && size == 1 && *start == '-') {
			break;
		}
	}
	if (at >= end)
		return -EBADMSG;
	line = at;
	at = next_field(at, end, &size);
	mount_unescape(line, size, mount.type, sizeof mount.type);
	line = at;
	at = next_field(at, end, &size);
	mount_unescape(line, size, mount.source, sizeof mount.source);
	mount_unescape(at, (size_t)(end - at), mount.options, sizeof mount.options);
	*ret_mount = mount;
	return 0;
}

int mount_find(const char *text, uint64_t id, struct mount *ret_mount)
{
	while (*text) {
		const char *end = text + strcspn(text, "\n");
		uint64_t found;

		if (read_id(text, end, &found) && found == id)
			return parse_line(text, end, ret_mount);
		text = *end ? end + 1 : end;
	}
	return -ENOENT;
}

int mount_next(const char **text, struct mount *ret_mount)
{
	const char *line = *text, *end = line + strcspn(line, "\n");

	if (!*line)
		return -ENOENT;
	*text = *end ? end + 1 : end;
	return parse_line(line, end, ret_mount);
}

void mount_option(const struct mount *mount, const char *name, char *ret_value, size_t size)
{
	size_t name_size = strlen(name);

	ret_value[0] = 0;
	for (const char *at = mount->options; *at;) {
		size_t length = strcspn(at, ",");

		if (length > name_size && memcmp(at, name, name_size) == 0 && at[name_size] == '=')
			mount_unescape(at + name_size + 1, length - name_size - 1, ret_value, size);
		at += length;
		if (*at == ',')
			at++;
	}
}

bool mount_has_option(const struct mount *mount, const char *name)
{
	size_t size = strlen(name);

	for (const char *at = mount->options; *at;) {
		size_t length = strcspn(at, ",");

		if (length >= size && memcmp(at, name, size) == 0 && (at[size] == '=' || length == size))
			return true;
		at += length;
		if (*at == ',')
			at++;
	}
	return false;
}
