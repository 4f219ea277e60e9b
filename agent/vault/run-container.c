/* SPDX-License-Identifier: GPL-3.0-or-later */

/* outing-vault create, open, close and status: the container with a voice. */

#include "vault/run.h"

#include "base/log.h"
#include "base/number.h"
#include "vault/sealing.h"

#include <stdarg.h>
#include <string.h>

static void on_step(enum container_step step, uint64_t done, uint64_t total, void *data)
{
	static const char *const names[] = {"allocating", "formatting", "file-system", "sealing", "mounting"};
	struct vault_progress progress = {.bytes_done = done, .bytes_total = total};

	(void)snprintf(progress.phase, sizeof progress.phase, "%s", names[step]);
	(void)output_progress(data, &progress);
}

static bool on_cancelled(void *data)
{
	return output_cancelled(data);
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

/* Whatever is no success, in the same words for every command. */
static void conclude_failure(struct vault_result *result, const char *what, int r)
{
	if (r == -ECANCELED)
		conclude(result, VAULT_RESULT_CANCELLED, "Cancelled. Nothing was left behind.");
	else if (r < 0)
		conclude(result, VAULT_RESULT_FAILED, "The vault could not be %s: %s.", what, strerror(-r));
	else
		conclude(result, VAULT_RESULT_REFUSED, "The vault could not be %s. %s", what,
			container_sentence((enum container_outcome)r));
}

static const char *sealing_name(enum container_sealing sealing)
{
	switch (sealing) {
	case CONTAINER_SEALED_TPM2:
		return "tpm2";
	case CONTAINER_SEALED_HOST:
		return "host";
	case CONTAINER_SEALED_UNKNOWN:
		break;
	}
	return "unknown";
}

int run_create(const struct run_options *options)
{
	enum container_sealing sealing = CONTAINER_SEALED_UNKNOWN;
	_cleanup_(output_freep) struct output *output = NULL;
	struct vault_result result = {0};
	struct js *summary = js_object();
	int r = output_new(options->mode, &output);

	if (r >= 0) {
		const struct container_events events = {on_step, on_cancelled, output};

		r = secret_harden_process();
		if (r >= 0)
			r = container_create(&options->container, options->size, &events, &sealing);
	}
	if (r == CONTAINER_OK)
		conclude(&result, VAULT_RESULT_OK, "The vault is ready at %s. %s",
			options->container.mountpoint, container_sealing_sentence(sealing));
	else
		conclude_failure(&result, "made", r);
	js_set_string(summary, "container", options->container.path);
	js_set_string(summary, "vault", options->container.mountpoint);
	js_set_string(summary, "sealed_with", sealing_name(sealing));
	return output ? output_result(output, &result, summary) : 1;
}

static int finish(const char *what, int r)
{
	if (r == CONTAINER_OK)
		return 0;
	if (r < 0)
		log_errno(LOG_LEVEL_ERROR, r, "The vault could not be %s", what);
	else
		log_error(
			"The vault could not be %s. %s", what, container_sentence((enum container_outcome)r));
	return 1;
}

int run_open(const struct run_options *options)
{
	_cleanup_(secret_freep) struct secret *key = NULL;
	int r = secret_harden_process();

	if (r >= 0)
		r = access(options->container.path, F_OK) == 0 ? 0 : CONTAINER_ABSENT;
	if (r == 0)
		r = sealing_open(options->container.credential, &key);
	if (r == 0)
		r = container_open(&options->container, key);
	return finish("opened", r);
}

int run_close(const struct run_options *options)
{
	return finish("closed", container_close(&options->container));
}

static struct js *status_json(const struct run_options *options, const struct container_status *status)
{
	struct js *json = js_object();

	js_set_string(json, "container", options->container.path);
	js_set_string(json, "vault", options->container.mountpoint);
	js_set_bool(json, "exists", status->exists);
	js_set_bool(json, "open", status->open);
	js_set_bool(json, "mounted", status->mounted);
	js_set_u64(json, "size", status->size);
	js_set_u64(json, "free_bytes", status->free_bytes);
	js_set_u64(json, "total_bytes", status->total_bytes);
	js_set_string(json, "sealed_with", sealing_name(status->sealing));
	js_set_string(json, "sealing", container_sealing_sentence(status->sealing));
	return json;
}

static void print_status(const struct run_options *options, const struct container_status *status)
{
	char size[NUMBER_SIZE_TEXT], available[NUMBER_SIZE_TEXT];

	if (!status->exists) {
		(void)printf("There is no container at %s. Make one: outingctl vault create --size SIZE\n",
			options->container.path);
		return;
	}
	(void)printf("Container  %s, %s\n", options->container.path, number_format_size(status->size, size));
	if (status->mounted)
		(void)printf("Open       at %s, %s free\n", options->container.mountpoint,
			number_format_size(status->free_bytes, available));
	else
		(void)printf("Closed     start it with: systemctl start outing-vault.service\n");
	(void)printf("Key        %s\n", container_sealing_sentence(status->sealing));
}

int run_status(const struct run_options *options)
{
	_cleanup_js_ struct js *json = NULL;
	_cleanup_free_ char *text = NULL;
	struct container_status status = {0};
	int r = container_status(&options->container, &status);

	if (r < 0) {
		log_errno(LOG_LEVEL_ERROR, r, "The vault's state could not be found out");
		return 1;
	}
	if (options->mode != OUTPUT_JSON) {
		print_status(options, &status);
		return 0;
	}
	json = status_json(options, &status);
	return js_text(json, true, &text) < 0 || puts(text) == EOF;
}
