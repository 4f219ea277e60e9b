/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * The verdict on one generation of one file, and what follows from it.
 *
 * The judge sees sealed content. Whoever writes meanwhile writes to a copy, so the bytes that were judged are
 * the bytes that are committed, and the writer's own are judged when it closes the file.
 */

#include "gate/gate-internal.h"

#include "base/clock.h"
#include "base/fault.h"

#include <string.h>

void gate_tell(struct gate *gate, enum gate_event event, const char *path,
	const struct inspect_answer *answer, int error)
{
	const struct gate_notice notice = {event, path, answer, error,
		.allowable = event == GATE_REFUSED && gate->options.keep_seconds > 0};

	if (gate->options.tell)
		gate->options.tell(gate->options.data, &notice);
}

void gate_tell_of(struct gate *gate, const struct node *node, enum gate_event event,
	const struct inspect_answer *answer, int error)
{
	char path[PATH_MAX];

	if (tree_path(node, path, sizeof path) < 0)
		(void)snprintf(path, sizeof path, "%s", node->name);
	gate_unlock(gate);
	gate_tell(gate, event, path, answer, error);
	gate_lock(gate);
}

int gate_judge_title(struct gate *gate, struct node *parent, const char *name)
{
	struct inspect_answer answer = {.verdict = INSPECT_REFUSE, .cause = INSPECT_UNREADABLE};
	char folder[PATH_MAX], path[PATH_MAX + GATE_NAME_MAX + 2];
	int r;

	gate->judge.title(gate->judge.data, name, &answer);
	if (answer.verdict == INSPECT_PASS)
		return 0;
	gate_lock(gate);
	r = tree_path(parent, folder, sizeof folder);
	gate_unlock(gate);
	(void)snprintf(path, sizeof path, "%s%s%s", r < 0 ? "" : folder, r < 0 || !*folder ? "" : "/", name);
	gate_tell(gate, GATE_REFUSED_NAME, path, &answer, 0);
	return -EPERM;
}

/* Lock not held. Empty content holds nothing; its name was judged when it was given. */
static void ask(
	const struct gate *gate, const struct content *content, const char *name, struct inspect_answer *ret)
{
	*ret = (struct inspect_answer){.verdict = INSPECT_REFUSE, .cause = INSPECT_UNREADABLE};
	if (content_size(content) == 0)
		ret->verdict = INSPECT_PASS;
	else
		gate->judge.ask(gate->judge.data, content_fd(content), name, ret);
}

static int refuse(
	struct gate *gate, struct gate_file *file, uint64_t generation, const struct inspect_answer *answer)
{
	phase_refused(&file->phase, generation);
	file->refused_at = clock_monotonic_ns();
	gate_sweep_refused(gate);
	gate_tell_of(gate, file->node, GATE_REFUSED, answer, 0);
	return -EPERM;
}

/* The snapshot is the content's own from here on. */
int gate_settle(struct gate *gate, struct gate_file *file, struct content *snapshot, uint64_t generation)
{
	int r = gate_commit(gate, file, snapshot);

	if (r < 0) {
		if (file->error != r)
			gate_tell_of(gate, file->node, GATE_NOT_WRITTEN, NULL, -r);
		file->error = r;
		return r;
	}
	file->error = 0;
	if (phase_settled(&file->phase, generation)) {
		file->content = content_unref(file->content);
		file->timed = false;
	}
	return 0;
}

/* Unless a manager has made an exception of it. */
static int refuse_or_use(struct gate *gate, struct gate_file *file, struct content *snapshot,
	uint64_t generation, const struct inspect_answer *answer)
{
	struct exception *exception = gate_allow_take(gate, snapshot);
	int r = -EPERM;

	if (exception)
		r = gate_allow_use(gate, file, snapshot, generation, exception);
	return r == -EPERM ? refuse(gate, file, generation, answer) : r;
}

int gate_decide(struct gate *gate, struct gate_file *file)
{
	_cleanup_(content_unrefp) struct content *snapshot = NULL;
	uint64_t generation = file->phase.generation;
	struct inspect_answer answer;
	char name[GATE_NAME_MAX + 1];
	int r = content_seal(file->content);

	if (r < 0)
		return r;
	snapshot = content_ref(file->content);
	(void)snprintf(name, sizeof name, "%s", file->node->name);
	file->busy = true;
	gate_unlock(gate);
	ask(gate, snapshot, name, &answer);
	fault_point("gate-judged");
	gate_lock(gate);
	if (file->node->gone)
		r = 0;
	else
		r = answer.verdict == INSPECT_PASS ? gate_settle(gate, file, snapshot, generation)
						   : refuse_or_use(gate, file, snapshot, generation, &answer);
	file->busy = false;
	(void)pthread_cond_broadcast(&gate->calm);
	return r;
}
