/* SPDX-License-Identifier: GPL-3.0-or-later */

/* One JSON object, read whole and replaced whole. See keys-cache.h. */

#include "encryption/keys-cache.h"

#include "base/fd.h"
#include "base/hex.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#define VERSION   1
#define CACHE_MAX (1024 * 1024)

struct keys_cache {
	char *path;
	struct js *root;
	bool changed;
};

static int read_file(const char *path, char **ret_text, size_t *ret_size)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode) || st.st_uid != geteuid() || (st.st_mode & 077) != 0)
		return -EPERM;
	return fd_read_file(fd, CACHE_MAX, ret_text, ret_size);
}

/* The parsed file, or NULL when it is none of ours. */
static struct js *load(const char *path)
{
	_cleanup_free_ char *text = NULL;
	_cleanup_js_ struct js *root = NULL;
	uint64_t version;
	size_t size = 0;

	if (!path || read_file(path, &text, &size) < 0 || js_parse(text, size, &root) < 0 ||
		js_get_u64(root, "version", &version) < 0 || version != VERSION ||
		!js_is_object(js_get(root, "trials")) || !js_is_object(js_get(root, "images")))
		return NULL;
	return TAKE_PTR(root);
}

static struct js *fresh(void)
{
	struct js *root = js_object();

	js_set_u64(root, "version", VERSION);
	js_set(root, "trials", js_object());
	js_set(root, "images", js_object());
	return root;
}

int keys_cache_load(const char *path, struct keys_cache **ret_cache)
{
	_cleanup_(keys_cache_freep) struct keys_cache *cache = calloc(1, sizeof *cache);

	if (!cache)
		return -ENOMEM;
	cache->path = path ? strdup(path) : NULL;
	if (path && !cache->path)
		return -ENOMEM;
	cache->root = load(path);
	if (!cache->root)
		cache->root = fresh();
	*ret_cache = TAKE_PTR(cache);
	return 0;
}

struct keys_cache *keys_cache_free(struct keys_cache *cache)
{
	if (cache) {
		js_free(cache->root);
		free(cache->path);
	}
	free(cache);
	return NULL;
}

static struct js *part(const struct keys_cache *cache, const char *name)
{
	return (struct js *)(uintptr_t)js_get(cache->root, name);
}

/* One name for the pair. */
static bool trial_name(const uint8_t lock[static SHA512_SIZE], const uint8_t key[static SHA512_SIZE],
	char ret_name[static SHA512_HEX_SIZE])
{
	uint8_t both[2 * SHA512_SIZE], digest[SHA512_SIZE];

	memcpy(both, lock, SHA512_SIZE);
	memcpy(both + SHA512_SIZE, key, SHA512_SIZE);
	if (sha512_of(both, sizeof both, digest) < 0)
		return false;
	(void)hex_encode(digest, sizeof digest, ret_name);
	return true;
}

bool keys_cache_find_trial(const struct keys_cache *cache, const uint8_t lock[static SHA512_SIZE],
	const uint8_t key[static SHA512_SIZE], int *ret_slot)
{
	char name[SHA512_HEX_SIZE];
	int64_t slot;

	if (!trial_name(lock, key, name) || js_get_i64(part(cache, "trials"), name, &slot) < 0 || slot < -1 ||
		slot > 31)
		return false;
	*ret_slot = (int)slot;
	return true;
}

void keys_cache_add_trial(struct keys_cache *cache, const uint8_t lock[static SHA512_SIZE],
	const uint8_t key[static SHA512_SIZE], int slot)
{
	char name[SHA512_HEX_SIZE];

	if (!trial_name(lock, key, name))
		return;
	js_set_i64(part(cache, "trials"), name, slot);
	cache->changed = true;
}

const struct js *keys_cache_find_image(
	const struct keys_cache *cache, const uint8_t image[static SHA512_SIZE])
{
	char name[SHA512_HEX_SIZE];
	const struct js *texts = js_get(part(cache, "images"), hex_encode(image, SHA512_SIZE, name));

	return js_is_array(texts) ? texts : NULL;
}

void keys_cache_add_image(struct keys_cache *cache, const uint8_t image[static SHA512_SIZE], struct js *texts)
{
	char name[SHA512_HEX_SIZE];

	js_set(part(cache, "images"), hex_encode(image, SHA512_SIZE, name), texts);
	cache->changed = true;
}

int keys_cache_save(struct keys_cache *cache)
{
	_cleanup_close_ int folder = -1;
	_cleanup_free_ char *text = NULL;
	const char *slash = cache->path ? strrchr(cache->path, '/') : NULL;
	char directory[4096];
	int r;

	if (!slash || !cache->changed)
		return 0;
	r = js_text(cache->root, false, &text);
	if (r < 0)
		return r;
	/* Grown out of bounds by many years of start-up images: begin anew next time. */
	if (strlen(text) > CACHE_MAX)
		(void)snprintf(text, 3, "{}");
	if ((size_t)snprintf(directory, sizeof directory, "%.*s/", (int)(slash - cache->path), cache->path) >=
		sizeof directory)
		return -ENAMETOOLONG;
	folder = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (folder < 0)
		return -errno;
	r = fd_replace_file_at(folder, slash + 1, text, strlen(text), 0600);
	if (r >= 0)
		cache->changed = false;
	return r;
}
