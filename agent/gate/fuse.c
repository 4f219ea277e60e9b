/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * Requests of the kernel, translated. See fuse.h.
 *
 * Flush and fsync are always answered with a verdict and never with ENOSYS: the kernel would not ask again
 * for as long as the mount lives, and a refusal that comes with release is heard by nobody. Who writes does
 * so past the page cache (direct_io), so that no mapping can change content after the last close. Whether a
 * handle writes is what the gate remembers of its opening: flush requests carry no flags.
 */

#define FUSE_USE_VERSION 314

#include "gate/fuse.h"

#include "base/fd.h"
#include "gate/gate.h"

#include <fcntl.h>
#include <fuse_lowlevel.h>
#include <pthread.h>
#include <string.h>

#define THREADS 8
#define TIMEOUT 1.0 /* seconds for which the kernel believes a name or a size */
#define NO_INO  0xffffffff

struct gate_front {
	struct fuse_session *session;
	struct gate *gate;
};

static struct gate *gate_of(fuse_req_t request)
{
	return ((struct gate_front *)fuse_req_userdata(request))->gate;
}

static struct node *node_of(fuse_req_t request, fuse_ino_t number)
{
	return number == FUSE_ROOT_ID ? gate_top(gate_of(request)) : (struct node *)(uintptr_t)number;
}

static struct gate_handle *handle_of(const struct fuse_file_info *info)
{
	return (struct gate_handle *)(uintptr_t)info->fh;
}

static void reply(fuse_req_t request, int r)
{
	(void)fuse_reply_err(request, r < 0 ? -r : 0);
}

static struct fuse_entry_param entry_of(struct node *node, const struct stat *st)
{
	return (struct fuse_entry_param){.ino = (fuse_ino_t)(uintptr_t)node,
		.attr = *st,
		.attr_timeout = TIMEOUT,
		.entry_timeout = TIMEOUT};
}

static void reply_entry(fuse_req_t request, int r, struct node *node, const struct stat *st)
{
	struct fuse_entry_param entry;

	if (r < 0) {
		reply(request, r);
		return;
	}
	entry = entry_of(node, st);
	if (fuse_reply_entry(request, &entry) == -ENOENT)
		gate_forget(gate_of(request), node, 1);
}

/* Copying asks three times for a name that is not there yet: that it is not may be remembered, too. */
static void on_lookup(fuse_req_t request, fuse_ino_t parent, const char *name)
{
	struct node *node = NULL;
	struct stat st;
	int r = gate_lookup(gate_of(request), node_of(request, parent), name, &node, &st);

	if (r == -ENOENT && gate_names_are_exact(gate_of(request))) {
		(void)fuse_reply_entry(request, &(struct fuse_entry_param){.entry_timeout = TIMEOUT});
		return;
	}
	reply_entry(request, r, node, &st);
}

static void on_forget(fuse_req_t request, fuse_ino_t number, uint64_t count)
{
	gate_forget(gate_of(request), node_of(request, number), count);
	fuse_reply_none(request);
}

static void on_forget_multi(fuse_req_t request, size_t count, struct fuse_forget_data *forgets)
{
	for (size_t i = 0; i < count; i++)
		gate_forget(gate_of(request), node_of(request, forgets[i].ino), forgets[i].nlookup);
	fuse_reply_none(request);
}

static void on_getattr(fuse_req_t request, fuse_ino_t number, struct fuse_file_info *info)
{
	struct stat st;
	int r = gate_stat(gate_of(request), node_of(request, number), &st);

	if (r < 0)
		reply(request, r);
	else
		(void)fuse_reply_attr(request, &st, TIMEOUT);
}

