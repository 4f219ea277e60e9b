/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * outing-vault verify, init and storage.
 *
 * Verifying reads what may have been tampered with, so it is done without privileges: as the vault's user,
 * with the vault as the only thing that can be opened and no way to write to it.
 */

#include "vault/run.h"

#include "base/log.h"
#include "base/number.h"
#include "base/sandbox.h"
#include "encryption/storage.h"
#include "vault/layout.h"
#include "vault/records.h"

#include <fcntl.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>

struct run {
	struct output *output;
	struct records *records;
	int vault_fd;
	struct verify_totals totals;
};

static int on_finding(const struct verify_finding *finding, void *data)
{
	struct run *run = data;

	/* An offload that is going on, or was given up, is not harm. */
	if (finding->kind == VERIFY_NO_HISTORY &&
		records_ask(run->records, finding->session) == RECORDS_UNFINISHED)
		return 1;
	return output_finding(run->output, finding);
}

/* A committed offload whose whole folder is gone leaves nothing in the vault that could say so. */
static int check_presence(const char *session, void *data)
{
	struct run *run = data;
	const struct verify_finding finding = {VERIFY_MISSING, session, "",
		"This whole offload was recorded as finished, but it is not in the vault."};
	_cleanup_close_ int fd = -1;
	int r = vault_session_open(run->vault_fd, session, &fd);

	if (r != -ENOENT && r != -ENOTDIR)
		return 0;
	run->totals.findings++;
	return output_finding(run->output, &finding);
}

static int on_progress(
	const struct verify_totals *so_far, uint64_t files_expected, uint64_t bytes_expected, void *data)
{
	const struct vault_progress progress = {
		.files_done = so_far->files,
		.files_total = files_expected,
		.bytes_done = so_far->bytes,
		.bytes_total = bytes_expected,
		.phase = "verifying",
	};

	return output_progress(((struct run *)data)->output, &progress);
}

static bool on_cancelled(void *data)
{
	return output_cancelled(((struct run *)data)->output);
}

/* A vault that root made for itself, on a computer without our users, is read by root without capabilities.
 */
static const char *user_for(int vault_fd)
{
	struct stat st;

	return geteuid() == 0 && fstat(vault_fd, &st) == 0 && st.st_uid != 0 ? VAULT_USER : NULL;
}

static int enter_sandbox(int vault_fd)
{
	static const char *const syscalls[] = {
		"openat", "pread64", "pwrite64", "ftruncate", "getdents64", "fadvise64", "dup", "statx"};
	const struct sandbox_path paths[] = {{vault_fd, SANDBOX_READ}};
	int r = sandbox_become(user_for(vault_fd));

	if (r >= 0)
		r = sandbox_landlock(paths, ELEMENTS(paths));
	if (r == SANDBOX_NO_LANDLOCK)
		log_warning("This kernel has no Landlock: the verification runs with fewer walls around it");
	if (r >= 0)
		r = sandbox_seccomp(syscalls, ELEMENTS(syscalls), NULL, 0);
	return r < 0 ? r : 0;
}

static int verify(const struct run_options *options, int vault_fd, int spool_fd, struct run *run)
{
	const struct verify_events events = {on_finding, on_progress, on_cancelled, run};

	int r;

	if (options->session)
		return verify_session(vault_fd, options->session, spool_fd, &events, &run->totals);
	r = verify_vault(vault_fd, spool_fd, &events, &run->totals);
	return r < 0 ? r : records_each_committed(run->records, check_presence, run);
}

static _printf_(3, 4) void conclude(
	struct vault_result *result, enum vault_result_code code, const char *format, ...)
{
	va_list arguments;

	result->code = code;
	va_start(arguments, format);
	(void)vsnprintf(result->sentence, sizeof result->sentence, format, arguments);
	va_end(arguments);
}

static void conclude_verified(struct vault_result *result)
{
	char bytes[NUMBER_SIZE_TEXT];
	unsigned long long findings = result->findings;

	if (findings > 0)
		conclude(result, VAULT_RESULT_FINDINGS,
			"%llu %s in the vault not as recorded. Do not clear any card until this is "
			"understood; tell "
			"your technician.",
			findings, findings == 1 ? "thing is" : "things are");
	else if (result->sessions == 0)
		conclude(result, VAULT_RESULT_OK, "The vault holds no offloads yet.");
	else
		conclude(result, VAULT_RESULT_OK,
			"Everything in the vault is as recorded: %llu offload%s, %llu file%s, %s.",
			(unsigned long long)result->sessions, result->sessions == 1 ? "" : "s",
			(unsigned long long)result->files, result->files == 1 ? "" : "s",
			number_format_size(result->bytes, bytes));
}

