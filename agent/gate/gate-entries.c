/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * Folders, removing and renaming. A new name is judged before anything else; a file that is refused keeps the
 * name it has, and what a rename would have replaced stays.
 */

#include "gate/gate-internal.h"

#include <fcntl.h>
#include <string.h>

/* Names changed: the medium is synced soon, together with others. */
static void changed(struct gate *gate)
{
	gate->unsynced = true;
	(void)pthread_cond_signal(&gate->work);
}

static int child_path(const struct node *parent, const char *name, char path[static PATH_MAX])
{
	size_t size;
	int r = tree_path(parent, path, PATH_MAX);

	if (r < 0)
		return r;
	size = strlen(path);
	if (size + strlen(name) + 2 > PATH_MAX)
		return -ENAMETOOLONG;
	(void)snprintf(path + size, PATH_MAX - size, "%s%s", size ? "/" : "", name);
	return 0;
}

static int make_locked(struct gate *gate, struct node *parent, const char *name, struct node **ret_node,
	struct stat *ret_stat)
{
	struct node *node = tree_find(gate->tree, parent, name);
	char path[PATH_MAX];
	int r = child_path(parent, name, path);

	if (node && gate_file_shown(node->file))
		return -EEXIST;
	if (r >= 0)
		r = backing_make_dir(gate->options.root_fd, path);
	if (r < 0)
		return r;
	if (node)
		tree_detach(gate->tree, node);
	node = tree_add(gate->tree, parent, name, true);
	if (!node)
		return -ENOMEM;
	changed(gate);
	node->lookups++;
	*ret_node = node;
	return gate_stat_locked(gate, node, ret_stat);
}

int gate_mkdir(struct gate *gate, struct node *parent, const char *name, struct node **ret_node,
	struct stat *ret_stat)
{
	int r = gate_check_name(gate, name);

	if (r >= 0)
		r = gate_judge_title(gate, parent, name);
	if (r < 0)
		return r;
	gate_lock(gate);
	r = make_locked(gate, parent, name, ret_node, ret_stat);
	gate_unlock(gate);
	return r;
}

/* True when refused content was given up and the file on the medium shows again; an empty one is nothing to
 * come back to. */
static bool give_up_refused(struct gate *gate, struct gate_file *file)
{
	char path[PATH_MAX];
	struct stat st;

	if (!file || !file->content || !phase_is_refused(&file->phase) || (file->absent && !file->pending) ||
		gate_file_path(gate, file->node, path) < 0 ||
		backing_stat(gate->options.root_fd, path, &st) < 0 || st.st_size == 0)
		return false;
	gate_file_discard(gate, file);
	return true;
}

/* Lock held, file in use or NULL. */
static int unlink_file(struct gate *gate, struct node *node, struct gate_file *file, const char *path)
{
	bool shown = gate_file_shown(file);
	int r;

	if (give_up_refused(gate, file))
		return 0;
	if (node)
		gate_file_keep(gate, node);
	if (file) {
		gate_commit_cancel(gate, file);
	}
	r = backing_remove(gate->options.root_fd, path, false);
	if (r < 0 && !(r == -ENOENT && shown))
		return r;
	if (file && file->writers == 0)
		gate_file_discard(gate, file);
	if (node)
		tree_detach(gate->tree, node);
	changed(gate);
	return 0;
}

static int unlink_locked(struct gate *gate, struct node *parent, const char *name)
{
	struct node *node = tree_find(gate->tree, parent, name);
	struct gate_file *file = node ? node->file : NULL;
	char path[PATH_MAX];
	int r = child_path(parent, name, path);

	if (r < 0 || (node && node->dir))
		return r < 0 ? r : -EISDIR;
	if (node)
		node->holds++;
	if (file) {
		file->uses++;
		gate_file_calm(gate, file);
	}
	r = unlink_file(gate, node, file, path);
	if (file) {
		file->uses--;
		gate_file_settle(gate, file);
	}
	if (node) {
		node->holds--;
		tree_drop(gate->tree, node);
	}
	return r;
}

