/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * The register as a file, so that a second computer of the setting knows the same devices.
 *
 * One JSON object: `format` ("outing-guard register"), `version` (1), `devices`, each with `name`, `role`,
 * `room`, `person`, `kind`, `key`, `device_key`, `media_key`, `vendor`, `product`, `serial`, `descriptors`
 * and `socket` (true: known by where it was plugged in, which means nothing on another computer). No history:
 * what was offloaded or cleared is a matter of the computer that did it.
 *
 * Importing adds what is missing and changes nothing that is there, but for what was left empty. A device
 * that is here under another name, or whose name somebody else has, is refused and named; so is one that is
 * known by its socket. All others are added.
 */

#include "base/json.h"
#include "bus/bus.h"
#include "state/state.h"

#define REGISTER_FILE_MAX (1 << 20)

struct daemon;

/* Owned by the caller; NULL when the register cannot be read. */
struct js *register_file_make(struct state *state);

/* What came of it: `added`, `known`, `refused` (sentences). */
struct register_file_result {
	struct js *added;   /* array of names */
	struct js *refused; /* array of sentences */
	uint64_t known;
};
void register_file_clear(struct register_file_result *result);

/* -EBADMSG with a sentence when it is not such a file; nothing is changed then. Other negative errno when the
 * register cannot be changed; what was added before stays. */
int register_file_take(struct state *state, const char *text, size_t size, const char *added_by,
	struct register_file_result *ret_result, const char **ret_sentence);

/* The calls. */
void register_file_export(
	struct daemon *daemon, const struct bus_request *request, struct bus_answer *answer);
void register_file_import(
	struct daemon *daemon, const struct bus_request *request, struct bus_answer *answer);