static void conclude_outcome(struct vault_result *result, const char *vault, int r)
{
	if (r == -ECANCELED)
		conclude(result, VAULT_RESULT_CANCELLED,
			"Cancelled. What was looked at so far has %llu findings; the rest is not known.",
			(unsigned long long)result->findings);
	else if (r == VAULT_NOT_A_VAULT)
		conclude(result, VAULT_RESULT_REFUSED,
			"%.200s is not a vault, or the vault is not open. See: outingctl vault status.",
			vault);
	else if (r == VAULT_DAMAGED)
		conclude(result, VAULT_RESULT_REFUSED,
			"The marker file of the vault %.200s is damaged. Ask your technician.", vault);
	else if (r == -EUCLEAN)
		conclude(result, VAULT_RESULT_FAILED,
			"The record of offloads could not be used, so nothing was compared. Ask your "
			"technician.");
	else if (r < 0)
		conclude(result, VAULT_RESULT_FAILED, "The vault %.200s could not be read: %s.", vault,
			strerror(-r));
	else
		conclude_verified(result);
}

static struct js *summary_of(const struct run_options *options, const struct verify_totals *totals)
{
	struct js *summary = js_object();

	js_set_string(summary, "vault", options->vault);
	js_set_u64(summary, "sessions", totals->sessions);
	js_set_u64(summary, "files", totals->files);
	js_set_u64(summary, "bytes", totals->bytes);
	js_set_u64(summary, "findings_total", totals->findings);
	return summary;
}

int run_verify(const struct run_options *options)
{
	_cleanup_(output_freep) struct output *output = NULL;
	_cleanup_close_ int vault_fd = -1, spool_fd = -1;
	struct vault_result result = {0};
	struct run run = {0};
	char id[VAULT_ID];
	int r = output_new(options->mode, &output);

	if (r < 0)
		return 1;
	run.output = output;
	r = vault_open(options->vault, &vault_fd, id);
	run.vault_fd = vault_fd;
	if (r == VAULT_OPENED)
		r = verify_spool(vault_fd, &spool_fd);
	if (r == 0 && options->state)
		r = records_load(options->state, vault_fd, &run.records);
	if (r == 0)
		r = enter_sandbox(vault_fd);
	if (r == 0)
		r = verify(options, vault_fd, spool_fd, &run);
	result.sessions = run.totals.sessions;
	result.files = run.totals.files;
	result.bytes = run.totals.bytes;
	result.findings = run.totals.findings;
	conclude_outcome(&result, options->vault, r);
	run.records = records_free(run.records);
	return output_result(output, &result, summary_of(options, &run.totals));
}

/* --- init and storage --- */

static int init(const struct run_options *options, struct vault_result *result)
{
	_cleanup_close_ int fd = open(options->vault, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct storage_report report = {.verdict = STORAGE_UNKNOWN};
	char id[VAULT_ID];
	int r = fd < 0 ? -errno : storage_of_fd(fd, &report);

	if (r < 0)
		return r;
	if (options->check_storage && report.verdict != STORAGE_ENCRYPTED) {
		conclude(result, VAULT_RESULT_REFUSED, "%s cannot be a vault. %s %s", options->vault,
			report.reason, report.fix);
		return 0;
	}
	r = vault_init(fd, id);
	if (r == -EEXIST)
		conclude(result, VAULT_RESULT_REFUSED, "%s is a vault already.", options->vault);
	else if (r == -ENOTEMPTY)
		conclude(result, VAULT_RESULT_REFUSED,
			"%s is not empty. Choose an empty folder for the vault.", options->vault);
	else if (r >= 0)
		conclude(result, VAULT_RESULT_OK, "%s is a vault now.", options->vault);
	return r == -EEXIST || r == -ENOTEMPTY ? 0 : r;
}

int run_init(const struct run_options *options)
{
	_cleanup_(output_freep) struct output *output = NULL;
	struct vault_result result = {0};
	struct js *summary = js_object();
	int r = output_new(options->mode, &output);

	if (r >= 0)
		r = init(options, &result);
	if (r < 0)
		conclude(&result, VAULT_RESULT_FAILED, "%s could not be made a vault: %s.", options->vault,
			strerror(-r));
	js_set_string(summary, "vault", options->vault);
	return output ? output_result(output, &result, summary) : 1;
}

int run_storage(const struct run_options *options)
{
	_cleanup_js_ struct js *json = NULL;
	_cleanup_free_ char *text = NULL;
	struct storage_report report;

	if (storage_of_path(options->vault, &report) < 0)
		return 1;
	if (options->mode == OUTPUT_JSON) {
		json = storage_json(&report);
		if (js_text(json, true, &text) < 0 || puts(text) == EOF)
			return 1;
	} else {
		(void)printf("%s: %s\n%s\n%s%s", options->vault, storage_verdict_name(report.verdict),
			report.reason, report.fix, report.fix[0] ? "\n" : "");
		for (size_t i = 0; i < report.chain_count; i++)
			(void)printf("  %s\n", report.chain[i]);
	}
	return report.verdict == STORAGE_ENCRYPTED ? 0 : 1;
}
