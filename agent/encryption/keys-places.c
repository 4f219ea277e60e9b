/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * Where keys might be, in order: what names them (crypttab, command lines, boot loaders), the boot file
 * systems, the start-up images on them, and at last the files that were named.
 */

#include "encryption/keys-internal.h"

#include "base/fd.h"
#include "base/number.h"
#include "encryption/keys-name.h"

#include <fcntl.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>

#define TEXT_MAX (1024 * 1024)

static const char fix_look[] = "Ask a technician to find out why, then check again.";

void keys_problem(struct keys_places *places, const char *fix, const char *format, ...)
{
	va_list arguments;

	if (places->problem[0])
		return;
	va_start(arguments, format);
	(void)vsnprintf(places->problem, sizeof places->problem, format, arguments);
	va_end(arguments);
	(void)snprintf(places->problem_fix, sizeof places->problem_fix, "%s", fix);
}

enum storage_verdict keys_storage_of(struct keys_places *places, const char *path)
{
	_cleanup_free_ struct storage_report *report = malloc(sizeof *report);
	struct sysroot_place place;

	if (!report || places->root->place(places->root, path, NULL, &place) < 0 || place.is_device)
		return STORAGE_UNKNOWN;
	for (size_t i = 0; i < places->mounts; i++)
		if (places->mount[i].id == place.mount_id)
			return places->mount[i].verdict;
	walk_place(places->root, &place, report);
	if (places->mounts < KEYS_MOUNTS_MAX)
		places->mount[places->mounts++] = (struct keys_mount){place.mount_id, report->verdict};
	return report->verdict;
}

/* --- candidates and entries --- */

struct keys_candidate *keys_candidate_free(struct keys_candidate *candidate)
{
	if (candidate)
		candidate->bytes = secret_free(candidate->bytes);
	free(candidate);
	return NULL;
}

int keys_add_candidate(struct keys_places *places, struct keys_candidate *candidate)
{
	_cleanup_(keys_candidate_freep) struct keys_candidate *owned = candidate;

	for (size_t i = 0; i < places->candidates; i++)
		if (memcmp(places->candidate[i]->id, owned->id, sizeof owned->id) == 0)
			return 0;
	if (places->candidates == KEYS_CANDIDATES_MAX)
		keys_problem(places, "Ask a technician to tidy /boot up.",
			"There are more files that look like keys than can be tried.");
	else
		places->candidate[places->candidates++] = TAKE_PTR(owned);
	return 0;
}

static int file_id(const char *path, const struct stat *st, const struct keys_candidate *candidate,
	uint8_t ret_id[static SHA512_SIZE])
{
	char text[SYSROOT_PATH + 256];
	int n = snprintf(text, sizeof text, "file %llu %llu %lld.%09ld %lld.%09ld %llu %llu %s",
		(unsigned long long)st->st_ino, (unsigned long long)st->st_size,
		(long long)st->st_mtim.tv_sec, st->st_mtim.tv_nsec, (long long)st->st_ctim.tv_sec,
		st->st_ctim.tv_nsec, (unsigned long long)candidate->offset,
		(unsigned long long)candidate->size, path);

	return n < 0 || (size_t)n >= sizeof text ? -ENAMETOOLONG : sha512_of(text, (size_t)n, ret_id);
}

static int full_path(const struct keys_places *places, const char *path, char ret_path[static SYSROOT_PATH])
{
	int n = snprintf(ret_path, SYSROOT_PATH, "%s%s", places->root->prefix, path);

	return n < 0 || n >= SYSROOT_PATH ? -ENAMETOOLONG : 0;
}

static bool is_absent(int error)
{
	return error == -ENOENT || error == -ENOTDIR;
}

