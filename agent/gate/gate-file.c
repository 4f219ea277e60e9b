/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * Files: opened, read, written, closed. See gate.h.
 *
 * A file that is opened for writing is not copied before the first byte changes it; from then on its staged
 * content is what everybody sees, until it is committed or refused content is given up.
 */

#include "gate/gate-internal.h"

#include "base/clock.h"
#include "base/fd.h"

#include <fcntl.h>
#include <string.h>

struct gate_file *gate_file_of(struct gate *gate, struct node *node)
{
	struct gate_file *file = node->file;

	if (file)
		return file;
	file = calloc(1, sizeof *file);
	if (!file)
		return NULL;
	file->node = node;
	node->holds++;
	node->file = file;
	file->next = gate->files;
	if (gate->files)
		gate->files->previous = file;
	gate->files = file;
	return file;
}

void gate_file_settle(struct gate *gate, struct gate_file *file)
{
	struct node *node = file->node;

	if (file->content || file->pending || file->writers > 0 || file->uses > 0 || file->busy ||
		file->unsynced)
		return;
	if (file->next)
		file->next->previous = file->previous;
	if (file->previous)
		file->previous->next = file->next;
	else
		gate->files = file->next;
	node->file = NULL;
	node->holds--;
	free(file);
	tree_drop(gate->tree, node);
}

void gate_file_calm(struct gate *gate, struct gate_file *file)
{
	while (file->busy)
		(void)pthread_cond_wait(&gate->calm, &gate->lock);
}

void gate_file_discard(struct gate *gate, struct gate_file *file)
{
	file->content = content_unref(file->content);
	file->phase.state = PHASE_SAME;
	file->error = file->limit = 0;
	file->node->stamp++;
}

int gate_file_path(const struct gate *gate, const struct node *node, char path[static PATH_MAX])
{
	if (!node->file || !node->file->pending)
		return tree_path(node, path, PATH_MAX);
	gate_commit_path(node->file->pending, path);
	return 0;
}

void gate_file_keep(struct gate *gate, struct node *node)
{
	char path[PATH_MAX];
	struct stat st;

	if (node->dir || node->handles == 0)
		return;
	if (gate_stat_locked(gate, node, &st) >= 0)
		node->last_size = (uint64_t)st.st_size;
	node->last_fd = close_fd(node->last_fd);
	if (gate_file_path(gate, node, path) >= 0)
		(void)backing_open(gate->options.root_fd, path, O_RDONLY, &node->last_fd);
}

/* --- handles --- */

static int new_handle(struct gate *gate, struct node *node, int flags, struct gate_handle **ret_handle)
{
	struct gate_handle *handle = calloc(1, sizeof *handle);

	if (!handle)
		return -ENOMEM;
	handle->fd = -1;
	handle->stamp = node->stamp;
	handle->writes = (flags & O_ACCMODE) != O_RDONLY;
	handle->append = flags & O_APPEND;
	if (handle->writes) {
		handle->file = gate_file_of(gate, node);
		if (!handle->file) {
			free(handle);
			return -ENOMEM;
		}
		handle->file->writers++;
	}
	handle->node = node;
	node->handles++;
	node->holds++;
	*ret_handle = handle;
	return 0;
}

bool gate_handle_writes(const struct gate_handle *handle)
{
	return handle->writes;
}

/* Empty content in place of what was there. */
static int start_empty(struct gate *gate, struct gate_file *file)
{
	struct content *empty;
	int r = content_new(gate->staging, &empty);

	if (r < 0)
		return r;
	(void)content_unref(file->content);
	file->content = empty;
	file->limit = 0;
	phase_changed(&file->phase);
	return 0;
}

static int open_medium(struct gate *gate, struct node *node, int *ret_fd)
{
	char path[PATH_MAX];
	int r;

	if (node->gone && node->last_fd >= 0) {
		*ret_fd = fcntl(node->last_fd, F_DUPFD_CLOEXEC, 3);
		return *ret_fd < 0 ? -errno : 0;
	}
	r = gate_file_path(gate, node, path);
	return r < 0 ? r : backing_open(gate->options.root_fd, path, O_RDONLY, ret_fd);
}

static void drop_handle(struct gate *gate, struct gate_handle *handle)
{
	struct node *node = handle->node;

	(void)close_fd(handle->fd);
	if (handle->file) {
		handle->file->writers--;
		gate_file_settle(gate, handle->file);
	}
	free(handle);
	node->handles--;
	node->holds--;
	tree_drop(gate->tree, node);
}

static int open_locked(struct gate *gate, struct node *node, int flags, struct gate_handle **ret_handle)
{
	int r = new_handle(gate, node, flags, ret_handle);

	if (r < 0)
		return r;
	if ((*ret_handle)->writes && (flags & O_TRUNC))
		r = start_empty(gate, (*ret_handle)->file);
	else if (!node->file || !node->file->content)
		r = open_medium(gate, node, &(*ret_handle)->fd);
	if (r < 0)
		drop_handle(gate, *ret_handle);
	return r;
}