int gate_unlink(struct gate *gate, struct node *parent, const char *name)
{
	int r;

	if (gate_name_is_ours(name))
		return -ENOENT;
	gate_lock(gate);
	r = unlink_locked(gate, parent, name);
	gate_unlock(gate);
	return r;
}

static bool has_shown(const struct gate *gate, const struct node *folder)
{
	for (const struct gate_file *f = gate->files; f; f = f->next)
		if (f->node->parent == folder && gate_file_shown(f))
			return true;
	return false;
}

static int rmdir_locked(struct gate *gate, struct node *parent, const char *name)
{
	struct node *node = tree_find(gate->tree, parent, name);
	char path[PATH_MAX];
	int r = child_path(parent, name, path);

	if (r < 0)
		return r;
	if (node && has_shown(gate, node))
		return -ENOTEMPTY;
	r = backing_remove(gate->options.root_fd, path, true);
	if (r < 0)
		return r;
	if (node) {
		tree_detach(gate->tree, node);
		tree_drop(gate->tree, node);
	}
	changed(gate);
	return 0;
}

int gate_rmdir(struct gate *gate, struct node *parent, const char *name)
{
	int r;

	if (gate_name_is_ours(name))
		return -ENOENT;
	gate_lock(gate);
	r = rmdir_locked(gate, parent, name);
	gate_unlock(gate);
	return r;
}

/* --- renaming --- */

struct rename {
	struct node *from, *to; /* folders */
	const char *from_name, *to_name;
	unsigned flags;
	char from_path[PATH_MAX], to_path[PATH_MAX];
};

/* The node of a name that is to be renamed or replaced; *ret_node NULL: the name is free. */
static int find(struct gate *gate, struct node *parent, const char *name, struct node **ret_node)
{
	struct node *node = tree_find(gate->tree, parent, name);
	char path[PATH_MAX];
	struct stat st;
	int r;

	*ret_node = NULL;
	if (!node) {
		r = child_path(parent, name, path);
		if (r >= 0)
			r = backing_stat(gate->options.root_fd, path, &st);
		if (r < 0)
			return r == -ENOENT ? 0 : r;
		node = tree_add(gate->tree, parent, name, S_ISDIR(st.st_mode));
		if (!node)
			return -ENOMEM;
	} else {
		r = gate_stat_locked(gate, node, &st);
		if (r == -ENOENT && node != parent) {
			node->holds++;
			tree_detach(gate->tree, node);
			node->holds--;
			tree_drop(gate->tree, node);
		}
		if (r < 0)
			return r == -ENOENT ? 0 : r;
	}
	*ret_node = node;
	return 0;
}

/* Whatever is shown for the source and is not judged yet is judged now: as it is, it would get a new name. */
static int judge_source(struct gate *gate, struct gate_file *file)
{
	gate_file_calm(gate, file);
	if (!file->content)
		return 0;
	if (phase_is_refused(&file->phase))
		return -EPERM;
	if (file->limit < 0)
		return file->limit;
	if (content_size(file->content) == 0 && file->absent && !file->pending)
		return 0;
	return gate_decide(gate, file);
}

/* Nothing of the target is under way any more; what is refused of it is given up. */
static int clear_target(struct gate *gate, struct gate_file *file)
{
	gate_file_calm(gate, file);
	if (file->content && phase_is_refused(&file->phase))
		gate_file_discard(gate, file);
	return file->pending ? gate_commit_wait(gate, file) : 0;
}

static int take_name(struct gate *gate, struct rename *rename, struct node *node, struct node *target)
{
	if (target)
		tree_detach(gate->tree, target);
	return tree_move(gate->tree, node, rename->to, rename->to_name);
}

/* The source is not in any place yet: the committer will use the new name. */
static int rename_pending(struct gate *gate, struct rename *rename, struct node *node, struct node *target)
{
	struct gate_file *file = node->file;
	struct stat st;
	bool exists = backing_stat(gate->options.root_fd, rename->to_path, &st) == 0;
	int r = take_name(gate, rename, node, target);

	if (r < 0)
		return r;
	file->absent = !exists;
	return file->pending ? gate_commit_note(gate, file) : 0;
}

