/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * The boot file systems and the start-up images on them. What rests encrypted is left alone: a key in an
 * initramfs on encrypted storage is where it should be.
 */

#include "encryption/keys-internal.h"

#include "base/fd.h"
#include "encryption/initramfs.h"
#include "encryption/keys-name.h"

#include <dirent.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#define DEPTH_MAX   8
#define NUMBER_MAX  20000 /* files and folders in boot file systems */
#define IMAGES_MAX  256   /* with every program that firmware may start */
#define CONFIG_MAX  (1024 * 1024)
#define IMAGE_BYTES (2LL << 30)

struct boot_walk {
	struct keys_places *places;
	unsigned number;
};

static const char fix_boot[] = "Ask a technician to look at /boot, then check again.";

static int full_path(const struct keys_places *places, const char *path, char ret_path[static SYSROOT_PATH])
{
	int n = snprintf(ret_path, SYSROOT_PATH, "%s%s", places->root->prefix, path);

	return n < 0 || n >= SYSROOT_PATH ? -ENAMETOOLONG : 0;
}

static int add_image(struct keys_places *places, const char *path)
{
	enum storage_verdict rests = keys_storage_of(places, path);
	struct keys_image *larger;

	places->any_image = true;
	if (rests == STORAGE_ENCRYPTED || rests == STORAGE_WEAK)
		return 0;
	if (places->images == IMAGES_MAX) {
		keys_problem(
			places, fix_boot, "There are more start-up images in /boot than can be looked at.");
		return 0;
	}
	larger = reallocarray(places->image, places->images + 1, sizeof *larger);
	if (!larger)
		return -ENOMEM;
	places->image = larger;
	(void)snprintf(places->image[places->images++].path, SYSROOT_PATH, "%s", path);
	return 0;
}

static int add_config(struct keys_places *places, const char *path)
{
	_cleanup_free_ char *text = NULL;
	char full[SYSROOT_PATH];
	int r = full_path(places, path, full);

	if (r >= 0)
		r = fd_read_file_at(AT_FDCWD, full, CONFIG_MAX, &text, NULL);
	if (r >= 0)
		r = crypttab_parse_cmdline(text, keys_add_entry, places);
	if (r < 0 && r != -ENOMEM)
		keys_problem(places, fix_boot, "%.200s could not be understood: %s.", path, strerror(-r));
	return r == -ENOMEM ? r : 0;
}

static int see_file(struct keys_places *places, const char *path)
{
	if (keys_name_is_credential(path)) {
		keys_problem(places, "Ask a technician to remove it, and to use a passphrase at start-up.",
			"The file %.200s may hand in a passphrase without a person.", path);
		return 0;
	}
	if (keys_name_is_cmdline(path))
		return add_config(places, path);
	if (keys_name_is_image(path))
		return add_image(places, path);
	return keys_name_may_be_key(path) ? keys_add_file(places, path, 0, 0) : 0;
}

static int walk_folder(struct boot_walk *walk, const char *path, unsigned depth);

