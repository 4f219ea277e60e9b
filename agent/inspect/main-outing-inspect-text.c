/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * outing-inspect-text: a pool's keeper of workers that read texts and pictures, and have no reader for
 * documents and archives. Each file costs a fork, and what a fork costs is what is mapped: the libraries for
 * PDF and archives are five sixths of it. What needs them is handed back for outing-inspect, as a whole.
 *
 * All else is outing-inspect's (inspect/worker.h); it must never answer for what it could not open.
 */

#include "base/log.h"
#include "base/wire.h"
#include "inspect/worker.h"

#include <string.h>

#define EXIT_USAGE     2
#define EXIT_COULD_NOT 3

int main(int argc, char **argv)
{
	int r;

	log_set_program("outing-inspect-text");
	if (argc != 2 || strcmp(argv[1], "--worker") != 0) {
		log_error("It is started by outing-gate only; try outing-inspect");
		return EXIT_USAGE;
	}
	r = inspect_keeper_run(WIRE_FD, NULL);
	if (r < 0)
		log_errno(LOG_LEVEL_ERROR, r, "The pool could not be served");
	return r < 0 ? EXIT_COULD_NOT : 0;
}
