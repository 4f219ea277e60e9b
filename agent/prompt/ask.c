/* SPDX-License-Identifier: GPL-3.0-or-later */

/* What the questions have in common. See ask.h. */

#include "prompt/ask-internal.h"

#include "base/log.h"
#include "prompt/news.h"
#include "prompt/refusal-text.h"

#include <string.h>

int ask_new(const struct ask_context *context, const struct burst *burst, struct ask **ret_ask)
{
	_cleanup_(ask_freep) struct ask *ask = calloc(1, sizeof *ask);

	if (!ask)
		return -ENOMEM;
	*ask = (struct ask){.context = *context, .fd = -1};
	ask->device = strdup(burst->device);
	ask->stick = refusal_stick(burst->name);
	if (!ask->device || !ask->stick)
		return -ENOMEM;
	*ret_ask = TAKE_PTR(ask);
	return 0;
}

struct ask *ask_free(struct ask *ask)
{
	if (!ask)
		return NULL;
	link_forget(ask->context.link, ask);
	(void)dialog_close(ask->dialog);
	(void)capture_free(ask->capture);
	(void)close_fd(ask->fd);
	for (size_t i = 0; i < ask->count; i++)
		free(ask->paths[i]);
	free(ask->reason);
	free(ask->mountpoint);
	free(ask->stick);
	free(ask->device);
	free(ask);
	return NULL;
}

int ask_window(struct ask *ask, const struct dialog_question *question, dialog_done done)
{
	const struct ask_context *context = &ask->context;

	ask->dialog = dialog_close(ask->dialog);
	return dialog_open(context->loop, &context->program, context->environment(context->data), question,
		done, ask, &ask->dialog);
}

void ask_leave(struct ask *ask)
{
	ask->context.over(ask->context.data);
}

void ask_end(struct ask *ask, enum note_weight weight, const char *summary, const char *body)
{
	_cleanup_note_ struct note note = NOTE_NULL;

	if (news_plain(weight, summary, body, &note) == 0)
		ask->context.tell(&note, ask->context.data);
	ask_leave(ask);
}

void ask_fail(struct ask *ask, int error)
{
	log_errno(LOG_LEVEL_ERROR, error, "a question could not be asked");
	ask_end(ask, NOTE_URGENT, "That did not work",
		"A part of outing-guard could not be started, so everything is as it was. The technician "
		"finds "
		"the reason in the journal.");
}