/* Modes are accepted and not kept, as sticks have none; another owner is refused. */
static int set_attributes(
	fuse_req_t request, struct node *node, const struct stat *attr, int set, struct gate_handle *handle)
{
	struct gate *gate = gate_of(request);
	struct timespec time = attr->st_mtim;
	struct stat st;
	int r = gate_stat(gate, node, &st);

	if (r < 0)
		return r;
	if (((set & FUSE_SET_ATTR_UID) && attr->st_uid != st.st_uid) ||
		((set & FUSE_SET_ATTR_GID) && attr->st_gid != st.st_gid))
		return -EPERM;
	if (set & FUSE_SET_ATTR_SIZE)
		r = gate_set_size(gate, node, handle, (uint64_t)attr->st_size);
	if (set & FUSE_SET_ATTR_MTIME_NOW)
		(void)clock_gettime(CLOCK_REALTIME, &time);
	if (r >= 0 && (set & (FUSE_SET_ATTR_MTIME | FUSE_SET_ATTR_MTIME_NOW)))
		r = gate_set_time(gate, node, time);
	return r;
}

static void on_setattr(
	fuse_req_t request, fuse_ino_t number, struct stat *attr, int set, struct fuse_file_info *info)
{
	struct gate_handle *handle = info ? handle_of(info) : NULL;
	int r = set_attributes(request, node_of(request, number), attr, set, handle);

	if (r < 0)
		reply(request, r);
	else
		on_getattr(request, number, info);
}

static void on_mkdir(fuse_req_t request, fuse_ino_t parent, const char *name, mode_t mode)
{
	struct node *node = NULL;
	struct stat st;
	int r = gate_mkdir(gate_of(request), node_of(request, parent), name, &node, &st);

	reply_entry(request, r, node, &st);
}

static void on_mknod(fuse_req_t request, fuse_ino_t parent, const char *name, mode_t mode, dev_t device)
{
	struct gate_handle *handle = NULL;
	struct node *node = NULL;
	struct stat st;
	int r = S_ISREG(mode) ? gate_create(gate_of(request), node_of(request, parent), name,
					O_WRONLY | O_EXCL, &node, &st, &handle)
			      : -EPERM;

	if (r >= 0)
		gate_release(gate_of(request), handle);
	reply_entry(request, r, node, &st);
}

static void on_symlink(fuse_req_t request, const char *target, fuse_ino_t parent, const char *name)
{
	reply(request, -EPERM);
}

static void on_link(fuse_req_t request, fuse_ino_t number, fuse_ino_t parent, const char *name)
{
	reply(request, -EPERM);
}

static void on_unlink(fuse_req_t request, fuse_ino_t parent, const char *name)
{
	reply(request, gate_unlink(gate_of(request), node_of(request, parent), name));
}

static void on_rmdir(fuse_req_t request, fuse_ino_t parent, const char *name)
{
	reply(request, gate_rmdir(gate_of(request), node_of(request, parent), name));
}

static void on_rename(fuse_req_t request, fuse_ino_t from, const char *from_name, fuse_ino_t to,
	const char *to_name, unsigned flags)
{
	reply(request, gate_rename(gate_of(request), node_of(request, from), from_name, node_of(request, to),
			       to_name, flags));
}

/* --- files --- */

static void fill_info(struct fuse_file_info *info, struct gate_handle *handle)
{
	info->fh = (uintptr_t)handle;
	info->direct_io = gate_handle_writes(handle);
	info->keep_cache = 0;
	info->noflush = 0;
}

static void on_create(
	fuse_req_t request, fuse_ino_t parent, const char *name, mode_t mode, struct fuse_file_info *info)
{
	struct gate_handle *handle = NULL;
	struct node *node = NULL;
	struct fuse_entry_param entry;
	struct stat st;
	int r = gate_create(
		gate_of(request), node_of(request, parent), name, info->flags, &node, &st, &handle);

	if (r < 0) {
		reply(request, r);
		return;
	}
	entry = entry_of(node, &st);
	fill_info(info, handle);
	if (fuse_reply_create(request, &entry, info) == -ENOENT) {
		gate_release(gate_of(request), handle);
		gate_forget(gate_of(request), node, 1);
	}
}

static void on_open(fuse_req_t request, fuse_ino_t number, struct fuse_file_info *info)
{
	struct gate_handle *handle = NULL;
	int r = gate_open(gate_of(request), node_of(request, number), info->flags, &handle);

	if (r < 0) {
		reply(request, r);
		return;
	}
	fill_info(info, handle);
	if (fuse_reply_open(request, info) == -ENOENT)
		gate_release(gate_of(request), handle);
}