static int see_entry(struct boot_walk *walk, int folder, const char *path, const char *name, unsigned depth)
{
	char inner[SYSROOT_PATH];
	struct stat st;

	if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
		return 0;
	if (++walk->number > NUMBER_MAX || depth > DEPTH_MAX ||
		(size_t)snprintf(inner, sizeof inner, "%s/%s", path, name) >= sizeof inner)
		return -E2BIG;
	if (fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return -errno;
	if (S_ISDIR(st.st_mode))
		return walk_folder(walk, inner, depth + 1);
	return S_ISREG(st.st_mode) ? see_file(walk->places, inner) : 0;
}

/* Links are not followed: what they lead to lies in /boot too, or is found by name. */
static int walk_folder(struct boot_walk *walk, const char *path, unsigned depth)
{
	char full[SYSROOT_PATH];
	struct dirent *entry;
	DIR *folder;
	int r = full_path(walk->places, path, full);

	if (r < 0)
		return r;
	folder = opendir(full);
	if (!folder)
		return -errno;
	while (r >= 0 && (errno = 0, entry = readdir(folder)))
		r = see_entry(walk, dirfd(folder), path, entry->d_name, depth);
	if (r >= 0)
		r = -errno;
	(void)closedir(folder);
	return r;
}

int keys_collect_boot(struct keys_places *places)
{
	static const char *const folders[] = {"/boot", "/efi"};

	for (size_t i = 0; i < ELEMENTS(folders); i++) {
		struct boot_walk walk = {.places = places};
		int r = walk_folder(&walk, folders[i], 0);

		if (r == -ENOMEM)
			return r;
		if (r < 0 && r != -ENOENT)
			keys_problem(places, fix_boot, "%s could not be looked through: %s.", folders[i],
				strerror(-r));
	}
	return 0;
}

/* --- one image --- */

/* The file that an entry names and that would not be looked at for its name alone; NULL if none. */
static const char *odd_name(const struct crypttab_entry *entry, char path[static CRYPTTAB_TEXT])
{
	char device[CRYPTTAB_TEXT];

	return crypttab_key_of(entry, path, device) == CRYPTTAB_KEY_FILE && !keys_name_may_be_key(path)
		       ? path + strspn(path, "/")
		       : NULL;
}

static size_t odd_names(const struct keys_places *places)
{
	char path[CRYPTTAB_TEXT];
	size_t count = 0;

	for (size_t i = 0; i < places->entries; i++)
		count += odd_name(places->entry[i], path) != NULL;
	return count;
}

static bool is_named(const struct keys_places *places, const char *name)
{
	char path[CRYPTTAB_TEXT];

	for (size_t i = 0; i < places->entries; i++) {
		const char *odd = odd_name(places->entry[i], path);

		if (odd && strcmp(odd, name) == 0)
			return true;
	}
	return false;
}

static bool wanted(const char *name, uint64_t size, void *data)
{
	return keys_name_is_crypttab(name) || keys_name_is_cmdline(name) || is_named(data, name) ||
	       (size <= INITRAMFS_FILE_MAX && keys_name_may_be_key(name));
}

static int image_id(const char *path, const struct stat *st, uint8_t ret_id[static SHA512_SIZE])
{
	char text[SYSROOT_PATH + 256];
	int n = snprintf(text, sizeof text, "image %llu %llu %lld.%09ld %lld.%09ld %s",
		(unsigned long long)st->st_ino, (unsigned long long)st->st_size,
		(long long)st->st_mtim.tv_sec, st->st_mtim.tv_nsec, (long long)st->st_ctim.tv_sec,
		st->st_ctim.tv_nsec, path);

	return n < 0 || (size_t)n >= sizeof text ? -ENAMETOOLONG : sha512_of(text, (size_t)n, ret_id);
}

/* What was looked for belongs to what was found: a new entry may name a file that was passed over. */
static int look_id(const struct keys_places *places, const uint8_t image[static SHA512_SIZE],
	uint8_t ret_id[static SHA512_SIZE])
{
	_cleanup_(sha512_freep) struct sha512 *state = NULL;
	char path[CRYPTTAB_TEXT];
	int r = sha512_new(&state);

	if (r >= 0)
		r = sha512_update(state, image, SHA512_SIZE);
	for (size_t i = 0; r >= 0 && i < places->entries; i++) {
		const char *odd = odd_name(places->entry[i], path);

		if (odd)
			r = sha512_update(state, odd, strlen(odd) + 1);
	}
	return r < 0 ? r : sha512_final(state, ret_id);
}

static int parse_inner(struct keys_places *places, const char *name, const char *text)
{
	int r = keys_name_is_crypttab(name) ? crypttab_parse(text, keys_add_entry, places)
					    : crypttab_parse_cmdline(text, keys_add_entry, places);

	if (r == -EBADMSG)
		keys_problem(
			places, fix_boot, "%.100s inside a start-up image could not be understood.", name);
	return r == -ENOMEM ? r : 0;
}

static bool is_text(const char *name)
{
	return keys_name_is_crypttab(name) || keys_name_is_cmdline(name);
}

static int add_inner_key(struct keys_places *places, const char *path,
	const uint8_t image[static SHA512_SIZE], struct initramfs_file *file)
{
	_cleanup_(keys_candidate_freep) struct keys_candidate *candidate = calloc(1, sizeof *candidate);
	uint8_t seed[SHA512_SIZE + INITRAMFS_NAME];
	size_t size = strlen(file->name);
	int r;

	if (!candidate)
		return -ENOMEM;
	memcpy(seed, image, SHA512_SIZE);
	memcpy(seed + SHA512_SIZE, file->name, size);
	r = sha512_of(seed, SHA512_SIZE + size, candidate->id);
	if (r < 0)
		return r;
	(void)snprintf(candidate->label, sizeof candidate->label, "%.150s inside %.200s", file->name, path);
	candidate->bytes = TAKE_PTR(file->bytes);
	candidate->in_clear = keys_storage_of(places, path) == STORAGE_NOT_ENCRYPTED;
	return keys_add_candidate(places, TAKE_PTR(candidate));
}

/* Texts become entries, the rest candidates; *ret_texts is NULL when there was a candidate. */
static int take_files(struct keys_places *places, const char *path, const uint8_t image[static SHA512_SIZE],
	struct initramfs_files *files, struct js **ret_texts)
{
	_cleanup_js_ struct js *texts = js_array();
	bool only_texts = true;
	int r = 0;

	for (size_t i = 0; r >= 0 && i < files->count; i++) {
		struct initramfs_file *file = &files->file[i];
		_cleanup_free_ char *text = NULL;
		struct js *pair;

		if (!is_text(file->name)) {
			only_texts = false;
			r = add_inner_key(places, path, image, file);
			continue;
		}
		text = strndup((const char *)file->bytes->bytes, file->bytes->size);
		if (!text)
			return -ENOMEM;
		pair = js_array();
		js_append_string(pair, file->name);
		js_append_string(pair, text);
		js_append(texts, pair);
		r = parse_inner(places, file->name, text);
	}
	if (r >= 0 && only_texts)
		*ret_texts = TAKE_PTR(texts);
	return r;
}

static int take_remembered(struct keys_places *places, const struct js *texts)
{
	int r = 0;

	for (size_t i = 0; r >= 0 && i < js_length(texts); i++) {
		const char *name = js_string(js_at(js_at(texts, i), 0));
		const char *text = js_string(js_at(js_at(texts, i), 1));

		if (name && text)
			r = parse_inner(places, name, text);
	}
	return r;
}

static void explain_image(struct keys_places *places, const char *path, int r)
{
	static const char again[] = "Let a technician make the start-up image anew (update-initramfs -u or "
				    "dracut -f), then check "
				    "again.";

	if (r == -ENOMSG && !keys_name_is_surely_image(path))
		return;
	if (r == -ENOMSG || r == -EBADMSG)
		keys_problem(places, again,
			"The start-up image %.200s could not be understood, so whether a key lies in it is "
			"not "
			"known.",
			path);
	else
		keys_problem(places, again, "The start-up image %.200s could not be looked through: %s.",
			path, strerror(-r));
}

static int read_image(
	struct keys_places *places, const char *path, int fd, const struct stat *st, struct keys_cache *cache)
{
	uint8_t id[SHA512_SIZE], look[SHA512_SIZE];
	struct initramfs_files files = {0};
	struct js *texts = NULL;
	const struct js *known;
	int r = image_id(path, st, id);

	if (r >= 0)
		r = look_id(places, id, look);
	if (r < 0)
		return r;
	known = keys_cache_find_image(cache, look);
	if (known)
		return take_remembered(places, known);
	r = initramfs_read(fd, (uint64_t)st->st_size, wanted, places, &files);
	if (r == -ENOMEM)
		return r;
	if (r < 0)
		explain_image(places, path, r);
	if (r >= 0 || (r == -ENOMSG && !keys_name_is_surely_image(path)))
		r = take_files(places, path, id, &files, &texts);
	else
		r = 0;
	if (texts)
		keys_cache_add_image(cache, look, texts);
	initramfs_files_clear(&files);
	return r;
}

static int open_image(struct keys_places *places, const char *path, struct keys_cache *cache)
{
	_cleanup_close_ int fd = -1;
	char full[SYSROOT_PATH];
	struct stat st;
	int r = full_path(places, path, full);

	if (r < 0)
		return r;
	fd = open(full, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd < 0 || fstat(fd, &st) < 0) {
		explain_image(places, path, -errno);
		return 0;
	}
	if (!S_ISREG(st.st_mode) || st.st_size > IMAGE_BYTES) {
		explain_image(places, path, -EFBIG);
		return 0;
	}
	return read_image(places, path, fd, &st, cache);
}

/* Twice when an image named a key that was not looked for in those before it. */
int keys_collect_images(struct keys_places *places, struct keys_cache *cache)
{
	size_t known;
	int r = 0;

	for (unsigned round = 0; r >= 0 && round < 2; round++) {
		known = odd_names(places);
		for (size_t i = 0; r >= 0 && i < places->images; i++)
			r = open_image(places, places->image[i].path, cache);
		if (odd_names(places) == known)
			break;
	}
	return r;
}
