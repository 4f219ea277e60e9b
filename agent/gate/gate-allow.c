/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * A manager's exceptions: one content, known by its SHA-512, once, for so many seconds. See gate.h.
 *
 * Only refused content is ever digested, so that clean files cost nothing. Whoever takes an exception out of
 * the list answers for it; the list is the gate's lock's. A name that is refused stays refused: it is judged
 * again when the exception is used, by the register of that moment.
 */

#include "gate/gate-internal.h"

#include "base/clock.h"

#include <string.h>

#define SECOND      UINT64_C(1000000000)
#define SECONDS_MAX (UINT64_C(7) * 24 * 3600)

struct exception {
	struct exception *next;
	uint64_t ticket, until; /* clock_monotonic_ns() */
	uint8_t sha512[SHA512_SIZE];
};

/* Lock not held. */
static void answer(const struct gate *gate, struct exception *exception, const char *path, int error)
{
	if (gate->options.allowed)
		gate->options.allowed(gate->options.data, exception->ticket, path, error);
	free(exception);
}

static struct exception *take(struct gate *gate, const uint8_t sha512[static SHA512_SIZE])
{
	uint64_t now = clock_monotonic_ns();

	for (struct exception **at = &gate->exceptions; *at; at = &(*at)->next) {
		struct exception *found = *at;

		if (found->until <= now || memcmp(found->sha512, sha512, SHA512_SIZE) != 0)
			continue;
		*at = found->next;
		return found;
	}
	return NULL;
}

struct exception *gate_allow_take(struct gate *gate, const struct content *content)
{
	uint8_t sha512[SHA512_SIZE];
	int r = 0;

	if (!gate->exceptions)
		return NULL;
	gate_unlock(gate);
	r = content_sha512(content, sha512);
	gate_lock(gate);
	return r < 0 ? NULL : take(gate, sha512);
}

/* Lock held, given back meanwhile. */
static int check_name(struct gate *gate, const struct node *node)
{
	struct inspect_answer verdict = {.verdict = INSPECT_REFUSE};
	char name[GATE_NAME_MAX + 1];

	(void)snprintf(name, sizeof name, "%s", node->name);
	gate_unlock(gate);
	gate->judge.title(gate->judge.data, name, &verdict);
	gate_lock(gate);
	return verdict.verdict == INSPECT_PASS ? 0 : -EPERM;
}

int gate_allow_use(struct gate *gate, struct gate_file *file, struct content *content, uint64_t generation,
	struct exception *exception)
{
	char path[PATH_MAX] = "";
	int r = check_name(gate, file->node);

	if (r >= 0 && file->node->gone)
		r = -ENOENT;
	if (r >= 0)
		r = gate_settle(gate, file, content, generation);
	if (r >= 0)
		r = gate_commit_wait(gate, file);
	if (r >= 0)
		r = tree_path(file->node, path, sizeof path);
	gate_unlock(gate);
	answer(gate, exception, r < 0 ? "" : path, r < 0 ? r : 0);
	gate_lock(gate);
	return r < 0 ? r : 0;
}

/* --- what is staged already --- */

static bool is_refused(const struct gate_file *file)
{
	return file->content && !file->busy && phase_is_refused(&file->phase);
}

/* Once for each generation, whether it succeeds or not. */
static void digest(struct gate *gate, struct gate_file *file)
{
	_cleanup_(content_unrefp) struct content *content = content_ref(file->content);
	uint64_t generation = file->phase.generation;
	uint8_t sha512[SHA512_SIZE];
	int r = content_seal(content);

	file->digested = generation;
	file->has_sha512 = false;
	file->uses++;
	gate_unlock(gate);
	if (r >= 0)
		r = content_sha512(content, sha512);
	gate_lock(gate);
	file->uses--;
	if (r >= 0 && file->phase.generation == generation) {
		memcpy(file->sha512, sha512, sizeof sha512);
		file->has_sha512 = true;
	}
	gate_file_settle(gate, file);
}

static void digest_all(struct gate *gate)
{
	struct gate_file *file = gate->files;

	while (file) {
		if (is_refused(file) && file->digested != file->phase.generation) {
			digest(gate, file);
			file = gate->files;
		} else {
			file = file->next;
		}
	}
}

static struct gate_file *find_staged(const struct gate *gate, const uint8_t sha512[static SHA512_SIZE])
{
	for (struct gate_file *f = gate->files; f; f = f->next)
		if (is_refused(f) && f->has_sha512 && f->digested == f->phase.generation &&
			memcmp(f->sha512, sha512, SHA512_SIZE) == 0)
			return f;
	return NULL;
}

/* Lock held, given back meanwhile. */
static void use_staged(struct gate *gate, struct gate_file *file, struct exception *exception)
{
	_cleanup_(content_unrefp) struct content *content = content_ref(file->content);
	uint64_t generation = file->phase.generation;

	phase_reopened(&file->phase);
	file->uses++;
	file->busy = true;
	if (gate_allow_use(gate, file, content, generation, exception) < 0) {
		phase_refused(&file->phase, generation);
		file->error = 0;
	}
	file->busy = false;
	(void)pthread_cond_broadcast(&gate->calm);
	file->uses--;
	gate_file_settle(gate, file);
}

int gate_allow(struct gate *gate, uint64_t ticket, uint64_t seconds, const uint8_t sha512[static SHA512_SIZE])
{
	struct exception *exception = calloc(1, sizeof *exception);
	struct gate_file *file;

	if (!exception)
		return -ENOMEM;
	exception->ticket = ticket;
	exception->until = clock_monotonic_ns() + (seconds < SECONDS_MAX ? seconds : SECONDS_MAX) * SECOND;
	memcpy(exception->sha512, sha512, sizeof exception->sha512);
	gate_lock(gate);
	digest_all(gate);
	file = find_staged(gate, sha512);
	if (file) {
		use_staged(gate, file, exception);
	} else {
		exception->next = gate->exceptions;
		gate->exceptions = exception;
		(void)pthread_cond_signal(&gate->stop);
	}
	gate_unlock(gate);
	return 0;
}

/* --- the end of it --- */

uint64_t gate_allow_expire(struct gate *gate, uint64_t now)
{
	struct exception **at = &gate->exceptions;
	uint64_t first = UINT64_MAX;

	while (*at) {
		struct exception *e = *at;

		if (e->until > now) {
			first = e->until < first ? e->until : first;
			at = &e->next;
			continue;
		}
		*at = e->next;
		gate_unlock(gate);
		answer(gate, e, "", -ETIME);
		gate_lock(gate);
		at = &gate->exceptions;
	}
	return first;
}

void gate_allow_end(struct gate *gate)
{
	while (gate->exceptions) {
		struct exception *e = gate->exceptions;

		gate->exceptions = e->next;
		answer(gate, e, "", -ECANCELED);
	}
}
