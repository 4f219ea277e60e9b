/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Folders below /run/media. See mountpoint.h. */

#include "gate/mountpoint.h"

#include "gate/request.h"

#include <fcntl.h>
#include <linux/posix_acl.h>
#include <linux/posix_acl_xattr.h>
#include <pwd.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>

#define ATTEMPTS 64
#define NOBODY   ((uint32_t)ACL_UNDEFINED_ID)

static int find_name(uid_t uid, char *ret_name, size_t size)
{
	struct passwd entry, *found = NULL;
	char buffer[16384];

	if (getpwuid_r(uid, &entry, buffer, sizeof buffer, &found) != 0 || !found)
		return -ESRCH;
	if (strchr(found->pw_name, '/') || found->pw_name[0] == '.')
		return -EINVAL;
	return (size_t)snprintf(ret_name, size, "%s", found->pw_name) < size ? 0 : -ENAMETOOLONG;
}

/* Root's folder, made if need be; whatever the umask is. */
static int enter(int parent, const char *name, mode_t mode, int *ret_fd, bool *ret_fresh)
{
	_cleanup_close_ int fd = -1;
	struct stat st;

	*ret_fresh = mkdirat(parent, name, 0700) == 0;
	if (!*ret_fresh && errno != EEXIST)
		return -errno;
	fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return errno == ELOOP || errno == ENOTDIR ? -EPERM : -errno;
	if (fstat(fd, &st) < 0 || (*ret_fresh && fchmod(fd, mode) < 0))
		return -errno;
	if (st.st_uid != geteuid() || (st.st_mode & S_IWOTH))
		return -EPERM;
	*ret_fd = TAKE_FD(fd);
	return 0;
}

/* u::rwx, u:UID:r-x, g::---, m::r-x, o::--- */
static int admit(int fd, uid_t uid)
{
	struct {
		struct posix_acl_xattr_header head;
		struct posix_acl_xattr_entry entry[5];
	} acl = {.head.a_version = htole32(POSIX_ACL_XATTR_VERSION),
		.entry = {{htole16(ACL_USER_OBJ), htole16(7), htole32(NOBODY)},
			{htole16(ACL_USER), htole16(5), htole32(uid)},
			{htole16(ACL_GROUP_OBJ), htole16(0), htole32(NOBODY)},
			{htole16(ACL_MASK), htole16(5), htole32(NOBODY)},
			{htole16(ACL_OTHER), htole16(0), htole32(NOBODY)}}};

	return fsetxattr(fd, "system.posix_acl_access", &acl, sizeof acl, 0) < 0 ? -errno : 0;
}

/* An existing one was made by the desktop in the same way, and is left as it is. */
static int enter_users(int root, const char *user, uid_t uid, int *ret_fd)
{
	_cleanup_close_ int fd = -1;
	bool fresh;
	int r = enter(root, user, 0700, &fd, &fresh);

	if (r >= 0 && fresh)
		r = admit(fd, uid);
	if (r >= 0)
		*ret_fd = TAKE_FD(fd);
	return r;
}

static int make_new(int folder, const char *label, char ret_name[static GATE_LABEL_SIZE + 8])
{
	for (unsigned attempt = 0; attempt < ATTEMPTS; attempt++) {
		request_name(label, attempt, ret_name);
		if (mkdirat(folder, ret_name, 0700) == 0)
			return 0;
		if (errno != EEXIST)
			return -errno;
	}
	return -EEXIST;
}

int mountpoint_make(const char *root, uid_t uid, const char *label, char *ret_path, size_t size)
{
	_cleanup_close_ int root_fd = -1, folder = -1;
	char user[256], name[GATE_LABEL_SIZE + 8];
	bool fresh;
	int r = find_name(uid, user, sizeof user);

	if (r >= 0)
		r = enter(AT_FDCWD, root, 0755, &root_fd, &fresh);
	if (r >= 0)
		r = enter_users(root_fd, user, uid, &folder);
	if (r >= 0)
		r = make_new(folder, label, name);
	if (r < 0)
		return r;
	return (size_t)snprintf(ret_path, size, "%s/%s/%s", root, user, name) < size ? 0 : -ENAMETOOLONG;
}

void mountpoint_remove(const char *path)
{
	if (*path)
		(void)rmdir(path);
}
