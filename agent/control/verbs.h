/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Every verb of outingctl in one table: its words, what it takes, what it does. The help, the usage checks,
 * the manual page's test and the completion's test all come from this table.
 */

#include "control/control.h"

enum verb_shape {
	VERB_PLAIN = 0,
	VERB_NAME = 1 << 0, /* its last operand is a device's name, which may be typed without quotes */
};

struct verb {
	const char *words; /* "device add" */
	const char *synopsis;
	const char *help; /* one sentence */
	unsigned accepts; /* enum option, or-ed; OPTION_HELP always */
	unsigned needs;   /* of those, the ones that must be given */
	size_t operands_min, operands_max;
	unsigned shape;
	int (*run)(struct control *control); /* enum control_exit or a negative errno */
};

/* The i-th verb, NULL after the last. */
const struct verb *verb_at(size_t i);

/* The verb that the operands begin with and how many of them are its words; NULL if there is none. */
const struct verb *verb_find(const struct options *options, size_t *ret_words);

/* Checks options and operands against the verb. 0, or -EINVAL with a sentence (owned by the caller) that may
 * be NULL. */
int verb_check(const struct verb *verb, const struct options *options, size_t operands, char **ret_problem);

/* All verbs with their synopsis, or one in full. */
void verb_help(FILE *out, const struct terminal *terminal, const struct verb *verb);

int verb_status(struct control *control);
int verb_devices(struct control *control);
int verb_device_add(struct control *control);
int verb_device_rename(struct control *control);
int verb_device_assign(struct control *control);
int verb_device_remove(struct control *control);
int verb_device_export(struct control *control);
int verb_device_import(struct control *control);
int verb_jobs(struct control *control);
int verb_job_watch(struct control *control);
int verb_job_cancel(struct control *control);
int verb_sessions(struct control *control);
int verb_offload(struct control *control);
int verb_wipe(struct control *control);
int verb_allow(struct control *control);
int verb_eject(struct control *control);
int verb_encrypt(struct control *control);
int verb_certificate(struct control *control);
int verb_outings(struct control *control);
int verb_incidents(struct control *control);
int verb_attest_passwords(struct control *control);
int verb_attest_encrypted(struct control *control);
int verb_names_import(struct control *control);
int verb_names_count(struct control *control);
int verb_names_clear(struct control *control);
int verb_vault_status(struct control *control);
int verb_vault_create(struct control *control);
int verb_vault_verify(struct control *control);
int verb_audit_verify(struct control *control);
int verb_audit_export(struct control *control);
int verb_config_check(struct control *control);
