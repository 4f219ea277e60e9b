/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * The walk: a stack of open directories, each with a fixed buffer of entries as the kernel returns them.
 *
 * A path that is too long or too deep is told as failed under the name of the folder it lies in. Whoever gets
 * the entries may rely on order: everything below a folder, then the folder.
 */

#include "offload/source-ptp.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#define BUFFER    16384
#define NAME_SIZE 1536 /* vfat: 255 characters of up to 6 bytes */

struct dirent64_head {
	uint64_t ino;
	int64_t off;
	uint16_t reclen;
	uint8_t type;
} __attribute__((packed));
#define DIRENT_NAME 19 /* offset of the name in a record */

struct level {
	int fd;
	size_t path_size, open_size; /* of the walk's paths, up to this folder */
	int64_t mtime;
	uint32_t mtime_ns;
	size_t used, at;
	_Alignas(8) char buffer[BUFFER];
};

struct walk {
	const struct source *source;
	const struct io *io;
	const struct walk_sink *sink;
	const atomic_bool *stop;
	unsigned root;
	uint64_t entries;
	size_t depth;
	struct level *levels[WALK_DEPTH_MAX];
	size_t path_size, open_size;
	char path[OFFLOAD_PATH_MAX + 1], open[OFFLOAD_PATH_MAX + 1];
};

static struct walk *walk_free(struct walk *walk)
{
	if (!walk)
		return NULL;
	for (size_t i = 0; i < WALK_DEPTH_MAX; i++) {
		if (i < walk->depth)
			walk->levels[i]->fd = close_fd(walk->levels[i]->fd);
		free(walk->levels[i]);
	}
	free(walk);
	return NULL;
}
DEFINE_CLEANUP(struct walk, walk_free);

static bool alive(const struct walk *walk)
{
	return walk->io->alive(walk->io->data, walk->source) >= 0;
}

/* Failures are believed only of a device that is alive. */
static int failed(struct walk *walk, enum offload_reason reason, int error)
{
	if (reason != OFFLOAD_REASON_NAME && !alive(walk))
		return WALK_SOURCE_GONE;
	return walk->sink->failed(walk->sink->data, reason, -error,
		walk->path_size > 0 ? walk->path : "(the card itself)",
		walk->path_size > 0 ? walk->path_size : 17);
}

static enum offload_reason reason_of(int error)
{
	return error == -ENOENT         ? OFFLOAD_REASON_VANISHED
	       : error == -ENAMETOOLONG ? OFFLOAD_REASON_NAME
					: OFFLOAD_REASON_READ;
}

static bool append(char *path, size_t *size, const char *name, size_t name_size)
{
	size_t slash = *size > 0;

	if (*size + slash + name_size > OFFLOAD_PATH_MAX)
		return false;
	if (slash)
		path[(*size)++] = '/';
	memcpy(path + *size, name, name_size);
	*size += name_size;
	path[*size] = 0;
	return true;
}

static void go_back(struct walk *walk, const struct level *level)
{
	walk->path_size = level ? level->path_size : 0;
	walk->open_size = level ? level->open_size : 0;
	walk->path[walk->path_size] = walk->open[walk->open_size] = 0;
}

static struct walk_entry entry_of(const struct walk *walk, const struct stat *st)
{
	return (struct walk_entry){
		.path = walk->path,
		.path_size = walk->path_size,
		.open_path = walk->open,
		.open_size = walk->open_size,
		.root = walk->root,
		.size = (uint64_t)st->st_size,
		.mtime = st->st_mtim.tv_sec,
		.mtime_ns = (uint32_t)st->st_mtim.tv_nsec,
	};
}

