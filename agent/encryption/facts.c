/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Words for each enum, written and read by the same tables. See facts.h. */

#include "encryption/facts.h"

#include <string.h>

#define ERRNO_MAX 4095

static const char *const probes[] = {
	[CONTENT_NOTHING] = "nothing", [CONTENT_KNOWN] = "known", [CONTENT_SEVERAL] = "several"};
static const char *const samples[] = {[CONTENT_NOT_SAMPLED] = "not-sampled",
	[CONTENT_BLANK] = "blank",
	[CONTENT_RANDOM] = "random",
	[CONTENT_DATA] = "data"};
static const char *const verdicts[] = {[STORAGE_ENCRYPTED] = "encrypted",
	[STORAGE_WEAK] = "weak",
	[STORAGE_NOT_ENCRYPTED] = "not-encrypted",
	[STORAGE_UNKNOWN] = "unknown"};

/* --- writing --- */

static struct js *verdict_json(const struct header_verdict *verdict)
{
	struct js *json = js_object();

	js_set_string(json, "verdict", verdicts[verdict->verdict]);
	js_set_string(json, "reason", verdict->reason);
	js_set_string(json, "fix", verdict->fix);
	js_set_string(json, "command", verdict->command);
	return json;
}

static struct js *boot_json(const struct content *content)
{
	struct js *json = js_object();

	if (content->scan == CONTENT_SCAN_FAILED) {
		js_set_i64(json, "error", -content->scan_error);
		return json;
	}
	js_set_u64(json, "files", content->exempt.files);
	js_set_u64(json, "boot_files", content->exempt.boot_files);
	js_set_string(json, "other", content->exempt.offender[0] ? "a file" : NULL);
	return json;
}

struct js *facts_content(const struct content *content)
{
	struct js *json = js_object();

	if (content->error < 0) {
		js_set_i64(json, "error", -content->error);
		return json;
	}
	if (content->empty) {
		js_set_bool(json, "empty", true);
		return json;
	}
	js_set_bool(json, "busy", content->busy);
	js_set_string(json, "signature", probes[content->probe]);
	js_set_string(json, "type", content->type);
	js_set_string(json, "partition_type", content->part_type);
	js_set_bool(json, "partition_table", content->has_table);
	js_set_string(json, "sample", samples[content->sample]);
	js_set_string(json, "rest", samples[content->rest]);
	js_set_bool(json, "drive_locks", content->drive_locks);
	if (content->has_header)
		js_set(json, "header", verdict_json(&content->header));
	if (content->has_keys)
		js_set(json, "keys", verdict_json(&content->keys));
	if (content->scan != CONTENT_NOT_SCANNED)
		js_set(json, "boot", boot_json(content));
	return json;
}

/* --- reading --- */

static int read_word(
	const struct js *json, const char *key, const char *const *words, size_t count, unsigned *ret)
{
	const char *text = js_get_string(json, key);

	for (unsigned i = 0; text && i < count; i++)
		if (strcmp(words[i], text) == 0) {
			*ret = i;
			return 0;
		}
	return -EINVAL;
}

static int read_text(const struct js *json, const char *key, char *ret_text, size_t size)
{
	const char *text = js_get_string(json, key);

	if (!text || strlen(text) >= size)
		return -EINVAL;
	memcpy(ret_text, text, strlen(text) + 1);
	return 0;
}

/* 0 when there is none, 1 and *ret_error negative. */
static int read_error(const struct js *json, int *ret_error)
{
	int64_t number;

	if (!js_get(json, "error"))
		return 0;
	if (js_get_i64(json, "error", &number) < 0 || number <= 0 || number > ERRNO_MAX)
		return -EINVAL;
	*ret_error = (int)-number;
	return 1;
}