static int new_candidate(struct keys_places *places, const char *path, const struct stat *st, uint64_t offset,
	uint64_t size, bool in_clear)
{
	_cleanup_(keys_candidate_freep) struct keys_candidate *candidate = calloc(1, sizeof *candidate);
	int r;

	if (!candidate)
		return -ENOMEM;
	candidate->in_clear = in_clear;
	candidate->offset = offset;
	candidate->size = size;
	(void)snprintf(candidate->label, sizeof candidate->label, "%.300s", path);
	(void)snprintf(candidate->path, sizeof candidate->path, "%s", path);
	r = file_id(path, st, candidate, candidate->id);
	return r < 0 ? r : keys_add_candidate(places, TAKE_PTR(candidate));
}

/* Gone when the computer is off. The desktop mounts sticks below /run as well. */
static bool is_memory(const char *path)
{
	return strncmp(path, "/proc/", 6) == 0 ||
	       (strncmp(path, "/run/", 5) == 0 && strncmp(path, "/run/media/", 11) != 0);
}

int keys_add_file(struct keys_places *places, const char *path, uint64_t offset, uint64_t size)
{
	char full[SYSROOT_PATH];
	enum storage_verdict rests;
	struct stat st;
	int r = full_path(places, path, full);

	if (is_memory(path))
		return 0;
	if (r >= 0 && stat(full, &st) < 0)
		r = -errno;
	if (r < 0) {
		if (!is_absent(r))
			keys_problem(places, fix_look, "The key file %.200s could not be looked at: %s.",
				path, strerror(-r));
		return 0;
	}
	if (!S_ISREG(st.st_mode)) {
		keys_problem(places, "Ask a technician what hands the key in there.",
			"%.200s is named as a key but is no file; whether it opens a disk cannot be told.",
			path);
		return 0;
	}
	if (st.st_size == 0)
		return 0;
	rests = keys_storage_of(places, path);
	if (rests == STORAGE_ENCRYPTED || rests == STORAGE_WEAK)
		return 0;
	return new_candidate(places, path, &st, offset, size, rests == STORAGE_NOT_ENCRYPTED);
}

int keys_add_entry(const struct crypttab_entry *entry, void *data)
{
	struct keys_places *places = data;
	struct crypttab_entry *copy;

	for (size_t i = 0; i < places->entries; i++)
		if (memcmp(places->entry[i], entry, sizeof *entry) == 0)
			return 0;
	if (places->entries == KEYS_ENTRIES_MAX) {
		keys_problem(places, "Ask a technician to tidy /etc/crypttab up.",
			"There are more entries for encrypted disks than can be judged.");
		return 0;
	}
	copy = malloc(sizeof *copy);
	if (!copy)
		return -ENOMEM;
	memcpy(copy, entry, sizeof *copy);
	places->entry[places->entries++] = copy;
	return 0;
}

/* --- what names keys --- */

static int read_text(struct keys_places *places, const char *path, char **ret_text)
{
	char full[SYSROOT_PATH];
	int r = full_path(places, path, full);

	if (r >= 0)
		r = fd_read_file_at(AT_FDCWD, full, TEXT_MAX, ret_text, NULL);
	if (r < 0 && r != -ENOMEM && !is_absent(r))
		keys_problem(places, fix_look, "%.200s could not be read: %s.", path, strerror(-r));
	return r;
}

typedef int (*parser)(const char *text, crypttab_visit visit, void *data);

static int collect_text(struct keys_places *places, const char *path, parser parse)
{
	_cleanup_free_ char *text = NULL;
	int r = read_text(places, path, &text);

	if (r < 0)
		return r == -ENOMEM ? r : 0;
	r = parse(text, keys_add_entry, places);
	if (r == -EBADMSG)
		keys_problem(places, "Ask a technician to look at that file.",
			"%.200s has an entry that is too long to be understood.", path);
	return r == -ENOMEM ? r : 0;
}

static int collect_named(struct keys_places *places)
{
	static const char *const cmdlines[] = {"/proc/cmdline", "/etc/kernel/cmdline", "/etc/default/grub"};
	int r = collect_text(places, "/etc/crypttab", crypttab_parse);

	for (size_t i = 0; r >= 0 && i < ELEMENTS(cmdlines); i++)
		r = collect_text(places, cmdlines[i], crypttab_parse_cmdline);
	return r;
}

