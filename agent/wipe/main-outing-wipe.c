/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * outing-wipe: clears one card in place, reads all of it back and writes its certificate.
 *
 *   outing-wipe --device BLOCKDEV|IMAGE --session ID [--state DIR] [--method clear|clear-2pass]
 *               [--confirm-protected] [--keep-folders] [--json]
 *   outing-wipe --worker [--device NODE [--insertion TEXT]]      (started by a supervisor, socket at 3)
 *
 * Standalone, this process supervises: it claims the device, starts itself again as the sandboxed worker,
 * records what that proves, and is the only one that says "clear". It never reads a byte of the card.
 *
 * Exit: 0 done, 1 refused or failed (reasons on stderr), 2 wrong usage.
 */

#include "base/fault.h"
#include "base/log.h"
#include "base/wire.h"
#include "wipe/supervisor.h"
#include "wipe/worker.h"

#include <getopt.h>

#define EXIT_FAILED 1
#define EXIT_USAGE  2
#define WORKER_USER "outing-wipe"

struct arguments {
	struct supervisor_options options;
	const char *insertion;
	bool worker, help, version;
};

static const char usage[] =
	"Usage: outing-wipe --device BLOCKDEV|IMAGE --session ID [--state DIR]\n"
	"                   [--method clear|clear-2pass] [--confirm-protected] [--keep-folders] [--json]\n"
	"Clears a card whose offload session ID is complete, reads all of it back and writes a certificate.\n"
	"Exit 0: the card is clear.\n";

enum {
	OPTION_DEVICE = 256,
	OPTION_SESSION,
	OPTION_STATE,
	OPTION_METHOD,
	OPTION_CONFIRM_PROTECTED,
	OPTION_KEEP_FOLDERS,
	OPTION_JSON,
	OPTION_WORKER,
	OPTION_INSERTION,
	OPTION_HELP,
	OPTION_VERSION,
};

static const struct option long_options[] = {
	{"device", required_argument, NULL, OPTION_DEVICE},
	{"session", required_argument, NULL, OPTION_SESSION},
	{"state", required_argument, NULL, OPTION_STATE},
	{"method", required_argument, NULL, OPTION_METHOD},
	{"confirm-protected", no_argument, NULL, OPTION_CONFIRM_PROTECTED},
	{"keep-folders", no_argument, NULL, OPTION_KEEP_FOLDERS},
	{"json", no_argument, NULL, OPTION_JSON},
	{"worker", no_argument, NULL, OPTION_WORKER},
	{"insertion", required_argument, NULL, OPTION_INSERTION},
	{"help", no_argument, NULL, OPTION_HELP},
	{"version", no_argument, NULL, OPTION_VERSION},
	{NULL, 0, NULL, 0},
};

static int take_option(struct arguments *a, int option)
{
	switch (option) {
	case OPTION_DEVICE:
		a->options.device = optarg;
		return 0;
	case OPTION_SESSION:
		a->options.session = optarg;
		return 0;
	case OPTION_STATE:
		a->options.state = optarg;
		return 0;
	case OPTION_METHOD:
		return wipe_method_parse(optarg, &a->options.method);
	case OPTION_CONFIRM_PROTECTED:
		a->options.flags |= WIPE_FLAG_CONFIRM_PROTECTED;
		return 0;
	case OPTION_KEEP_FOLDERS:
		a->options.flags |= WIPE_FLAG_KEEP_FOLDERS;
		return 0;
	case OPTION_JSON:
		a->options.json = true;
		return 0;
	case OPTION_WORKER:
		a->worker = true;
		return 0;
	case OPTION_INSERTION:
		a->insertion = optarg;
		return 0;
	case OPTION_HELP:
		a->help = true;
		return 0;
	case OPTION_VERSION:
		a->version = true;
		return 0;
	default:
		return -EINVAL;
	}
}

static int parse_arguments(int argc, char **argv, struct arguments *a)
{
	int option, r = 0;

	while (r >= 0 && (option = getopt_long(argc, argv, "", long_options, NULL)) != -1)
		r = take_option(a, option);
	if (r < 0 || optind != argc)
		return -EINVAL;
	if (a->help || a->version || a->worker)
		return 0;
	return a->options.device && a->options.session && !a->insertion ? 0 : -EINVAL;
}

static int work(const struct arguments *a)
{
	struct wipe_claim claim;
	int claimed, r;

	log_set_program("outing-wipe-worker");
	fault_init("outing-wipe-worker");
	claimed = wipe_worker_claim(a->options.device, a->insertion, &claim);
	r = wipe_worker_confine(WORKER_USER);
	if (r < 0) {
		log_errno(LOG_LEVEL_ERROR, r, "the sandbox could not be built");
		return EXIT_FAILED;
	}
	r = wipe_worker_run(WIRE_FD, &claim, claimed);
	if (r < 0)
		log_errno(LOG_LEVEL_ERROR, r, "the supervisor could not be told");
	return r < 0 ? EXIT_FAILED : 0;
}

int main(int argc, char **argv)
{
	struct arguments a = {.options = {.method = WIPE_METHOD_CLEAR}};

	log_set_program("outing-wipe");
	if (parse_arguments(argc, argv, &a) < 0) {
		(void)fputs(usage, stderr);
		return EXIT_USAGE;
	}
	if (a.help || a.version) {
		(void)fputs(a.help ? usage : "outing-wipe " OUTING_VERSION "\n", stdout);
		return 0;
	}
	if (a.worker)
		return work(&a);
	fault_init("outing-wipe");
	return supervisor_run(&a.options) == 0 ? 0 : EXIT_FAILED;
}
