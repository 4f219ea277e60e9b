/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * The scan. See tree.h.
 *
 * Handles first: the root's listing and the store's whole listing, then the listing of each folder as folders
 * become known; descriptions from one property list where the device has it, one by one where not. Judging
 * comes last, when all is known: place, name, size.
 */

#include "ptp/tree.h"

#include <string.h>

#define LISTED_NOWHERE 0xffffffffU /* only in the store's whole listing */
#define LISTED_ROOT    0U
#define SCANS_MAX      3
#define SLOTS_FIRST    1024
#define STORE_NO_MEDIA 0xffffU /* a store id whose lower half is 0 has no medium in it */

enum known_bit {
	KNOWN_STORAGE = 1 << 0,
	KNOWN_FORMAT = 1 << 1,
	KNOWN_SIZE = 1 << 2,
	KNOWN_NAME = 1 << 3,
	KNOWN_PARENT = 1 << 4,
	KNOWN_PROTECTION = 1 << 5,
	KNOWN_ALL = (1 << 6) - 1,
};

struct scan {
	struct ptp_tree *tree;
	ptp_stop_fn stop;
	void *data;
	uint32_t storage; /* that is being listed */
};

struct ptp_tree *ptp_tree_free(struct ptp_tree *tree)
{
	if (!tree)
		return NULL;
	for (size_t i = 0; i < tree->count; i++)
		free(tree->objects[i].name);
	free(tree->objects);
	free(tree->slots);
	free(tree);
	return NULL;
}

/* --- handles --- */

static uint32_t *slot_of(const struct ptp_tree *tree, uint32_t handle)
{
	size_t at = (handle * 2654435761U) & (tree->slot_count - 1);

	if (!tree->slots)
		return NULL;
	while (tree->slots[at] != 0 && tree->objects[tree->slots[at] - 1].handle != handle)
		at = (at + 1) & (tree->slot_count - 1);
	return &tree->slots[at];
}

struct ptp_object *ptp_tree_find(const struct ptp_tree *tree, uint32_t handle)
{
	const uint32_t *slot = slot_of(tree, handle);
	uint32_t index = slot ? *slot : 0;

	return index > 0 ? &tree->objects[index - 1] : NULL;
}

const struct ptp_store *ptp_tree_store(const struct ptp_tree *tree, uint32_t id)
{
	for (size_t i = 0; i < tree->store_count; i++)
		if (tree->stores[i].id == id)
			return &tree->stores[i];
	return NULL;
}

uint32_t ptp_tree_store_bit(const struct ptp_tree *tree, uint32_t id)
{
	const struct ptp_store *store = ptp_tree_store(tree, id);

	return store ? 1U << (store - tree->stores) : 0;
}

static int grow_slots(struct ptp_tree *tree)
{
	size_t count = tree->slot_count > 0 ? tree->slot_count * 2 : SLOTS_FIRST;
	uint32_t *slots = calloc(count, sizeof *slots);

	if (!slots)
		return -ENOMEM;
	free(tree->slots);
	tree->slots = slots;
	tree->slot_count = count;
	for (size_t i = 0; tree->objects && i < tree->count; i++)
		*slot_of(tree, tree->objects[i].handle) = (uint32_t)(i + 1);
	return 0;
}

static int make_room(struct ptp_tree *tree)
{
	size_t room = tree->room > 0 ? tree->room * 2 : 256;
	struct ptp_object *objects;

	if (tree->count >= PTP_OBJECTS_MAX)
		return -E2BIG;
	if (tree->count * 2 >= tree->slot_count) {
		int r = grow_slots(tree);
		if (r < 0)
			return r;
	}
	if (tree->count < tree->room)
		return 0;
	objects = reallocarray(tree->objects, room, sizeof *objects);
	if (!objects)
		return -ENOMEM;
	tree->objects = objects;
	tree->room = room;
	return 0;
}

