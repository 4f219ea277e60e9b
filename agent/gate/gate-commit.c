/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * From judged clean to in its place, so that at every moment the old file or the new one is whole.
 *
 * 1. Under the eyes of who closes the file, so that a full or broken medium is an error of that close(): the
 *    content is written under a number in our folder, and a line in the journal says where it belongs. From
 *    here on a killed gate loses nothing: its successor reads the journal.
 * 2. By the committer, many at a time, because a sync costs a stick the same for one as for a hundred: sync,
 *    rename each over its place, sync. It gathers what comes within a moment, unless somebody waits for it.
 *
 * Nothing but sealed content that gate_decide() saw pass is ever given to gate_commit().
 */

#include "base/clock.h"
#include "base/fault.h"
#include "base/fd.h"
#include "gate/gate-internal.h"
#include "gate/journal.h"

#include <fcntl.h>
#include <string.h>

#define BATCH_MAX       512
#define PENDING_MAX     4096
#define GATHER_NS       UINT64_C(200000000)
#define GATHER_BYTES    (4 << 20) /* or as many: a stick is to be busy while people copy */
#define ROOM_BLOCKS     256
#define FAT_FOLDER_FULL (3 << 19)         /* bytes; a folder of FAT ends at 2 MiB */
#define FAT_TOP_FIXED   (32 << 10)        /* bytes; the top folder of FAT12 and FAT16 does not grow */
#define JOURNAL_FULL    ((size_t)2 << 20) /* half of what is read at the next start */

void gate_commit_path(uint64_t number, char path[static PATH_MAX])
{
	(void)snprintf(path, PATH_MAX, "%s/%llu", GATE_NAME_FOLDER, (unsigned long long)number);
}

static int open_folder(struct gate *gate)
{
	int r;

	if (gate->folder_fd < 0) {
		if (mkdirat(gate->options.root_fd, GATE_NAME_FOLDER, 0700) < 0 && errno != EEXIST)
			return -errno;
		r = backing_open(
			gate->options.root_fd, GATE_NAME_FOLDER, O_RDONLY | O_DIRECTORY, &gate->folder_fd);
		if (r < 0)
			return r;
	}
	if (gate->journal_fd >= 0)
		return 0;
	gate->journal_fd = openat(gate->folder_fd, GATE_NAME_JOURNAL,
		O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_CLOEXEC, 0600);
	return gate->journal_fd < 0 ? -errno : 0;
}

/* Lock not held. */
static int write_numbered(const struct gate *gate, uint64_t number, struct content *content,
	struct timespec time, uint8_t ret_digest[static XXH128_SIZE])
{
	const struct timespec both[2] = {time, time};
	char name[32];
	int r;

