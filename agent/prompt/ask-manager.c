/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * A manager's exception: the reason is typed once, then each file is hashed where it stands behind the gate
 * and its content is allowed by name of that hash. polkit asks for the manager.
 */

#include "prompt/ask-internal.h"

#include "prompt/refusal-text.h"

#include <string.h>

#define SHOWN_MAX 5

static void next_file(struct ask *ask);

/* The last part of a path, as it is. */
static const char *base_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* --- how it ended
 * --------------------------------------------------------------------------------------------- */

static void put_allowed(FILE *out, const struct ask *ask)
{
	_cleanup_free_ char *name = refusal_file(ask->last_allowed);

	if (ask->allowed == 1)
		fprintf(out, "“%s”", name ? name : "The file");
	else
		fprintf(out, "%zu files", ask->allowed);
	fprintf(out,
		" may be copied to %s once. What does not appear there by itself has to be copied again ",
		ask->stick);
	fputs("within a quarter of an hour.", out);
}

/* Owned by the caller, NULL when out of memory. */
static char *ending(const struct ask *ask, const char *refusal)
{
	_cleanup_fclose_ FILE *out = NULL;
	_cleanup_free_ char *text = NULL;
	size_t size;

	out = open_memstream(&text, &size);
	if (!out)
		return NULL;
	if (ask->allowed > 0)
		put_allowed(out, ask);
	if (ask->gone > 0)
		fprintf(out, "%s%zu of the files %s no longer there. Copy %s again and ask then.",
			ask->allowed > 0 ? " " : "", ask->gone, ask->gone == 1 ? "is" : "are",
			ask->gone == 1 ? "it" : "them");
	if (refusal)
		fprintf(out, "%s%s", ask->allowed + ask->gone > 0 ? " " : "", refusal);
	if (fflush(out) != 0)
		return NULL;
	fclosep(&out);
	return TAKE_PTR(text);
}

static void end(struct ask *ask, const char *refusal)
{
	_cleanup_free_ char *body = ending(ask, refusal);

	ask_end(ask, ask->allowed > 0 && !refusal ? NOTE_PLAIN : NOTE_URGENT,
		ask->allowed > 0 ? "A manager has allowed it" : "Not allowed", body ? body : "");
}

/* --- one file after the other
 * --------------------------------------------------------------------------------------------- */

static bool was_denied(const char *error)
{
	return strcmp(error, "AccessDenied") == 0 || strcmp(error, "InteractiveAuthorizationRequired") == 0;
}

static void on_allowed(const struct link_answer *answer, void *data)
{
	struct ask *ask = data;

	if (answer->ok) {
		ask->allowed++;
		ask->last_allowed = ask->paths[ask->next - 1];
		next_file(ask);
	} else if (was_denied(answer->error)) {
		end(ask, "No manager has agreed, so it stays as it is.");
	} else {
		end(ask, *answer->sentence ? answer->sentence : "The agent does not answer.");
	}
}

static void on_digest(struct capture *capture, int status, const char *text, void *data)
{
	_cleanup_free_ char *digest = status == 0 && digest_valid(text) ? strdup(text) : NULL;
	struct ask *ask = data;
	int r;

	ask->capture = capture_free(capture);
	ask->fd = close_fd(ask->fd);
	if (!digest) {
		ask->gone++;
		next_file(ask);
		return;
	}
	r = link_call(ask->context.link, on_allowed, ask, "AllowCopy", "ssss", ask->device, digest,
		base_of(ask->paths[ask->next - 1]), ask->reason);
	if (r < 0)
		ask_fail(ask, r);
}

static void next_file(struct ask *ask)
{
	int r;

	while (ask->next < ask->count) {
		ask->fd = digest_open(ask->mountpoint, ask->paths[ask->next++]);
		if (ask->fd < 0) {
			ask->fd = -1;
			ask->gone++;
			continue;
		}
		r = digest_start(ask->context.loop, ask->fd, on_digest, ask, &ask->capture);
		if (r < 0)
			ask_fail(ask, r);
		return;
	}
	end(ask, NULL);
}

