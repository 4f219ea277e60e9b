/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Scan, format, scan. See format.h. FormatStore is operation 0x100F of PTP 1.1, section 10.5.15. */

#include "ptp/format.h"

#include "ptp/session-internal.h"

#include <string.h>

static int scan(struct ptp *ptp, struct ptp_tree **ret_tree, unsigned *ret_response)
{
	int r = ptp_tree_read(ptp, NULL, NULL, ret_tree);

	if (r <= 0)
		return r;
	*ret_response = (unsigned)r;
	return -EREMOTEIO;
}

/* Whether the scan shows the store, and nothing on it but folders. An object of which only the problem is
 * known may lie anywhere. */
static bool holds_no_file(const struct ptp_tree *tree, uint32_t storage)
{
	for (size_t i = 0; i < tree->count; i++) {
		const struct ptp_object *object = &tree->objects[i];

		if (object->problem != PTP_PROBLEM_NONE)
			return false;
		if (object->storage == storage && !ptp_object_is_folder(object))
			return false;
	}
	return ptp_tree_store(tree, storage) != NULL;
}

/* What lies on the store without being listed would go uncopied. A device that does not say how full the
 * store is says all ones, or nonsense. */
static bool holds_more(const struct ptp_tree *tree, const struct ptp_store *store)
{
	uint64_t folders = PTP_FORMAT_TABLES;

	for (size_t i = 0; i < tree->count; i++)
		folders += tree->objects[i].storage == store->id;
	if (store->info.capacity == 0 || store->info.capacity == UINT64_MAX ||
		store->info.free_bytes > store->info.capacity)
		return true;
	return store->info.capacity - store->info.free_bytes > folders * PTP_FORMAT_SLACK;
}

static bool is_in(const struct ptp_tree *tree, const struct ptp_object *object)
{
	const struct ptp_object *found = ptp_tree_find(tree, object->handle);

	return found && found->storage == object->storage && found->size == object->size && found->name &&
	       object->name && strcmp(found->name, object->name) == 0;
}

/* Handles need not outlive a format on every device; what does not show the same is said, never passed over.
 */
static bool others_are_there(const struct ptp_tree *before, const struct ptp_tree *after, uint32_t storage)
{
	for (size_t i = 0; i < before->count; i++)
		if (before->objects[i].storage != storage && !is_in(after, &before->objects[i]))
			return false;
	return true;
}

/* True if there were folders and all of them are listed as before, down to their numbers. */
static bool looks_untouched(const struct ptp_tree *before, const struct ptp_tree *after, uint32_t storage)
{
	size_t same = 0;

	for (size_t i = 0; i < before->count; i++) {
		if (before->objects[i].storage != storage)
			continue;
		if (!is_in(after, &before->objects[i]))
			return false;
		same++;
	}
	return same > 0;
}

static int conclude(struct ptp *ptp, const struct ptp_tree *before, const struct ptp_format_order *order,
	unsigned *response)
{
	_cleanup_(ptp_tree_freep) struct ptp_tree *after = NULL;
	int r = scan(ptp, &after, response);

	if (r == -ENOMEDIUM)
		return PTP_FORMAT_IGNORED;
	if (r < 0)
		return r;
	if (!others_are_there(before, after, order->storage))
		return PTP_FORMAT_OTHERS;
	if (*response != 0)
		return PTP_FORMAT_REFUSED;
	if (!holds_no_file(after, order->storage))
		return PTP_FORMAT_IGNORED;
	return looks_untouched(before, after, order->storage) ? PTP_FORMAT_UNSEEN : PTP_FORMATTED;
}

int ptp_format_store(struct ptp *ptp, const struct ptp_format_order *order, unsigned *ret_response)
{
	const struct ptp_command command = {
		.operation = PTP_FORMAT_STORE, .count = 2, .params = {order->storage, 0}};
	_cleanup_(ptp_tree_freep) struct ptp_tree *before = NULL;
	int r;

	*ret_response = 0;
	if (!order->by_manager)
		return PTP_FORMAT_NOT_ORDERED;
	if (!ptp_can(ptp, PTP_FORMAT_STORE))
		return PTP_FORMAT_UNKNOWN;
	r = scan(ptp, &before, ret_response);
	if (r < 0)
		return r;
	if (!ptp_tree_store(before, order->storage))
		return PTP_FORMAT_UNKNOWN;
	if (!holds_no_file(before, order->storage))
		return PTP_FORMAT_NOT_EMPTY;
	if (holds_more(before, ptp_tree_store(before, order->storage)))
		return PTP_FORMAT_HOLDS_MORE;
	r = ptp_poll(ptp);
	if (r < 0)
		return r;
	if (ptp_generation(ptp) != before->generation)
		return PTP_FORMAT_STALE;
	r = ptp_transact(ptp, &command, NULL);
	if (r < 0)
		return r;
	*ret_response = (unsigned)r;
	return conclude(ptp, before, order, ret_response);
}

const char *ptp_format_name(enum ptp_format format)
{
	static const char *const names[PTP_FORMAT_COUNT] = {"formatted", "not-ordered", "unknown",
		"not-empty", "changed", "device-refused", "device-ignored", "others-changed", "holds-more",
		"unseen"};

	return names[format];
}