	(void)snprintf(name, sizeof name, "%llu", (unsigned long long)number);
	fault_point("gate-number");
	_cleanup_close_ int fd =
		openat(gate->folder_fd, name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
	if (fd < 0)
		return -errno;
	fault_point("gate-content");
	r = content_digest(content, ret_digest);
	if (r >= 0)
		r = content_copy_out(content, fd);
	if (r >= 0 && futimens(fd, both) < 0)
		r = -errno;
	if (r < 0)
		(void)unlinkat(gate->folder_fd, name, 0);
	return r;
}

int gate_commit_note(struct gate *gate, const struct gate_file *file)
{
	struct journal_entry entry = {.number = file->pending, .size = file->size};
	char path[PATH_MAX], line[JOURNAL_LINE_MAX];
	int r = tree_path(file->node, path, sizeof path);

	if (r < 0)
		return r;
	entry.path = path;
	memcpy(entry.digest, file->digest, sizeof entry.digest);
	r = journal_format(&entry, line);
	if (r < 0)
		return r;
	gate->journal_size += (size_t)r;
	return fd_write_full(gate->journal_fd, line, (size_t)r);
}

void gate_commit_cancel(struct gate *gate, struct gate_file *file)
{
	char path[PATH_MAX];

	if (!file->pending)
		return;
	gate_commit_path(file->pending, path);
	(void)backing_remove(gate->options.root_fd, path, false);
	file->pending = 0;
	gate->pending_count--;
}

int gate_commit_note_all(struct gate *gate)
{
	int r = 0;

	for (struct gate_file *f = gate->files; f && r >= 0; f = f->next)
		if (f->pending)
			r = gate_commit_note(gate, f);
	return r < 0 ? r : 0;
}

/* The number is the file's content from now on, in place of one that is not in its place yet. */
static int adopt(struct gate *gate, struct gate_file *file, uint64_t number, uint64_t size,
	const uint8_t digest[static XXH128_SIZE])
{
	uint64_t before = file->pending;
	char path[PATH_MAX];
	int r;

	file->size = size;
	memcpy(file->digest, digest, XXH128_SIZE);
	file->pending = number;
	r = gate_commit_note(gate, file);
	fault_point("gate-noted");
	gate_commit_path(r < 0 ? number : before, path);
	if (r < 0 || before)
		(void)backing_remove(gate->options.root_fd, path, false);
	if (r < 0)
		file->pending = before;
	else if (!before)
		gate->pending_count++;
	return r;
}

/* Whether putting it in its place can fail although its content is written: for want of room for the name, or
 * because the medium cannot spell it. Then whoever closes the file waits for the outcome. */
static bool in_doubt(const struct gate *gate, const struct gate_file *file)
{
	char folder[PATH_MAX];
	struct statvfs space;
	struct stat st;

	if (!file->absent)
		return false;
	if (fstatvfs(gate->options.root_fd, &space) < 0 ||
		space.f_bavail < ROOM_BLOCKS + 2 * gate->pending_count)
		return true;
	if (!gate->windows_names)
		return false;
	for (const char *at = file->node->name; *at; at++)
		if ((unsigned char)*at >= 0x80)
			return true;
	return !file->node->parent || tree_path(file->node->parent, folder, sizeof folder) < 0 ||
	       backing_stat(gate->options.root_fd, folder, &st) < 0 || st.st_size >= FAT_FOLDER_FULL ||
	       (!*folder && st.st_size <= FAT_TOP_FIXED);
}

static struct timespec time_for(const struct gate_file *file)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_REALTIME, &now);
	return gate_name_time(file->timed ? file->time : now, now);
}

/* For a batch. */
static bool is_enough(const struct gate *gate)
{
	return gate->pending_count >= BATCH_MAX || gate->pending_bytes >= GATHER_BYTES;
}

/* Lock held, given back meanwhile. */
static void await_batch(struct gate *gate)
{
	gate->waiting++;
	(void)pthread_cond_signal(&gate->work);
	(void)pthread_cond_wait(&gate->calm, &gate->lock);
	gate->waiting--;
}

int gate_commit(struct gate *gate, struct gate_file *file, struct content *content)
{
	uint8_t digest[XXH128_SIZE] = {0};
	uint64_t number = gate->next_number++;
	struct timespec time = time_for(file);
	int r;

	while (gate->pending_count >= PENDING_MAX || gate->journal_size >= JOURNAL_FULL)
		await_batch(gate);
	r = open_folder(gate);
	if (r < 0)
		return r;
	gate_unlock(gate);
	r = write_numbered(gate, number, content, time, digest);
	gate_lock(gate);
	if (r < 0)
		return r;
	fault_point("gate-written");
	if (file->node->gone) {
		char path[PATH_MAX];

		gate_commit_path(number, path);
		return backing_remove(gate->options.root_fd, path, false);
	}
	r = adopt(gate, file, number, content_size(content), digest);
	if (r < 0)
		return r;
	file->node->stamp++;
	file->error = 0;
	gate->pending_bytes += file->size;
	if (gate->pending_count == 1 || is_enough(gate))
		(void)pthread_cond_signal(&gate->work);
	return in_doubt(gate, file) ? gate_commit_wait(gate, file) : 0;
}

