/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * outing-offload: one camera store into the vault, verified.
 *
 *   outing-offload --source DIR|BLOCKDEV|IMAGE --vault DIR [--state DIR] [--name NAME] [--json]
 *   outing-offload --worker                       (started by a supervisor, socket at descriptor 3)
 *
 * Standalone, this process supervises: it checks that the vault rests encrypted, starts itself again as the
 * sandboxed worker, records what that proves, and is the only one that says "committed". It never reads a
 * byte of the source.
 *
 * Exit: 0 committed, 1 refused or failed (reasons on stderr), 2 wrong usage.
 */

#include "audit/audit.h"
#include "base/fault.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/number.h"
#include "base/process.h"
#include "device/blockdev.h"
#include "encryption/storage.h"
#include "offload/recorder.h"
#include "offload/terminal.h"
#include "offload/worker.h"
#include "state/state.h"
#include "vault/layout.h"

#include <fcntl.h>
#include <getopt.h>
#include <limits.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <stdarg.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/stat.h>

#define EXIT_FAILED   1
#define EXIT_USAGE    2
#define GRACE_MS      20000
#define NAME_FALLBACK "Card"

struct options {
	char *source, *vault, *state, *name;
	uint64_t reserve;
	bool json, worker, no_vault_check, help, version;
};

struct run {
	struct options options;
	struct state *state;
	struct audit *audit;
	struct recorder *recorder;
	int vault_fd, wire_fd, pidfd, signal_fd;
	bool asked_to_stop;
	char key[PATH_MAX + 8], insertion[BLOCKDEV_INSERTION_SIZE];
};

static const char usage[] =
	"Usage: outing-offload --source DIR|BLOCKDEV|IMAGE --vault DIR [--state DIR] [--name NAME]\n"
	"                      [--reserve SIZE] [--json]\n"
	"Copies everything from a camera's card into the vault and proves it. Exit 0: all of it is safe.\n";

enum {
	OPTION_SOURCE = 256,
	OPTION_VAULT,
	OPTION_STATE,
	OPTION_NAME,
	OPTION_RESERVE,
	OPTION_JSON,
	OPTION_WORKER,
	OPTION_VAULT_CHECK,
	OPTION_HELP,
	OPTION_VERSION,
};

static const struct option long_options[] = {
	{"source", required_argument, NULL, OPTION_SOURCE},
	{"vault", required_argument, NULL, OPTION_VAULT},
	{"state", required_argument, NULL, OPTION_STATE},
	{"name", required_argument, NULL, OPTION_NAME},
	{"reserve", required_argument, NULL, OPTION_RESERVE},
	{"json", no_argument, NULL, OPTION_JSON},
	{"worker", no_argument, NULL, OPTION_WORKER},
#if defined(OUTING_FAULTS) || defined(OUTING_SANITIZED)
	{"vault-check", required_argument, NULL, OPTION_VAULT_CHECK},
#endif
	{"help", no_argument, NULL, OPTION_HELP},
	{"version", no_argument, NULL, OPTION_VERSION},
	{NULL, 0, NULL, 0},
};

static int take_option(struct options *options, int option)
{
	switch (option) {
	case OPTION_SOURCE:
		options->source = optarg;
		return 0;
	case OPTION_VAULT:
		options->vault = optarg;
		return 0;
	case OPTION_STATE:
		options->state = optarg;
		return 0;
	case OPTION_NAME:
		options->name = optarg;
		return 0;
	case OPTION_RESERVE:
		return number_parse_size(optarg, &options->reserve);
	case OPTION_JSON:
		options->json = true;
		return 0;
	case OPTION_WORKER:
		options->worker = true;
		return 0;
	case OPTION_VAULT_CHECK:
		options->no_vault_check = strcmp(optarg, "off") == 0;
		return options->no_vault_check ? 0 : -EINVAL;
	case OPTION_HELP:
		options->help = true;
		return 0;
	case OPTION_VERSION:
		options->version = true;
		return 0;
	default:
		return -EINVAL;
	}
}

static int parse_options(int argc, char **argv, struct options *options)
{
	int option, r = 0;

	while (r >= 0 && (option = getopt_long(argc, argv, "", long_options, NULL)) != -1)
		r = take_option(options, option);
	if (r < 0 || optind != argc)
		return -EINVAL;
	if (options->help || options->version || options->worker)
		return 0;
	return options->source && options->vault ? 0 : -EINVAL;
}

