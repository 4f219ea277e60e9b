/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * Judges one volume's header and keys with a prepared root folder: for tests.
 *
 *   keys-judge header FILE                     what the header is worth
 *   keys-judge keys ROOT FILE CACHE [--no-try]  keys beside the lock; ROOT's files rest in clear except below
 *                                              ROOT/secret. CACHE "-": none
 *   keys-judge image FILE                      names and sizes of what an image has of interest
 */

#include "base/fd.h"
#include "base/json.h"
#include "encryption/initramfs.h"
#include "encryption/keys-name.h"
#include "encryption/keys.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

static int print(struct js *json)
{
	_cleanup_free_ char *text = NULL;

	if (js_text(json, true, &text) < 0)
		return 1;
	(void)puts(text);
	return 0;
}

static int read_facts(const char *path, int *ret_fd, uint64_t *ret_size, struct header_facts *ret_facts)
{
	struct stat st;
	int r;

	*ret_fd = open(path, O_RDONLY | O_CLOEXEC);
	if (*ret_fd < 0 || fstat(*ret_fd, &st) < 0)
		return -errno;
	*ret_size = (uint64_t)st.st_size;
	r = header_prepare();
	return r < 0 ? r : header_read(*ret_fd, *ret_size, ret_facts);
}

static int judge_header(const char *path)
{
	_cleanup_js_ struct js *json = js_object();
	_cleanup_close_ int fd = -1;
	struct header_facts facts;
	struct header_verdict verdict;
	uint64_t size;
	int r = read_facts(path, &fd, &size, &facts);

	if (r < 0)
		return 1;
	header_judge(&facts, &verdict);
	js_set_string(json, "kind", header_kind_name(facts.header.kind));
	js_set_string(json, "uuid", facts.header.uuid);
	js_set_bool(json, "sane", header_facts_sane(&facts));
	js_set_string(json, "verdict", storage_verdict_name(verdict.verdict));
	js_set_string(json, "reason", verdict.reason);
	js_set_string(json, "fix", verdict.fix);
	js_set_string(json, "command", verdict.command);
	return print(json);
}

/* --- a root of which everything rests on one plain disk, but for one folder --- */

static int no_table(const struct sysroot *root, struct sysroot_device device, struct dmtable *ret_table)
{
	struct dmtable table = {0};
	struct dmtable_target target;

	dmtable_parse(0, 2048, "crypt", "aes-xts-plain64 :64:logon:x 0 8:2 0", &target);
	if (dmtable_add(&table, &target) < 0)
		return -ENOMEM;
	*ret_table = table;
	return 0;
}

static int fake_place(
	const struct sysroot *root, const char *path, const char *loop, struct sysroot_place *ret_place)
{
	*ret_place = (struct sysroot_place){.mount_id = strncmp(path, "/secret", 7) == 0 ? 2 : 1};
	return 0;
}

static bool count_progress(const struct keys_progress *progress, void *data)
{
	(*(unsigned *)data)++;
	return true;
}

static const char *outcome_name(enum keys_outcome outcome)
{
	static const char *const names[] = {"none", "alone", "in-clear", "unknown"};

	return names[outcome];
}

static int judge_keys(const char *prefix, const char *path, const char *cache, bool try_keys)
{
	const struct sysroot root = {.prefix = prefix, .table = no_table, .place = fake_place};
	unsigned asked = 0;
	const struct keys_options options = {.try_keys = try_keys,
		.cache = strcmp(cache, "-") == 0 ? NULL : cache,
		.progress = count_progress,
		.data = &asked};
	_cleanup_js_ struct js *json = js_object();
	_cleanup_close_ int fd = -1;
	struct header_facts facts;
	struct keys_verdict verdict;
	struct keys_lock lock = {.device = "/dev/sda2", .facts = &facts};
	uint64_t size;

	if (read_facts(path, &fd, &size, &facts) < 0)
		return 1;
	lock.fd = fd;
	if (keys_judge(&root, &options, &lock, &verdict) < 0)
		return 1;
	js_set_string(json, "outcome", outcome_name(verdict.outcome));
	js_set_string(json, "verdict", storage_verdict_name(keys_storage_verdict(verdict.outcome)));
	js_set_string(json, "reason", verdict.reason);
	js_set_string(json, "fix", verdict.fix);
	js_set_string(json, "command", verdict.command);
	js_set_u64(json, "tried", verdict.tried);
	js_set_u64(json, "remembered", verdict.remembered);
	js_set_u64(json, "asked", asked);
	return print(json);
}

static bool wanted(const char *name, uint64_t size, void *data)
{
	return keys_name_is_crypttab(name) || keys_name_is_cmdline(name) || keys_name_may_be_key(name);
}

static int list_image(const char *path)
{
	_cleanup_js_ struct js *json = js_object();
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct initramfs_files files = {0};
	struct stat st;
	int r;

	if (fd < 0 || fstat(fd, &st) < 0)
		return 1;
	r = initramfs_read(fd, (uint64_t)st.st_size, wanted, NULL, &files);
	js_set_string(json, "result", r < 0 ? strerrorname_np(-r) : "ok");
	for (size_t i = 0; i < files.count; i++)
		js_set_u64(json, files.file[i].name, files.file[i].bytes->size);
	initramfs_files_clear(&files);
	return print(json);
}

int main(int argc, char **argv)
{
	if (argc == 3 && strcmp(argv[1], "header") == 0)
		return judge_header(argv[2]);
	if (argc == 3 && strcmp(argv[1], "image") == 0)
		return list_image(argv[2]);
	if (argc >= 5 && strcmp(argv[1], "keys") == 0)
		return judge_keys(argv[2], argv[3], argv[4], argc == 5);
	(void)fputs("usage: keys-judge header FILE | keys ROOT FILE CACHE [--no-try] | image FILE\n", stderr);
	return 2;
}
