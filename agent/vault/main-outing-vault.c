/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * outing-vault: make, open, close, verify the vault, and say whether a folder's storage is encrypted.
 *
 * Run by hand, by outing-vault.service at boot, and by the daemon as a worker (--worker: messages on
 * descriptor 3, see vault/protocol.h). It never deletes or overwrites a photo, a container or a key.
 */

#include "base/fault.h"
#include "base/log.h"
#include "base/words.h"
#include "vault/run.h"

#include <string.h>

#define EXIT_USAGE 2

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

struct request {
	struct run_options options;
	struct words words;
	bool help, version;
};

/* 0 to go on, else the exit status. */
static int read_arguments(int argc, char **argv, struct request *q)
{
	struct run_options *o = &q->options;
	const char *vault_check = NULL;
	bool json = false, worker = false;
	_cleanup_free_ char *problem = NULL;
	const struct word known[] = {
		{"--json", .flag = &json},
		{"--worker", .flag = &worker},
		{"--vault", .text = &o->vault},
		{"--session", .text = &o->session},
		{"--state", .text = &o->state},
		{"--size", .bytes = &o->size},
		{"--path", .text = &o->container.path},
		{"--mountpoint", .text = &o->container.mountpoint},
		{"--credential", .text = &o->container.credential},
		{"--mapping", .text = &o->container.mapping},
#if defined(OUTING_FAULTS) || defined(OUTING_SANITIZED)
		{"--vault-check", .text = &vault_check},
#endif
		{"--help", .flag = &q->help},
		{"--version", .flag = &q->version},
	};
	const struct words_table table = {known, ELEMENTS(known), .operands_max = 1, .last_counts = true};

	if (words_parse(argc, argv, &table, &q->words, &problem) < 0)
		return usage(problem ? problem : "Out of memory", "");
	if (json && worker)
		return usage("--json and --worker exclude each other", "");
	if (vault_check && strcmp(vault_check, "off") != 0)
		return usage("--vault-check takes only: ", "off");
	o->mode = json ? OUTPUT_JSON : worker ? OUTPUT_WIRE : OUTPUT_TEXT;
	o->check_storage = !vault_check;
	return 0;
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
	struct request q = {.options = {.container = CONTAINER_DEFAULT}};
	int r;

	log_set_program("outing-vault");
	fault_init("outing-vault");
	r = read_arguments(argc, argv, &q);
	if (r != 0)
		return r;
	if (q.help)
		return fputs(usage_text, stdout) == EOF;
	if (q.version)
		return puts("outing-vault " OUTING_VERSION) == EOF;
	if (q.words.count != 1)
		return usage("Say one command", "");
	return run_command(q.words.operands[0], &q.options);
}
