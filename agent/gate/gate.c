/* SPDX-License-Identifier: GPL-3.0-or-later */

/* The gate as a whole: its beginning and end, and looking without changing anything. See gate.h. */

#include "gate/gate-internal.h"

#include <fcntl.h>
#include <string.h>
#include <sys/vfs.h>

#define WINDOWS_SIGNS "*?<>|\""

bool gate_names_are_exact(const struct gate *gate)
{
	return !gate->windows_names;
}

int gate_check_name(const struct gate *gate, const char *name)
{
	if (gate->windows_names && strpbrk(name, WINDOWS_SIGNS))
		return -EINVAL;
	return gate_name_check(name);
}

/* File systems of Windows refuse some signs, and some of them only when it is too late to tell anybody. */
static bool takes_any_sign(int root_fd)
{
	static const unsigned long types[] = {0xef53 /* ext */, 0x9123683e /* btrfs */, 0x58465342 /* xfs */,
		0x01021994 /* tmpfs */, 0x794c7630 /* overlay */, 0xf2f52010 /* f2fs */};
	struct statfs st;

	if (fstatfs(root_fd, &st) < 0)
		return false;
	for (size_t i = 0; i < ELEMENTS(types); i++)
		if ((unsigned long)st.f_type == types[i])
			return true;
	return false;
}

static void init_locks(struct gate *gate)
{
	pthread_condattr_t monotonic;

	(void)pthread_mutex_init(&gate->lock, NULL);
	(void)pthread_cond_init(&gate->calm, NULL);
	(void)pthread_condattr_init(&monotonic);
	(void)pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	(void)pthread_cond_init(&gate->work, &monotonic);
	(void)pthread_cond_init(&gate->stop, &monotonic);
	(void)pthread_condattr_destroy(&monotonic);
}

int gate_new(const struct gate_options *options, struct gate **ret_gate)
{
	_cleanup_(gate_freep) struct gate *gate = calloc(1, sizeof *gate);
	int r;

	if (!gate)
		return -ENOMEM;
	gate->options = *options;
	gate->judge = *options->judge;
	gate->folder_fd = gate->journal_fd = -1;
	gate->next_number = 1;
	gate->windows_names = !takes_any_sign(options->root_fd);
	init_locks(gate);
	r = staging_new(&options->staging, &gate->staging);
	if (r >= 0)
		r = tree_new(&gate->tree);
	if (r >= 0)
		r = gate_recover(gate);
	if (r < 0)
		return r;
	*ret_gate = TAKE_PTR(gate);
	return 0;
}

int gate_start(struct gate *gate)
{
	int r = pthread_create(&gate->committer, NULL, gate_commit_main, gate);

	if (r != 0)
		return -r;
	gate->committing = true;
	r = pthread_create(&gate->sweeper, NULL, gate_sweep_main, gate);
	gate->sweeping = r == 0;
	return -r;
}

static void end_threads(struct gate *gate)
{
	gate_lock(gate);
	gate->stopping = true;
	(void)pthread_cond_broadcast(&gate->work);
	(void)pthread_cond_broadcast(&gate->stop);
	(void)pthread_cond_broadcast(&gate->calm);
	gate_unlock(gate);
	if (gate->committing)
		(void)pthread_join(gate->committer, NULL);
	if (gate->sweeping)
		(void)pthread_join(gate->sweeper, NULL);
}

/* Some file systems keep an open file's name for as long as it is open, so both are closed by now. */
static void remove_folder(struct gate *gate)
{
	(void)unlinkat(gate->folder_fd, GATE_NAME_JOURNAL, 0);
	gate->folder_fd = close_fd(gate->folder_fd);
	(void)unlinkat(gate->options.root_fd, GATE_NAME_FOLDER, AT_REMOVEDIR);
	(void)syncfs(gate->options.root_fd);
}

static void free_files(struct gate *gate)
{
	for (struct gate_file *file = gate->files, *next; file; file = next) {
		next = file->next;
		(void)content_unref(file->content);
		free(file);
	}
}

struct gate *gate_free(struct gate *gate)
{
	if (!gate)
		return NULL;
	end_threads(gate);
	gate->journal_fd = close_fd(gate->journal_fd);
	if (gate->committing && gate->folder_fd >= 0 && gate->pending_count == 0)
		remove_folder(gate);
	gate_allow_end(gate);
	free_files(gate);
	(void)tree_free(gate->tree);
	(void)staging_free(gate->staging);
	(void)close_fd(gate->folder_fd);
	(void)pthread_mutex_destroy(&gate->lock);
	(void)pthread_cond_destroy(&gate->calm);
	(void)pthread_cond_destroy(&gate->work);
	(void)pthread_cond_destroy(&gate->stop);
	free(gate);
	return NULL;
}

struct node *gate_top(struct gate *gate)
{
	return tree_top(gate->tree);
}

/* --- looking --- */