static int find_or_add(struct scan *scan, uint32_t handle, struct ptp_object **ret_object)
{
	struct ptp_tree *tree = scan->tree;
	uint32_t *slot;
	int r;

	if (handle == PTP_HANDLE_NONE || handle == PTP_HANDLE_ALL)
		return -EBADMSG;
	*ret_object = ptp_tree_find(tree, handle);
	if (*ret_object)
		return 0;
	r = make_room(tree);
	if (r < 0)
		return r;
	slot = slot_of(tree, handle);
	if (!slot || !tree->objects)
		return -ENOMEM;
	*ret_object = &tree->objects[tree->count];
	**ret_object =
		(struct ptp_object){.handle = handle, .storage = scan->storage, .listed = LISTED_NOWHERE};
	*slot = (uint32_t)++tree->count;
	return 0;
}

/* What the listing of parent says of one object. */
static int note_listed(struct scan *scan, uint32_t handle, uint32_t parent)
{
	uint32_t bit = ptp_tree_store_bit(scan->tree, scan->storage);
	struct ptp_object *object;
	int r = find_or_add(scan, handle, &object);

	if (r < 0)
		return r;
	if (parent == PTP_HANDLE_NONE) {
		object->whole_of |= bit;
		return 0;
	}
	if (parent == PTP_HANDLE_ALL) {
		object->root_of |= bit;
		parent = LISTED_ROOT;
	}
	if (object->listed != LISTED_NOWHERE && object->listed != parent)
		object->problem = PTP_PROBLEM_PLACE;
	object->listed = parent;
	return 0;
}

static int list(struct scan *scan, uint32_t parent)
{
	struct ptp_u32s handles = {0};
	int r = ptp_object_handles(scan->tree->ptp, scan->storage, parent, &handles);

	if (r != 0)
		return r;
	for (size_t i = 0; i < handles.count && r == 0; i++)
		r = note_listed(scan, handles.values[i], parent);
	ptp_u32s_clear(&handles);
	return r;
}

/* --- descriptions --- */

static int set_name(struct ptp_object *object, const char *name)
{
	char *copy = strdup(name);

	if (!copy)
		return -ENOMEM;
	free(object->name);
	object->name = copy;
	object->known |= KNOWN_NAME;
	return 0;
}

static void set_number(struct ptp_object *object, unsigned property, uint64_t number)
{
	if (property == PTP_PROP_STORAGE_ID) {
		object->storage = (uint32_t)number;
		object->known |= KNOWN_STORAGE;
	} else if (property == PTP_PROP_OBJECT_FORMAT) {
		object->format = (uint16_t)number;
		object->known |= KNOWN_FORMAT;
	} else if (property == PTP_PROP_OBJECT_SIZE) {
		object->size = number;
		object->known |= KNOWN_SIZE;
	} else if (property == PTP_PROP_PARENT_OBJECT) {
		object->claimed = (uint32_t)number;
		object->known |= KNOWN_PARENT;
	} else if (property == PTP_PROP_PROTECTION_STATUS) {
		object->protection = (uint16_t)number;
		object->known |= KNOWN_PROTECTION;
	}
}

static int take_property(
	uint32_t handle, unsigned property, unsigned type, const struct ptp_value *value, void *data)
{
	struct scan *scan = data;
	struct ptp_object *object;
	int r = find_or_add(scan, handle, &object);

	if (r < 0)
		return r;
	if (property == PTP_PROP_OBJECT_FILE_NAME && value->kind == PTP_VALUE_TEXT)
		return set_name(object, value->text);
	if (property == PTP_PROP_DATE_MODIFIED && value->kind == PTP_VALUE_TEXT &&
		ptp_parse_date(value->text, &object->modified) < 0)
		object->modified = 0;
	if (value->kind == PTP_VALUE_NUMBER)
		set_number(object, property, value->number);
	return 0;
}

/* A device without the operation, or that cannot do it so, is asked object by object instead. */
static int describe_at_once(struct scan *scan)
{
	struct ptp *ptp = scan->tree->ptp;
	int r;

	if (!ptp_can(ptp, PTP_GET_OBJECT_PROP_LIST) || scan->tree->count == 0)
		return 0;
	r = ptp_property_list(ptp, PTP_HANDLE_ALL, (enum ptp_property)PTP_HANDLE_ALL, 0, take_property, scan);
	if (r > 0 || (r == -EBADMSG && !ptp_is_broken(ptp)))
		return 0;
	return r;
}

