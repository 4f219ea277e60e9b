/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * outing-judge: looks at this computer's disks and at its state, and prints what it found as one JSON object.
 *
 * Run as root, by outing-judge@.service for the agent (one request line, one answer), by outing-check
 * --volumes, or by hand. It never says READY, never changes anything, and prints an object also when it could
 * not look: "error" is then a sentence.
 */

#include "base/clock.h"
#include "base/fd.h"
#include "base/json.h"
#include "base/log.h"
#include "base/secret.h"
#include "base/words.h"
#include "check/judge-keys.h"
#include "encryption/recorded.h"
#include "outing/checks.h"
#include "policy/config.h"

#include <fcntl.h>
#include <string.h>

#define EXIT_USAGE  2
#define REQUEST_MAX 4096

static const char usage_text[] =
	"outing-judge [OPTION]...    is everything on this computer encrypted, and is it in order?\n"
	"\n"
	"  --device DEVICE    judge only this device, as if it were a disk (may be repeated)\n"
	"  --storage-only     only the disks, not the other checks\n"
	"  --no-keys          do not try whether a lock opens without a person; it is unknown then\n"
	"  --root DIR         judge a recorded computer\n"
	"  --collect FILE     write a record of the disks to FILE, a tar archive without keys, serial "
	"numbers,\n"
	"                     or names of files and persons; --root DIR judges it when it is unpacked\n"
	"  --json             is implied\n"
	"  --request          read one line of JSON from standard input first\n";

struct judge {
	struct leaf_options leaf;
	struct words_list devices;
	const char *root, *collect;
	bool storage_only, no_keys, request, json, help, version;
};

/* What the agent asks. */
struct request {
	bool checks;
	int64_t passwords_reviewed; /* Unix seconds, 0: never */
};

static int read_arguments(int argc, char **argv, struct judge *judge, char **ret_problem)
{
	const struct word known[] = {
		{"--json", .flag = &judge->json},
		{"--root", .text = &judge->root},
		{"--device", .list = &judge->devices},
		{"--storage-only", .flag = &judge->storage_only},
		{"--no-keys", .flag = &judge->no_keys},
		{"--request", .flag = &judge->request},
		{"--collect", .text = &judge->collect},
		{"--help", .flag = &judge->help},
		{"--version", .flag = &judge->version},
	};
	const struct words_table table = {known, ELEMENTS(known), .last_counts = true};
	struct words words;
	int r = words_parse(argc, argv, &table, &words, ret_problem);

	judge->leaf.devices = judge->devices.list;
	judge->leaf.device_count = judge->devices.count;
	return r;
}

/* NULL, or the sentence why the disks could not be judged. */
static const char *storage_error(int error)
{
	switch (error) {
	case 0:
		return NULL;
	case -ENODEV:
		return "No disk of this computer could be found to judge.";
	case -ENOENT:
		return "A device that was asked about does not exist.";
	default:
		return "The list of this computer's disks could not be read.";
	}
}

/* The running machine, or the recorded one. */
static int open_root(const struct judge *judge, struct recorded **ret_recorded, struct sysroot *ret_root)
{
	int r;

	if (!judge->root) {
		*ret_root = sysroot_live;
		ret_root->content = content_live;
		return 0;
	}
	r = recorded_open(judge->root, ret_recorded);
	if (r < 0) {
		log_errno(LOG_LEVEL_ERROR, r, "%s is not the record of a computer", judge->root);
		return r;
	}
	*ret_root = *recorded_root(*ret_recorded);
	return 0;
}

static struct js *judge_storage(
	const struct judge *judge, const struct leaf_options *options, const char **ret_error)
{
	_cleanup_(recorded_freep) struct recorded *recorded = NULL;
	struct leaf_list list = {0};
	struct sysroot root;
	struct js *json;
	int r = open_root(judge, &recorded, &root);

	*ret_error = "The record of a computer could not be read.";
	if (r >= 0) {
		r = leaf_judge_all(&root, options, &list);
		*ret_error = storage_error(r);
	}
	if (r < 0)
		log_errno(LOG_LEVEL_ERROR, r, "The disks could not be judged");
	json = leaf_list_json(&list);
	leaf_list_clear(&list);
	return json;
}

/* --- the request, the configuration, the other checks --- */

/* {"passwords": time or null}, all of it optional. */
static int read_attested(const struct js *json, struct request *ret)
{
	const struct js *attested = js_get(json, "attested"), *passwords = js_get(attested, "passwords");

	if (!passwords)
		return attested && !js_is_object(attested) ? -EBADMSG : 0;
	return js_string(passwords) && clock_parse(js_string(passwords), &ret->passwords_reviewed) == 0
		       ? 0
		       : -EBADMSG;
}

/* One line, at most REQUEST_MAX bytes. All members may be missing; a member of another type is refused. */
static int read_request(struct request *ret)
{
	_cleanup_js_ struct js *json = NULL;
	char line[REQUEST_MAX];
	size_t used = 0;

	do
		if (used == sizeof line || fd_read_full(STDIN_FILENO, line + used, 1) != 1)
			return -EBADMSG;
	while (line[used++] != '\n');
	if (js_parse(line, used - 1, &json) < 0 || !js_is_object(json) ||
		js_get_bool(json, "checks", &ret->checks) == -EINVAL)
		return -EBADMSG;
	return read_attested(json, ret);
}

