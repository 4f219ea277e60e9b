/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * Records of computers, and computers of any shape. A first byte chooses.
 *
 * Text: facts in JSON; what is accepted is sane and survives being written again. Bytes: devices, what uses
 * them and what lies on them. Invariants: a leaf from which a use in clear can be reached without passing
 * encryption is not encrypted, one from which something unreadable can be reached is not good; whatever the
 * shape (circles included), there is an answer with a reason.
 */

#include "base/json.h"
#include "encryption/facts.h"
#include "encryption/leaf-walk.h"

#include <string.h>

#define NODES 12
#define USES  24

struct input {
	const uint8_t *at, *end;
};

static unsigned take(struct input *input, unsigned limit)
{
	return input->at < input->end ? *input->at++ % limit : 0;
}

/* --- facts --- */

static void facts(const uint8_t *data, size_t size)
{
	_cleanup_js_ struct js *json = NULL, *written = NULL;
	struct content content, again;
	struct sysroot_place place;

	if (js_parse((const char *)data, size, &json) < 0)
		return;
	(void)facts_parse_place(json, &place);
	if (facts_parse_content(json, &content) < 0)
		return;
	if (!content_sane(&content))
		abort();
	written = facts_content(&content);
	if (facts_parse_content(written, &again) < 0 || again.probe != content.probe ||
		again.error != content.error || again.busy != content.busy || again.scan != content.scan ||
		strcmp(again.type, content.type) != 0)
		abort();
}

/* --- shapes --- */

static void make_content(struct input *input, struct content *content)
{
	static const char *const types[] = {"", "ext4", "crypto_LUKS", "swap", "swsuspend", "vfat"};
	static const char *const parts[] = {
		"", "c12a7328-f81f-11d2-ba4b-00a0c93ec93b", "21686148-6449-6e6f-744e-656564454649"};
	unsigned type = take(input, ELEMENTS(types)), flags = take(input, 256);

	*content = (struct content){.error = flags & 1 ? -EIO : 0,
		.busy = flags & 2,
		.probe = type ? CONTENT_KNOWN : CONTENT_NOTHING,
		.has_table = flags & 4,
		.drive_locks = flags & 8,
		.has_header = type == 2 && flags & 16,
		.sample = (enum content_sample)take(input, 4),
		.rest = (enum content_sample)take(input, 4),
		.scan = (enum content_scan)take(input, 3),
		.exempt = {.files = 1, .boot_files = flags & 32 ? 1 : 0, .offender = {flags & 64 ? 'x' : 0}}};
	content->header.verdict = (enum storage_verdict)take(input, 4);
	(void)snprintf(content->header.reason, sizeof content->header.reason, "A header.");
	(void)snprintf(content->type, sizeof content->type, "%s", types[type]);
	(void)snprintf(
		content->part_type, sizeof content->part_type, "%s", parts[take(input, ELEMENTS(parts))]);
}

static void make_node(struct input *input, struct users_node *node, unsigned index)
{
	*node = (struct users_node){.kind = (enum users_node_kind)take(input, USERS_VIRTUAL + 1),
		.number = {8, index},
		.parent = USERS_NONE,
		.size = (uint64_t)take(input, 256) << 20};
	node->real = node->kind <= USERS_PARTITION_OF_DISK;
	(void)snprintf(node->name, sizeof node->name, "dev%u", index);
	memcpy(node->label, node->name, sizeof node->label);
}

static void make_use(
	struct input *input, const struct dmtable_target *targets, size_t nodes, struct users_use *use)
{
	*use = (struct users_use){.lower = take(input, (unsigned)nodes),
		.upper = take(input, (unsigned)nodes),
		.kind = (enum users_kind)take(input, USERS_OVERFLOW + 1),
		.what = "what",
		.text = "/text"};
	if (use->kind == USERS_CRYPT)
		use->target = &targets[take(input, 4)];
	if (use->kind >= USERS_UNREADABLE)
		use->upper = USERS_NONE;
}