/* Says why nothing was done, on stderr or as JSON; returns the exit code. */
static int refuse(const struct run *run, const char *code, const char *format, ...) _printf_(3, 4);
static int refuse(const struct run *run, const char *code, const char *format, ...)
{
	_cleanup_js_ struct js *json = NULL;
	_cleanup_free_ char *text = NULL, *line = NULL;
	va_list arguments;

	va_start(arguments, format);
	if (vasprintf(&text, format, arguments) < 0)
		text = NULL;
	va_end(arguments);
	(void)fprintf(stderr, "outing-offload: %s\n", text ? text : code);
	if (!run->options.json)
		return EXIT_FAILED;
	json = js_object();
	js_set_string(json, "outcome", code);
	js_set_bool(json, "committed", false);
	js_set_string(json, "sentence", text);
	if (js_text(json, false, &line) >= 0)
		(void)puts(line);
	return EXIT_FAILED;
}

static int check_encryption(const struct run *run)
{
	struct storage_report report;
	int r;

	if (run->options.no_vault_check)
		return 0;
	r = storage_of_fd(run->vault_fd, &report);
	if (r < 0)
		return refuse(run, "vault-unknown", "Cannot look at the vault's storage: %s", strerror(-r));
	if (report.verdict == STORAGE_ENCRYPTED)
		return 0;
	return refuse(run, "vault-not-encrypted",
		"Nothing was copied, because the vault is not on encrypted storage: %s %s", report.reason,
		report.fix);
}

