/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * The names register without the agent, for measurements.
 *
 *   names-try make KEY TABLE [IGNORE] < list.csv     makes the table, prints its counts or the problem
 *   names-try judge KEY TABLE [--title] < paths      judges each file (or each line as a title): verdict,
 * path names-try time KEY TABLE FILE ROUNDS             bytes a second of processor time of one search, best
 * of ROUNDS
 */

#include "base/fd.h"
#include "inspect/names-import.h"

#include <fcntl.h>
#include <string.h>
#include <time.h>

static const char *const verdicts[] = {"pass", "ask", "refuse"};

static int load(const char *path, char **ret_data, size_t *ret_size)
{
	int r = fd_read_file_at(AT_FDCWD, path, 256 << 20, ret_data, ret_size);

	if (r < 0)
		(void)fprintf(stderr, "%s: %s\n", path, strerror(-r));
	return r;
}

static int make(const uint8_t *key, const char *path, const char *ignore)
{
	_cleanup_free_ char *csv = NULL;
	struct names_import import;
	size_t size;
	int r = fd_read_file(STDIN_FILENO, 4 << 20, &csv, &size);

	if (r >= 0)
		r = names_import(csv, size, ignore, key, &import);
	if (r < 0)
		return 3;
	if (r == NAMES_IMPORT_BAD) {
		(void)puts(import.problem);
		return 1;
	}
	(void)printf("%u children, %u names\n", import.children, import.names);
	for (size_t i = 0; i < import.notes; i++)
		(void)puts(import.note[i]);
	r = fd_replace_file_at(AT_FDCWD, path, import.table, import.table_size, 0600);
	names_import_clear(&import);
	return r < 0 ? 3 : 0;
}

static int judge_text(const struct names *names, const char *text, size_t size, size_t step,
	struct inspect_answer *ret_answer)
{
	_cleanup_(names_match_freep) struct names_match *match = NULL;
	int r = names_match_new(names, &match);

	for (size_t at = 0; r >= 0 && at < size; at += step)
		if (names_match_feed(match, text + at, size - at < step ? size - at : step))
			break;
	if (r >= 0)
		names_match_end(match, ret_answer);
	return r;
}

static int judge(const struct names *names, bool title)
{
	_cleanup_free_ char *line = NULL;
	size_t room = 0;

	while (getline(&line, &room, stdin) > 0) {
		_cleanup_free_ char *text = NULL;
		struct inspect_answer answer = {0};
		size_t size;
		int r;

		line[strcspn(line, "\n")] = 0;
		if (title) {
			r = names_match_title(names, line, strlen(line), &answer);
		} else {
			r = load(line, &text, &size);
			if (r >= 0)
				r = judge_text(names, text, size, 65536, &answer);
		}
		(void)printf(
			"%s\t%s\t%s\n", r < 0 ? "error" : verdicts[answer.verdict], line, answer.sentence);
	}
	return 0;
}

/* Of this process alone: others on the computer do not count. */
static uint64_t cpu_ns(void)
{
	struct timespec now;

	return clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now) < 0
		       ? 0
		       : (uint64_t)now.tv_sec * 1000000000U + (uint64_t)now.tv_nsec;
}

static int measure(const struct names *names, const char *path, unsigned rounds)
{
	_cleanup_free_ char *text = NULL;
	struct inspect_answer answer;
	uint64_t best = UINT64_MAX;
	size_t size;

	if (load(path, &text, &size) < 0)
		return 3;
	for (unsigned i = 0; i < rounds; i++) {
		uint64_t start = cpu_ns(), taken;

		if (judge_text(names, text, size, 1 << 20, &answer) < 0)
			return 3;
		taken = cpu_ns() - start;
		if (taken < best)
			best = taken;
	}
	(void)printf("%.0f %s\n", (double)size * 1e9 / (double)best, verdicts[answer.verdict]);
	return 0;
}

int main(int argc, char **argv)
{
	_cleanup_(names_freep) struct names *names = NULL;
	_cleanup_free_ char *key = NULL, *table = NULL;
	size_t key_size = 0, table_size = 0;
	int r;

	if (argc < 4 || load(argv[2], &key, &key_size) < 0 || key_size != NAMES_KEY_SIZE)
		return 2;
	if (strcmp(argv[1], "make") == 0)
		return make((const uint8_t *)key, argv[3], argc > 4 ? argv[4] : NULL);
	r = load(argv[3], &table, &table_size);
	if (r >= 0)
		r = names_parse(table, table_size, (const uint8_t *)key, &names);
	if (r < 0) {
		(void)fprintf(stderr, "table: %s\n", strerror(-r));
		return 3;
	}
	if (strcmp(argv[1], "time") == 0 && argc == 6)
		return measure(names, argv[4], (unsigned)strtoul(argv[5], NULL, 10));
	return judge(names, argc > 4);
}
