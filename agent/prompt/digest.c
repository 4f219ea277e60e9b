/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Hashing in a process of its own. See digest.h. */

#include "prompt/digest.h"

#include "base/hex.h"
#include "base/log.h"
#include "base/sandbox.h"
#include "base/sha512.h"
#include "base/wire.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#define PATIENCE_MS (10 * 60 * 1000)
#define CHUNK       (128 << 10)

int digest_open(const char *mountpoint, const char *path)
{
	struct open_how how = {.flags = O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS};
	_cleanup_close_ int top = open(mountpoint, O_PATH | O_DIRECTORY | O_CLOEXEC), fd = -1;
	struct stat st;

	if (top < 0)
		return -errno;
	fd = (int)syscall(SYS_openat2, top, path, &how, sizeof how);
	if (fd < 0 || fstat(fd, &st) < 0)
		return -errno;
	return S_ISREG(st.st_mode) ? TAKE_FD(fd) : -EINVAL;
}

int digest_start(struct loop *loop, int fd, capture_done done, void *data, struct capture **ret_capture)
{
	static const char *const argv[] = {"/proc/self/exe", "--hash", NULL};

	return capture_start_with(loop, argv, fd, PATIENCE_MS, done, data, ret_capture);
}

bool digest_valid(const char *text)
{
	return strlen(text) == SHA512_HEX_SIZE - 1 && strspn(text, "0123456789abcdef") == SHA512_HEX_SIZE - 1;
}

static int hash(struct sha512 *state, uint8_t ret_digest[static SHA512_SIZE])
{
	static uint8_t buffer[CHUNK];
	ssize_t n;
	int r;

	while ((n = read(WIRE_FD, buffer, sizeof buffer)) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		r = sha512_update(state, buffer, (size_t)n);
		if (r < 0)
			return r;
	}
	return sha512_final(state, ret_digest);
}

static int confine(void)
{
	static const char *const calls[] = {"read", "write", "fstat", "newfstatat"};
	int r = sandbox_become(NULL);

	if (r >= 0)
		r = sandbox_landlock(NULL, 0);
	return r < 0 ? r : sandbox_seccomp(calls, ELEMENTS(calls), NULL, 0);
}

int digest_child(void)
{
	_cleanup_(sha512_freep) struct sha512 *state = NULL;
	uint8_t digest[SHA512_SIZE];
	char text[SHA512_HEX_SIZE];
	int r = sha512_new(&state);

	if (r >= 0)
		r = confine();
	if (r >= 0)
		r = hash(state, digest);
	if (r < 0) {
		log_errno(LOG_LEVEL_WARNING, r, "the refused file could not be read");
		return 1;
	}
	hex_encode(digest, sizeof digest, text);
	return printf("%s", text) < 0 || fflush(stdout) != 0 ? 1 : 0;
}
