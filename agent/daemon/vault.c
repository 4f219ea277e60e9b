/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Asking outing-vault how the vault is. See vault.h. */

#include "daemon/vault.h"

#include "daemon/daemon.h"

#include <string.h>

#define ASK_TIMEOUT_MS 60000

static const char *const states[] = {
	[VAULT_STATE_UNKNOWN] = "unknown",
	[VAULT_STATE_READY] = "ready",
	[VAULT_STATE_CLOSED] = "closed",
	[VAULT_STATE_MISSING] = "missing",
	[VAULT_STATE_NOT_ENCRYPTED] = "not-encrypted",
};

const char *vault_state_name(enum vault_state state)
{
	return states[state];
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
	const char *argv[] = {program, "status", "--json", "--vault", daemon->config.vault.path, NULL};

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

static enum vault_state state_of(const struct js *object)
{
	const char *word = js_get_string(object, "state");

	for (size_t i = 0; word && i < ELEMENTS(states); i++)
		if (strcmp(states[i], word) == 0)
			return (enum vault_state)i;
	return VAULT_STATE_UNKNOWN;
}

void vault_view_read(int exit_status, const char *text, struct vault_view *ret_view)
{
	_cleanup_js_ struct js *object = exit_status >= 0 ? find_object(text) : NULL;
	const char *sentence = js_get_string(object, "sentence");
	enum vault_state state = state_of(object);

	/* Ready is said with exit code 0 or it is not ready. */
	if (state == VAULT_STATE_READY && exit_status != 0)
		state = VAULT_STATE_UNKNOWN;
	ret_view->state = state;
	if (state == VAULT_STATE_READY)
		sentence = "";
	else if (!sentence)
		sentence = "It could not be found out whether the vault is encrypted, so nothing is copied. "
			   "Ask the "
			   "technician to look at the journal of outingd.";
	(void)snprintf(ret_view->sentence, sizeof ret_view->sentence, "%s", sentence);
}

struct js *vault_view_json(const char *path, uint64_t reserve, int exit_status, const char *text)
{
	_cleanup_js_ struct js *object = exit_status >= 0 ? find_object(text) : NULL;
	struct vault_view view;

	vault_view_read(exit_status, text, &view);
	if (!object)
		object = js_object();
	js_set_string(object, "path", path);
	js_set_string(object, "state", vault_state_name(view.state));
	js_set_string(object, "sentence", *view.sentence ? view.sentence : NULL);
	js_set_u64(object, "reserve", reserve);
	return TAKE_PTR(object);
}