int gate_open(struct gate *gate, struct node *node, int flags, struct gate_handle **ret_handle)
{
	int r;

	if (node->dir)
		return -EISDIR;
	gate_lock(gate);
	r = open_locked(gate, node, flags, ret_handle);
	gate_unlock(gate);
	return r;
}

static int create_locked(struct gate *gate, struct node *parent, const char *name, int flags,
	struct node **ret_node, struct gate_handle **ret_handle)
{
	struct node *node = tree_find(gate->tree, parent, name);
	struct stat st;
	char path[PATH_MAX];
	int r = tree_path(parent, path, sizeof path);

	if (r < 0)
		return r;
	if (!node)
		node = tree_add(gate->tree, parent, name, false);
	if (!node)
		return -ENOMEM;
	r = gate_stat_locked(gate, node, &st);
	if ((r < 0 && r != -ENOENT) || (r == 0 && (flags & O_EXCL)) || node->dir) {
		tree_drop(gate->tree, node);
		return r < 0 ? r : -EEXIST;
	}
	node->holds++;
	if (r == 0) {
		r = open_locked(gate, node, flags, ret_handle);
	} else {
		r = open_locked(gate, node, O_RDWR | O_TRUNC | (flags & O_APPEND), ret_handle);
		if (r >= 0)
			node->file->absent = true;
	}
	node->holds--;
	if (r < 0)
		tree_drop(gate->tree, node);
	else
		*ret_node = node;
	return r;
}

int gate_create(struct gate *gate, struct node *parent, const char *name, int flags, struct node **ret_node,
	struct stat *ret_stat, struct gate_handle **ret_handle)
{
	int r = gate_check_name(gate, name);

	if (r >= 0)
		r = gate_judge_title(gate, parent, name);
	if (r < 0)
		return r;
	gate_lock(gate);
	r = create_locked(gate, parent, name, flags, ret_node, ret_handle);
	if (r >= 0) {
		(*ret_node)->lookups++;
		gate_sweep_wake(gate);
		r = gate_stat_locked(gate, *ret_node, ret_stat);
	}
	gate_unlock(gate);
	return r;
}

/* --- reading --- */

/* In-flight reads use the same number, so the new file takes it over. */
static int reopen(struct gate *gate, struct gate_handle *handle)
{
	_cleanup_close_ int fd = -1;
	int r;

	if (handle->fd >= 0 && handle->stamp == handle->node->stamp)
		return 0;
	r = open_medium(gate, handle->node, &fd);
	if (r < 0)
		return handle->fd >= 0 ? 0 : r;
	if (handle->fd < 0)
		handle->fd = TAKE_FD(fd);
	else if (dup3(fd, handle->fd, O_CLOEXEC) < 0)
		return -errno;
	handle->stamp = handle->node->stamp;
	return 0;
}

int gate_read(struct gate *gate, struct gate_handle *handle, int *ret_fd, struct content **ret_content)
{
	struct gate_file *file;
	int r = 0;

	gate_lock(gate);
	file = handle->node->file;
	*ret_content = NULL;
	if (file && file->content) {
		*ret_content = content_ref(file->content);
		*ret_fd = content_fd(file->content);
	} else {
		r = reopen(gate, handle);
		*ret_fd = handle->fd;
	}
	gate_unlock(gate);
	return r;
}

/* --- writing --- */

/* Everything that is on the medium, before the first change of it. */
static int copy_up(struct gate *gate, struct gate_file *file)
{
	_cleanup_(content_unrefp) struct content *content = NULL;
	_cleanup_close_ int fd = -1;
	int r = content_new(gate->staging, &content);

	if (r >= 0)
		r = open_medium(gate, file->node, &fd);
	if (r < 0)
		return r;
	file->busy = true;
	gate_unlock(gate);
	r = content_fill(content, fd);
	gate_lock(gate);
	file->busy = false;
	(void)pthread_cond_broadcast(&gate->calm);
	if (r >= 0)
		file->content = TAKE_PTR(content);
	return r;
}

/* Content that may be changed; several threads may want it at once. */
static int make_writable(struct gate *gate, struct gate_file *file)
{
	struct content *copy;
	int r;

	while (!file->content) {
		gate_file_calm(gate, file);
		if (file->content)
			break;
		r = copy_up(gate, file);
		if (r == -ENOSPC && gate_sweep_oldest(gate))
			continue;
		if (r < 0)
			return r;
	}
	if (!content_is_sealed(file->content))
		return 0;
	do
		r = content_clone(file->content, &copy);
	while (r == -ENOSPC && gate_sweep_oldest(gate));
	if (r < 0)
		return r;
	(void)content_unref(file->content);
	file->content = copy;
	return 0;
}

/* Says why a limit was met, once for each file. */
static int limited(struct gate *gate, struct gate_file *file, int r)
{
	if ((r != -ENOSPC && r != -EFBIG) || file->told)
		return r;
	file->told = true;
	gate_tell_of(gate, file->node, r == -EFBIG ? GATE_TOO_LARGE : GATE_STAGING_FULL, NULL, 0);
	return r;
}

