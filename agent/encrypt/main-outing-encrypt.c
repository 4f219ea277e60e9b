/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * outing-encrypt: makes a plain stick an encrypted one, and puts files back on it.
 *
 *   outing-encrypt --device BLOCKDEV|IMAGE --passphrase-fd N --discard [--filesystem exfat|ext4]
 *                  [--label TEXT] [--json]
 *   outing-encrypt --worker [--device NODE [--insertion TEXT]]     (started by a supervisor, socket at 3)
 *   outing-encrypt --put-back --device NODE [--insertion TEXT]     (started by the agent, socket at 3)
 *
 * Exit: 0 done, 1 refused or failed (reasons on stderr), 2 wrong usage.
 */

#include "base/fault.h"
#include "base/log.h"
#include "base/number.h"
#include "base/program.h"
#include "base/secret.h"
#include "base/wire.h"
#include "base/words.h"
#include "encrypt/put-back.h"
#include "encrypt/standalone.h"
#include "encrypt/worker.h"

#include <string.h>

#define WORKER_USER "outing-encrypt"

struct request {
	struct standalone_options options;
	const char *insertion;
	bool worker, put_back, help, version;
};

static const struct program program = {"outing-encrypt",
	"Usage: outing-encrypt --device BLOCKDEV|IMAGE --passphrase-fd N --discard\n"
	"                      [--filesystem exfat|ext4] [--label TEXT] [--json]\n"
	"Makes an encrypted stick (LUKS2) of a plain one. WHAT IS ON IT IS LOST: to keep it, use\n"
	"\"outingctl encrypt\". The passphrase is read from descriptor N, never from the command line.\n"};

static int take_values(struct request *q, const char *filesystem, const char *passphrase_fd, bool discard)
{
	uint64_t fd = 0;

	if (filesystem && filesystem_parse(filesystem, &q->options.filesystem) < 0)
		return -EINVAL;
	if (passphrase_fd && (number_parse_u64(passphrase_fd, &fd) < 0 || fd > INT32_MAX))
		return -EINVAL;
	q->options.passphrase_fd = (int)fd;
	if (q->help || q->version || q->worker)
		return 0;
	if (q->put_back)
		return q->options.device ? 0 : -EINVAL;
	return q->options.device && passphrase_fd && discard && !q->insertion ? 0 : -EINVAL;
}

static int read_arguments(int argc, char **argv, struct request *q, char **ret_problem)
{
	const char *filesystem = NULL, *passphrase_fd = NULL;
	bool discard = false;
	const struct word known[] = {
		{"--device", .text = &q->options.device},
		{"--passphrase-fd", .text = &passphrase_fd},
		{"--filesystem", .text = &filesystem},
		{"--label", .text = &q->options.label},
		{"--discard", .flag = &discard},
		{"--json", .flag = &q->options.json},
		{"--worker", .flag = &q->worker},
		{"--put-back", .flag = &q->put_back},
		{"--insertion", .text = &q->insertion},
		{"--help", .flag = &q->help},
		{"--version", .flag = &q->version},
	};
	const struct words_table table = {known, ELEMENTS(known), .last_counts = true};
	struct words words;
	int r = words_parse(argc, argv, &table, &words, ret_problem);

	return r < 0 ? r : take_values(q, filesystem, passphrase_fd, discard);
}

static int work(const struct request *q)
{
	struct wipe_claim claim;
	int claimed, r;

	log_set_program("outing-encrypt-worker");
	fault_init("outing-encrypt-worker");
	claimed = encrypt_worker_claim(q->options.device, q->insertion, &claim);
	r = secret_harden_process();
	if (r >= 0)
		r = encrypt_worker_become(WORKER_USER);
	if (r < 0) {
		log_errno(LOG_LEVEL_ERROR, r, "the sandbox could not be built");
		return PROGRAM_FAILED;
	}
	r = encrypt_worker_run(WIRE_FD, &claim, claimed);
	if (r < 0)
		log_errno(LOG_LEVEL_ERROR, r, "the supervisor could not be told");
	return r < 0 ? PROGRAM_FAILED : 0;
}

static int put_back(const struct request *q)
{
	int r;

	log_set_program("outing-encrypt-put-back");
	fault_init("outing-encrypt-put-back");
	r = secret_harden_process();
	if (r >= 0)
		r = put_back_run(WIRE_FD, q->options.device, q->insertion);
	if (r < 0)
		log_errno(LOG_LEVEL_ERROR, r, "the files could not be put back");
	return r < 0 ? PROGRAM_FAILED : 0;
}

int main(int argc, char **argv)
{
	struct request q = {0};
	_cleanup_free_ char *problem = NULL;
	int r = read_arguments(argc, argv, &q, &problem);

	log_set_program("outing-encrypt");
	r = program_begin(&program, r, problem, q.help, q.version);
	if (r != PROGRAM_RUN)
		return r;
	if (q.worker)
		return work(&q);
	if (q.put_back)
		return put_back(&q);
	fault_init("outing-encrypt");
	return standalone_encrypt(&q.options) == 0 ? 0 : PROGRAM_FAILED;
}
