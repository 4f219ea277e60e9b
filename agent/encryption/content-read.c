/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * Looking at the devices of the running machine. Each device is opened and looked at in a cell of its own, so
 * that one that hangs holds up nobody; file systems that may be boot file systems are walked in a second
 * round, on a read-only mount at no path. Nothing is opened for writing.
 */

#include "encryption/content.h"

#include "base/fd.h"
#include "device/mount.h"
#include "device/probe.h"
#include "encryption/content-cell.h"
#include "encryption/content-drive.h"
#include "encryption/content-sample.h"
#include "encryption/exempt-ntfs.h"

#include <fcntl.h>
#include <linux/major.h>
#include <linux/mount.h>
#include <poll.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>

#define LOOK_MS      40000 /* a blank spinning disk of 1 TB is read in some 8500 places */
#define SCAN_MS      15000
#define SCAN_MAX     (8ULL << 30)  /* boot file systems are smaller */
#define TABLE_SPACE  (1ULL << 20)  /* what a partition table may take at either end */
#define HEAD_SPACE   (1ULL << 20)  /* what is left free in front of an encrypted part without a header */
#define HEADER_SPACE (32ULL << 20) /* what a header may take */
#define BUSY_TRIES   3
#define BUSY_WAIT_MS 20

_Static_assert(CONTENT_TYPE == PROBE_TYPE && CONTENT_PART_TYPE == PROBE_PART_TYPE, "the same words");

/* --- opening --- */

static int open_number(const char *name, struct sysroot_device number)
{
	_cleanup_close_ int fd = -1;
	char path[SYSROOT_NAME + 8];
	struct stat st;

	(void)snprintf(path, sizeof path, "/dev/%.63s", name);
	for (char *c = path + 5; *c; c++)
		if (*c == '!')
			*c = '/';
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0 || fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISBLK(st.st_mode) || st.st_rdev != makedev(number.major, number.minor))
		return -ENODEV;
	return TAKE_FD(fd);
}

