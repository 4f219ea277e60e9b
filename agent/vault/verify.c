/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * For each session: chain, then manifests against the chain, then every file against its manifest, then the
 * tree against the set of what the manifests named. A manifest that is not the one of the chain vouches for
 * nothing: its session is reported and its files are not looked at.
 *
 * Every path is walked name by name without following links, so nothing outside the session is ever read.
 */

#include "vault/verify.h"

#include "vault/layout.h"
#include "vault/mhl.h"
#include "vault/pathset.h"
#include "vault/rehash.h"

#include <dirent.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#define GENERATIONS_MAX 64
#define OPEN_FILE       (O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)
#define OPEN_DIR        (O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)

struct verify {
	const struct verify_events *events;
	struct verify_totals totals;
	uint64_t files_expected, bytes_expected;
	int spool_fd;
	struct rehash *rehash;
	struct pathset *set;
	const char *session;
	int session_fd;
	size_t chain_count;
	struct mhl_chain_entry chain[GENERATIONS_MAX];
	char path[MHL_PATH_MAX + 2]; /* of the walk */
};

const char *verify_kind_name(enum verify_kind kind)
{
	static const char *const names[VERIFY_KINDS] = {"missing", "changed", "extra", "unreadable",
		"no-history", "chain-bad", "manifest-missing", "manifest-changed", "manifest-bad"};

	return (size_t)kind < VERIFY_KINDS ? names[kind] : "unknown";
}

static int report(struct verify *verify, enum verify_kind kind, const char *path, const char *detail)
{
	const struct verify_finding finding = {kind, verify->session, path, detail};

	int r = verify->events->finding(&finding, verify->events->data);

	if (r == 0)
		verify->totals.findings++;
	return r < 0 ? r : 0;
}

static int progress(struct verify *verify)
{
	const struct verify_events *events = verify->events;

	if (events->cancelled && events->cancelled(events->data))
		return -ECANCELED;
	if (!events->progress)
		return 0;
	return events->progress(
		&verify->totals, verify->files_expected, verify->bytes_expected, events->data);
}

static int on_bytes(uint64_t bytes, void *data)
{
	struct verify *verify = data;

	verify->totals.bytes += bytes;
	return progress(verify);
}

/* --- files of a manifest --- */

/* Opens name by name. The last name may be anything; the caller looks at what it got. */
static int open_below(int dirfd, const char *path, int flags, int *ret_fd)
{
	_cleanup_close_ int directory = -1;
	char name[NAME_MAX + 1];

	for (;;) {
		const char *slash = strchr(path, '/');
		size_t size = slash ? (size_t)(slash - path) : strlen(path);
		int fd;

		if (size > NAME_MAX)
			return -ENAMETOOLONG;
		memcpy(name, path, size);
		name[size] = 0;
		fd = openat(dirfd, name, slash ? OPEN_DIR : flags);
		if (fd < 0)
			return -errno;
		if (!slash) {
			*ret_fd = fd;
			return 0;
		}
		(void)close_fd(directory);
		directory = dirfd = fd;
		path = slash + 1;
	}
}

static int report_error(struct verify *verify, const char *path, int error)
{
	switch (-error) {
	case ENOENT:
	case ENOTDIR:
		return report(verify, VERIFY_MISSING, path, "It is in the manifest but not in the vault.");
	case ELOOP:
	case ENXIO:
		return report(verify, VERIFY_CHANGED, path, "It is no longer a file.");
	case ECANCELED:
	case ENOMEM:
		return error;
	default:
		return report(verify, VERIFY_UNREADABLE, path, strerror(-error));
	}
}

static int compare(
	struct verify *verify, const struct mhl_entry *entry, const struct mhl_hashes *hashes, uint64_t size)
{
	if (!entry->has_sha512 && !entry->has_xxh128)
		return report(verify, VERIFY_CHANGED, entry->path, "The manifest holds no hash for it.");
	if (entry->has_size && entry->size != size)
		return report(verify, VERIFY_CHANGED, entry->path, "Its size is not the recorded one.");
	if ((entry->has_sha512 && memcmp(entry->hashes.sha512, hashes->sha512, SHA512_SIZE) != 0) ||
		(entry->has_xxh128 && memcmp(entry->hashes.xxh128, hashes->xxh128, XXH128_SIZE) != 0))
		return report(verify, VERIFY_CHANGED, entry->path, "Its contents are not the recorded ones.");
	return 0;
}