static void reply_staged(fuse_req_t request, int fd, size_t size, off_t offset)
{
	_cleanup_free_ char *buffer = fd < 0 ? NULL : malloc(size);
	ssize_t n = fd < 0 ? 0 : buffer ? fd_pread_full(fd, buffer, size, (uint64_t)offset) : -ENOMEM;

	if (n < 0)
		reply(request, (int)n);
	else
		(void)fuse_reply_buf(request, buffer, (size_t)n);
}

static void on_read(
	fuse_req_t request, fuse_ino_t number, size_t size, off_t offset, struct fuse_file_info *info)
{
	struct fuse_bufvec source = FUSE_BUFVEC_INIT(size);
	_cleanup_(content_unrefp) struct content *content = NULL;
	int fd = -1, r = gate_read(gate_of(request), handle_of(info), &fd, &content);

	if (r < 0) {
		reply(request, r);
	} else if (content) {
		reply_staged(request, fd, size, offset);
	} else {
		source.buf[0].flags = FUSE_BUF_IS_FD | FUSE_BUF_FD_SEEK;
		source.buf[0].fd = fd;
		source.buf[0].pos = offset;
		(void)fuse_reply_data(request, &source, FUSE_BUF_SPLICE_MOVE);
	}
}

static void on_write(fuse_req_t request, fuse_ino_t number, const char *bytes, size_t size, off_t offset,
	struct fuse_file_info *info)
{
	int r = gate_write(gate_of(request), handle_of(info), bytes, size, (uint64_t)offset);

	if (r < 0)
		reply(request, r);
	else
		(void)fuse_reply_write(request, size);
}

static void on_flush(fuse_req_t request, fuse_ino_t number, struct fuse_file_info *info)
{
	reply(request, gate_flush(gate_of(request), handle_of(info)));
}

static void on_fsync(fuse_req_t request, fuse_ino_t number, int data_only, struct fuse_file_info *info)
{
	reply(request, gate_fsync(gate_of(request), handle_of(info)));
}

static void on_release(fuse_req_t request, fuse_ino_t number, struct fuse_file_info *info)
{
	gate_release(gate_of(request), handle_of(info));
	reply(request, 0);
}

/* --- folders --- */

static void on_opendir(fuse_req_t request, fuse_ino_t number, struct fuse_file_info *info)
{
	struct gate_list *list = NULL;
	int r = gate_list_open(gate_of(request), node_of(request, number), &list);

	if (r < 0) {
		reply(request, r);
		return;
	}
	info->fh = (uintptr_t)list;
	if (fuse_reply_open(request, info) == -ENOENT)
		(void)gate_list_free(list);
}

static int fill_listing(
	fuse_req_t request, struct gate_list *list, char *buffer, size_t size, uint64_t position)
{
	struct gate_list_entry entry;
	size_t used = 0;
	int r;

	while ((r = gate_list_at(list, position, &entry)) > 0) {
		const struct stat st = {.st_ino = NO_INO, .st_mode = entry.type};
		size_t need = fuse_add_direntry(
			request, buffer + used, size - used, entry.name, &st, (off_t)entry.position);

		if (need > size - used)
			break;
		used += need;
		position = entry.position;
	}
	return r < 0 ? r : (int)used;
}

static void on_readdir(
	fuse_req_t request, fuse_ino_t number, size_t size, off_t offset, struct fuse_file_info *info)
{
	struct gate_list *list = (struct gate_list *)(uintptr_t)info->fh;
	_cleanup_free_ char *buffer = malloc(size);
	int r = buffer ? fill_listing(request, list, buffer, size, (uint64_t)offset) : -ENOMEM;

	if (r < 0)
		reply(request, r);
	else
		(void)fuse_reply_buf(request, buffer, (size_t)r);
}

static void on_releasedir(fuse_req_t request, fuse_ino_t number, struct fuse_file_info *info)
{
	(void)gate_list_free((struct gate_list *)(uintptr_t)info->fh);
	reply(request, 0);
}

static void on_fsyncdir(fuse_req_t request, fuse_ino_t number, int data_only, struct fuse_file_info *info)
{
	gate_sync_all(gate_of(request));
	reply(request, 0);
}

