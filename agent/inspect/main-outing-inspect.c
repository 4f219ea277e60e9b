/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * outing-inspect: says of files whether they may be put on a stick that anybody can read, and why not.
 *
 * With --worker it is the keeper of a pool's workers instead (inspect/worker.h). It prints verdicts, never
 * names of children or pieces of files.
 */

#include "base/fd.h"
#include "base/json.h"
#include "base/log.h"
#include "base/wire.h"
#include "base/words.h"
#include "inspect/inspect.h"
#include "inspect/pool.h"
#include "inspect/worker.h"

#include <fcntl.h>
#include <limits.h>
#include <string.h>

#define EXIT_NOT_ALL   1
#define EXIT_USAGE     2
#define EXIT_COULD_NOT 3

static const char usage_text[] =
	"outing-inspect [OPTION]... FILE...    may these files be put on a plain stick?\n"
	"\n"
	"  --names FILE   the table of children's names\n"
	"  --key FILE     its key\n"
	"  --user USER    look into files as this user (as root; outing-inspect)\n"
	"  --json         one JSON object for each file\n";

struct request {
	const char *names, *key, *user;
	const char **files; /* count of them */
	size_t count;
	bool json, worker, help, version;
};

static int usage(const char *why)
{
	log_error("%s. Try --help", why);
	return EXIT_USAGE;
}

/* q->files has room for argc. */
static int read_arguments(int argc, char **argv, struct request *q, char **ret_problem)
{
	const struct word known[] = {
		{"--names", .text = &q->names},
		{"--key", .text = &q->key},
		{"--user", .text = &q->user},
		{"--json", .flag = &q->json},
		{"--worker", .flag = &q->worker},
		{"--help", .flag = &q->help},
		{"--version", .flag = &q->version},
	};
	const struct words_table table = {
		known, ELEMENTS(known), (size_t)argc, q->files, .last_counts = true};
	struct words words;
	int r = words_parse(argc, argv, &table, &words, ret_problem);

	if (r == 0)
		q->count = words.count;
	return r;
}

static int open_file(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);

	if (fd < 0)
		log_errno(LOG_LEVEL_ERROR, errno, "%s", path);
	return fd;
}

static int start(const struct request *q, struct pool **ret_pool)
{
	_cleanup_close_ int names = -1, key = -1;
	struct pool_options options = POOL_OPTIONS_DEFAULT;
	int r;

	options.program = "/proc/self/exe";
	options.user = q->user;
	options.ready = 2;
	if (q->names) {
		options.names_fd = names = open_file(q->names);
		options.key_fd = key = open_file(q->key);
		if (names < 0 || key < 0)
			return -ENOENT;
	}
	r = pool_new(&options, ret_pool);
	if (r == -EBADMSG)
		log_error("The table of names is damaged or the key is another's");
	else if (r < 0)
		log_errno(LOG_LEVEL_ERROR, r, "No worker could be started");
	return r;
}

static void print(const struct request *q, const char *path, const struct inspect_answer *answer)
{
	_cleanup_js_ struct js *o = NULL;
	_cleanup_free_ char *text = NULL;

	if (!q->json) {
		(void)printf("%s: %s: %s%s%s\n", path, inspect_verdict_name(answer->verdict),
			inspect_cause_name(answer->cause), *answer->sentence ? ": " : "", answer->sentence);
		return;
	}
	o = js_object();
	js_set_string(o, "file", path);
	js_set_string(o, "verdict", inspect_verdict_name(answer->verdict));
	js_set_string(o, "cause", inspect_cause_name(answer->cause));
	js_set_string(o, "sentence", answer->sentence);
	if (js_text(o, false, &text) >= 0)
		(void)puts(text);
}

/* Whether it passes; -1 when it cannot be opened. */
static int look(const struct request *q, struct pool *pool, const char *path)
{
	_cleanup_close_ int fd = open_file(path);
	const char *slash = strrchr(path, '/');
	struct inspect_answer answer;

	if (fd < 0)
		return -1;
	(void)pool_ask(pool, fd, slash ? slash + 1 : path, &answer);
	print(q, path, &answer);
	return answer.verdict == INSPECT_PASS;
}

static int look_at_all(const struct request *q)
{
	_cleanup_(pool_freep) struct pool *pool = NULL;
	int status = 0;

	if (start(q, &pool) < 0)
		return EXIT_COULD_NOT;
	for (size_t i = 0; i < q->count; i++) {
		int passes = look(q, pool, q->files[i]);

		if (passes < 0)
			status = EXIT_COULD_NOT;
		else if (!passes && status == 0)
			status = EXIT_NOT_ALL;
	}
	if (fflush(stdout) == EOF)
		status = EXIT_COULD_NOT;
	return status;
}

static int work(void)
{
	int r;

	log_set_program("outing-inspect-worker");
	r = inspect_keeper_run(WIRE_FD, &inspect_readers);
	if (r < 0)
		log_errno(LOG_LEVEL_ERROR, r, "The pool could not be served");
	return r < 0 ? EXIT_COULD_NOT : 0;
}

int main(int argc, char **argv)
{
	_cleanup_free_ const char **files = calloc((size_t)argc + 1, sizeof *files);
	_cleanup_free_ char *problem = NULL;
	struct request q = {.files = files};

	log_set_program("outing-inspect");
	if (!files || read_arguments(argc, argv, &q, &problem) < 0)
		return usage(problem ? problem : "Out of memory");
	if (q.help)
		return fputs(usage_text, stdout) == EOF;
	if (q.version)
		return puts("outing-inspect " OUTING_VERSION) == EOF;
	if (q.worker)
		return work();
	if (q.count == 0)
		return usage("No file is given");
	if (!q.names != !q.key)
		return usage("--names and --key go together");
	return look_at_all(&q);
}
