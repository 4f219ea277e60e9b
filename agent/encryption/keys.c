/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * One lock against everything that was collected. The worst finding decides and the first of equals: a key
 * that was proven to open it, then what could not be told, then what opens it without a person.
 */

#include "encryption/keys.h"

#include "base/fd.h"
#include "encryption/keys-internal.h"
#include "encryption/keys-try.h"
#include "encryption/luks.h"
#include "encryption/tokens.h"

#include <fcntl.h>
#include <stdarg.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#define KEY_MAX 1048575 /* bytes of a key file */

struct judging {
	const struct sysroot *root;
	const struct keys_options *options;
	const struct keys_lock *lock;
	const struct keys_places *places;
	struct keys_cache *cache;
	struct keys_verdict *verdict;
	int copy; /* of the header, -1 until it is needed */
	bool stopped;
};

static const char fix_try[] =
	"Let the check try keys (it takes some seconds for each key slot), then check again.";

static int rank(enum keys_outcome outcome)
{
	switch (outcome) {
	case KEYS_NONE:
		return 0;
	case KEYS_ALONE:
		return 1;
	case KEYS_UNKNOWN:
		return 2;
	case KEYS_IN_CLEAR:
		return 3;
	}
	return 3;
}

enum storage_verdict keys_storage_verdict(enum keys_outcome outcome)
{
	switch (outcome) {
	case KEYS_NONE:
		return STORAGE_ENCRYPTED;
	case KEYS_ALONE:
		return STORAGE_WEAK;
	case KEYS_IN_CLEAR:
		return STORAGE_NOT_ENCRYPTED;
	case KEYS_UNKNOWN:
		break;
	}
	return STORAGE_UNKNOWN;
}

static _printf_(4, 5) bool find(
	struct judging *judging, enum keys_outcome outcome, const char *fix, const char *format, ...)
{
	struct keys_verdict *verdict = judging->verdict;
	va_list arguments;

	if (rank(outcome) <= rank(verdict->outcome))
		return false;
	verdict->outcome = outcome;
	verdict->command[0] = 0;
	(void)snprintf(verdict->fix, sizeof verdict->fix, "%s", fix);
	va_start(arguments, format);
	(void)vsnprintf(verdict->reason, sizeof verdict->reason, format, arguments);
	va_end(arguments);
	return true;
}

/* --- what crypttab and the command line say about this lock --- */

static bool exists(const struct judging *judging, const char *path)
{
	return sysroot_exists(judging->root, "%s", path);
}

/* Quotes may stand around what follows the "=". */
static void take_quotes(char *text)
{
	char *to = text;

	for (const char *from = text; *from; from++)
		if (*from != '"' && *from != '\'')
			*to++ = *from;
	*to = 0;
}

/* "UUID=x" as the link that udev makes for it; other texts stay. */
static void link_of(const char *spec, char *ret_path, size_t size)
{
	static const char *const tags[][2] = {{"UUID=", "uuid"}, {"PARTUUID=", "partuuid"},
		{"LABEL=", "label"}, {"PARTLABEL=", "partlabel"}, {"ID=", "id"}};

	for (size_t i = 0; i < ELEMENTS(tags); i++)
		if (strncmp(spec, tags[i][0], strlen(tags[i][0])) == 0) {
			(void)snprintf(
				ret_path, size, "/dev/disk/by-%s/%s", tags[i][1], spec + strlen(tags[i][0]));
			take_quotes(ret_path);
			return;
		}
	(void)snprintf(ret_path, size, "%s", spec);
}

static const char *base_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* The kernel's name of a device file, which may be a link. False when there is none. */
static bool kernel_name(const struct judging *judging, const char *path, char ret_name[static SYSROOT_NAME])
{
	char full[SYSROOT_PATH];
	_cleanup_free_ char *real = NULL;

	if ((size_t)snprintf(full, sizeof full, "%s%s", judging->root->prefix, path) >= sizeof full)
		return false;
	real = realpath(full, NULL);
	return real && (size_t)snprintf(ret_name, SYSROOT_NAME, "%s", base_of(real)) < SYSROOT_NAME;
}