int gate_commit_wait(struct gate *gate, struct gate_file *file)
{
	while ((file->pending || file->unsynced) && file->error == 0)
		await_batch(gate);
	return file->error;
}

static bool has_older(const struct gate *gate, uint64_t mark)
{
	for (const struct gate_file *f = gate->files; f; f = f->next)
		if (f->pending && f->pending < mark)
			return true;
	return false;
}

/* Others may go on writing: what comes later is not waited for. */
void gate_commit_wait_all(struct gate *gate)
{
	uint64_t mark = gate->next_number, round = gate->rounds;

	while (has_older(gate, mark) || ((gate->unsynced || gate->in_batch) && gate->rounds < round + 2))
		await_batch(gate);
}

/* --- the committer --- */

struct batch {
	struct gate_file *files[BATCH_MAX];
	uint64_t numbers[BATCH_MAX];
	size_t count;
};

static void collect(struct gate *gate, struct batch *batch)
{
	batch->count = 0;
	for (struct gate_file *f = gate->files; f && batch->count < BATCH_MAX; f = f->next)
		if (f->pending) {
			f->uses++;
			batch->files[batch->count] = f;
			batch->numbers[batch->count++] = f->pending;
		}
}

/* Lock held, given back to tell. The medium did not take what it had seemed to take. */
static void lose(struct gate *gate, struct gate_file *file, int error)
{
	gate_commit_cancel(gate, file);
	file->error = error;
	file->unsynced = false;
	file->node->stamp++;
	gate_tell_of(gate, file->node, GATE_NOT_WRITTEN, NULL, -error);
}

static int sync_numbered(const struct gate *gate, uint64_t number)
{
	char path[PATH_MAX];

	gate_commit_path(number, path);
	return backing_sync(gate->options.root_fd, path);
}

/* Lock not held. One by one when all together failed: only what is not safe is lost. */
static void sync_batch(struct gate *gate, struct batch *batch)
{
	if (batch->count > 1 && syncfs(gate->options.root_fd) == 0)
		return;
	for (size_t i = 0; i < batch->count; i++) {
		int r = sync_numbered(gate, batch->numbers[i]);

		if (r >= 0 || r == -ENOENT)
			continue;
		gate_lock(gate);
		if (batch->files[i]->pending == batch->numbers[i])
			lose(gate, batch->files[i], r);
		gate_unlock(gate);
	}
}

/* Most files of a batch go into one folder: the latest one, opened. */
struct destination {
	const struct node *folder;
	int fd;
};

static int open_destination(const struct gate *gate, struct destination *to, const struct node *folder)
{
	char path[PATH_MAX];
	int r = folder ? 0 : -ENOENT;

	if (r < 0 || folder == to->folder)
		return r;
	*to = (struct destination){.fd = close_fd(to->fd)};
	r = tree_path(folder, path, sizeof path);
	if (r >= 0)
		r = backing_open(gate->options.root_fd, path, O_RDONLY | O_DIRECTORY, &to->fd);
	if (r >= 0)
		to->folder = folder;
	return r;
}

/* Lock held. */
static int place(struct gate *gate, struct gate_file *file, struct destination *to)
{
	char number[32];
	int r = file->node->gone ? -ENOENT : open_destination(gate, to, file->node->parent);

	(void)snprintf(number, sizeof number, "%llu", (unsigned long long)file->pending);
	if (r >= 0 && renameat(gate->folder_fd, number, to->fd, file->node->name) < 0)
		r = -errno;
	fault_point("gate-placed");
	if (r < 0)
		return r;
	file->pending = 0;
	file->absent = false;
	file->unsynced = true;
	gate->pending_count--;
	file->node->stamp++;
	return 0;
}

