/* SPDX-License-Identifier: GPL-3.0-or-later */

/* The command line of outingd. See options.h. */

#include "daemon/options.h"

#include <getopt.h>
#include <string.h>

static const char help[] =
	"Usage: outingd [OPTION]...\n"
	"Takes pictures off registered cameras, proves the copies and clears the cards.\n"
	"Started by systemd; people use outingctl.\n"
	"\n"
	"  --config FILE        configuration (default " OUTING_SYSCONFDIR "/outing-guard.conf)\n"
	"  --state DIR          register and sessions (default " OUTING_STATEDIR ")\n"
	"  --log DIR            audit log (default " OUTING_LOGDIR ")\n"
	"  --hooks DIR          event hooks (default " OUTING_SYSCONFDIR "/hooks.d)\n"
	"  --libexec DIR        worker programs (default " OUTING_LIBEXECDIR ")\n"
	"  --bus-address ADDR   another bus than the system's\n"
	"  --no-udev            look at no devices\n"
	"  --verify-audit       check the audit log, print the result as JSON and end;\n"
	"                       0 when it is whole, 1 when it is not\n"
	"  --help, --version\n";

enum {
	OPTION_CONFIG = 256,
	OPTION_STATE,
	OPTION_LOG,
	OPTION_HOOKS,
	OPTION_LIBEXEC,
	OPTION_BUS,
	OPTION_NO_UDEV,
	OPTION_VERIFY_AUDIT,
	OPTION_FAKE_DEVICES,
	OPTION_VAULT_CHECK,
	OPTION_HELP,
	OPTION_VERSION,
};

static const struct option known[] = {
	{"config", required_argument, NULL, OPTION_CONFIG},
	{"state", required_argument, NULL, OPTION_STATE},
	{"log", required_argument, NULL, OPTION_LOG},
	{"hooks", required_argument, NULL, OPTION_HOOKS},
	{"libexec", required_argument, NULL, OPTION_LIBEXEC},
	{"bus-address", required_argument, NULL, OPTION_BUS},
	{"no-udev", no_argument, NULL, OPTION_NO_UDEV},
	{"verify-audit", no_argument, NULL, OPTION_VERIFY_AUDIT},
#if defined(OUTING_FAULTS) || defined(OUTING_SANITIZED)
	{"fake-devices", required_argument, NULL, OPTION_FAKE_DEVICES},
	{"vault-check", required_argument, NULL, OPTION_VAULT_CHECK},
#endif
	{"help", no_argument, NULL, OPTION_HELP},
	{"version", no_argument, NULL, OPTION_VERSION},
	{NULL, 0, NULL, 0},
};

static bool take_path(int option, struct daemon_options *o)
{
	switch (option) {
	case OPTION_CONFIG:
		o->config_file = optarg;
		return true;
	case OPTION_STATE:
		o->state_dir = optarg;
		return true;
	case OPTION_LOG:
		o->log_dir = optarg;
		return true;
	case OPTION_HOOKS:
		o->hooks_dir = optarg;
		return true;
	case OPTION_LIBEXEC:
		o->libexec_dir = optarg;
		return true;
	case OPTION_BUS:
		o->bus_address = optarg;
		return true;
	case OPTION_FAKE_DEVICES:
		o->fake_devices = optarg;
		o->use_udev = false;
		return true;
	default:
		return false;
	}
}

static int take(int option, struct daemon_options *o)
{
	if (take_path(option, o))
		return 0;
	switch (option) {
	case OPTION_NO_UDEV:
		o->use_udev = false;
		return 0;
	case OPTION_VERIFY_AUDIT:
		o->verify_audit = true;
		return 0;
	case OPTION_VAULT_CHECK:
		o->vault_check = strcmp(optarg, "off") != 0;
		return 0;
	case OPTION_HELP:
		(void)fputs(help, stdout);
		o->quit = true;
		return 0;
	case OPTION_VERSION:
		(void)puts("outingd " OUTING_VERSION);
		o->quit = true;
		return 0;
	default:
		return -EINVAL;
	}
}

static int join(char *path, const char *directory, const char *name)
{
	int n = snprintf(path, PATH_MAX, "%s/%s", directory, name);

	return n < 0 || n >= PATH_MAX ? -EINVAL : 0;
}

int daemon_options_parse(int argc, char **argv, struct daemon_options *ret_options)
{
	struct daemon_options o = {.state_dir = OUTING_STATEDIR,
		.log_dir = OUTING_LOGDIR,
		.config_file = OUTING_SYSCONFDIR "/outing-guard.conf",
		.hooks_dir = OUTING_SYSCONFDIR "/hooks.d",
		.libexec_dir = OUTING_LIBEXECDIR,
		.use_udev = true,
		.vault_check = true};
	int c, r = 0;

	while (r == 0 && !o.quit && (c = getopt_long(argc, argv, "", known, NULL)) != -1)
		r = take(c, &o);
	if (r < 0 || (!o.quit && optind < argc)) {
		(void)fputs("outingd: wrong usage; see outingd --help\n", stderr);
		return -EINVAL;
	}
	if (join(o.audit_path, o.log_dir, "audit.jsonl") < 0 ||
		join(o.state_path, o.state_dir, "state.db") < 0)
		return -EINVAL;
	*ret_options = o;
	return 0;
}
