/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * What a gate that was killed, or a medium that was pulled out, left in our folder: what is whole is put in
 * its place, all else of ours is removed.
 *
 * The journal says where a number belongs; whether the content is the one that was judged is seen by its
 * length and digest. It may have been made by somebody else on another computer; then it moves a file of that
 * medium to another place on it, which its maker could have done directly.
 */

#include "base/fault.h"
#include "base/fd.h"
#include "base/number.h"
#include "gate/gate-internal.h"
#include "gate/journal.h"

#include <dirent.h>
#include <fcntl.h>
#include <string.h>

#define STEP ((size_t)256 << 10)

static int digest_of(int fd, uint8_t ret_digest[static XXH128_SIZE])
{
	_cleanup_(xxh128_freep) struct xxh128 *state = NULL;
	_cleanup_free_ uint8_t *buffer = malloc(STEP);
	ssize_t n = 1;
	int r = buffer ? xxh128_new(&state) : -ENOMEM;

	while (r >= 0 && n > 0) {
		n = fd_read_full(fd, buffer, STEP);
		if (n < 0)
			return (int)n;
		xxh128_update(state, buffer, (size_t)n);
	}
	if (r >= 0)
		xxh128_final(state, ret_digest);
	return r;
}

static bool is_whole(const struct gate *gate, const struct journal_entry *entry)
{
	_cleanup_close_ int fd = -1;
	uint8_t digest[XXH128_SIZE];
	char path[PATH_MAX];
	struct stat st;

	gate_commit_path(entry->number, path);
	if (backing_open(gate->options.root_fd, path, O_RDONLY, &fd) < 0 || fstat(fd, &st) < 0 ||
		!S_ISREG(st.st_mode) || (uint64_t)st.st_size != entry->size)
		return false;
	return digest_of(fd, digest) >= 0 && memcmp(digest, entry->digest, XXH128_SIZE) == 0;
}

/* On FAT a rename is two writes. When only the first reached the medium, both names have one content, and
 * removing either would take it from the other. */
static bool may_share(const struct gate *gate, const struct journal_entry *entry)
{
	_cleanup_close_ int fd = -1;
	uint8_t digest[XXH128_SIZE];
	struct stat st;

	return gate->windows_names && entry->size > 0 &&
	       backing_open(gate->options.root_fd, entry->path, O_RDONLY, &fd) >= 0 && fstat(fd, &st) == 0 &&
	       S_ISREG(st.st_mode) && (uint64_t)st.st_size == entry->size && digest_of(fd, digest) >= 0 &&
	       memcmp(digest, entry->digest, XXH128_SIZE) == 0;
}

static int put_in_place(const struct gate *gate, const struct journal_entry *entry)
{
	char path[PATH_MAX], kept[PATH_MAX];
	int r;

	gate_commit_path(entry->number, path);
	if (may_share(gate, entry)) {
		(void)snprintf(kept, sizeof kept, "%s/kept-%llu", GATE_NAME_FOLDER,
			(unsigned long long)entry->number);
		return backing_rename(gate->options.root_fd, path, kept, 0);
	}
	r = backing_sync(gate->options.root_fd, path);
	return r < 0 ? r : backing_rename(gate->options.root_fd, path, entry->path, 0);
}

static void finish(struct gate *gate, const struct journal_entry *entry)
{
	if (is_whole(gate, entry) && put_in_place(gate, entry) >= 0)
		gate_tell(gate, GATE_FINISHED, entry->path, NULL, 0);
	fault_point("gate-finished");
}

/* Another line for the same number, further down, says where it belongs instead. */
static bool superseded(const struct journal_entry *entries, size_t count, size_t at)
{
	for (size_t i = at + 1; i < count; i++)
		if (entries[i].number == entries[at].number)
			return true;
	return false;
}

static void replay_entries(struct gate *gate, const struct journal_entry *entries, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (!superseded(entries, count, i))
			finish(gate, &entries[i]);
}

static int replay_text(struct gate *gate, char *text)
{
	_cleanup_free_ struct journal_entry *entries = NULL;
	size_t lines = 1, count = 0;

	for (const char *at = text; (at = strchr(at, '\n')); at++)
		lines++;
	entries = calloc(lines, sizeof *entries);
	if (!entries)
		return -ENOMEM;
	while (count < lines && journal_next(&text, &entries[count]))
		count++;
	replay_entries(gate, entries, count);
	return 0;
}

static int replay(struct gate *gate, int folder_fd)
{
	_cleanup_close_ int fd =
		openat(folder_fd, GATE_NAME_JOURNAL, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
	_cleanup_free_ char *text = NULL;
	struct stat st;
	int r;

	if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		return 0;
	r = fd_read_file(fd, JOURNAL_MAX, &text, NULL);
	if (r < 0)
		return r == -EFBIG ? 0 : r;
	return replay_text(gate, text);
}

static bool is_number(const char *name)
{
	uint64_t number;

	return number_parse_u64(name, &number) >= 0;
}

/* Only names that we give; what else is in the folder is somebody's and stays. */
static int clear_folder(int folder_fd)
{
	int fd = openat(folder_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *folder = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *entry;

	if (!folder)
		return -errno;
	while ((entry = readdir(folder)))
		if (is_number(entry->d_name))
			(void)unlinkat(folder_fd, entry->d_name, 0);
	(void)unlinkat(folder_fd, GATE_NAME_JOURNAL, 0);
	(void)closedir(folder);
	return 0;
}

int gate_recover(struct gate *gate)
{
	_cleanup_close_ int fd = -1;
	int r = backing_open(gate->options.root_fd, GATE_NAME_FOLDER, O_RDONLY | O_DIRECTORY, &fd);

	if (r == -ENOENT || r == -ENOTDIR)
		return 0;
	if (r >= 0)
		r = replay(gate, fd);
	fault_point("gate-replayed");
	if (r >= 0)
		r = clear_folder(fd);
	if (r < 0)
		return r;
	(void)unlinkat(gate->options.root_fd, GATE_NAME_FOLDER, AT_REMOVEDIR);
	return syncfs(gate->options.root_fd) < 0 ? -errno : 0;
}
