/* SPDX-License-Identifier: GPL-3.0-or-later */

/* The command line of outingd. See options.h. */

#include "daemon/options.h"

#include "base/number.h"
#include "base/words.h"
#include "gate/service.h"

#include <string.h>

#define JUDGE_SOCKET     "/run/outing-guard/judge.sock"
#define JUDGE_TIMEOUT_MS 120000
#define GATE_REST_MS     1000

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
	"  --judge-socket PATH  where outing-judge answers (default " JUDGE_SOCKET ")\n"
	"  --gate-socket PATH   where gates are opened (default " GATE_SOCKET ")\n"
	"  --no-udev            look at no devices\n"
	"  --verify-audit       check the audit log, print the result as JSON and end;\n"
	"                       0 when it is whole, 1 when it is not\n"
	"  --help, --version\n";

struct request {
	const char *vault_check, *judge_timeout, *gate_rest;
	bool no_udev, help, version;
};

static int read_arguments(
	int argc, char **argv, struct daemon_options *o, struct request *q, char **ret_problem)
{
	const struct word known[] = {
		{"--config", .text = &o->config_file},
		{"--state", .text = &o->state_dir},
		{"--log", .text = &o->log_dir},
		{"--hooks", .text = &o->hooks_dir},
		{"--libexec", .text = &o->libexec_dir},
		{"--bus-address", .text = &o->bus_address},
		{"--judge-socket", .text = &o->judge_socket},
		{"--gate-socket", .text = &o->gate_socket},
		{"--no-udev", .flag = &q->no_udev},
		{"--verify-audit", .flag = &o->verify_audit},
#if defined(OUTING_FAULTS) || defined(OUTING_SANITIZED)
		{"--fake-devices", .text = &o->fake_devices},
		{"--vault-check", .text = &q->vault_check},
		{"--judge-timeout", .text = &q->judge_timeout},
		{"--gate-rest", .text = &q->gate_rest},
		{"--fake-person", .text = &o->fake_person},
#endif
		{"--help", .flag = &q->help},
		{"--version", .flag = &q->version},
	};
	const struct words_table table = {known, ELEMENTS(known), .last_counts = true};
	struct words words;
	int r = words_parse(argc, argv, &table, &words, ret_problem);

	if (r == 0 && q->judge_timeout && number_parse_u64(q->judge_timeout, &o->judge_timeout_ms) < 0)
		r = words_problem(ret_problem, "--judge-timeout takes milliseconds");
	if (r == 0 && q->gate_rest && number_parse_u64(q->gate_rest, &o->gate_rest_ms) < 0)
		r = words_problem(ret_problem, "--gate-rest takes milliseconds");
	return r;
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
		.judge_socket = JUDGE_SOCKET,
		.judge_timeout_ms = JUDGE_TIMEOUT_MS,
		.gate_socket = GATE_SOCKET,
		.gate_rest_ms = GATE_REST_MS};
	_cleanup_free_ char *problem = NULL;
	struct request q = {0};

	if (read_arguments(argc, argv, &o, &q, &problem) < 0) {
		(void)fprintf(
			stderr, "outingd: %s; see outingd --help\n", problem ? problem : "out of memory");
		return -EINVAL;
	}
	o.use_udev = !q.no_udev && !o.fake_devices;
	o.vault_check = !q.vault_check || strcmp(q.vault_check, "off") != 0;
	o.quit = q.help || q.version;
	if (o.quit)
		(void)fputs(q.help ? help : "outingd " OUTING_VERSION "\n", stdout);
	if (join(o.audit_path, o.log_dir, "audit.jsonl") < 0 ||
		join(o.state_path, o.state_dir, "state.db") < 0)
		return -EINVAL;
	*ret_options = o;
	return 0;
}