static int describe(struct scan *scan, size_t index)
{
	struct ptp_object *object = &scan->tree->objects[index];
	struct ptp_object_info info;
	int r;

	if (object->known == KNOWN_ALL)
		return 0;
	r = ptp_object_info(scan->tree->ptp, object->handle, &info);
	if (r == 0)
		r = ptp_object_size(scan->tree->ptp, object->handle, &info, &object->size);
	if (r > 0 || (r == -EBADMSG && !ptp_is_broken(scan->tree->ptp))) {
		object->problem = PTP_PROBLEM_INFO;
		object->response = r > 0 ? (unsigned)r : 0;
		return 0;
	}
	if (r < 0)
		return r;
	object->storage = info.storage;
	object->format = info.format;
	object->protection = info.protection;
	object->claimed = info.parent;
	object->modified = info.modified;
	object->known = KNOWN_ALL;
	return set_name(object, info.name);
}

static int list_folder(struct scan *scan, size_t index)
{
	struct ptp_object *object = &scan->tree->objects[index];
	const struct ptp_store *store = ptp_tree_store(scan->tree, object->storage);
	int r;

	if (object->problem != PTP_PROBLEM_NONE || !ptp_object_is_folder(object) || !store || store->blind)
		return 0;
	scan->storage = object->storage;
	r = list(scan, object->handle);
	if (r <= 0)
		return r;
	object = &scan->tree->objects[index];
	object->problem = PTP_PROBLEM_LISTING;
	object->response = (unsigned)r;
	return 0;
}

/* Descriptions from an index on; listing folders makes more of them. */
static int describe_from(struct scan *scan, size_t first)
{
	int r = 0;

	for (size_t i = first; r == 0 && i < scan->tree->count; i++)
		r = scan->stop && scan->stop(scan->data) ? -ECANCELED : describe(scan, i);
	return r;
}

static bool claims_root(const struct ptp_object *object)
{
	return object->claimed == PTP_HANDLE_NONE || object->claimed == PTP_HANDLE_ALL;
}

/* Some devices pass over the folder they are asked for: then an object that says it lies in a folder is in
 * the root's listing, too, and listings say nothing about places. */
static void find_blind_stores(struct ptp_tree *tree)
{
	for (size_t i = 0; i < tree->count; i++) {
		const struct ptp_object *object = &tree->objects[i];

		if (object->root_of == 0 || claims_root(object) || !ptp_tree_find(tree, object->claimed))
			continue;
		for (size_t k = 0; k < tree->store_count; k++)
			tree->stores[k].blind |= (object->root_of >> k & 1) != 0;
	}
}

static int explore(struct scan *scan)
{
	int r = describe_from(scan, 0);

	if (r == 0)
		find_blind_stores(scan->tree);
	for (size_t i = 0; r == 0 && i < scan->tree->count; i++) {
		size_t known = scan->tree->count;

		r = list_folder(scan, i);
		if (r == 0)
			r = describe_from(scan, known);
	}
	return r;
}

/* --- judging --- */

/* Devices whose root is itself an object name it as the parent, without ever listing it. */
static void place(const struct ptp_tree *tree, struct ptp_object *object)
{
	const struct ptp_object *above = claims_root(object) ? NULL : ptp_tree_find(tree, object->claimed);
	const struct ptp_store *store = ptp_tree_store(tree, object->storage);
	bool fits;

	if (store && store->blind)
		object->listed = LISTED_NOWHERE;
	if (object->listed == LISTED_ROOT)
		fits = !above;
	else if (object->listed != LISTED_NOWHERE)
		fits = above && above->handle == object->listed;
	else
		fits = above ? ptp_object_is_folder(above) : claims_root(object);
	if (above && (above->storage != object->storage || above->handle == object->handle))
		fits = false;
	/* Known from properties alone, in no listing. */
	if (object->listed == LISTED_NOWHERE && object->root_of == 0 && object->whole_of == 0)
		fits = false;
	if (!fits || !store)
		object->problem = PTP_PROBLEM_PLACE;
	object->parent = above ? above->handle : PTP_HANDLE_NONE;
}