/* An empty folder on encrypted storage becomes a vault; anything else must be one. */
static int open_vault(struct run *run)
{
	char id[VAULT_ID];
	int r;

	run->vault_fd = open(run->options.vault, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (run->vault_fd < 0)
		return refuse(run, "vault-missing", "Cannot open the vault %s: %s", run->options.vault,
			strerror(errno));
	r = check_encryption(run);
	if (r != 0)
		return r;
	r = vault_check(run->vault_fd, id);
	if (r == VAULT_NOT_A_VAULT)
		r = vault_init(run->vault_fd, id);
	if (r == -ENOTEMPTY || r == VAULT_DAMAGED)
		return refuse(run, "vault-damaged",
			"%s is not a vault, or its marker is damaged. Nothing was copied.",
			run->options.vault);
	return r < 0 ? refuse(run, "vault-missing", "Cannot use the vault %s: %s", run->options.vault,
			       strerror(-r))
		     : 0;
}

static int open_state(struct run *run)
{
	const char *folder = run->options.state ? run->options.state : OUTING_STATEDIR;
	struct state_problem problem = {""};
	struct audit_anchor_store anchor = {.load = state_anchor_load, .store = state_anchor_store};
	_cleanup_free_ char *database = NULL, *log = NULL;
	struct audit_options audit = {.anchor = &anchor, .group = VAULT_GROUP, .mirror = !run->options.state};
	int r;

	if (asprintf(&database, "%s/state.db", folder) < 0 ||
		asprintf(&log, "%s/audit.jsonl", run->options.state ? folder : OUTING_LOGDIR) < 0)
		return refuse(run, "no-memory", "Out of memory");
	r = state_open(database, &run->state, &problem);
	if (r == -EBUSY)
		return refuse(
			run, "busy", "Another program is working with the state database %s.", database);
	if (r != STATE_OK)
		return refuse(run, "state", "%s", r > 0 ? problem.text : strerror(-r));
	audit.path = log;
	anchor.data = run->state;
	r = audit_open(&audit, &run->audit, NULL);
	if (r == -EBUSY)
		return refuse(run, "busy",
			"The agent is running and keeps the log; use outingctl offload instead.");
	return r < 0 ? refuse(run, "audit", "The audit log %s cannot be opened: %s", log, strerror(-r)) : 0;
}

/* What the source is known by, as far as it can be said without reading it. */
static int identify(struct run *run, char *resolved)
{
	_cleanup_close_ int fd = -1;
	struct stat st;

	if (!realpath(run->options.source, resolved) || stat(resolved, &st) < 0)
		return refuse(
			run, "source-refused", "Cannot open %s: %s", run->options.source, strerror(errno));
	(void)snprintf(run->key, sizeof run->key, "path:%s", resolved);
	if (!S_ISBLK(st.st_mode))
		return 0;
	fd = open(resolved, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd >= 0 && blockdev_insertion(fd, run->insertion) < 0)
		run->insertion[0] = 0;
	return 0;
}

static bool contains(const char *folder, const char *path)
{
	size_t size = strlen(folder);

	return strncmp(folder, path, size) == 0 &&
	       (path[size] == 0 || path[size] == '/' || folder[size - 1] == '/');
}

static int check_apart(struct run *run, const char *source)
{
	char vault[PATH_MAX];

	if (!realpath(run->options.vault, vault))
		return refuse(run, "vault-missing", "Cannot open the vault %s: %s", run->options.vault,
			strerror(errno));
	if (contains(source, vault) || contains(vault, source))
		return refuse(run, "source-refused", "The source and the vault must not lie in one another.");
	return 0;
}

static const char *worker_user(void)
{
	struct passwd entry, *found = NULL;
	char buffer[16384];

	if (geteuid() != 0 || getpwnam_r(VAULT_USER, &entry, buffer, sizeof buffer, &found) != 0 || !found)
		return NULL;
	return VAULT_USER;
}

static int record(struct run *run, enum audit_event event, const struct recorder_result *result)
{
	struct js *fields = js_object();

	js_set_string(fields, "program", "outing-offload");
	js_set_string(fields, "name", run->options.name);
	if (result) {
		js_set_string(fields, "session", *result->session_id ? result->session_id : NULL);
		js_set_string(fields, "folder", *result->session ? result->session : NULL);
		js_set_string(fields, "outcome", result->code);
		js_set_string(fields, "reason", result->sentence);
		js_set_u64(fields, "files", result->files);
		js_set_u64(fields, "bytes", result->bytes);
		js_set_u64(fields, "linked", result->linked);
		js_set_u64(fields, "findings", result->findings);
		js_set_u64(fields, "failed", result->failed);
	}
	return audit_append(run->audit, event, fields);
}

static int start_worker(struct run *run)
{
	static const char *const argv[] = {"/proc/self/exe", "--worker", NULL};
	struct process_options options = {.argv = argv, .output_fd = -1};
	int fds[2], r = wire_pair(fds);
	pid_t pid;

	if (r < 0)
		return r;
	run->wire_fd = fds[0];
	options.wire_fd = fds[1];
#if defined(OUTING_FAULTS) || defined(OUTING_SANITIZED)
	options.environment = (const char *const *)environ;
#endif
	r = process_start(&options, &pid, &run->pidfd);
	(void)close(fds[1]);
	if (r >= 0)
		r = fd_set_nonblocking(run->wire_fd, true);
	return r < 0 ? r : recorder_start(run->recorder, run->wire_fd);
}

static int open_signals(void)
{
	sigset_t set;
	int fd;

	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGINT);
	(void)sigaddset(&set, SIGTERM);
	(void)sigaddset(&set, SIGHUP);
	if (sigprocmask(SIG_BLOCK, &set, NULL) < 0)
		return -errno;
	fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return fd < 0 ? -errno : fd;
}

/* A second signal does not wait for the worker's good manners. */
static void take_signal(struct run *run)
{
	struct signalfd_siginfo info;

	if (read(run->signal_fd, &info, sizeof info) != (ssize_t)sizeof info)
		return;
	if (run->asked_to_stop || recorder_cancel(run->recorder, run->wire_fd) < 0)
		(void)process_signal(run->pidfd, SIGKILL);
	run->asked_to_stop = true;
}

static int converse(struct run *run)
{
	struct pollfd watch[2] = {
		{.fd = run->wire_fd, .events = POLLIN}, {.fd = run->signal_fd, .events = POLLIN}};
	int r = RECORDER_MORE;

	while (r == RECORDER_MORE || r == -EAGAIN) {
		if (poll(watch, ELEMENTS(watch), -1) < 0 && errno != EINTR)
			return -errno;
		if (watch[1].revents)
			take_signal(run);
		r = recorder_receive(run->recorder, run->wire_fd);
		terminal_progress(recorder_progress(run->recorder));
	}
	return r;
}

/* Ends the worker, whatever it is doing. */
static int end_worker(struct run *run, bool finished)
{
	int status = -1;

	run->wire_fd = close_fd(run->wire_fd);
	if (run->pidfd < 0)
		return status;
	if (!finished || process_wait_for(run->pidfd, GRACE_MS, &status) < 0) {
		(void)process_signal(run->pidfd, SIGKILL);
		(void)process_wait_for(run->pidfd, GRACE_MS, &status);
	}
	return status;
}

