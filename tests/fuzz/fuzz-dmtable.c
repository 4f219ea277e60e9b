/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * Table lines, mount lines and names of any bytes. A first byte chooses. Invariants: a crypt target is strong
 * only with a cipher name in its text and a key of at least 128 bits, stored names are safe and reversible in
 * length, mounts are found only under their own number, a line that is written again means the same and holds
 * nothing but numbers, the type and the cipher.
 */

#include "encryption/dmtable.h"
#include "encryption/mount.h"
#include "vault/name.h"

#include <string.h>

static void written_again(const struct dmtable_target *target)
{
	struct dmtable_target again;
	char line[4096];
	int size = dmtable_format(target, line, sizeof line);
	size_t head = strlen("0 8 ") + strlen(target->type);

	if (size < 0 || (size_t)size >= sizeof line)
		abort();
	/* The type of a target is one word for the kernel, and is cut here. */
	if (strchr(target->type, ' ') || target->kind == DMTABLE_UNKNOWN)
		return;
	dmtable_parse(0, 8, target->type, line[head] ? line + head + 1 : "", &again);
	if (again.kind != target->kind || again.device_count != target->device_count ||
		(again.kind == DMTABLE_CRYPT &&
			(again.strength != target->strength || strcmp(again.cipher, target->cipher) != 0)) ||
		memcmp(again.devices, target->devices, sizeof again.devices) != 0 ||
		memcmp(again.offsets, target->offsets, sizeof again.offsets) != 0)
		abort();
}

static void table_line(const char *text)
{
	const char *space = strchr(text, ' ');
	struct dmtable_target target;
	char type[64];

	if (!space || (size_t)(space - text) >= sizeof type)
		return;
	memcpy(type, text, (size_t)(space - text));
	type[space - text] = 0;
	dmtable_parse(0, 8, type, space + 1, &target);
	if (target.device_count > DMTABLE_DEVICES_MAX || !memchr(target.type, 0, sizeof target.type))
		abort();
	written_again(&target);
	if (target.kind != DMTABLE_CRYPT)
		return;
	if (target.device_count != 1 || !memchr(target.cipher, 0, sizeof target.cipher))
		abort();
	if (target.strength == DMTABLE_STRONG &&
		(target.key_bits < 128 || strstr(target.cipher, "cipher_null") || target.weakness[0]))
		abort();
}

static void mount_table(const char *text)
{
	struct mount *mount = calloc(1, sizeof *mount);

	for (uint64_t id = 0; mount && id < 40; id++)
		if (mount_find(text, id, mount) == 0 && mount->id != id)
			abort();
	for (const char *rest = text; mount;) {
		const char *before = rest;
		char value[64];
		int r = mount_next(&rest, mount);

		if (r == -ENOENT)
			break;
		if (rest <= before)
			abort();
		mount_option(mount, "logdev", value, sizeof value);
		if (r == 0 && value[0] && !mount_has_option(mount, "logdev"))
			abort();
	}
	free(mount);
}

static void stored_name(const char *text, size_t size)
{
	char name[VAULT_NAME], variant[VAULT_NAME];

	if (vault_name_store(text, size, name) == 0 && !vault_name_safe(name, strlen(name)))
		abort();
	if (vault_name_store(text, size, name) == 0 &&
		(vault_name_variant(name, 2, variant) < 0 || !vault_name_safe(variant, strlen(variant))))
		abort();
	if (strlen(text) > 0 && vault_name_device(text, name) == 0 && !vault_name_safe(name, strlen(name)))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_free_ char *text = malloc(size + 1);

	if (!text || size == 0)
		return 0;
	memcpy(text, data + 1, size - 1);
	text[size - 1] = 0;
	switch (data[0] % 3) {
	case 0:
		table_line(text);
		break;
	case 1:
		mount_table(text);
		break;
	default:
		stored_name(text, size - 1);
		break;
	}
	return 0;
}
