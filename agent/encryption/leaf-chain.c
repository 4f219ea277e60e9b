/* SPDX-License-Identifier: GPL-3.0-or-later */

/* What a leaf is used for, through encryption too, and what lies above it: for people, not for the verdict.
 */

#include "encryption/leaf-walk.h"

#include <stdarg.h>
#include <string.h>

struct describing {
	struct leaf_walk *walk;
	struct leaf_report *report;
	bool *seen;
};

static _printf_(2, 3) void note(struct describing *d, const char *format, ...)
{
	va_list arguments;

	if (d->report->chain_count == LEAF_CHAIN_MAX)
		return;
	va_start(arguments, format);
	(void)vsnprintf(d->report->chain[d->report->chain_count++], LEAF_USE, format, arguments);
	va_end(arguments);
}

static void used_for(struct describing *d, const char *text)
{
	struct leaf_report *report = d->report;

	for (size_t i = 0; i < report->used_for_count; i++)
		if (strcmp(report->used_for[i], text) == 0)
			return;
	if (text[0] && report->used_for_count < LEAF_USES_MAX)
		(void)snprintf(report->used_for[report->used_for_count++], LEAF_USE, "%s", text);
}

static void describe_table(struct describing *d, const struct users_node *node)
{
	const char *last = "";

	if (node->table_error < 0 || node->table.count == 0)
		note(d, "%s: mapping that could not be read", node->label);
	for (size_t i = 0; i < node->table.count; i++) {
		const struct dmtable_target *target = &node->table.targets[i];

		if (strcmp(last, target->type) == 0)
			continue;
		last = target->type;
		if (target->kind == DMTABLE_CRYPT)
			note(d, "%s: crypt, %s, key of %u bits", node->label, target->cipher,
				target->key_bits);
		else
			note(d, "%s: %s, not encrypted by itself", node->label, target->type);
	}
}

static void describe_node(struct describing *d, const struct users_node *node)
{
	switch (node->kind) {
	case USERS_DM:
		describe_table(d, node);
		return;
	case USERS_MD:
	case USERS_BCACHE:
		note(d, "%s: several devices as one", node->name);
		return;
	case USERS_LOOP:
		note(d, "%s: disk image", node->name);
		return;
	case USERS_PARTITION_OF_DISK:
		note(d, "%s: partition", node->name);
		return;
	case USERS_DISK:
		note(d, "%s: disk%s%s", node->name, node->model[0] ? ", " : "", node->model);
		return;
	case USERS_ZRAM:
	case USERS_VIRTUAL:
		break;
	}
	note(d, "%s: virtual device", node->name);
}

static void describe(struct describing *d, size_t index);

static void describe_use(struct describing *d, const struct users_use *use)
{
	switch (use->kind) {
	case USERS_CRYPT:
	case USERS_PASS:
	case USERS_PARTITION:
	case USERS_OVER_LOOP:
		describe(d, use->upper);
		return;
	case USERS_MOUNT:
		if (use->text[0])
			note(d, "%s on %.200s", use->what, use->text);
		else
			note(d, "%s", use->what);
		used_for(d, use->text[0] ? use->text : "in use");
		return;
	case USERS_SWAP:
		note(d, "swap");
		used_for(d, "swap");
		return;
	case USERS_JOURNAL:
		note(d, "%s: journal or second part", use->what);
		used_for(d, "journal");
		return;
	case USERS_OVERFLOW:
		note(d, "%s: overflow of compressed memory", use->text);
		used_for(d, "swap");
		return;
	case USERS_UNREADABLE:
		break;
	}
	note(d, "%.200s: mapping that could not be read", use->text);
	used_for(d, "in use");
}

/* Only of what lies below no encryption is the content known. */
static void describe_content(struct describing *d, size_t index, bool used)
{
	const struct content *content = &d->walk->nodes[index].content;

	if (!d->walk->nodes[index].wanted || content->error < 0)
		return;
	if (content->probe == CONTENT_KNOWN && strcmp(leaf_type_use(content->type), "hibernation image") == 0)
		used_for(d, "hibernation image");
	if (used)
		return;
	if (content->probe == CONTENT_KNOWN)
		note(d, "%s, %s", content->type, content->busy ? "in use" : "not in use");
	if (content->busy)
		used_for(d, "in use");
	else if (content->probe == CONTENT_KNOWN)
		used_for(d, leaf_type_use(content->type));
}

static void describe(struct describing *d, size_t index)
{
	bool used = false;

	if (d->seen[index])
		return;
	d->seen[index] = true;
	for (size_t i = 0; i < d->walk->users.use_count; i++) {
		const struct users_use *use = &d->walk->users.uses[i];

		if (use->lower != index || !leaf_counts(d->walk, use))
			continue;
		used = true;
		describe_use(d, use);
	}
	describe_content(d, index, used);
	describe_node(d, &d->walk->users.nodes[index]);
}

void leaf_describe(struct leaf_walk *walk, size_t index, struct leaf_report *report)
{
	_cleanup_free_ bool *seen = calloc(walk->users.node_count, sizeof *seen);
	struct describing d = {walk, report, seen};
	size_t parent = walk->users.nodes[index].parent;

	if (!seen)
		return;
	describe(&d, index);
	if (parent != USERS_NONE)
		describe_node(&d, &walk->users.nodes[parent]);
	if (walk->nodes[index].rest_only)
		used_for(&d, "outside the partitions");
	if (report->used_for_count == 0)
		used_for(&d, "not mounted");
}
