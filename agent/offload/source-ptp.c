/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * Objects as files. See source-ptp.h.
 *
 * The scan's objects are sorted by store, folder and name once, so that the walk goes down folder by folder
 * and a path is found by its names. What has a problem is told as failed with the device's own path for
 * people, whether it can be reached from a root or not.
 */

#include "offload/source-ptp.h"

#include "ptp/usb.h"

#include <string.h>

#define REOPEN_MAX    16 /* broken sessions in one read of everything */
#define STORE_NAME    32
#define COMPONENT_MAX PTP_TEXT_SIZE

struct source_ptp {
	int fd; /* borrowed */
	struct ptp_usb *usb;
	struct ptp_transport transport;
	struct ptp *ptp;
	struct ptp_tree *tree;
	struct ptp_object **sorted; /* without those that have a problem */
	size_t sorted_count;
	unsigned reopened;
	int trouble; /* of the last scan or look at the stores: 0, negative errno or the device's answer */
	bool reading, fresh; /* fresh: scanned, and nothing read since */
};

struct source_ptp *source_ptp_free(struct source_ptp *ptp)
{
	if (!ptp)
		return NULL;
	free(ptp->sorted);
	(void)ptp_tree_free(ptp->tree);
	(void)ptp_free(ptp->ptp);
	(void)ptp_usb_free(ptp->usb);
	free(ptp);
	return NULL;
}

int source_ptp_new(const struct ptp_transport *transport, struct source_ptp **ret_ptp)
{
	struct source_ptp *ptp = calloc(1, sizeof *ptp);

	if (!ptp)
		return -ENOMEM;
	ptp->fd = -1;
	if (transport)
		ptp->transport = *transport;
	*ret_ptp = ptp;
	return 0;
}

int source_ptp_open(int usbfs_fd, struct source_ptp **ret_ptp)
{
	_cleanup_(source_ptp_freep) struct source_ptp *ptp = NULL;
	int r = usbfs_fd < 0 ? -EBADF : source_ptp_new(NULL, &ptp);

	if (r < 0)
		return r;
	ptp->fd = usbfs_fd;
	r = ptp_usb_new(&ptp->usb);
	if (r == 0)
		*ret_ptp = TAKE_PTR(ptp);
	return r;
}

/* --- words --- */

const char *source_ptp_trouble(const struct source_ptp *ptp, char buffer[static PTP_NAME_SIZE])
{
	if (ptp->trouble == 0 || ptp->trouble == -ENODEV)
		return "";
	return ptp_error_name(abs(ptp->trouble), buffer);
}

/* --- sessions --- */

static int refuse(char *detail, int r)
{
	char name[PTP_NAME_SIZE];

	if (r == -ENODEV)
		return SOURCE_GONE;
	if (r == PTP_ACCESS_DENIED)
		return SOURCE_LOCKED;
	(void)snprintf(detail, SOURCE_DETAIL, "it %s (%s)",
		r == PTP_DEVICE_BUSY ? "is busy" : "does not answer as a camera should",
		ptp_error_name(abs(r), name));
	return SOURCE_REFUSED;
}

static int connect_usb(struct source_ptp *ptp, char *detail)
{
	int r = ptp_usb_open(ptp->usb, ptp->fd);

	if (r == PTP_USB_OPENED) {
		ptp->transport = *ptp_usb_transport(ptp->usb);
		return SOURCE_OPENED;
	}
	if (r == PTP_USB_TAKEN) {
		(void)snprintf(detail, SOURCE_DETAIL, "another program is using it");
		return SOURCE_REFUSED;
	}
	if (r == PTP_USB_NO_CAMERA) {
		(void)snprintf(detail, SOURCE_DETAIL, "neither PTP nor MTP");
		return SOURCE_UNKNOWN;
	}
	return refuse(detail, r);
}

/* A locked phone answers well and lists no store, or none that it describes: no files are seen then, which
 * must never count as none being there. */
