/* SPDX-License-Identifier: GPL-3.0-or-later */

/* mkfs on a file in memory. See filesystem.h. */

#include "encrypt/filesystem.h"

#include "base/process.h"
#include "base/wire.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>

#define MAKE_EXFAT "/usr/sbin/mkfs.exfat"
#define MAKE_EXT4  "/usr/sbin/mkfs.ext4"
#define LABEL_MAX  11
#define MIB        (1ULL << 20)
#define IN_CHILD   "/proc/self/fd/3"

_Static_assert(WIRE_FD == 3, "the child finds its file at descriptor 3");

const char *filesystem_name(enum filesystem filesystem)
{
	switch (filesystem) {
	case FILESYSTEM_EXFAT:
		return "exfat";
	case FILESYSTEM_EXT4:
		return "ext4";
	}
	return "unknown";
}

int filesystem_parse(const char *text, enum filesystem *ret_filesystem)
{
	if (strcmp(text, "exfat") == 0)
		*ret_filesystem = FILESYSTEM_EXFAT;
	else if (strcmp(text, "ext4") == 0)
		*ret_filesystem = FILESYSTEM_EXT4;
	else
		return -EINVAL;
	return 0;
}

enum filesystem filesystem_default(void)
{
	return access(MAKE_EXFAT, X_OK) == 0 ? FILESYSTEM_EXFAT : FILESYSTEM_EXT4;
}

/* What mkfs.exfat takes for a volume of that size. */
static uint64_t cluster_of(uint64_t volume_bytes)
{
	if (volume_bytes <= 256 * MIB)
		return 4096;
	return volume_bytes <= 32768 * MIB ? 32768 : 131072;
}

bool filesystem_holds(enum filesystem filesystem, uint64_t volume_bytes, uint64_t files, uint64_t bytes)
{
	uint64_t cluster = cluster_of(volume_bytes), tables = 0;

	switch (filesystem) {
	case FILESYSTEM_EXFAT:
		tables = 3 * MIB + volume_bytes / cluster * 5;
		break;
	case FILESYSTEM_EXT4:
		tables = volume_bytes / 8; /* inodes and journal */
		break;
	}
	if (bytes > volume_bytes || files > volume_bytes / cluster)
		return false;
	/* Every file ends in the middle of a cluster, and every eighth has a folder of its own. */
	return bytes + (files + files / 8 + 16) * cluster + tables <= volume_bytes;
}

void filesystem_label(const char *label, char ret_label[static FILESYSTEM_LABEL_SIZE])
{
	size_t n = strlen(label);

	*ret_label = '\0';
	if (n > LABEL_MAX)
		return;
	for (size_t i = 0; i < n; i++)
		if (label[i] < 0x20 || label[i] > 0x7e)
			return;
	memcpy(ret_label, label, n + 1);
}

static int run(const char *const *argv, int file)
{
	/* What goes well is nobody's business; what does not is on stderr. */
	_cleanup_close_ int nothing = open("/dev/null", O_WRONLY | O_CLOEXEC), pidfd = -1;
	const struct process_options options = {.argv = argv,
		.wire_fd = file,
		.output_fd = nothing,
		.output_only = true,
		.empty_input = true};
	int status, r;
	pid_t pid;

	if (nothing < 0)
		return -errno;
	r = process_start(&options, &pid, &pidfd);
	if (r == -ENOENT)
		return FILESYSTEM_NO_PROGRAM;
	if (r >= 0)
		r = process_wait(pidfd, &status);
	if (r < 0)
		return r;
	return status == 0 ? FILESYSTEM_OK : FILESYSTEM_FAILED;
}

int filesystem_make(enum filesystem filesystem, uint64_t bytes, const char *label, int *ret_fd)
{
	const char *const exfat[] = {
		MAKE_EXFAT, *label ? "-L" : IN_CHILD, *label ? label : NULL, IN_CHILD, NULL};
	/* What is not written is zero, here as on the stick: nothing is left to be initialised later. */
	const char *const ext4[] = {MAKE_EXT4, "-q", "-F", "-m", "0", "-L", label, "-E",
		"nodiscard,lazy_itable_init=1,lazy_journal_init=1", IN_CHILD, NULL};
	_cleanup_close_ int file = memfd_create("file-system", MFD_CLOEXEC);
	int r;

	if (file < 0 || ftruncate(file, (off_t)bytes) < 0)
		return -errno;
	r = run(filesystem == FILESYSTEM_EXFAT ? exfat : ext4, file);
	if (r == FILESYSTEM_OK)
		*ret_fd = TAKE_FD(file);
	return r;
}
