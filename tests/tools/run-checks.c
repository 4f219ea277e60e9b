/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * Runs the checks of this computer's state, on the running one or on a folder that holds another, and prints
 * their JSON:
 *
 *   run-checks [ROOT [CONFIG [NOW [REVIEWED [STATE_DIR]]]]]
 *
 * ROOT "" is the running computer, CONFIG "" the defaults, times are Unix seconds, NOW 0 is the clock's,
 * REVIEWED 0 never. Without STATE_DIR no passwords are tried. Prints how long it took to stderr.
 */

#include "base/clock.h"
#include "base/number.h"
#include "outing/checks.h"

#include <string.h>

static int64_t argument_time(int argc, char **argv, int i)
{
	uint64_t value;

	if (argc <= i)
		return 0;
	if (number_parse_u64(argv[i], &value) < 0 || value > INT64_MAX)
		exit(2);
	return (int64_t)value;
}

int main(int argc, char **argv)
{
	_cleanup_js_ struct js *array = NULL;
	_cleanup_free_ char *text = NULL;
	struct config config;
	struct config_errors errors;
	struct checks_input input = {.root = argc > 1 ? argv[1] : "", .config = &config};
	uint64_t start;

	config_defaults(&config);
	if (argc > 2 && argv[2][0] && config_load(argv[2], &config, &errors) < 0) {
		text = config_errors_text(&errors);
		(void)fprintf(stderr, "%s\n", text ? text : "run-checks: out of memory");
		return 2;
	}
	input.now = argument_time(argc, argv, 3);
	if (input.now == 0)
		input.now = clock_now();
	input.passwords_reviewed = argument_time(argc, argv, 4);
	input.state_directory = argc > 5 ? argv[5] : NULL;
	start = clock_monotonic_ns();
	if (checks_run(&input, &array) < 0 || js_text(array, true, &text) < 0)
		return 3;
	(void)fprintf(stderr, "%llu ms\n", (unsigned long long)((clock_monotonic_ns() - start) / 1000000));
	(void)puts(text);
	return 0;
}