static int look_for_stores(struct source_ptp *ptp, char *detail)
{
	const uint32_t medium = 0xffff;
	struct ptp_u32s ids = {0};
	struct ptp_storage_info info;
	size_t count = 0;
	int r = ptp_storage_ids(ptp->ptp, &ids);

	for (size_t i = 0; r == 0 && i < ids.count; i++) {
		if ((ids.values[i] & medium) == 0)
			continue;
		r = ptp_storage_info(ptp->ptp, ids.values[i], &info);
		count++;
	}
	ptp_u32s_clear(&ids);
	if ((r > 0 && r != PTP_DEVICE_BUSY) || (r == 0 && count == 0))
		return SOURCE_LOCKED;
	return r != 0 ? refuse(detail, r) : SOURCE_OPENED;
}

int source_ptp_connect(struct source_ptp *ptp, char ret_detail[static SOURCE_DETAIL])
{
	int r = ptp->usb ? connect_usb(ptp, ret_detail) : SOURCE_OPENED;

	if (r != SOURCE_OPENED)
		return r;
	r = ptp_new(&ptp->transport, &ptp->ptp);
	if (r < 0)
		return r;
	r = ptp_open(ptp->ptp);
	return r != 0 ? refuse(ret_detail, r) : look_for_stores(ptp, ret_detail);
}

static int compare_names(uint32_t storage, uint32_t parent, const char *name, const struct ptp_object *object)
{
	if (storage != object->storage)
		return storage < object->storage ? -1 : 1;
	if (parent != object->parent)
		return parent < object->parent ? -1 : 1;
	return strcmp(name, object->name);
}

static int compare_objects(const void *a, const void *b)
{
	const struct ptp_object *one = *(struct ptp_object *const *)a;

	return compare_names(one->storage, one->parent, one->name, *(struct ptp_object *const *)b);
}

static bool is_sound(const struct ptp_object *object)
{
	return object->problem == PTP_PROBLEM_NONE || object->problem == PTP_PROBLEM_LISTING;
}

static int sort_objects(struct source_ptp *ptp)
{
	struct ptp_object **sorted = calloc(ptp->tree->count + 1, sizeof *sorted);
	size_t count = 0;

	if (!sorted)
		return -ENOMEM;
	for (size_t i = 0; i < ptp->tree->count; i++)
		if (is_sound(&ptp->tree->objects[i]))
			sorted[count++] = &ptp->tree->objects[i];
	if (count > 0)
		qsort(sorted, count, sizeof sorted[0], compare_objects);
	free(ptp->sorted);
	ptp->sorted = sorted;
	ptp->sorted_count = count;
	return 0;
}

static bool stop_asked(void *data)
{
	const atomic_bool *stop = data;

	return stop && atomic_load(stop);
}

static int scan(struct source_ptp *ptp, const atomic_bool *stop)
{
	const void *asked = stop;
	int r;

	ptp->tree = ptp_tree_free(ptp->tree);
	ptp->sorted_count = 0;
	r = ptp_open(ptp->ptp);
	if (r == 0)
		r = ptp_tree_read(ptp->ptp, stop_asked, (void *)(uintptr_t)asked, &ptp->tree);
	if (r == 0)
		r = sort_objects(ptp);
	ptp->fresh = r == 0;
	ptp->trouble = r;
	return r;
}

int source_ptp_begin(struct source_ptp *ptp, const atomic_bool *stop)
{
	int r = -EIO;

	source_ptp_file_close(ptp);
	ptp->reopened = 0;
	if (ptp->fresh)
		return 0;
	for (unsigned i = 0; i < 2 && r != 0 && r != -ENODEV && r != -ECANCELED && r != -ENOMEM; i++)
		r = scan(ptp, stop);
	if (r == 0 || r == -ECANCELED || r == -ENOMEM || r == -E2BIG)
		return r;
	return -ENODEV;
}

void source_ptp_forget(struct source_ptp *ptp)
{
	ptp->fresh = false;
}

