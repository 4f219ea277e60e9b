/* SPDX-License-Identifier: GPL-3.0-or-later */

/* See put-back.h. */

#include "encrypt/put-back.h"

#include "base/clock.h"
#include "base/fault.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/sandbox.h"
#include "base/wire.h"
#include "device/blockdev.h"
#include "encrypt/copy.h"
#include "encrypt/passphrase.h"
#include "encryption/luks.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <linux/fs.h>
#include <poll.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#define PROGRESS_PAUSE_NS (250 * 1000 * 1000ULL)
#define BUSY_TRIES        50
#define BUSY_PAUSE_MS     100

struct putting {
	int socket;
	const char *device;
	const char *insertion;
	int device_fd, list_fd, vault_fd;
	struct wire_message *message;
	struct encrypt_put_back start;
	struct secret *passphrase;
	char mapping[32], path[64];
	char *list;
	size_t list_size;
	uint32_t phase;
	bool cancelled;
	uint64_t last_progress;
	struct encrypt_result result;
	char detail[ENCRYPT_DETAIL_MAX];
};

static int fail(struct putting *p, enum encrypt_outcome outcome, const char *what, int error)
{
	(void)snprintf(p->detail, sizeof p->detail, "%s: %s", what, strerror(error < 0 ? -error : error));
	return (int)outcome;
}

/* --- the supervisor --- */

static bool is_cancelled(struct putting *p)
{
	struct pollfd watch = {.fd = p->socket, .events = POLLIN};

	if (!p->cancelled && poll(&watch, 1, 0) > 0) {
		int r = wire_receive(p->socket, p->message);

		p->cancelled = r <= 0 || p->message->type == ENCRYPT_MESSAGE_CANCEL;
	}
	return p->cancelled;
}

static int on_progress(void *data, uint64_t files, uint64_t bytes)
{
	struct putting *p = data;
	struct encrypt_progress progress = {.phase = p->phase,
		.done = p->phase == ENCRYPT_PHASE_COMPARE ? p->start.bytes + bytes : bytes,
		.total = 2 * p->start.bytes,
		.files_done = files,
		.files_total = p->start.files};
	uint64_t now = clock_monotonic_ns();

	fault_point("encrypt-put-back");
	if (is_cancelled(p))
		return ENCRYPT_PUT_BACK_CANCELLED;
	if (now - p->last_progress < PROGRESS_PAUSE_NS)
		return 0;
	p->last_progress = now;
	return wire_send(p->socket, ENCRYPT_MESSAGE_PROGRESS, &progress, sizeof progress);
}

static int take_start(struct putting *p)
{
	size_t head = sizeof p->start, size = p->message->size;
	int r;

	if (p->message->type != ENCRYPT_MESSAGE_PUT_BACK || size <= head ||
		size - head > PASSPHRASE_BYTES_MAX ||
		(p->message->fd_count != 0 && p->message->fd_count != 2))
		return -EBADMSG;
	memcpy(&p->start, p->message->payload, head);
	p->start.uuid[sizeof p->start.uuid - 1] = '\0';
	r = secret_new(size - head, &p->passphrase);
	if (r < 0)
		return r;
	memcpy(p->passphrase->bytes, p->message->payload + head, size - head);
	explicit_bzero(p->message->payload + head, size - head);
	if (p->message->fd_count == 2) {
		p->list_fd = TAKE_FD(p->message->fds[0]);
		p->vault_fd = TAKE_FD(p->message->fds[1]);
	}
	return 0;
}

static int read_list(struct putting *p)
{
	if (p->list_fd < 0)
		return 0;
	if (lseek(p->list_fd, 0, SEEK_SET) < 0)
		return -errno;
	return fd_read_file(p->list_fd, FILE_LIST_MAX, &p->list, &p->list_size);
}

/* --- the stick --- */

/*
 * What held the plain stick is overwritten, its partitions as well, but the kernel has them until somebody
 * asks. udev does when the writer closes the stick, unless our lock is there first: then nobody would, and
 * what is left of the old table would be looked at, and would bar the new one. udev's own look may still
 * have one open for a moment. Where there are none, or none ever, nothing is left to be forgotten.
 */