static bool name_is_sane(const char *name)
{
	return name && *name && strcmp(name, ".") != 0 && strcmp(name, "..") != 0 && !strchr(name, '/');
}

static int compare_places(const void *a, const void *b)
{
	const struct ptp_object *one = *(struct ptp_object *const *)a, *two = *(struct ptp_object *const *)b;

	if (one->storage != two->storage)
		return one->storage < two->storage ? -1 : 1;
	if (one->parent != two->parent)
		return one->parent < two->parent ? -1 : 1;
	return strcmp(one->name ? one->name : "", two->name ? two->name : "");
}

static int find_twins(struct ptp_tree *tree)
{
	_cleanup_free_ struct ptp_object **sorted = calloc(tree->count + 1, sizeof(struct ptp_object *));

	if (!sorted)
		return -ENOMEM;
	for (size_t i = 0; i < tree->count; i++)
		sorted[i] = &tree->objects[i];
	if (tree->count > 0)
		qsort(sorted, tree->count, sizeof *sorted, compare_places);
	for (size_t i = 1; i < tree->count; i++)
		if (sorted[i]->name && sorted[i - 1]->name && compare_places(&sorted[i - 1], &sorted[i]) == 0)
			sorted[i - 1]->problem = sorted[i]->problem = PTP_PROBLEM_TWICE;
	return 0;
}

/* What lies in a folder with a problem has no path either. */
static bool path_is_sound(const struct ptp_tree *tree, const struct ptp_object *object)
{
	char path[PTP_PATH_MAX + 1];

	if (ptp_tree_path(tree, object, path) < 0)
		return false;
	while (object->parent != PTP_HANDLE_NONE) {
		object = ptp_tree_find(tree, object->parent);
		if (!object ||
			(object->problem != PTP_PROBLEM_NONE && object->problem != PTP_PROBLEM_LISTING))
			return false;
	}
	return true;
}

static int judge(struct ptp_tree *tree)
{
	int r;

	for (size_t i = 0; i < tree->count; i++)
		if (tree->objects[i].problem != PTP_PROBLEM_INFO)
			place(tree, &tree->objects[i]);
	for (size_t i = 0; i < tree->count; i++)
		if (tree->objects[i].problem == PTP_PROBLEM_NONE && !name_is_sane(tree->objects[i].name))
			tree->objects[i].problem = PTP_PROBLEM_NAME;
	r = find_twins(tree);
	for (size_t i = 0; i < tree->count && r == 0; i++) {
		struct ptp_object *object = &tree->objects[i];

		if (object->problem == PTP_PROBLEM_NONE && !ptp_object_is_folder(object) &&
			object->size == PTP_SIZE_UNKNOWN)
			object->problem = PTP_PROBLEM_SIZE;
		if (object->problem == PTP_PROBLEM_NONE && !path_is_sound(tree, object))
			object->problem = PTP_PROBLEM_NAME;
	}
	return r;
}

/* --- the scan --- */

/* A device need not know both listings; without either, nothing was looked at. */
static int list_store(struct scan *scan, struct ptp_store *store)
{
	int root, whole, r = ptp_storage_info(scan->tree->ptp, store->id, &store->info);

	if (r != 0)
		return r;
	scan->storage = store->id;
	root = list(scan, PTP_HANDLE_ALL);
	if (root < 0 || root == PTP_STORE_NOT_AVAILABLE)
		return root;
	whole = list(scan, PTP_HANDLE_NONE);
	if (whole < 0 || whole == PTP_STORE_NOT_AVAILABLE)
		return whole;
	store->rooted = root == 0;
	store->whole = whole == 0;
	return store->rooted || store->whole ? 0 : root;
}

