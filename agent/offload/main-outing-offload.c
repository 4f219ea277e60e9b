/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * outing-offload: one camera store into the vault, verified.
 *
 *   outing-offload --source DIR|BLOCKDEV|IMAGE|ptp:NODE --vault DIR [--state DIR] [--name NAME] [--json]
 *   outing-offload --worker                       (started by a supervisor, socket at descriptor 3)
 *
 * Standalone, this process supervises: it checks that the vault rests encrypted, starts itself again as the
 * sandboxed worker, records what that proves, and is the only one that says "committed". It never reads a
 * byte of the source.
 *
 * Exit: 0 committed, 1 refused or failed (reasons on stderr), 2 wrong usage.
 */

#include "base/fault.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/program.h"
#include "base/sandbox.h"
#include "base/supervise.h"
#include "base/words.h"
#include "device/blockdev.h"
#include "device/identity.h"
#include "device/usb.h"
#include "encryption/storage.h"
#include "offload/recorder.h"
#include "offload/source-ptp.h"
#include "offload/terminal.h"
#include "offload/worker.h"
#include "state/records.h"
#include "vault/layout.h"

#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#define NAME_FALLBACK "Card"
#define NAME_CAMERA   "Camera"

struct options {
	const char *source, *vault, *state, *name;
	uint64_t reserve;
	bool json, worker, no_vault_check, help, version;
};

struct run {
	struct options options;
	struct records records;
	struct recorder *recorder;
	struct supervised worker;
	int vault_fd;
	int usbfs_fd; /* or PTP_USB_NONE */
	char key[PATH_MAX + 8], insertion[BLOCKDEV_INSERTION_SIZE];
};

static const struct program program = {"outing-offload",
	"Usage: outing-offload --source DIR|BLOCKDEV|IMAGE|ptp:NODE --vault DIR [--state DIR] [--name NAME]\n"
	"                      [--reserve SIZE] [--json]\n"
	"Copies everything from a camera's card, or from a camera that speaks PTP or MTP (NODE is its\n"
	"/dev/bus/usb/BUS/DEVICE), into the vault and proves it. Exit 0: all of it is safe.\n"};