/* The session, opened again if it broke. */
static int mend(struct source_ptp *ptp, const atomic_bool *stop)
{
	if (ptp->tree && !ptp_is_broken(ptp->ptp))
		return 0;
	if (ptp->reopened++ >= REOPEN_MAX)
		return -ENODEV;
	return scan(ptp, stop) == 0 ? 0 : -ENODEV;
}

int source_ptp_alive(struct source_ptp *ptp)
{
	int r = mend(ptp, NULL);

	if (r == 0)
		r = ptp->trouble = ptp_tree_stores_present(ptp->tree);
	return r == 0 ? 0 : -ENODEV;
}

/* --- telling --- */

struct telling {
	struct source_ptp *ptp;
	const struct walk_sink *sink;
	const atomic_bool *stop;
	char path[PTP_PATH_MAX + 1];
	size_t size;
};

static struct walk_entry entry_of(const struct telling *t, const struct ptp_object *object)
{
	return (struct walk_entry){.path = t->path,
		.path_size = t->size,
		.open_path = t->path,
		.open_size = t->size,
		.size = object && !ptp_object_is_folder(object) ? object->size : 0,
		.mtime = object ? object->modified : 0};
}

/* The first sorted object that is not before this place. */
static size_t lower_bound(const struct source_ptp *ptp, uint32_t storage, uint32_t parent, const char *name)
{
	size_t low = 0, high = ptp->sorted_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (compare_names(storage, parent, name, ptp->sorted[middle]) > 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static int tell_folder(struct telling *t, uint32_t storage, uint32_t parent, const struct ptp_object *folder);

static int tell_object(struct telling *t, const struct ptp_object *object)
{
	struct walk_entry entry;
	size_t before = t->size;
	int r;

	t->size += (size_t)snprintf(t->path + t->size, sizeof t->path - t->size, "/%s", object->name);
	if (ptp_object_is_folder(object)) {
		r = tell_folder(t, object->storage, object->handle, object);
	} else {
		entry = entry_of(t, object);
		r = t->sink->file(t->sink->data, &entry);
	}
	t->size = before;
	t->path[before] = 0;
	return r;
}

/* Everything in it, then the folder itself. The scan has limited how deep folders lie. */
static int tell_folder(struct telling *t, uint32_t storage, uint32_t parent, const struct ptp_object *folder)
{
	struct walk_entry entry;
	int r = 0;

	for (size_t i = lower_bound(t->ptp, storage, parent, ""); r == 0 && i < t->ptp->sorted_count; i++) {
		const struct ptp_object *object = t->ptp->sorted[i];

		if (object->storage != storage || object->parent != parent)
			break;
		r = atomic_load(t->stop) ? WALK_STOPPED : tell_object(t, object);
	}
	entry = entry_of(t, folder);
	return r != 0 ? r : t->sink->folder(t->sink->data, &entry);
}

static enum offload_reason reason_of(enum ptp_problem problem)
{
	switch (problem) {
	case PTP_PROBLEM_NAME:
		return OFFLOAD_REASON_NAME;
	case PTP_PROBLEM_TWICE:
		return OFFLOAD_REASON_TWICE;
	case PTP_PROBLEM_PLACE:
		return OFFLOAD_REASON_PLACE;
	case PTP_PROBLEM_SIZE:
		return OFFLOAD_REASON_SIZE;
	case PTP_PROBLEM_NONE:
	case PTP_PROBLEM_INFO:
	case PTP_PROBLEM_LISTING:
	case PTP_PROBLEM_COUNT:
		break;
	}
	return OFFLOAD_REASON_READ;
}

static int tell_problem(struct telling *t, const struct ptp_object *object)
{
	ssize_t size = ptp_tree_path(t->ptp->tree, object, t->path);

	if (size < 0)
		size = snprintf(t->path, sizeof t->path, "store-%08x/#%08x", object->storage, object->handle);
	return t->sink->failed(
		t->sink->data, reason_of(object->problem), (int)object->response, t->path, (size_t)size);
}

static int tell_problems(struct telling *t)
{
	const struct ptp_tree *tree = t->ptp->tree;
	int r = 0;

	for (size_t i = 0; r == 0 && i < tree->count; i++)
		if (tree->objects[i].problem != PTP_PROBLEM_NONE)
			r = tell_problem(t, &tree->objects[i]);
	return r;
}

int source_ptp_tell(struct source_ptp *ptp, const struct walk_sink *sink, const atomic_bool *stop)
{
	struct telling *t = calloc(1, sizeof *t);
	int r;

	if (!t)
		return -ENOMEM;
	*t = (struct telling){.ptp = ptp, .sink = sink, .stop = stop};
	r = tell_problems(t);
	for (size_t i = 0; r == 0 && i < ptp->tree->store_count; i++) {
		uint32_t id = ptp->tree->stores[i].id;

		t->size = (size_t)snprintf(t->path, sizeof t->path, "store-%08x", id);
		r = tell_folder(t, id, PTP_HANDLE_NONE, NULL);
	}
	free(t);
	return r;
}

/* --- reading --- */

static const struct ptp_object *find_name(
	const struct source_ptp *ptp, uint32_t storage, uint32_t parent, const char *name)
{
	size_t at = lower_bound(ptp, storage, parent, name);

	if (at == ptp->sorted_count || compare_names(storage, parent, name, ptp->sorted[at]) != 0)
		return NULL;
	return ptp->sorted[at];
}

static const struct ptp_object *find_below(const struct source_ptp *ptp, uint32_t storage, const char *path)
{
	const struct ptp_object *object = NULL;
	char name[COMPONENT_MAX];

	while (*path == '/') {
		size_t size = strcspn(++path, "/");

		if (size >= sizeof name)
			return NULL;
		memcpy(name, path, size);
		name[size] = 0;
		object = find_name(ptp, storage, object ? object->handle : PTP_HANDLE_NONE, name);
		if (!object)
			return NULL;
		path += size;
	}
	return object;
}

static const struct ptp_object *find_path(const struct source_ptp *ptp, const char *path)
{
	char head[STORE_NAME];

	for (size_t i = 0; i < ptp->tree->store_count; i++) {
		uint32_t id = ptp->tree->stores[i].id;
		int size = snprintf(head, sizeof head, "store-%08x", id);

		if (strncmp(path, head, (size_t)size) == 0 && path[size] == '/')
			return find_below(ptp, id, path + size);
	}
	return NULL;
}

static int negative(int r)
{
	return r > 0 ? -(SOURCE_PTP_ANSWER + r) : r;
}

int source_ptp_file_open(
	struct source_ptp *ptp, const char *path, const atomic_bool *stop, struct source_ptp_file *ret_file)
{
	const struct ptp_object *object;
	int r = mend(ptp, stop);

	if (r < 0)
		return r;
	object = find_path(ptp, path);
	if (!object || ptp_object_is_folder(object))
		return -ENOENT;
	ptp->fresh = false;
	r = ptp_read_begin(ptp->ptp, object->handle, object->size);
	if (r != 0)
		return negative(r);
	ptp->reading = true;
	*ret_file = (struct source_ptp_file){object->size, object->modified};
	return 0;
}

ssize_t source_ptp_file_read(struct source_ptp *ptp, void *buffer, size_t size)
{
	uint8_t *at = buffer;
	size_t got = 0;

	while (got < size) {
		ssize_t n = ptp_read(ptp->ptp, at + got, size - got);

		if (n < 0)
			return n;
		if (n == 0)
			break;
		got += (size_t)n;
	}
	return (ssize_t)got;
}

int source_ptp_file_end(struct source_ptp *ptp)
{
	ptp->reading = false;
	return negative(ptp_read_end(ptp->ptp));
}

void source_ptp_file_close(struct source_ptp *ptp)
{
	if (ptp->reading)
		(void)ptp_read_cancel(ptp->ptp);
	ptp->reading = false;
}
