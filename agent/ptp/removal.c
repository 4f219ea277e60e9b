/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Proofs, and what is done with them. See removal.h. */

#include "ptp/removal.h"

#include "ptp/session-internal.h"

#include <string.h>

struct ptp_proof {
	struct ptp_tree *tree;
	uint32_t handle;
	uint64_t generation;
};

struct ptp_proof *ptp_proof_free(struct ptp_proof *proof)
{
	free(proof);
	return NULL;
}

static bool is_current(const struct ptp_tree *tree, uint64_t generation)
{
	const struct ptp *ptp = tree->ptp;

	return ptp->open && !ptp->broken && generation == tree->generation && generation == ptp->generation;
}

static bool is_recorded(
	const struct ptp_tree *tree, const struct ptp_object *object, const struct ptp_recorded *recorded)
{
	char path[PTP_PATH_MAX + 1];

	return object->problem == PTP_PROBLEM_NONE && !object->removed && object->size != PTP_SIZE_UNKNOWN &&
	       object->size == recorded->size && ptp_tree_path(tree, object, path) > 0 &&
	       strcmp(path, recorded->path) == 0;
}

static bool is_the_same(const struct ptp_object *object, const struct ptp_object_info *info, uint64_t size)
{
	return info->storage == object->storage && info->parent == object->claimed &&
	       info->format == object->format && size == object->size && object->name &&
	       strcmp(info->name, object->name) == 0;
}

/* Reads the description again; the object's protection may have changed and is taken over. */
static int read_again(struct ptp_tree *tree, struct ptp_object *object, unsigned *ret_response)
{
	struct ptp_object_info info;
	uint64_t size;
	int r = ptp_object_info(tree->ptp, object->handle, &info);

	if (r == 0)
		r = ptp_object_size(tree->ptp, object->handle, &info, &size);
	if (r > 0) {
		*ret_response = (unsigned)r;
		return PTP_REMOVAL_UNREADABLE;
	}
	if (r < 0)
		return r;
	object->protection = info.protection;
	return is_the_same(object, &info, size) ? PTP_REMOVED : PTP_REMOVAL_DIFFERS;
}

int ptp_prove(struct ptp_tree *tree, struct ptp_object *object, const struct ptp_recorded *recorded,
	struct ptp_proof **ret_proof, unsigned *ret_response)
{
	struct ptp_proof *proof;
	int r = tree->ptp->broken ? 0 : ptp_poll(tree->ptp);

	*ret_response = 0;
	if (r < 0)
		return r;
	if (!is_current(tree, tree->generation))
		return PTP_REMOVAL_STALE;
	if (ptp_object_is_folder(object))
		return PTP_REMOVAL_FOLDER;
	if (!is_recorded(tree, object, recorded))
		return PTP_REMOVAL_DIFFERS;
	r = read_again(tree, object, ret_response);
	if (r != PTP_REMOVED)
		return r;
	if (!is_current(tree, tree->generation))
		return PTP_REMOVAL_STALE;
	if (object->protection != 0 && !recorded->protected_too)
		return PTP_REMOVAL_PROTECTED;
	proof = calloc(1, sizeof *proof);
	if (!proof)
		return -ENOMEM;
	*proof = (struct ptp_proof){tree, object->handle, tree->generation};
	*ret_proof = proof;
	return PTP_REMOVED;
}

/* --- after a delete --- */

static int compare_handles(const void *a, const void *b)
{
	uint32_t one = *(const uint32_t *)a, two = *(const uint32_t *)b;

	return one < two ? -1 : one > two;
}

/* Which of the tree's objects a listing has to show. */
struct expectation {
	uint32_t storage, parent; /* as the device is asked */
	uint32_t except;
};

static bool is_expected(
	const struct ptp_tree *tree, const struct ptp_object *object, const struct expectation *e)
{
	uint32_t bit = ptp_tree_store_bit(tree, e->storage);

	if (object->removed || object->handle == e->except)
		return false;
	if (e->parent == PTP_HANDLE_NONE)
		return (object->whole_of & bit) != 0;
	if (e->parent == PTP_HANDLE_ALL)
		return (object->root_of & bit) != 0;
	return object->listed == e->parent;
}

static int expected_handles(
	const struct ptp_tree *tree, const struct expectation *e, struct ptp_u32s *ret_list)
{
	uint32_t *values = calloc(tree->count + 1, sizeof *values);
	size_t count = 0;

	if (!values)
		return -ENOMEM;
	for (size_t i = 0; i < tree->count; i++)
		if (is_expected(tree, &tree->objects[i], e))
			values[count++] = tree->objects[i].handle;
	*ret_list = (struct ptp_u32s){count, values};
	return 0;
}

