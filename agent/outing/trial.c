/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Trying two passwords, and remembering what came of it. See trial.h. */

#include "outing/trial.h"

#include "base/clock.h"
#include "base/fd.h"
#include "base/hex.h"
#include "base/sha512.h"
#include "outing/hash.h"

#include <fcntl.h>
#include <string.h>

#define FILE_NAME "password-trials"
#define FILE_MAX  (512 * 1024)

struct trials {
	int directory; /* -1: nothing is tried */
	char *before;  /* the file's text */
	char *after;
	size_t after_size;
	FILE *writer; /* onto after */
	bool changed;
	uint64_t spent_ns;
};

int trials_open(const char *directory, struct trials **ret_trials)
{
	_cleanup_(trials_closep) struct trials *trials = calloc(1, sizeof *trials);
	size_t size;

	if (!trials)
		return -ENOMEM;
	trials->directory = directory ? open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
	if (trials->directory >= 0 &&
		fd_read_file_at(trials->directory, FILE_NAME, FILE_MAX, &trials->before, &size) < 0)
		trials->before = NULL;
	trials->writer = open_memstream(&trials->after, &trials->after_size);
	if (!trials->writer)
		return -ENOMEM;
	*ret_trials = TAKE_PTR(trials);
	return 0;
}

static int make_key(const char *name, const char *hash, char key[static TRIAL_KEY_SIZE])
{
	_cleanup_(sha512_freep) struct sha512 *state = NULL;
	static const char purpose[] = "outing-guard password trial 1";
	uint8_t digest[SHA512_SIZE];
	int r = sha512_new(&state);

	if (r == 0)
		r = sha512_update(state, purpose, sizeof purpose);
	if (r == 0)
		r = sha512_update(state, name, strlen(name) + 1);
	if (r == 0)
		r = sha512_update(state, hash, strlen(hash));
	if (r == 0)
		r = sha512_final(state, digest);
	if (r == 0)
		(void)hex_encode(digest, (TRIAL_KEY_SIZE - 1) / 2, key);
	return r;
}

static const char *const outcome_words[] = {"not-yet", "other", "empty", "name"};

enum trial_outcome trial_recall(const char *text, const char *key)
{
	size_t size = strlen(key);

	for (const char *at = text; at && (at = strstr(at, key)); at++) {
		const char *word = at + size + 1;
		size_t length;

		if ((at > text && at[-1] != '\n') || at[size] != ' ')
			continue;
		length = strcspn(word, "\n");
		for (enum trial_outcome outcome = TRIAL_OTHER; outcome <= TRIAL_NAME; outcome++)
			if (strlen(outcome_words[outcome]) == length &&
				strncmp(word, outcome_words[outcome], length) == 0)
				return outcome;
	}
	return TRIAL_NOT_YET;
}

static enum trial_outcome try_both(struct trials *trials, const char *name, const char *hash)
{
	uint64_t start = clock_monotonic_ns();
	int empty, own_name = 0;

	if (trials->spent_ns >= TRIAL_BUDGET_MS * 1000000ULL)
		return TRIAL_NOT_YET;
	empty = hash_try(hash, "");
	if (empty == 0)
		own_name = hash_try(hash, name);
	trials->spent_ns += clock_monotonic_ns() - start;
	if (empty < 0 || own_name < 0)
		return TRIAL_NOT_YET;
	trials->changed = true;
	if (empty > 0)
		return TRIAL_EMPTY;
	return own_name > 0 ? TRIAL_NAME : TRIAL_OTHER;
}

enum trial_outcome trials_outcome(struct trials *trials, const char *name, const char *hash)
{
	enum trial_outcome outcome;
	char key[TRIAL_KEY_SIZE];

	if (trials->directory < 0 || make_key(name, hash, key) < 0)
		return TRIAL_NOT_YET;
	outcome = trial_recall(trials->before, key);
	if (outcome == TRIAL_NOT_YET)
		outcome = try_both(trials, name, hash);
	if (outcome != TRIAL_NOT_YET)
		(void)fprintf(trials->writer, "%s %s\n", key, outcome_words[outcome]);
	return outcome;
}

struct trials *trials_close(struct trials *trials)
{
	if (!trials)
		return NULL;
	if (trials->writer && fclose(trials->writer) == 0 && trials->changed)
		(void)fd_replace_file_at(
			trials->directory, FILE_NAME, trials->after, trials->after_size, 0600);
	(void)close_fd(trials->directory);
	free(trials->before);
	free(trials->after);
	free(trials);
	return NULL;
}