/* In doubt, yes. */
static bool is_for(const struct judging *judging, const struct crypttab_entry *entry)
{
	const char *uuid = judging->lock->facts->header.uuid;
	char path[CRYPTTAB_TEXT + 32], theirs[SYSROOT_NAME], ours[SYSROOT_NAME];
	char *slash;

	if (entry->device[0] == 0)
		return true;
	link_of(entry->device, path, sizeof path);
	if (strncmp(path, "/dev/disk/by-uuid/", 18) == 0)
		return strcasecmp(base_of(path), uuid) == 0;
	if (kernel_name(judging, path, theirs) && kernel_name(judging, judging->lock->device, ours))
		return strcmp(theirs, ours) == 0;
	slash = strrchr(path, '/');
	if (!slash || slash == path)
		return true;
	/* Its folder is there and it is not in it: a device that is not plugged in. */
	*slash = 0;
	return !exists(judging, path);
}

static bool is_named(const struct judging *judging, const char *name)
{
	for (size_t i = 0; i < judging->places->entries; i++)
		if (strcmp(judging->places->entry[i]->name, name) == 0)
			return true;
	return false;
}

/* Scripts that come with Debian: those that ask a person, or whose source is judged elsewhere. */
static void judge_script(struct judging *judging, const struct crypttab_entry *entry, enum crypttab_key kind,
	const char *script)
{
	static const char *const asking[] = {
		"decrypt_keyctl", "decrypt_gnupg", "decrypt_gnupg-sc", "decrypt_opensc", "decrypt_ssl"};

	for (size_t i = 0; i < ELEMENTS(asking); i++)
		if (strcmp(base_of(script), asking[i]) == 0)
			return;
	/* As good as the place where its device is, which is looked at below. */
	if (strcmp(base_of(script), "passdev") == 0 && kind == CRYPTTAB_KEY_ON_DEVICE)
		return;
	/* As good as the volume that it is derived from, which is judged by itself. */
	if (strcmp(base_of(script), "decrypt_derived") == 0 && is_named(judging, entry->key))
		return;
	find(judging, KEYS_UNKNOWN, "Ask a technician what the script does, or use a passphrase instead.",
		"The script %.150s hands in its key; whether that needs a person cannot be told.", script);
}

static bool has_token(const struct judging *judging, const char *type)
{
	const struct cryptheader *header = &judging->lock->facts->header;

	for (uint32_t i = 0; i < header->tokens; i++)
		if (strcmp(header->token[i].type, type) == 0)
			return true;
	return false;
}

static void judge_entry(struct judging *judging, const struct crypttab_entry *entry)
{
	char path[CRYPTTAB_TEXT], device[CRYPTTAB_TEXT], value[256], link[CRYPTTAB_TEXT + 32];
	enum crypttab_key kind = crypttab_key_of(entry, path, device);

	if (crypttab_option(entry, "keyscript", value, sizeof value))
		judge_script(judging, entry, kind, value);
	/* With a token in the header, the token says whether a PIN is asked for. */
	if (crypttab_option(entry, "tpm2-device", NULL, 0) && kind == CRYPTTAB_KEY_FILE &&
		!has_token(judging, "systemd-tpm2"))
		find(judging, KEYS_ALONE, "Require a PIN or a passphrase at start-up.",
			"It opens without a person: the computer's security chip (TPM) unlocks its key file "
			"%.150s.",
			path);
	if (kind != CRYPTTAB_KEY_ON_DEVICE)
		return;
	link_of(device, link, sizeof link);
	if (exists(judging, link))
		find(judging, KEYS_UNKNOWN, "Unplug the device with the key and keep it at the setting.",
			"A key for it may lie on %.150s, which is in this computer.", device);
}

static void judge_entries(struct judging *judging)
{
	for (size_t i = 0; i < judging->places->entries; i++)
		if (is_for(judging, judging->places->entry[i]))
			judge_entry(judging, judging->places->entry[i]);
}

