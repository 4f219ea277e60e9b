/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/*
 * Everything that lies on a PTP device, as one scan within one session found it: stores, folders, objects.
 *
 * A device lists its objects in three ways (all of a store, folder by folder, as properties), and devices
 * disagree with themselves. So all three are asked and the union is taken; an object about which they
 * contradict each other, or that has no path or size that can be relied on, stays in the tree with its
 * problem: it is named, never left out and never deleted. The tree is good for the generation it was read in.
 */

#include "ptp/session.h"

#define PTP_OBJECTS_MAX 500000
#define PTP_DEPTH_MAX   64
#define PTP_PATH_MAX    4095
#define PTP_STORES_MAX  32

enum ptp_problem {
	PTP_PROBLEM_NONE,
	PTP_PROBLEM_INFO,    /* the device does not describe it; response says why */
	PTP_PROBLEM_NAME,    /* empty, ".", "..", with a slash, or the path is too long or deep */
	PTP_PROBLEM_TWICE,   /* two objects of one name in one folder */
	PTP_PROBLEM_PLACE,   /* the device contradicts itself about where it lies */
	PTP_PROBLEM_SIZE,    /* larger than the dataset can say, and the device does not say it elsewhere */
	PTP_PROBLEM_LISTING, /* a folder that cannot be listed; response says why */
	PTP_PROBLEM_COUNT
};

struct ptp_object {
	uint32_t handle, storage,
		parent; /* parent: handle of its folder, PTP_HANDLE_NONE: the store's root */
	uint16_t format, protection;
	uint64_t size;
	int64_t modified;
	char *name; /* owned by the tree; NULL when not known */
	enum ptp_problem problem;
	unsigned response; /* of the device, for PROBLEM_INFO and PROBLEM_LISTING */
	/* the tree's own */
	uint32_t claimed;           /* the parent that its dataset names */
	uint32_t listed;            /* the folder in whose listing it was; see tree.c */
	uint32_t known;             /* properties seen, one bit each */
	uint32_t root_of, whole_of; /* the stores in whose listings it was, one bit each */
	bool removed;
};

struct ptp_store {
	uint32_t id;
	struct ptp_storage_info info;
	bool rooted; /* it can list its root */
	bool whole;  /* it can list all its objects at once */
	bool blind;  /* it lists everything, whatever folder it is asked for */
};

struct ptp_tree {
	struct ptp *ptp; /* borrowed */
	uint64_t generation;
	size_t store_count;
	struct ptp_store stores[PTP_STORES_MAX];
	size_t count;
	struct ptp_object *objects;
	/* the tree's own */
	size_t room;
	uint32_t *slots; /* handle -> index + 1 */
	size_t slot_count;
};

/* Asked between steps; true stops the scan with -ECANCELED. */
typedef bool (*ptp_stop_fn)(void *data);

/* A whole scan. Positive: the device's answer (a store that cannot be looked at ends it). -EAGAIN: the
 * device's content kept changing; -E2BIG: more objects than PTP_OBJECTS_MAX; -ENOMEDIUM: it lists no store,
 * as a locked phone does, which says nothing about what lies on it. */
int ptp_tree_read(struct ptp *ptp, ptp_stop_fn stop, void *data, struct ptp_tree **ret_tree);
struct ptp_tree *ptp_tree_free(struct ptp_tree *tree);
DEFINE_CLEANUP(struct ptp_tree, ptp_tree_free);

/* Asks the device again for the stores of the tree. 0: it lists and describes every one of them; -ENOMEDIUM:
 * one is gone, or there was none; positive: the device's answer. */
int ptp_tree_stores_present(const struct ptp_tree *tree);

/* NULL when there is none. Borrowed. */
struct ptp_object *ptp_tree_find(const struct ptp_tree *tree, uint32_t handle);
const struct ptp_store *ptp_tree_store(const struct ptp_tree *tree, uint32_t id);

/* The store's bit in root_of and whole_of; 0 for no store of the tree. */
uint32_t ptp_tree_store_bit(const struct ptp_tree *tree, uint32_t id);

static inline bool ptp_object_is_folder(const struct ptp_object *object)
{
	return object->format == PTP_FORMAT_ASSOCIATION;
}

/* "store-00010001/DCIM/100BLUE/IMG_0001.JPG". The same object has the same path in every session. Length, or
 * -ENAMETOOLONG; for objects with a problem the path is for people only (a "#" with the handle may stand for
 * a name). */
ssize_t ptp_tree_path(
	const struct ptp_tree *tree, const struct ptp_object *object, char ret_path[static PTP_PATH_MAX + 1]);