static int list_stores(struct scan *scan, const struct ptp_u32s *ids)
{
	struct ptp_tree *tree = scan->tree;
	int r = 0;

	for (size_t i = 0; i < ids->count && r == 0; i++) {
		if ((ids->values[i] & STORE_NO_MEDIA) == 0)
			continue;
		if (tree->store_count == PTP_STORES_MAX || ids->values[i] == PTP_HANDLE_ALL ||
			ptp_tree_store(tree, ids->values[i]))
			return -EBADMSG;
		tree->stores[tree->store_count].id = ids->values[i];
		r = list_store(scan, &tree->stores[tree->store_count++]);
	}
	return r == 0 && tree->store_count == 0 ? -ENOMEDIUM : r;
}

static bool lists(const struct ptp_u32s *ids, uint32_t id)
{
	for (size_t i = 0; i < ids->count; i++)
		if (ids->values[i] == id)
			return true;
	return false;
}

int ptp_tree_stores_present(const struct ptp_tree *tree)
{
	struct ptp_u32s ids = {0};
	int r = ptp_storage_ids(tree->ptp, &ids);

	if (r == 0 && tree->store_count == 0)
		r = -ENOMEDIUM;
	for (size_t i = 0; r == 0 && i < tree->store_count; i++) {
		struct ptp_storage_info info;

		r = lists(&ids, tree->stores[i].id) ? ptp_storage_info(tree->ptp, tree->stores[i].id, &info)
						    : -ENOMEDIUM;
	}
	ptp_u32s_clear(&ids);
	return r;
}

static int scan_once(struct scan *scan)
{
	struct ptp_u32s ids = {0};
	int r = ptp_poll(scan->tree->ptp);

	scan->tree->generation = ptp_generation(scan->tree->ptp);
	if (r == 0)
		r = ptp_storage_ids(scan->tree->ptp, &ids);
	if (r == 0)
		r = list_stores(scan, &ids);
	if (r == 0)
		r = describe_at_once(scan);
	if (r == 0)
		r = explore(scan);
	if (r == 0)
		r = judge(scan->tree);
	ptp_u32s_clear(&ids);
	if (r == 0 && scan->tree->generation != ptp_generation(scan->tree->ptp))
		r = -EAGAIN;
	return r;
}

int ptp_tree_read(struct ptp *ptp, ptp_stop_fn stop, void *data, struct ptp_tree **ret_tree)
{
	int r = -EAGAIN;

	for (unsigned i = 0; r == -EAGAIN && i < SCANS_MAX; i++) {
		_cleanup_(ptp_tree_freep) struct ptp_tree *tree = calloc(1, sizeof *tree);
		struct scan scan = {.tree = tree, .stop = stop, .data = data};

		if (!tree)
			return -ENOMEM;
		tree->ptp = ptp;
		r = scan_once(&scan);
		if (r == 0)
			*ret_tree = TAKE_PTR(tree);
	}
	return r;
}

/* --- paths --- */

static bool prepend(char *path, size_t *start, const char *name)
{
	size_t size = strlen(name);

	if (size + 1 > *start)
		return false;
	*start -= size;
	memcpy(path + *start, name, size);
	path[--*start] = '/';
	return true;
}

static const char *shown_name(const struct ptp_object *object, char *buffer, size_t size)
{
	if (name_is_sane(object->name))
		return object->name;
	(void)snprintf(buffer, size, "#%08x", object->handle);
	return buffer;
}

ssize_t ptp_tree_path(
	const struct ptp_tree *tree, const struct ptp_object *object, char ret_path[static PTP_PATH_MAX + 1])
{
	char path[PTP_PATH_MAX], head[32], buffer[16];
	size_t start = sizeof path;
	uint32_t storage = object->storage;
	int n;

	for (unsigned depth = 0; object; depth++) {
		if (depth == PTP_DEPTH_MAX ||
			!prepend(path, &start, shown_name(object, buffer, sizeof buffer)))
			return -ENAMETOOLONG;
		object = object->parent == PTP_HANDLE_NONE ? NULL : ptp_tree_find(tree, object->parent);
	}
	n = snprintf(head, sizeof head, "store-%08x", storage);
	if ((size_t)n > start)
		return -ENAMETOOLONG;
	memcpy(ret_path, head, (size_t)n);
	memcpy(ret_path + n, path + start, sizeof path - start);
	ret_path[(size_t)n + sizeof path - start] = 0;
	return n + (ssize_t)(sizeof path - start);
}
