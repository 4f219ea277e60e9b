/* SPDX-License-Identifier: GPL-3.0-or-later */

/* See standalone.h. */

#include "encrypt/standalone.h"

#include "base/json.h"
#include "base/log.h"
#include "base/program.h"
#include "base/supervise.h"
#include "encrypt/passphrase.h"
#include "encrypt/worker.h"

#include <string.h>

struct standalone {
	const struct standalone_options *options;
	struct wipe_claim claim;
	struct supervised worker;
	struct encrypt_plan plan;
	struct encrypt_result result;
	bool heard;
};

static int say(const struct standalone *run, const char *name, const char *sentence)
{
	_cleanup_js_ struct js *json = NULL;
	_cleanup_free_ char *text = NULL;
	bool done = strcmp(name, "done") == 0;

	if (!run->options->json || !done)
		(void)fprintf(done ? stdout : stderr, "outing-encrypt: %s\n", sentence);
	if (run->options->json) {
		json = js_object();
		js_set_string(json, "outcome", name);
		js_set_string(json, "sentence", sentence);
		js_set_string(json, "uuid", done ? run->plan.uuid : NULL);
		js_set_u64(json, "bytes_written", run->result.bytes_written);
		js_set_u64(json, "bytes_read_back", run->result.bytes_read_back);
		if (js_text(json, true, &text) >= 0)
			(void)puts(text);
	}
	return done ? 0 : 1;
}

static int say_outcome(const struct standalone *run, enum encrypt_outcome outcome)
{
	return say(run, encrypt_outcome_name(outcome), encrypt_outcome_sentence(outcome));
}

static int say_errno(const struct standalone *run, const char *what, int error)
{
	char text[256];

	(void)snprintf(text, sizeof text, "%s: %s.", what, strerror(-error));
	return say(run, "error", text);
}

static void show_progress(const struct wire_message *message)
{
	struct encrypt_progress p;

	if (message->size != sizeof p)
		return;
	memcpy(&p, message->payload, sizeof p);
	program_progress(p.done, p.total, encrypt_phase_text(p.phase));
}

static int take_result(struct standalone *run, const struct wire_message *message)
{
	enum encrypt_outcome outcome;

	if (message->size < sizeof run->result)
		return -EBADMSG;
	memcpy(&run->result, message->payload, sizeof run->result);
	if (!encrypt_outcome_from_number(run->result.outcome, &outcome))
		return -EBADMSG;
	if (message->size > sizeof run->result)
		log_info("%s: %s", encrypt_outcome_name(outcome),
			(const char *)message->payload + sizeof run->result);
	run->heard = true;
	return 0;
}

static int take_message(struct standalone *run, const struct wire_message *message)
{
	switch ((enum encrypt_message)message->type) {
	case ENCRYPT_MESSAGE_PLAN:
		if (message->size != sizeof run->plan)
			return -EBADMSG;
		memcpy(&run->plan, message->payload, sizeof run->plan);
		run->plan.uuid[sizeof run->plan.uuid - 1] = '\0';
		return wire_send(run->worker.wire_fd, ENCRYPT_MESSAGE_GO, NULL, 0);
	case ENCRYPT_MESSAGE_PROGRESS:
		show_progress(message);
		return 0;
	case ENCRYPT_MESSAGE_RESULT:
		return take_result(run, message);
	case ENCRYPT_MESSAGE_START:
	case ENCRYPT_MESSAGE_GO:
	case ENCRYPT_MESSAGE_CANCEL:
	case ENCRYPT_MESSAGE_PUT_BACK:
		break;
	}
	return -EBADMSG;
}

static int cancel(void *data)
{
	struct standalone *run = data;

	return wire_send(run->worker.wire_fd, ENCRYPT_MESSAGE_CANCEL, NULL, 0);
}

static int readable(void *data)
{
	struct standalone *run = data;
	int r = wire_receive(run->worker.wire_fd, &run->worker.message);

	if (r <= 0)
		return r;
	r = take_message(run, &run->worker.message);
	return r < 0 ? r : !run->heard;
}

static int send_start(struct standalone *run)
{
	_cleanup_(secret_freep) struct secret *payload = NULL, *passphrase = NULL;
	struct encrypt_start start = {.device_bytes = run->claim.bytes,
		.flags = ENCRYPT_FLAG_DISCARD,
		.filesystem = run->options->filesystem};
	char sentence[PASSPHRASE_SENTENCE];
	int r = passphrase_read(run->options->passphrase_fd, &passphrase);

	if (r < 0)
		return say_errno(run, "The passphrase could not be read", r);
	if (passphrase_check(passphrase, sentence) != PASSPHRASE_OK)
		return say(run, "weak-passphrase", sentence);
	(void)snprintf(start.label, sizeof start.label, "%s", run->options->label ? run->options->label : "");
	r = secret_new(sizeof start + passphrase->size, &payload);
	if (r < 0)
		return say_errno(run, "The passphrase could not be kept", r);
	memcpy(payload->bytes, &start, sizeof start);
	memcpy(payload->bytes + sizeof start, passphrase->bytes, passphrase->size);
	r = supervised_start(&run->worker);
	if (r >= 0)
		r = wire_send_fds(run->worker.wire_fd, ENCRYPT_MESSAGE_START, payload->bytes, payload->size,
			&run->claim.fd, 1);
	return r < 0 ? say_errno(run, "The work could not be begun", r) : 0;
}

static int encrypt_one(struct standalone *run)
{
	const struct supervised_events events = {readable, cancel};
	int r = encrypt_worker_claim(run->options->device, NULL, &run->claim);

	if (r > 0)
		return say_outcome(run, (enum encrypt_outcome)r);
	if (r < 0)
		return say_errno(run, "The stick cannot be opened", r);
	r = supervised_watch_signals(&run->worker);
	if (r < 0)
		return say_errno(run, "Signals cannot be watched", r);
	r = send_start(run);
	if (r != 0)
		return r;
	r = supervised_converse(&run->worker, &events, run);
	program_progress_end();
	(void)supervised_end(&run->worker, r);
	return say_outcome(run, run->heard ? (enum encrypt_outcome)run->result.outcome : ENCRYPT_WORKER_DIED);
}

int standalone_encrypt(const struct standalone_options *options)
{
	struct standalone run = {.options = options, .claim = WIPE_CLAIM_NULL};
	int r = secret_harden_process();

	supervised_init(&run.worker);
	r = r < 0 ? say_errno(&run, "The passphrase cannot be protected", r) : encrypt_one(&run);
	wipe_claim_close(&run.claim);
	supervised_clear(&run.worker);
	return r;
}
