/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* What outing-vault does once its command line is understood. Each returns the exit status. */

#include "vault/container.h"
#include "vault/output.h"

struct run_options {
	enum output_mode mode;
	struct container container;
	const char *vault;   /* directory of init, verify and storage */
	const char *session; /* verify only this one; NULL: all */
	const char *state;   /* verify: folder of the state database to compare with; NULL: none */
	uint64_t size;       /* of a new container */
	bool check_storage;  /* off only in test builds */
};

int run_verify(const struct run_options *options);
int run_init(const struct run_options *options);
int run_storage(const struct run_options *options);
int run_create(const struct run_options *options);
int run_open(const struct run_options *options);
int run_close(const struct run_options *options);
int run_status(const struct run_options *options);