static int rename_on_medium(struct gate *gate, struct rename *rename, struct node *node, struct node *target)
{
	int r = backing_rename(
		gate->options.root_fd, rename->from_path, rename->to_path, rename->flags & RENAME_NOREPLACE);

	if (r < 0)
		return r;
	node->stamp++;
	changed(gate);
	return take_name(gate, rename, node, target);
}

/* Source and target are in use, so their structs stay; their states are looked at after every wait. */
static int rename_files(struct gate *gate, struct rename *rename, struct node *node, struct node *target)
{
	struct gate_file *file = node->file, *other = target ? target->file : NULL;
	int r = file ? judge_source(gate, file) : 0;

	if (r >= 0 && other)
		r = clear_target(gate, other);
	if (r < 0)
		return r;
	if (target)
		gate_file_keep(gate, target);
	if (file && file->pending && !file->absent)
		r = gate_commit_wait(gate, file);
	if (r < 0)
		return r;
	if (file && file->absent && (file->pending || file->content))
		return rename_pending(gate, rename, node, target);
	return rename_on_medium(gate, rename, node, target);
}

static void use(struct node *node, int by)
{
	if (!node)
		return;
	node->holds += (unsigned)by;
	if (node->file)
		node->file->uses += (unsigned)by;
}

static void unuse(struct gate *gate, struct node *node)
{
	if (!node)
		return;
	use(node, -1);
	node->holds++;
	if (node->file)
		gate_file_settle(gate, node->file);
	node->holds--;
	tree_drop(gate->tree, node);
}

static int rename_node(struct gate *gate, struct rename *rename, struct node *node, struct node *target)
{
	int r;

	if (target && (rename->flags & RENAME_NOREPLACE))
		return -EEXIST;
	if (target && target->dir != node->dir)
		return target->dir ? -EISDIR : -ENOTDIR;
	if (!node->dir)
		return rename_files(gate, rename, node, target);
	if (target && has_shown(gate, target))
		return -ENOTEMPTY;
	gate_commit_wait_all(gate);
	r = rename_on_medium(gate, rename, node, target);
	return r < 0 ? r : gate_commit_note_all(gate);
}

static int rename_locked(struct gate *gate, struct rename *rename)
{
	struct node *node = NULL, *target = NULL;
	int r = child_path(rename->from, rename->from_name, rename->from_path);

	if (r >= 0)
		r = child_path(rename->to, rename->to_name, rename->to_path);
	if (r >= 0)
		r = find(gate, rename->from, rename->from_name, &node);
	if (r < 0 || !node)
		return r < 0 ? r : -ENOENT;
	if (!node->dir && !node->file && !gate_file_of(gate, node))
		return -ENOMEM;
	use(node, 1);
	r = find(gate, rename->to, rename->to_name, &target);
	if (r >= 0 && target != node) {
		if (target && !target->dir && !target->file && !gate_file_of(gate, target))
			target = NULL, r = -ENOMEM;
		use(target, 1);
		if (r >= 0)
			r = rename_node(gate, rename, node, target);
		unuse(gate, target);
	}
	unuse(gate, node);
	return r;
}

int gate_rename(struct gate *gate, struct node *from, const char *from_name, struct node *to,
	const char *to_name, unsigned flags)
{
	struct rename *rename;
	int r = gate_check_name(gate, to_name);

	if (gate_name_is_ours(from_name))
		return -ENOENT;
	if (flags & ~(unsigned)RENAME_NOREPLACE)
		return -EINVAL;
	if (r >= 0 && strcmp(from_name, to_name) != 0)
		r = gate_judge_title(gate, to, to_name);
	if (r < 0)
		return r;
	rename = malloc(sizeof *rename);
	if (!rename)
		return -ENOMEM;
	*rename = (struct rename){
		.from = from, .to = to, .from_name = from_name, .to_name = to_name, .flags = flags};
	gate_lock(gate);
	r = rename_locked(gate, rename);
	gate_unlock(gate);
	free(rename);
	return r;
}