static int load_config(const struct judge *judge, struct config *ret_config, const char **ret_error)
{
	struct config_errors errors;
	int r = -ENOENT;

	config_defaults(ret_config);
	if (!judge->root)
		r = config_load(NULL, ret_config, &errors);
	if (r >= 0 || r == -ENOENT)
		return 0;
	*ret_error = r == -EBADMSG ? "The configuration is not valid. A technician can see why with: "
				     "outingctl config check"
				   : "The configuration could not be read.";
	return r;
}

/* Trying a key takes what the lock asks for, so somebody who waits at a terminal is told. */
static bool show_trial(const struct keys_progress *progress, void *data)
{
	if (isatty(STDERR_FILENO))
		log_notice("%s: trying %s (%u of %u)", progress->device, progress->key, progress->done + 1,
			progress->total);
	return true;
}

/* A record holds what was found out about keys. A lock whose keys are not looked for is unknown. */
static void set_keys(const struct judge *judge, const struct config *config, struct judge_keys *keys,
	struct leaf_options *options)
{
	*options = judge->leaf;
	*keys = (struct judge_keys){.options = {.try_keys = config->outing.try_keys && !judge->no_keys,
					    .cache = OUTING_STATEDIR "/key-trials",
					    .progress = show_trial}};
	if (judge->root)
		return;
	options->keys = judge_keys_find;
	options->keys_data = keys;
}

/* NULL when out of memory. */
static struct js *run_checks(
	const struct judge *judge, const struct config *config, const struct request *request)
{
	const struct checks_input input = {.root = judge->root ? judge->root : "",
		.config = config,
		.passwords_reviewed = request->passwords_reviewed,
		.now = clock_now(),
		.state_directory = judge->root ? NULL : OUTING_STATEDIR};
	struct js *checks = NULL;

	return checks_run(&input, &checks) < 0 ? NULL : checks;
}

/* --- the answer --- */

static struct js *judge_all(const struct judge *judge)
{
	_cleanup_(judge_keys_clear) struct judge_keys keys = {0};
	struct request request = {.checks = !judge->storage_only};
	struct js *json = js_object(), *storage = NULL, *checks = NULL;
	const char *error = NULL;
	struct leaf_options options;
	struct config config;

	if (judge->request && read_request(&request) < 0) {
		error = "The question could not be understood.";
	} else if (load_config(judge, &config, &error) >= 0) {
		set_keys(judge, &config, &keys, &options);
		storage = judge_storage(judge, &options, &error);
		if (request.checks)
			checks = run_checks(judge, &config, &request);
		if (request.checks && !checks)
			error = "The state of this computer could not be looked at.";
	}
	js_set(json, "storage", storage ? storage : js_array());
	js_set(json, "checks", checks ? checks : js_array());
	js_set_time(json, "judged_at", clock_now());
	js_set_string(json, "error", error);
	return json;
}

static int answer(const struct judge *judge)
{
	_cleanup_js_ struct js *json = judge_all(judge);
	_cleanup_free_ char *text = NULL;
	int r = js_text(json, false, &text);

	if (r >= 0)
		r = fd_write_full(STDOUT_FILENO, text, strlen(text));
	if (r >= 0)
		r = fd_write_full(STDOUT_FILENO, "\n", 1);
	if (r < 0)
		log_errno(LOG_LEVEL_ERROR, r, "The answer could not be written");
	return r < 0 ? 1 : 0;
}

static int write_record(
	const struct judge *judge, const struct sysroot *root, const struct leaf_options *options)
{
	_cleanup_close_ int fd =
		open(judge->collect, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	int r;

	if (fd < 0) {
		log_errno(LOG_LEVEL_ERROR, errno, "%s could not be made", judge->collect);
		return 1;
	}
	r = leaf_collect(root, options, fd);
	if (r >= 0 && fsync(fd) < 0)
		r = -errno;
	if (r < 0) {
		log_errno(LOG_LEVEL_ERROR, r, "The record could not be written to %s", judge->collect);
		(void)unlink(judge->collect);
	}
	return r < 0 ? 1 : 0;
}

static int collect(const struct judge *judge)
{
	_cleanup_(recorded_freep) struct recorded *recorded = NULL;
	_cleanup_(judge_keys_clear) struct judge_keys keys = {0};
	struct leaf_options options;
	const char *error = NULL;
	struct config config;
	struct sysroot root;

	if (open_root(judge, &recorded, &root) < 0)
		return 1;
	if (load_config(judge, &config, &error) < 0) {
		log_error("%s", error);
		return 1;
	}
	set_keys(judge, &config, &keys, &options);
	return write_record(judge, &root, &options);
}

int main(int argc, char **argv)
{
	_cleanup_free_ char *problem = NULL;
	struct judge judge = {0};
	int r;

	log_set_program("outing-judge");
	if (read_arguments(argc, argv, &judge, &problem) < 0) {
		log_error("%s. Try --help", problem ? problem : "Out of memory");
		return EXIT_USAGE;
	}
	if (judge.help)
		return fputs(usage_text, stdout) == EOF;
	if (judge.version)
		return puts("outing-judge " OUTING_VERSION) == EOF;
	r = secret_harden_process();
	if (r < 0) {
		log_errno(LOG_LEVEL_ERROR, r, "The process could not be protected");
		return 1;
	}
	return judge.collect ? collect(&judge) : answer(&judge);
}