static int read_verdict(
	const struct js *json, const char *key, bool *ret_has, struct header_verdict *ret_verdict)
{
	const struct js *member = js_get(json, key);
	unsigned word;

	if (!member)
		return 0;
	if (read_word(member, "verdict", verdicts, ELEMENTS(verdicts), &word) < 0 ||
		read_text(member, "reason", ret_verdict->reason, sizeof ret_verdict->reason) < 0 ||
		read_text(member, "fix", ret_verdict->fix, sizeof ret_verdict->fix) < 0 ||
		read_text(member, "command", ret_verdict->command, sizeof ret_verdict->command) < 0)
		return -EINVAL;
	ret_verdict->verdict = (enum storage_verdict)word;
	*ret_has = true;
	return 0;
}

static int read_boot(const struct js *json, struct content *content)
{
	const struct js *boot = js_get(json, "boot");
	uint64_t files, boot_files;
	int r;

	if (!boot)
		return 0;
	content->scan = CONTENT_SCAN_FAILED;
	r = read_error(boot, &content->scan_error);
	if (r != 0)
		return r < 0 ? r : 0;
	content->scan = CONTENT_SCANNED;
	if (js_get_u64(boot, "files", &files) < 0 || js_get_u64(boot, "boot_files", &boot_files) < 0 ||
		files > UINT32_MAX || boot_files > files)
		return -EINVAL;
	content->exempt.files = (uint32_t)files;
	content->exempt.boot_files = (uint32_t)boot_files;
	return js_get(boot, "other")
		       ? read_text(boot, "other", content->exempt.offender, sizeof content->exempt.offender)
		       : 0;
}

static int read_words(const struct js *json, struct content *content)
{
	unsigned probe, sample, rest;

	if (read_word(json, "signature", probes, ELEMENTS(probes), &probe) < 0 ||
		read_word(json, "sample", samples, ELEMENTS(samples), &sample) < 0 ||
		read_word(json, "rest", samples, ELEMENTS(samples), &rest) < 0)
		return -EINVAL;
	content->probe = (enum content_probe)probe;
	content->sample = (enum content_sample)sample;
	content->rest = (enum content_sample)rest;
	return 0;
}

static int read_members(const struct js *json, struct content *content)
{
	if (read_words(json, content) < 0 || js_get_bool(json, "busy", &content->busy) < 0 ||
		js_get_bool(json, "partition_table", &content->has_table) < 0 ||
		js_get_bool(json, "drive_locks", &content->drive_locks) < 0 ||
		read_text(json, "type", content->type, sizeof content->type) < 0 ||
		read_text(json, "partition_type", content->part_type, sizeof content->part_type) < 0 ||
		read_verdict(json, "header", &content->has_header, &content->header) < 0 ||
		read_verdict(json, "keys", &content->has_keys, &content->keys) < 0)
		return -EINVAL;
	return read_boot(json, content);
}

int facts_parse_content(const struct js *json, struct content *ret_content)
{
	struct content content = {0};
	int r;

	if (!js_is_object(json))
		return -EINVAL;
	r = read_error(json, &content.error);
	if (r == 0)
		r = js_get_bool(json, "empty", &content.empty) == 0 && content.empty
			    ? 0
			    : read_members(json, &content);
	if (r < 0)
		return r;
	*ret_content = content;
	return 0;
}

/* --- places --- */

struct js *facts_place(const struct sysroot_place *place)
{
	struct js *json = js_object();
	char number[32];

	if (place->is_device) {
		(void)snprintf(number, sizeof number, "%u:%u", place->device.major, place->device.minor);
		js_set_string(json, "device", number);
	} else {
		js_set_u64(json, "mount_id", place->mount_id);
		js_set_string(json, "btrfs", place->btrfs_fsid);
	}
	return json;
}

int facts_parse_place(const struct js *json, struct sysroot_place *ret_place)
{
	struct sysroot_place place = {0};
	const char *device = js_get_string(json, "device");

	if (device) {
		place.is_device = true;
		if (sysroot_parse_device(device, &place.device) < 0)
			return -EINVAL;
	} else if (js_get_u64(json, "mount_id", &place.mount_id) < 0 ||
		   read_text(json, "btrfs", place.btrfs_fsid, sizeof place.btrfs_fsid) < 0) {
		return -EINVAL;
	}
	*ret_place = place;
	return 0;
}
