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
#include "base/program.h"
#include "base/wire.h"
#include "base/words.h"
#include "wipe/supervisor.h"
#include "wipe/worker.h"

#define WORKER_USER "outing-wipe"

struct request {
	struct supervisor_options options;
	const char *insertion;
	bool worker, help, version;
};

static const struct program program = {"outing-wipe",
	"Usage: outing-wipe --device BLOCKDEV|IMAGE --session ID [--state DIR]\n"
	"                   [--method clear|clear-2pass] [--confirm-protected] [--keep-folders] [--json]\n"
	"Clears a card whose offload session ID is complete, reads all of it back and writes a certificate.\n"
	"Exit 0: the card is clear.\n"};

static int read_arguments(int argc, char **argv, struct request *q, char **ret_problem)
{
	const char *method = NULL;
	bool confirm_protected = false, keep_folders = false;
	const struct word known[] = {
		{"--device", .text = &q->options.device},
		{"--session", .text = &q->options.session},
		{"--state", .text = &q->options.state},
		{"--method", .text = &method},
		{"--confirm-protected", .flag = &confirm_protected},
		{"--keep-folders", .flag = &keep_folders},
		{"--json", .flag = &q->options.json},
		{"--worker", .flag = &q->worker},
		{"--insertion", .text = &q->insertion},
		{"--help", .flag = &q->help},
		{"--version", .flag = &q->version},
	};
	const struct words_table table = {known, ELEMENTS(known), .last_counts = true};
	struct words words;
	int r = words_parse(argc, argv, &table, &words, ret_problem);

	if (r < 0)
		return r;
	q->options.flags = (confirm_protected ? WIPE_FLAG_CONFIRM_PROTECTED : 0U) |
			   (keep_folders ? WIPE_FLAG_KEEP_FOLDERS : 0U);
	if (method && wipe_method_parse(method, &q->options.method) < 0)
		return -EINVAL;
	if (q->help || q->version || q->worker)
		return 0;
	return q->options.device && q->options.session && !q->insertion ? 0 : -EINVAL;
}

static int work(const struct request *q)
{
	struct wipe_claim claim;
	int claimed, r;

	log_set_program("outing-wipe-worker");
	fault_init("outing-wipe-worker");
	claimed = wipe_worker_claim(q->options.device, q->insertion, &claim);
	r = wipe_worker_confine(WORKER_USER);
	if (r < 0) {
		log_errno(LOG_LEVEL_ERROR, r, "the sandbox could not be built");
		return PROGRAM_FAILED;
	}
	r = wipe_worker_run(WIRE_FD, &claim, claimed);
	if (r < 0)
		log_errno(LOG_LEVEL_ERROR, r, "the supervisor could not be told");
	return r < 0 ? PROGRAM_FAILED : 0;
}

int main(int argc, char **argv)
{
	struct request q = {.options = {.method = WIPE_METHOD_CLEAR}};
	_cleanup_free_ char *problem = NULL;
	int r = read_arguments(argc, argv, &q, &problem);

	log_set_program("outing-wipe");
	r = program_begin(&program, r, problem, q.help, q.version);
	if (r != PROGRAM_RUN)
		return r;
	if (q.worker)
		return work(&q);
	fault_init("outing-wipe");
	return supervisor_run(&q.options) == 0 ? 0 : PROGRAM_FAILED;
}