/* Lock held. It may be given back to tell what was lost, and folders may change their place then. */
static void place_batch(struct gate *gate, struct batch *batch)
{
	struct destination to = {.fd = -1};

	for (size_t i = 0; i < batch->count; i++) {
		struct gate_file *file = batch->files[i];
		int r;

		if (file->pending != batch->numbers[i])
			continue;
		r = place(gate, file, &to);
		if (r < 0) {
			to = (struct destination){.fd = close_fd(to.fd)};
			lose(gate, file, r);
		}
	}
	(void)close_fd(to.fd);
}

/* The file before its folder: FAT has a file's size and place in the folder, and syncing that writes an empty
 * entry as long as the file itself has not been. A file that was moved on meanwhile is synced with the rest.
 */
static int sync_place(const struct gate *gate, const char *path)
{
	_cleanup_close_ int folder = -1;
	const char *name;
	int r = backing_sync(gate->options.root_fd, path);

	if (r >= 0 || r == -ENOENT)
		r = backing_parent(gate->options.root_fd, path, &folder, &name);
	if (r < 0)
		return r;
	return fsync(folder) < 0 ? -errno : 0;
}

/* Our folder first: where a rename is two writes, losing the number is harmless and having two is not. */
static int sync_places(const struct gate *gate, const char *only)
{
	if (gate->folder_fd >= 0 && fsync(gate->folder_fd) < 0)
		return -errno;
	if (only)
		return sync_place(gate, only);
	return syncfs(gate->options.root_fd) < 0 ? -errno : 0;
}

/* The path of the only file, for a sync that costs others nothing; NULL: sync everything. */
static const char *only_file(const struct batch *batch, char path[static PATH_MAX])
{
	if (batch->count != 1 || batch->files[0]->node->gone || !batch->files[0]->node->parent ||
		tree_path(batch->files[0]->node, path, PATH_MAX) < 0)
		return NULL;
	return path;
}

static void end_batch(struct gate *gate, struct batch *batch, int error)
{
	for (size_t i = 0; i < batch->count; i++) {
		struct gate_file *file = batch->files[i];

		if (error < 0 && file->unsynced)
			lose(gate, file, error);
		file->unsynced = false;
		file->uses--;
		gate_file_settle(gate, file);
	}
	if (gate->pending_count == 0 && gate->journal_fd >= 0) {
		(void)!ftruncate(gate->journal_fd, 0);
		gate->journal_size = 0;
	}
	fault_point("gate-done");
	gate->in_batch = false;
	gate->rounds++;
	(void)pthread_cond_broadcast(&gate->calm);
}

static void run_batch(struct gate *gate, struct batch *batch)
{
	char path[PATH_MAX];
	const char *only;
	int r;

	gate->in_batch = true;
	gate->pending_bytes = 0;
	collect(gate, batch);
	gate_unlock(gate);
	sync_batch(gate, batch);
	gate_lock(gate);
	fault_point("gate-synced");
	place_batch(gate, batch);
	only = gate->unsynced ? NULL : only_file(batch, path);
	gate->unsynced = false;
	gate_unlock(gate);
	r = sync_places(gate, only);
	gate_lock(gate);
	end_batch(gate, batch, r);
}

static bool has_work(const struct gate *gate)
{
	return gate->pending_count > 0 || gate->unsynced;
}

static void gather(struct gate *gate)
{
	uint64_t until = clock_monotonic_ns() + GATHER_NS;
	const struct timespec time = {(time_t)(until / 1000000000U), (long)(until % 1000000000U)};
	int r = 0;

	while (r == 0 && !gate->stopping && gate->waiting == 0 && !is_enough(gate))
		r = pthread_cond_timedwait(&gate->work, &gate->lock, &time);
}

void *gate_commit_main(void *data)
{
	struct gate *gate = data;
	struct batch *batch = calloc(1, sizeof *batch);

	if (!batch)
		abort();
	gate_lock(gate);
	for (;;) {
		while (!gate->stopping && !has_work(gate))
			(void)pthread_cond_wait(&gate->work, &gate->lock);
		if (!has_work(gate))
			break;
		gather(gate);
		run_batch(gate, batch);
	}
	gate_unlock(gate);
	free(batch);
	return NULL;
}
