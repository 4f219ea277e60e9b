/* SPDX-License-Identifier: GPL-3.0-or-later */

/* See output.h. The JSON list of findings is limited; their number never is. */

#include "vault/output.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/number.h"
#include "base/wire.h"

#include <poll.h>
#include <signal.h>
#include <string.h>

#define INTERVAL_NS   250000000ULL
#define FINDINGS_MAX  1000
#define FINDING_BYTES 12000 /* of texts in one message */

struct output {
	enum output_mode mode;
	bool terminal, line_open, cancelled;
	uint64_t last_ns;
	struct js *findings;
	size_t listed;
	struct wire_message message;
};

static volatile sig_atomic_t stop_asked;

static void on_signal(int number)
{
	(void)number;
	stop_asked = 1;
}

/* The C library asks the kernel what stdout is when it first needs a buffer: too late inside the sandbox. */
static void prepare_stdout(void)
{
	static char buffer[4096];

	(void)setvbuf(stdout, buffer, isatty(STDOUT_FILENO) ? _IOLBF : _IOFBF, sizeof buffer);
}

int output_new(enum output_mode mode, struct output **ret_output)
{
	const struct sigaction action = {.sa_handler = on_signal};
	struct output *output = calloc(1, sizeof *output);

	if (!output)
		return -ENOMEM;
	prepare_stdout();
	output->mode = mode;
	output->terminal = mode == OUTPUT_TEXT && isatty(STDERR_FILENO);
	output->findings = js_array();
	wire_message_init(&output->message);
	(void)sigaction(SIGINT, &action, NULL);
	(void)sigaction(SIGTERM, &action, NULL);
	*ret_output = output;
	return 0;
}

struct output *output_free(struct output *output)
{
	if (output)
		(void)js_free(output->findings);
	free(output);
	return NULL;
}

static bool asked_by_wire(struct output *output)
{
	struct pollfd watch = {.fd = WIRE_FD, .events = POLLIN};

	if (poll(&watch, 1, 0) <= 0)
		return false;
	/* Nothing else is ever sent to us; an end or a broken message ends us as well. */
	return wire_receive(WIRE_FD, &output->message) <= 0 || output->message.type == VAULT_MESSAGE_CANCEL;
}

bool output_cancelled(struct output *output)
{
	if (stop_asked || (output->mode == OUTPUT_WIRE && !output->cancelled && asked_by_wire(output)))
		output->cancelled = true;
	return output->cancelled;
}

static void end_line(struct output *output)
{
	if (output->line_open)
		(void)fputs("\r\033[K", stderr);
	output->line_open = false;
}

static void show_progress(struct output *output, const struct vault_progress *progress)
{
	char done[NUMBER_SIZE_TEXT], total[NUMBER_SIZE_TEXT];

	(void)fprintf(stderr, "\r\033[K%s", progress->phase);
	if (progress->files_total > 0)
		(void)fprintf(stderr, "  %llu of %llu files", (unsigned long long)progress->files_done,
			(unsigned long long)progress->files_total);
	if (progress->bytes_total > 0)
		(void)fprintf(stderr, "  %s of %s", number_format_size(progress->bytes_done, done),
			number_format_size(progress->bytes_total, total));
	(void)fflush(stderr);
	output->line_open = true;
}

int output_progress(struct output *output, const struct vault_progress *progress)
{
	uint64_t now = clock_monotonic_ns();

	if (output->last_ns != 0 && now - output->last_ns < INTERVAL_NS)
		return 0;
	output->last_ns = now;
	if (output->mode == OUTPUT_WIRE)
		return wire_send(WIRE_FD, VAULT_MESSAGE_PROGRESS, progress, sizeof *progress);
	if (output->terminal)
		show_progress(output, progress);
	return 0;
}

/* Each text with its NUL; what does not fit is cut. */
static uint32_t add_text(char *texts, size_t *used, const char *text)
{
	size_t room = FINDING_BYTES - *used - 1, size = strlen(text);

	size = size < room ? size : room;
	memcpy(texts + *used, text, size);
	texts[*used + size] = 0;
	*used += size + 1;
	return (uint32_t)(size + 1);
}

static int send_finding(const struct verify_finding *finding)
{
	struct vault_finding head = {.kind = finding->kind};
	char texts[FINDING_BYTES + 2];
	size_t used = 0;

	head.session_size = add_text(texts, &used, finding->session);
	head.path_size = add_text(texts, &used, finding->path);
	head.detail_size = add_text(texts, &used, finding->detail);
	return wire_send2(WIRE_FD, VAULT_MESSAGE_FINDING, &head, sizeof head, texts, used);
}

static struct js *finding_json(const struct verify_finding *finding)
{
	struct js *json = js_object();

	js_set_string(json, "kind", verify_kind_name(finding->kind));
	js_set_string(json, "session", finding->session);
	js_set_string(json, "path", finding->path);
	js_set_string(json, "detail", finding->detail);
	return json;
}

int output_finding(struct output *output, const struct verify_finding *finding)
{
	if (output->mode == OUTPUT_WIRE)
		return send_finding(finding);
	if (output->mode == OUTPUT_JSON) {
		if (output->listed++ < FINDINGS_MAX)
			js_append(output->findings, finding_json(finding));
		return 0;
	}
	end_line(output);
	(void)printf("%-16s  %s%s%s\n                  %s\n", verify_kind_name(finding->kind),
		finding->session, finding->session[0] && finding->path[0] ? "/" : "", finding->path,
		finding->detail);
	return 0;
}

static const char *result_name(uint32_t code)
{
	static const char *const names[] = {"ok", "findings", "refused", "failed", "cancelled"};

	return code < ELEMENTS(names) ? names[code] : "failed";
}

static int send_result(const struct vault_result *result, const struct js *summary)
{
	struct vault_result filled = *result;
	_cleanup_free_ char *text = NULL;
	int r = js_text(summary, false, &text);

	if (r < 0)
		return r;
	filled.json_size = (uint32_t)strlen(text);
	return wire_send2(WIRE_FD, VAULT_MESSAGE_RESULT, &filled, sizeof filled, text, strlen(text));
}

static int print_json(const struct js *summary)
{
	_cleanup_free_ char *text = NULL;
	int r = js_text(summary, true, &text);

	if (r >= 0 && (puts(text) == EOF || fflush(stdout) == EOF))
		r = -EIO;
	return r;
}

int output_result(struct output *output, const struct vault_result *result, struct js *summary)
{
	_cleanup_js_ _unused_ struct js *owned = summary;
	int r = 0;

	end_line(output);
	js_set_string(owned, "result", result_name(result->code));
	js_set_string(owned, "sentence", result->sentence);
	if (output->mode == OUTPUT_WIRE) {
		r = send_result(result, owned);
	} else if (output->mode == OUTPUT_JSON) {
		js_set(owned, "findings", TAKE_PTR(output->findings));
		r = print_json(owned);
	} else {
		(void)fprintf(result->code == VAULT_RESULT_OK ? stdout : stderr, "%s\n", result->sentence);
	}
	if (r < 0)
		log_errno(LOG_LEVEL_ERROR, r, "The result could not be reported");
	return r >= 0 && result->code == VAULT_RESULT_OK ? 0 : 1;
}