static void judge_tokens(struct judging *judging)
{
	const struct cryptheader *header = &judging->lock->facts->header;

	for (uint32_t i = 0; i < header->tokens; i++) {
		const char *what;

		switch (token_judge(&header->token[i], &what)) {
		case TOKEN_PERSON:
			break;
		case TOKEN_ALONE:
			find(judging, KEYS_ALONE, "Require a PIN or a passphrase at start-up.",
				"It opens without a person: %s hands in the key by itself.", what);
			break;
		case TOKEN_UNKNOWN:
			find(judging, KEYS_UNKNOWN,
				"Ask a technician what it is, or remove it from the header.",
				"Whether it opens without a person cannot be told: its header has a token of "
				"type %s.",
				what);
			break;
		}
	}
}

/* --- trying --- */

static int need_copy(struct judging *judging)
{
	if (judging->copy >= 0)
		return 0;
	if (judging->lock->fd < 0)
		return -EBADF;
	keys_try_prepare();
	return luks_copy(judging->lock->fd, &judging->lock->facts->header, &judging->copy);
}

static bool go_on(struct judging *judging, const char *label, unsigned done)
{
	const struct keys_options *options = judging->options;
	const struct keys_progress progress = {.device = judging->lock->device,
		.key = label,
		.done = done,
		.total = judging->lock->facts->header.slots};

	if (!judging->stopped && options->progress && !options->progress(&progress, options->data))
		judging->stopped = true;
	return !judging->stopped;
}

/* *ret_slot: the slot that the key opens, -1 for none. A negative errno when not all of them could be tried.
 */
static int try_slots(struct judging *judging, const char *label, const struct secret *key, int *ret_slot)
{
	const struct cryptheader *header = &judging->lock->facts->header;
	unsigned seconds = judging->options->seconds ? judging->options->seconds : KEYS_SECONDS;
	int r = need_copy(judging), failed = 0;

	*ret_slot = -1;
	for (uint32_t i = 0; r >= 0 && i < header->slots; i++) {
		if (!go_on(judging, label, i))
			return -ECANCELED;
		judging->verdict->tried++;
		r = keys_try(judging->copy, header->slot[i].number, key, seconds);
		if (r == KEYS_TRY_OPENS) {
			*ret_slot = (int)header->slot[i].number;
			return 0;
		}
		if (r < 0)
			failed = r;
		r = 0;
	}
	return r < 0 ? r : failed;
}

static int read_key(
	const struct judging *judging, const struct keys_candidate *candidate, struct secret **ret_key)
{
	_cleanup_close_ int fd = -1;
	char full[SYSROOT_PATH];
	struct stat st;

	if ((size_t)snprintf(full, sizeof full, "%s%s", judging->root->prefix, candidate->path) >=
		sizeof full)
		return -ENAMETOOLONG;
	fd = open(full, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0 || fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode))
		return -EINVAL;
	if (candidate->offset > 0 && lseek(fd, (off_t)candidate->offset, SEEK_SET) < 0)
		return -errno;
	return secret_read(fd, KEY_MAX, ret_key);
}

static int try_candidate(struct judging *judging, const struct keys_candidate *candidate, int *ret_slot)
{
	_cleanup_(secret_freep) struct secret *read = NULL;
	struct secret *key = candidate->bytes;
	int r = key ? 0 : read_key(judging, candidate, &read);

	*ret_slot = -1;
	if (r < 0)
		return r == -ENODATA ? 0 : r;
	if (!key)
		key = read;
	if (candidate->size > 0 && candidate->size < key->size)
		key->size = candidate->size;
	return try_slots(judging, candidate->label, key, ret_slot);
}

static void judge_untried(struct judging *judging, const char *label, int error)
{
	if (error == -EAGAIN)
		find(judging, KEYS_UNKNOWN, fix_try, "Whether %s opens it was not tried.", label);
	else if (error == -ENOMEM)
		find(judging, KEYS_UNKNOWN, "Close other programs and check again.",
			"Whether %s opens it could not be tried: there is not enough memory.", label);
	else
		find(judging, KEYS_UNKNOWN,
			error == -ECANCELED ? fix_try : "Check again; if it stays, ask a technician.",
			"Whether %s opens it could not be tried: %s.", label, strerror(-error));
}

