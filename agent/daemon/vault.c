/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Looking at the vault from outside. See vault.h. */

#include "daemon/vault.h"

#include "daemon/daemon.h"
#include "vault/container.h"
#include "vault/layout.h"

#include <string.h>

#define ASK_TIMEOUT_MS 60000

const char *vault_state_name(enum vault_state state)
{
	switch (state) {
	case VAULT_STATE_READY:
		return "ready";
	case VAULT_STATE_CLOSED:
		return "closed";
	case VAULT_STATE_MISSING:
		return "missing";
	case VAULT_STATE_NOT_ENCRYPTED:
		return "not-encrypted";
	case VAULT_STATE_UNKNOWN:
		break;
	}
	return "unknown";
}

const char *vault_state_outcome(enum vault_state state)
{
	switch (state) {
	case VAULT_STATE_READY:
		return "ready";
	case VAULT_STATE_CLOSED:
	case VAULT_STATE_MISSING:
		return "no-vault";
	case VAULT_STATE_NOT_ENCRYPTED:
		return "vault-not-encrypted";
	case VAULT_STATE_UNKNOWN:
		break;
	}
	return "vault-unknown";
}

int vault_ask(struct daemon *daemon, capture_done done, void *data, struct capture **ret_capture)
{
	char program[PATH_MAX];
	const char *argv[] = {program, "storage", "--json", "--vault", daemon->config.vault.path, NULL};

	(void)snprintf(program, sizeof program, "%s/outing-vault", daemon->options.libexec_dir);
	return capture_start(daemon->loop, argv, ASK_TIMEOUT_MS, done, data, ret_capture);
}

/* The object in what was printed; a warning line may stand before it. */
static struct js *find_object(const char *text)
{
	const char *at = *text == '{' ? text : strstr(text, "\n{");
	struct js *object = NULL;
	size_t n;

	if (!at)
		return NULL;
	at += *at == '\n';
	n = strlen(at);
	while (n > 0 && at[n - 1] == '\n')
		n--;
	return js_parse(at, n, &object) < 0 ? NULL : object;
}

enum vault_state vault_read_storage(int exit_status, const char *text, char *ret_sentence, size_t size)
{
	_cleanup_js_ struct js *object = exit_status >= 0 ? find_object(text) : NULL;
	const char *verdict = js_get_string(object, "verdict"), *reason = js_get_string(object, "reason"),
		   *fix = js_get_string(object, "fix");

	/* Encrypted is said with exit code 0 or it is not believed. */
	if (verdict && strcmp(verdict, "encrypted") == 0 && exit_status == 0) {
		(void)snprintf(ret_sentence, size, "%s", "");
		return VAULT_STATE_READY;
	}
	if (verdict && (strcmp(verdict, "not-encrypted") == 0 || strcmp(verdict, "weak") == 0)) {
		(void)snprintf(ret_sentence, size,
			"Nothing is copied, because the vault is not on encrypted storage. %s %s",
			reason ? reason : "", fix ? fix : "");
		return VAULT_STATE_NOT_ENCRYPTED;
	}
	(void)snprintf(ret_sentence, size,
		"Nothing is copied, because it could not be found out whether the vault is encrypted. %s %s",
		reason ? reason : "Ask the technician to look at the journal of outingd.", fix ? fix : "");
	return VAULT_STATE_UNKNOWN;
}

static bool has_container(const struct daemon *daemon)
{
	return strcmp(daemon->config.vault.path, CONTAINER_MOUNTPOINT) == 0 &&
	       access(CONTAINER_PATH, F_OK) == 0;
}

static void view_unopened(const struct daemon *daemon, int r, struct vault_view *view)
{
	if (r == VAULT_DAMAGED) {
		view->state = VAULT_STATE_UNKNOWN;
		(void)snprintf(view->sentence, sizeof view->sentence,
			"The folder %s was made for pictures, but its marker cannot be understood. Nothing "
			"is copied; "
			"ask the technician to look at it.",
			daemon->config.vault.path);
	} else if (has_container(daemon)) {
		view->state = VAULT_STATE_CLOSED;
		(void)snprintf(view->sentence, sizeof view->sentence,
			"The vault is not open, so nothing is copied. The technician can open it with: "
			"systemctl "
			"start outing-vault.service");
	} else {
		view->state = VAULT_STATE_MISSING;
		(void)snprintf(view->sentence, sizeof view->sentence,
			"There is no vault yet, so nothing is copied. The manager can make one with: "
			"outingctl vault "
			"create --size SIZE");
	}
}

void vault_view(const struct daemon *daemon, int exit_status, const char *text, struct vault_view *ret_view)
{
	_cleanup_close_ int fd = -1;
	char id[VAULT_ID];
	int r = vault_open(daemon->config.vault.path, &fd, id);

	if (r != VAULT_OPENED)
		view_unopened(daemon, r, ret_view);
	else if (!daemon->options.vault_check)
		*ret_view = (struct vault_view){.state = VAULT_STATE_READY};
	else
		ret_view->state =
			vault_read_storage(exit_status, text, ret_view->sentence, sizeof ret_view->sentence);
}

static void space_json(const struct daemon *daemon, struct js *object)
{
	_cleanup_close_ int fd = -1;
	uint64_t free_bytes = 0, total = 0;
	char id[VAULT_ID];

	if (vault_open(daemon->config.vault.path, &fd, id) != VAULT_OPENED ||
		vault_space(fd, &free_bytes, &total) < 0) {
		js_set_null(object, "bytes_total");
		js_set_null(object, "bytes_free");
		return;
	}
	js_set_u64(object, "bytes_total", total);
	js_set_u64(object, "bytes_free", free_bytes);
}

static struct js *chain_json(int exit_status, const char *text)
{
	_cleanup_js_ struct js *object = exit_status >= 0 ? find_object(text) : NULL;
	const struct js *chain = js_get(object, "chain");
	struct js *copy = js_array();

	for (size_t i = 0; i < js_length(chain); i++)
		if (js_string(js_at(chain, i)))
			js_append_string(copy, js_string(js_at(chain, i)));
	return copy;
}

struct js *vault_view_json(const struct daemon *daemon, int exit_status, const char *text)
{
	struct js *object = js_object();
	struct vault_view view;

	vault_view(daemon, exit_status, text, &view);
	js_set_string(object, "path", daemon->config.vault.path);
	js_set_string(object, "state", vault_state_name(view.state));
	js_set_string(object, "sentence", *view.sentence ? view.sentence : NULL);
	js_set_string(object, "container", has_container(daemon) ? CONTAINER_PATH : NULL);
	space_json(daemon, object);
	js_set_u64(object, "reserve", daemon->config.vault.reserve);
	js_set(object, "chain", chain_json(exit_status, text));
	return object;
}
