/* SPDX-License-Identifier: GPL-3.0-or-later */

/* libcryptsetup, kept quiet: its messages go nowhere, its return values come here. See luks.h. */

#include "vault/luks.h"

#include "base/fd.h"

#include <fcntl.h>
#include <libcryptsetup.h>
#include <sys/mman.h>

#define SECTOR_BYTES 4096
#define HEADER_BYTES (16U << 20)

static void device_free(struct crypt_device **device)
{
	crypt_free(*device);
}

#define _cleanup_device_ _cleanup_(device_free)

static void say_nothing(int level, const char *message, void *data)
{
}

static int device_new(const char *path, struct crypt_device **ret_device)
{
	int r = crypt_init(ret_device, path);

	if (r >= 0)
		crypt_set_log_callback(*ret_device, say_nothing, NULL);
	return r;
}

int luks_format(const char *path, const struct secret *key, const char *mapping)
{
	_cleanup_device_ struct crypt_device *device = NULL;
	const struct crypt_pbkdf_type pbkdf = {
		.type = CRYPT_KDF_ARGON2ID,
		.hash = "sha256",
		.iterations = 4,
		.max_memory_kb = 32 * 1024,
		.parallel_threads = 4,
		.flags = CRYPT_PBKDF_NO_BENCHMARK,
	};
	struct crypt_params_luks2 parameters = {
		.pbkdf = &pbkdf,
		.sector_size = SECTOR_BYTES,
		.label = "outing-vault",
		.subsystem = "outing-guard",
	};
	int r = device_new(path, &device);

	if (r >= 0)
		r = crypt_format(device, CRYPT_LUKS2, "aes", "xts-plain64", NULL, NULL, 64, &parameters);
	if (r >= 0)
		r = crypt_keyslot_add_by_volume_key(
			device, CRYPT_ANY_SLOT, NULL, 0, (const char *)key->bytes, key->size);
	/* The volume's key is still in the context: no need to derive it again from its slot. */
	if (r >= 0 && mapping)
		r = crypt_activate_by_volume_key(device, mapping, NULL, 0, 0);
	return r < 0 ? r : 0;
}

static int copy_header(const char *path, int *ret_fd)
{
	_cleanup_close_ int file = open(path, O_RDONLY | O_CLOEXEC), copy = -1;
	_cleanup_free_ char *header = malloc(HEADER_BYTES);
	ssize_t n;
	int r;

	if (file < 0)
		return -errno;
	copy = memfd_create("header", MFD_CLOEXEC);
	if (copy < 0 || !header)
		return header ? -errno : -ENOMEM;
	n = fd_read_full(file, header, HEADER_BYTES);
	if (n < 0)
		return (int)n;
	r = fd_write_full(copy, header, (size_t)n);
	if (r >= 0)
		*ret_fd = TAKE_FD(copy);
	return r;
}

static int outcome_of(int r)
{
	switch (r) {
	case -EPERM:
	case -ENOENT: /* no key slot that could hold it */
		return LUKS_WRONG_KEY;
	case -EEXIST:
	case -EBUSY:
		return LUKS_IN_USE;
	default:
		return r < 0 ? r : LUKS_OK;
	}
}

int luks_try(const char *path, const struct secret *key)
{
	_cleanup_device_ struct crypt_device *device = NULL;
	_cleanup_close_ int copy = -1;
	char name[64];
	int r = copy_header(path, &copy);

	if (r < 0)
		return r;
	(void)snprintf(name, sizeof name, "/proc/self/fd/%d", copy);
	r = device_new(name, &device);
	if (r < 0)
		return r;
	if (crypt_load(device, CRYPT_LUKS2, NULL) < 0)
		return LUKS_NOT_LUKS2;
	return outcome_of(crypt_activate_by_passphrase(
		device, NULL, CRYPT_ANY_SLOT, (const char *)key->bytes, key->size, 0));
}

int luks_activate(const char *path, const char *name, const struct secret *key)
{
	_cleanup_device_ struct crypt_device *device = NULL;
	int r = device_new(path, &device);

	if (r < 0)
		return r;
	if (crypt_load(device, CRYPT_LUKS2, NULL) < 0)
		return LUKS_NOT_LUKS2;
	return outcome_of(crypt_activate_by_passphrase(
		device, name, CRYPT_ANY_SLOT, (const char *)key->bytes, key->size, 0));
}

int luks_deactivate(const char *name)
{
	_cleanup_device_ struct crypt_device *device = NULL;
	int r = crypt_init_by_name(&device, name);

	if (r == -ENODEV)
		return LUKS_OK;
	if (r < 0)
		return r;
	crypt_set_log_callback(device, say_nothing, NULL);
	return outcome_of(crypt_deactivate(device, name));
}

bool luks_active(const char *name)
{
	crypt_status_info status;

	crypt_set_log_callback(NULL, say_nothing, NULL);
	status = crypt_status(NULL, name);
	return status == CRYPT_ACTIVE || status == CRYPT_BUSY;
}
