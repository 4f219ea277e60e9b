/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * outingd: parse, set up, run, unwind. Everything else is in daemon.c and the files it names.
 *
 *   outingd --open NODE    (started by outingd, socket at descriptor 3; see node.h)
 */

#include "base/fault.h"
#include "base/log.h"
#include "daemon/daemon.h"
#include "daemon/node.h"
#include "daemon/verify-audit.h"

#include <string.h>
#include <sys/stat.h>

int main(int argc, char **argv)
{
	struct daemon daemon = DAEMON_NULL;
	struct daemon_options options;
	int r;

	log_set_program("outingd");
	if (argc == 3 && strcmp(argv[1], "--open") == 0)
		return node_child(argv[2]);
	fault_init("outingd");
	(void)umask(0027);
	if (daemon_options_parse(argc, argv, &options) < 0)
		return 2;
	if (options.quit)
		return 0;
	if (options.verify_audit)
		return verify_audit(&options);
	r = daemon_setup(&daemon, &options);
	if (r >= 0)
		r = daemon_run(&daemon);
	if (r < 0)
		log_errno(LOG_LEVEL_ERROR, r, "outingd ends");
	daemon_clear(&daemon);
	return r < 0 ? 1 : 0;
}