/* Takes fd over. */
static int enter(struct walk *walk, int fd)
{
	_cleanup_close_ int directory = fd;
	struct level *level;
	struct stat st;

	if (fstat(directory, &st) < 0)
		return failed(walk, OFFLOAD_REASON_READ, -errno);
	if (walk->depth == WALK_DEPTH_MAX)
		return failed(walk, OFFLOAD_REASON_NAME, 0);
	level = walk->levels[walk->depth];
	if (!level) {
		level = walk->levels[walk->depth] = malloc(sizeof *level);
		if (!level)
			return -ENOMEM;
	}
	level->fd = TAKE_FD(directory);
	level->path_size = walk->path_size;
	level->open_size = walk->open_size;
	level->mtime = st.st_mtim.tv_sec;
	level->mtime_ns = (uint32_t)st.st_mtim.tv_nsec;
	level->used = level->at = 0;
	walk->depth++;
	return 0;
}

static int leave(struct walk *walk)
{
	struct level *level = walk->levels[walk->depth - 1];
	struct stat st = {.st_mtim = {.tv_sec = level->mtime, .tv_nsec = level->mtime_ns}};
	struct walk_entry entry;

	go_back(walk, level);
	level->fd = close_fd(level->fd);
	walk->depth--;
	if (walk->path_size == 0)
		return 0;
	entry = entry_of(walk, &st);
	return walk->sink->folder(walk->sink->data, &entry);
}

/* An empty "lost+found" is read to its end and is done; what lies in a full one fails entry by entry. */
static int open_folder(const struct walk *walk, int dirfd, const char *open_name)
{
	int fd = source_open_directory_at(dirfd, open_name);

	if (fd == -EACCES && walk->depth == 1 && strcmp(open_name, SOURCE_LOST_FOUND) == 0)
		return source_open_lost_found(&walk->source->roots[walk->root]);
	return fd;
}

static int found_folder(struct walk *walk, int dirfd, const char *open_name)
{
	int fd = open_folder(walk, dirfd, open_name);

	if (fd == -EXDEV)
		return walk->sink->finding(
			walk->sink->data, OFFLOAD_FINDING_OTHER_MOUNT, walk->path, walk->path_size);
	if (fd < 0)
		return failed(walk, reason_of(fd), fd);
	return enter(walk, fd);
}

static int found_other(struct walk *walk, mode_t mode)
{
	enum offload_finding kind = S_ISLNK(mode)    ? OFFLOAD_FINDING_SYMLINK
				    : S_ISFIFO(mode) ? OFFLOAD_FINDING_FIFO
				    : S_ISSOCK(mode) ? OFFLOAD_FINDING_SOCKET
						     : OFFLOAD_FINDING_DEVICE;

	return walk->sink->finding(walk->sink->data, kind, walk->path, walk->path_size);
}

