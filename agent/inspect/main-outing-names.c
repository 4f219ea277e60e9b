/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * The register of children's names for the agent, which starts this for each request and never sees a list:
 * one verb, one line of JSON on standard output. The list to import is an open descriptor, 3.
 */

#include "base/fd.h"
#include "base/json.h"
#include "base/log.h"
#include "base/wire.h"
#include "base/words.h"
#include "inspect/names-child.h"
#include "inspect/names-store.h"

#include <string.h>
#include <sys/stat.h>

static const char usage_text[] =
	"Usage: outing-names import|count|clear [--state DIR] [--ignore WORDS]\n"
	"Keeps the register of children's names, as keyed hashes. outingd starts this; people use outingctl "
	"names.\n"
	"\n"
	"  import       make the register from the list that descriptor 3 is open on\n"
	"  count        say how many children are in it\n"
	"  clear        remove it\n"
	"  --state DIR  where it is kept (default " OUTING_STATEDIR ")\n"
	"  --ignore WORDS  names that are also those of rooms, divided by commas\n"
	"  --help, --version\n"
	"Exit status: 0 done, 1 refused (the answer says why), 2 wrong usage, 3 failed.\n";

struct request {
	const char *state, *ignore;
	bool help, version;
};

static int answer(struct js *json)
{
	_cleanup_js_ struct js *owned = json;
	_cleanup_free_ char *text = NULL;
	int r = js_text(owned, false, &text);

	if (r >= 0)
		r = fd_write_full(STDOUT_FILENO, text, strlen(text));
	return r < 0 ? r : fd_write_full(STDOUT_FILENO, "\n", 1);
}

static int refuse(const char *problem)
{
	struct js *o = js_object();
	int r;

	js_set_string(o, "problem", problem);
	r = answer(o);
	return r < 0 ? r : 1;
}

static int answer_counts(uint32_t children, uint32_t names, const struct names_import *import)
{
	struct js *o = js_object(), *notes = js_array();

	js_set_u64(o, "children", children);
	if (import)
		js_set_u64(o, "names", names);
	for (size_t i = 0; import && i < import->notes; i++)
		js_append_string(notes, import->note[i]);
	if (import)
		js_set(o, "ignored", notes);
	else
		(void)js_free(notes);
	return answer(o);
}

static int import(const struct request *request)
{
	_cleanup_(secret_freep) struct secret *key = NULL;
	_cleanup_(names_import_clear) struct names_import made = {0};
	int r = names_store_key(request->state, &key);

	if (r >= 0)
		r = names_child_import(WIRE_FD, request->ignore, key, &made);
	if (r == -ETIMEDOUT)
		return refuse("The list did not come to an end. Save it as a file and try again. Nothing was "
			      "changed.");
	if (r == NAMES_IMPORT_BAD)
		return refuse(made.problem);
	if (r >= 0)
		r = names_store_save(request->state, made.table, made.table_size);
	return r < 0 ? r : answer_counts(made.children, made.names, &made);
}

static int count(const struct request *request)
{
	_cleanup_(names_freep) struct names *names = NULL;
	_cleanup_(secret_freep) struct secret *key = NULL;
	_cleanup_free_ char *table = NULL;
	size_t size = 0;
	int r = names_store_load(request->state, &key, &table, &size);

	if (r == NAMES_STORE_NONE)
		return answer_counts(0, 0, NULL);
	if (r == NAMES_STORE_OK)
		r = names_parse(table, size, key->bytes, &names);
	if (r == NAMES_STORE_LOCKED || r == -EBADMSG || r == -EPROTONOSUPPORT)
		return refuse(
			"The list of names cannot be opened on this computer any more. Import it again with "
			"\"outingctl names import\".");
	return r < 0 ? r : answer_counts(names_children(names), 0, NULL);
}

static int clear(const struct request *request)
{
	int r = names_store_clear(request->state);

	return r < 0 ? r : answer_counts(0, 0, NULL);
}

static const struct {
	const char *word;
	int (*run)(const struct request *request);
} verbs[] = {{"import", import}, {"count", count}, {"clear", clear}};

static int run(const char *word, const struct request *request)
{
	for (size_t i = 0; i < ELEMENTS(verbs); i++)
		if (strcmp(verbs[i].word, word) == 0) {
			int r = verbs[i].run(request);

			if (r < 0)
				log_errno(LOG_LEVEL_ERROR, r, "names %s", word);
			return r < 0 ? 3 : r;
		}
	(void)fprintf(stderr, "outing-names: no such verb; see outing-names --help\n");
	return 2;
}

int main(int argc, char **argv)
{
	struct request request = {.state = OUTING_STATEDIR};
	const struct word known[] = {
		{"--state", .text = &request.state},
		{"--ignore", .text = &request.ignore},
		{"--help", .flag = &request.help},
		{"--version", .flag = &request.version},
	};
	const struct words_table table = {known, ELEMENTS(known), .operands_max = 1};
	_cleanup_free_ char *problem = NULL;
	struct words words;
	int r;

	log_set_program("outing-names");
	(void)umask(0077);
	r = words_parse(argc, argv, &table, &words, &problem);
	if (r >= 0 && (request.help || request.version))
		return fputs(request.help ? usage_text : "outing-names " OUTING_VERSION "\n", stdout) == EOF;
	if (r < 0 || words.count != 1) {
		(void)fprintf(stderr, "outing-names: %s; see outing-names --help\n",
			problem ? problem : "it takes one verb");
		return 2;
	}
	r = secret_harden_process();
	if (r < 0) {
		log_errno(LOG_LEVEL_ERROR, r, "The process could not be protected");
		return 3;
	}
	return run(words.operands[0], &request);
}
