/* SPDX-License-Identifier: GPL-3.0-or-later */

/* libcryptsetup, kept quiet: its messages go nowhere, its return values come here. See luks.h. */

#include "encryption/luks.h"

#include "base/fd.h"

#include <fcntl.h>
#include <libcryptsetup.h>
#include <string.h>
#include <sys/mman.h>

#define SECTOR_BYTES 4096
#define HEADER_BYTES (16U << 20)
#define AREAS_END    (1ULL << 30) /* key slots behind this are not believed */
#define AREA_MAX     (16U << 20)
#define LUKS1_HEADER 4096

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

/* --- sticks --- */

static const struct crypt_pbkdf_type stick_pbkdf = {
	.type = CRYPT_KDF_ARGON2ID,
	.hash = "sha256",
	.iterations = LUKS_STICK_PASSES,
	.max_memory_kb = LUKS_STICK_MEMORY_KB,
	.parallel_threads = LUKS_STICK_THREADS,
	.flags = CRYPT_PBKDF_NO_BENCHMARK,
};

static int format_stick(struct crypt_device *device, const struct secret *passphrase)
{
	struct crypt_params_luks2 parameters = {
		.pbkdf = &stick_pbkdf, .sector_size = LUKS_STICK_SECTOR, .subsystem = "outing-guard"};
	int r = crypt_format(
		device, CRYPT_LUKS2, "aes", "xts-plain64", NULL, NULL, LUKS_STICK_KEY_SIZE, &parameters);

	if (r >= 0)
		r = crypt_keyslot_add_by_volume_key(
			device, CRYPT_ANY_SLOT, NULL, 0, (const char *)passphrase->bytes, passphrase->size);
	return r;
}

static int describe_stick(struct crypt_device *device, struct luks_stick *ret_stick)
{
	_cleanup_(secret_freep) struct secret *key = NULL;
	uint64_t data = crypt_get_data_offset(device) * 512;
	const char *uuid = crypt_get_uuid(device);
	size_t size = LUKS_STICK_KEY_SIZE;
	int r;

	if (data != LUKS_STICK_DATA || !uuid || strlen(uuid) >= sizeof ret_stick->uuid)
		return -EPROTO;
	r = secret_new(size, &key);
	if (r < 0)
		return r;
	/* The key is still in the context: no slot has to be opened. */
	r = crypt_volume_key_get(device, CRYPT_ANY_SLOT, (char *)key->bytes, &size, NULL, 0);
	if (r < 0 || size != key->size)
		return r < 0 ? r : -EPROTO;
	(void)snprintf(ret_stick->uuid, sizeof ret_stick->uuid, "%s", uuid);
	ret_stick->key = TAKE_PTR(key);
	return 0;
}

int luks_make_stick(uint64_t bytes, const struct secret *passphrase, struct luks_stick *ret_stick)
{
	_cleanup_close_ int copy = memfd_create("header", MFD_CLOEXEC);
	_cleanup_device_ struct crypt_device *device = NULL;
	char name[64];
	int r;

	if (copy < 0 || ftruncate(copy, (off_t)bytes) < 0)
		return -errno;
	(void)snprintf(name, sizeof name, "/proc/self/fd/%d", copy);
	r = device_new(name, &device);
	if (r >= 0)
		r = format_stick(device, passphrase);
	if (r >= 0)
		r = describe_stick(device, ret_stick);
	if (r < 0)
		return r;
	ret_stick->header_fd = TAKE_FD(copy);
	return 0;
}

int luks_open_stick(const char *path, const char *name, const struct secret *passphrase, const char *uuid)
{
	_cleanup_device_ struct crypt_device *device = NULL;
	const char *found;
	int r = device_new(path, &device);

	if (r < 0)
		return r;
	if (crypt_load(device, CRYPT_LUKS2, NULL) < 0)
		return LUKS_NOT_LUKS2;
	found = crypt_get_uuid(device);
	if (!found || strcmp(found, uuid) != 0)
		return LUKS_NOT_LUKS2;
	return outcome_of(crypt_activate_by_passphrase(device, name, CRYPT_ANY_SLOT,
		(const char *)passphrase->bytes, passphrase->size, CRYPT_ACTIVATE_PRIVATE));
}

/* --- other volumes --- */

static int copy_part(int fd, int copy, uint64_t offset, uint64_t size)
{
	_cleanup_free_ char *part = NULL;
	ssize_t n;

	if (size > AREA_MAX || offset > AREAS_END)
		return -E2BIG;
	part = malloc(size);
	if (!part)
		return -ENOMEM;
	n = fd_pread_full(fd, part, size, offset);
	if (n >= 0 && (uint64_t)n != size)
		return -EIO;
	return n < 0 ? (int)n : fd_pwrite_full(copy, part, size, offset);
}

int luks_copy(int fd, const struct cryptheader *header, int *ret_copy)
{
	_cleanup_close_ int copy = memfd_create("header", MFD_CLOEXEC);
	int r;

	if (copy < 0)
		return -errno;
	/* Holes: as large as a volume with such a header must be, without taking memory. */
	if (ftruncate(copy, 2 * AREAS_END) < 0)
		return -errno;
	r = copy_part(fd, copy, 0, header->copy_size ? 2 * header->copy_size : LUKS1_HEADER);
	for (uint32_t i = 0; r >= 0 && i < header->slots; i++)
		if (header->slot[i].area_size > 0)
			r = copy_part(fd, copy, header->slot[i].area, header->slot[i].area_size);
	if (r >= 0)
		*ret_copy = TAKE_FD(copy);
	return r;
}

static int load_copy(int copy, struct crypt_device **ret_device)
{
	char name[64];
	int r;

	(void)snprintf(name, sizeof name, "/proc/self/fd/%d", copy);
	r = device_new(name, ret_device);
	if (r < 0)
		return r;
	/* NULL stands for LUKS of either version. */
	return crypt_load(*ret_device, NULL, NULL) < 0 ? -EBADMSG : 0;
}

void luks_prepare(void)
{
	_cleanup_device_ struct crypt_device *device = NULL;
	_cleanup_close_ int nothing = memfd_create("nothing", MFD_CLOEXEC);

	/* Fails, as it should; the crypto library is loaded then. */
	if (nothing >= 0 && ftruncate(nothing, HEADER_BYTES) == 0)
		(void)load_copy(nothing, &device);
}

int luks_try_slot(int copy, unsigned slot, const struct secret *key)
{
	_cleanup_device_ struct crypt_device *device = NULL;
	int r = load_copy(copy, &device);

	if (r < 0)
		return r;
	return outcome_of(crypt_activate_by_passphrase(
		device, NULL, (int)slot, key ? (const char *)key->bytes : "", key ? key->size : 0, 0));
}