static int verify_file(struct verify *verify, const struct mhl_entry *entry)
{
	_cleanup_close_ int fd = -1;
	struct mhl_hashes hashes;
	struct stat st;
	uint64_t size;
	int r = open_below(verify->session_fd, entry->path, OPEN_FILE, &fd);

	verify->totals.files++;
	if (r < 0)
		return report_error(verify, entry->path, r);
	if (fstat(fd, &st) < 0)
		return report_error(verify, entry->path, -errno);
	if (!S_ISREG(st.st_mode))
		return report_error(verify, entry->path, -ELOOP);
	r = rehash_file(verify->rehash, fd, on_bytes, verify, &hashes, &size);
	return r < 0 ? report_error(verify, entry->path, r) : compare(verify, entry, &hashes, size);
}

static int verify_directory(struct verify *verify, const struct mhl_entry *entry)
{
	_cleanup_close_ int fd = -1;
	int r = open_below(verify->session_fd, entry->path, OPEN_DIR, &fd);

	return r < 0 ? report_error(verify, entry->path, r) : 0;
}

static int on_entry(const struct mhl_entry *entry, void *data)
{
	struct verify *verify = data;
	bool file = entry->kind == MHL_ENTRY_FILE;
	int r = pathset_add(verify->set, file ? 'f' : 'd', entry->path);

	if (r >= 0)
		r = progress(verify);
	if (r < 0)
		return r;
	return file ? verify_file(verify, entry) : verify_directory(verify, entry);
}

/* --- chain and manifests --- */

static int on_nothing(const struct mhl_entry *entry, void *data)
{
	return 0;
}

static int on_expected(const struct mhl_entry *entry, void *data)
{
	struct verify *verify = data;

	if (entry->kind == MHL_ENTRY_FILE) {
		verify->files_expected++;
		verify->bytes_expected += entry->size;
	}
	return 0;
}

static int open_history(struct verify *verify, const char *name, int *ret_fd)
{
	char path[sizeof MHL_DIRECTORY + MHL_NAME];

	(void)snprintf(path, sizeof path, "%s/%s", MHL_DIRECTORY, name);
	return open_below(verify->session_fd, path, OPEN_FILE, ret_fd);
}

/* 1: usable, 0: reported, else an error. */
static int read_chain(struct verify *verify)
{
	_cleanup_close_ int fd = -1;
	int r = open_history(verify, MHL_CHAIN, &fd);

	if (r == -ENOENT || r == -ENOTDIR)
		return report(verify, VERIFY_NO_HISTORY, "",
			"This offload was not finished, or its history was removed.");
	if (r >= 0)
		r = mhl_read_chain(fd, verify->chain, GENERATIONS_MAX, &verify->chain_count);
	if (r == -ENOMEM)
		return r;
	if (r < 0)
		return report(verify, VERIFY_CHAIN_BAD, MHL_DIRECTORY "/" MHL_CHAIN,
			"The chain file cannot be understood.");
	return 1;
}

/* Is the manifest the one of the chain, and can it be understood? 1 yes, 0 reported. */
static int check_manifest(struct verify *verify, const struct mhl_chain_entry *link, const char *path)
{
	_cleanup_close_ int fd = -1;
	uint8_t digest[SHA512_SIZE];
	int r = open_history(verify, link->name, &fd);

	if (r == -ENOENT || r == -ENOTDIR)
		return report(verify, VERIFY_MANIFEST_MISSING, path, "The chain names it, but it is gone.");
	if (r < 0)
		return report(verify, VERIFY_UNREADABLE, path, strerror(-r));
	r = mhl_read_manifest(fd, on_nothing, NULL, digest);
	if (r == -EBADMSG || r == -EFBIG)
		return report(verify, VERIFY_MANIFEST_BAD, path, "The manifest cannot be understood.");
	if (r < 0)
		return r == -ENOMEM ? r : report(verify, VERIFY_UNREADABLE, path, strerror(-r));
	if (memcmp(digest, link->sha512, sizeof digest) != 0)
		return report(verify, VERIFY_MANIFEST_CHANGED, path,
			"The manifest is not the one that the chain recorded.");
	return 1;
}

/* 1 when all manifests could be used, 0 when something was reported instead. */
static int read_manifests(struct verify *verify)
{
	int usable = 1;

	for (size_t i = 0; i < verify->chain_count; i++) {
		const struct mhl_chain_entry *link = &verify->chain[i];
		char path[sizeof MHL_DIRECTORY + MHL_NAME];
		_cleanup_close_ int fd = -1;
		int r;

		(void)snprintf(path, sizeof path, "%s/%s", MHL_DIRECTORY, link->name);
		r = check_manifest(verify, link, path);
		if (r < 0)
			return r;
		usable = usable && r;
		if (r == 0)
			continue;
		r = open_history(verify, link->name, &fd);
		if (r >= 0)
			r = mhl_read_manifest(fd, on_entry, verify, NULL);
		if (r < 0)
			return r;
	}
	return usable;
}

/* --- what lies there without being named --- */

static bool in_chain(const struct verify *verify, const char *name)
{
	if (strcmp(name, MHL_CHAIN) == 0)
		return true;
	for (size_t i = 0; i < verify->chain_count; i++)
		if (strcmp(verify->chain[i].name, name) == 0)
			return true;
	return false;
}

