/* SPDX-License-Identifier: GPL-3.0-or-later */

/* A configuration of any bytes is either taken whole, with every value in its range, or refused with a
 * reason. */

#include "policy/config.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
const char *__lsan_default_suppressions(void);

/* libconfig 1.5 forgets the piece of a string that it was reading when it meets a syntax error: some bytes
 * for each refused file, in a library that is not ours. */
const char *__lsan_default_suppressions(void)
{
	return "leak:libconfig.so\n";
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char value[CONFIG_VALUE_SIZE];
	struct config_errors errors;
	struct config config;
	int r = config_parse("fuzz.conf", (const char *)data, size, &config, &errors);

	if (r == 0) {
		if (errors.count || config.audit.retention_days < 31 || config.vault.path[0] != '/' ||
			strcmp(config.hooks.user, "root") == 0 || config.hooks.timeout_seconds < 1)
			abort();
		for (size_t i = 0; config_key(i); i++)
			if (!config_value(&config, i, value))
				abort();
	} else {
		_cleanup_free_ char *text = config_errors_text(&errors);

		if (r != -ENOMEM && (!errors.count || !text))
			abort();
	}
	return 0;
}
