/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * sudoers, polkit rules and .pkla files of any bytes; the first byte chooses. They end, and names that come
 * out are ended.
 */

#include "outing/polkit.h"
#include "outing/sudoers.h"

#include <string.h>

static int no_include(const char *path, bool folder, void *data)
{
	return 0;
}

static void read_sudoers(char *text, struct grants *grants)
{
	_cleanup_(sudoers_freep) struct sudoers *sudoers = NULL;

	if (sudoers_new(&sudoers) < 0)
		abort();
	if (sudoers_add(sudoers, text, "sudoers", no_include, NULL) == 0)
		sudoers_resolve(sudoers, grants);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct grants grants;
	_cleanup_free_ char *text = size ? strndup((const char *)data + 1, size - 1) : NULL;

	if (!text)
		return 0;
	grants.count = 0;
	grants.unclear[0] = 0;
	if (data[0] == 's')
		read_sudoers(text, &grants);
	else if (data[0] == 'r')
		polkit_parse_rules(text, "rules", &grants);
	else
		polkit_parse_pkla(text, "pkla", &grants);
	if (grants.count > GRANTS_MAX)
		abort();
	for (size_t i = 0; i < grants.count; i++)
		if (!memchr(grants.list[i].name, 0, sizeof grants.list[i].name))
			abort();
	return 0;
}