struct sight {
	bool still_there, others;
	unsigned refused; /* the device's answer in place of a listing */
};

/* Compares a fresh listing with what must be in it; the object itself is looked for on the side. */
static int look(const struct ptp_tree *tree, const struct expectation *e, struct sight *sight)
{
	struct ptp_u32s seen = {0}, wanted = {0};
	size_t count = 0;
	int r = ptp_object_handles(tree->ptp, e->storage, e->parent, &seen);

	if (r > 0)
		sight->refused = (unsigned)r;
	if (r != 0)
		return r > 0 ? -EREMOTEIO : r;
	for (size_t i = 0; i < seen.count; i++) {
		sight->still_there |= seen.values[i] == e->except;
		if (seen.values[i] != e->except)
			seen.values[count++] = seen.values[i];
	}
	seen.count = count;
	r = expected_handles(tree, e, &wanted);
	if (r == 0) {
		qsort(seen.values, seen.count, sizeof *seen.values, compare_handles);
		qsort(wanted.values, wanted.count, sizeof *wanted.values, compare_handles);
		sight->others |= seen.count != wanted.count ||
				 memcmp(seen.values, wanted.values, count * sizeof *seen.values) != 0;
	}
	ptp_u32s_clear(&seen);
	ptp_u32s_clear(&wanted);
	return r;
}

/* The listings it was in: its folder's (or the root's), and the store's. */
static int look_around(const struct ptp_tree *tree, const struct ptp_object *object, struct sight *sight)
{
	uint32_t bit = ptp_tree_store_bit(tree, object->storage);
	struct expectation e = {
		.storage = object->storage, .parent = object->listed, .except = object->handle};
	struct ptp_object_info info;
	int r = 0;

	if (object->root_of & bit)
		e.parent = PTP_HANDLE_ALL;
	if (object->root_of & bit || object->listed == object->parent)
		r = look(tree, &e, sight);
	e.parent = PTP_HANDLE_NONE;
	if (r == 0 && object->whole_of & bit)
		r = look(tree, &e, sight);
	if (r == 0)
		r = ptp_object_info(tree->ptp, object->handle, &info);
	if (r == 0)
		sight->still_there = true;
	return r < 0 ? r : 0;
}

static int conclude(const struct sight *sight, int answer)
{
	if (sight->others)
		return PTP_REMOVAL_OTHERS;
	if (answer == 0)
		return sight->still_there ? PTP_REMOVAL_IGNORED : PTP_REMOVED;
	return sight->still_there ? PTP_REMOVAL_REFUSED : PTP_REMOVAL_UNSURE;
}

static int send_delete(struct ptp *ptp, uint32_t handle, uint32_t storage)
{
	const struct ptp_command command = {
		.operation = PTP_DELETE_OBJECT, .count = 2, .params = {handle, 0}};

	ptp->removed = handle;
	ptp->removed_from = storage;
	return ptp_transact(ptp, &command, NULL);
}

static struct ptp_object *object_of(const struct ptp_proof *proof)
{
	return is_current(proof->tree, proof->generation) ? ptp_tree_find(proof->tree, proof->handle) : NULL;
}

int ptp_remove(struct ptp_proof **proof, unsigned *ret_response)
{
	_cleanup_(ptp_proof_freep) struct ptp_proof *own = TAKE_PTR(*proof);
	struct sight sight = {0};
	struct ptp_object *object;
	int answer, r = own->tree->ptp->broken ? 0 : ptp_poll(own->tree->ptp);

	*ret_response = 0;
	if (r < 0)
		return r;
	object = object_of(own);
	if (!object || object->removed)
		return PTP_REMOVAL_STALE;
	answer = send_delete(own->tree->ptp, own->handle, object->storage);
	if (answer < 0)
		return answer;
	*ret_response = (unsigned)answer;
	r = look_around(own->tree, object, &sight);
	if (r == -EREMOTEIO)
		*ret_response = sight.refused;
	if (r < 0)
		return r;
	object->removed = !sight.still_there;
	return conclude(&sight, answer);
}

int ptp_unprotect(struct ptp_proof **proof)
{
	_cleanup_(ptp_proof_freep) struct ptp_proof *own = TAKE_PTR(*proof);
	struct ptp_command command = {
		.operation = PTP_SET_OBJECT_PROTECTION, .count = 2, .params = {own->handle, 0}};

	if (!object_of(own))
		return -ESTALE;
	return ptp_transact(own->tree->ptp, &command, NULL);
}

const char *ptp_removal_name(enum ptp_removal removal)
{
	static const char *const names[PTP_REMOVAL_COUNT] = {"removed", "differs", "folder", "protected",
		"changed", "unreadable", "device-refused", "device-ignored", "others-changed",
		"contradiction"};

	return names[removal];
}
