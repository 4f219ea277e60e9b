/* SPDX-License-Identifier: GPL-3.0-or-later */

/* One pass over the bytes; each unit (a character or one escape) is kept whole when a name is cut. See
 * name.h. */

#include "vault/name.h"

#include "base/hex.h"
#include "base/sha512.h"
#include "base/utf8.h"

#include <string.h>

#define HASH_BYTES 8
#define TAIL_SIZE  (1 + 2 * HASH_BYTES) /* '~' and digits */

struct builder {
	char text[VAULT_NAME];
	size_t size;
	size_t cut; /* end of the last unit after which a tail still fits */
	bool too_long;
};

static void put(struct builder *builder, const char *unit, size_t size)
{
	if (builder->too_long || builder->size + size > NAME_MAX) {
		builder->too_long = true;
		return;
	}
	memcpy(builder->text + builder->size, unit, size);
	builder->size += size;
	if (builder->size <= NAME_MAX - TAIL_SIZE)
		builder->cut = builder->size;
}

static void put_escaped(struct builder *builder, const char *bytes, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		char unit[4];

		(void)snprintf(unit, sizeof unit, "%%%02X", (unsigned)(unsigned char)bytes[i]);
		put(builder, unit, 3);
	}
}

static bool upper_hex(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'F');
}

/* Characters that XML 1.0 forbids or that act on a terminal. */
static bool forbidden(const char *bytes, size_t length)
{
	const unsigned char *b = (const unsigned char *)bytes;

	if (length == 1)
		return b[0] < 0x20 || b[0] == 0x7f;
	if (length == 2)
		return b[0] == 0xc2 && b[1] < 0xa0;
	return length == 3 && b[0] == 0xef && b[1] == 0xbf && b[2] >= 0xbe;
}

static bool reads_as_escape(const char *bytes, size_t size)
{
	return size >= 3 && bytes[0] == '%' && upper_hex(bytes[1]) && upper_hex(bytes[2]);
}

static bool reserved(const char *raw, size_t size)
{
	static const char *const names[] = {"ascmhl", ".DS_Store"};

	for (size_t i = 0; i < ELEMENTS(names); i++)
		if (strlen(names[i]) == size && memcmp(names[i], raw, size) == 0)
			return true;
	return false;
}

static bool usable(const char *raw, size_t size)
{
	if (size == 0 || memchr(raw, 0, size))
		return false;
	return raw[0] != '.' || (size > 1 && (raw[1] != '.' || size > 2));
}

static int build(const char *raw, size_t size, bool escape_first, char ret_name[static VAULT_NAME])
{
	struct builder builder = {0};
	uint8_t digest[SHA512_SIZE];
	size_t at = 0;
	int r;

	if (escape_first)
		put_escaped(&builder, raw, at = 1);
	while (at < size) {
		size_t length = utf8_character(raw + at, size - at);

		if (length == 0 || forbidden(raw + at, length) || raw[at] == '/' ||
			reads_as_escape(raw + at, size - at)) {
			length = length ? length : 1;
			put_escaped(&builder, raw + at, length);
		} else {
			put(&builder, raw + at, length);
		}
		at += length;
	}
	if (builder.too_long) {
		r = sha512_of(raw, size, digest);
		if (r < 0)
			return r;
		builder.text[builder.cut] = '~';
		(void)hex_encode(digest, HASH_BYTES, builder.text + builder.cut + 1);
	}
	memcpy(ret_name, builder.text, sizeof builder.text);
	return 0;
}

int vault_name_store(const char *raw, size_t size, char ret_name[static VAULT_NAME])
{
	if (!usable(raw, size) || memchr(raw, '/', size))
		return -EINVAL;
	return build(raw, size, reserved(raw, size), ret_name);
}

int vault_name_device(const char *device, char ret_name[static VAULT_NAME])
{
	size_t size = strlen(device);

	if (size == 0)
		return -EINVAL;
	return build(device, size, device[0] == '.' || reserved(device, size), ret_name);
}

int vault_path_store(const char *raw, size_t size, char **ret_path)
{
	_cleanup_free_ char *path = NULL;
	size_t used = 0;

	/* No name grows more than threefold. */
	if (size == 0 || size > (SIZE_MAX - 1) / 3)
		return -EINVAL;
	path = malloc(size * 3 + 1);
	if (!path)
		return -ENOMEM;
	for (size_t at = 0;;) {
		const char *slash = memchr(raw + at, '/', size - at);
		size_t length = slash ? (size_t)(slash - raw) - at : size - at;
		char name[VAULT_NAME];
		int r = vault_name_store(raw + at, length, name);

		if (r < 0)
			return r;
		memcpy(path + used, name, strlen(name));
		used += strlen(name);
		if (!slash)
			break;
		path[used++] = '/';
		at += length + 1;
	}
	path[used] = 0;
	*ret_path = TAKE_PTR(path);
	return 0;
}

/* Where the extension begins: the last '.', if there is a stem before it and it is short. */
static size_t stem_size(const char *name)
{
	const char *dot = strrchr(name, '.');

	return dot && dot != name && strlen(dot) <= 16 ? (size_t)(dot - name) : strlen(name);
}

/* Shortens to at most max bytes without cutting a character or an escape in two. */
static size_t whole_units(const char *text, size_t size, size_t max)
{
	size_t end = 0;

	while (end < size) {
		size_t length =
			reads_as_escape(text + end, size - end) ? 3 : utf8_character(text + end, size - end);
		length = length ? length : 1;
		if (end + length > max)
			break;
		end += length;
	}
	return end;
}

int vault_name_variant(const char *name, unsigned number, char ret_name[static VAULT_NAME])
{
	size_t stem = stem_size(name);
	const char *extension = name + stem;
	char suffix[16];
	int n = snprintf(suffix, sizeof suffix, "~%u", number);
	size_t room = NAME_MAX - (size_t)n - strlen(extension);

	stem = whole_units(name, stem, room);
	n = snprintf(ret_name, VAULT_NAME, "%.*s%s%s", (int)stem, name, suffix, extension);
	return n > 0 && n < VAULT_NAME ? 0 : -ENAMETOOLONG;
}

bool vault_name_safe(const char *name, size_t size)
{
	if (size > NAME_MAX || !usable(name, size) || !utf8_valid(name, size) || memchr(name, '/', size))
		return false;
	for (size_t at = 0; at < size;) {
		size_t length = utf8_character(name + at, size - at);

		if (forbidden(name + at, length))
			return false;
		at += length;
	}
	return true;
}
