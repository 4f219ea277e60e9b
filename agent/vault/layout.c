/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * The vault's directories, always reached by descriptors and without following links.
 *
 * The set-group-ID bit comes from the parent: a worker without capabilities that is not in the group would
 * lose it by any chmod, so modes are only touched where they are not right already.
 */

#include "vault/layout.h"

#include "base/clock.h"
#include "base/fd.h"
#include "base/hex.h"
#include "base/json.h"

#include <dirent.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#define FORMAT       1
#define MARKER_MAX   4096
#define MARKER_MODE  0644
#define VARIANTS_MAX 1000
#define NSS_BUFFER   16384
#define OPEN_DIR     (O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)

static int parse_marker(const char *text, size_t size, char ret_id[static VAULT_ID])
{
	_cleanup_js_ struct js *marker = NULL;
	uint8_t id[(VAULT_ID - 1) / 2];
	const char *id_text;
	uint64_t format;

	if (js_parse(text, size, &marker) < 0 || js_get_u64(marker, "format", &format) < 0 ||
		format != FORMAT)
		return VAULT_DAMAGED;
	id_text = js_get_string(marker, "id");
	if (!id_text || strlen(id_text) != VAULT_ID - 1 || hex_decode(id_text, id, sizeof id) < 0)
		return VAULT_DAMAGED;
	(void)hex_encode(id, sizeof id, ret_id);
	return VAULT_OPENED;
}

int vault_check(int vault_fd, char ret_id[static VAULT_ID])
{
	_cleanup_close_ int fd =
		openat(vault_fd, VAULT_MARKER, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	_cleanup_free_ char *text = NULL;
	size_t size;
	int r;

	if (fd < 0)
		return errno == ENOENT ? VAULT_NOT_A_VAULT : errno == ELOOP ? VAULT_DAMAGED : -errno;
	r = fd_read_file(fd, MARKER_MAX, &text, &size);
	if (r == -EFBIG || r == -EISDIR)
		return VAULT_DAMAGED;
	return r < 0 ? r : parse_marker(text, size, ret_id);
}

int vault_open(const char *path, int *ret_fd, char ret_id[static VAULT_ID])
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int r;

	if (fd < 0)
		return -errno;
	r = vault_check(fd, ret_id);
	if (r == VAULT_OPENED)
		*ret_fd = TAKE_FD(fd);
	return r;
}

static int check_empty(int dirfd)
{
	_cleanup_close_ int fd = openat(dirfd, ".", OPEN_DIR);
	DIR *directory = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;
	int r = 0;

	if (!directory)
		return -errno;
	(void)TAKE_FD(fd);
	while (errno = 0, (entry = readdir(directory))) {
		const char *name = entry->d_name;

		if (strcmp(name, VAULT_MARKER) == 0)
			r = -EEXIST;
		else if (r == 0 && strcmp(name, ".") != 0 && strcmp(name, "..") != 0 &&
			 strcmp(name, "lost+found") != 0)
			r = -ENOTEMPTY;
	}
	if (errno != 0)
		r = -errno;
	(void)closedir(directory);
	return r;
}

static uid_t user_of_vault(void)
{
	char buffer[NSS_BUFFER];
	struct passwd entry, *found = NULL;

	(void)getpwnam_r(VAULT_USER, &entry, buffer, sizeof buffer, &found);
	return found ? found->pw_uid : (uid_t)-1;
}

static gid_t group_of_vault(void)
{
	char buffer[NSS_BUFFER];
	struct group entry, *found = NULL;

	(void)getgrnam_r(VAULT_GROUP, &entry, buffer, sizeof buffer, &found);
	return found ? found->gr_gid : (gid_t)-1;
}

/* As root the owner is set or it is an error; otherwise the directory stays ours. */
static int set_owner(int dirfd)
{
	if (geteuid() == 0 && fchown(dirfd, user_of_vault(), group_of_vault()) < 0)
		return -errno;
	return fchmod(dirfd, VAULT_DIR_MODE) < 0 ? -errno : 0;
}

static int write_marker(int dirfd, const char *id)
{
	_cleanup_js_ struct js *marker = js_object();
	_cleanup_free_ char *text = NULL;
	int r;

	js_set_u64(marker, "format", FORMAT);
	js_set_string(marker, "id", id);
	js_set_time(marker, "created", clock_now());
	r = js_text(marker, true, &text);
	return r < 0 ? r : fd_replace_file_at(dirfd, VAULT_MARKER, text, strlen(text), MARKER_MODE);
}