static uint64_t number_option(const struct crypttab_entry *entry, const char *name)
{
	uint64_t number = 0;
	char value[32];

	if (crypttab_option(entry, name, value, sizeof value) && number_parse_size(value, &number) < 0)
		number = 0;
	return number;
}

static int collect_files(struct keys_places *places)
{
	char path[CRYPTTAB_TEXT], device[CRYPTTAB_TEXT];
	int r = 0;

	for (size_t i = 0; r >= 0 && i < places->entries; i++) {
		const struct crypttab_entry *entry = places->entry[i];

		if (crypttab_key_of(entry, path, device) == CRYPTTAB_KEY_FILE)
			r = keys_add_file(places, path, number_option(entry, "keyfile-offset"),
				number_option(entry, "keyfile-size"));
	}
	return r;
}

/* systemd takes NAME.key from there when crypttab names none. */
static int collect_key_folder(struct keys_places *places)
{
	static const char folder[] = "/etc/cryptsetup-keys.d";
	char(*names)[SYSROOT_NAME] = calloc(KEYS_CANDIDATES_MAX, SYSROOT_NAME);
	_cleanup_free_ _unused_ void *owner = names;
	size_t count = 0;
	int r;

	if (!names)
		return -ENOMEM;
	r = sysroot_list(places->root, folder, names, KEYS_CANDIDATES_MAX, &count);
	if (r < 0 && !is_absent(r))
		keys_problem(places, fix_look, "%s could not be looked at: %s.", folder, strerror(-r));
	r = 0;
	for (size_t i = 0; r >= 0 && i < count; i++) {
		char path[sizeof folder + SYSROOT_NAME + 1];

		(void)snprintf(path, sizeof path, "%s/%s", folder, names[i]);
		r = keys_add_file(places, path, 0, 0);
	}
	return r;
}

/* An encrypted root without any start-up image is opened by something that was not seen. */
static void demand_an_image(struct keys_places *places)
{
	enum storage_verdict rests = keys_storage_of(places, "/");

	if (!places->any_image && (rests == STORAGE_ENCRYPTED || rests == STORAGE_WEAK))
		keys_problem(places, "Mount the boot partition (mount /boot), then check again.",
			"No start-up image was found in /boot, so whether a key lies in it is not known.");
}

static int collect(struct keys_places *places, struct keys_cache *cache)
{
	int r = collect_named(places);

	if (r >= 0)
		r = keys_collect_boot(places);
	if (r >= 0)
		r = keys_collect_images(places, cache);
	if (r >= 0)
		r = collect_files(places);
	if (r >= 0)
		r = collect_key_folder(places);
	demand_an_image(places);
	return r;
}

int keys_collect(
	const struct sysroot *root, const struct keys_options *options, struct keys_places **ret_places)
{
	_cleanup_(keys_places_freep) struct keys_places *places = calloc(1, sizeof *places);
	_cleanup_(keys_cache_freep) struct keys_cache *cache = NULL;
	int r = keys_cache_load(options->cache, &cache);

	if (!places || r < 0)
		return -ENOMEM;
	places->root = root;
	r = collect(places, cache);
	if (r == -ENOMEM)
		return r;
	if (r < 0)
		keys_problem(
			places, fix_look, "Where keys might lie could not be found out: %s.", strerror(-r));
	(void)keys_cache_save(cache);
	*ret_places = TAKE_PTR(places);
	return 0;
}

struct keys_places *keys_places_free(struct keys_places *places)
{
	if (!places)
		return NULL;
	for (size_t i = 0; i < places->candidates; i++)
		keys_candidate_free(places->candidate[i]);
	for (size_t i = 0; i < places->entries; i++)
		free(places->entry[i]);
	free(places->image);
	free(places);
	return NULL;
}