static void on_statfs(fuse_req_t request, fuse_ino_t number)
{
	struct statvfs st;
	int r = gate_statfs(gate_of(request), &st);

	if (r < 0)
		reply(request, r);
	else
		(void)fuse_reply_statfs(request, &st);
}

/* A cache that writes back later would write after the verdict. */
static void on_init(void *data, struct fuse_conn_info *connection)
{
	connection->want &=
		~(unsigned)(FUSE_CAP_WRITEBACK_CACHE | FUSE_CAP_READDIRPLUS | FUSE_CAP_SPLICE_READ);
	if (connection->capable & FUSE_CAP_SPLICE_WRITE)
		connection->want |= FUSE_CAP_SPLICE_WRITE;
	if (connection->capable & FUSE_CAP_SPLICE_MOVE)
		connection->want |= FUSE_CAP_SPLICE_MOVE;
}

static const struct fuse_lowlevel_ops operations = {
	.init = on_init,
	.lookup = on_lookup,
	.forget = on_forget,
	.forget_multi = on_forget_multi,
	.getattr = on_getattr,
	.setattr = on_setattr,
	.mknod = on_mknod,
	.mkdir = on_mkdir,
	.symlink = on_symlink,
	.link = on_link,
	.unlink = on_unlink,
	.rmdir = on_rmdir,
	.rename = on_rename,
	.create = on_create,
	.open = on_open,
	.read = on_read,
	.write = on_write,
	.flush = on_flush,
	.fsync = on_fsync,
	.release = on_release,
	.opendir = on_opendir,
	.readdir = on_readdir,
	.releasedir = on_releasedir,
	.fsyncdir = on_fsyncdir,
	.statfs = on_statfs,
};

/* --- the session --- */

int gate_front_new(int fuse_fd, struct gate_front **ret_front)
{
	_cleanup_(gate_front_freep) struct gate_front *front = calloc(1, sizeof *front);
	char program[] = "outing-gate", place[32];
	char *argv[] = {program, NULL};
	struct fuse_args arguments = FUSE_ARGS_INIT(1, argv);

	if (!front) {
		(void)close_fd(fuse_fd);
		return -ENOMEM;
	}
	(void)snprintf(place, sizeof place, "/dev/fd/%d", fuse_fd);
	front->session = fuse_session_new(&arguments, &operations, sizeof operations, front);
	fuse_opt_free_args(&arguments);
	if (!front->session || fuse_session_mount(front->session, place) != 0) {
		(void)close_fd(fuse_fd);
		return -EIO;
	}
	*ret_front = TAKE_PTR(front);
	return 0;
}

struct gate_front *gate_front_free(struct gate_front *front)
{
	if (front && front->session)
		fuse_session_destroy(front->session);
	free(front);
	return NULL;
}

static void *serve(void *data)
{
	struct gate_front *front = data;
	struct fuse_buf buffer = {0};

	while (!fuse_session_exited(front->session)) {
		int r = fuse_session_receive_buf(front->session, &buffer);

		if (r == -EINTR || r == -EAGAIN)
			continue;
		if (r <= 0)
			break;
		fuse_session_process_buf(front->session, &buffer);
	}
	free(buffer.mem);
	return NULL;
}

int gate_front_run(struct gate_front *front, struct gate *gate)
{
	pthread_t threads[THREADS];
	size_t count = 0;
	int r = 0;

	front->gate = gate;
	while (count < THREADS && r == 0) {
		r = pthread_create(&threads[count], NULL, serve, front);
		count += r == 0;
	}
	for (size_t i = 0; i < count; i++)
		(void)pthread_join(threads[i], NULL);
	return count > 0 ? 0 : -r;
}

void gate_front_forget(struct gate_front *front, struct node *node, struct node *parent, const char *name)
{
	fuse_ino_t number =
		parent && parent != gate_top(front->gate) ? (fuse_ino_t)(uintptr_t)parent : FUSE_ROOT_ID;

	(void)fuse_lowlevel_notify_inval_inode(front->session, (fuse_ino_t)(uintptr_t)node, 0, 0);
	if (parent)
		(void)fuse_lowlevel_notify_inval_entry(front->session, number, name, strlen(name));
}