/* Is a use of one of these kinds above the node, below all encryption? */
static bool reaches(
	const struct leaf_walk *walk, size_t node, bool *seen, bool (*wanted)(const struct users_use *use))
{
	if (seen[node])
		return false;
	seen[node] = true;
	/* A boot file system is judged as a whole. */
	if (walk->nodes[node].content.scan != CONTENT_NOT_SCANNED)
		return false;
	for (size_t i = 0; i < walk->users.use_count; i++) {
		const struct users_use *use = &walk->users.uses[i];

		if (use->lower != node || !leaf_counts(walk, use))
			continue;
		if (wanted(use) || (use->upper != USERS_NONE && use->kind != USERS_CRYPT &&
					   reaches(walk, use->upper, seen, wanted)))
			return true;
	}
	return false;
}

static bool in_clear(const struct users_use *use)
{
	return use->kind == USERS_MOUNT || use->kind == USERS_SWAP || use->kind == USERS_JOURNAL ||
	       use->kind == USERS_OVERFLOW ||
	       (use->kind == USERS_CRYPT && use->target->strength == DMTABLE_NULL_CIPHER);
}

static bool unreadable(const struct users_use *use)
{
	return use->kind == USERS_UNREADABLE ||
	       (use->kind == USERS_CRYPT && use->target->strength == DMTABLE_UNKNOWN_CIPHER);
}

static void check(struct leaf_walk *walk, size_t node)
{
	struct leaf_report *report = calloc(1, sizeof *report);
	bool seen[NODES] = {false}, seen_again[NODES] = {false};
	const struct judgement *judgement = leaf_judge(walk, node);

	if (!judgement->reason[0] || judgement->verdict > LEAF_NOT_ENCRYPTED)
		abort();
	if (reaches(walk, node, seen, in_clear) && judgement->verdict != LEAF_NOT_ENCRYPTED)
		abort();
	if (reaches(walk, node, seen_again, unreadable) && judgement->verdict < LEAF_UNKNOWN)
		abort();
	if (report)
		leaf_describe(walk, node, report);
	if (report && (report->used_for_count == 0 || report->chain_count == 0))
		abort();
	free(report);
}

static void shape(const uint8_t *data, size_t size)
{
	static const char *const ciphers[] = {"aes-xts-plain64 :64:logon:k 0 8:0 0",
		"cipher_null-ecb - 0 8:0 0", "aes-ecb :32:logon:k 0 8:0 0",
		"odd-xts-plain64 :64:logon:k 0 8:0 0"};
	const struct leaf_options options = {0};
	struct input input = {data, data + size};
	struct users_node nodes[NODES];
	struct users_use uses[USES];
	struct leaf_node leaf_nodes[NODES] = {0};
	struct dmtable_target targets[ELEMENTS(ciphers)];
	struct leaf_walk walk = {.options = &options, .nodes = leaf_nodes};
	size_t count = 1 + take(&input, NODES);

	for (size_t i = 0; i < ELEMENTS(ciphers); i++)
		dmtable_parse(0, 8, "crypt", ciphers[i], &targets[i]);
	for (size_t i = 0; i < count; i++) {
		make_node(&input, &nodes[i], (unsigned)i);
		make_content(&input, &leaf_nodes[i].content);
		leaf_nodes[i].wanted = true;
		leaf_nodes[i].is_leaf = i == 0;
	}
	walk.users = (struct users){.node_count = count, .nodes = nodes, .uses = uses};
	walk.users.use_count = take(&input, USES);
	for (size_t i = 0; i < walk.users.use_count; i++)
		make_use(&input, targets, count, &uses[i]);
	check(&walk, 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size == 0)
		return 0;
	if (data[0] == '{')
		facts(data, size);
	else
		shape(data + 1, size - 1);
	return 0;
}
