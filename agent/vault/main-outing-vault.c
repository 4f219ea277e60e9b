/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * outing-vault: make, open, close, verify the vault, and say whether a folder's storage is encrypted.
 *
 * Run by hand, by outing-vault.service at boot, and by the daemon as a worker (--worker: messages on
 * descriptor 3, see vault/protocol.h). It never deletes or overwrites a photo, a container or a key.
 */

#include "base/fault.h"
#include "base/log.h"
#include "base/number.h"
#include "vault/run.h"

#include <getopt.h>
#include <string.h>

#define EXIT_USAGE 2

enum choice {
	OPTION_JSON = 256,
	OPTION_WORKER,
	OPTION_VAULT,
	OPTION_SESSION,
	OPTION_STATE,
	OPTION_SIZE,
	OPTION_PATH,
	OPTION_MOUNTPOINT,
	OPTION_CREDENTIAL,
	OPTION_MAPPING,
	OPTION_VAULT_CHECK,
	OPTION_HELP,
	OPTION_VERSION,
};

static const struct option options_table[] = {
	{"json", no_argument, NULL, OPTION_JSON},
	{"worker", no_argument, NULL, OPTION_WORKER},
	{"vault", required_argument, NULL, OPTION_VAULT},
	{"session", required_argument, NULL, OPTION_SESSION},
	{"state", required_argument, NULL, OPTION_STATE},
	{"size", required_argument, NULL, OPTION_SIZE},
	{"path", required_argument, NULL, OPTION_PATH},
	{"mountpoint", required_argument, NULL, OPTION_MOUNTPOINT},
	{"credential", required_argument, NULL, OPTION_CREDENTIAL},
	{"mapping", required_argument, NULL, OPTION_MAPPING},
#if defined(OUTING_FAULTS) || defined(OUTING_SANITIZED)
	{"vault-check", required_argument, NULL, OPTION_VAULT_CHECK},
#endif
	{"help", no_argument, NULL, OPTION_HELP},
	{"version", no_argument, NULL, OPTION_VERSION},
	{0},
};

static const char usage_text[] =
	"outing-vault create --size SIZE    make an encrypted container and open it as the vault\n"
	"outing-vault open | close          the container, with its sealed key\n"
	"outing-vault status [--json]       what there is\n"
	"outing-vault init --vault DIR      make an empty folder on encrypted storage a vault\n"
	"outing-vault verify [--vault DIR] [--session NAME/TIME] [--state DIR] [--json]\n"
	"                                   read everything again and compare it with the manifests\n"
	"outing-vault storage --vault DIR [--json]\n"
	"                                   is what lies there encrypted?\n"
	"\n"
	"  --path FILE, --mountpoint DIR, --credential FILE, --mapping NAME\n"
	"                                   another container than " CONTAINER_PATH "\n"
	"  --worker                         speak to the agent on descriptor 3\n";

static int usage(const char *why, const char *what)
{
	log_error("%s%s. Try --help", why, what);
	return EXIT_USAGE;
}

static int set_mode(struct run_options *options, enum output_mode mode)
{
	if (options->mode != OUTPUT_TEXT)
		return usage("--json and --worker exclude each other", "");
	options->mode = mode;
	return 0;
}

static int set_size(struct run_options *options, const char *text)
{
	if (number_parse_size(text, &options->size) < 0)
		return usage("Not a size (like 500M, 100G or 2T): ", text);
	return 0;
}

static int set_vault_check(struct run_options *options, const char *text)
{
	if (strcmp(text, "off") != 0)
		return usage("--vault-check takes only: ", "off");
	options->check_storage = false;
	return 0;
}

/* 0 to go on, else the exit status. */
static int apply(struct run_options *options, int which, const char *value)
{
	switch (which) {
	case OPTION_JSON:
		return set_mode(options, OUTPUT_JSON);
	case OPTION_WORKER:
		return set_mode(options, OUTPUT_WIRE);
	case OPTION_VAULT:
		options->vault = value;
		return 0;
	case OPTION_SESSION:
		options->session = value;
		return 0;
	case OPTION_STATE:
		options->state = value;
		return 0;
	case OPTION_SIZE:
		return set_size(options, value);
	case OPTION_PATH:
		options->container.path = value;
		return 0;
	case OPTION_MOUNTPOINT:
		options->container.mountpoint = value;
		return 0;
	case OPTION_CREDENTIAL:
		options->container.credential = value;
		return 0;
	case OPTION_MAPPING:
		options->container.mapping = value;
		return 0;
	case OPTION_VAULT_CHECK:
		return set_vault_check(options, value);
	default:
		return usage("Unknown option or missing value", "");
	}
}

static const struct command {
	const char *name;
	int (*run)(const struct run_options *options);
	bool needs_vault, needs_size;
} commands[] = {
	{"create", run_create, false, true},
	{"open", run_open, false, false},
	{"close", run_close, false, false},
	{"status", run_status, false, false},
	{"init", run_init, true, false},
	{"verify", run_verify, false, false},
	{"storage", run_storage, true, false},
};

static int run_command(const char *name, struct run_options *options)
{
	for (size_t i = 0; i < ELEMENTS(commands); i++) {
		const struct command *command = &commands[i];

		if (strcmp(command->name, name) != 0)
			continue;
		if (command->needs_vault && !options->vault)
			return usage("Say which folder, with --vault DIR, for: ", name);
		if (command->needs_size && options->size == 0)
			return usage("Say how large, with --size SIZE, for: ", name);
		if (!options->vault)
			options->vault = options->container.mountpoint;
		return command->run(options);
	}
	return usage("No such command: ", name);
}

int main(int argc, char **argv)
{
	struct run_options options = {.container = CONTAINER_DEFAULT, .check_storage = true};
	int which, r;

	log_set_program("outing-vault");
	fault_init("outing-vault");
	opterr = 0;
	while ((which = getopt_long(argc, argv, "", options_table, NULL)) >= 0) {
		if (which == OPTION_HELP)
			return fputs(usage_text, stdout) == EOF;
		if (which == OPTION_VERSION)
			return puts("outing-vault " OUTING_VERSION) == EOF;
		r = apply(&options, which, optarg);
		if (r != 0)
			return r;
	}
	if (optind + 1 != argc)
		return usage("Say one command", "");
	return run_command(argv[optind], &options);
}
