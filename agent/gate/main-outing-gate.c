/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * outing-gate: an unencrypted medium, offered so that nothing refused gets onto it.
 *
 *   outing-gate --source DIR --mountpoint DIR [--staging memory|DIR] [OPTION]...
 *   outing-gate --serve                      (started by outing-gate.socket, see gate/serve.h)
 *   outing-gate --sweep                      (takes away what a killed service has left)
 *   outing-gate --worker                     (started by a supervisor, socket at descriptor 3)
 *
 * Alone, this process supervises: it mounts, starts itself again as the sandboxed worker, and unmounts when
 * it is told to end or the worker has ended. It never reads a byte of the medium or of what is copied. A unit
 * that starts it sets MemorySwapMax=0 (gate/swap.h).
 *
 * Exit: 0 unmounted, 1 the gate broke, 2 wrong usage, 3 could not start.
 */

#include "base/fault.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/number.h"
#include "base/process.h"
#include "base/wire.h"
#include "base/words.h"
#include "encryption/storage.h"
#include "gate/claim.h"
#include "gate/gate.h"
#include "gate/serve.h"
#include "gate/staging.h"
#include "gate/supervisor.h"
#include "gate/swap.h"

#include <fcntl.h>
#include <poll.h>
#include <pwd.h>
#include <string.h>
#include <sys/stat.h>

#define EXIT_BROKEN    1
#define EXIT_USAGE     2
#define EXIT_NOT_BEGUN 3
#define GRACE_MS       600000 /* a slow stick takes its time for what is clean */

struct options {
	const char *source, *mountpoint, *staging, *owner, *keep, *names, *key;
	uint64_t staging_size, file_size;
	bool no_staging_check, serve, sweep, worker, help, version;
};

struct run {
	struct options options;
	struct supervisor gate;
	int signal_fd;
};

static const char usage[] =
	"Usage: outing-gate --source DIR --mountpoint DIR [--staging memory|DIR] [--staging-size SIZE]\n"
	"                   [--file-size SIZE] [--owner USER] [--keep SECONDS]\n"
	"                   [--names FILE --key FILE]\n"
	"Offers the folder DIR at the mount point so that nothing is written to it that was not looked at "
	"first.\n";

static int read_arguments(int argc, char **argv, struct options *o, char **ret_problem)
{
	const char *staging_check = NULL;
	const struct word known[] = {
		{"--source", .text = &o->source},
		{"--mountpoint", .text = &o->mountpoint},
		{"--staging", .text = &o->staging},
		{"--staging-size", .bytes = &o->staging_size},
		{"--file-size", .bytes = &o->file_size},
		{"--owner", .text = &o->owner},
		{"--keep", .text = &o->keep},
		{"--names", .text = &o->names},
		{"--key", .text = &o->key},
#if defined(OUTING_FAULTS) || defined(OUTING_SANITIZED)
		{"--staging-check", .text = &staging_check},
#endif
		{"--serve", .flag = &o->serve},
		{"--sweep", .flag = &o->sweep},
		{"--worker", .flag = &o->worker},
		{"--help", .flag = &o->help},
		{"--version", .flag = &o->version},
	};
	const struct words_table table = {known, ELEMENTS(known), .last_counts = true};
	struct words words;
	int r = words_parse(argc, argv, &table, &words, ret_problem);

	if (r < 0)
		return r;
	o->no_staging_check = staging_check && strcmp(staging_check, "off") == 0;
	if (staging_check && !o->no_staging_check)
		return -EINVAL;
	if (o->help || o->version || o->worker || o->serve || o->sweep)
		return 0;
	return o->source && o->mountpoint && !o->names == !o->key ? 0 : -EINVAL;
}

static int refuse(const char *what, const char *name, int r)
{
	(void)fprintf(stderr, "outing-gate: %s %s: %s\n", what, name, strerror(-r));
	return r;
}