static void forget_partitions(const struct putting *p)
{
	int r = -EBUSY;

	for (unsigned i = 0; i < BUSY_TRIES && r == -EBUSY; i++) {
		r = blockdev_read_table(p->device_fd);
		if (r == -EBUSY)
			(void)poll(NULL, 0, BUSY_PAUSE_MS);
	}
	if (r < 0 && r != -EINVAL)
		log_errno(LOG_LEVEL_WARNING, r, "%s: the old partitions are still there", p->device);
}

/* The lock keeps udev, and with it the desktop, away until we are through. */
static int hold_device(struct putting *p)
{
	char insertion[BLOCKDEV_INSERTION_SIZE] = "";
	int r;

	p->device_fd = open(p->device, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (p->device_fd < 0 || flock(p->device_fd, LOCK_EX) < 0)
		return fail(p, ENCRYPT_VANISHED, "open", errno);
	r = blockdev_insertion(p->device_fd, insertion);
	if (p->insertion && (r < 0 || strcmp(insertion, p->insertion) != 0))
		return fail(p, ENCRYPT_OTHER_INSERTION, "insertion", -r);
	forget_partitions(p);
	r = blockdev_set_read_only(p->device_fd, false);
	return r < 0 ? fail(p, ENCRYPT_NOT_OPENED, "read-only flag", r) : 0;
}

static int open_volume(struct putting *p)
{
	int r;

	(void)snprintf(p->mapping, sizeof p->mapping, "outing-stick-%.8s", p->start.uuid);
	(void)snprintf(p->path, sizeof p->path, "/dev/mapper/%s", p->mapping);
	if (luks_active(p->mapping))
		(void)luks_deactivate(p->mapping);
	r = luks_open_stick(p->device, p->mapping, p->passphrase, p->start.uuid);
	p->passphrase = secret_free(p->passphrase);
	fault_point("encrypt-opened");
	if (r == LUKS_WRONG_KEY)
		return ENCRYPT_WRONG_PASSPHRASE;
	if (r == LUKS_NOT_LUKS2 || r == LUKS_IN_USE)
		return ENCRYPT_NOT_OPENED;
	return r < 0 ? fail(p, ENCRYPT_NOT_OPENED, "device-mapper", r) : 0;
}

/* The last descriptor of a mount may be let go of a moment after it was closed. */
static int close_volume(struct putting *p)
{
	int r = LUKS_IN_USE;

	for (unsigned i = 0; i < BUSY_TRIES && r == LUKS_IN_USE; i++) {
		r = luks_deactivate(p->mapping);
		if (r == LUKS_IN_USE)
			(void)poll(NULL, 0, BUSY_PAUSE_MS);
	}
	return r == LUKS_OK ? 0 : fail(p, ENCRYPT_NOT_OPENED, "closing", r < 0 ? r : EBUSY);
}

static int mount_type(const char *path, const char *type, bool read_only)
{
	_cleanup_close_ int context = (int)syscall(SYS_fsopen, type, FSOPEN_CLOEXEC);
	const unsigned attributes = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC |
				    (read_only ? MOUNT_ATTR_RDONLY : 0);
	int fd;

	if (context < 0 || syscall(SYS_fsconfig, context, FSCONFIG_SET_STRING, "source", path, 0) < 0)
		return -errno;
	if (read_only && syscall(SYS_fsconfig, context, FSCONFIG_SET_FLAG, "ro", NULL, 0) < 0)
		return -errno;
	if (syscall(SYS_fsconfig, context, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
		return -errno;
	fd = (int)syscall(SYS_fsmount, context, FSMOUNT_CLOEXEC, attributes);
	return fd < 0 ? -errno : fd;
}

/* The root folder of the stick's file system, which is one of two. */
static int mount_volume(const struct putting *p, bool read_only)
{
	_cleanup_close_ int mount_fd = mount_type(p->path, "exfat", read_only);
	int fd;

	if (mount_fd < 0)
		mount_fd = mount_type(p->path, "ext4", read_only);
	if (mount_fd < 0)
		return mount_fd;
	fd = openat(mount_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

/* --- both passes --- */

static int write_files(struct putting *p)
{
	_cleanup_close_ int root = mount_volume(p, false);
	struct copy copy = {.vault_fd = p->vault_fd,
		.stick_fd = root,
		.list = p->list,
		.list_size = p->list_size,
		.data = p,
		.progress = on_progress};
	int r;

	if (root < 0)
		return fail(p, ENCRYPT_NOT_OPENED, "mount", root);
	p->phase = ENCRYPT_PHASE_PUT_BACK;
	/* On ext4 the folder is root's, and whoever knows the passphrase may write; exFAT knows no owners. */
	(void)fchmod(root, 0777);
	r = p->list ? copy_files(&copy, &p->result.left_out) : 0;
	if (syncfs(root) < 0 && r == 0)
		return fail(p, ENCRYPT_NOT_PUT_BACK, "sync", errno);
	return r;
}

static void forget_cache(const struct putting *p)
{
	_cleanup_close_ int fd = open(p->path, O_RDONLY | O_CLOEXEC);

	if (fd >= 0)
		(void)ioctl(fd, BLKFLSBUF, 0);
	(void)ioctl(p->device_fd, BLKFLSBUF, 0);
}

static int compare_files(struct putting *p)
{
	_cleanup_close_ int root = -1;
	struct copy copy = {.vault_fd = p->vault_fd,
		.list = p->list,
		.list_size = p->list_size,
		.data = p,
		.progress = on_progress};

	forget_cache(p);
	root = mount_volume(p, true);
	if (root < 0)
		return fail(p, ENCRYPT_NOT_OPENED, "second mount", root);
	copy.stick_fd = root;
	p->phase = ENCRYPT_PHASE_COMPARE;
	return p->list ? copy_compare(&copy, p->result.left_out) : 0;
}

static int put_back(struct putting *p)
{
	int r = read_list(p), closed;

	if (r == 0)
		r = hold_device(p);
	if (r == 0)
		r = open_volume(p);
	if (r != 0)
		return r;
	r = write_files(p);
	fault_point("encrypt-copied");
	if (r == 0)
		r = compare_files(p);
	closed = close_volume(p);
	if (r == 0)
		p->result.files = p->start.files - p->result.left_out;
	return r != 0 ? r : closed;
}

static int serve(struct putting *p)
{
	uint64_t begun = clock_monotonic_ns();
	int r = wire_receive(p->socket, p->message);

	r = r == 0 ? -EPIPE : r < 0 ? r : take_start(p);
	if (r < 0)
		return r;
	r = put_back(p);
	if (r < 0)
		(void)snprintf(p->detail, sizeof p->detail, "%s", strerror(-r));
	p->result.outcome = r < 0 ? ENCRYPT_INTERNAL : (uint32_t)r;
	p->result.nanoseconds = clock_monotonic_ns() - begun;
	return wire_send2(p->socket, ENCRYPT_MESSAGE_RESULT, &p->result, sizeof p->result, p->detail,
		strlen(p->detail));
}

int put_back_run(int socket, const char *device, const char *insertion)
{
	static const unsigned kept[] = {CAP_SYS_ADMIN, CAP_DAC_OVERRIDE};
	struct putting p = {.socket = socket,
		.device = device,
		.insertion = insertion,
		.device_fd = -1,
		.list_fd = -1,
		.vault_fd = -1};
	int r = sandbox_keep(kept, ELEMENTS(kept));

	/* Where the stick's file system knows owners, everybody who knows the passphrase may do everything.
	 */
	(void)umask(0);
	if (r < 0)
		return r;
	p.message = malloc(sizeof *p.message);
	if (!p.message)
		return -ENOMEM;
	wire_message_init(p.message);
	r = serve(&p);
	wire_message_clear(p.message);
	free(p.message);
	free(p.list);
	p.passphrase = secret_free(p.passphrase);
	(void)close_fd(p.device_fd);
	(void)close_fd(p.list_fd);
	(void)close_fd(p.vault_fd);
	return r;
}
