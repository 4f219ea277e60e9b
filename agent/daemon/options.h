/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * What outingd was started with. Every path has the installed default; the others exist so that the whole
 * agent can run beside a private bus with its own state, as the integration tests do. Texts are borrowed from
 * argv.
 */

#include "base/cleanup.h"

#include <limits.h>

struct daemon_options {
	const char *state_dir;     /* state.db, known-media, container */
	const char *log_dir;       /* audit.jsonl */
	const char *config_file;   /* */
	const char *hooks_dir;     /* */
	const char *libexec_dir;   /* workers */
	const char *bus_address;   /* NULL: the system bus */
	const char *judge_socket;  /* where outing-judge answers */
	uint64_t judge_timeout_ms; /* */
	const char *gate_socket;   /* where outing-gate opens gates */
	uint64_t gate_rest_ms;     /* before a gate that failed is opened again; then four times as long */
	const char *fake_person;   /* test builds: a file that says who sits at the computer */
	const char *fake_devices;  /* test builds: a file that stands for udev */
	bool use_udev;
	bool vault_check; /* false in test builds only */
	bool verify_audit;
	bool quit; /* --help or --version was answered */
	char audit_path[PATH_MAX];
	char state_path[PATH_MAX];
};

/* 0, or -EINVAL after a line on stderr. */
int daemon_options_parse(int argc, char **argv, struct daemon_options *ret_options);