static void show(const struct gate *gate, const struct node *node, struct stat *st)
{
	st->st_ino = node->number;
	st->st_uid = gate->options.uid;
	st->st_gid = gate->options.gid;
	st->st_mode = node->dir ? S_IFDIR | 0755 : S_IFREG | 0644;
	st->st_nlink = node->dir ? 2 : 1;
	st->st_rdev = 0;
}

static void show_staged(uint64_t size, const struct gate_file *file, struct stat *st)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_REALTIME, &now);
	*st = (struct stat){.st_size = (off_t)size, .st_blksize = 4096};
	st->st_blocks = (st->st_size + 511) / 512;
	st->st_mtim = gate_name_time(file && file->timed ? file->time : now, now);
	st->st_atim = st->st_ctim = st->st_mtim;
}

int gate_stat_locked(struct gate *gate, struct node *node, struct stat *ret_stat)
{
	char path[PATH_MAX];
	struct stat st;
	int r = 0;

	if (node->file && node->file->content) {
		show_staged(content_size(node->file->content), node->file, &st);
	} else if (node->gone && !node->dir) {
		show_staged(node->last_size, NULL, &st);
	} else {
		r = gate_file_path(gate, node, path);
		if (r >= 0)
			r = backing_stat(gate->options.root_fd, path, &st);
		if (r >= 0 && S_ISDIR(st.st_mode) != node->dir)
			r = -ENOENT;
	}
	if (r < 0)
		return r;
	show(gate, node, &st);
	*ret_stat = st;
	return 0;
}

int gate_stat(struct gate *gate, struct node *node, struct stat *ret_stat)
{
	int r;

	gate_lock(gate);
	r = gate_stat_locked(gate, node, ret_stat);
	gate_unlock(gate);
	return r;
}

/* A name that was not known: what the medium says. */
static int find_on_medium(struct gate *gate, struct node *parent, const char *name, struct node **ret_node)
{
	char path[PATH_MAX];
	size_t size;
	struct stat st;
	int r = tree_path(parent, path, sizeof path);

	if (r < 0)
		return r;
	size = strlen(path);
	if (size + strlen(name) + 2 > sizeof path)
		return -ENAMETOOLONG;
	(void)snprintf(path + size, sizeof path - size, "%s%s", size ? "/" : "", name);
	r = backing_stat(gate->options.root_fd, path, &st);
	if (r < 0)
		return r;
	*ret_node = tree_add(gate->tree, parent, name, S_ISDIR(st.st_mode));
	return *ret_node ? 0 : -ENOMEM;
}

/* A node whose file on the medium became another kind of thing is not that thing. */
static int lookup_locked(struct gate *gate, struct node *parent, const char *name, struct node **ret_node,
	struct stat *ret_stat)
{
	struct node *node = tree_find(gate->tree, parent, name);
	int r = node ? 0 : find_on_medium(gate, parent, name, &node);

	if (r < 0)
		return r;
	r = gate_stat_locked(gate, node, ret_stat);
	if (r < 0) {
		tree_drop(gate->tree, node);
		return r;
	}
	node->lookups++;
	gate_sweep_wake(gate);
	*ret_node = node;
	return 0;
}

int gate_lookup(struct gate *gate, struct node *parent, const char *name, struct node **ret_node,
	struct stat *ret_stat)
{
	int r;

	if (gate_name_is_ours(name))
		return -ENOENT;
	gate_lock(gate);
	r = lookup_locked(gate, parent, name, ret_node, ret_stat);
	gate_unlock(gate);
	return r;
}

void gate_forget(struct gate *gate, struct node *node, uint64_t count)
{
	gate_lock(gate);
	node->lookups = node->lookups > count ? node->lookups - count : 0;
	tree_drop(gate->tree, node);
	gate_unlock(gate);
}

/* What is staged will need its place: it is not free any more. */
int gate_statfs(struct gate *gate, struct statvfs *ret_statfs)
{
	struct statvfs st;
	uint64_t staged;

	if (fstatvfs(gate->options.root_fd, &st) < 0)
		return -errno;
	staged = st.f_frsize ? staging_used(gate->staging) / st.f_frsize : 0;
	st.f_bavail -= staged < st.f_bavail ? staged : st.f_bavail;
	st.f_bfree -= staged < st.f_bfree ? staged : st.f_bfree;
	st.f_namemax = GATE_NAME_MAX;
	*ret_statfs = st;
	return 0;
}

int gate_set_time(struct gate *gate, struct node *node, struct timespec time)
{
	char path[PATH_MAX];
	struct timespec now;
	int r = 0;

	(void)clock_gettime(CLOCK_REALTIME, &now);
	gate_lock(gate);
	if (node->file && node->file->content) {
		node->file->time = time;
		node->file->timed = true;
	} else {
		r = gate_file_path(gate, node, path);
		if (r >= 0)
			r = backing_set_time(gate->options.root_fd, path, gate_name_time(time, now));
	}
	gate_unlock(gate);
	return r;
}

void gate_sync_all(struct gate *gate)
{
	gate_lock(gate);
	gate_commit_wait_all(gate);
	gate_unlock(gate);
}