static int read_arguments(int argc, char **argv, struct options *o, char **ret_problem)
{
	const char *vault_check = NULL;
	const struct word known[] = {
		{"--source", .text = &o->source},
		{"--vault", .text = &o->vault},
		{"--state", .text = &o->state},
		{"--name", .text = &o->name},
		{"--reserve", .bytes = &o->reserve},
		{"--json", .flag = &o->json},
		{"--worker", .flag = &o->worker},
#if defined(OUTING_FAULTS) || defined(OUTING_SANITIZED)
		{"--vault-check", .text = &vault_check},
#endif
		{"--help", .flag = &o->help},
		{"--version", .flag = &o->version},
	};
	const struct words_table table = {known, ELEMENTS(known), .last_counts = true};
	struct words words;
	int r = words_parse(argc, argv, &table, &words, ret_problem);

	if (r < 0)
		return r;
	o->no_vault_check = vault_check && strcmp(vault_check, "off") == 0;
	if (vault_check && !o->no_vault_check)
		return -EINVAL;
	if (o->help || o->version || o->worker)
		return 0;
	return o->source && o->vault ? 0 : -EINVAL;
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
		return PROGRAM_FAILED;
	json = js_object();
	js_set_string(json, "outcome", code);
	js_set_bool(json, "committed", false);
	js_set_string(json, "sentence", text);
	if (js_text(json, false, &line) >= 0)
		(void)puts(line);
	return PROGRAM_FAILED;
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

static int open_records(struct run *run)
{
	struct state_problem problem = {""};
	enum records_failure failure;
	int r = records_open(run->options.state, &run->records, &failure, &problem);

	if (r == 0)
		return 0;
	switch (failure) {
	case RECORDS_MEMORY:
		break;
	case RECORDS_STATE:
		if (r == -EBUSY)
			return refuse(run, "busy", "Another program is working with the state database %s.",
				run->records.database);
		return refuse(run, "state", "%s", r > 0 ? problem.text : strerror(-r));
	case RECORDS_AUDIT:
		if (r == -EBUSY)
			return refuse(run, "busy",
				"The agent is running and keeps the log; use outingctl offload instead.");
		return refuse(run, "audit", "The audit log %s cannot be opened: %s", run->records.log,
			strerror(-r));
	}
	return refuse(run, "no-memory", "Out of memory");
}

/* A camera is known by vendor, product and serial, as the register has it; without a serial by its port. */
static int identify_usb(struct run *run)
{
	_cleanup_free_ struct usb_facts *usb = calloc(1, sizeof *usb);
	struct device_facts facts = {.kind = DEVICE_PTP, .bus = DEVICE_BUS_USB};
	char link[64], path[PATH_MAX], key[IDENTITY_KEY_SIZE];
	_cleanup_close_ int dir = -1;
	struct stat st;
	int r;

	if (!usb)
		return -ENOMEM;
	if (fstat(run->usbfs_fd, &st) < 0)
		return -errno;
	(void)snprintf(link, sizeof link, "/sys/dev/char/%u:%u", major(st.st_rdev), minor(st.st_rdev));
	if (!realpath(link, path))
		return -ENODEV;
	dir = usb_open(path);
	r = dir < 0 ? dir : usb_read(dir, path, usb);
	if (r >= 0)
		r = usb_is_opened(dir, usb, run->usbfs_fd);
	if (r < 0)
		return r;
	facts.vendor_id = usb->vendor_id;
	facts.product_id = usb->product_id;
	(void)facts_copy(facts.serial, sizeof facts.serial, usb->serial);
	facts.serial_cut = usb->serial_cut;
	identity_device_key(&facts, key);
	(void)snprintf(run->key, sizeof run->key, "%s%s", *key ? "" : "path:", *key ? key : path);
	return 0;
}

static int identify_ptp(struct run *run, const char *node, char *resolved)
{
	char path[PATH_MAX];
	int r;

	run->usbfs_fd = realpath(node, path) ? usb_open_node(path) : -errno;
	r = run->usbfs_fd < 0 ? run->usbfs_fd : identify_usb(run);
	if (r < 0)
		return refuse(run, "source-refused", "Cannot open %s: %s", node, strerror(-r));
	(void)snprintf(resolved, PATH_MAX, SOURCE_PTP_PREFIX "%.*s", PATH_MAX - 8, path);
	if (!run->options.name)
		run->options.name = NAME_CAMERA;
	return 0;
}

/* What the source is known by, as far as it can be said without reading it. */
static int identify(struct run *run, char *resolved)
{
	const size_t prefix = strlen(SOURCE_PTP_PREFIX);
	_cleanup_close_ int fd = -1;
	struct stat st;

	if (strncmp(run->options.source, SOURCE_PTP_PREFIX, prefix) == 0)
		return identify_ptp(run, run->options.source + prefix, resolved);
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
	return audit_append(run->records.audit, event, fields);
}

static int start_worker(struct run *run)
{
	int r = supervised_start(&run->worker);

	if (r >= 0)
		r = fd_set_nonblocking(run->worker.wire_fd, true);
	return r < 0 ? r : recorder_start(run->recorder, run->worker.wire_fd, run->usbfs_fd);
}

static int cancel(void *data)
{
	struct run *run = data;

	return recorder_cancel(run->recorder, run->worker.wire_fd);
}

static int readable(void *data)
{
	struct run *run = data;
	int r = recorder_receive(run->recorder, run->worker.wire_fd);

	terminal_progress(recorder_progress(run->recorder));
	if (r == RECORDER_MORE || r == -EAGAIN)
		return 1;
	return r == RECORDER_FINISHED ? 0 : r;
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
			return PROGRAM_FAILED;
		(void)puts(text);
		if (!result->committed)
			(void)fprintf(stderr, "outing-offload: %s\n", result->sentence);
	}
	return result->committed ? 0 : PROGRAM_FAILED;
}

static int offload(struct run *run)
{
	const struct supervised_events events = {readable, cancel};
	const struct recorder_result *result;
	int r = start_worker(run);

	if (r >= 0)
		r = supervised_converse(&run->worker, &events, run);
	(void)recorder_close(run->recorder, supervised_end(&run->worker, r));
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
		.user = sandbox_user(VAULT_USER),
		.reserve = run->options.reserve};
	char *slash;
	int r;

	if (!run->options.name) {
		slash = strrchr(source, '/');
		run->options.name = slash && slash[1] ? slash + 1 : NAME_FALLBACK;
	}
	options.state = run->records.state;
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
		r = open_records(run);
	if (r == 0)
		r = prepare(run, source);
	if (r != 0)
		return r;
	r = supervised_watch_signals(&run->worker);
	return r < 0 ? refuse(run, "broken", "Signals: %s", strerror(-r)) : offload(run);
}

static int run_supervisor(const struct options *options)
{
	struct run *run = calloc(1, sizeof *run);
	int code;

	if (!run)
		return PROGRAM_FAILED;
	run->options = *options;
	run->vault_fd = -1;
	run->usbfs_fd = PTP_USB_NONE;
	supervised_init(&run->worker);
	code = supervise(run);
	(void)recorder_free(run->recorder);
	records_clear(&run->records);
	(void)close_fd(run->vault_fd);
	(void)close_fd(run->usbfs_fd);
	supervised_clear(&run->worker);
	free(run);
	return code;
}

int main(int argc, char **argv)
{
	struct options options = {0};
	_cleanup_free_ char *problem = NULL;
	int r = read_arguments(argc, argv, &options, &problem);

	r = program_begin(&program, r, problem, options.help, options.version);
	if (r != PROGRAM_RUN)
		return r;
	log_set_program(options.worker ? "outing-offload-worker" : "outing-offload");
	fault_init(options.worker ? "outing-offload-worker" : "outing-offload");
	return options.worker ? worker_run(WIRE_FD, &io_system) : run_supervisor(&options);
}