static int refuse_early(struct gate *gate, struct gate_file *file)
{
	uint8_t bytes[GATE_EARLY_BYTES];
	struct inspect_answer answer = {.verdict = INSPECT_REFUSE, .cause = INSPECT_UNREADABLE};
	ssize_t n = gate->exceptions ? 0 : fd_pread_full(content_fd(file->content), bytes, sizeof bytes, 0);

	if (n <= 0)
		return (int)n;
	if (!gate->judge.early(gate->judge.data, bytes, (size_t)n, &answer))
		return 0;
	phase_refused_early(&file->phase);
	file->refused_at = clock_monotonic_ns();
	gate_sweep_refused(gate);
	gate_tell_of(gate, file->node, GATE_REFUSED_EARLY, &answer, 0);
	return -EPERM;
}

static int write_locked(
	struct gate *gate, struct gate_handle *handle, const void *bytes, size_t size, uint64_t offset)
{
	struct gate_file *file = handle->file;
	int r = phase_may_write(&file->phase, offset < GATE_EARLY_BYTES);

	if (r >= 0)
		r = make_writable(gate, file);
	if (r < 0)
		return r;
	if (handle->append)
		offset = content_size(file->content);
	do
		r = content_write(file->content, bytes, size, offset);
	while (r == -ENOSPC && gate_sweep_oldest(gate));
	if (r < 0) {
		file->limit = r;
		file->limit_at = offset;
		return r;
	}
	if (offset <= file->limit_at)
		file->limit = 0;
	phase_changed(&file->phase);
	file->timed = false;
	return offset < GATE_EARLY_BYTES ? refuse_early(gate, file) : 0;
}

int gate_write(struct gate *gate, struct gate_handle *handle, const void *bytes, size_t size, uint64_t offset)
{
	int r;

	if (!handle->writes)
		return -EBADF;
	gate_lock(gate);
	r = limited(gate, handle->file, write_locked(gate, handle, bytes, size, offset));
	gate_unlock(gate);
	return r;
}

static int resize(struct gate *gate, struct gate_file *file, uint64_t size)
{
	int r;

	if (size == 0)
		return start_empty(gate, file);
	r = phase_may_write(&file->phase, false);
	if (r >= 0)
		r = make_writable(gate, file);
	if (r < 0 || content_size(file->content) == size)
		return r;
	do
		r = content_resize(file->content, size);
	while (r == -ENOSPC && gate_sweep_oldest(gate));
	if (r >= 0)
		phase_changed(&file->phase);
	return r;
}

int gate_set_size(struct gate *gate, struct node *node, struct gate_handle *handle, uint64_t size)
{
	struct gate_file *file;
	int r;

	if (node->dir)
		return -EISDIR;
	gate_lock(gate);
	file = gate_file_of(gate, node);
	if (!file) {
		gate_unlock(gate);
		return -ENOMEM;
	}
	file->uses++;
	r = limited(gate, file, resize(gate, file, size));
	gate_file_calm(gate, file);
	if (r >= 0 && !handle && file->writers == 0 && file->limit == 0 &&
		phase_next(&file->phase, size, true) == PHASE_JUDGE)
		r = gate_decide(gate, file);
	file->uses--;
	gate_file_settle(gate, file);
	gate_unlock(gate);
	return r;
}

/* --- closing --- */

static int conclude(struct gate *gate, struct gate_file *file, bool last)
{
	gate_file_calm(gate, file);
	if (!file->content || file->node->gone)
		return file->error;
	if (file->limit < 0)
		return file->limit;
	switch (phase_next(&file->phase, content_size(file->content), last)) {
	case PHASE_NOTHING:
	case PHASE_LATER:
		return 0;
	case PHASE_JUDGE:
		return gate_decide(gate, file);
	case PHASE_DENY:
		return -EPERM;
	}
	return -EPERM;
}

int gate_flush(struct gate *gate, struct gate_handle *handle)
{
	int r;

	if (!handle->writes)
		return 0;
	gate_lock(gate);
	r = conclude(gate, handle->file, false);
	gate_unlock(gate);
	return r;
}

int gate_fsync(struct gate *gate, struct gate_handle *handle)
{
	int r;

	if (!handle->writes)
		return 0;
	gate_lock(gate);
	r = conclude(gate, handle->file, false);
	if (r >= 0)
		r = gate_commit_wait(gate, handle->file);
	gate_unlock(gate);
	return r;
}

/* What is neither committed nor refused (or is only a part, for want of room) when nobody has it open any
 * more goes back to what is on the medium: whoever wrote it was told. */
static void end_writing(struct gate *gate, struct gate_file *file)
{
	if (file->error == 0)
		(void)conclude(gate, file, true);
	gate_file_calm(gate, file);
	if (file->writers == 1 && file->content && (file->node->gone || !phase_is_refused(&file->phase)))
		gate_file_discard(gate, file);
}

void gate_release(struct gate *gate, struct gate_handle *handle)
{
	gate_lock(gate);
	if (handle->writes && handle->file->writers == 1)
		end_writing(gate, handle->file);
	drop_handle(gate, handle);
	gate_unlock(gate);
}