/* Another judge holds a device for a moment too, so an unexplained refusal is asked about again. */
static int is_busy(int fd, bool used, bool *ret_busy)
{
	char path[32];

	(void)snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	for (int i = 0; i < BUSY_TRIES; i++) {
		int exclusive = open(path, O_RDONLY | O_EXCL | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

		if (exclusive >= 0) {
			(void)close(exclusive);
			*ret_busy = false;
			return 0;
		}
		if (errno != EBUSY)
			return -errno;
		if (used)
			break;
		(void)poll(NULL, 0, BUSY_WAIT_MS);
	}
	*ret_busy = true;
	return 0;
}

/* --- the first round: signatures, samples, headers --- */

static int read_device(void *data, uint64_t offset, void *buffer, size_t size)
{
	ssize_t n = fd_pread_full(*(const int *)data, buffer, size, offset);

	return n < 0 ? (int)n : (size_t)n == size ? 0 : -EIO;
}

/* An encrypted part that begins late leaves what lay before it as it was. */
static int sample_head(int fd, const struct content_wish *wish, struct content *content)
{
	uint64_t start = content->has_header ? HEADER_SPACE : HEAD_SPACE;
	enum content_sample one = CONTENT_NOT_SAMPLED;
	int r = 0;

	if (wish->head > start)
		r = sample_range(read_device, &fd, start, wish->head - start, &one);
	content->rest = sample_worse(content->rest, one);
	return r;
}

static int sample_content(int fd, const struct content_wish *wish, struct content *content)
{
	uint64_t edge = content->has_table && wish->size > 2 * TABLE_SPACE ? TABLE_SPACE : 0;
	int r = sample_head(fd, wish, content);

	if (r >= 0 && content->probe == CONTENT_NOTHING && !wish->rest_only)
		r = sample_range(read_device, &fd, edge, wish->size - 2 * edge, &content->sample);
	for (size_t i = 0; r >= 0 && i < wish->range_count; i++) {
		enum content_sample one = CONTENT_NOT_SAMPLED;

		r = sample_range(read_device, &fd, wish->ranges[i].start, wish->ranges[i].size, &one);
		content->rest = sample_worse(content->rest, one);
	}
	return r;
}

static int read_header(int fd, const struct content_wish *wish, struct content *content)
{
	int r = header_read(fd, wish->size, &content->header_facts);

	content->has_header = r >= 0 && content->header_facts.header.kind != CRYPTHEADER_NONE;
	return r;
}

static int look(int fd, int disk_fd, const struct content_wish *wish, struct content *content)
{
	enum probe_answer answer;
	int r;

	if (wish->rest_only)
		return sample_content(fd, wish, content);
	r = probe_signature(fd, &answer, content->type, &content->has_table);

	if (r < 0)
		return r;
	content->probe = answer == PROBE_SEVERAL ? CONTENT_SEVERAL
			 : answer == PROBE_FOUND ? CONTENT_KNOWN
						 : CONTENT_NOTHING;
	if (disk_fd >= 0 && probe_partition_type(disk_fd, wish->start, content->part_type) < 0)
		content->part_type[0] = 0;
	r = read_header(fd, wish, content);
	return r < 0 ? r : sample_content(fd, wish, content);
}

static int look_cell(const void *input, void *ret_answer)
{
	const struct content_wish *wish = input;
	struct content *content = ret_answer;
	_cleanup_close_ int fd = open_number(wish->name, wish->number), disk_fd = -1;
	int r;

	if (fd < 0)
		return fd;
	content->empty = wish->number.major == SCSI_CDROM_MAJOR && content_drive_is_empty(fd);
	if (content->empty)
		return 0;
	r = is_busy(fd, wish->used, &content->busy);
	if (r < 0)
		return r;
	if (wish->has_disk)
		disk_fd = open_number(wish->disk_name, wish->disk_number);
	content->drive_locks = content_drive_locks(wish->has_disk ? disk_fd : fd);
	r = header_prepare();
	if (r >= 0)
		r = cell_lock_in(CELL_READS, -1);
	return r < 0 ? r : look(fd, disk_fd, wish, content);
}

/* --- the second round: boot file systems --- */

struct scan_input {
	const struct content_wish *wish;
	const char *type;
};

/* Looking at files must not leave a trace on the disk, not even the time of the look. Before Linux 5.12 the
 * walk has to see to that itself (exempt_scan() does). */
static int make_readonly(int tree)
{
	struct mount_attr attributes = {
		.attr_set = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC};

	if (syscall(SYS_mount_setattr, tree, "", AT_EMPTY_PATH, &attributes, sizeof attributes) < 0)
		return errno == ENOSYS ? 0 : -errno;
	return 0;
}

static int open_mounted(const struct content_wish *wish)
{
	_cleanup_close_ int tree =
		(int)syscall(SYS_open_tree, AT_FDCWD, wish->mount_point, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
	struct stat st;
	int r;

	if (tree < 0 || fstat(tree, &st) < 0)
		return -errno;
	/* Something else may be mounted over it, or it may be gone. */
	if (st.st_dev != makedev(wish->number.major, wish->number.minor))
		return -ESTALE;
	r = make_readonly(tree);
	return r < 0 ? r : TAKE_FD(tree);
}

static int open_unmounted(const struct content_wish *wish, const char *type)
{
	_cleanup_close_ int fd = open_number(wish->name, wish->number);
	char path[32], error[MOUNT_ERROR];

	if (fd < 0)
		return fd;
	(void)snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	return mount_detached(path, type, NULL, error);
}

/* Many kernels have no driver for it, and none is needed. */
static int scan_unmounted_ntfs(const struct content_wish *wish, struct exempt *ret_exempt)
{
	_cleanup_close_ int fd = open_number(wish->name, wish->number);
	int r;

	if (fd < 0)
		return fd;
	r = cell_lock_in(CELL_READS, -1);
	return r < 0 ? r : exempt_scan_ntfs(read_device, &fd, wish->size, ret_exempt);
}

static int scan_cell(const void *input, void *ret_answer)
{
	const struct scan_input *scan = input;
	_cleanup_close_ int tree = -1, dirfd = -1;
	int r;

	if (!scan->wish->mount_point && strcmp(scan->type, "ntfs") == 0)
		return scan_unmounted_ntfs(scan->wish, ret_answer);
	tree = scan->wish->mount_point ? open_mounted(scan->wish) : open_unmounted(scan->wish, scan->type);
	if (tree < 0)
		return tree;
	dirfd = openat(tree, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dirfd < 0)
		return -errno;
	r = cell_lock_in(CELL_FILES, dirfd);
	return r < 0 ? r : exempt_scan(dirfd, ret_answer);
}

static bool wants_scan(const struct content_wish *wish, const struct content *content)
{
	static const char *const types[] = {"vfat", "ext2", "ext3", "ext4", "xfs", "ntfs"};

	if (content->error < 0 || content->empty || content->probe != CONTENT_KNOWN || !wish->may_scan ||
		wish->size > SCAN_MAX || (wish->used && !wish->mount_point) || (!wish->used && content->busy))
		return false;
	for (size_t i = 0; i < ELEMENTS(types); i++)
		if (strcmp(content->type, types[i]) == 0)
			return true;
	return false;
}

static bool exempt_sane(const struct exempt *exempt)
{
	return memchr(exempt->offender, 0, sizeof exempt->offender) != NULL;
}

static int scan_all(const struct content_wish *wishes, size_t count, struct content *contents)
{
	_cleanup_free_ struct scan_input *inputs = calloc(count, sizeof *inputs);
	_cleanup_free_ struct cell *cells = calloc(count, sizeof *cells);
	_cleanup_free_ size_t *indexes = calloc(count, sizeof *indexes);
	size_t used = 0;

	if (!inputs || !cells || !indexes)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++) {
		if (!wants_scan(&wishes[i], &contents[i]))
			continue;
		inputs[used] = (struct scan_input){&wishes[i], contents[i].type};
		cells[used] = (struct cell){.run = scan_cell,
			.input = &inputs[used],
			.answer = &contents[i].exempt,
			.size = sizeof contents[i].exempt};
		indexes[used++] = i;
	}
	cell_run(cells, used, SCAN_MS);
	for (size_t i = 0; i < used; i++) {
		struct content *content = &contents[indexes[i]];

		content->scan_error = cells[i].result;
		if (cells[i].result == 0 && !exempt_sane(&content->exempt))
			content->scan_error = -EBADMSG;
		content->scan = content->scan_error ? CONTENT_SCAN_FAILED : CONTENT_SCANNED;
	}
	return 0;
}

bool content_sane(const struct content *content)
{
	return content->probe <= CONTENT_SEVERAL && memchr(content->type, 0, sizeof content->type) &&
	       memchr(content->part_type, 0, sizeof content->part_type) && content->sample <= CONTENT_DATA &&
	       content->rest <= CONTENT_DATA &&
	       (!content->has_header || header_facts_sane(&content->header_facts)) &&
	       content->scan <= CONTENT_SCAN_FAILED && exempt_sane(&content->exempt);
}

int content_live(const struct sysroot *root, const struct content_wish *wishes, size_t count,
	struct content *ret_contents)
{
	_cleanup_free_ struct cell *cells = calloc(count, sizeof *cells);

	if (count > 0 && !cells)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++)
		cells[i] = (struct cell){.run = look_cell,
			.input = &wishes[i],
			.answer = &ret_contents[i],
			.size = sizeof ret_contents[i]};
	cell_run(cells, count, LOOK_MS);
	for (size_t i = 0; i < count; i++) {
		int error = cells[i].result;

		if (error == 0 && !content_sane(&ret_contents[i]))
			error = -EBADMSG;
		if (error != 0)
			ret_contents[i] = (struct content){.error = error < 0 ? error : -EIO};
		else if (ret_contents[i].has_header)
			header_judge(&ret_contents[i].header_facts, &ret_contents[i].header);
	}
	return count > 0 ? scan_all(wishes, count, ret_contents) : 0;
}
