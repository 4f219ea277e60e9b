/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * What would otherwise grow: refused content is kept for a while, for whoever decides about it, and not for
 * ever; and the kernel is asked to forget names when it knows a great many. This thread does nothing else,
 * because telling the kernel may wait for an operation that waits for the committer.
 */

#include "gate/gate-internal.h"

#include "base/clock.h"

#include <string.h>

#define SECOND      UINT64_C(1000000000)
#define CROWD_STEP  512
#define REFUSED_MAX 512 /* each takes a descriptor, however small it is */

static bool is_left(const struct gate_file *file)
{
	return file->content && phase_is_refused(&file->phase) && file->writers == 0 && file->uses == 0 &&
	       !file->busy;
}

static struct gate_file *oldest(const struct gate *gate, size_t *ret_count)
{
	struct gate_file *found = NULL;

	*ret_count = 0;
	for (struct gate_file *f = gate->files; f; f = f->next) {
		if (!is_left(f))
			continue;
		++*ret_count;
		if (!found || f->refused_at < found->refused_at)
			found = f;
	}
	return found;
}

void gate_sweep_wake(struct gate *gate)
{
	if (tree_count(gate->tree) > GATE_NODES_MANY)
		(void)pthread_cond_signal(&gate->stop);
}

void gate_sweep_refused(struct gate *gate)
{
	if (++gate->refusals % (REFUSED_MAX / 2) == 0)
		(void)pthread_cond_signal(&gate->stop);
}

bool gate_sweep_oldest(struct gate *gate)
{
	size_t count;
	struct gate_file *file = oldest(gate, &count);

	if (!file)
		return false;
	gate_file_discard(gate, file);
	gate_file_settle(gate, file);
	return true;
}

/* Lock held, given back to tell the kernel; the node is held by the caller and let go here. */
static void tell_kernel(struct gate *gate, struct node *node)
{
	struct node *parent = node->parent;
	char name[GATE_NAME_MAX + 1];

	(void)snprintf(name, sizeof name, "%s", node->name);
	if (parent)
		parent->holds++;
	gate_unlock(gate);
	if (gate->options.forget)
		gate->options.forget(gate->options.data, node, parent, name);
	gate_lock(gate);
	node->holds--;
	tree_drop(gate->tree, node);
	if (parent) {
		parent->holds--;
		tree_drop(gate->tree, parent);
	}
}

static void sweep(struct gate *gate, struct gate_file *file)
{
	struct node *node = file->node;

	node->holds++;
	gate_file_discard(gate, file);
	gate_file_settle(gate, file);
	tell_kernel(gate, node);
}

struct crowd {
	struct node *nodes[CROWD_STEP];
	size_t count;
};

/* Files of which nothing is under way; which of them is all the same. */
static int gather(struct node *node, void *data)
{
	struct crowd *crowd = data;

	if (node->dir || node->holds > 0 || node->file)
		return 0;
	node->holds++;
	crowd->nodes[crowd->count++] = node;
	return crowd->count == CROWD_STEP;
}

/* False when the kernel forgets nothing any more. */
static bool thin_out(struct gate *gate)
{
	struct crowd crowd = {.count = 0};
	size_t before = tree_count(gate->tree);

	(void)tree_each(gate->tree, gather, &crowd);
	for (size_t i = 0; i < crowd.count; i++)
		tell_kernel(gate, crowd.nodes[i]);
	return tree_count(gate->tree) < before;
}

/* When it is to look again although nobody wakes it. */
static struct timespec next_look(uint64_t now, uint64_t keep, uint64_t expiry)
{
	uint64_t until = now + (keep < SECOND ? SECOND / 10 : keep / 10);

	if (expiry < until)
		until = expiry;
	return (struct timespec){.tv_sec = (time_t)(until / SECOND), .tv_nsec = (long)(until % SECOND)};
}

void *gate_sweep_main(void *data)
{
	struct gate *gate = data;
	uint64_t keep = gate->options.keep_seconds * SECOND;

	gate_lock(gate);
	while (!gate->stopping) {
		uint64_t now = clock_monotonic_ns(), expiry = gate_allow_expire(gate, now);
		struct timespec time = next_look(now, keep, expiry);
		size_t count;
		struct gate_file *file = oldest(gate, &count);

		if (file && (now - file->refused_at >= keep || count > REFUSED_MAX))
			sweep(gate, file);
		else if (tree_count(gate->tree) <= GATE_NODES_MANY || !thin_out(gate))
			(void)pthread_cond_timedwait(&gate->stop, &gate->lock, &time);
	}
	gate_unlock(gate);
	return NULL;
}