static int open_folder(const char *path, int flags, int *ret_fd)
{
	int fd = open(path, flags | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return refuse("Cannot open the folder", path, -errno);
	*ret_fd = fd;
	return 0;
}

/* Who may write there without being root becomes the worker. */
static void choose_user(struct run *run)
{
	struct passwd entry, *found = NULL;
	char buffer[16384];
	struct stat st;

	if (fstat(run->gate.root_fd, &st) == 0 && st.st_uid != 0 &&
		getpwuid_r(st.st_uid, &entry, buffer, sizeof buffer, &found) == 0 && found)
		(void)snprintf(run->gate.start.user, sizeof run->gate.start.user, "%s", entry.pw_name);
}

static int choose_owner(struct run *run)
{
	struct passwd entry, *found = NULL;
	char buffer[16384];

	run->gate.start.uid = getuid();
	run->gate.start.gid = getgid();
	if (!run->options.owner)
		return 0;
	if (getpwnam_r(run->options.owner, &entry, buffer, sizeof buffer, &found) != 0 || !found)
		return refuse("There is no user", run->options.owner, -ESRCH);
	run->gate.start.uid = found->pw_uid;
	run->gate.start.gid = found->pw_gid;
	return 0;
}

/* What waits in memory must not come to lie on a disk in the clear. */
static int check_swap(const struct run *run)
{
	char place[SWAP_PLACE] = "/proc/swaps";
	int r = run->gate.staging_fd >= 0 ? 0 : swap_check(&swap_live, place);

	if (r == 0)
		return 0;
	(void)fprintf(stderr,
		"outing-gate: What is copied waits in memory, and memory may be written to %s, which is not "
		"known to be encrypted. Start it as a unit with MemorySwapMax=0, or give --staging a folder "
		"on encrypted storage.\n",
		place);
	return r < 0 ? r : -EPERM;
}

/* Nor must what waits in a folder. Asked of the open folder: no path is followed twice. */
static int check_staging(const struct run *run)
{
	struct storage_report report;
	int r;

	if (run->gate.staging_fd < 0 || run->options.no_staging_check)
		return 0;
	r = storage_of_fd(run->gate.staging_fd, &report);
	if (r >= 0 && report.verdict == STORAGE_ENCRYPTED)
		return 0;
	(void)fprintf(stderr,
		"outing-gate: What is copied would wait in %s, which is not known to be encrypted. %s Give "
		"--staging a folder on encrypted storage, or leave the option out: then it waits in "
		"memory.\n",
		run->options.staging, r < 0 ? strerror(-r) : report.reason);
	return r < 0 ? r : -EPERM;
}

static int prepare(struct run *run)
{
	const struct options *o = &run->options;
	/* As the service's mount is: a place, nothing to read from or to sync. */
	int r = open_folder(o->source, O_PATH, &run->gate.root_fd);

	if (r >= 0 && o->staging && strcmp(o->staging, "memory") != 0)
		r = open_folder(o->staging, O_RDONLY, &run->gate.staging_fd);
	if (r >= 0)
		r = check_staging(run);
	if (r >= 0)
		r = check_swap(run);
	if (r >= 0)
		r = choose_owner(run);
	run->gate.start.staging_total = o->staging_size ? o->staging_size : STAGING_TOTAL_DEFAULT;
	run->gate.start.staging_per_file = o->file_size ? o->file_size : STAGING_PER_FILE_DEFAULT;
	if (run->gate.start.staging_per_file > run->gate.start.staging_total)
		run->gate.start.staging_per_file = run->gate.start.staging_total;
	choose_user(run);
	return r;
}

static int mount_front(struct run *run)
{
	int r = supervisor_prepare(&run->gate, "outing-gate");

	return r < 0 ? refuse("Cannot mount through", "/dev/fuse", r) : 0;
}

static int start_worker(struct run *run)
{
	int r = supervisor_start(&run->gate);

	if (r < 0)
		return refuse("Cannot start", "the worker", r);
	r = supervisor_attach(&run->gate, run->options.mountpoint);
	return r < 0 ? refuse("Cannot mount at", run->options.mountpoint, r) : 0;
}

/* One line; what came from the worker is not trusted to be one. */
static void print_notice(struct wire_message *message)
{
	if (message->type != GATE_NOTICE)
		return;
	for (uint32_t i = 0; i < message->size; i++)
		if (message->payload[i] < 0x20 || message->payload[i] == 0x7f)
			message->payload[i] = '?';
	message->payload[message->size] = '\n';
	(void)fd_write_full(STDERR_FILENO, message->payload, message->size + 1);
}

/* False when there will be no more. */
static bool print_notices(const struct run *run, struct wire_message *message)
{
	int r;

	while ((r = wire_receive(run->gate.wire_fd, message)) > 0)
		print_notice(message);
	return r == -EAGAIN;
}

/* Until the worker ends: because somebody unmounted, because we do when asked to, or because it broke. */
static void watch(struct run *run, struct wire_message *message)
{
	struct pollfd watched[3] = {{.fd = run->gate.pidfd, .events = POLLIN},
		{.fd = run->signal_fd, .events = POLLIN}, {.fd = run->gate.wire_fd, .events = POLLIN}};

	while (!watched[0].revents) {
		if (poll(watched, ELEMENTS(watched), -1) < 0 && errno != EINTR)
			return;
		if (watched[2].revents && !print_notices(run, message))
			watched[2].fd = -1;
		if (watched[1].revents && process_stop_asked(run->signal_fd))
			return;
	}
}

/* Until all is over; the exit code. */
static int attend(struct run *run)
{
	struct wire_message *message = malloc(sizeof *message);
	int status;

	if (!message)
		return EXIT_BROKEN;
	wire_message_init(message);
	watch(run, message);
	status = supervisor_end(&run->gate, GRACE_MS);
	(void)print_notices(run, message);
	wire_message_clear(message);
	free(message);
	if (status != 0)
		log_error("The gate ended in a way it should not (%d); the medium was unmounted", status);
	return status == 0 ? 0 : EXIT_BROKEN;
}

static int supervise(struct run *run)
{
	int r = prepare(run), code;

	if (r >= 0) {
		run->signal_fd = process_stop_signals();
		r = run->signal_fd < 0 ? run->signal_fd : 0;
	}
	if (r >= 0)
		r = mount_front(run);
	if (r >= 0)
		r = start_worker(run);
	code = r < 0 ? EXIT_NOT_BEGUN : attend(run);
	(void)supervisor_end(&run->gate, 0);
	return code;
}

static int run_supervisor(const struct options *options, uint64_t keep)
{
	struct run run = {.options = *options, .gate = SUPERVISOR_NULL, .signal_fd = -1};
	int code;

	run.gate.start.keep_seconds = keep;
	run.gate.names = options->names;
	run.gate.key = options->key;
	code = supervise(&run);
	supervisor_clear(&run.gate);
	(void)close_fd(run.signal_fd);
	return code;
}

int main(int argc, char **argv)
{
	struct options options = {0};
	_cleanup_free_ char *problem = NULL;
	uint64_t keep = GATE_KEEP_SECONDS_DEFAULT;

	if (read_arguments(argc, argv, &options, &problem) < 0 ||
		(options.keep && number_parse_u64(options.keep, &keep) < 0)) {
		if (problem)
			(void)fprintf(stderr, "outing-gate: %s\n", problem);
		(void)fputs(usage, stderr);
		return EXIT_USAGE;
	}
	if (options.help || options.version) {
		(void)fputs(options.help ? usage : "outing-gate " OUTING_VERSION "\n", stdout);
		return 0;
	}
	log_set_program(options.worker ? "outing-gate-worker" : "outing-gate");
	fault_init(options.worker ? "outing-gate-worker" : "outing-gate");
	if (options.sweep) {
		claim_sweep();
		return 0;
	}
	if (options.serve)
		return gate_serve(STDIN_FILENO);
	if (!options.worker)
		return run_supervisor(&options, keep);
	return gate_worker_run(WIRE_FD);
}
