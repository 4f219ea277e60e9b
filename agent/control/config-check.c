/* SPDX-License-Identifier: GPL-3.0-or-later */

/* outingctl config check [FILE]: says every mistake at once. Needs no agent and no rights but to read the
 * file. */

#include "control/text.h"
#include "control/verbs.h"
#include "policy/config.h"

#include <string.h>

static void put_mistakes(const struct control *control, const struct config_errors *errors)
{
	_cleanup_free_ char *text = config_errors_text(errors);
	char *rest = text, *line;

	while (rest && (line = strsep(&rest, "\n")))
		if (*line)
			text_wrap(stderr, &control->notes, 0, 4, line);
}

int verb_config_check(struct control *control)
{
	const char *file = control->operand ? control->operand : CONFIG_FILE;
	struct config_errors errors;
	struct config config;
	int r;

	r = config_load(file, &config, &errors);
	if (r < 0 && errors.count == 0)
		return r;
	if (r < 0) {
		put_mistakes(control, &errors);
		return CONTROL_REFUSED;
	}
	printf("%s has no mistakes.\n", file);
	return CONTROL_DONE;
}
