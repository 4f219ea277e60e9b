/* SPDX-License-Identifier: GPL-3.0-or-later */

/* See volume.h. */

#include "encrypt/volume.h"

#include "base/fd.h"
#include "encrypt/xts.h"

#include <string.h>

_Static_assert(LUKS_STICK_SECTOR == XTS_SECTOR, "what the header says is what is done");

struct volume {
	uint64_t bytes;
	struct luks_stick stick;
	int content_fd;
	struct xts *xts;
};

static int fill(struct volume *v, const struct volume_options *options)
{
	int r = luks_make_stick(options->bytes, options->passphrase, &v->stick);

	if (r >= 0)
		r = xts_new(v->stick.key, &v->xts);
	if (r < 0)
		return r;
	return filesystem_make(
		options->filesystem, options->bytes - LUKS_STICK_DATA, options->label, &v->content_fd);
}

int volume_new(const struct volume_options *options, struct volume **ret_volume)
{
	_cleanup_(volume_freep) struct volume *v = NULL;
	int r;

	if (options->bytes < VOLUME_BYTES_MIN || options->bytes % XTS_SECTOR != 0)
		return -EINVAL;
	v = calloc(1, sizeof *v);
	if (!v)
		return -ENOMEM;
	v->bytes = options->bytes;
	v->content_fd = v->stick.header_fd = -1;
	r = fill(v, options);
	if (r != 0)
		return r;
	*ret_volume = TAKE_PTR(v);
	return 0;
}

struct volume *volume_free(struct volume *volume)
{
	if (volume) {
		(void)xts_free(volume->xts);
		(void)secret_free(volume->stick.key);
		(void)close_fd(volume->stick.header_fd);
		(void)close_fd(volume->content_fd);
	}
	free(volume);
	return NULL;
}

static int read_exactly(int fd, uint64_t offset, uint8_t *ret_bytes, size_t size)
{
	ssize_t n = fd_pread_full(fd, ret_bytes, size, offset);

	if (n < 0)
		return (int)n;
	return (size_t)n == size ? 0 : -EIO;
}

int volume_read(struct volume *volume, uint64_t offset, uint8_t *ret_bytes, size_t size, bool with_header)
{
	size_t head = 0;
	int r = 0;

	if (offset > volume->bytes || size > volume->bytes - offset)
		return -EINVAL;
	if (offset < LUKS_STICK_DATA)
		head = LUKS_STICK_DATA - offset < size ? (size_t)(LUKS_STICK_DATA - offset) : size;
	if (head > 0 && with_header)
		r = read_exactly(volume->stick.header_fd, offset, ret_bytes, head);
	else
		memset(ret_bytes, 0, head);
	if (r < 0 || head == size)
		return r;
	offset = offset + head - LUKS_STICK_DATA;
	r = read_exactly(volume->content_fd, offset, ret_bytes + head, size - head);
	return r < 0 ? r : xts_encrypt(volume->xts, offset, ret_bytes + head, size - head);
}

const char *volume_uuid(const struct volume *volume)
{
	return volume->stick.uuid;
}