static int look_at(struct walk *walk, const struct level *level, const char *open_name)
{
	struct walk_entry entry;
	struct stat st;

	if (fstatat(level->fd, open_name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return failed(walk, reason_of(-errno), -errno);
	if (S_ISDIR(st.st_mode))
		return found_folder(walk, level->fd, open_name);
	if (!S_ISREG(st.st_mode))
		return found_other(walk, st.st_mode);
	entry = entry_of(walk, &st);
	return walk->sink->file(walk->sink->data, &entry);
}

static int found(struct walk *walk, const struct level *level, const char *name, size_t size)
{
	char alias[SOURCE_ALIAS];
	const char *open_name = name;
	int r = 0;

	if (++walk->entries > OFFLOAD_ENTRY_MAX)
		return WALK_TOO_MUCH;
	if (walk->source->roots[walk->root].is_vfat && name[size - 1] == '.') {
		r = source_vfat_alias(level->fd, name, alias);
		open_name = alias;
	}
	go_back(walk, level);
	if (!append(walk->path, &walk->path_size, name, size) ||
		(r >= 0 && !append(walk->open, &walk->open_size, open_name, strlen(open_name)))) {
		go_back(walk, level);
		return failed(walk, OFFLOAD_REASON_NAME, 0);
	}
	return r < 0 ? failed(walk, reason_of(r), r) : look_at(walk, level, open_name);
}

static bool name_is_sane(const char *name, size_t size)
{
	return size > 0 && size < NAME_SIZE && !memchr(name, '/', size);
}

static bool is_dots(const char *name, size_t size)
{
	return name[0] == '.' && (size == 1 || (size == 2 && name[1] == '.'));
}

/* The next record of the level's buffer. */
static int next_entry(struct walk *walk, struct level *level)
{
	const char *record = level->buffer + level->at, *name = record + DIRENT_NAME;
	struct dirent64_head head;
	size_t size;

	memcpy(&head, record, sizeof head);
	if (head.reclen <= DIRENT_NAME || head.reclen > level->used - level->at)
		return -EBADMSG;
	level->at += head.reclen;
	size = strnlen(name, (size_t)head.reclen - DIRENT_NAME);
	if (size == (size_t)head.reclen - DIRENT_NAME)
		return -EBADMSG;
	if (size > 0 && is_dots(name, size))
		return 0;
	if (!name_is_sane(name, size)) {
		go_back(walk, level);
		return failed(walk, OFFLOAD_REASON_NAME, 0);
	}
	return found(walk, level, name, size);
}

static int fill(struct walk *walk, struct level *level)
{
	long n = syscall(SYS_getdents64, level->fd, level->buffer, BUFFER);

	if (n < 0) {
		int error = -errno, r;

		go_back(walk, level);
		r = failed(walk, OFFLOAD_REASON_READ, error);
		return r != 0 ? r : leave(walk);
	}
	if (n == 0)
		return leave(walk);
	level->used = (size_t)n;
	level->at = 0;
	return 0;
}

static int walk_root(struct walk *walk)
{
	const char *prefix = walk->source->roots[walk->root].prefix;
	int fd = source_open_directory_at(walk->source->roots[walk->root].fd, "."), r;

	go_back(walk, NULL);
	(void)append(walk->path, &walk->path_size, prefix, strlen(prefix));
	r = fd < 0 ? failed(walk, reason_of(fd), fd) : enter(walk, fd);
	while (r == 0 && walk->depth > 0) {
		struct level *level = walk->levels[walk->depth - 1];

		if (atomic_load(walk->stop))
			return WALK_STOPPED;
		r = level->at < level->used ? next_entry(walk, level) : fill(walk, level);
	}
	return r;
}

static int tell_skipped(const struct walk *walk)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < walk->source->skipped_count; i++)
		r = walk->sink->finding(walk->sink->data, OFFLOAD_FINDING_PARTITION, walk->source->skipped[i],
			strlen(walk->source->skipped[i]));
	return r;
}

static int walk_ptp(const struct source *source, const struct walk_sink *sink, const atomic_bool *stop)
{
	int r = source_ptp_begin(source->ptp, stop);

	if (r == -ENODEV || r == -E2BIG || r == -ECANCELED)
		return r == -E2BIG ? WALK_TOO_MUCH : r == -ENODEV ? WALK_SOURCE_GONE : WALK_STOPPED;
	if (r == 0)
		r = source_ptp_tell(source->ptp, sink, stop);
	return r == 0 && source_ptp_alive(source->ptp) < 0 ? WALK_SOURCE_GONE : r;
}

int walk_source(const struct source *source, const struct io *io, const struct walk_sink *sink,
	const atomic_bool *stop)
{
	_cleanup_(walk_freep) struct walk *walk = calloc(1, sizeof *walk);
	int r;

	if (!walk)
		return -ENOMEM;
	if (source->ptp)
		return walk_ptp(source, sink, stop);
	walk->source = source;
	walk->io = io;
	walk->sink = sink;
	walk->stop = stop;
	r = tell_skipped(walk);
	for (walk->root = 0; r == 0 && walk->root < source->root_count; walk->root++)
		r = walk_root(walk);
	if (r == 0 && !alive(walk))
		return WALK_SOURCE_GONE;
	return r;
}