/* --- the reason
 * --------------------------------------------------------------------------------------------- */

static void on_typed(const char *const lines[DIALOG_LINES], void *data)
{
	struct ask *ask = data;

	ask->reason = lines && lines[0] && lines[0][strspn(lines[0], " \t")] ? strdup(lines[0]) : NULL;
	if (ask->reason)
		next_file(ask);
	else
		ask_leave(ask);
}

static void put_files(FILE *out, const struct ask *ask)
{
	for (size_t i = 0; i < ask->count && i < SHOWN_MAX; i++) {
		_cleanup_free_ char *name = refusal_file(ask->paths[i]);

		fprintf(out, "   %s\n", name ? name : "");
	}
	if (ask->count > SHOWN_MAX)
		fprintf(out, "   and %zu more\n", ask->count - SHOWN_MAX);
	if (ask->more)
		fputs("Further files can be asked for later: copy fewer at a time.\n", out);
}

static int show_window(struct ask *ask)
{
	struct dialog_question question = {
		.kind = DIALOG_TEXT, .title = "Ask the manager", .label = "Reason"};
	_cleanup_fclose_ FILE *out = NULL;
	_cleanup_free_ char *text = NULL;
	size_t size;

	out = open_memstream(&text, &size);
	if (!out)
		return -ENOMEM;
	fprintf(out, "These may not go onto %s:\n\n", ask->stick);
	put_files(out, ask);
	fputs("\nA manager can allow them once, as they are now. Why is it needed? The reason is kept in the "
	      "log; write no child's name.",
		out);
	if (fflush(out) != 0)
		return -ENOMEM;
	fclosep(&out);
	question.text = text;
	return ask_window(ask, &question, on_typed);
}

/* --- is the stick still there?
 * --------------------------------------------------------------------------------------------- */

/* Borrowed, NULL: none. */
static const char *mountpoint_in(const struct js *devices, const char *id)
{
	for (size_t i = 0; devices && js_is_array(devices) && i < js_length(devices); i++) {
		const char *other = js_get_string(js_at(devices, i), "id");

		if (other && strcmp(other, id) == 0)
			return js_get_string(js_at(devices, i), "mountpoint");
	}
	return NULL;
}

static void on_devices(const struct link_answer *answer, void *data)
{
	struct ask *ask = data;
	const char *mountpoint = answer->ok ? mountpoint_in(answer->tree, ask->device) : NULL;
	int r;

	if (!mountpoint) {
		end(ask, answer->ok || !*answer->sentence
				 ? "The stick is no longer there. Plug it in, copy the files "
				   "again, and ask then."
				 : answer->sentence);
		return;
	}
	ask->mountpoint = strdup(mountpoint);
	r = ask->mountpoint ? show_window(ask) : -ENOMEM;
	if (r < 0)
		ask_fail(ask, r);
}

static int take_files(struct ask *ask, const struct burst *burst)
{
	for (size_t i = 0; i < burst->file_count; i++) {
		if (!burst->files[i].allowable)
			continue;
		ask->paths[ask->count] = strdup(burst->files[i].path);
		if (!ask->paths[ask->count])
			return -ENOMEM;
		ask->count++;
	}
	ask->more = burst->allowable > ask->count;
	return 0;
}

int ask_manager(const struct ask_context *context, const struct burst *burst, struct ask **ret_ask)
{
	_cleanup_(ask_freep) struct ask *ask = NULL;
	int r = ask_new(context, burst, &ask);

	if (r >= 0)
		r = take_files(ask, burst);
	if (r >= 0)
		r = link_call(context->link, on_devices, ask, "ListDevices", NULL);
	if (r < 0)
		return r;
	*ret_ask = TAKE_PTR(ask);
	return 0;
}