int vault_init(int dirfd, char ret_id[static VAULT_ID])
{
	uint8_t id[(VAULT_ID - 1) / 2];
	char text[VAULT_ID];
	int r = check_empty(dirfd);

	if (r < 0)
		return r;
	if (getrandom(id, sizeof id, 0) != (ssize_t)sizeof id)
		return -EIO;
	r = set_owner(dirfd);
	if (r < 0)
		return r;
	r = write_marker(dirfd, hex_encode(id, sizeof id, text));
	if (r < 0)
		return r;
	memcpy(ret_id, text, sizeof text);
	return 0;
}

int vault_space(int vault_fd, uint64_t *ret_free, uint64_t *ret_total)
{
	struct statvfs st;

	if (fstatvfs(vault_fd, &st) < 0)
		return -errno;
	*ret_free = (uint64_t)st.f_bavail * st.f_frsize;
	*ret_total = (uint64_t)st.f_blocks * st.f_frsize;
	return 0;
}

int vault_names(int vault_fd, uint64_t *ret_free)
{
	struct statvfs st;

	if (fstatvfs(vault_fd, &st) < 0)
		return -errno;
	*ret_free = st.f_files > 0 ? st.f_favail : UINT64_MAX;
	return 0;
}

static int fix_mode(int fd)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return -errno;
	if ((st.st_mode & 0777) == (VAULT_DIR_MODE & 0777))
		return 0;
	return fchmod(fd, VAULT_DIR_MODE) < 0 ? -errno : 0;
}

/* 0 made, -EEXIST, or another error. */
static int make_directory(int dirfd, const char *name, int *ret_fd)
{
	_cleanup_close_ int fd = -1;
	int r;

	if (mkdirat(dirfd, name, VAULT_DIR_MODE & 0777) < 0)
		return -errno;
	fd = openat(dirfd, name, OPEN_DIR);
	if (fd < 0)
		return -errno;
	r = fix_mode(fd);
	if (r >= 0)
		r = fd_sync_dir(dirfd);
	if (r >= 0)
		*ret_fd = TAKE_FD(fd);
	return r;
}

int vault_directory_at(int dirfd, const char *name, int *ret_fd)
{
	int r = make_directory(dirfd, name, ret_fd), fd;

	if (r != -EEXIST)
		return r;
	fd = openat(dirfd, name, OPEN_DIR);
	if (fd < 0)
		return -errno;
	*ret_fd = fd;
	return 0;
}

int vault_session_create(int vault_fd, const char *device_name, int64_t started,
	char ret_path[static VAULT_SESSION], int *ret_fd)
{
	_cleanup_close_ int device_fd = -1;
	char device[VAULT_NAME], stamp[CLOCK_TEXT], session[CLOCK_TEXT + 8];
	int r = vault_name_device(device_name, device);

	if (r >= 0)
		r = vault_directory_at(vault_fd, device, &device_fd);
	if (r < 0)
		return r;
	(void)clock_format_name(started, stamp);
	r = -EEXIST;
	for (unsigned i = 1; i < VARIANTS_MAX && r == -EEXIST; i++) {
		if (i == 1)
			(void)snprintf(session, sizeof session, "%s", stamp);
		else
			(void)snprintf(session, sizeof session, "%s~%u", stamp, i);
		r = make_directory(device_fd, session, ret_fd);
	}
	if (r >= 0)
		(void)snprintf(ret_path, VAULT_SESSION, "%s/%s", device, session);
	return r;
}

int vault_session_open(int vault_fd, const char *path, int *ret_fd)
{
	const char *session = vault_session_name(path);
	_cleanup_close_ int device_fd = -1;
	char device[VAULT_NAME];
	size_t size;
	int fd;

	if (session == path)
		return -EINVAL;
	size = (size_t)(session - path) - 1;
	if (!vault_name_safe(path, size) || !vault_name_safe(session, strlen(session)))
		return -EINVAL;
	memcpy(device, path, size);
	device[size] = 0;
	device_fd = openat(vault_fd, device, OPEN_DIR);
	if (device_fd < 0)
		return -errno;
	fd = openat(device_fd, session, OPEN_DIR);
	if (fd < 0)
		return -errno;
	*ret_fd = fd;
	return 0;
}

const char *vault_session_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}