static void judge_opened(struct judging *judging, const struct keys_candidate *candidate, int slot)
{
	char *command = judging->verdict->command;

	if (!candidate) {
		if (find(judging, KEYS_IN_CLEAR, "Give it a passphrase: a technician runs the command.",
			    "It opens with an empty passphrase, so anyone can read it."))
			(void)snprintf(command, sizeof judging->verdict->command,
				"cryptsetup luksChangeKey %s --key-slot %d", HEADER_DEVICE, slot);
	} else if (!candidate->in_clear) {
		find(judging, KEYS_UNKNOWN, "Move the key to encrypted storage, or remove its key slot.",
			"A key that opens it lies in %s, and whether that is encrypted cannot be told.",
			candidate->label);
	} else if (find(judging, KEYS_IN_CLEAR,
			   "Make sure that a passphrase opens it too, then take the key away: a technician "
			   "runs "
			   "the command, deletes the key and makes the start-up image anew.",
			   "A key that opens it lies unencrypted beside it: %s.", candidate->label)) {
		(void)snprintf(command, sizeof judging->verdict->command, "cryptsetup luksKillSlot %s %d",
			HEADER_DEVICE, slot);
	}
}

/* From memory, or by trying now. -EAGAIN when it may not be tried. */
static int find_slot(struct judging *judging, const struct keys_candidate *candidate, const char *label,
	const uint8_t id[static SHA512_SIZE], int *ret_slot)
{
	const uint8_t *lock = judging->lock->facts->identity;
	int r;

	if (keys_cache_find_trial(judging->cache, lock, id, ret_slot)) {
		judging->verdict->remembered++;
		return 0;
	}
	if (!judging->options->try_keys)
		return -EAGAIN;
	r = candidate ? try_candidate(judging, candidate, ret_slot)
		      : try_slots(judging, label, NULL, ret_slot);
	if (r >= 0)
		keys_cache_add_trial(judging->cache, lock, id, *ret_slot);
	return r;
}

/* candidate NULL: the empty passphrase. */
static void judge_candidate(struct judging *judging, const struct keys_candidate *candidate)
{
	static const char empty[] = "the empty passphrase";
	const char *label = candidate ? candidate->label : empty;
	uint8_t id[SHA512_SIZE];
	int slot = -1, r = 0;

	if (candidate)
		memcpy(id, candidate->id, sizeof id);
	else
		r = sha512_of(empty, sizeof empty, id);
	if (r >= 0)
		r = find_slot(judging, candidate, label, id, &slot);
	if (r < 0)
		judge_untried(judging, label, r);
	else if (slot >= 0)
		judge_opened(judging, candidate, slot);
}

static void judge_lock(struct judging *judging)
{
	const struct header_facts *facts = judging->lock->facts;

	if (facts->header.fault != CRYPTHEADER_SOUND ||
		(facts->header.kind == CRYPTHEADER_LUKS2 && !facts->checked)) {
		find(judging, KEYS_UNKNOWN, "Ask a technician to look at the header.",
			"Its header is damaged, so no key could be tried.");
		return;
	}
	judge_tokens(judging);
	judge_entries(judging);
	judge_candidate(judging, NULL);
	for (size_t i = 0; i < judging->places->candidates; i++)
		judge_candidate(judging, judging->places->candidate[i]);
	if (judging->places->problem[0])
		find(judging, KEYS_UNKNOWN, judging->places->problem_fix, "%s", judging->places->problem);
}

int keys_judge(const struct sysroot *root, const struct keys_options *options, const struct keys_lock *lock,
	struct keys_verdict *ret_verdict)
{
	_cleanup_(keys_places_freep) struct keys_places *own = NULL;
	_cleanup_(keys_cache_freep) struct keys_cache *cache = NULL;
	struct judging judging = {root, options, lock, options->places, NULL, ret_verdict, -1, false};
	int r = 0;

	*ret_verdict = (struct keys_verdict){.outcome = KEYS_NONE};
	if (lock->facts->header.kind != CRYPTHEADER_LUKS1 && lock->facts->header.kind != CRYPTHEADER_LUKS2)
		return 0;
	if (!judging.places) {
		r = keys_collect(root, options, &own);
		judging.places = own;
	}
	if (r >= 0)
		r = keys_cache_load(options->cache, &cache);
	if (r < 0 || !judging.places)
		return r < 0 ? r : -ENOMEM;
	judging.cache = cache;
	judge_lock(&judging);
	(void)close_fd(judging.copy);
	(void)keys_cache_save(cache);
	return 0;
}