static int print_result(const struct run *run)
{
	const struct recorder_result *result = recorder_result(run->recorder);
	_cleanup_js_ struct js *json = NULL;
	_cleanup_free_ char *text = NULL;

	terminal_clear();
	if (!run->options.json) {
		terminal_report(result);
	} else {
		json = recorder_result_json(run->recorder);
		if (js_text(json, true, &text) < 0)
			return EXIT_FAILED;
		(void)puts(text);
		if (!result->committed)
			(void)fprintf(stderr, "outing-offload: %s\n", result->sentence);
	}
	return result->committed ? 0 : EXIT_FAILED;
}

static int offload(struct run *run)
{
	const struct recorder_result *result;
	int status, r = start_worker(run);

	if (r >= 0)
		r = converse(run);
	status = end_worker(run, r == RECORDER_FINISHED);
	(void)recorder_close(run->recorder, status);
	result = recorder_result(run->recorder);
	fault_point("offload-audit");
	r = record(run, result->committed ? AUDIT_OFFLOAD_DONE : AUDIT_OFFLOAD_FAILED, result);
	if (r < 0)
		return refuse(run, "audit",
			"The end of the offload could not be recorded in the audit log: %s", strerror(-r));
	fault_point("offload-told");
	return print_result(run);
}

static int prepare(struct run *run, char *source)
{
	struct recorder_options options = {.vault_fd = run->vault_fd,
		.device_key = run->key,
		.source = source,
		.user = worker_user(),
		.reserve = run->options.reserve};
	char *slash;
	int r;

	if (!run->options.name) {
		slash = strrchr(source, '/');
		run->options.name = slash && slash[1] ? slash + 1 : (char *)(uintptr_t)NAME_FALLBACK;
	}
	options.state = run->state;
	options.device_name = run->options.name;
	options.insertion = run->insertion[0] ? run->insertion : NULL;
	r = recorder_new(&options, &run->recorder);
	if (r == -EBUSY)
		return refuse(run, "busy", "Another offload of %s is under way.", run->options.name);
	if (r < 0)
		return refuse(run, "state", "The offload cannot be prepared: %s", strerror(-r));
	r = record(run, AUDIT_OFFLOAD_STARTED, NULL);
	return r < 0 ? refuse(run, "audit", "The offload cannot be recorded in the audit log: %s",
			       strerror(-r))
		     : 0;
}

static int supervise(struct run *run)
{
	char source[PATH_MAX];
	int r = identify(run, source);

	if (r == 0)
		r = check_apart(run, source);
	if (r == 0)
		r = open_vault(run);
	if (r == 0)
		r = open_state(run);
	if (r == 0)
		r = prepare(run, source);
	if (r != 0)
		return r;
	run->signal_fd = open_signals();
	if (run->signal_fd < 0)
		return refuse(run, "broken", "Signals: %s", strerror(-run->signal_fd));
	return offload(run);
}

static int run_supervisor(const struct options *options)
{
	struct run *run = calloc(1, sizeof *run);
	int code;

	if (!run)
		return EXIT_FAILED;
	run->options = *options;
	run->vault_fd = run->wire_fd = run->pidfd = run->signal_fd = -1;
	code = supervise(run);
	(void)recorder_free(run->recorder);
	(void)audit_close(run->audit);
	(void)state_close(run->state);
	(void)close_fd(run->vault_fd);
	(void)close_fd(run->wire_fd);
	(void)close_fd(run->pidfd);
	(void)close_fd(run->signal_fd);
	free(run);
	return code;
}

int main(int argc, char **argv)
{
	struct options options = {0};

	if (parse_options(argc, argv, &options) < 0) {
		(void)fputs(usage, stderr);
		return EXIT_USAGE;
	}
	if (options.help || options.version) {
		(void)fputs(options.help ? usage : "outing-offload " OUTING_VERSION "\n", stdout);
		return 0;
	}
	log_set_program(options.worker ? "outing-offload-worker" : "outing-offload");
	fault_init(options.worker ? "outing-offload-worker" : "outing-offload");
	return options.worker ? worker_run(WIRE_FD, &io_system) : run_supervisor(&options);
}
