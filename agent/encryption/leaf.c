/* SPDX-License-Identifier: GPL-3.0-or-later */

/* The whole question: find the leaves, look at everything at once, judge each, write it down. */

#include "encryption/leaf.h"

#include "base/json.h"
#include "encryption/leaf-walk.h"

#include <string.h>

static const char fix_external[] = "Take it out of the computer before you leave. If it has to come along, "
				   "ask a technician to encrypt it.";

/* A drive's own claim to encrypt can be true, but nobody can see that from here. */
static void doubt(struct leaf_walk *walk, size_t index, struct judgement *judgement)
{
	char noun[LEAF_USE];

	if (judgement->verdict != LEAF_NOT_ENCRYPTED || !walk->nodes[index].content.drive_locks)
		return;
	leaf_decide(judgement, LEAF_UNKNOWN,
		"A technician has to prove that the drive asks for a password after it was switched off, or "
		"to encrypt "
		"it with LUKS as well.",
		"%s is not encrypted by the computer. The drive says that it locks itself, but whether it "
		"really "
		"does cannot be seen while it is switched on.",
		leaf_noun(&walk->users.nodes[index], noun));
	leaf_command(judgement, "sedutil-cli --query %s",
		leaf_path(&walk->users.nodes[walk->users.nodes[index].parent != USERS_NONE
						     ? walk->users.nodes[index].parent
						     : index],
			noun));
}

/* A reason that speaks of a volume also says where that lies. */
static void place_reason(const struct users_node *node, struct judgement *judgement)
{
	size_t used = strlen(judgement->reason);

	if (!strstr(judgement->reason, node->label))
		(void)snprintf(judgement->reason + used, sizeof judgement->reason - used, " It lies on %s.",
			node->label);
}

/* Mount points, volumes and files are named by others: nothing in a name may act on a terminal. */
static void clean(char *text)
{
	for (char *c = text; *c; c++)
		if ((unsigned char)*c < 0x20 || *c == 0x7f)
			*c = '?';
}

static void clean_report(struct leaf_report *report)
{
	clean(report->device);
	clean(report->reason);
	clean(report->fix);
	clean(report->command);
	for (size_t i = 0; i < report->used_for_count; i++)
		clean(report->used_for[i]);
	for (size_t i = 0; i < report->chain_count; i++)
		clean(report->chain[i]);
}

static void write_report(struct leaf_walk *walk, size_t index, struct leaf_report *report)
{
	const struct users_node *node = &walk->users.nodes[index];
	struct judgement judgement = *leaf_judge(walk, index);
	char path[LEAF_USE];

	doubt(walk, index, &judgement);
	place_reason(node, &judgement);
	if (walk->nodes[index].external && judgement.verdict > LEAF_WEAK) {
		(void)snprintf(judgement.fix, sizeof judgement.fix, "%s", fix_external);
		judgement.command[0] = 0;
	}
	report->external = walk->nodes[index].external;
	report->bytes = node->size;
	report->verdict = judgement.verdict;
	(void)snprintf(report->device, sizeof report->device, "%.79s", leaf_path(node, path));
	memcpy(report->reason, judgement.reason, sizeof report->reason);
	memcpy(report->fix, judgement.fix, sizeof report->fix);
	memcpy(report->command, judgement.command, sizeof report->command);
	leaf_describe(walk, index, report);
	clean_report(report);
}

static int write_reports(struct leaf_walk *walk, struct leaf_list *list)
{
	size_t count = 0;

	for (size_t i = 0; i < walk->users.node_count; i++)
		count += walk->nodes[i].is_leaf;
	if (count == 0 || count > LEAF_MAX)
		return count ? -E2BIG : -ENODEV;
	list->leaves = calloc(count, sizeof *list->leaves);
	if (!list->leaves)
		return -ENOMEM;
	for (size_t i = 0; i < walk->users.node_count; i++)
		if (walk->nodes[i].is_leaf)
			write_report(walk, i, &list->leaves[list->count++]);
	return 0;
}

/* What turns out to have no medium is nothing to judge, and must not stand for a disk that was not found. */
static void drop_empty(struct leaf_walk *walk)
{
	for (size_t i = 0; i < walk->users.node_count; i++)
		if (walk->nodes[i].content.empty)
			walk->nodes[i].is_leaf = false;
}

int leaf_open(const struct sysroot *root, const struct leaf_options *options, struct leaf_walk *ret_walk)
{
	struct leaf_walk *walk = ret_walk;
	int r;

	*walk = (struct leaf_walk){.root = root, .options = options};
	r = users_load(root, &walk->users);
	if (r < 0)
		return r;
	walk->nodes = calloc(walk->users.node_count + 1, sizeof *walk->nodes);
	r = walk->nodes ? leaf_find(walk) : -ENOMEM;
	if (r >= 0)
		r = leaf_read_contents(walk);
	if (r >= 0)
		drop_empty(walk);
	return r;
}

void leaf_close(struct leaf_walk *walk)
{
	free(walk->nodes);
	users_clear(&walk->users);
}

int leaf_judge_all(const struct sysroot *root, const struct leaf_options *options, struct leaf_list *ret_list)
{
	_cleanup_(leaf_close) struct leaf_walk walk;
	int r;

	*ret_list = (struct leaf_list){0};
	r = leaf_open(root, options, &walk);
	return r < 0 ? r : write_reports(&walk, ret_list);
}

void leaf_list_clear(struct leaf_list *list)
{
	free(list->leaves);
	*list = (struct leaf_list){0};
}

static struct js *report_json(const struct leaf_report *report)
{
	struct js *json = js_object(), *used = js_array(), *chain = js_array();

	js_set_string(json, "device", report->device);
	for (size_t i = 0; i < report->used_for_count; i++)
		js_append_string(used, report->used_for[i]);
	js_set(json, "used_for", used);
	js_set_string(json, "verdict", leaf_verdict_name(report->verdict));
	js_set_string(json, "reason", report->reason);
	js_set_string(json, "fix", report->fix);
	js_set_string(json, "command", report->command[0] ? report->command : NULL);
	for (size_t i = 0; i < report->chain_count; i++)
		js_append_string(chain, report->chain[i]);
	js_set(json, "chain", chain);
	js_set_bool(json, "external", report->external);
	js_set_u64(json, "bytes", report->bytes);
	return json;
}

struct js *leaf_list_json(const struct leaf_list *list)
{
	struct js *array = js_array();

	for (size_t i = 0; i < list->count; i++)
		js_append(array, report_json(&list->leaves[i]));
	return array;
}