static int walk(struct verify *verify, int dirfd, size_t path_size, unsigned depth);

static int visit_directory(struct verify *verify, int dirfd, const char *name, size_t size, unsigned depth)
{
	int fd = openat(dirfd, name, OPEN_DIR);

	if (fd < 0)
		return report(verify, VERIFY_UNREADABLE, verify->path, strerror(errno));
	return walk(verify, fd, size, depth + 1);
}

static bool is_history(const struct verify *verify, unsigned depth)
{
	size_t size = strlen(MHL_DIRECTORY);

	return depth == 0 ? strcmp(verify->path, MHL_DIRECTORY) == 0
			  : strncmp(verify->path, MHL_DIRECTORY "/", size + 1) == 0;
}

static int visit(struct verify *verify, int dirfd, const char *name, size_t path_size, unsigned depth)
{
	bool known = false, directory;
	struct stat st;
	int r = progress(verify);

	if (r < 0)
		return r;
	if (fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return report(verify, VERIFY_UNREADABLE, verify->path, strerror(errno));
	directory = S_ISDIR(st.st_mode);
	if (is_history(verify, depth))
		known = depth == 0 ? directory : S_ISREG(st.st_mode) && in_chain(verify, name);
	else if (directory || S_ISREG(st.st_mode))
		r = pathset_has(verify->set, directory ? 'd' : 'f', verify->path, &known);
	if (r >= 0 && !known)
		r = report(verify, VERIFY_EXTRA, verify->path, "It is in the vault but in no manifest.");
	if (r < 0 || !directory || (!known && depth > 0 && is_history(verify, depth)))
		return r;
	return visit_directory(verify, dirfd, name, path_size, depth);
}

static int walk_entries(struct verify *verify, DIR *directory, size_t path_size, unsigned depth)
{
	struct dirent *entry;
	int r = 0;

	while (r >= 0 && (errno = 0, entry = readdir(directory))) {
		size_t size = strlen(entry->d_name), start;

		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		if (path_size + size + 1 > MHL_PATH_MAX || depth >= MHL_DEPTH_MAX) {
			r = report(verify, VERIFY_EXTRA, verify->path, "It lies too deep to be looked at.");
			continue;
		}
		start = path_size;
		if (start > 0)
			verify->path[start++] = '/';
		memcpy(verify->path + start, entry->d_name, size + 1);
		r = visit(verify, dirfd(directory), entry->d_name, start + size, depth);
		verify->path[path_size] = 0;
	}
	if (r >= 0 && errno != 0)
		r = report(verify, VERIFY_UNREADABLE, verify->path, strerror(errno));
	return r;
}

/* Takes the descriptor over. */
static int walk(struct verify *verify, int fd, size_t path_size, unsigned depth)
{
	DIR *directory = fdopendir(fd);
	int r;

	if (!directory) {
		r = -errno;
		(void)close_fd(fd);
		return r;
	}
	r = walk_entries(verify, directory, path_size, depth);
	(void)closedir(directory);
	return r;
}

static int find_extras(struct verify *verify)
{
	int fd, r = pathset_seal(verify->set);

	if (r < 0)
		return r;
	fd = openat(verify->session_fd, ".", OPEN_DIR);
	if (fd < 0)
		return -errno;
	verify->path[0] = 0;
	return walk(verify, fd, 0, 0);
}

/* --- sessions --- */

static int verify_one(struct verify *verify)
{
	int r;

	verify->totals.sessions++;
	verify->set = pathset_free(verify->set);
	r = pathset_new(verify->spool_fd, &verify->set);
	if (r >= 0)
		r = read_chain(verify);
	if (r > 0)
		r = read_manifests(verify);
	return r > 0 ? find_extras(verify) : r;
}

/* Counts what the manifests promise, for the progress bar; says nothing about what it cannot read. */
static int count_one(struct verify *verify)
{
	_cleanup_close_ int chain_fd = -1;
	int r = open_history(verify, MHL_CHAIN, &chain_fd);

	if (r < 0 || mhl_read_chain(chain_fd, verify->chain, GENERATIONS_MAX, &verify->chain_count) < 0)
		return 0;
	for (size_t i = 0; i < verify->chain_count; i++) {
		_cleanup_close_ int fd = -1;

		if (open_history(verify, verify->chain[i].name, &fd) >= 0)
			(void)mhl_read_manifest(fd, on_expected, verify, NULL);
		if (verify->events->cancelled && verify->events->cancelled(verify->events->data))
			return -ECANCELED;
	}
	return 0;
}

static int with_session(struct verify *verify, int dirfd, const char *name, int (*each)(struct verify *))
{
	_cleanup_close_ int fd = openat(dirfd, name, OPEN_DIR);

	if (fd < 0)
		return report(verify, VERIFY_UNREADABLE, "", strerror(errno));
	verify->session_fd = fd;
	verify->chain_count = 0;
	return each(verify);
}

/* Names at the two upper levels that are no sessions. */
static bool belongs(const char *name, bool top)
{
	return strcmp(name, ".") == 0 || strcmp(name, "..") == 0 ||
	       (top && (strcmp(name, VAULT_MARKER) == 0 || strcmp(name, "lost+found") == 0));
}

static int report_stray(struct verify *verify, const char *path)
{
	verify->session = "";
	return report(verify, VERIFY_EXTRA, path, "It is in the vault but belongs to no offload.");
}

static bool is_directory(int dirfd, const char *name)
{
	struct stat st;

	return fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(st.st_mode);
}

static int each_session(struct verify *verify, int vault_fd, const char *device, int (*each)(struct verify *))
{
	int fd = openat(vault_fd, device, OPEN_DIR), r = 0;
	DIR *directory = fd < 0 ? NULL : fdopendir(fd);
	char session[VAULT_SESSION + 1];
	struct dirent *entry;

	if (!directory)
		return -errno;
	while (r >= 0 && (errno = 0, entry = readdir(directory))) {
		if (belongs(entry->d_name, false))
			continue;
		(void)snprintf(session, sizeof session, "%s/%s", device, entry->d_name);
		verify->session = session;
		if (is_directory(fd, entry->d_name))
			r = with_session(verify, fd, entry->d_name, each);
		else if (each == verify_one)
			r = report_stray(verify, session);
	}
	if (r >= 0 && errno != 0)
		r = -errno;
	(void)closedir(directory);
	return r;
}

static int each_device(struct verify *verify, int vault_fd, int (*each)(struct verify *))
{
	int fd = openat(vault_fd, ".", OPEN_DIR), r = 0;
	DIR *directory = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;

	if (!directory)
		return -errno;
	while (r >= 0 && (errno = 0, entry = readdir(directory))) {
		if (belongs(entry->d_name, true))
			continue;
		if (is_directory(fd, entry->d_name))
			r = each_session(verify, fd, entry->d_name, each);
		else if (each == verify_one)
			r = report_stray(verify, entry->d_name);
	}
	if (r >= 0 && errno != 0)
		r = -errno;
	(void)closedir(directory);
	return r;
}

static struct verify *verify_free(struct verify *verify)
{
	if (verify) {
		(void)rehash_free(verify->rehash);
		(void)pathset_free(verify->set);
	}
	free(verify);
	return NULL;
}
DEFINE_CLEANUP(struct verify, verify_free);

static int verify_new(int spool_fd, const struct verify_events *events, struct verify **ret_verify)
{
	_cleanup_(verify_freep) struct verify *verify = calloc(1, sizeof *verify);
	int r;

	if (!verify)
		return -ENOMEM;
	verify->events = events;
	verify->spool_fd = spool_fd;
	verify->session = "";
	r = rehash_new(&verify->rehash);
	if (r >= 0)
		*ret_verify = TAKE_PTR(verify);
	return r;
}

int verify_vault(
	int vault_fd, int spool_fd, const struct verify_events *events, struct verify_totals *ret_totals)
{
	_cleanup_(verify_freep) struct verify *verify = NULL;
	int r = verify_new(spool_fd, events, &verify);

	*ret_totals = (struct verify_totals){0};
	if (r < 0)
		return r;
	r = each_device(verify, vault_fd, count_one);
	if (r >= 0)
		r = each_device(verify, vault_fd, verify_one);
	*ret_totals = verify->totals;
	return r;
}

int verify_session(int vault_fd, const char *session, int spool_fd, const struct verify_events *events,
	struct verify_totals *ret_totals)
{
	_cleanup_(verify_freep) struct verify *verify = NULL;
	_cleanup_close_ int fd = -1;
	int r = verify_new(spool_fd, events, &verify);

	*ret_totals = (struct verify_totals){0};
	if (r >= 0)
		r = vault_session_open(vault_fd, session, &fd);
	if (r < 0)
		return r;
	verify->session = session;
	verify->session_fd = fd;
	r = count_one(verify);
	if (r >= 0)
		r = verify_one(verify);
	*ret_totals = verify->totals;
	return r;
}

int verify_spool(int vault_fd, int *ret_fd)
{
	int fd = openat(vault_fd, ".", O_RDWR | O_TMPFILE | O_CLOEXEC, 0600);

	if (fd < 0 && (errno == EROFS || errno == EOPNOTSUPP || errno == ENOSPC || errno == EACCES))
		fd = memfd_create("verify", MFD_CLOEXEC);
	if (fd < 0)
		return -errno;
	*ret_fd = fd;
	return 0;
}
